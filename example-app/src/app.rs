//! The shop as a package: all that it brings to the application.

use plain::http::Result;
use plain::packages::{Installer, Package};

use crate::admin::{OrderAdmin, OrderLineAdmin, ProductAdmin};
use crate::middleware::VisitorMiddleware;
use crate::settings::ShopSettings;
use crate::{EMBEDDED, chores, middleware, preflight, templates, urls};

/// The package `app`, for the list in `main`.
pub(crate) fn package() -> Box<dyn Package> {
    Box::new(Shop)
}

struct Shop;

impl Package for Shop {
    fn name(&self) -> &'static str {
        "app"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("plain.sessions")
            .requires("plain.auth")
            .settings::<ShopSettings>()
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .assets(EMBEDDED.assets)
            .urls(urls::urls())
            .middleware(middleware::NAME, |_| Ok(VisitorMiddleware))
            .chore(chores::NAME, chores::DeleteCancelledOrders)
            .check("app.something_on_sale", preflight::SomethingOnSale)
            .check("app.email", preflight::EmailSet)
            .admin(ProductAdmin)
            .admin(OrderAdmin)
            .admin(OrderLineAdmin)
            .template_global("shop", templates::shop)
            .template_global("visitor_name", templates::visitor_name)
            .template_global("cart_count", templates::cart_count)
            .template_global("messages", templates::messages);
        Ok(())
    }
}
