//! The command line as its user sees it: words go in, text and an exit status come out.

use std::fs;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use tempfile::TempDir;

use super::console::testing::{Closed, Written};
use super::console::{Colors, Console};
use super::*;
use crate::chores::Chore;
use crate::embedded::{File, Folder};
use crate::http::{Error, Request, Response};
use crate::packages::Installer;
use crate::services::Services;
use crate::urls::{path, urls};
use crate::views::View;

const SETTINGS: &str = "DEBUG = true\nINSTALLED_PACKAGES = [\"shop\"]\n";

struct Shop;

impl Package for Shop {
    fn name(&self) -> &'static str {
        "shop"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        const FILES: &[File] = &[
            File {
                path: "0001_initial.sql",
                contents: b"CREATE TABLE shop_item (name TEXT);",
            },
            File {
                path: "0002_price.sql",
                contents: b"ALTER TABLE shop_item ADD price BIGINT;",
            },
        ];
        to.migrations(Folder {
            path: "/nowhere",
            files: FILES,
        })
        .chore("shop.chores.Count", Count)
        .chore("shop.chores.Fail", Fail)
        .command(Greet)
        .urls(urls([path("items/<int:id>", Item).name("item")]));
        Ok(())
    }
}

struct Other;

impl Package for Other {
    fn name(&self) -> &'static str {
        "other"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("shop");
        Ok(())
    }
}

struct Count;

impl Chore for Count {
    fn description(&self) -> &'static str {
        "Counts the items."
    }

    fn schedule(&self) -> Option<&'static str> {
        Some("@daily")
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let count: i64 = app
            .database()?
            .query("SELECT COUNT(*) FROM shop_item")
            .scalar()
            .await?;
        Ok(format!("{count} items"))
    }
}

struct Fail;

impl Chore for Fail {
    fn description(&self) -> &'static str {
        "Fails."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        Err(Error::internal("the shop is closed"))
    }
}

struct Greet;

impl crate::packages::Command for Greet {
    fn definition(&self) -> Command {
        Command::new("greet")
            .about("Greets.")
            .arg(clap::Arg::new("NAME").required(true))
    }

    async fn run(&self, arguments: &ArgMatches, app: &Services) -> Result<ExitCode> {
        let name: Option<&String> = arguments.get_one("NAME");
        app.database()?;
        Ok(ExitCode::from(name.map_or(0, |name| 40 + name.len() as u8)))
    }
}

struct Item;

impl View for Item {
    async fn get(&self, request: &Request) -> Result<Response> {
        Ok(Response::text(format!(
            "item {}",
            request.param::<i64>("id")?
        )))
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let kind = request.headers()["content-type"].to_str()?;
        Ok(Response::text(format!("{kind}: {}", request.text().await?)))
    }
}

/// A project folder.
struct Project(TempDir);

/// What a command left behind.
struct Output {
    code: ExitCode,
    out: String,
    err: String,
}

impl Project {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        Self(folder)
    }

    fn migrated() -> Self {
        let project = Self::new(SETTINGS);
        project.done("migrate");
        project
    }

    fn source(&self) -> Source {
        Source::at(self.0.path()).environment([] as [(&str, &str); 0])
    }

    fn run(&self, words: &str) -> Output {
        let (out, err) = (Written::default(), Written::default());
        let mut console = Console::of(out.clone(), err.clone(), Colors::None);
        let code = self.run_on(words, &mut console);
        let place = self.0.path().display().to_string();
        let text = |written: Written| written.text().replace(&place, "/project");
        Output {
            code,
            out: text(out),
            err: text(err),
        }
    }

    fn run_on(&self, words: &str, console: &mut Console) -> ExitCode {
        let words = words.split_whitespace().map(OsString::from).collect();
        let packages: [Box<dyn Package>; 2] = [Box::new(Shop), Box::new(Other)];
        run(words, packages, Ok(self.source()), console)
    }

    /// The result of a command that succeeds.
    #[track_caller]
    fn done(&self, words: &str) -> String {
        let output = self.run(words);
        output.expect(0);
        output.out
    }
}

impl Output {
    #[track_caller]
    fn expect(&self, code: u8) {
        let wanted = format!("{:?}", ExitCode::from(code));
        assert_eq!(
            format!("{:?}", self.code),
            wanted,
            "{}{}",
            self.out,
            self.err
        );
    }
}

