//! What went wrong in a template: where, and what was probably meant.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Range;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error as EngineError, ErrorKind};

use crate::nearest::hint;

/// Lines shown before and behind the one with the error.
const AROUND: usize = 3;

/// Why a template can't be rendered.
///
/// Its text is one line, for a log; `{:#}` adds the lines of the template around the error.
pub struct TemplateError(Box<Inner>);

struct Inner {
    problem: String,
    place: Option<Place>,
    included_from: Vec<Place>,
    excerpt: Vec<SourceLine>,
    engine: Option<EngineError>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    template: String,
    line: usize,
}

/// A line of a template near an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceLine {
    /// Counted from 1.
    pub number: usize,
    /// The line without its end.
    pub text: String,
    /// The characters that the error is about, counted from 0, if it is on this line.
    pub mark: Option<Range<usize>>,
}

/// What an error message can suggest.
pub(super) struct Known<'a> {
    pub(super) context: &'a Value,
    pub(super) variables: &'a [String],
    pub(super) templates: &'a dyn Fn(&str) -> String,
}

impl TemplateError {
    /// An error that is not about a line of a template.
    pub(super) fn new(problem: impl Into<String>, engine: Option<EngineError>) -> Self {
        Self(Box::new(Inner {
            problem: problem.into(),
            place: None,
            included_from: Vec::new(),
            excerpt: Vec::new(),
            engine,
        }))
    }

    /// Reads what the engine says of `error`, and adds what it does not know.
    pub(super) fn from_engine(error: EngineError, known: &Known<'_>) -> Self {
        let chain = engine_chain(&error);
        let Some(innermost) = chain.last() else {
            return Self::new(error.to_string(), Some(error));
        };
        let place = place_of(innermost);
        let mut included_from: Vec<Place> = chain
            .iter()
            .rev()
            .skip(1)
            .filter_map(|outer| place_of(outer))
            .collect();
        included_from.dedup();
        included_from.retain(|outer| Some(outer) != place.as_ref());
        Self(Box::new(Inner {
            problem: problem(innermost, known),
            excerpt: excerpt(innermost),
            place,
            included_from,
            engine: Some(error),
        }))
    }

    /// What is wrong and what to do, without the place.
    pub fn problem(&self) -> &str {
        &self.0.problem
    }

    /// The name of the template that holds the error.
    pub fn template(&self) -> Option<&str> {
        self.0.place.as_ref().map(|place| place.template.as_str())
    }

    /// The line of the error, counted from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.place.as_ref().map(|place| place.line)
    }

    /// Templates and lines that led to the template with the error, the nearest first.
    pub fn included_from(&self) -> impl Iterator<Item = (&str, usize)> {
        let places = self.0.included_from.iter();
        places.map(|place| (place.template.as_str(), place.line))
    }

    /// The lines of the template around the error.
    pub fn excerpt(&self) -> &[SourceLine] {
        &self.0.excerpt
    }

    /// The first error of type `T` among the causes.
    pub(super) fn find<T: StdError + 'static>(&self) -> Option<&T> {
        let causes = std::iter::successors(self.source(), |cause| (*cause).source());
        causes.into_iter().find_map(|cause| cause.downcast_ref())
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            problem,
            place,
            included_from,
            excerpt,
            ..
        } = &*self.0;
        if let Some(Place { template, line }) = place {
            write!(f, "template `{template}`, line {line}: ")?;
        }
        f.write_str(problem)?;
        for Place { template, line } in included_from {
            write!(f, "; included from `{template}`, line {line}")?;
        }
        if f.alternate() {
            for SourceLine { number, text, mark } in excerpt {
                let sign = if mark.is_some() { '>' } else { '|' };
                write!(f, "\n{number:>4} {sign} {text}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for TemplateError {
    /// The text only: the engine's own form shows the values of variables.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemplateError({self})")
    }
}

impl StdError for TemplateError {
    /// What made a function or filter fail, if that was an error of its own.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let innermost = *engine_chain(self.0.engine.as_ref()?).last()?;
        innermost.source()
    }
}

