//! What can be wrong with migrations, and what to do about it.

use crate::db::Error;

/// An error of the migrations; nothing of the migration at fault is left in the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A file does not have the name of a migration.
    #[error(
        "{file} of {package} does not have the name of a migration; call it like 0001_initial.sql, or like 0001_initial.sqlite.sql and 0001_initial.postgres.sql where the databases differ: four digits, then lower-case letters, digits and _"
    )]
    Name {
        /// The package.
        package: String,
        /// The file.
        file: String,
    },

    /// A file is not a text.
    #[error("{file} of {package} is not UTF-8 text; save it as UTF-8")]
    NotText {
        /// The package.
        package: String,
        /// The file.
        file: String,
    },

    /// Two migrations have the same number.
    #[error(
        "{first} and {second} of {package} have the same number; give the newer one the next free number"
    )]
    SameNumber {
        /// The package.
        package: String,
        /// The file that comes first.
        first: String,
        /// The file that comes second.
        second: String,
    },

    /// A number is missing.
    #[error(
        "{package} has no migration {missing:04}, but {file}; add the missing file, or number the later ones anew if they were never applied"
    )]
    Gap {
        /// The package.
        package: String,
        /// The number that is missing.
        missing: u32,
        /// The first file after the gap.
        file: String,
    },

    /// A migration has a file for one database only.
    #[error(
        "{file} of {package} has no counterpart {missing}; add it, or name the one file {name}.sql if both databases understand it"
    )]
    OneDatabase {
        /// The package.
        package: String,
        /// The file that is there.
        file: String,
        /// The file that is missing.
        missing: String,
        /// The migration.
        name: String,
    },

    /// A statement in a file would begin or end a transaction, or has no effect in one.
    #[error(
        "{file} of {package}, line {line}: {word} cannot stand in a migration, since each runs in a transaction of its own; remove the statement"
    )]
    Control {
        /// The package.
        package: String,
        /// The file.
        file: String,
        /// The line in it.
        line: usize,
        /// The first word or words of the statement.
        word: String,
    },

    /// A file was changed after it was applied.
    #[error(
        "{file} of {package} was changed after it was applied to this database; undo the change and put it into a new migration"
    )]
    Changed {
        /// The package.
        package: String,
        /// The file.
        file: String,
    },

    /// The database was migrated by a newer version of the program.
    #[error(
        "the database is ahead of this program: {name} of {package} was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before"
    )]
    Ahead {
        /// The package.
        package: String,
        /// The migration that is not known.
        name: String,
    },

    /// A migration was left out while a later one was applied.
    #[error(
        "{name} of {package} was never applied to this database, but the later {later} was; give it a number after all applied ones"
    )]
    Skipped {
        /// The package.
        package: String,
        /// The migration that was left out.
        name: String,
        /// The later one.
        later: String,
    },

    /// No installed package has the name.
    #[error("no installed package is called `{package}`; {hint}")]
    UnknownPackage {
        /// The name.
        package: String,
        /// The nearest known name, or all.
        hint: String,
    },

    /// The package has no such migration.
    #[error("{package} has no migration `{name}`; {hint}")]
    UnknownMigration {
        /// The package.
        package: String,
        /// The name.
        name: String,
        /// The nearest known name, or all.
        hint: String,
    },

    /// The target lies before what is applied.
    #[error(
        "{package} is at {applied}, which is later than {name}, and migrations are not applied in reverse; write a new migration that undoes what is not wanted"
    )]
    NoReverse {
        /// The package.
        package: String,
        /// The migration that was asked for.
        name: String,
        /// The last one that is applied.
        applied: String,
    },

    /// A statement of a migration failed.
    #[error(
        "{file} of {package}, line {line}: {message}; nothing of this migration was kept, so correct the file and migrate again"
    )]
    Sql {
        /// The package.
        package: String,
        /// The file.
        file: String,
        /// The line in it at which the statement at fault begins.
        line: usize,
        /// What the database says.
        message: String,
    },

    /// A statement of a migration cannot run in a transaction.
    #[error(
        "{file} of {package}, line {line}: {message}; each migration runs in a transaction of its own, so run this statement by hand"
    )]
    NotInTransaction {
        /// The package.
        package: String,
        /// The file.
        file: String,
        /// The line in it at which the statement begins.
        line: usize,
        /// What the database says.
        message: String,
    },

    /// The database failed apart from the migrations.
    #[error(transparent)]
    Database(#[from] Error),
}
