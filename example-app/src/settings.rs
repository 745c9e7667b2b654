//! The settings of the shop.

use plain::settings::{Problems, SettingsGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What differs from shop to shop.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct ShopSettings {
    /// The name over the door.
    pub(crate) shop_name: String,
    /// The sign that stands before prices.
    pub(crate) shop_currency: String,
    /// Where visitors can write to; shown on each page if set.
    pub(crate) shop_email: Option<String>,
    /// Days after which a cancelled order is deleted.
    pub(crate) shop_keep_cancelled_days: u32,
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self {
            shop_name: "Shop".to_owned(),
            shop_currency: "€".to_owned(),
            shop_email: None,
            shop_keep_cancelled_days: 30,
        }
    }
}

impl SettingsGroup for ShopSettings {
    fn check(&self, problems: &mut Problems) {
        if self.shop_name.trim().is_empty() {
            problems.add("SHOP_NAME", "is empty; give the shop a name");
        }
        let email = self.shop_email.as_deref();
        if email.is_some_and(|email| !email.contains('@')) {
            problems.add(
                "SHOP_EMAIL",
                "is no address; write one like \"hello@example.com\"",
            );
        }
    }
}
