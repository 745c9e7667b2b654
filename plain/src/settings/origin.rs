//! Where the value of a setting comes from.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// The layer that a setting's value comes from, as precisely as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "layer", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Origin {
    /// No layer set it.
    Default,
    /// A settings file.
    File {
        /// The file, as the loader was given it.
        path: PathBuf,
        /// The line of the setting's name, counted from one.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// The variable's whole name, such as `PLAIN_DEBUG`.
        variable: String,
    },
    /// The program itself, usually a test.
    Code,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Environment { variable } => {
                write!(f, "environment variable {}", variable.escape_debug())
            }
            Self::Code => write!(f, "given in code"),
        }
    }
}
