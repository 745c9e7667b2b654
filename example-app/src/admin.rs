//! The shop in the admin: its products and its orders.

use chrono::Utc;
use garde::Validate;
use plain::admin::{
    Card, Cell, Chosen, Confirmation, Content, Detail, Form, Input, List, Meta, Tone, Viewset,
    confirm,
};
use plain::db::Model;
use plain::http::Result;
use serde::Deserialize;

use crate::models::{Order, OrderLine, Product};

const SECTION: &str = "Shop";

/// What is sold. Prices are set by migrations, which carts and orders can rely on.
pub(crate) struct ProductAdmin;

impl Viewset for ProductAdmin {
    type Model = Product;

    fn meta(&self) -> Meta {
        Meta::new("Products")
            .icon("gift")
            .section(SECTION)
            .description("What the shop sells.")
    }

    fn list(&self) -> List<Product> {
        List::fields(["name", "summary", "price", "on_sale"])
            .order("name")
            .sortable(["name", "price"])
            .search_fields(["name", "summary"])
            .filter("On sale", |products, _| products.filter("on_sale", true))
            .filter("Off the shelf", |products, _| {
                products.filter("on_sale", false)
            })
            .action("Put on sale", Confirmation::none(), |chosen| {
                shelve(chosen, true)
            })
            .action(
                "Take off the shelf",
                confirm("Take these products off the shelf?"),
                |chosen| shelve(chosen, false),
            )
    }

    fn update(&self) -> Option<Form<Product>> {
        let form = Form::fields(["name", "summary", "description", "on_sale"])
            .input("description", Input::Area)
            .help("summary", "A few words, as on the front page.")
            .checked_by::<ProductForm>();
        Some(form)
    }

    fn label(&self, product: &Product) -> Option<String> {
        Some(product.name.clone())
    }
}

/// The rules of what admins write about products.
#[derive(Deserialize, Validate)]
struct ProductForm {
    #[garde(length(chars, min = 1, max = 80))]
    name: String,
    #[garde(length(chars, min = 1, max = 200))]
    summary: String,
    #[garde(length(chars, min = 1, max = 2000))]
    description: String,
}

async fn shelve(chosen: Chosen<Product>, on_sale: bool) -> Result<u64> {
    let ids = chosen.rows.iter().map(|product| product.id);
    let products = Product::query().in_list("id", ids);
    let values = [("on_sale", on_sale.into())];
    Ok(products.update(chosen.app.database()?, values).await?)
}

/// What was ordered.
pub(crate) struct OrderAdmin;

impl Viewset for OrderAdmin {
    type Model = Order;

    fn meta(&self) -> Meta {
        Meta::new("Orders")
            .icon("receipt")
            .section(SECTION)
            .description("What was ordered, and by whom.")
    }

    fn list(&self) -> List<Order> {
        List::fields(["id", "name", "email", "total", "state", "created_at"])
            .label("id", "Number")
            .label("created_at", "Placed")
            .computed("state", state)
            .order("-id")
            .sortable(["id", "total"])
            .search_fields(["name", "email"])
            .filter("Open", |orders, _| orders.is_null("cancelled_at"))
            .filter("Cancelled", |orders, _| orders.is_not_null("cancelled_at"))
            .action("Cancel orders", confirm("Cancel these orders?"), cancel)
    }

    fn detail(&self) -> Detail<Order> {
        Detail::fields([
            "id",
            "state",
            "name",
            "email",
            "note",
            "total",
            "created_at",
            "cancelled_at",
        ])
        .label("cancelled_at", "Cancelled")
        .action("Cancel order", confirm("Cancel this order?"), cancel)
    }

    fn cards(&self) -> Vec<Card> {
        vec![Card::new("Open orders", |app| async move {
            let open = Order::query().is_null("cancelled_at");
            let number = open.count_at_most(app.database()?, COUNTED).await?;
            Ok(Content::counted(number, COUNTED))
        })]
    }
}

/// Up to how many orders are counted.
const COUNTED: u64 = 10_000;

fn state(order: &Order) -> Cell {
    match order.cancelled_at {
        Some(_) => Cell::badge("cancelled", Tone::Quiet),
        None => Cell::badge("open", Tone::Good),
    }
}

async fn cancel(chosen: Chosen<Order>) -> Result<u64> {
    let ids = chosen.rows.iter().map(|order| order.id);
    let open = Order::query().in_list("id", ids).is_null("cancelled_at");
    let values = [("cancelled_at", Utc::now().into())];
    Ok(open.update(chosen.app.database()?, values).await?)
}

/// What each order is made of.
pub(crate) struct OrderLineAdmin;

impl Viewset for OrderLineAdmin {
    type Model = OrderLine;

    fn meta(&self) -> Meta {
        Meta::new("Order lines")
            .icon("bag")
            .section(SECTION)
            .description("What each order is made of, with the prices of its day.")
    }

    fn list(&self) -> List<OrderLine> {
        List::fields(["name", "quantity", "price", "order_id"])
            .label("order_id", "Order")
            .order("-id")
            .sortable(["order_id", "quantity"])
            .search(|lines, text| match text.trim().parse::<i64>() {
                Ok(number) => lines.filter("order_id", number),
                Err(_) => lines.search(["name"], text),
            })
            .search_hint("Number of an order, or a product")
    }

    fn label(&self, line: &OrderLine) -> Option<String> {
        Some(format!(
            "{} × {}, order {}",
            line.quantity, line.name, line.order_id
        ))
    }
}