/// The engine's errors from the outermost to the innermost.
fn engine_chain(error: &EngineError) -> Vec<&EngineError> {
    let chain = std::iter::successors(Some(error), |error| {
        let error: &EngineError = error;
        error.source()?.downcast_ref()
    });
    chain.collect()
}

fn place_of(error: &EngineError) -> Option<Place> {
    Some(Place {
        template: error.name()?.to_owned(),
        line: error.line()?,
    })
}

fn problem(error: &EngineError, known: &Known<'_>) -> String {
    let kind = error.kind();
    let Some(detail) = error.detail() else {
        return kind.to_string();
    };
    match kind {
        ErrorKind::TemplateNotFound => missing_templates(detail, known),
        ErrorKind::UnknownFunction => match detail.strip_suffix(" is unknown") {
            Some(name) => format!(
                "there is no function `{name}`: {}",
                hint(name, names(known.variables))
            ),
            None => detail.to_owned(),
        },
        ErrorKind::SyntaxError => format!("syntax error: {detail}"),
        _ => match undefined_expression(detail) {
            Some(expression) => with_hint(detail, expression, known),
            None => detail.to_owned(),
        },
    }
}

fn names(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str)
}

/// The expression in a text like "`user.name` is undefined".
fn undefined_expression(detail: &str) -> Option<&str> {
    let (before, _) = detail.split_once("` is undefined")?;
    before.rsplit_once('`').map(|(_, expression)| expression)
}

fn with_hint(detail: &str, expression: &str, known: &Known<'_>) -> String {
    let Some((object, attribute)) = expression.rsplit_once('.') else {
        return format!("{detail}: {}", hint(expression, names(known.variables)));
    };
    match attributes(known.context, object) {
        Some(known) => format!("{detail}: {}", hint(attribute, names(&known))),
        None => detail.to_owned(),
    }
}

/// The names of what `path`, such as `order.customer`, holds in `context`, if that is known: not of
/// a variable that the template itself made.
fn attributes(context: &Value, path: &str) -> Option<Vec<String>> {
    let mut steps = path.split('.');
    let object = steps.try_fold(context.clone(), |value, step| value.get_attr(step).ok())?;
    if object.kind() != ValueKind::Map {
        return None;
    }
    let keys = object.try_iter().ok()?;
    Some(
        keys.filter_map(|key| key.as_str().map(str::to_owned))
            .collect(),
    )
}

/// The engine's text names the templates in quotes.
fn missing_templates(detail: &str, known: &Known<'_>) -> String {
    let Some(quote) = detail.find(['\'', '"']).map(|at| &detail[at..=at]) else {
        return detail.to_owned();
    };
    let quoted: Vec<&str> = detail.split(quote).collect();
    match quoted[..] {
        [_, name, _] => (known.templates)(name),
        _ => detail.to_owned(),
    }
}

fn excerpt(error: &EngineError) -> Vec<SourceLine> {
    let (Some(source), Some(line)) = (error.template_source(), error.line()) else {
        return Vec::new();
    };
    let first = line.saturating_sub(AROUND).max(1);
    let lines = source.lines().enumerate().skip(first - 1);
    let shown = lines.take(line - first + 1 + AROUND);
    shown
        .map(|(index, text)| SourceLine {
            number: index + 1,
            text: text.to_owned(),
            mark: (index + 1 == line).then(|| mark(source, text, error.range())),
        })
        .collect()
}

/// The characters of `text`, a line of `source`, that lie in the byte range of an error.
fn mark(source: &str, text: &str, range: Option<Range<usize>>) -> Range<usize> {
    let start = text.as_ptr().addr() - source.as_ptr().addr();
    let column = |offset: usize| {
        let bytes = offset.saturating_sub(start).min(text.len());
        text.get(..bytes).map_or(0, |before| before.chars().count())
    };
    match range {
        Some(range) if (start..=start + text.len()).contains(&range.start) => {
            column(range.start)..column(range.end)
        }
        _ => 0..text.chars().count(),
    }
}
