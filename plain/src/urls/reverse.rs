//! From a name back to a path.

use super::converter::{Converter, is_plain_segment};
use super::pattern::{Pattern, Segment};
use super::request_path::{push_path, push_segment};
use crate::nearest::hint;

/// Why a name has no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReverseError {
    /// No route has the name.
    #[error("no URL is named `{name}`: {hint}")]
    UnknownName {
        /// What was asked for.
        name: String,
        /// The nearest name, or those that there are.
        hint: String,
    },
    /// A placeholder got no value.
    #[error("the URL `{name}` (`{pattern}`) needs `{param}`: give it a value")]
    Missing {
        /// What was asked for.
        name: String,
        /// Its pattern.
        pattern: String,
        /// The placeholder.
        param: String,
    },
    /// A value has no placeholder.
    #[error("the URL `{name}` (`{pattern}`) has no place for `{param}`: {hint}")]
    Superfluous {
        /// What was asked for.
        name: String,
        /// Its pattern.
        pattern: String,
        /// The parameter without a place.
        param: String,
        /// The nearest placeholder, or those that there are.
        hint: String,
    },
    /// A value that the placeholder would not match.
    #[error(
        "the URL `{name}` (`{pattern}`) can't have {value:?} as `{param}`: `<{converter}:{param}>` \
         takes {accepted}",
        accepted = .converter.accepted()
    )]
    Value {
        /// What was asked for.
        name: String,
        /// Its pattern.
        pattern: String,
        /// The placeholder.
        param: String,
        /// What it takes.
        converter: Converter,
        /// What it was given.
        value: String,
    },
}

/// The path of `pattern`, known as `name`, with `params` in its places.
pub(super) fn reverse(
    name: &str,
    pattern: &Pattern,
    params: &[(String, String)],
) -> Result<String, ReverseError> {
    if let Some((param, _)) = params
        .iter()
        .find(|(param, _)| !pattern.names.iter().any(|known| **known == **param))
    {
        return Err(ReverseError::Superfluous {
            name: name.to_owned(),
            pattern: pattern.text.to_string(),
            param: param.clone(),
            hint: hint(param, pattern.names.iter().map(|known| &**known)),
        });
    }
    let mut path = String::with_capacity(pattern.text.len() + 16);
    for segment in &pattern.segments {
        push(&mut path, segment, params).map_err(|fault| fault.into_error(name, pattern))?;
    }
    if pattern.slash || path.is_empty() {
        path.push('/');
    }
    Ok(path)
}

fn push(path: &mut String, segment: &Segment, params: &[(String, String)]) -> Result<(), Fault> {
    path.push('/');
    let (before, param, converter, after) = match segment {
        Segment::Literal(text) => {
            push_segment(path, text);
            return Ok(());
        }
        Segment::Placeholder {
            before,
            name,
            converter,
            after,
        } => (before, name, *converter, after),
    };
    let Some((_, value)) = params.iter().find(|(name, _)| name == param) else {
        return Err(Fault::Missing(param.clone()));
    };
    let whole = format!("{before}{value}{after}");
    if !converter.accepts(value) || !is_plain_segment(&whole) {
        return Err(Fault::Value(param.clone(), converter, value.clone()));
    }
    match converter {
        Converter::Path => push_path(path, value),
        _ => push_segment(path, &whole),
    }
    Ok(())
}

enum Fault {
    Missing(String),
    Value(String, Converter, String),
}

impl Fault {
    fn into_error(self, name: &str, pattern: &Pattern) -> ReverseError {
        let (name, pattern) = (name.to_owned(), pattern.text.to_string());
        match self {
            Self::Missing(param) => ReverseError::Missing {
                name,
                pattern,
                param,
            },
            Self::Value(param, converter, value) => ReverseError::Value {
                name,
                pattern,
                param,
                converter,
                value,
            },
        }
    }
}
