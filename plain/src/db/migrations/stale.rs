//! Whether the binary is older than the migrations in its source.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::embedded::Folder;

/// A migration on disk that is not in the binary as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale {
    /// The file.
    pub file: PathBuf,
}

impl fmt::Display for Stale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the binary is older than {}; rebuild it",
            self.file.display()
        )
    }
}

/// Compares the migrations in the binary with the folder from which they were taken: a file that is
/// new, changed or gone there means that the binary is stale.
///
/// Where the folder does not exist, which is usual where a binary runs in production, or cannot be
/// read, nothing is stale.
pub fn stale(folder: Folder) -> Option<Stale> {
    let path = Path::new(folder.path);
    let entries = std::fs::read_dir(path).ok()?;
    let mut on_disk: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".sql") && !name.starts_with('.'))
        .collect();
    on_disk.sort();
    let is_other = |name: &&String| match folder.file(name) {
        None => true,
        Some(file) => std::fs::read(path.join(name)).is_ok_and(|now| now != file.contents),
    };
    let embedded = folder.files.iter().map(|file| file.path);
    let mut gone = embedded.filter(|name| {
        on_disk
            .binary_search_by(|it| it.as_str().cmp(name))
            .is_err()
    });
    let name = on_disk
        .iter()
        .find(is_other)
        .map(String::as_str)
        .or_else(|| gone.next())?;
    Some(Stale {
        file: path.join(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::File;

    #[test]
    fn a_file_that_is_new_changed_or_gone_makes_the_binary_stale() {
        const FILES: &[File] = &[
            File {
                path: "0001_a.sql",
                contents: b"one",
            },
            File {
                path: "0002_b.sql",
                contents: b"two",
            },
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        let path: &'static str = folder.path().display().to_string().leak();
        let found = || stale(Folder { path, files: FILES }).map(|stale| stale.to_string());

        write("0001_a.sql", "one");
        assert_eq!(
            found(),
            Some(format!(
                "the binary is older than {path}/0002_b.sql; rebuild it"
            ))
        );
        write("0002_b.sql", "two");
        write("notes.txt", "no migration");
        assert_eq!(found(), None);
        write("0001_a.sql", "another");
        assert_eq!(
            found(),
            Some(format!(
                "the binary is older than {path}/0001_a.sql; rebuild it"
            ))
        );
        write("0001_a.sql", "one");
        write("0003_c.sql", "three");
        assert_eq!(
            found(),
            Some(format!(
                "the binary is older than {path}/0003_c.sql; rebuild it"
            ))
        );
        assert_eq!(
            stale(Folder {
                path: "/nowhere/migrations",
                files: FILES
            }),
            None
        );
    }
}