#[test]
fn migrate_says_what_it_applied_and_then_that_there_is_nothing_to_do() {
    let project = Project::new(SETTINGS);
    assert_eq!(
        project.done("migrate shop"),
        "Applied shop 0001_initial\nApplied shop 0002_price\n"
    );
    assert_eq!(
        project.done("migrate shop"),
        "Nothing to migrate: shop is up to date.\n"
    );
    assert_eq!(project.done("migrate"), "Applied plain 0001_chores\n");
    assert_eq!(
        project.done("migrate"),
        "Nothing to migrate: every installed package is up to date.\n"
    );
    assert_eq!(
        project.done("migrate shop 0002"),
        "Nothing to migrate: shop has 0002 applied.\n"
    );
}

#[test]
fn migrate_can_plan_check_and_only_record() {
    let project = Project::new(SETTINGS);
    project.done("migrate plain");
    assert_eq!(
        project.done("migrate --plan"),
        "Would apply shop 0001_initial\nWould apply shop 0002_price\n"
    );
    let check = project.run("migrate --check shop 0001");
    check.expect(1);
    assert_eq!(check.out, "Not applied: shop 0001_initial\n");
    assert_eq!(
        project.done("migrate shop 0001 --fake"),
        "Recorded shop 0001_initial as applied, without running it\n"
    );
    project.run("migrate --plan --check").expect(2);
    let failed = project.run("migrate");
    failed.expect(1);
    assert!(
        failed
            .err
            .starts_with("error: 0002_price.sql of shop, line 1: "),
        "{}",
        failed.err
    );
}

#[test]
fn only_migrate_creates_the_database() {
    let project = Project::new(SETTINGS);
    for (words, status) in [
        ("migrate --check", 1),
        ("migrations list", 0),
        ("chores run", 1),
        ("greet Ada", 1),
    ] {
        let output = project.run(words);
        output.expect(status);
        assert!(
            output.err.contains("plain migrate"),
            "{words}: {}",
            output.err
        );
        assert!(!project.0.path().join("db.sqlite3").exists(), "{words}");
    }
}

#[test]
fn migrations_are_listed_with_their_state() {
    let project = Project::new(SETTINGS);
    project.done("migrate plain");
    let list = project.done("migrations list");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], "PACKAGE  MIGRATION     STATE");
    assert!(
        lines[1].starts_with("plain    0001_chores   applied 2"),
        "{list}"
    );
    assert_eq!(lines[2], "shop     0001_initial  pending");
    let json: serde_json::Value =
        serde_json::from_str(&project.done("migrations list --json")).unwrap();
    assert_eq!(json[1]["state"], "pending");
    assert_eq!(json[0]["package"], "plain");
}

#[test]
fn settings_are_shown_without_a_database_and_secrets_masked() {
    let project = Project::new("SECRET_KEY = \"hunter2\"\nDEBUG = true\n");
    assert_eq!(project.done("settings get DEBUG"), "true\n");
    assert_eq!(
        project.done("settings get DATABASE_URL"),
        "sqlite://db.sqlite3\n"
    );
    assert_eq!(project.done("settings get SECRET_KEY"), "********\n");
    assert_eq!(
        project.done("settings list --changed"),
        "SETTING     FROM                  VALUE\n\
         DEBUG       settings.toml line 2  true\n\
         SECRET_KEY  settings.toml line 1  \"********\"\n"
    );
    let unknown = project.run("settings get DBUG");
    unknown.expect(1);
    assert!(
        unknown.err.contains("did you mean DEBUG?"),
        "{}",
        unknown.err
    );
}

#[test]
fn chores_run_by_name_and_one_that_fails_makes_the_status_1() {
    let project = Project::migrated();
    assert_eq!(
        project.done("chores run shop.chores.Count"),
        "shop.chores.Count: 0 items\n"
    );
    let all = project.run("chores run");
    all.expect(1);
    assert_eq!(
        all.out,
        "shop.chores.Count: 0 items\nshop.chores.Fail: failed: the shop is closed\n"
    );
    assert_eq!(
        project.done("chores run --dry-run shop.chores.Fail"),
        "shop.chores.Fail: would run. Fails.\n"
    );
    let unknown = project.run("chores run Count");
    unknown.expect(2);
    assert_eq!(
        unknown.err,
        "error: Count is no chore of an installed package; did you mean shop.chores.Count?\n"
    );
}

#[test]
fn chores_are_listed_with_and_without_a_database() {
    let project = Project::new(SETTINGS);
    let list = project.run("chores list");
    list.expect(0);
    assert!(
        list.out.contains("shop.chores.Count  @daily"),
        "{}",
        list.out
    );
    assert!(
        list.out.contains("shop.chores.Fail   by hand         -"),
        "{}",
        list.out
    );
    assert!(
        list.err.starts_with("How chores last went is not known: "),
        "{}",
        list.err
    );
    project.done("migrate");
    project.run("chores run").expect(1);
    let list = project.done("chores list --json");
    let json: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(json[0]["last"]["last_result"], "0 items");
    assert_eq!(json[1]["last"]["last_error"], "the shop is closed");
    assert_eq!(json[1]["next_run_at"], serde_json::Value::Null);
}

