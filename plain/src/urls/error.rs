//! What can be wrong with a list of URLs. All of it is found when the application starts.

use std::fmt;

use super::converter::Converter;
use crate::nearest::hint;

/// Why a list of URLs can't be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// A pattern is not written as patterns are.
    #[error("the URL pattern `{pattern}` (package `{package}`) {fault}")]
    Pattern {
        /// The pattern as it was written.
        pattern: String,
        /// The package that brings it.
        package: &'static str,
        /// What is wrong.
        fault: PatternFault,
    },
    /// Two patterns match the same paths.
    #[error("{second} matches the same paths as {first}: change or remove one of them")]
    Same {
        /// The route that came first.
        first: Box<RouteLabel>,
        /// The route that it leaves nothing to.
        second: Box<RouteLabel>,
    },
    /// Two patterns overlap in a way that has no order.
    #[error(
        "{second} overlaps with {first}, and neither is the narrower one: set a fixed segment \
         before one of them"
    )]
    Overlap {
        /// The route that came first.
        first: Box<RouteLabel>,
        /// The route that overlaps with it.
        second: Box<RouteLabel>,
    },
    /// Two routes have one name.
    #[error(
        "the URL name `{name}` is given to both {first} and {second}: rename one, or include one \
         list with a namespace"
    )]
    DuplicateName {
        /// The name, with its namespaces.
        name: String,
        /// The route that came first.
        first: Box<RouteLabel>,
        /// The other one.
        second: Box<RouteLabel>,
    },
}

/// A route as error messages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteLabel {
    /// The whole pattern, with its prefixes.
    pub pattern: String,
    /// The type of the view.
    pub view: &'static str,
    /// The package that brings it.
    pub package: &'static str,
}

impl fmt::Display for RouteLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pattern,
            view,
            package,
        } = self;
        write!(f, "`{pattern}` (view `{view}`, package `{package}`)")
    }
}

/// What is wrong with one pattern or the names given to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternFault {
    /// `/cart`
    #[error("starts with a slash: patterns continue what they are included under, leave it out")]
    LeadingSlash,
    /// `include("admin/", ...)`
    #[error("of an include ends with a slash: leave it out, what is included is set off by one")]
    TrailingSlash,
    /// `a//b`
    #[error("has an empty segment, which no path has: remove the doubled slash")]
    EmptySegment,
    /// `a/../b`
    #[error("has the segment `{0}`, which browsers resolve before they send it: remove it")]
    DotSegment(String),
    /// `a?b`
    #[error("holds {0:?}, which is no part of a path: write text decoded, placeholders as `<id>`")]
    Character(char),
    /// `orders/<int:id`
    #[error("has `<` and `>` that do not pair up: a placeholder is written `<id>` or `<int:id>`")]
    Unpaired,
    /// `<int:>`
    #[error("has a placeholder named {0:?}: a name is letters, digits and `_`, no digit first")]
    ParamName(String),
    /// `<itn:id>`
    #[error("uses the converter `{0}`, which does not exist: {hint}", hint = converter_hint(.0))]
    Converter(String),
    /// `<id>-<id>`
    #[error("has two placeholders in the segment `{0}`: set a slash between them")]
    TwoInSegment(String),
    /// `<int:id>/<int:id>`
    #[error("has two placeholders named `{0}`: rename one of them")]
    DuplicateParam(String),
    /// `<path:rest>/edit`
    #[error("has `<path:{0}>` before its end, and that takes all that follows: move it there")]
    PathNotLast(String),
    /// `name("")`
    #[error("is named {0:?}: a name is one or more letters, digits, `_`, `-` and `.`")]
    Name(String),
    /// `path(...).namespace("shop")`
    #[error("is a path with the namespace `{0}`: give a path a `name`, an include a `namespace`")]
    NamespaceOnPath(String),
    /// `include(...).name("shop")`
    #[error("is an include with the name `{0}`: give an include a `namespace`, a path a `name`")]
    NameOnInclude(String),
}

fn converter_hint(name: &str) -> String {
    hint(name, Converter::ALL.map(Converter::as_str))
}
