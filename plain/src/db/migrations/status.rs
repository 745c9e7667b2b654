//! What `plain migrations list` shows.

use chrono::{DateTime, Utc};

use super::{MigrationError, MigrationId, Migrator};

/// A migration, and how it stands with the database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The migration.
    pub id: MigrationId,
    /// How it stands.
    pub state: State,
}

/// How a migration stands with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It was not applied.
    Pending,
    /// It was applied at this time.
    Applied(DateTime<Utc>),
    /// It was applied at this time, and its file was changed since.
    Changed(DateTime<Utc>),
    /// It was applied at this time, but is not among the program's migrations.
    Unknown(DateTime<Utc>),
}

impl Migrator {
    /// All migrations of the installed packages in installation order; those that were applied but
    /// are not known follow after those of their package.
    ///
    /// # Errors
    ///
    /// That of the database. Where files and record do not agree, the rows say so.
    pub async fn status(&self) -> Result<Vec<Status>, MigrationError> {
        let history = self.history().await?;
        let mut rows = Vec::new();
        for package in &self.packages {
            let applied = history.of(&package.name);
            for migration in &package.migrations {
                let state = match applied.iter().find(|record| record.name == migration.name) {
                    None => State::Pending,
                    Some(record) if record.checksum == migration.checksum => {
                        State::Applied(record.at)
                    }
                    Some(record) => State::Changed(record.at),
                };
                rows.push(Status {
                    id: migration.id(package),
                    state,
                });
            }
            let is_known = |name: &str| package.migrations.iter().any(|it| it.name == name);
            for record in applied.iter().filter(|record| !is_known(&record.name)) {
                let (package, name) = (package.name.clone(), record.name.clone());
                let id = MigrationId { package, name };
                rows.push(Status {
                    id,
                    state: State::Unknown(record.at),
                });
            }
        }
        Ok(rows)
    }
}
