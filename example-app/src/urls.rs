//! The addresses of the shop.

use plain::urls::{Urls, include, path, urls as list};
use plain::views::{DetailView, FormView, ListView, TemplateView};
use plain_auth::AuthView;
use plain_sessions::SessionView;

use crate::views::{about, api, cart, catalogue, checkout, name, orders, session};

/// All pages of the shop.
pub(crate) fn urls() -> Urls {
    list([
        path("", catalogue::Home.as_view()).name("home"),
        path("products/<slug:slug>", catalogue::ProductPage.as_view()).name("product"),
        path("name", name::GiveName.as_view()).name("name"),
        path("cart", cart::Cart.as_view()).name("cart"),
        path("cart/empty", cart::EmptyCart.as_view()).name("cart_empty"),
        path("cart/lines/<slug:slug>", cart::CartLine.as_view()).name("cart_line"),
        path("checkout", checkout::Checkout.as_view()).name("checkout"),
        path("orders", orders::Orders.as_view()).name("orders"),
        path("orders/<int:id>", orders::OrderPage.as_view()).name("order"),
        path("orders/<int:id>/cancel", orders::CancelOrder.as_view()).name("order_cancel"),
        path("session", session::SessionPanel.as_view()).name("session"),
        path("session/end", session::EndSession.as_view()).name("session_end"),
        path("about", about::About.as_view()).name("about"),
        include("api", api_urls()).namespace("api"),
        include("account", plain_auth::urls()),
        include("admin", plain::admin::urls()),
    ])
}

fn api_urls() -> Urls {
    list([path("products", api::Products).name("products")])
}
