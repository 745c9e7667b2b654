//! An application: settings and installed packages, put together once at start.
//!
//! [`App::load`] reads the settings, installs the packages in order, and builds what requests pass:
//! the middleware and the router. Everything that can be wrong with a configuration is found here,
//! before anything is served. The database is connected afterwards, by what needs it.

mod error;
mod framework;
mod middleware;
mod parts;
mod respond;
mod source;
#[cfg(test)]
mod tests;
mod watch;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{Method, StatusCode};

pub use error::StartError;
pub use middleware::{MiddlewareError, MiddlewareErrors};
pub use source::{NoProject, Source};

use crate::Mode;
use crate::chores::{ChoreEntry, ChoresSettings, Schedule};
use crate::costs;
use crate::db::{self, ConnectOptions, Create, Database, DatabaseSettings, DatabaseSlot};
use crate::http::{
    Body, BodyMemory, Connection, Error, HttpSettings, Request, Response, Result, unless_over,
};
use crate::logging::LoggingSettings;
use crate::middleware::{BuiltIn, Chain};
use crate::packages::{CommandEntry, InstalledPackage, Package, Packages, Selection, select};
use crate::preflight::CheckEntry;
use crate::project::Project;
use crate::services::Services;
use crate::settings::{CoreSettings, Loader, Settings, SettingsGroup};
use crate::urls::{Resolution, Router};
use parts::Parts;
use respond::respond;
use watch::{Visit, Watch};

/// A configured application. Cheap to clone.
///
/// [`plain::main`](crate::main) makes one and does with it what the command line says;
/// [`TestApp`](crate::test::TestApp) makes one for a test. By hand:
///
/// ```
/// use plain::App;
/// use plain::app::Source;
///
/// let app = App::load([], Source::isolated(".").with("DEBUG", true))?;
/// assert!(app.mode().is_debug());
/// # Ok::<(), plain::app::StartError>(())
/// ```
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    source: Source,
    services: Services,
    chain: Chain,
    watch: Watch,
    commands: Vec<CommandEntry>,
}

impl App {
    /// Puts the application together from the packages that are linked into the program and the
    /// settings that `source` finds.
    ///
    /// # Errors
    ///
    /// [`StartError`], with all that is wrong in what it is about.
    pub fn load(
        linked: impl IntoIterator<Item = Box<dyn Package>>,
        source: Source,
    ) -> Result<Self, StartError> {
        let linked: Vec<_> = linked.into_iter().collect();
        let mut loader = source.loader();
        let core: CoreSettings = loader.peek();
        let mut selection = select(&linked, &core.installed_packages)?;
        selection.installed.insert(0, framework::contributions());
        let settings = load_settings(&mut loader, &selection)?;
        Self::assemble(source, settings, selection)
    }

