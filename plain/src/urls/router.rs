//! The router: all routes of an application in one tree.

use std::collections::HashMap;
use std::sync::Arc;

use super::Endpoint;
use super::error::{PatternFault, RouteLabel, UrlError};
use super::list::{Target, Url, Urls};
use super::params::UrlParams;
use super::pattern::{Pattern, check_part};
use super::request_path::{canonical, encode_canonical, value};
use super::reverse::{ReverseError, reverse};
use crate::http::PathParams;
use crate::nearest::hint;

/// All routes of an application. Never changes once it is made.
///
/// What is fixed in a pattern goes before a placeholder, a narrower converter before a wider one,
/// whatever the order of the list: `orders/new` before `orders/<int:id>` before `orders/<id>`
/// before `<path:rest>`.
pub struct Router {
    tree: matchit::Router<usize>,
    groups: Vec<Group>,
    routes: Vec<Route>,
    names: HashMap<String, usize>,
    has_slashed_patterns: bool,
}

/// Routes that differ only in their converters, the narrowest first.
struct Group {
    routes: Vec<usize>,
    /// The shape of these routes alone, to ask whether they match where the tree prefers others.
    alone: matchit::Router<()>,
}

/// One route, as `plain urls list` shows it.
#[derive(Debug)]
pub struct Route {
    pattern: Pattern,
    name: Option<String>,
    endpoint: Arc<dyn Endpoint>,
    package: &'static str,
}

/// What a path leads to.
#[derive(Debug)]
pub enum Resolution<'r> {
    /// A view.
    Found {
        /// What answers.
        endpoint: &'r Arc<dyn Endpoint>,
        /// The pattern that matched.
        pattern: Arc<str>,
        /// What it captured.
        params: PathParams,
    },
    /// The path matches but for the slash at its end: to be answered with 308 to this location, a
    /// path on this host with the query that was sent.
    Redirect(String),
    /// Nothing.
    NotFound,
}

impl Router {
    /// Reads the lists of all packages, each with the name of the package.
    ///
    /// # Errors
    ///
    /// The first [`UrlError`] among them: a pattern or a name that is not well-formed, two patterns
    /// that match the same paths, a name that is given twice.
    pub fn new(lists: Vec<(&'static str, Urls)>) -> Result<Self, UrlError> {
        let mut routes = Vec::new();
        for (package, urls) in lists {
            collect(urls, "", "", package, &mut routes)?;
        }
        let names = names(&routes)?;
        let groups = groups(&routes)?;
        Ok(Self {
            tree: tree(&groups, &routes)?,
            groups,
            has_slashed_patterns: routes.iter().any(|route| route.pattern.slash),
            names,
            routes,
        })
    }

    /// Finds what answers `target`: a path as it was sent, with its query if it has one.
    ///
    /// There is one policy on the slash at the end of a path: a path is written as its pattern is,
    /// and the other way leads there by a redirect.
    pub fn resolve(&self, target: &str) -> Resolution<'_> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let Some(path) = canonical(path) else {
            return Resolution::NotFound;
        };
        if let Some((route, params)) = self.find(&path) {
            return Resolution::Found {
                endpoint: &route.endpoint,
                pattern: Arc::clone(&route.pattern.text),
                params,
            };
        }
        match self.other_slash(&path) {
            Some(path) => Resolution::Redirect(location(&path, query)),
            None => Resolution::NotFound,
        }
    }

    /// The path of the URL `name`, with `params` percent-encoded in the places of its pattern.
    ///
    /// # Errors
    ///
    /// [`ReverseError`] if there is no such name, or if the parameters are not those of its
    /// pattern.
    pub fn reverse(&self, name: &str, params: impl UrlParams) -> Result<String, ReverseError> {
        let Some(index) = self.names.get(name) else {
            return Err(ReverseError::UnknownName {
                name: name.to_owned(),
                hint: hint(name, self.names.keys().map(String::as_str)),
            });
        };
        reverse(name, &self.routes[*index].pattern, &params.into_pairs())
    }

    /// All routes, in the order of the lists.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    fn find(&self, path: &str) -> Option<(&Route, PathParams)> {
        let first = self.tree.at(path).ok()?;
        let group = &self.groups[*first.value];
        if let Some(found) = self.accept(group, &first.params) {
            return Some(found);
        }
        // The converters refuse what the tree took for the best match: ask the others, in order.
        self.groups.iter().find_map(|group| {
            let matched = group.alone.at(path).ok()?;
            self.accept(group, &matched.params)
        })
    }

    /// The first route of `group` whose converters accept the captured values.
    fn accept(
        &self,
        group: &Group,
        params: &matchit::Params<'_, '_>,
    ) -> Option<(&Route, PathParams)> {
        let values = || params.iter().map(|(_, captured)| value(captured));
        let mut routes = group.routes.iter().map(|index| &self.routes[*index]);
        let route = routes.find(|route| {
            let mut pairs = route.pattern.converters().zip(values());
            pairs.all(|(converter, value)| converter.accepts(&value))
        })?;
        let values = values().map(std::borrow::Cow::into_owned).collect();
        Some((
            route,
            PathParams::new(Arc::clone(&route.pattern.names), values),
        ))
    }

    /// `path` with a slash at its end instead of without, or the reverse, if that one matches.
    fn other_slash(&self, path: &str) -> Option<String> {
        let other = match path.strip_suffix('/') {
            Some("") => return None,
            Some(shorter) => shorter.to_owned(),
            None if self.has_slashed_patterns => format!("{path}/"),
            None => return None,
        };
        self.find(&other).is_some().then_some(other)
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let patterns = self.routes.iter().map(Route::pattern);
        f.write_str("Router ")?;
        f.debug_list().entries(patterns).finish()
    }
}

