//! The trait [`Check`], what it finds, and a check under its name.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::http::Result;
use crate::services::Services;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Level {
    /// It works, but should be looked at.
    Warning,
    /// It will not work, or is not safe.
    Error,
}

/// Something that a check found wrong.
///
/// ```
/// use plain::preflight::Finding;
///
/// let finding = Finding::warning("the shop names no address", "set SHOP_EMAIL in settings.toml");
/// assert_eq!(finding.fix, "set SHOP_EMAIL in settings.toml");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl Finding {
    /// A finding to look at: what is wrong, and what to do.
    pub fn warning(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            problem: problem.into(),
            fix: fix.into(),
        }
    }

    /// A finding that must be mended: what is wrong, and what to do.
    pub fn error(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            problem: problem.into(),
            fix: fix.into(),
        }
    }
}

/// A check of the configuration, run by `plain preflight`.
///
/// ```
/// use plain::http::Result;
/// use plain::preflight::{Check, Finding};
/// use plain::services::Services;
///
/// struct Opinion;
///
/// impl Check for Opinion {
///     fn description(&self) -> &'static str {
///         "The shop has a name."
///     }
///
///     async fn run(&self, _app: &Services) -> Result<Vec<Finding>> {
///         Ok(vec![Finding::warning("the shop has no name", "set SHOP_NAME")])
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a check",
    note = "implement `plain::preflight::Check` for it: `impl Check for {Self} {{ fn description(&self) -> &'static str {{ \"..\" }} async fn run(&self, app: &Services) -> Result<Vec<Finding>> {{ .. }} }}`"
)]
pub trait Check: Send + Sync + 'static {
    /// One sentence: what holds where it finds nothing.
    fn description(&self) -> &'static str;

    /// Looks, and returns what is wrong; nothing if all is well.
    ///
    /// # Errors
    ///
    /// If it could not look (the database is away, say); it then counts as failed.
    fn run(&self, app: &Services) -> impl Future<Output = Result<Vec<Finding>>> + Send;

    /// Whether it is for deployments only (`plain preflight --deploy`).
    fn stage(&self) -> Stage {
        Stage::Always
    }
}

/// When a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Each time.
    Always,
    /// Only with `--deploy`.
    Deploy,
}

/// A check under its name.
#[derive(Clone)]
pub struct CheckEntry {
    name: &'static str,
    package: &'static str,
    check: Arc<dyn Boxed>,
}

impl CheckEntry {
    /// Puts `check` under `name`, as brought by `package`.
    pub(crate) fn new(name: &'static str, package: &'static str, check: impl Check) -> Self {
        Self {
            name,
            package,
            check: Arc::new(check),
        }
    }

    /// The name, such as `sessions.cookie_secure`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The package that brings it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// What holds where it finds nothing, in a sentence.
    pub fn description(&self) -> &'static str {
        self.check.description()
    }

    /// When it runs.
    pub fn stage(&self) -> Stage {
        self.check.stage()
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// If the check could not look.
    pub async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        self.check.run(app).await
    }
}

impl fmt::Debug for CheckEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// [`Check`] with a boxed future, so that different ones can stand in one list.
trait Boxed: Send + Sync {
    fn description(&self) -> &'static str;
    fn stage(&self) -> Stage;
    fn run<'a>(&'a self, app: &'a Services) -> BoxFuture<'a, Result<Vec<Finding>>>;
}

impl<C: Check> Boxed for C {
    fn description(&self) -> &'static str {
        Check::description(self)
    }

    fn stage(&self) -> Stage {
        Check::stage(self)
    }

    fn run<'a>(&'a self, app: &'a Services) -> BoxFuture<'a, Result<Vec<Finding>>> {
        Box::pin(Check::run(self, app))
    }
}
