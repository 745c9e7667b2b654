//! Products and orders.

use chrono::{DateTime, Utc};
use plain::db::{self, Database, Field, Model, QuerySet, Transaction};
use serde::Serialize;

use crate::bill::{Bill, BillLine};
use crate::money::Cents;

/// Something to buy.
#[derive(Clone, Debug, Serialize, plain::db::FromRow)]
pub(crate) struct Product {
    /// The number of the row.
    pub(crate) id: i64,
    /// Its name in addresses and carts, which stays for good.
    pub(crate) slug: String,
    /// Its name.
    pub(crate) name: String,
    /// What it is, in a few words.
    pub(crate) summary: String,
    /// What it is, in full.
    pub(crate) description: String,
    /// The name of an asset.
    pub(crate) picture: String,
    /// What one of it costs.
    pub(crate) price: Cents,
    /// Whether it can be bought.
    pub(crate) on_sale: bool,
}

impl Model for Product {
    const NAME: &'static str = "Product";
    const TABLE: &'static str = "app_product";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("slug"),
        Field::text("name"),
        Field::text("summary"),
        Field::text("description"),
        Field::text("picture"),
        Field::integer("price"),
        Field::boolean("on_sale"),
    ];
}

impl Product {
    /// What can be bought now.
    pub(crate) fn on_sale() -> QuerySet<Self> {
        Self::query().filter("on_sale", true)
    }
}

/// What a visitor ordered.
#[derive(Clone, Debug, Serialize, plain::db::FromRow)]
pub(crate) struct Order {
    /// The number of the order.
    pub(crate) id: i64,
    /// Who ordered.
    pub(crate) name: String,
    /// Where they can be reached.
    pub(crate) email: String,
    /// What they would like us to know; may be empty.
    pub(crate) note: String,
    /// What it costs.
    pub(crate) total: Cents,
    /// When it was placed.
    pub(crate) created_at: DateTime<Utc>,
    /// When it was cancelled, if it was.
    pub(crate) cancelled_at: Option<DateTime<Utc>>,
    /// The user who was signed in, if one was.
    pub(crate) user_id: Option<i64>,
}

impl Model for Order {
    const NAME: &'static str = "Order";
    const TABLE: &'static str = "app_order";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("name"),
        Field::text("email"),
        Field::text("note"),
        Field::integer("total"),
        Field::time("created_at"),
        Field::time("cancelled_at").nullable(),
        Field::integer("user_id").nullable(),
    ];
}

/// A line of an order, with name and price as they were when it was placed.
#[derive(Clone, Debug, Serialize, plain::db::FromRow)]
pub(crate) struct OrderLine {
    pub(crate) id: i64,
    pub(crate) order_id: i64,
    pub(crate) name: String,
    pub(crate) price: Cents,
    pub(crate) quantity: i64,
}

impl Model for OrderLine {
    const NAME: &'static str = "Order line";
    const TABLE: &'static str = "app_orderline";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::integer("order_id"),
        Field::text("name"),
        Field::integer("price"),
        Field::integer("quantity"),
    ];
}

/// Who orders, and what else they say.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) note: String,
    /// The number of their account, if they are signed in.
    pub(crate) user_id: Option<i64>,
}

impl Order {
    /// Places an order for what is on `bill`: all of its lines, or nothing.
    pub(crate) async fn place(db: &Database, customer: Customer, bill: &Bill) -> db::Result<Self> {
        db.transaction(async |transaction| {
            let values = [
                ("name", customer.name.into()),
                ("email", customer.email.into()),
                ("note", customer.note.into()),
                ("total", bill.total.into()),
                ("created_at", Utc::now().into()),
                ("user_id", customer.user_id.into()),
            ];
            let order = Self::query().create(&mut *transaction, values).await?;
            for line in &bill.lines {
                order.add(transaction, line).await?;
            }
            Ok(order)
        })
        .await
    }

    async fn add(&self, transaction: &mut Transaction, line: &BillLine) -> db::Result<OrderLine> {
        let values = [
            ("order_id", self.id.into()),
            ("name", line.product.name.as_str().into()),
            ("price", line.product.price.into()),
            ("quantity", line.quantity.into()),
        ];
        OrderLine::query().create(transaction, values).await
    }

    /// Its lines.
    pub(crate) async fn lines(&self, db: &Database) -> db::Result<Vec<OrderLine>> {
        OrderLine::query().filter("order_id", self.id).all(db).await
    }

    /// Cancels it, unless that was done before.
    pub(crate) async fn cancel(&self, db: &Database) -> db::Result<()> {
        let open = Self::query().filter("id", self.id).is_null("cancelled_at");
        open.update(db, [("cancelled_at", Utc::now().into())])
            .await?;
        Ok(())
    }
}