    fn assemble(
        source: Source,
        settings: Settings,
        selection: Selection,
    ) -> Result<Self, StartError> {
        let core = settings.get::<CoreSettings>()?.clone();
        let mode = Mode::of(&core);
        let packages = describe(&selection);
        let mut parts = Parts::gather(selection);
        let mut services = std::mem::take(&mut parts.services);
        services.insert(parts.assets(mode, source.root())?);
        services.insert(parts.templates(mode, source.root())?);
        let router = Router::new(parts.urls)?;
        let slow = settings.get::<LoggingSettings>()?.slow_request();
        let watch = Watch::new(&router, slow);
        services.insert(router);
        let chores = settings.get::<ChoresSettings>()?;
        services.insert(Schedule::new(&parts.chores, &chores.chores_schedule)?);
        let built_in = BuiltIn::new(&settings)?;
        let memory = settings.get::<HttpSettings>()?.request_max_memory;
        services.insert(BodyMemory::new(memory));
        services.insert(settings);
        services.insert(packages);
        services.insert(mode);
        services.insert(Project(source.root().to_owned()));
        services.insert(parts.chores);
        services.insert(parts.checks);
        services.insert(DatabaseSlot::default());
        let services = services.build();
        let links = middleware::listed(&services, &core, &parts.middleware)?;
        let to_response = move |request: &_, error| respond(request, error, mode);
        let chain = Chain::new(built_in, links, to_response);
        let inner = Inner {
            source,
            services,
            chain,
            watch,
            commands: parts.commands,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Connects the database that `DATABASE_URL` names, for all parts of the application.
    ///
    /// # Errors
    ///
    /// If it can't be reached or opened; see [`crate::db::Error`].
    pub async fn connect(&self, create: Create) -> Result<&Database, crate::db::Error> {
        let slot = self.services().get::<DatabaseSlot>();
        let slot = slot.expect("every application has a place for its database");
        if let Some(database) = slot.get() {
            return Ok(database);
        }
        let settings = self.settings_group::<DatabaseSettings>();
        let options = ConnectOptions::new(settings, self.root()).create(create);
        Ok(slot.fill(Database::connect(options).await?))
    }

    /// Answers `request`. There is always an answer: errors and panics have become pages.
    pub fn handle(
        &self,
        request: http::Request<Body>,
        connection: Connection,
    ) -> impl Future<Output = Response> + Send {
        // In a box at once: what is around it moves it several times before it begins.
        Box::pin(costs::of_request(async move {
            let mut visit = self.inner.watch.begin(&request);
            let mut request = Request::new(request, connection, self.services().clone());
            let view = async |request: &mut Request| {
                let answer = unless_over(self.answer(request, &mut visit)).await;
                answer.unwrap_or_else(|| Err(too_late()))
            };
            let answer = self.inner.chain.handle(&mut request, view);
            let mut response = match self.mode().is_debug() {
                // Pages of errors show the queries. In a box, since it is not for production to carry.
                true => db::observe(Box::pin(answer)).await.0,
                false => answer.await,
            };
            if request.method() == Method::HEAD {
                response.drop_body();
            }
            visit.answered(response.status());
            response
        }))
    }

    /// The id that a trusted proxy gave `request`, which came over `connection`.
    pub(crate) fn request_id(
        &self,
        request: &http::Request<Body>,
        connection: Connection,
    ) -> Option<HeaderValue> {
        let proxies = self.inner.chain.built_in().proxies();
        proxies.request_id(request.headers(), connection)
    }

    async fn answer(&self, request: &mut Request, visit: &mut Visit<'_>) -> Result<Response> {
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str());
        match self.router().resolve(target) {
            Resolution::Found {
                endpoint,
                pattern,
                params,
            } => {
                request.set_route(pattern, params);
                visit.routed(request);
                endpoint.call(request).await
            }
            Resolution::Redirect(location) => Ok(Response::permanent_redirect(location)),
            Resolution::NotFound => Err(Error::not_found("no page has this address")),
        }
    }

    /// What the application shares with its parts.
    pub fn services(&self) -> &Services {
        &self.inner.services
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        self.service()
    }

    /// The routes.
    pub fn router(&self) -> &Router {
        self.service()
    }

    /// The installed packages, the framework's own first, and those that are only linked.
    pub fn packages(&self) -> &Packages {
        self.service()
    }

    /// The chores of all installed packages.
    pub fn chores(&self) -> &[ChoreEntry] {
        self.service::<Vec<ChoreEntry>>()
    }

    /// The checks of all installed packages.
    pub fn checks(&self) -> &[CheckEntry] {
        self.service::<Vec<CheckEntry>>()
    }

    /// The chore `name`.
    pub fn chore(&self, name: &str) -> Option<&ChoreEntry> {
        self.chores().iter().find(|chore| chore.name() == name)
    }

    /// The check `name`.
    pub fn check(&self, name: &str) -> Option<&CheckEntry> {
        self.checks().iter().find(|check| check.name() == name)
    }

    /// The commands that installed packages bring.
    pub fn commands(&self) -> &[CommandEntry] {
        &self.inner.commands
    }

    /// The folder of the project, in which `settings.toml` stands.
    pub fn root(&self) -> &Path {
        self.inner.source.root()
    }

    /// Whether the application is being developed.
    pub fn mode(&self) -> Mode {
        *self.service()
    }

    fn service<T: Send + Sync + 'static>(&self) -> &T {
        self.services()
            .get()
            .expect("`assemble` puts each of these values in")
    }

    fn settings_group<S: SettingsGroup>(&self) -> &S {
        self.settings()
            .get()
            .expect("the framework's own groups are always declared")
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("root", &self.root())
            .finish_non_exhaustive()
    }
}

/// The answer to a request whose view takes too long; the server has set the limit.
fn too_late() -> Error {
    let text = "this page takes too long; please try again later";
    Error::new(StatusCode::SERVICE_UNAVAILABLE, text)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("10"))
        .with_cause("the view did not answer within SERVER_REQUEST_TIMEOUT, and was dropped")
}

fn load_settings(loader: &mut Loader, selection: &Selection) -> Result<Settings, StartError> {
    for (package, brought) in &selection.installed {
        for group in &brought.settings {
            (group.installed)(loader, package)?;
        }
    }
    for (package, brought) in &selection.linked_only {
        for group in &brought.settings {
            (group.linked_only)(loader, package);
        }
    }
    Ok(loader.load()?)
}

fn describe(selection: &Selection) -> Packages {
    let installed = selection
        .installed
        .iter()
        .map(|(name, brought)| InstalledPackage {
            name,
            requires: brought.requires.clone(),
            migrations: brought.migrations,
            docs: brought.docs,
        });
    Packages {
        installed: installed.collect(),
        linked_only: selection
            .linked_only
            .iter()
            .map(|(name, _)| *name)
            .collect(),
    }
}
