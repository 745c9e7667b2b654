//! Query sets: rows of a model, narrowed down, ordered and cut, on both databases alike.

mod conditions;
mod page;
mod sql;

use std::marker::PhantomData;

pub use page::{Page, Total};

use self::conditions::Condition;
use self::sql::Builder;
use super::query::Target;
use super::{Error, Executor, Field, Model, Value};

/// Rows of a model; nothing is asked of the database before one of the `async` methods is called.
///
/// Names of fields are checked against the model, and values against the kinds of its fields; the
/// first mistake is the error of the `async` method. Rows come in the order of the primary key where
/// no other order is asked for, and it also settles ties, so that pages never overlap.
///
/// ```
/// # use plain::db::{ConnectOptions, Database, Field, Model};
/// # #[derive(serde::Serialize, plain::db::FromRow)]
/// # struct Item { id: i64, name: String, price: i64 }
/// # impl Model for Item {
/// #     const NAME: &'static str = "Item";
/// #     const TABLE: &'static str = "item";
/// #     const FIELDS: &'static [Field] = &[Field::integer("id"), Field::text("name"), Field::integer("price")];
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
/// # db.query("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)").execute().await?;
/// Item::query().create(&db, [("name", "spoon".into()), ("price", 3.into())]).await?;
/// Item::query().create(&db, [("name", "Fork".into()), ("price", 5.into())]).await?;
///
/// let cheap = Item::query().lt("price", 5).order("-price");
/// assert_eq!(cheap.count(&db).await?, 1);
/// assert_eq!(cheap.first(&db).await?.map(|item| item.name), Some("spoon".to_owned()));
/// let found = Item::query().search(["name"], "for").all(&db).await?;
/// assert_eq!(found[0].price, 5);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query set asks nothing before one of its async methods is called"]
pub struct QuerySet<M> {
    conditions: Vec<Condition>,
    order: Vec<Order>,
    limit: Option<u64>,
    offset: u64,
    /// The first mistake in a name or a value.
    mistake: Option<Mistake>,
    model: PhantomData<fn() -> M>,
}

#[derive(Debug, Clone, Copy)]
struct Order {
    field: &'static Field,
    direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// What an [`Error`] is made of, which itself cannot be cloned.
#[derive(Debug, Clone)]
enum Mistake {
    Name(String),
    Value(&'static Field, Value),
}

impl<M: Model> QuerySet<M> {
    pub(super) fn new() -> Self {
        Self {
            conditions: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: 0,
            mistake: None,
            model: PhantomData,
        }
    }

    /// Orders by the named field, or downward by `-name`; called again, by that field where the
    /// first ones are equal. What holds nothing counts as smaller than anything.
    pub fn order(mut self, name: &str) -> Self {
        let (name, direction) = match name.strip_prefix('-') {
            Some(name) => (name, Direction::Down),
            None => (name, Direction::Up),
        };
        if let Some(field) = self.field(name) {
            self.order.push(Order { field, direction });
        }
        self
    }

    /// The same rows from the last to the first.
    pub fn reverse(mut self) -> Self {
        self.order = self.full_order();
        for order in &mut self.order {
            order.direction = order.direction.reversed();
        }
        self
    }

    /// At most `count` rows.
    pub fn limit(mut self, count: u64) -> Self {
        self.limit = Some(count);
        self
    }

    /// Without the first `count` rows.
    pub fn offset(mut self, count: u64) -> Self {
        self.offset = count;
        self
    }

    /// Returns the rows.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn all<'a>(&self, executor: impl Executor<'a>) -> Result<Vec<M>, Error> {
        self.rows(executor.target()).await
    }

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn first<'a>(&self, executor: impl Executor<'a>) -> Result<Option<M>, Error> {
        let first = self.clone().limit(self.limit.unwrap_or(1).min(1));
        Ok(first.all(executor).await?.into_iter().next())
    }

