//! What a package brings, collected.

use std::fmt;

use minijinja::Value;
use minijinja::functions::Function;
use minijinja::value::{FunctionArgs, FunctionResult};

use super::{Command, CommandEntry, Item, SignIn, SignInEntry};
use crate::chores::{Chore, ChoreEntry};
use crate::embedded::Folder;
use crate::http::Result;
use crate::middleware::{Link, Middleware};
use crate::preflight::{Check, CheckEntry};
use crate::services::{Services, ServicesBuilder};
use crate::settings::{DuplicateSetting, Loader, SettingsGroup};
use crate::templates::{Global, TemplateRequest, TemplatesBuilder};
use crate::urls::Urls;

type Declare = fn(&mut Loader, &'static str) -> Result<(), DuplicateSetting>;
type Construct = Box<dyn Fn(&Services) -> Result<Link> + Send + Sync>;
pub(crate) type AddFilter = Box<dyn FnOnce(&mut TemplatesBuilder) + Send + Sync>;
type Share = Box<dyn FnOnce(&mut ServicesBuilder) + Send + Sync>;

/// All that one package brings.
#[derive(Default)]
pub(crate) struct Contributions {
    pub(crate) requires: Vec<&'static str>,
    pub(crate) settings: Vec<GroupDeclaration>,
    pub(crate) migrations: Option<Folder>,
    pub(crate) templates: Option<Folder>,
    pub(crate) assets: Option<Folder>,
    pub(crate) docs: Option<&'static str>,
    pub(crate) middleware: Vec<MiddlewareDeclaration>,
    pub(crate) chores: Vec<ChoreEntry>,
    pub(crate) checks: Vec<CheckEntry>,
    pub(crate) template_globals: Vec<(&'static str, Global)>,
    pub(crate) template_filters: Vec<(&'static str, AddFilter)>,
    pub(crate) urls: Vec<Urls>,
    pub(crate) commands: Vec<CommandEntry>,
    pub(crate) shared: Vec<Share>,
    pub(crate) collected: Vec<Collected>,
    /// What is wrong with something that it brings.
    pub(crate) problems: Vec<String>,
}

/// Something for a part of the framework that stands above packages, under a name of its own.
pub(crate) struct Collected {
    pub(crate) item: Item,
    pub(crate) name: String,
    pub(crate) share: Share,
}

/// How the settings of one group are declared to the loader.
pub(crate) struct GroupDeclaration {
    pub(crate) installed: Declare,
    pub(crate) linked_only: fn(&mut Loader, &'static str),
}

/// A middleware that a package brings, before it is made.
pub(crate) struct MiddlewareDeclaration {
    pub(crate) name: &'static str,
    pub(crate) construct: Construct,
}

impl fmt::Debug for Contributions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contributions").finish_non_exhaustive()
    }
}

/// Takes down what a package brings. Each call adds one thing; names must be the package's own.
///
/// ```
/// # use plain::http::{Request, Response, Result};
/// # use plain::middleware::Middleware;
/// # struct Greeter;
/// # impl Middleware for Greeter {}
/// use plain::packages::Installer;
/// use plain::templates::Value;
///
/// fn install(to: &mut Installer) -> Result<()> {
///     to.requires("plain.sessions")
///         .middleware("shop.middleware.Greeter", |_app| Ok(Greeter))
///         .template_global("shop_name", |_request| Ok(Value::from("Small Hours")));
///     Ok(())
/// }
/// ```
pub struct Installer {
    package: &'static str,
    to: Contributions,
}

impl Installer {
    pub(crate) fn new(package: &'static str) -> Self {
        Self {
            package,
            to: Contributions::default(),
        }
    }

    /// All that was taken down.
    pub(crate) fn finish(self) -> Contributions {
        self.to
    }

    /// Names a package that must be installed before this one.
    pub fn requires(&mut self, package: &'static str) -> &mut Self {
        self.to.requires.push(package);
        self
    }

    /// Brings a group of settings, with their defaults.
    pub fn settings<S: SettingsGroup>(&mut self) -> &mut Self {
        self.to.settings.push(GroupDeclaration {
            installed: |loader, package| loader.declare::<S>(package).map(drop),
            linked_only: |loader, package| {
                loader.linked_only::<S>(package);
            },
        });
        self
    }

    /// Brings migrations; `plain::embedded!()` makes the folder.
    pub fn migrations(&mut self, folder: Folder) -> &mut Self {
        let earlier = self.to.migrations.replace(folder);
        self.once("migrations", earlier)
    }

    /// Brings templates; the project and packages installed later can override each by its name.
    pub fn templates(&mut self, folder: Folder) -> &mut Self {
        let earlier = self.to.templates.replace(folder);
        self.once("templates", earlier)
    }

    /// Brings static files.
    pub fn assets(&mut self, folder: Folder) -> &mut Self {
        let earlier = self.to.assets.replace(folder);
        self.once("assets", earlier)
    }

    /// Brings documentation in Markdown, which `plain docs` shows:
    /// `.docs(include_str!("../README.md"))`. Its first paragraph is what the list of all says of it.
    pub fn docs(&mut self, markdown: &'static str) -> &mut Self {
        if self.to.docs.replace(markdown).is_some() {
            self.problem("two documentations: make one text of them".to_owned());
        }
        self
    }

    /// Brings a middleware that `MIDDLEWARE` can list as `name`; `construct` makes it at start.
    pub fn middleware<M, F>(&mut self, name: &'static str, construct: F) -> &mut Self
    where
        M: Middleware,
        F: Fn(&Services) -> Result<M> + Send + Sync + 'static,
    {
        let construct: Construct = Box::new(move |app| Ok(Link::new(name, construct(app)?)));
        self.to
            .middleware
            .push(MiddlewareDeclaration { name, construct });
        self
    }

    /// Brings a chore.
    pub fn chore(&mut self, name: &'static str, chore: impl Chore) -> &mut Self {
        self.to
            .chores
            .push(ChoreEntry::new(name, self.package, chore));
        self
    }

    /// Brings a preflight check.
    pub fn check(&mut self, name: &'static str, check: impl Check) -> &mut Self {
        self.to
            .checks
            .push(CheckEntry::new(name, self.package, check));
        self
    }

    /// Brings a function without arguments that templates call as `name()`; it is told about the
    /// request that the template is rendered for.
    pub fn template_global<F>(&mut self, name: &'static str, function: F) -> &mut Self
    where
        F: Fn(&TemplateRequest) -> Result<Value> + Send + Sync + 'static,
    {
        self.to.template_globals.push((name, Global::new(function)));
        self
    }

    /// Brings a filter for templates, `{{ value|name }}`: any function that minijinja takes for one.
    pub fn template_filter<F, Rv, Args>(&mut self, name: &'static str, filter: F) -> &mut Self
    where
        F: Function<Rv, Args>,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        let add: AddFilter = Box::new(move |templates| {
            templates.filter(name, filter);
        });
        self.to.template_filters.push((name, add));
        self
    }

    /// Brings pages.
    pub fn urls(&mut self, urls: Urls) -> &mut Self {
        self.to.urls.push(urls);
        self
    }

    /// Brings a command.
    pub fn command(&mut self, command: impl Command) -> &mut Self {
        self.to.commands.push(CommandEntry::new(command));
        self
    }

    /// Brings what signs a user in for `plain request --user`. One installed package may.
    pub fn sign_in(&mut self, sign_in: impl SignIn) -> &mut Self {
        self.collect(Item::SignIn, "sign_in", SignInEntry::new(sign_in))
    }

    /// Shares `value` with all parts of the application: `request.services().get::<T>()`.
    pub fn share<T: Send + Sync + 'static>(&mut self, value: T) -> &mut Self {
        self.to.shared.push(Box::new(move |services| {
            services.insert(value);
        }));
        self
    }

    /// The package that is being installed.
    pub(crate) fn package(&self) -> &'static str {
        self.package
    }

    /// Adds `value` to those that the application shares as a `Vec<T>`, unless another package
    /// brings an `item` called `name`, too.
    pub(crate) fn collect<T>(&mut self, item: Item, name: impl Into<String>, value: T) -> &mut Self
    where
        T: Send + Sync + 'static,
    {
        self.to.collected.push(Collected {
            item,
            name: name.into(),
            share: Box::new(move |services| {
                services.collect(value);
            }),
        });
        self
    }

    /// Notes that there was a folder of `files` already.
    fn once(&mut self, files: &str, earlier: Option<Folder>) -> &mut Self {
        if earlier.is_some() {
            self.problem(format!("two folders of {files}: put all into one"));
        }
        self
    }

    /// Notes what is wrong with something that the package brings; the application won't start.
    pub(crate) fn problem(&mut self, problem: String) {
        self.to.problems.push(problem);
    }
}

impl fmt::Debug for Installer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Installer({})", self.package)
    }
}
