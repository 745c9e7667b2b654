//! The cart: which products a visitor has chosen, and how many of each.

use std::collections::BTreeMap;

use plain_sessions::{SessionError, SessionKey, SessionStore};
use serde::{Deserialize, Serialize};

/// Where the session keeps it.
pub(crate) const CART: SessionKey<Cart> = SessionKey::new("cart");

/// Quantities by the slugs of products, so that the session shows what is in the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cart(BTreeMap<String, u32>);

impl Cart {
    /// The most of one product that can be ordered at once.
    pub(crate) const MOST: u32 = 99;

    /// The cart of a session; an empty one if nothing was chosen yet.
    pub(crate) fn of(session: &SessionStore) -> Result<Self, SessionError> {
        Ok(session.get(CART)?.unwrap_or_default())
    }

    /// Puts `quantity` more of the product in.
    pub(crate) fn add(&mut self, slug: &str, quantity: u32) {
        let quantity = self.quantity(slug).saturating_add(quantity).min(Self::MOST);
        if quantity > 0 {
            self.0.insert(slug.to_owned(), quantity);
        }
    }

    /// Changes how many of a product are in, if it is in; 0 takes it out.
    pub(crate) fn change(&mut self, slug: &str, quantity: u32) {
        if quantity == 0 {
            self.0.remove(slug);
        } else if let Some(current) = self.0.get_mut(slug) {
            *current = quantity.min(Self::MOST);
        }
    }

    /// How many of the product are in.
    pub(crate) fn quantity(&self, slug: &str) -> u32 {
        self.0.get(slug).copied().unwrap_or_default()
    }

    /// How many things are in, all together.
    pub(crate) fn count(&self) -> u32 {
        self.0
            .values()
            .fold(0, |count, quantity| count.saturating_add(*quantity))
    }

    /// The products, by their slugs.
    pub(crate) fn slugs(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Changes the cart of a session.
///
/// `change` is applied to the cart as it is when the session is saved, so what another tab puts in
/// meanwhile is not lost.
pub(crate) fn change_cart(
    session: &SessionStore,
    change: impl Fn(&mut Cart) + Send + Sync + 'static,
) -> Result<(), SessionError> {
    session.update(CART, move |cart| {
        let mut cart = cart.unwrap_or_default();
        change(&mut cart);
        cart
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_a_product_again_adds_to_its_quantity() {
        let mut cart = Cart::default();
        cart.add("mug", 1);
        cart.add("mug", 2);
        cart.add("lamp", 1);
        assert_eq!(cart.quantity("mug"), 3);
        assert_eq!(cart.count(), 4);
        assert_eq!(cart.slugs().collect::<Vec<_>>(), ["lamp", "mug"]);
    }

    #[test]
    fn a_quantity_of_0_takes_the_product_out() {
        let mut cart = Cart::default();
        cart.add("mug", 2);
        cart.change("mug", 0);
        assert_eq!(cart, Cart::default());
    }

    #[test]
    fn only_what_is_in_can_be_changed() {
        let mut cart = Cart::default();
        cart.change("mug", 2);
        cart.add("lamp", 0);
        assert_eq!(cart, Cart::default());
    }

    #[test]
    fn no_quantity_exceeds_the_most() {
        let mut cart = Cart::default();
        cart.add("mug", u32::MAX);
        assert_eq!(cart.quantity("mug"), Cart::MOST);
        cart.add("mug", 1);
        assert_eq!(cart.quantity("mug"), Cart::MOST);
        cart.change("mug", u32::MAX);
        assert_eq!(cart.quantity("mug"), Cart::MOST);
    }
}
