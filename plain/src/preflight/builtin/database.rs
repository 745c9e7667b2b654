//! Checks of the database and its migrations.

use crate::Mode;
use crate::db::migrations::{Target, stale};
use crate::http::Result;
use crate::packages::Packages;
use crate::preflight::{Check, Finding};
use crate::services::Services;

/// The name of the check whether the database answers.
pub(crate) const CONNECTION: &str = "database.connection";

/// Without its database an application answers 503.
pub(super) struct Answers;

impl Check for Answers {
    fn description(&self) -> &'static str {
        "The database answers."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        app.database()?.query("SELECT 1").execute().await?;
        Ok(Vec::new())
    }
}

/// Code and tables must agree.
pub(super) struct IsMigrated;

impl Check for IsMigrated {
    fn description(&self) -> &'static str {
        "All migrations are applied."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        // That it is away is told by the check before.
        let Ok(database) = app.database() else {
            return Ok(Vec::new());
        };
        let migrator = app.require::<Packages>()?.migrator(database.clone())?;
        let pending = migrator.plan(&Target::All).await?;
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = pending.iter().map(ToString::to_string).collect();
        let problem = format!("migrations are not applied: {}", names.join(", "));
        Ok(vec![Finding::error(problem, "run `plain migrate`")])
    }
}

/// While developing, migrations on disk and in the binary must be the same.
pub(super) struct BinaryIsFresh;

impl Check for BinaryIsFresh {
    fn description(&self) -> &'static str {
        "With DEBUG: the migrations on disk are those in the program."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        if !app.require::<Mode>()?.is_debug() {
            return Ok(Vec::new());
        }
        let packages = app.require::<Packages>()?.installed().iter();
        let stale = packages.filter_map(|package| stale(package.migrations()?));
        let finding = |stale| {
            let problem = format!("{stale}");
            Finding::warning(problem, "build it again: `cargo build`, or `plain dev`")
        };
        Ok(stale.map(finding).collect())
    }
}
