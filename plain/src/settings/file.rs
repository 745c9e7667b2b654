//! Reading a settings file: TOML, with the line of every name.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::providers::{Format, Toml};
use figment::value::Value;
use toml::Spanned;

/// Why a settings file could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file.
    #[error(
        "{}: there is no such file; run the command in the project's folder, or create the file \
         (an empty one will do)", .0.display()
    )]
    Missing(PathBuf),

    /// The path is that of a directory.
    #[error("{}: is a directory; settings are read from a file", .0.display())]
    Directory(PathBuf),

    /// The operating system refused.
    #[error("{}: can't be read: {cause}; check the path and who may read the file", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        cause: Arc<io::Error>,
    },

    /// The file is not UTF-8 text.
    #[error("{} line {line}: is not UTF-8 text; save the file as UTF-8", .path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that is not UTF-8, counted from one.
        line: usize,
    },

    /// The file is not TOML.
    #[error("{} line {line}, column {column}: is not TOML: {message}", .path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// The character in the line, counted from one.
        column: usize,
        /// What the parser says. It does not show the line, which may hold a secret.
        message: String,
    },
}

/// A value of a settings file, and the line of its name.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) value: Value,
    pub(super) line: usize,
}

pub(super) type FileValues = BTreeMap<String, Located>;

pub(super) fn read(path: &Path) -> Result<FileValues, FileError> {
    let bytes = fs::read(path).map_err(|error| refused(path, error))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| FileError::NotUtf8 {
        path: path.to_owned(),
        line: line_of(&bytes, error.valid_up_to()),
    })?;
    parse(path, text)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<FileValues, FileError> {
    let values: BTreeMap<Spanned<String>, Value> =
        Toml::from_str(text).map_err(|error| not_toml(path, text, &error))?;
    let located = |(name, value): (Spanned<String>, Value)| {
        let line = line_of(text.as_bytes(), name.span().start);
        (name.into_inner(), Located { value, line })
    };
    Ok(values.into_iter().map(located).collect())
}

fn refused(path: &Path, error: io::Error) -> FileError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => FileError::Missing(path),
        _ if path.is_dir() => FileError::Directory(path),
        _ => FileError::Unreadable {
            path,
            cause: Arc::new(error),
        },
    }
}

fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> FileError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = &text.as_bytes()[..at];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    FileError::NotToml {
        path: path.to_owned(),
        line: line_of(text.as_bytes(), at),
        column: String::from_utf8_lossy(&before[line_start..])
            .chars()
            .count()
            + 1,
        message: one_line(error.message()),
    }
}

/// Joins the parser's lines; control characters come from names in the file.
fn one_line(message: &str) -> String {
    let joined = message.trim_end().replace('\n', ", ");
    joined
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn line_of(text: &[u8], offset: usize) -> usize {
    text.iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}
