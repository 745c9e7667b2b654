//! [`ListView`] and [`DetailView`]: pages about the rows of a model.

use std::future::Future;

use minijinja::{Value, context};
use serde::Deserialize;

use super::View;
use crate::db::{Field, Model, QuerySet};
use crate::http::{Error, Request, Response, Result};
use crate::templates::to_value;

/// A page that lists the rows of a model, page by page: `?page=2`.
///
/// ```
/// # use plain::db::{Field, Model};
/// # #[derive(serde::Serialize, plain::db::FromRow)]
/// # struct Product { id: i64, name: String }
/// # impl Model for Product {
/// #     const NAME: &'static str = "Product";
/// #     const TABLE: &'static str = "product";
/// #     const FIELDS: &'static [Field] = &[Field::integer("id"), Field::text("name")];
/// # }
/// use plain::views::ListView;
///
/// struct Products;
///
/// impl ListView for Products {
///     type Model = Product;
///
///     fn template(&self) -> &str {
///         "products.html"
///     }
/// }
/// ```
///
/// The template sees the rows as `items`, and `page` with `number`, `has_previous`, `has_next`,
/// `size` and `total`.
pub trait ListView: Sized + Send + Sync + 'static {
    /// Whose rows are listed.
    type Model: Model;

    /// The name of the template.
    fn template(&self) -> &str;

    /// Which rows, in which order.
    ///
    /// # Errors
    ///
    /// What this visitor is to be told instead of a list.
    fn query(&self, _request: &Request) -> Result<QuerySet<Self::Model>> {
        Ok(Self::Model::query())
    }

    /// How many rows a page has.
    fn page_size(&self) -> u64 {
        25
    }

    /// What the template sees besides the rows.
    fn context(&self, _request: &Request) -> impl Future<Output = Result<Value>> + Send {
        std::future::ready(Ok(context! {}))
    }

    /// The view for the router.
    fn as_view(self) -> ListPage<Self> {
        ListPage(self)
    }
}

/// A [`ListView`] as a [`View`].
#[derive(Debug)]
pub struct ListPage<V>(V);

/// The part of a list's query that says which page is meant.
#[derive(Deserialize)]
struct PageNumber {
    page: Option<u64>,
}

impl<V: ListView> View for ListPage<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        let number = page_number(request)?;
        let query = self.0.query(request)?;
        let page = query
            .page(request.database()?, number, self.0.page_size())
            .await?;
        if page.items.is_empty() && number > 1 {
            return Err(no_such_page());
        }
        request.add_context("items", to_value(&page.items));
        request.add_context("page", to_value(&page));
        let context = self.0.context(request).await?;
        request.render(self.0.template(), context)
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}

fn page_number(request: &Request) -> Result<u64> {
    let number = match request.query::<PageNumber>() {
        Ok(query) => query.page.unwrap_or(1),
        Err(_) => return Err(no_such_page()),
    };
    if number == 0 {
        Err(no_such_page())
    } else {
        Ok(number)
    }
}

fn no_such_page() -> Error {
    Error::not_found("the list has no such page")
}

/// A page about one row of a model, found by its primary key in the URL.
///
/// The template sees the row as `object`.
///
/// ```
/// # use plain::db::{Field, Model};
/// # #[derive(serde::Serialize, plain::db::FromRow)]
/// # struct Product { id: i64, name: String }
/// # impl Model for Product {
/// #     const NAME: &'static str = "Product";
/// #     const TABLE: &'static str = "product";
/// #     const FIELDS: &'static [Field] = &[Field::integer("id"), Field::text("name")];
/// # }
/// use plain::urls::path;
/// use plain::views::DetailView;
///
/// struct ProductPage;
///
/// impl DetailView for ProductPage {
///     type Model = Product;
///
///     fn template(&self) -> &str {
///         "product.html"
///     }
/// }
///
/// let route = path("products/<int:id>", ProductPage.as_view());
/// ```
pub trait DetailView: Sized + Send + Sync + 'static {
    /// Whose row is shown.
    type Model: Model;

    /// The name of the template.
    fn template(&self) -> &str;

    /// Among which rows it is looked for.
    ///
    /// # Errors
    ///
    /// What this visitor is to be told instead.
    fn query(&self, _request: &Request) -> Result<QuerySet<Self::Model>> {
        Ok(Self::Model::query())
    }

    /// The field that the URL names, and the name of the placeholder that holds it.
    fn lookup(&self) -> &'static str {
        Self::Model::PRIMARY_KEY
    }

    /// What the template sees besides the row.
    fn context(
        &self,
        _request: &Request,
        _object: &Self::Model,
    ) -> impl Future<Output = Result<Value>> + Send {
        std::future::ready(Ok(context! {}))
    }

    /// The view for the router.
    fn as_view(self) -> DetailPage<Self> {
        DetailPage(self)
    }
}

/// A [`DetailView`] as a [`View`].
#[derive(Debug)]
pub struct DetailPage<V>(V);

impl<V: DetailView> View for DetailPage<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        let lookup = self.0.lookup();
        let text: String = request.param(lookup)?;
        let field = field::<V::Model>(lookup)?;
        let value = field.parse(&text).ok_or_else(not_there)?;
        let query = self.0.query(request)?.filter(lookup, value);
        let object = query
            .first(request.database()?)
            .await?
            .ok_or_else(not_there)?;
        request.add_context("object", to_value(&object));
        let context = self.0.context(request, &object).await?;
        request.render(self.0.template(), context)
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}

fn field<M: Model>(name: &str) -> Result<&'static Field> {
    let field = M::FIELDS.iter().find(|field| field.name() == name);
    field.ok_or_else(|| Error::internal(format!("the model {} has no field `{name}`", M::NAME)))
}

fn not_there() -> Error {
    Error::not_found("nothing has this address")
}
