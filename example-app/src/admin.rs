//! The shop in the admin: its products and its orders.

use chrono::Utc;
use garde::Validate;
use plain::admin::{
    Card, Cell, Chosen, Confirmation, Content, Detail, Form, Input, List, Meta, Tone, Viewset,
    confirm,
};
use plain::db::Model;
use plain::http::Result;
use plain::services::Services;
use serde::Deserialize;

use crate::models::{Order, OrderLine, Product};

const SECTION: &str = "Shop";

/// The pictures that a product can have.
const PICTURES: [&str; 9] = [
    "products/parcel.svg",
    "products/blanket.svg",
    "products/candle.svg",
    "products/lamp.svg",
    "products/matches.svg",
    "products/mug.svg",
    "products/notebook.svg",
    "products/teapot.svg",
    "products/tin.svg",
];

/// What is sold. Its address and its price are set once: carts and links rely on them.
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

    fn create(&self) -> Option<Form<Product>> {
        let names = [
            "name",
            "slug",
            "price",
            "summary",
            "description",
            "picture",
            "on_sale",
        ];
        let form = described(Form::fields(names))
            .label("slug", "Address")
            .help(
                "slug",
                "Its name in links, such as wool-blanket; it can't be changed later.",
            )
            .help(
                "price",
                "In hundredths: 1250 for 12.50. It can't be changed later.",
            )
            .checked_by::<NewProductForm>();
        Some(form)
    }

    fn update(&self) -> Option<Form<Product>> {
        let names = ["name", "summary", "description", "picture", "on_sale"];
        Some(described(Form::fields(names)).checked_by::<ProductForm>())
    }

    fn delete(&self) -> Option<Confirmation> {
        Some(confirm(
            "Delete this product? Orders keep what they hold of it.",
        ))
    }

    fn label(&self, product: &Product) -> Option<String> {
        Some(product.name.clone())
    }
}

/// How the fields are asked for that both forms have.
fn described(form: Form<Product>) -> Form<Product> {
    let pictures = PICTURES.map(str::to_owned);
    form.input("description", Input::Area)
        .input("picture", Input::Choice(pictures.into()))
        .help("summary", "A few words, as on the front page.")
}

/// The rules for a new product.
#[derive(Deserialize, Validate)]
struct NewProductForm {
    #[garde(custom(valid_slug))]
    slug: String,
    #[garde(range(min = 0, max = 100_000_000))]
    price: i64,
    #[garde(dive)]
    #[serde(flatten)]
    rest: ProductForm,
}

fn valid_slug(slug: &str, (): &()) -> garde::Result {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=60).contains(&slug.len()) && slug.chars().all(allowed) {
        return Ok(());
    }
    Err(garde::Error::new(
        "up to 60 lower-case letters, digits and dashes",
    ))
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
            .computed_with("lines", lines)
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
            "lines",
            "created_at",
            "cancelled_at",
        ])
        .label("cancelled_at", "Cancelled")
        .computed("email", |order: &Order| {
            Cell::link(order.email.as_str(), format!("mailto:{}", order.email))
        })
        .action_if(
            "Cancel order",
            |order: &Order| order.cancelled_at.is_none(),
            confirm("Cancel this order?"),
            cancel,
        )
    }

    fn cards(&self) -> Vec<Card> {
        vec![
            Card::new("Open orders", |app| async move {
                let open = Order::query().is_null("cancelled_at");
                let number = open.count_at_most(app.database()?, COUNTED).await?;
                Ok(Content::counted(number, COUNTED))
            }),
            Card::new("Latest orders", |app| async move {
                let latest = Order::query().order("-id").limit(3);
                let rows = latest.all(app.database()?).await?;
                let rows = rows.iter().map(|order| {
                    let total = order.total.to_string();
                    vec![order.id.into(), order.name.as_str().into(), total.into()]
                });
                Ok(Content::table(["Number", "Name", "Total"], rows))
            }),
        ]
    }
}

/// Where the admin shows what an order is made of.
fn lines(order: &Order, app: &Services) -> Cell {
    match app.reverse("admin:list", [("viewset", "order-lines")]) {
        Ok(list) => Cell::link("What was ordered", format!("{list}?q={}", order.id)),
        Err(_) => Cell::empty(),
    }
}

/// Where the admin shows the order of a line.
fn order_of(line: &OrderLine, app: &Services) -> Cell {
    let id = line.order_id.to_string();
    match app.reverse("admin:detail", [("viewset", "orders"), ("id", &id)]) {
        Ok(page) => Cell::link(&id, page),
        Err(_) => Cell::empty(),
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
            .computed_with("order_id", order_of)
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