#[test]
fn urls_and_packages_are_listed() {
    let project = Project::new(SETTINGS);
    let list = project.done("urls list");
    assert!(list.starts_with("PATH "), "{list}");
    assert!(list.contains("/items/<int:id>"), "{list}");
    assert!(
        list.contains("GET HEAD POST OPTIONS") || list.contains("GET"),
        "{list}"
    );
    assert_eq!(
        project.done("packages list"),
        "PACKAGE  STATE                  NEEDS\n\
         plain    installed\n\
         shop     installed\n\
         other    linked, not installed\n"
    );
}

#[test]
fn a_request_shows_status_headers_and_body() {
    let project = Project::migrated();
    let page = project.done("request /items/7");
    assert!(page.starts_with("200 OK\n"), "{page}");
    assert!(page.ends_with("\n\nitem 7"), "{page}");
    let posted = project.done("request /items/7 --data a=1");
    assert!(
        posted.ends_with("application/x-www-form-urlencoded: a=1"),
        "{posted}"
    );
    let json = project.done("request /items/7 --data {\"a\":1} -H X-Test:1");
    assert!(json.ends_with("application/json: {\"a\":1}"), "{json}");
    let missing = project.run("request /nowhere");
    missing.expect(1);
    assert!(
        missing.out.starts_with("404 Not Found\n"),
        "{}",
        missing.out
    );
    project.run("request items").expect(2);
}

#[test]
fn the_body_of_a_request_may_be_that_of_a_file() {
    let project = Project::migrated();
    let file = project.0.path().join("item.json");
    fs::write(&file, "\n[1, 2]").unwrap();
    let posted = project.done(&format!("request /items/7 --data @{}", file.display()));
    assert!(posted.ends_with("application/json: \n[1, 2]"), "{posted}");
    let missing = project.run("request /items/7 --data @/nowhere/file");
    missing.expect(2);
    assert_eq!(
        missing.err,
        "error: /nowhere/file can't be read: No such file or directory (os error 2)\n"
    );
}

#[test]
fn preflight_shows_findings_by_package_and_fails_on_errors() {
    let project = Project::new(SETTINGS);
    let output = project.run("preflight");
    output.expect(1);
    assert!(output.out.starts_with("plain\n"), "{}", output.out);
    assert!(
        output.out.contains("  error    database.connection: "),
        "{}",
        output.out
    );
    project.done("migrate");
    let output = project.done("preflight");
    assert!(
        output.contains("  ok       database.migrations\n"),
        "{output}"
    );
    assert!(
        output.trim_end().ends_with("0 errors, 0 warnings"),
        "{output}"
    );
    let deploy = project.run("preflight --deploy --json");
    deploy.expect(1);
    let json: serde_json::Value = serde_json::from_str(&deploy.out).unwrap();
    assert_eq!(json["checks"][0]["name"], "settings.debug");
    assert_eq!(json["checks"][0]["findings"][0]["level"], "error");
}

#[test]
fn a_command_of_a_package_runs_with_the_database_and_its_own_status() {
    let project = Project::migrated();
    project.run("greet Ada").expect(43);
    project.run("greet").expect(2);
}

#[test]
fn a_package_cannot_bring_a_command_that_the_framework_has() {
    struct Taken;

    impl crate::packages::Command for Taken {
        fn definition(&self) -> Command {
            Command::new("migrate")
        }

        async fn run(&self, _: &ArgMatches, _: &Services) -> Result<ExitCode> {
            Ok(ExitCode::SUCCESS)
        }
    }

    impl Package for Taken {
        fn name(&self) -> &'static str {
            "shop"
        }

        fn install(&self, to: &mut Installer) -> Result<()> {
            to.command(Taken);
            Ok(())
        }
    }

    let project = Project::new(SETTINGS);
    let err = Written::default();
    let mut console = Console::of(Written::default(), err.clone(), Colors::None);
    let linked: [Box<dyn Package>; 1] = [Box::new(Taken)];
    run(
        vec!["migrate".into()],
        linked,
        Ok(project.source()),
        &mut console,
    );
    assert_eq!(
        err.text(),
        "error: the command `migrate` of an installed package has the name of one of the \
         framework's: rename it in the package\n"
    );
}

