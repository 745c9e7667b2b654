//! What the session knows of a visitor, besides the cart.

use plain_sessions::SessionKey;

/// What the visitor is called.
pub(crate) const NAME: SessionKey<String> = SessionKey::new("name");

/// The numbers of the orders that were placed in this session.
pub(crate) const ORDERS: SessionKey<Vec<i64>> = SessionKey::new("orders");
