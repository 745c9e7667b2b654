//! `plain migrate`

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Call;
use super::connect::connect;
use super::console::Console;
use super::progress::Progress;
use crate::app::App;
use crate::db::migrations::{Event, MigrationId, Migrator, Target, stale};
use crate::db::{self, Create};
use crate::http::Result;

pub(super) fn definition() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    Command::new("migrate")
        .about("Brings the tables of the database up to date")
        .long_about(
            "Brings the tables of the database up to date: applies the migrations that are not \
             applied yet, of all installed packages or of one, up to the last or to the one that \
             is named. A SQLite database that does not exist is created. Each migration is kept \
             whole or not at all; processes that migrate at the same time wait for each other.",
        )
        .arg(Arg::new("PACKAGE").help("Only this package, such as plain.sessions"))
        .arg(Arg::new("NAME").help("Only up to this migration; its number is enough"))
        .arg(flag(
            "plan",
            "Show what would be applied, and change nothing",
        ))
        .arg(
            flag(
                "check",
                "Show what is not applied, change nothing, and exit with 1 if any is",
            )
            .conflicts_with("plan"),
        )
        .arg(
            flag(
                "fake",
                "Record migrations as applied without running them, for existing tables",
            )
            .conflicts_with_all(["plan", "check"]),
        )
        .after_help(
            "Examples:\n  plain migrate\n  plain migrate plain.sessions\n  plain migrate --check",
        )
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let target = target(arguments);
    warn_if_stale(app, console);
    let wants = |flag| arguments.get_flag(flag);
    if wants("plan") || wants("check") {
        let pending = reader(app, console).await?.plan(&target).await?;
        let verb = if wants("plan") {
            "Would apply"
        } else {
            "Not applied:"
        };
        for id in &pending {
            console.line(format_args!("{verb} {id}"))?;
        }
        if pending.is_empty() {
            console.line(nothing(&target))?;
        } else if wants("check") {
            return Ok(ExitCode::FAILURE);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let migrator = migrator(app, Create::IfMissing, console).await?;
    let migrated = match wants("fake") {
        true => {
            migrator
                .fake(&target, |event| tell(event, Kind::Fake, console))
                .await?
        }
        false => apply(&migrator, &target, console).await?,
    };
    if migrated.is_empty() {
        console.line(nothing(&target))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Applies everything, and says what was applied; nothing if there is nothing to do.
pub(super) async fn migrate_all(app: &App, console: &mut Console) -> Result<Vec<MigrationId>> {
    let migrator = migrator(app, Create::IfMissing, console).await?;
    apply(&migrator, &Target::All, console).await
}

/// Applies what `target` says, and shows what takes long.
async fn apply(
    migrator: &Migrator,
    target: &Target,
    console: &mut Console,
) -> Result<Vec<MigrationId>> {
    let progress = Progress::of_process();
    let on_event = |event| {
        progress.clear();
        match event {
            Event::Applying(id) => progress.begin(format_args!("Applying {id}")),
            event => tell(event, Kind::Real, console),
        }
    };
    Ok(progress.during(migrator.apply(target, on_event)).await?)
}

/// What migrates the application's database, once that is connected.
pub(super) async fn migrator(app: &App, create: Create, console: &mut Console) -> Result<Migrator> {
    let database = connect(app, create, console).await?.clone();
    Ok(app.packages().migrator(database)?)
}

/// The same for who only looks: a SQLite file that is not there yet counts as an empty database.
pub(super) async fn reader(app: &App, console: &mut Console) -> Result<Migrator> {
    let error = match migrator(app, Create::Never, console).await {
        Ok(migrator) => return Ok(migrator),
        Err(error) => error,
    };
    if !matches!(error.find(), Some(db::Error::NoFile { .. })) {
        return Err(error);
    }
    console.note(error);
    Ok(app.packages().unconnected_migrator(db::Kind::Sqlite)?)
}

/// Warns the developer whose binary was built before the newest migration was written.
pub(super) fn warn_if_stale(app: &App, console: &mut Console) {
    if !app.mode().is_debug() {
        return;
    }
    let folders = app
        .packages()
        .installed()
        .iter()
        .filter_map(|package| package.migrations());
    for stale in folders.filter_map(stale) {
        console.warn(stale);
    }
}

/// Warns who serves with tables that are not what the code expects.
pub(super) async fn warn_if_pending(app: &App, console: &mut Console) -> Result<()> {
    match migrator(app, Create::Never, console)
        .await?
        .plan(&Target::All)
        .await
    {
        Ok(pending) if pending.is_empty() => {}
        Ok(pending) => {
            let names: Vec<String> = pending.iter().map(ToString::to_string).collect();
            console.warn(format_args!(
                "the database is not up to date; pages may fail until you run `plain migrate` \
                 (not applied: {})",
                names.join(", ")
            ));
        }
        // A newer version may have migrated it while this one still serves.
        Err(error) => console.warn(error),
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Real,
    Fake,
}

/// Tells of a step. That nobody reads it is no reason to stop half way.
fn tell(event: Event, kind: Kind, console: &mut Console) {
    let _ = match (event, kind) {
        (Event::Applied(id), Kind::Real) => console.line(format_args!("Applied {id}")),
        (Event::Applied(id), Kind::Fake) => {
            console.line(format_args!("Recorded {id} as applied, without running it"))
        }
        (Event::Waiting, _) => {
            console.note("Waiting for another process that writes to the database ...");
            Ok(())
        }
        _ => Ok(()),
    };
}

fn target(arguments: &ArgMatches) -> Target {
    let text = |name| arguments.get_one::<String>(name).cloned();
    match (text("PACKAGE"), text("NAME")) {
        (Some(package), Some(name)) => Target::Migration(package, name),
        (Some(package), None) => Target::Package(package),
        (None, _) => Target::All,
    }
}

fn nothing(target: &Target) -> String {
    match target {
        Target::All => "Nothing to migrate: every installed package is up to date.".to_owned(),
        Target::Package(package) => format!("Nothing to migrate: {package} is up to date."),
        Target::Migration(package, name) => {
            format!("Nothing to migrate: {package} has {name} applied.")
        }
    }
}
