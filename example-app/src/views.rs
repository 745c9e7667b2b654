//! The pages, one file a subject.

pub(crate) mod about;
pub(crate) mod api;
pub(crate) mod cart;
pub(crate) mod catalogue;
pub(crate) mod checkout;
pub(crate) mod name;
pub(crate) mod orders;
pub(crate) mod session;
