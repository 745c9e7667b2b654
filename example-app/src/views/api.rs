//! The catalogue for programs.

use plain::prelude::*;

use crate::models::Product;

/// `api/products`: what is on sale, as JSON.
pub(crate) struct Products;

impl View for Products {
    async fn get(&self, request: &Request) -> Result<Response> {
        let products = Product::on_sale()
            .order("id")
            .all(request.database()?)
            .await?;
        Response::json(&products)
    }
}
