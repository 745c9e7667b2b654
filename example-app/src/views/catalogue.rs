//! What there is to buy.

use plain::db::QuerySet;
use plain::prelude::*;

use crate::models::Product;

/// The front page: all products.
pub(crate) struct Home;

impl ListView for Home {
    type Model = Product;

    fn template(&self) -> &str {
        "home.html"
    }

    fn query(&self, _request: &Request) -> Result<QuerySet<Product>> {
        Ok(Product::on_sale())
    }
}

/// `products/<slug>`: one product.
pub(crate) struct ProductPage;

impl DetailView for ProductPage {
    type Model = Product;

    fn template(&self) -> &str {
        "product.html"
    }

    fn query(&self, _request: &Request) -> Result<QuerySet<Product>> {
        Ok(Product::on_sale())
    }

    fn lookup(&self) -> &'static str {
        "slug"
    }
}
