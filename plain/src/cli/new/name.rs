//! The name of a new project or package, and what follows from it.

use std::fmt;

/// A name that a crate can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

/// Words of the language, and crates that the new one depends on.
const TAKEN: [&str; 58] = [
    "abstract", "as", "async", "await", "become", "box", "break", "chrono", "clap", "const",
    "continue", "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for",
    "garde", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
    "override", "plain", "priv", "pub", "ref", "return", "self", "serde", "sqlx", "static",
    "struct", "super", "test", "tokio", "trait", "true", "try", "type", "typeof", "unsafe",
    "unsized", "use", "virtual", "where", "yield",
];

impl Name {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts_well || !text.chars().all(is_part) || text.ends_with(['-', '_']) {
            return Err(
                "use lower-case letters, digits and `-`, with a letter first, as in guest-book"
                    .to_owned(),
            );
        }
        let is_framework = text.starts_with("plain-") && super::CRATES.contains(&text);
        if TAKEN.contains(&text) || is_framework {
            return Err(
                "that is a word of Rust's, or the name of a crate that it needs".to_owned(),
            );
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// As code names the crate: `guest_book`.
    pub(super) fn module(&self) -> String {
        self.0.replace('-', "_")
    }

    /// As `INSTALLED_PACKAGES` lists it: `plain.comments` for the crate `plain-comments`.
    pub(super) fn package(&self) -> String {
        self.0.replace('-', ".")
    }

    /// What its tables begin with: `plaincomments`.
    pub(super) fn table(&self) -> String {
        self.0.replace(['-', '_'], "")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_crate_can_have() {
        let name = Name::parse("plain-comments").unwrap();
        assert_eq!(name.module(), "plain_comments");
        assert_eq!(name.package(), "plain.comments");
        assert_eq!(name.table(), "plaincomments");
        for wrong in [
            "",
            "Shop",
            "9lives",
            "a b",
            "../a",
            "a/b",
            "-a",
            "a-",
            "match",
            "plain",
            "plain-auth",
            "süß",
        ] {
            assert!(Name::parse(wrong).is_err(), "{wrong}");
        }
    }
}
