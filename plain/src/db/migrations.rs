//! Migrations: the SQL files with which packages make and change their tables.
//!
//! Each installed package brings a folder of files, `0001_initial.sql` and so on, which are applied
//! in order, once, each in one transaction together with its record in the table `plainmigrations`.
//! Where the databases differ, a migration has two files: `0001_initial.sqlite.sql` and
//! `0001_initial.postgres.sql`. Nothing is ever applied in reverse: what a migration did is undone
//! by the next one. What is wrong with the files or the record is found before anything is changed.

mod error;
mod files;
mod history;
mod migrator;
mod script;
mod stale;
mod status;

pub use error::MigrationError;
pub use migrator::{Event, MigrationId, Migrator, Target};
pub use stale::{Stale, stale};
pub use status::{State, Status};
