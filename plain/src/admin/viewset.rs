//! [`Viewset`]: what the admin knows of a model.

use super::access::{Operation, Visitor};
use super::action::Confirmation;
use super::card::Card;
use super::detail::Detail;
use super::form::Form;
use super::list::List;
use super::meta::Meta;
use crate::db::{Model, QuerySet};

/// The pages of a model in the admin; a package brings it with `to.admin(..)`.
///
/// ```
/// # use plain::db::{Field, Model};
/// # #[derive(serde::Serialize, plain::db::FromRow)]
/// # struct Product { id: i64, name: String, price: i64 }
/// # impl Model for Product {
/// #     const NAME: &'static str = "Product";
/// #     const TABLE: &'static str = "product";
/// #     const FIELDS: &'static [Field] = &[Field::integer("id"), Field::text("name"), Field::integer("price")];
/// # }
/// use plain::admin::{Chosen, Form, List, Meta, Viewset, confirm};
/// use plain::http::Result;
///
/// struct ProductAdmin;
///
/// impl Viewset for ProductAdmin {
///     type Model = Product;
///
///     fn meta(&self) -> Meta {
///         Meta::new("Products").icon("box").description("What the shop sells.")
///     }
///
///     fn list(&self) -> List<Product> {
///         List::fields(["name", "price"])
///             .order("name")
///             .search_fields(["name"])
///             .filter("Free", |query, _now| query.filter("price", 0))
///             .action("Make free", confirm("Give these products away?"), make_free)
///     }
///
///     fn create(&self) -> Option<Form<Product>> {
///         Some(Form::fields(["name", "price"]))
///     }
/// }
///
/// async fn make_free(chosen: Chosen<Product>) -> Result<u64> {
///     let ids = chosen.rows.iter().map(|product| product.id);
///     let products = Product::query().in_list("id", ids);
///     Ok(products.update(chosen.app.database()?, [("price", 0.into())]).await?)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a viewset",
    note = "implement `plain::admin::Viewset` for it: `impl Viewset for {Self} {{ type Model = ..; fn meta(&self) -> Meta {{ Meta::new(\"..\") }} }}`"
)]
pub trait Viewset: Send + Sync + 'static {
    /// Whose rows they are about.
    type Model: Model;

    /// Title, icon, section and path.
    fn meta(&self) -> Meta;

    /// The list page.
    fn list(&self) -> List<Self::Model>;

    /// The page of one object; by default it shows all fields.
    fn detail(&self) -> Detail<Self::Model> {
        Detail::all()
    }

    /// The rows that there are for the admin.
    fn query(&self) -> QuerySet<Self::Model> {
        Self::Model::query()
    }

    /// What `object` is called; by default the name of the model with the primary key.
    fn label(&self, _object: &Self::Model) -> Option<String> {
        None
    }

    /// The form that makes an object, if the admin may.
    fn create(&self) -> Option<Form<Self::Model>> {
        None
    }

    /// The form that changes an object, if the admin may.
    fn update(&self) -> Option<Form<Self::Model>> {
        None
    }

    /// What is asked before an object is deleted, if the admin may.
    fn delete(&self) -> Option<Confirmation> {
        None
    }

    /// What is shown at a glance above the list and on the start page.
    fn cards(&self) -> Vec<Card> {
        Vec::new()
    }

    /// Whether this visitor, who is an admin, may do this. Nobody else is ever asked about.
    fn permits(&self, _visitor: &Visitor, _operation: Operation) -> bool {
        true
    }
}