#[test]
fn a_server_runs_what_is_due_beside_and_stops_with_it() {
    let project = Project::migrated();
    let app = App::load([Box::new(Shop) as Box<dyn Package>], project.source()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = app.connect(Create::Never).await.unwrap();
        let missed = "INSERT INTO plain_chores (name, slot) VALUES ($1, $2)";
        let slot: chrono::DateTime<chrono::Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
        let query = database.query(missed).bind("shop.chores.Count").bind(slot);
        query.execute().await.unwrap();
        let beside = worker::Beside::start(&app).unwrap();
        let result = async || {
            let records = crate::chores::Record::all(database).await.unwrap();
            records[0].last_result.clone()
        };
        while result().await.is_none() {
            tokio::task::yield_now().await;
        }
        beside
            .stop(std::time::Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(result().await.as_deref(), Some("0 items"));
    });
}

#[test]
fn a_broken_start_leaves_help_and_says_what_is_broken_for_all_else() {
    let project = Project::new("DEBUG = 1\n");
    assert_eq!(project.done("--version"), "plain 0.1.0\n");
    assert!(
        project
            .done("--help")
            .contains("`plain preflight` says why")
    );
    assert!(
        project
            .done("migrate --help")
            .contains("Usage: plain migrate")
    );
    for words in ["migrate", "urls list", "settings list", ""] {
        let output = project.run(words);
        output.expect(1);
        assert!(
            output
                .err
                .starts_with("error: the settings have a problem:"),
            "{}",
            output.err
        );
    }
    let brought = project.run("greet Ada");
    brought.expect(1);
    assert!(
        brought.err.starts_with(
            "`greet` is no command of the framework's, and those of packages are not known, \
             since the application does not start:\n\nerror: the settings have a problem:"
        ),
        "{}",
        brought.err
    );
    let preflight = project.run("preflight --json");
    preflight.expect(1);
    let json: serde_json::Value = serde_json::from_str(&preflight.out).unwrap();
    assert_eq!(json["checks"][0]["name"], "start");
}

#[test]
fn outside_a_project_the_error_says_where_it_looked() {
    let (out, err) = (Written::default(), Written::default());
    let mut console = Console::of(out, err.clone(), Colors::None);
    let source = Err(NoProject("/nowhere".into()));
    let code = run(vec!["migrate".into()], [], source, &mut console);
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
    assert!(
        err.text()
            .starts_with("error: no settings.toml in /nowhere"),
        "{}",
        err.text()
    );
}

#[test]
fn without_words_and_without_debug_there_is_help_and_the_status_of_wrong_usage() {
    let project = Project::new("SECRET_KEY = \"long and random\"\n");
    let output = project.run("");
    output.expect(2);
    assert!(output.err.contains("Usage: plain"), "{}", output.err);
    assert!(
        output.err.contains("Exit status: 0 done, 1 failed"),
        "{}",
        output.err
    );
}

#[test]
fn a_closed_pipe_ends_a_list_without_a_word() {
    let project = Project::new(SETTINGS);
    for words in ["urls list", "settings list --json", "packages list"] {
        let err = Written::default();
        let mut console = Console::of(Closed, err.clone(), Colors::None);
        let code = project.run_on(words, &mut console);
        assert_eq!(
            format!("{code:?}"),
            format!("{:?}", ExitCode::SUCCESS),
            "{words}"
        );
        assert_eq!(err.text(), "", "{words}");
    }
}

#[test]
fn every_command_has_help_with_an_example_and_sound_arguments() {
    fn check(command: &Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "{path} has no description");
        let after = command.get_after_help().map(ToString::to_string);
        let after = after.unwrap_or_default();
        assert!(after.contains("Example"), "{path} has no example");
        assert!(
            after.contains(&path),
            "{path}: the example is of another command"
        );
        let parts = command.get_subcommands();
        parts.for_each(|part| check(part, &path));
    }
    let nowhere = StartError::from(NoProject("/nowhere".into()));
    let definition = definition(Err(&nowhere));
    definition.clone().debug_assert();
    for command in definition.get_subcommands() {
        check(command, "plain");
    }
}

#[test]
fn a_mistyped_command_is_wrong_usage_with_the_nearest_one() {
    let project = Project::new(SETTINGS);
    for (words, near) in [
        ("migarte", "'migrate'"),
        ("gret Ada", "'greet'"),
        ("chores lst", "'list'"),
        ("migrate --chek", "'--check'"),
    ] {
        let output = project.run(words);
        output.expect(2);
        assert!(output.err.contains(near), "{}", output.err);
    }
}

#[test]
fn colour_is_for_those_who_see_it() {
    let console = |colors| Console::of(Written::default(), Written::default(), colors);
    let paint = |colors| console(colors).paint(console::Paint::Bad, "no");
    assert_eq!(paint(Colors::None), "no");
    assert_eq!(paint(Colors::Some), "\x1b[31mno\x1b[0m");
}
