//! The database of an application, from a request or from wherever its shared values are known.

use std::panic::Location;
use std::sync::OnceLock;

use super::{Database, Error};
use crate::http::{Request, Result};
use crate::services::Services;

/// The place for an application's database, which is connected after the application is put
/// together.
#[derive(Debug, Default)]
pub(crate) struct DatabaseSlot(OnceLock<Database>);

impl DatabaseSlot {
    /// The database, once it is connected.
    pub(crate) fn get(&self) -> Option<&Database> {
        self.0.get()
    }

    /// Puts `database` in unless there is one, and returns the one that is there.
    pub(crate) fn fill(&self, database: Database) -> &Database {
        self.0.get_or_init(|| database)
    }
}

impl Services {
    /// The application's database.
    ///
    /// # Errors
    ///
    /// [`Error::NotConnected`] before the application has connected it.
    pub fn database(&self) -> Result<&Database, Error> {
        let slot = self.get::<DatabaseSlot>();
        slot.and_then(DatabaseSlot::get).ok_or(Error::NotConnected)
    }
}

impl Request {
    /// The application's database.
    ///
    /// # Errors
    ///
    /// 503 before the application has connected it.
    #[track_caller]
    pub fn database(&self) -> Result<&Database> {
        let place = Location::caller();
        let database = self.services().database();
        database.map_err(|error| crate::http::Error::from(error).at(place))
    }
}
