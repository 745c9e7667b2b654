//! A site with sessions, whose pages do what a test tells them, and its visitors.
//!
//! `/run` takes a list of [`Step`]s and carries them out on the session of the request; `/look`
//! only reads it; `/untouched` never asks for it. What these can't do a test adds as a page.

mod gates;
mod rows;
mod site;
mod steps;
mod visitor;

pub use gates::Gates;
pub use rows::StoredRow;
pub use site::{Site, SiteBuilder};
pub use steps::{
    Step, add_one, clear, cycle, extend, fail, flush, header, owner, panic, pop, remove, set,
    setdefault, status, wait,
};
pub use visitor::{Visitor, costs, values};
