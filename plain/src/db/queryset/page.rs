//! One page of a query set.

use serde::Serialize;

use super::QuerySet;
use crate::db::{Error, Executor, Model};

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page<M> {
    /// The rows.
    pub items: Vec<M>,
    /// Which page it is, from 1.
    pub number: u64,
    /// How many rows a full page has.
    pub size: u64,
    /// Whether there is a page before it.
    pub has_previous: bool,
    /// Whether there is a page after it.
    pub has_next: bool,
    /// How many rows all pages have together.
    pub total: Total,
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// So many.
    Exactly(u64),
    /// So many or more; they were not counted further, since that would take long.
    AtLeast(u64),
}

/// Up to how many rows are counted for a page.
const COUNTED: u64 = 10_000;

impl<M: Model> QuerySet<M> {
    /// Returns the page `number`, counted from 1 (0 is taken for 1), of pages of `size` rows.
    ///
    /// It costs one statement on the last page, and two on others. The rows are counted up to
    /// 10,000; see [`Total`].
    ///
    /// # Errors
    ///
    /// A mistake in the query set, or an error of the database.
    pub async fn page<'a>(
        &self,
        executor: impl Executor<'a>,
        number: u64,
        size: u64,
    ) -> Result<Page<M>, Error> {
        let mut target = executor.target();
        let (number, size) = (number.max(1), size.max(1));
        let skipped = (number - 1).saturating_mul(size);
        let available = self
            .limit
            .map_or(u64::MAX, |limit| limit.saturating_sub(skipped));
        let mut rows = self.clone();
        rows.offset = self.offset.saturating_add(skipped);
        // One more than fits tells whether there is a next page.
        rows.limit = Some(size.saturating_add(1).min(available));
        let mut items = rows.rows(target.again()).await?;
        let has_next = items.len() as u64 > size;
        items.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let seen = skipped.saturating_add(items.len() as u64);
        let total = if !has_next && (number == 1 || !items.is_empty()) {
            Total::Exactly(seen)
        } else {
            match self.count_up_to(target, Some(COUNTED + 1)).await? {
                counted if counted > COUNTED => Total::AtLeast(COUNTED.max(seen)),
                counted => Total::Exactly(counted),
            }
        };
        Ok(Page {
            items,
            number,
            size,
            has_previous: number > 1,
            has_next,
            total,
        })
    }
}

impl<M> Page<M> {
    /// The number of the last page, where all rows were counted; without rows it is 1.
    pub fn last(&self) -> Option<u64> {
        match self.total {
            Total::Exactly(rows) => Some(rows.div_ceil(self.size).max(1)),
            Total::AtLeast(_) => None,
        }
    }
}
