//! The trait [`Chore`], and a chore under its name.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::http::Result;
use crate::services::Services;

/// Work that is done now and then.
///
/// ```
/// use plain::chores::Chore;
/// use plain::http::Result;
/// use plain::services::Services;
///
/// struct Greet;
///
/// impl Chore for Greet {
///     fn description(&self) -> &'static str {
///         "Says hello."
///     }
///
///     async fn run(&self, _app: &Services) -> Result<String> {
///         Ok("hello".to_owned())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a chore",
    note = "implement `plain::chores::Chore` for it: `impl Chore for {Self} {{ fn description(&self) -> &'static str {{ \"..\" }} async fn run(&self, app: &Services) -> Result<String> {{ .. }} }}`"
)]
pub trait Chore: Send + Sync + 'static {
    /// One sentence for `plain chores list`.
    fn description(&self) -> &'static str;

    /// Does the work, and returns one line that says what was done.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; other chores run all the same.
    fn run(&self, app: &Services) -> impl Future<Output = Result<String>> + Send;

    /// When it runs unless `CHORES_SCHEDULE` says otherwise: a cron expression of five fields, in
    /// UTC; `None` for a chore that only runs by hand.
    fn schedule(&self) -> Option<&'static str> {
        None
    }
}

/// A chore under the name that packages and commands call it by.
#[derive(Clone)]
pub struct ChoreEntry {
    name: &'static str,
    package: &'static str,
    chore: Arc<dyn Boxed>,
}

impl ChoreEntry {
    /// Puts `chore` under `name`, as brought by `package`.
    pub(crate) fn new(name: &'static str, package: &'static str, chore: impl Chore) -> Self {
        Self {
            name,
            package,
            chore: Arc::new(chore),
        }
    }

    /// The full name, such as `plain.sessions.chores.ClearExpired`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The package that brings it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// What it does, in a sentence.
    pub fn description(&self) -> &'static str {
        self.chore.description()
    }

    /// Its own schedule, if it has one.
    pub fn schedule(&self) -> Option<&'static str> {
        self.chore.schedule()
    }

    /// Runs it, whoever else may be running it.
    ///
    /// # Errors
    ///
    /// What the chore returns.
    pub async fn run(&self, app: &Services) -> Result<String> {
        self.chore.run(app).await
    }
}

impl fmt::Debug for ChoreEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// [`Chore`] with a boxed future, so that different ones can stand in one list.
trait Boxed: Send + Sync {
    fn description(&self) -> &'static str;
    fn schedule(&self) -> Option<&'static str>;
    fn run<'a>(&'a self, app: &'a Services) -> BoxFuture<'a, Result<String>>;
}

impl<C: Chore> Boxed for C {
    fn description(&self) -> &'static str {
        Chore::description(self)
    }

    fn schedule(&self) -> Option<&'static str> {
        Chore::schedule(self)
    }

    fn run<'a>(&'a self, app: &'a Services) -> BoxFuture<'a, Result<String>> {
        Box::pin(Chore::run(self, app))
    }
}
