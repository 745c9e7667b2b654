//! What a developer is shown of an error.

use minijinja::{Value, context};

use super::super::error::{SourceLine, TemplateError};
use super::facts;
use crate::http::{Error, Request};

/// The causes of an error as texts, and the place in a template if it comes from one.
pub(super) struct Report {
    pub(super) causes: Vec<String>,
    template: Option<Value>,
    facts: Value,
}

impl Report {
    pub(super) fn new(request: &Request, error: &Error) -> Self {
        let mut causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        // A cause whose text repeats that of its own source is said once.
        causes.dedup_by(|next, previous| previous.contains(next.as_str()));
        Self {
            causes,
            template: error.find().map(in_template),
            facts: facts::of(request, error),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        context! { causes => &self.causes, template => self.template.as_ref(), ..self.facts.clone() }
    }
}

fn in_template(error: &TemplateError) -> Value {
    let included_from = error.included_from();
    let included_from: Vec<Value> = included_from
        .map(|(template, line)| context! { template, line })
        .collect();
    context! {
        name => error.template(),
        line => error.line(),
        problem => error.problem(),
        excerpt => error.excerpt().iter().map(in_excerpt).collect::<Vec<_>>(),
        included_from,
    }
}

/// A line, with the marked characters apart from those before and behind them.
fn in_excerpt(line: &SourceLine) -> Value {
    let characters = |range: std::ops::Range<usize>| -> String {
        line.text
            .chars()
            .skip(range.start)
            .take(range.len())
            .collect()
    };
    let mark = line.mark.clone();
    let marked = mark.is_some();
    let mark = mark.unwrap_or(usize::MAX..usize::MAX);
    context! {
        number => line.number,
        marked,
        before => characters(0..mark.start),
        mark => characters(mark.clone()),
        after => characters(mark.end..usize::MAX),
    }
}
