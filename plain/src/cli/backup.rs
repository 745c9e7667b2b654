//! `plain backup FILE`

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, Command, value_parser};

use super::Call;
use crate::db::{Create, Kind};
use crate::http::{Error, Result};

pub(super) fn definition() -> Command {
    Command::new("backup")
        .about("Copies a SQLite database, while the application serves")
        .long_about(
            "Copies a SQLite database into a new file: what was committed when the copy began, and \
             whole. The application may serve and write meanwhile. To restore it, stop the \
             application, put the file in the place of the database, and remove what else begins \
             with the database's name (-wal, -shm). A PostgreSQL database is copied by pg_dump.",
        )
        .arg(
            Arg::new("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The file to write, which must not exist"),
        )
        .after_help("Example: plain backup /var/backups/shop.sqlite3")
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let path: &PathBuf = call.arguments.get_one("FILE").expect("clap requires it");
    let database = call.app.connect(Create::Never).await?;
    if database.kind() != Kind::Sqlite {
        let problem = "this is no SQLite database: copy it with pg_dump, which PostgreSQL has";
        return Err(Error::internal(problem));
    }
    let Some(text) = path.to_str() else {
        let problem = format!(
            "{} is not UTF-8: give the file another name",
            path.display()
        );
        return Err(Error::internal(problem));
    };
    reserve(path).map_err(|error| refused(path, error))?;
    let copied = database.query("VACUUM INTO $1").bind(text).execute().await;
    let kept = copied.map_err(Error::from).and_then(|_| keep(path));
    match kept {
        Ok(size) => {
            call.console
                .line(format_args!("{}: {size} bytes", path.display()))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            // Half a copy is worse than none; what went wrong is what is to be told.
            let _ = fs::remove_file(path);
            Err(error)
        }
    }
}

/// Makes the file, empty, so that nothing is overwritten and nobody else can read it.
fn reserve(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Waits until the copy is on the disk, and returns its size.
fn keep(path: &Path) -> Result<u64> {
    let file = File::open(path)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn refused(path: &Path, error: io::Error) -> Error {
    let path = path.display();
    let todo = match error.kind() {
        ErrorKind::AlreadyExists => {
            "it exists already, and a backup overwrites nothing: choose another name"
        }
        ErrorKind::NotFound => "its folder does not exist: create it, or choose another",
        _ => "see that the user that runs this may write there",
    };
    Error::internal(format!("{path} can't be written: {todo} ({error})"))
}
