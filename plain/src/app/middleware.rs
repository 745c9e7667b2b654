//! The middleware of an application: the built-ins, then what `MIDDLEWARE` lists.

use std::fmt;

use super::StartError;
use crate::middleware::Link;
use crate::nearest::hint;
use crate::packages::MiddlewareDeclaration;
use crate::services::Services;
use crate::settings::CoreSettings;

/// What is wrong with one entry of `MIDDLEWARE`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MiddlewareError {
    /// No installed package brings it.
    #[error("MIDDLEWARE lists `{name}`, which no installed package brings; {hint}")]
    Unknown {
        /// The name as it is listed.
        name: String,
        /// What was probably meant.
        hint: String,
    },
    /// It stands there twice.
    #[error("MIDDLEWARE lists `{0}` more than once: remove the later one")]
    Twice(String),
    /// What it builds on is not listed.
    #[error(
        "MIDDLEWARE lists `{name}`, which needs `{needs}` before it: write\n    \"{needs}\",\n    \"{name}\","
    )]
    Missing {
        /// The middleware.
        name: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// What it builds on is listed after it.
    #[error(
        "MIDDLEWARE lists `{name}` before `{needs}`, which it needs: swap them to\n    \"{needs}\",\n    \"{name}\","
    )]
    Order {
        /// The middleware.
        name: &'static str,
        /// What it needs.
        needs: &'static str,
    },
}

/// Everything that is wrong with `MIDDLEWARE`.
#[derive(Debug, PartialEq, Eq)]
pub struct MiddlewareErrors(pub(crate) Vec<MiddlewareError>);

impl MiddlewareErrors {
    /// Iterates over the problems, in the order in which they are printed.
    pub fn iter(&self) -> impl Iterator<Item = &MiddlewareError> {
        self.0.iter()
    }
}

impl fmt::Display for MiddlewareErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl std::error::Error for MiddlewareErrors {}

/// The listed middleware in order, each with what it needs before it.
pub(super) fn listed(
    app: &Services,
    settings: &CoreSettings,
    declared: &[MiddlewareDeclaration],
) -> Result<Vec<Link>, StartError> {
    let names = &settings.middleware;
    let mut errors = Vec::new();
    let mut links = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let Some(declaration) = declared.iter().find(|declared| declared.name == name) else {
            let hint = hint(name, declared.iter().map(|declared| declared.name));
            errors.push(MiddlewareError::Unknown {
                name: name.clone(),
                hint,
            });
            continue;
        };
        if names[..index].contains(name) {
            errors.push(MiddlewareError::Twice(name.clone()));
            continue;
        }
        let link = (declaration.construct)(app).map_err(|error| StartError::Part {
            part: format!("the middleware `{name}`"),
            error,
        })?;
        check_requirements(&link, names, index, &mut errors);
        links.push(link);
    }
    if errors.is_empty() {
        Ok(links)
    } else {
        Err(MiddlewareErrors(errors).into())
    }
}

fn check_requirements(
    link: &Link,
    names: &[String],
    index: usize,
    errors: &mut Vec<MiddlewareError>,
) {
    let name = link.name();
    for needs in link.requires() {
        match names.iter().position(|listed| listed == needs) {
            None => errors.push(MiddlewareError::Missing { name, needs }),
            Some(position) if position > index => {
                errors.push(MiddlewareError::Order { name, needs });
            }
            Some(_) => {}
        }
    }
}
