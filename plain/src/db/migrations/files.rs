//! The migrations in a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::MigrationError;
use super::script;
use crate::db::Kind;
use crate::embedded::{File, Folder};

/// One migration, for the database in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Migration {
    /// The file's name without its endings.
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) sql: Cow<'static, str>,
    /// SHA-256 of the text, in hexadecimal digits.
    pub(super) checksum: String,
}

/// The files of one migration.
#[derive(Default)]
struct Variants {
    both: Option<&'static File>,
    sqlite: Option<&'static File>,
    postgres: Option<&'static File>,
}

/// What a file's name says.
struct Parts {
    name: &'static str,
    number: u32,
    only: Option<Kind>,
}

/// The migrations of `package` for the database `kind`, in order.
pub(super) fn read(
    package: &str,
    folder: Folder,
    kind: Kind,
) -> Result<Vec<Migration>, MigrationError> {
    let mut found: BTreeMap<(u32, &'static str), Variants> = BTreeMap::new();
    for file in folder.files {
        let parts = Parts::of(file.path).ok_or_else(|| MigrationError::Name {
            package: package.to_owned(),
            file: file.path.to_owned(),
        })?;
        let variants = found.entry((parts.number, parts.name)).or_default();
        match parts.only {
            None => variants.both = Some(file),
            Some(Kind::Sqlite) => variants.sqlite = Some(file),
            Some(Kind::Postgres) => variants.postgres = Some(file),
        }
    }
    let mut migrations: Vec<Migration> = Vec::with_capacity(found.len());
    for ((number, name), variants) in found {
        let file = variants.choose(package, name, kind)?;
        let expected = migrations.len() as u32 + 1;
        if let Some(last) = migrations.last().filter(|_| number < expected) {
            return Err(MigrationError::SameNumber {
                package: package.to_owned(),
                first: last.file.to_owned(),
                second: file.path.to_owned(),
            });
        }
        if number != expected {
            return Err(MigrationError::Gap {
                package: package.to_owned(),
                missing: expected,
                file: file.path.to_owned(),
            });
        }
        migrations.push(Migration::read(package, name, file)?);
    }
    Ok(migrations)
}

impl Parts {
    fn of(file: &'static str) -> Option<Self> {
        let stem = file.strip_suffix(".sql")?;
        let (name, only) = match stem.split_once('.') {
            None => (stem, None),
            Some((name, "sqlite")) => (name, Some(Kind::Sqlite)),
            Some((name, "postgres")) => (name, Some(Kind::Postgres)),
            Some(_) => return None,
        };
        let (digits, words) = name.split_once('_')?;
        let is_word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if digits.len() != 4 || words.is_empty() || !words.bytes().all(is_word) {
            return None;
        }
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        Some(Self {
            name,
            number: digits.parse().ok()?,
            only,
        })
    }
}

impl Variants {
    fn choose(
        &self,
        package: &str,
        name: &str,
        kind: Kind,
    ) -> Result<&'static File, MigrationError> {
        let one_database = |file: &File, missing: &str| MigrationError::OneDatabase {
            package: package.to_owned(),
            file: file.path.to_owned(),
            missing: format!("{name}.{missing}.sql"),
            name: name.to_owned(),
        };
        match (self.both, self.sqlite, self.postgres) {
            (Some(file), None, None) => Ok(file),
            (None, Some(sqlite), Some(postgres)) => Ok(match kind {
                Kind::Sqlite => sqlite,
                Kind::Postgres => postgres,
            }),
            (None, Some(file), None) => Err(one_database(file, "postgres")),
            (None, None, Some(file)) => Err(one_database(file, "sqlite")),
            (both, sqlite, postgres) => {
                let mut files = [both, sqlite, postgres].into_iter().flatten();
                let mut next = || files.next().map_or("", |file| file.path).to_owned();
                let (first, second) = (next(), next());
                Err(MigrationError::SameNumber {
                    package: package.to_owned(),
                    first,
                    second,
                })
            }
        }
    }
}

impl Migration {
    fn read(
        package: &str,
        name: &'static str,
        file: &'static File,
    ) -> Result<Self, MigrationError> {
        let text = std::str::from_utf8(file.contents).map_err(|_| MigrationError::NotText {
            package: package.to_owned(),
            file: file.path.to_owned(),
        })?;
        let sql = plain_text(text);
        if let Some((line, word)) = script::forbidden(&sql) {
            return Err(MigrationError::Control {
                package: package.to_owned(),
                file: file.path.to_owned(),
                line,
                word,
            });
        }
        let checksum = checksum(&sql);
        Ok(Self {
            name,
            file: file.path,
            sql,
            checksum,
        })
    }
}

