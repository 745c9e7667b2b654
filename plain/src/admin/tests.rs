//! The admin through HTTP, with a shop of its own and a visitor who says who they are.

mod access;
mod bad_input;
mod lists;
mod pages;
mod start;
mod writing;

use serde::{Deserialize, Serialize};

use super::*;
use crate::App;
use crate::db::{Field, Model};
use crate::embedded::{File, Folder};
use crate::http::{Request, Result};
use crate::packages::{Installer, Package};
use crate::services::Services;
use crate::test::{Client, TestApp};
use crate::urls::{include, urls as list_of};

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(super) struct Product {
    id: i64,
    name: String,
    price: i64,
    secret: String,
    is_public: bool,
    note: Option<String>,
}

impl Model for Product {
    const NAME: &'static str = "Product";
    const TABLE: &'static str = "product";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("name"),
        Field::integer("price"),
        Field::text("secret"),
        Field::boolean("is_public"),
        Field::text("note").nullable(),
    ];
}

const MIGRATIONS: Folder = Folder {
    path: "",
    files: &[File {
        path: "0001_initial.sql",
        contents: b"CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, \
            price BIGINT NOT NULL, secret TEXT NOT NULL DEFAULT 'untouched', \
            is_public BOOLEAN NOT NULL DEFAULT FALSE, note TEXT);",
    }],
};

#[derive(Deserialize, garde::Validate)]
struct ProductForm {
    #[garde(length(min = 2, max = 40))]
    #[allow(dead_code, reason = "read by what is derived")]
    name: String,
    #[garde(range(min = 0))]
    #[allow(dead_code, reason = "read by what is derived")]
    price: i64,
}

pub(super) struct ProductAdmin;

impl Viewset for ProductAdmin {
    type Model = Product;

    fn meta(&self) -> Meta {
        Meta::new("Products")
            .icon("box")
            .description("What is sold.")
    }

    fn list(&self) -> List<Product> {
        List::fields(["name", "price", "is_public", "initial"])
            .computed("initial", |product: &Product| {
                product.name.chars().next().map(|c| c.to_string())
            })
            .order("name")
            .search_fields(["name"])
            .filter("Cheap", |q, _| q.lt("price", 10))
            .filter("Public", |q, _| q.filter("is_public", true))
            .action("Raise price", confirm("Raise the price?"), raise)
            .action("Publish", Confirmation::none(), publish)
            .task("Count", Confirmation::none(), count)
            .page_size(10)
    }

    fn detail(&self) -> Detail<Product> {
        Detail::fields(["name", "price", "initial", "note"])
            .hidden("Secrets", |product: &Product| {
                vec![("secret".to_owned(), product.secret.clone().into())]
            })
            .action("Raise", confirm("Raise?"), raise)
    }

    fn label(&self, product: &Product) -> Option<String> {
        Some(product.name.clone())
    }

    fn create(&self) -> Option<Form<Product>> {
        Some(Form::fields(["name", "price"]).checked_by::<ProductForm>())
    }

    fn update(&self) -> Option<Form<Product>> {
        let form = Form::fields(["name", "price", "is_public", "note"]);
        Some(form.help("name", "As customers see it."))
    }

    fn delete(&self) -> Option<Confirmation> {
        Some(confirm("Delete this product?"))
    }

    fn cards(&self) -> Vec<Card> {
        vec![
            Card::new("Products", |app| async move {
                Ok(Content::number(
                    Product::query().count(app.database()?).await?,
                ))
            }),
            Card::new("Broken", |_| async move {
                Err(crate::http::Error::internal("no figure"))
            }),
        ]
    }

    fn permits(&self, visitor: &Visitor, operation: Operation) -> bool {
        match visitor.id() {
            "blind" => false,
            "reader" => matches!(operation, Operation::List | Operation::View),
            _ => true,
        }
    }
}

async fn raise(chosen: Chosen<Product>) -> Result<u64> {
    let db = chosen.app.database()?;
    for product in &chosen.rows {
        let row = Product::query().filter("id", product.id);
        row.update(db, [("price", (product.price + 1).into())])
            .await?;
    }
    Ok(chosen.rows.len() as u64)
}

async fn publish(chosen: Chosen<Product>) -> Result<u64> {
    let rows = Product::query().in_list("id", chosen.rows.iter().map(|product| product.id));
    Ok(rows
        .update(chosen.app.database()?, [("is_public", true.into())])
        .await?)
}

async fn count(app: Services) -> Result<String> {
    let products = Product::query().count(app.database()?).await?;
    Ok(format!("{products} products counted"))
}

#[derive(Serialize)]
struct Server {
    name: String,
    load: u64,
}

struct Servers;

impl ObjectViewset for Servers {
    type Object = Server;

    fn meta(&self) -> Meta {
        Meta::new("Servers").icon("server")
    }

    fn list(&self) -> ObjectList<Server> {
        ObjectList::fields(["name", "load"])
            .order("-load")
            .filter("Idle", |server: &Server| server.load == 0)
            .page_size(2)
    }

    async fn objects(&self, _: &Services) -> Result<Vec<Server>> {
        let server = |(index, name): (u64, &str)| Server {
            name: name.to_owned(),
            load: index,
        };
        Ok((0..).zip(["a/1", "b", "c"]).map(server).collect())
    }

    fn id(&self, server: &Server) -> String {
        server.name.clone()
    }
}

/// Lets in who says so.
struct Header;

impl AdminAccess for Header {
    async fn decide(&self, request: &Request) -> Result<Access> {
        Ok(match request.header("x-visitor") {
            None => Access::SignIn("/login".to_owned()),
            Some("customer") => Access::Denied,
            Some(name) => Access::Granted(Visitor::new(name, format!("The {name}"))),
        })
    }
}

struct Shop;

impl Package for Shop {
    fn name(&self) -> &'static str {
        "shop"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.migrations(MIGRATIONS)
            .admin(ProductAdmin)
            .admin_objects(Servers)
            .urls(list_of([include("admin", urls())]));
        Ok(())
    }
}

struct Auth;

impl Package for Auth {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.admin_access(Header);
        Ok(())
    }
}

async fn app() -> TestApp {
    TestApp::of([package(), Box::new(Shop), Box::new(Auth)])
        .start()
        .await
}

/// An admin, in a browser.
fn admin(app: &TestApp) -> Client<App> {
    visitor(app, "admin")
}

fn visitor(app: &TestApp, name: &str) -> Client<App> {
    app.client()
        .default_header("x-visitor", name)
        .default_header("accept", "text/html")
}

/// Makes products named `tea 1` and so on, each as dear as its number.
async fn products(app: &TestApp, count: i64) {
    for number in 1..=count {
        let values = [
            ("name", format!("tea {number:03}").into()),
            ("price", number.into()),
        ];
        Product::query()
            .create(app.database(), values)
            .await
            .unwrap();
    }
}

async fn product(app: &TestApp, id: i64) -> Product {
    Product::query()
        .get(app.database(), id)
        .await
        .unwrap()
        .unwrap()
}

async fn changes(app: &TestApp) -> Vec<String> {
    let changes = Change::query()
        .order("id")
        .all(app.database())
        .await
        .unwrap();
    let line = |it: &Change| {
        format!(
            "{} {} {} {}",
            it.visitor_id,
            it.action,
            it.object.as_deref().unwrap_or("-"),
            it.details
        )
    };
    changes.iter().map(line).collect()
}