    /// Returns the row with the primary key `key`, if it is one of these rows.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn get<'a>(
        &self,
        executor: impl Executor<'a>,
        key: impl Into<Value>,
    ) -> Result<Option<M>, Error> {
        self.clone()
            .filter(M::PRIMARY_KEY, key)
            .first(executor)
            .await
    }

    /// Counts the rows, all of them: on a large table that takes time.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn count<'a>(&self, executor: impl Executor<'a>) -> Result<u64, Error> {
        self.count_up_to(executor.target(), None).await
    }

    /// Counts the rows up to `most`, and no further; a result of `most` stands for so many or more.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn count_at_most<'a>(
        &self,
        executor: impl Executor<'a>,
        most: u64,
    ) -> Result<u64, Error> {
        self.count_up_to(executor.target(), Some(most)).await
    }

    /// Returns whether there is any row.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn exists<'a>(&self, executor: impl Executor<'a>) -> Result<bool, Error> {
        Ok(self.count_at_most(executor, 1).await? > 0)
    }

    /// Deletes the rows and returns how many there were.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn delete<'a>(&self, executor: impl Executor<'a>) -> Result<u64, Error> {
        self.check()?;
        let target = executor.target();
        let mut builder = Builder::new(target.kind());
        builder.push("DELETE FROM ").name(M::TABLE);
        self.push_chosen(&mut builder);
        builder.query(target).execute().await
    }

    /// Gives fields of all the rows new values, and returns how many rows there were.
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database; [`Error::Unique`] and
    /// [`Error::Constraint`] among them.
    pub async fn update<'a, 'n>(
        &self,
        executor: impl Executor<'a>,
        values: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<u64, Error> {
        self.check()?;
        let values = checked::<M>(values)?;
        if values.is_empty() {
            return self.count(executor).await;
        }
        let target = executor.target();
        let mut builder = Builder::new(target.kind());
        builder.push("UPDATE ").name(M::TABLE).push(" SET ");
        for (index, (field, value)) in values.into_iter().enumerate() {
            builder
                .comma(index)
                .name(field.name())
                .push(" = ")
                .bind(value);
        }
        self.push_chosen(&mut builder);
        builder.query(target).execute().await
    }

    /// Inserts a row and returns it, with what the database filled in; what narrows this query set
    /// down has no part in it.
    ///
    /// # Errors
    ///
    /// A mistake in the names or values, or an error of the database; [`Error::Unique`] and
    /// [`Error::Constraint`] among them.
    pub async fn create<'a, 'n>(
        &self,
        executor: impl Executor<'a>,
        values: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<M, Error> {
        let values = checked::<M>(values)?;
        let target = executor.target();
        let mut builder = Builder::new(target.kind());
        builder.push("INSERT INTO ").name(M::TABLE);
        if values.is_empty() {
            builder.push(" DEFAULT VALUES");
        } else {
            builder.push(" (");
            for (index, (field, _)) in values.iter().enumerate() {
                builder.comma(index).name(field.name());
            }
            builder.push(") VALUES (");
            for (index, (_, value)) in values.into_iter().enumerate() {
                builder.comma(index).bind(value);
            }
            builder.push(")");
        }
        builder.push(" RETURNING ").columns::<M>();
        builder.query(target).fetch_one().await
    }

    async fn rows(&self, target: Target<'_>) -> Result<Vec<M>, Error> {
        self.check()?;
        let mut builder = Builder::new(target.kind());
        builder
            .push("SELECT ")
            .columns::<M>()
            .push(" FROM ")
            .name(M::TABLE);
        self.push_conditions(&mut builder);
        self.push_order(&mut builder);
        builder.limit(self.limit, self.offset);
        builder.query(target).fetch_all().await
    }

    async fn count_up_to(&self, target: Target<'_>, most: Option<u64>) -> Result<u64, Error> {
        self.check()?;
        let mut builder = Builder::new(target.kind());
        let limit = [self.limit, most].into_iter().flatten().min();
        if limit.is_none() && self.offset == 0 {
            builder.push("SELECT count(*) FROM ").name(M::TABLE);
            self.push_conditions(&mut builder);
        } else {
            builder
                .push("SELECT count(*) FROM (SELECT 1 FROM ")
                .name(M::TABLE);
            self.push_conditions(&mut builder);
            builder.limit(limit, self.offset);
            builder.push(") AS counted");
        }
        let count: i64 = builder.query(target).scalar().await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The condition of a statement that changes these rows, which has no order or limit itself.
    fn push_chosen(&self, builder: &mut Builder) {
        if self.limit.is_none() && self.offset == 0 {
            self.push_conditions(builder);
            return;
        }
        builder
            .push(" WHERE ")
            .column::<M>(M::PRIMARY_KEY)
            .push(" IN (SELECT ");
        builder
            .column::<M>(M::PRIMARY_KEY)
            .push(" FROM ")
            .name(M::TABLE);
        self.push_conditions(builder);
        self.push_order(builder);
        builder.limit(self.limit, self.offset);
        builder.push(")");
    }

    fn push_order(&self, builder: &mut Builder) {
        builder.push(" ORDER BY ");
        for (index, order) in self.full_order().iter().enumerate() {
            builder.comma(index).order::<M>(order);
        }
    }

    /// The order that was asked for, settled by the primary key.
    fn full_order(&self) -> Vec<Order> {
        let mut order = self.order.clone();
        let key = M::FIELDS
            .iter()
            .find(|field| field.name() == M::PRIMARY_KEY);
        if let Some(field) = key.filter(|key| order.iter().all(|it| it.field != *key)) {
            let direction = order.last().map_or(Direction::Up, |last| last.direction);
            order.push(Order { field, direction });
        }
        order
    }

    /// The field called `name`; a name that is not known is remembered as a mistake.
    fn field(&mut self, name: &str) -> Option<&'static Field> {
        let found = M::field(name).ok();
        if found.is_none() && self.mistake.is_none() {
            self.mistake = Some(Mistake::Name(name.to_owned()));
        }
        found
    }

    fn check(&self) -> Result<(), Error> {
        match &self.mistake {
            None => Ok(()),
            Some(Mistake::Name(name)) => M::field(name).map(|_| ()),
            Some(Mistake::Value(field, value)) => field.check::<M>(value),
        }
    }
}

/// The fields that are called by the names, with their values.
fn checked<'n, M: Model>(
    values: impl IntoIterator<Item = (&'n str, Value)>,
) -> Result<Vec<(&'static Field, Value)>, Error> {
    let checked = values.into_iter().map(|(name, value)| {
        let field = M::field(name)?;
        field.check::<M>(&value)?;
        Ok((field, value))
    });
    checked.collect()
}

impl Direction {
    fn reversed(self) -> Self {
        match self {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        }
    }
}

impl<M> Clone for QuerySet<M> {
    fn clone(&self) -> Self {
        Self {
            conditions: self.conditions.clone(),
            order: self.order.clone(),
            limit: self.limit,
            offset: self.offset,
            mistake: self.mistake.clone(),
            model: PhantomData,
        }
    }
}

impl<M: Model> std::fmt::Debug for QuerySet<M> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("QuerySet")
            .field("model", &M::NAME)
            .field("conditions", &self.conditions)
            .field("order", &self.order)
            .field("limit", &self.limit)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
