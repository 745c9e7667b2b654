//! Checks of how the shop is set up.

use plain::http::Result;
use plain::preflight::{Check, Finding, Stage};
use plain::services::Services;

use crate::models::Product;
use crate::settings::ShopSettings;

/// `app.something_on_sale`: a shop without products is a sad sight.
#[derive(Debug)]
pub(crate) struct SomethingOnSale;

impl Check for SomethingOnSale {
    fn description(&self) -> &'static str {
        "Something can be bought."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        if Product::on_sale().exists(app.database()?).await? {
            return Ok(Vec::new());
        }
        Ok(vec![Finding::warning(
            "the shop has nothing to sell",
            "set on_sale in the table app_product for what visitors may buy",
        )])
    }
}

/// `app.email`: visitors of a shop must be able to reach somebody.
#[derive(Debug)]
pub(crate) struct EmailSet;

impl Check for EmailSet {
    fn description(&self) -> &'static str {
        "Visitors can write to the shop."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &ShopSettings = app.settings()?;
        if settings.shop_email.is_some() {
            return Ok(Vec::new());
        }
        Ok(vec![Finding::warning(
            "the pages of the shop name no address to write to",
            "set SHOP_EMAIL in settings.toml",
        )])
    }
}
