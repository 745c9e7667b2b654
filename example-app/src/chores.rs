//! `app.chores.DeleteCancelledOrders`: forgets what nobody ordered in the end.

use chrono::{TimeDelta, Utc};
use plain::chores::Chore;
use plain::db::Model;
use plain::http::Result;
use plain::services::Services;

use crate::models::Order;
use crate::settings::ShopSettings;

/// The name under which `plain chores run` knows it.
pub(crate) const NAME: &str = "app.chores.DeleteCancelledOrders";

/// Deletes orders some time after they were cancelled.
#[derive(Debug)]
pub(crate) struct DeleteCancelledOrders;

impl Chore for DeleteCancelledOrders {
    fn description(&self) -> &'static str {
        "Deletes orders that were cancelled long ago."
    }

    fn schedule(&self) -> Option<&'static str> {
        Some("30 3 * * *")
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let settings: &ShopSettings = app.settings()?;
        let days = settings.shop_keep_cancelled_days;
        let long_ago = Utc::now() - TimeDelta::days(days.into());
        let cancelled = Order::query().lt("cancelled_at", long_ago);
        let deleted = cancelled.delete(app.database()?).await?;
        let orders = if deleted == 1 { "order" } else { "orders" };
        Ok(format!("{deleted} cancelled {orders} deleted"))
    }
}
