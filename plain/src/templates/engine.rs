//! The engine: environment, loader, and what is set for all templates.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use minijinja::functions::Function;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{FunctionArgs, FunctionResult, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, TemplateSource, UndefinedBehavior};

use super::context::Layers;
use super::error::{Known, TemplateError};
use super::escape;
use super::filters;
use super::globals::{self, Global};
use crate::costs;
use crate::embedded::Folder;
use crate::layered::LayeredFiles;
use crate::mode::Mode;
use crate::nearest::hint;

/// The templates of an application. One of what it shares with its parts.
pub struct Templates {
    engine: Environment<'static>,
    files: Arc<LayeredFiles>,
}

/// Collects what [`Templates`] are made of.
pub(crate) struct TemplatesBuilder {
    mode: Mode,
    engine: Environment<'static>,
    packages: Vec<(&'static str, Folder)>,
    project: Option<PathBuf>,
    globals: Vec<(&'static str, Global)>,
}

impl Templates {
    /// Starts with no templates. In [`Mode::Debug`] they will be read from disk on each rendering,
    /// else once.
    pub(crate) fn builder(mode: Mode) -> TemplatesBuilder {
        TemplatesBuilder {
            mode,
            engine: environment(),
            packages: Vec::new(),
            project: None,
            globals: Vec::new(),
        }
    }

    /// Whether there is a template `name`.
    pub fn contains(&self, name: &str) -> bool {
        matches!(self.files.read(name), Ok(Some(_)))
    }

    /// Reads all templates, and returns what is wrong with those that can't be.
    pub fn check(&self) -> Vec<TemplateError> {
        let names = match self.files.names() {
            Ok(names) => names,
            Err(error) => return vec![TemplateError::new(error.to_string(), None)],
        };
        let checked = names
            .iter()
            .filter(|name| contents_are_text(&self.files, name));
        checked
            .filter_map(|name| self.engine.get_template(name).err())
            .map(|error| self.explain(error, &Value::UNDEFINED, &[]))
            .collect()
    }

    pub(super) fn render(&self, name: &str, layers: Layers) -> Result<String, TemplateError> {
        let layers = Arc::new(layers);
        let context = Value::from_dyn_object(Arc::clone(&layers));
        let template = self.engine.get_template(name);
        let render = || template.and_then(|template| template.render(context.clone()));
        let rendered = costs::timed_now(costs::TEMPLATES, render);
        rendered.map_err(|error| {
            let mut variables = layers.names();
            variables.extend(self.engine.globals().map(|(name, _)| name.to_owned()));
            self.explain(error, &context, &variables)
        })
    }

    fn explain(
        &self,
        error: minijinja::Error,
        context: &Value,
        variables: &[String],
    ) -> TemplateError {
        let known = Known {
            context,
            variables,
            templates: &|name| self.no_template(name),
        };
        TemplateError::from_engine(error, &known)
    }

    fn no_template(&self, name: &str) -> String {
        let names = self.files.names().unwrap_or_default();
        let searched: Vec<_> = self.files.labels().collect();
        format!(
            "no template is named `{name}`: {}; searched: {}",
            hint(name, names.iter().map(String::as_str)),
            searched.join(", ")
        )
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl TemplatesBuilder {
    /// Adds the templates of a package, which go before those of the packages added so far.
    pub(crate) fn package(&mut self, name: &'static str, templates: Folder) -> &mut Self {
        self.packages.push((name, templates));
        self
    }

    /// Sets the project's own folder, which goes before all packages. It need not exist.
    pub(crate) fn project(&mut self, folder: impl Into<PathBuf>) -> &mut Self {
        self.project = Some(folder.into());
        self
    }

    /// Adds a function `name()`.
    pub(crate) fn global(&mut self, name: &'static str, global: Global) -> &mut Self {
        self.globals.push((name, global));
        self
    }

    /// Adds the filter `name`: any function that minijinja takes for one.
    pub(crate) fn filter<F, Rv, Args>(&mut self, name: &'static str, filter: F) -> &mut Self
    where
        F: Function<Rv, Args>,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        self.engine.add_filter(name, filter);
        self
    }

    /// The finished engine.
    ///
    /// # Errors
    ///
    /// If two functions have one name, or a template of the project can't be read.
    pub(crate) fn build(mut self) -> Result<Templates, TemplateError> {
        for (index, (name, global)) in self.globals.iter().enumerate() {
            let earlier = || {
                self.globals[..index]
                    .iter()
                    .any(|(earlier, _)| earlier == name)
            };
            if globals::BUILT_IN.contains(name) || earlier() {
                return Err(TemplateError::new(
                    format!("the template function `{name}` is there twice: rename one"),
                    None,
                ));
            }
            global.clone().add_to(&mut self.engine, name);
        }
        let files = LayeredFiles::new(self.mode, &self.packages, self.project.as_deref())
            .map_err(|error| TemplateError::new(error.to_string(), None))?;
        let files = Arc::new(files);
        let loader = Arc::clone(&files);
        self.engine.set_auto_reload(self.mode.is_debug());
        self.engine.set_loader(move |name| load(&loader, name));
        Ok(Templates {
            engine: self.engine,
            files,
        })
    }
}

impl fmt::Debug for TemplatesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplatesBuilder")
            .field("packages", &self.packages.len())
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

fn environment() -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(auto_escape);
    engine.set_formatter(escape::format);
    engine.set_syntax(syntax());
    // Line, text and the name of what is undefined. It costs where an error is made, no earlier.
    engine.set_debug(true);
    globals::add_built_in(&mut engine);
    filters::add_to(&mut engine);
    engine
}

/// The usual marks; a line that holds a block tag only leaves no empty line behind.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    syntax.build().expect("the usual marks are well-formed")
}

fn auto_escape(name: &str) -> AutoEscape {
    match name.rsplit('.').next() {
        Some("html" | "htm" | "xhtml" | "xml" | "svg" | "rss" | "atom") => AutoEscape::Html,
        Some("json" | "js") => AutoEscape::Json,
        _ => AutoEscape::None,
    }
}

fn load(files: &Arc<LayeredFiles>, name: &str) -> Result<Option<TemplateSource>, minijinja::Error> {
    let Some(source) = read(files, name)? else {
        return Ok(None);
    };
    // Asked in debug mode only. A template that is read again is never freed, so it is read again
    // only where its text differs.
    let (files, name, before) = (Arc::clone(files), name.to_owned(), source.clone());
    let is_current = move || matches!(read(&files, &name), Ok(Some(now)) if now == before);
    Ok(Some(
        TemplateSource::new(source).with_uptodate_check(is_current),
    ))
}

fn read(files: &LayeredFiles, name: &str) -> Result<Option<String>, minijinja::Error> {
    let failed = |text: String| minijinja::Error::new(ErrorKind::InvalidOperation, text);
    let contents = files
        .read(name)
        .map_err(|error| failed(error.to_string()))?;
    let text = contents
        .map(|contents| String::from_utf8(contents.into_owned()))
        .transpose();
    text.map_err(|_| {
        failed(format!(
            "the template `{name}` is not UTF-8: save it as that"
        ))
    })
}

/// Whether a file is text: an image beside the templates is no template.
fn contents_are_text(files: &LayeredFiles, name: &str) -> bool {
    match files.read(name) {
        Ok(Some(contents)) => std::str::from_utf8(&contents).is_ok(),
        _ => true,
    }
}