/// The text without what editors and version control systems add on their own: a byte order mark,
/// and carriage returns, which would make a checkout on another system look changed.
fn plain_text(text: &'static str) -> Cow<'static, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains("\r\n") {
        return Cow::Owned(text.replace("\r\n", "\n"));
    }
    Cow::Borrowed(text)
}

fn checksum(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The migrations in files of the given names, each with the same text.
    fn names(files: &[&'static str], kind: Kind) -> Result<Vec<&'static str>, String> {
        let text = files
            .iter()
            .map(|path| File {
                path,
                contents: b"SELECT 1;",
            })
            .collect();
        let folder = Folder {
            path: "",
            files: Vec::leak(text),
        };
        let found = read("shop", folder, kind).map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|migration| migration.file).collect())
    }

    fn refusal(files: &[&'static str]) -> String {
        names(files, Kind::Sqlite).expect_err("refused")
    }

    #[test]
    fn each_database_has_its_own_file_where_there_are_two() {
        let files = ["0001_a.sql", "0002_b.postgres.sql", "0002_b.sqlite.sql"];
        assert_eq!(
            names(&files, Kind::Sqlite),
            Ok(vec!["0001_a.sql", "0002_b.sqlite.sql"])
        );
        assert_eq!(
            names(&files, Kind::Postgres),
            Ok(vec!["0001_a.sql", "0002_b.postgres.sql"])
        );
    }

    #[test]
    fn a_file_that_is_not_named_like_a_migration_is_refused() {
        insta::assert_snapshot!(refusal(&["1_initial.sql"]), @"1_initial.sql of shop does not have the name of a migration; call it like 0001_initial.sql, or like 0001_initial.sqlite.sql and 0001_initial.postgres.sql where the databases differ: four digits, then lower-case letters, digits and _");
        for name in [
            "0001.sql",
            "0001_.sql",
            "0001-initial.sql",
            "0001_Initial.sql",
            "0001_a.mysql.sql",
            "inner/0001_a.sql",
            "0001_a.txt",
            "+001_a.sql",
            "0001_ä.sql",
            "0001_a.sqlite.x.sql",
        ] {
            assert!(
                refusal(&[name]).contains("does not have the name of a migration"),
                "{name}"
            );
        }
    }

    #[test]
    fn numbers_count_from_one_without_a_gap_and_each_once() {
        insta::assert_snapshot!(refusal(&["0002_b.sql"]), @"shop has no migration 0001, but 0002_b.sql; add the missing file, or number the later ones anew if they were never applied");
        insta::assert_snapshot!(refusal(&["0001_a.sql", "0003_c.sql"]), @"shop has no migration 0002, but 0003_c.sql; add the missing file, or number the later ones anew if they were never applied");
        insta::assert_snapshot!(refusal(&["0000_a.sql"]), @"shop has no migration 0001, but 0000_a.sql; add the missing file, or number the later ones anew if they were never applied");
        insta::assert_snapshot!(refusal(&["0001_a.sql", "0001_b.sql"]), @"0001_a.sql and 0001_b.sql of shop have the same number; give the newer one the next free number");
        insta::assert_snapshot!(refusal(&["0001_a.sql", "0001_a.sqlite.sql"]), @"0001_a.sql and 0001_a.sqlite.sql of shop have the same number; give the newer one the next free number");
    }

    #[test]
    fn a_migration_for_one_database_only_is_refused() {
        insta::assert_snapshot!(refusal(&["0001_a.sqlite.sql"]), @"0001_a.sqlite.sql of shop has no counterpart 0001_a.postgres.sql; add it, or name the one file 0001_a.sql if both databases understand it");
        insta::assert_snapshot!(refusal(&["0001_a.postgres.sql"]), @"0001_a.postgres.sql of shop has no counterpart 0001_a.sqlite.sql; add it, or name the one file 0001_a.sql if both databases understand it");
    }

    #[test]
    fn line_ends_of_another_system_are_no_change() {
        assert_eq!(plain_text("\u{feff}a\r\nb\n"), "a\nb\n");
        assert_eq!(
            checksum("a"),
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
        );
    }

    #[test]
    fn a_file_that_is_not_text_is_refused() {
        const FILES: &[File] = &[File {
            path: "0001_a.sql",
            contents: b"\xff",
        }];
        let folder = Folder {
            path: "",
            files: FILES,
        };
        let refusal = read("shop", folder, Kind::Sqlite).expect_err("refused");
        insta::assert_snapshot!(refusal, @"0001_a.sql of shop is not UTF-8 text; save it as UTF-8");
    }
}