impl Route {
    /// The whole pattern, with its prefixes and without a leading slash.
    pub fn pattern(&self) -> &str {
        &self.pattern.text
    }

    /// The name with its namespaces.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The type of the view.
    pub fn view(&self) -> &'static str {
        self.endpoint.type_name()
    }

    /// The methods that the view answers.
    pub fn methods(&self) -> Vec<&'static str> {
        self.endpoint.methods()
    }

    /// The package that brings it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    fn label(&self) -> Box<RouteLabel> {
        Box::new(RouteLabel {
            pattern: self.pattern().to_owned(),
            view: self.view(),
            package: self.package,
        })
    }
}

/// Flattens a list and what it includes.
fn collect(
    urls: Urls,
    prefix: &str,
    namespace: &str,
    package: &'static str,
    routes: &mut Vec<Route>,
) -> Result<(), UrlError> {
    for url in urls.list {
        let refused = |pattern: &str, fault| UrlError::Pattern {
            pattern: pattern.to_owned(),
            package,
            fault,
        };
        check(&url).map_err(|fault| refused(&url.pattern, fault))?;
        let text = joined(prefix, "/", &url.pattern);
        match url.target {
            Target::List(list) => {
                let inner = url.namespace.unwrap_or_default();
                collect(
                    list,
                    &text,
                    &joined(namespace, ":", &inner),
                    package,
                    routes,
                )?;
            }
            Target::View(endpoint) => routes.push(Route {
                pattern: Pattern::parse(&text).map_err(|fault| refused(&text, fault))?,
                name: url.name.map(|name| joined(namespace, ":", &name)),
                endpoint,
                package,
            }),
        }
    }
    Ok(())
}

fn joined(outer: &str, separator: &str, inner: &str) -> String {
    match (outer, inner) {
        ("", only) | (only, "") => only.to_owned(),
        _ => [outer, inner].join(separator),
    }
}

/// Checks one line of a list by itself.
fn check(url: &Url) -> Result<(), PatternFault> {
    check_part(&url.pattern)?;
    if let Some(name) = [&url.name, &url.namespace]
        .into_iter()
        .flatten()
        .find(|name| !is_name(name))
    {
        return Err(PatternFault::Name(name.clone()));
    }
    match (&url.target, &url.name, &url.namespace) {
        (Target::View(_), _, Some(namespace)) => {
            Err(PatternFault::NamespaceOnPath(namespace.clone()))
        }
        (Target::List(_), Some(name), _) => Err(PatternFault::NameOnInclude(name.clone())),
        (Target::List(_), ..) if url.pattern.ends_with('/') => Err(PatternFault::TrailingSlash),
        _ => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(part)
}

fn names(routes: &[Route]) -> Result<HashMap<String, usize>, UrlError> {
    let mut names = HashMap::new();
    for (index, route) in routes.iter().enumerate() {
        let Some(name) = route.name() else { continue };
        if let Some(first) = names.insert(name.to_owned(), index) {
            return Err(UrlError::DuplicateName {
                name: name.to_owned(),
                first: routes[first].label(),
                second: route.label(),
            });
        }
    }
    Ok(names)
}

/// Puts routes of one shape together, and the narrowest first in and among the groups.
fn groups(routes: &[Route]) -> Result<Vec<Group>, UrlError> {
    let mut first_of_its_kind = HashMap::new();
    let mut by_shape: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, route) in routes.iter().enumerate() {
        let shape = route.pattern.shape();
        let kind = (shape.trim_end_matches('/').to_owned(), route.pattern.rank());
        if let Some(first) = first_of_its_kind.insert(kind, index) {
            return Err(UrlError::Same {
                first: routes[first].label(),
                second: route.label(),
            });
        }
        by_shape.entry(shape).or_default().push(index);
    }
    let mut groups: Vec<Group> = by_shape
        .into_iter()
        .map(|(shape, mut members)| {
            members.sort_by_key(|index| routes[*index].pattern.rank());
            let mut alone = matchit::Router::new();
            alone
                .insert(shape, ())
                .expect("a checked pattern has a well-formed shape");
            Group {
                routes: members,
                alone,
            }
        })
        .collect();
    groups.sort_by_key(|group| (routes[group.routes[0]].pattern.rank(), group.routes[0]));
    Ok(groups)
}

fn tree(groups: &[Group], routes: &[Route]) -> Result<matchit::Router<usize>, UrlError> {
    let shape = |group: &Group| routes[group.routes[0]].pattern.shape();
    let mut tree = matchit::Router::new();
    for (index, group) in groups.iter().enumerate() {
        if tree.insert(shape(group), index).is_ok() {
            continue;
        }
        let overlaps = |earlier: &&Group| {
            let mut pair = earlier.alone.clone();
            pair.insert(shape(group), ()).is_err()
        };
        let earlier = groups[..index].iter().find(overlaps).unwrap_or(&groups[0]);
        let mut pair = [earlier.routes[0], group.routes[0]];
        pair.sort_unstable();
        return Err(UrlError::Overlap {
            first: routes[pair[0]].label(),
            second: routes[pair[1]].label(),
        });
    }
    Ok(tree)
}

/// A redirect to `path`, which begins with one slash and holds no segment that is empty, so that
/// it can't lead to another host.
fn location(path: &str, query: Option<&str>) -> String {
    let mut location = encode_canonical(path);
    if let Some(query) = query {
        location.push('?');
        location.push_str(query);
    }
    location
}
