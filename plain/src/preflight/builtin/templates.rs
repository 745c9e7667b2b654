//! Checks of templates.

use crate::http::Result;
use crate::preflight::{Check, Finding};
use crate::services::Services;
use crate::templates::Templates;

/// A template that can't be read would be found out by the visitor who asks for its page.
pub(super) struct Compile;

impl Check for Compile {
    fn description(&self) -> &'static str {
        "All templates can be read."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let errors = app.require::<Templates>()?.check();
        let finding = |error: crate::templates::TemplateError| {
            let place = match (error.template(), error.line()) {
                (Some(template), Some(line)) => format!("{template} line {line}: "),
                (Some(template), None) => format!("{template}: "),
                _ => String::new(),
            };
            let problem = format!("{place}{}", error.problem());
            Finding::error(problem, "correct the template")
        };
        Ok(errors.into_iter().map(finding).collect())
    }
}
