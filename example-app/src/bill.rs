//! The bill: the products in a cart, and what they cost today.

use plain::db::{Database, Result};
use serde::Serialize;

use crate::cart::Cart;
use crate::models::Product;
use crate::money::Cents;

/// What is in a cart, with prices.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bill {
    pub(crate) lines: Vec<BillLine>,
    pub(crate) total: Cents,
}

/// One product on a [`Bill`].
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BillLine {
    pub(crate) product: Product,
    pub(crate) quantity: u32,
    pub(crate) total: Cents,
}

impl Bill {
    /// Looks up what is in `cart`. What is not on sale any more is left out.
    pub(crate) async fn of(cart: &Cart, db: &Database) -> Result<Self> {
        let chosen = Product::on_sale().in_list("slug", cart.slugs());
        let products = chosen.order("name").all(db).await?;
        let lines: Vec<_> = products
            .into_iter()
            .map(|product| BillLine::of(product, cart))
            .collect();
        let total = lines.iter().map(|line| line.total).sum();
        Ok(Self { lines, total })
    }

    /// Whether there is nothing to order.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl BillLine {
    fn of(product: Product, cart: &Cart) -> Self {
        let quantity = cart.quantity(&product.slug);
        Self {
            total: product.price * quantity,
            product,
            quantity,
        }
    }
}
