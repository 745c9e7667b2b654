//! Patterns such as `orders/<int:id>`: how they are read, and what they are called in the tree.

use std::sync::Arc;

use super::converter::{Converter, is_plain_segment};
use super::error::PatternFault;

/// A whole pattern, from the root on.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As it is written, with its prefixes.
    pub(super) text: Arc<str>,
    pub(super) segments: Vec<Segment>,
    /// Whether its paths end with a slash.
    pub(super) slash: bool,
    /// The names of its placeholders, in order.
    pub(super) names: Arc<[Box<str>]>,
}

#[derive(Debug)]
pub(super) enum Segment {
    Literal(String),
    Placeholder {
        before: String,
        name: String,
        converter: Converter,
        after: String,
    },
}

impl Pattern {
    /// Reads the pattern `text`, checked before by [`check_part`] in its parts.
    pub(super) fn parse(text: &str) -> Result<Self, PatternFault> {
        let slash = text.ends_with('/');
        let inner = text.strip_suffix('/').unwrap_or(text);
        let segments = split(inner)
            .map(Segment::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let names: Arc<[Box<str>]> = segments
            .iter()
            .filter_map(Segment::name)
            .map(Box::from)
            .collect();
        if let Some((_, twice)) = names
            .iter()
            .enumerate()
            .find(|(index, name)| names[..*index].contains(name))
        {
            return Err(PatternFault::DuplicateParam(twice.to_string()));
        }
        let last = segments.len().saturating_sub(1);
        for (index, segment) in segments.iter().enumerate() {
            segment.check_rest(index == last && !slash)?;
        }
        Ok(Self {
            text: text.into(),
            segments,
            slash,
            names,
        })
    }

    /// The converters, in the order of the placeholders.
    pub(super) fn converters(&self) -> impl Iterator<Item = Converter> {
        self.segments.iter().filter_map(Segment::converter)
    }

    /// The pattern as the tree writes it. Two patterns with one shape differ in their converters
    /// only.
    pub(super) fn shape(&self) -> String {
        let mut shape = String::new();
        for (index, segment) in self.segments.iter().enumerate() {
            shape.push('/');
            segment.push_shape(&mut shape, index);
        }
        if self.slash || self.segments.is_empty() {
            shape.push('/');
        }
        shape
    }

    /// How narrow it is, segment by segment: what sorts first is tried first.
    pub(super) fn rank(&self) -> Vec<Option<Converter>> {
        self.segments.iter().map(Segment::converter).collect()
    }
}

/// Checks one part of a pattern (what `path` or `include` was given) for what no part may hold.
pub(super) fn check_part(text: &str) -> Result<(), PatternFault> {
    if text.starts_with('/') {
        return Err(PatternFault::LeadingSlash);
    }
    let unusable = |c: char| c.is_control() || matches!(c, '{' | '}' | '?' | '#' | '%' | '\\');
    if let Some(found) = text.chars().find(|c| unusable(*c)) {
        return Err(PatternFault::Character(found));
    }
    let inner = text.strip_suffix('/').unwrap_or(text);
    match split(inner).find(|segment| !is_plain_segment(segment)) {
        Some("") => Err(PatternFault::EmptySegment),
        Some(dots) => Err(PatternFault::DotSegment(dots.to_owned())),
        None => Ok(()),
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split('/').filter(move |_| !text.is_empty())
}

impl Segment {
    fn parse(text: &str) -> Result<Self, PatternFault> {
        let Some((before, rest)) = text.split_once('<') else {
            return match text.contains('>') {
                true => Err(PatternFault::Unpaired),
                false => Ok(Self::Literal(text.to_owned())),
            };
        };
        let (inner, after) = rest.split_once('>').ok_or(PatternFault::Unpaired)?;
        if after.contains('<') && after.contains('>') {
            return Err(PatternFault::TwoInSegment(text.to_owned()));
        }
        if [before, inner, after]
            .iter()
            .any(|part| part.contains(['<', '>']))
        {
            return Err(PatternFault::Unpaired);
        }
        let (converter, name) = inner.split_once(':').unwrap_or(("str", inner));
        if !is_identifier(name) {
            return Err(PatternFault::ParamName(name.to_owned()));
        }
        Ok(Self::Placeholder {
            before: before.to_owned(),
            name: name.to_owned(),
            converter: Converter::from_name(converter)
                .ok_or_else(|| PatternFault::Converter(converter.to_owned()))?,
            after: after.to_owned(),
        })
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Placeholder { name, .. } => Some(name),
        }
    }

    fn converter(&self) -> Option<Converter> {
        match self {
            Self::Literal(_) => None,
            Self::Placeholder { converter, .. } => Some(*converter),
        }
    }

    /// A `<path:>` stands alone in the last segment.
    fn check_rest(&self, is_end: bool) -> Result<(), PatternFault> {
        match self {
            Self::Placeholder {
                converter: Converter::Path,
                name,
                before,
                after,
            } if !is_end || !before.is_empty() || !after.is_empty() => {
                Err(PatternFault::PathNotLast(name.clone()))
            }
            _ => Ok(()),
        }
    }

    fn push_shape(&self, shape: &mut String, index: usize) {
        match self {
            Self::Literal(text) => shape.push_str(text),
            Self::Placeholder {
                converter: Converter::Path,
                ..
            } => {
                shape.push_str(&format!("{{*p{index}}}"));
            }
            Self::Placeholder { before, after, .. } => {
                shape.push_str(&format!("{before}{{p{index}}}{after}"));
            }
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    name.chars().all(word) && name.chars().next().is_some_and(|first| !first.is_numeric())
}
