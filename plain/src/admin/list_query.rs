//! The query of a list's address: page, search, filters, order.

use std::fmt::Write;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::backend::{Face, FilterFace};
use crate::http::{Error, Request, Result};
use crate::nearest::hint;

/// How many rows from the start a list can be leafed through; further ones are found by a search or
/// a filter, since a database counts through all rows before a page.
pub(super) const DEEPEST: u64 = 10_000;

/// What a list is asked for. What it names exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub(super) page: u64,
    pub(super) search: String,
    pub(super) filters: Vec<String>,
    /// The name of a column, with `-` before it for downward.
    pub(super) sort: Option<String>,
}

impl ListQuery {
    /// Reads the query of `request` for a list with this `face`.
    ///
    /// # Errors
    ///
    /// 404 for a page that can't be, 400 for a filter or an order that the list does not have.
    pub(super) fn read(request: &Request, face: &Face) -> Result<Self> {
        let pairs: Vec<(String, String)> = request.query()?;
        let last = |name: &str| {
            let mut named = pairs.iter().rev().filter(|(known, _)| known == name);
            named.next().map(|(_, value)| value.as_str())
        };
        let filters = pairs.iter().filter(|(name, _)| name == "filter");
        let mut filters: Vec<String> = filters.map(|(_, value)| value.clone()).collect();
        filters.sort_unstable();
        filters.dedup();
        let query = Self {
            page: page(last("page"), face.page_size)?,
            search: last("q").unwrap_or_default().trim().to_owned(),
            filters,
            sort: last("sort")
                .filter(|sort| !sort.is_empty())
                .map(str::to_owned),
        };
        query.check(face)?;
        Ok(query)
    }

    fn check(&self, face: &Face) -> Result<()> {
        for filter in &self.filters {
            let known = || face.filters.iter().map(|known| known.name.as_str());
            if known().all(|known| known != filter) {
                let hint = hint(filter, known());
                return Err(Error::bad_request(format!(
                    "this list has no filter `{filter}`; {hint}"
                )));
            }
        }
        if let Some(sort) = &self.sort {
            let name = sort.strip_prefix('-').unwrap_or(sort);
            let sortable = || face.columns.iter().filter(|column| column.sortable);
            if sortable().all(|column| column.name != name) {
                let hint = hint(name, sortable().map(|column| column.name));
                return Err(Error::bad_request(format!(
                    "this list can't be sorted by `{name}`; {hint}"
                )));
            }
        }
        if !self.search.is_empty() && face.search.is_none() {
            return Err(Error::bad_request("this list can't be searched"));
        }
        Ok(())
    }

    /// The order of the rows, in names of columns: the one that was asked for, else the one of a
    /// filter that is on, else that of the list.
    pub(super) fn order<'a>(&'a self, face: &'a Face) -> Option<&'a str> {
        let is_on = |filter: &&FilterFace| self.filters.contains(&filter.name);
        let filters = face.filters.iter().filter(is_on);
        let of_filter = filters.filter_map(|filter| filter.order).next();
        self.sort.as_deref().or(of_filter).or(face.order)
    }

    /// Whether all rows are meant.
    pub(super) fn is_narrow(&self) -> bool {
        !self.search.is_empty() || !self.filters.is_empty()
    }

    /// The query as it is written behind an address, with its `?`; empty for the list at first.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut add = |name: &str, value: &str| {
            let mark = if text.is_empty() { '?' } else { '&' };
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            write!(text, "{mark}{name}={value}").expect("writing to a string cannot fail");
        };
        if !self.search.is_empty() {
            add("q", &self.search);
        }
        for filter in &self.filters {
            add("filter", filter);
        }
        if let Some(sort) = &self.sort {
            add("sort", sort);
        }
        if self.page > 1 {
            add("page", &self.page.to_string());
        }
        text
    }

    /// The same list at its page `page`.
    pub(super) fn at(&self, page: u64) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// The same list from the start, with the filter on or off, whichever it is not.
    pub(super) fn toggled(&self, filter: &str) -> Self {
        let mut toggled = self.at(1);
        match toggled.filters.iter().position(|known| known == filter) {
            Some(at) => drop(toggled.filters.remove(at)),
            None => toggled.filters.push(filter.to_owned()),
        }
        toggled
    }

    /// The same list from the start, sorted by a column, or the other way where `now`, its order, is
    /// that already.
    pub(super) fn sorted(&self, column: &str, now: &str) -> Self {
        let sign = if now == column { "-" } else { "" };
        Self {
            sort: Some(format!("{sign}{column}")),
            ..self.at(1)
        }
    }

    /// The same list from the start, searched for `text`.
    pub(super) fn searched(&self, text: String) -> Self {
        Self {
            search: text,
            ..self.at(1)
        }
    }
}

fn page(text: Option<&str>, size: u64) -> Result<u64> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(1);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if number > 0 && number - 1 < DEEPEST.div_ceil(size) => Ok(number),
        Ok(number) if number > 0 => Err(too_deep()),
        Err(_) if digits => Err(too_deep()),
        _ => Err(no_such_page()),
    }
}

pub(super) fn no_such_page() -> Error {
    Error::not_found("the list has no such page")
}

fn too_deep() -> Error {
    Error::not_found(format!(
        "a list can be leafed through up to row {DEEPEST}: narrow it down by a search or a filter, \
         or sort it the other way"
    ))
}
