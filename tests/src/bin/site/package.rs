//! The two packages: one that is installed, and a spare one.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use plain::embedded::{File, Folder};
use plain::http::{Request, Response, Result};
use plain::middleware::Middleware;
use plain::packages::{Command, Installer, Package};
use plain::preflight::{Check, Finding};
use plain::schemars::JsonSchema;
use plain::serde::{Deserialize, Serialize};
use plain::services::Services;
use plain::settings::{Secret, Settings, SettingsGroup};

use crate::{chores, pages};

/// The package `site`, which has one of everything.
pub(crate) fn site() -> Box<dyn Package> {
    Box::new(Site)
}

/// The package `spare`, which is linked and mostly not installed.
pub(crate) fn spare() -> Box<dyn Package> {
    Box::new(Spare)
}

struct Site;

impl Package for Site {
    fn name(&self) -> &'static str {
        "site"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.settings::<SiteSettings>()
            .migrations(migrations()?)
            .middleware("site.middleware.Stamp", |_| Ok(Stamp))
            .chore("site.chores.Fail", chores::Fail)
            .chore("site.chores.Panic", chores::Panic)
            .chore("site.chores.Count", chores::Count)
            .chore("site.chores.Wait", chores::Wait)
            .check("site.is_open", IsOpen)
            .command(Greet)
            .urls(pages::pages());
        Ok(())
    }
}

struct Spare;

impl Package for Spare {
    fn name(&self) -> &'static str {
        "spare"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("site").settings::<SpareSettings>();
        Ok(())
    }
}

/// What can be set of the site: one setting of each kind.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE", crate = "plain::serde")]
#[schemars(crate = "plain::schemars")]
struct SiteSettings {
    /// The name of the site.
    site_name: String,
    /// Whether the site is open.
    site_open: bool,
    /// How many notes a page shows.
    site_page_size: u32,
    /// What the notes are about.
    site_topics: Vec<String>,
    /// What the site shows to its printer.
    site_printer_token: Option<Secret<String>>,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self {
            site_name: "Notes".to_owned(),
            site_open: true,
            site_page_size: 20,
            site_topics: Vec::new(),
            site_printer_token: None,
        }
    }
}

impl SettingsGroup for SiteSettings {}

/// What can be set of the spare package.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE", crate = "plain::serde")]
#[schemars(crate = "plain::schemars")]
struct SpareSettings {
    /// How many there are.
    spare_count: u32,
}

impl SettingsGroup for SpareSettings {}

/// The migrations in the folder `SITE_MIGRATIONS`, else a table of notes.
fn migrations() -> io::Result<Folder> {
    const NOTES: &[File] = &[File {
        path: "0001_notes.sql",
        contents: b"CREATE TABLE site_note (text TEXT NOT NULL);\n",
    }];
    let Some(path) = env::var_os("SITE_MIGRATIONS") else {
        return Ok(Folder {
            path: "",
            files: NOTES,
        });
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&path)? {
        files.push(file(&entry?.path())?);
    }
    files.sort_by_key(|file| file.path);
    Ok(Folder {
        path: path.to_string_lossy().into_owned().leak(),
        files: files.leak(),
    })
}

/// The file at `path`, kept for as long as the process lives, as one that was built in would be.
fn file(path: &Path) -> io::Result<File> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(File {
        path: name.into_owned().leak(),
        contents: fs::read(path)?.leak(),
    })
}

/// Marks responses that came through `MIDDLEWARE`.
struct Stamp;

impl Middleware for Stamp {
    async fn after_response(&self, _: &Request, mut response: Response) -> Result<Response> {
        let stamp = plain::http::HeaderValue::from_static("site");
        response.headers_mut().insert("x-stamp", stamp);
        Ok(response)
    }
}

struct IsOpen;

impl Check for IsOpen {
    fn description(&self) -> &'static str {
        "The site is open."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &SiteSettings = app.require::<Settings>()?.get()?;
        let closed = Finding::warning("the site is closed", "set SITE_OPEN = true");
        Ok(match settings.site_open {
            true => Vec::new(),
            false => vec![closed],
        })
    }
}

/// A command of a package, with a status of its own.
struct Greet;

impl Command for Greet {
    fn definition(&self) -> clap::Command {
        clap::Command::new("greet")
            .about("Greets someone")
            .arg(clap::Arg::new("NAME").required(true))
            .after_help("Example: plain greet Ada")
    }

    async fn run(&self, arguments: &clap::ArgMatches, app: &Services) -> Result<ExitCode> {
        app.database()?;
        let name: Option<&String> = arguments.get_one("NAME");
        let name = name.map_or("you", String::as_str);
        writeln!(io::stdout(), "Hello, {name}")?;
        Ok(ExitCode::from(7))
    }
}
