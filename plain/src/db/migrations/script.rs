//! Where the statements of a script begin.
//!
//! The database itself takes a script apart when it runs it; this only says which line an error
//! belongs to, and finds statements that must not stand in a migration.

use crate::db::query::CONTROL;

/// A statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// The line of its first word, from 1.
    pub(super) line: usize,
    /// Its words outside of quotation marks and comments, in upper case, up to the tenth.
    words: Vec<String>,
}

/// As many words as it takes to tell what a statement is.
const WORDS: usize = 10;

/// The statements of `sql`, in order; empty ones are left out.
pub(super) fn statements(sql: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut current = Current::default();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first);
        let (token, after) = rest.split_at(length);
        if first == ';' {
            found.extend(current.end());
        } else if !is_space(token) {
            let line = sql[..sql.len() - rest.len()].matches('\n').count() + 1;
            current.push(token, line);
        }
        rest = after;
    }
    current.in_body = false;
    found.extend(current.end());
    found
}

/// The first statement that begins or ends a transaction, or does nothing in one: its line, and how
/// it begins.
pub(super) fn forbidden(sql: &str) -> Option<(usize, String)> {
    statements(sql).into_iter().find_map(|statement| {
        let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [word, ..] if CONTROL.contains(word) => Some((statement.line, (*word).to_owned())),
            // SQLite ignores it in a transaction without a word.
            ["PRAGMA", "FOREIGN_KEYS", ..] => {
                Some((statement.line, "PRAGMA foreign_keys".to_owned()))
            }
            _ => None,
        }
    })
}

/// The statement that is being read.
#[derive(Default)]
struct Current {
    line: Option<usize>,
    words: Vec<String>,
    /// Inside of the body of a trigger or a function, where `;` does not end the statement.
    in_body: bool,
    /// The last words, to find the `END` after a `;`.
    after_semicolon: bool,
    last_is_end: bool,
}

impl Current {
    fn push(&mut self, token: &str, line: usize) {
        self.line.get_or_insert(line);
        let word = token.to_ascii_uppercase();
        self.last_is_end = self.after_semicolon && word == "END";
        self.after_semicolon = false;
        if word == "BEGIN" && self.has_body() {
            self.in_body = true;
        }
        if self.words.len() < WORDS {
            self.words.push(word);
        }
    }

    fn has_body(&self) -> bool {
        let is = |name: &str| self.words.iter().any(|word| word == name);
        self.words.first().is_some_and(|word| word == "CREATE")
            && (is("TRIGGER") || is("FUNCTION") || is("PROCEDURE"))
    }

    /// The statement, if the `;` that was just read ends one.
    fn end(&mut self) -> Option<Statement> {
        if self.in_body && !self.last_is_end {
            self.after_semicolon = true;
            return None;
        }
        let Self { line, words, .. } = std::mem::take(self);
        line.map(|line| Statement { line, words })
    }
}

/// White space or a comment.
fn is_space(token: &str) -> bool {
    token.starts_with("--") || token.starts_with("/*") || token.trim().is_empty()
}

/// How long the token is with which `rest` begins, and whose first character is `first`.
fn token_length(rest: &str, first: char) -> usize {
    let until = |end: &str, from: usize| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |found| from + found + end.len())
    };
    match first {
        '\'' | '"' | '`' => until(&first.to_string(), 1),
        '-' if rest.starts_with("--") => until("\n", 2),
        '/' if rest.starts_with("/*") => until("*/", 2),
        '$' => dollar_quote(rest).map_or(1, |tag| until(tag, tag.len())),
        first if is_word(first) => rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()),
        first => first.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// PostgreSQL's `$$` or `$tag$`, if `rest` begins with one.
fn dollar_quote(rest: &str) -> Option<&str> {
    let end = rest[1..].find('$')? + 1;
    let tag = &rest[1..end];
    let is_tag = tag.chars().all(is_word) && !tag.starts_with(|c: char| c.is_ascii_digit());
    is_tag.then_some(&rest[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(sql: &str) -> Vec<usize> {
        statements(sql)
            .iter()
            .map(|statement| statement.line)
            .collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        let sql = "-- one; two\nCREATE TABLE a (x TEXT DEFAULT 'a;''b;\n');\n\n/* ;\n; */ INSERT INTO \
                   \"a;b\" VALUES (1) ; ;\nSELECT 1";
        assert_eq!(lines(sql), [2, 6, 7]);
        assert!(lines("").is_empty());
        assert!(lines("-- nothing").is_empty());
        assert_eq!(lines("SELECT 'never closed;"), [1]);
    }

    #[test]
    fn the_body_of_a_trigger_or_a_function_is_part_of_its_statement() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET x = CASE WHEN 1 THEN 2 END;\n \
                       DELETE FROM b;\nEND;\nSELECT 1;";
        assert_eq!(lines(trigger), [1, 5]);
        let function = "CREATE FUNCTION f() RETURNS trigger AS $body$\nBEGIN\n RETURN new;\nEND;\n$body$ \
                        LANGUAGE plpgsql;\nCREATE TRIGGER t EXECUTE FUNCTION f();\nSELECT $$;$$;\nSELECT 1";
        assert_eq!(lines(function), [1, 6, 7, 8]);
    }

    #[test]
    fn what_begins_or_ends_a_transaction_is_found_with_its_line() {
        assert_eq!(
            forbidden("SELECT 1;\n\ncommit ;"),
            Some((3, "COMMIT".to_owned()))
        );
        assert_eq!(
            forbidden("PRAGMA foreign_keys=OFF"),
            Some((1, "PRAGMA foreign_keys".to_owned()))
        );
        assert_eq!(
            forbidden("PRAGMA defer_foreign_keys = ON; SELECT 'COMMIT;'"),
            None
        );
        assert_eq!(
            forbidden("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;"),
            None
        );
    }
}
