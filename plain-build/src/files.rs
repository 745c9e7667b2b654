//! Which files of a folder are embedded.

use std::fs;
use std::path::{Path, PathBuf};

/// A file, and its path inside of its folder with `/` between the parts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The files of `folder` and of the folders in it, sorted by name; none where there is no folder.
///
/// Links to files are followed; links to folders are not, since they may lead in a circle.
pub(crate) fn list(folder: &Path) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    if folder.exists() {
        collect(folder, "", &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<Found>) -> Result<(), String> {
    let unreadable = |error| format!("cannot read the folder {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err(format!(
                "the name of {} is not UTF-8; rename it",
                path.display()
            ));
        };
        if is_left_out(name) {
            continue;
        }
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), found)?;
        } else if path.is_file() {
            found.push(Found {
                name: format!("{prefix}{name}"),
                path,
            });
        }
    }
    Ok(())
}

/// Whether a file is hidden, or a copy that an editor or a version control system left.
fn is_left_out(name: &str) -> bool {
    const ENDINGS: [&str; 7] = ["~", ".bak", ".orig", ".rej", ".swp", ".swo", ".tmp"];
    name.starts_with('.')
        || (name.starts_with('#') && name.ends_with('#'))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, name).expect("a file");
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        list(folder)
            .expect("a list")
            .into_iter()
            .map(|found| found.name)
            .collect()
    }

    #[test]
    fn files_are_listed_sorted_with_those_of_inner_folders() {
        let folder = folder(&["b.html", "a/z.html", "a/y/x.html", "a.html"]);
        assert_eq!(
            names(folder.path()),
            ["a.html", "a/y/x.html", "a/z.html", "b.html"]
        );
    }

    #[test]
    fn hidden_files_and_leftovers_of_editors_are_left_out() {
        let folder = folder(&[
            ".gitkeep",
            ".cache/x",
            "a.sql~",
            ".a.sql.swp",
            "#a.sql#",
            "a.sql.bak",
            "a.orig",
            "a.sql",
        ]);
        assert_eq!(names(folder.path()), ["a.sql"]);
    }

    #[test]
    fn a_folder_that_does_not_exist_has_no_files() {
        let folder = folder(&[]);
        assert!(names(&folder.path().join("none")).is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn links_to_files_are_followed_and_links_to_folders_are_not() {
        let folder = folder(&["a.css"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("circle")).expect("a link");
        std::os::unix::fs::symlink(folder.path().join("a.css"), folder.path().join("b.css"))
            .expect("a link");
        assert_eq!(names(folder.path()), ["a.css", "b.css"]);
    }
}
