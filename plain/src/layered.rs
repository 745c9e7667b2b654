//! Files by name in layers: what the project has goes before what packages embed, and a package
//! that is installed later before an earlier one.
//!
//! In debug mode files are read from disk on each use, from the folder that a package was built
//! from where that still exists; in production a package's are embedded and the project's are read
//! once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::embedded::Folder;
use crate::mode::Mode;

/// A file or folder that is there and can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} can't be read: {source}; make it readable for the user that runs this")]
pub(crate) struct FileError {
    path: String,
    source: io::Error,
}

impl FileError {
    fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.display().to_string(),
            source,
        }
    }
}

/// The files of all layers.
#[derive(Debug)]
pub(crate) struct LayeredFiles {
    /// The first that has a file wins.
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    label: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Disk(PathBuf),
    Embedded(Folder),
    Read(BTreeMap<String, Vec<u8>>),
}

impl LayeredFiles {
    /// Layers of `packages`, in the order in which they are installed, under the `project` folder.
    pub(crate) fn new(
        mode: Mode,
        packages: &[(&str, Folder)],
        project: Option<&Path>,
    ) -> Result<Self, FileError> {
        let mut layers = Vec::new();
        if let Some(folder) = project {
            layers.push(Layer {
                label: format!("the project ({})", folder.display()),
                place: match mode {
                    Mode::Debug => Place::Disk(folder.to_owned()),
                    Mode::Production => Place::Read(read_all(folder)?),
                },
            });
        }
        let newest_first = packages.iter().rev();
        layers.extend(newest_first.map(|(package, folder)| Layer {
            label: format!("`{package}`"),
            place: match mode {
                Mode::Debug if Path::new(folder.path).is_dir() => Place::Disk(folder.path.into()),
                _ => Place::Embedded(*folder),
            },
        }));
        Ok(Self { layers })
    }

    /// The contents of the file `name`, from the first layer that has it.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Cow<'static, [u8]>>, FileError> {
        if !is_file_name(name) {
            return Ok(None);
        }
        for layer in &self.layers {
            if let Some(contents) = layer.place.read(name)? {
                return Ok(Some(contents));
            }
        }
        Ok(None)
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> Result<BTreeSet<String>, FileError> {
        let mut names = BTreeSet::new();
        for layer in &self.layers {
            layer.place.add_names(&mut names)?;
        }
        Ok(names)
    }

    /// What the layers are called, the first that is asked first.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.label.as_str())
    }
}

impl Place {
    fn read(&self, name: &str) -> Result<Option<Cow<'static, [u8]>>, FileError> {
        match self {
            Self::Disk(folder) => read_file(&folder.join(name)).map(|found| found.map(Cow::Owned)),
            Self::Embedded(folder) => {
                Ok(folder.file(name).map(|file| Cow::Borrowed(file.contents)))
            }
            Self::Read(files) => Ok(files.get(name).cloned().map(Cow::Owned)),
        }
    }

    fn add_names(&self, names: &mut BTreeSet<String>) -> Result<(), FileError> {
        match self {
            Self::Disk(folder) => walk(folder, "", &mut |name, _| {
                names.insert(name);
                Ok(())
            }),
            Self::Embedded(folder) => {
                names.extend(folder.files.iter().map(|file| file.path.to_owned()));
                Ok(())
            }
            Self::Read(files) => {
                names.extend(files.keys().cloned());
                Ok(())
            }
        }
    }
}

/// Whether `name` is one that a file of a layer can have: no way out of the folder, nothing hidden.
fn is_file_name(name: &str) -> bool {
    let foreign = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(foreign);
    name.split('/').all(part)
}

fn read_file(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(FileError::new(path, error)),
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

fn read_all(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, FileError> {
    let mut files = BTreeMap::new();
    walk(folder, "", &mut |name, path| {
        files.extend(read_file(path)?.map(|contents| (name, contents)));
        Ok(())
    })?;
    Ok(files)
}

/// Calls `found` with the name and path of each file under `folder`, which need not exist.
fn walk(
    folder: &Path,
    prefix: &str,
    found: &mut dyn FnMut(String, &Path) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absence(&error) => return Ok(()),
        Err(error) => return Err(FileError::new(folder, error)),
    };
    for entry in entries {
        let path = entry.map_err(|error| FileError::new(folder, error))?.path();
        let Some(part) = path.file_name().and_then(|part| part.to_str()) else {
            continue;
        };
        let name = format!("{prefix}{part}");
        if !is_file_name(&name) {
            continue;
        }
        match path.is_dir() {
            true => walk(&path, &format!("{name}/"), found)?,
            false => found(name, &path)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::File;

    const FIRST: Folder = Folder {
        path: "/nowhere/first",
        files: &[
            File {
                path: "a.txt",
                contents: b"first a",
            },
            File {
                path: "b/c.txt",
                contents: b"first c",
            },
        ],
    };
    const SECOND: Folder = Folder {
        path: "/nowhere/second",
        files: &[File {
            path: "a.txt",
            contents: b"second a",
        }],
    };

    fn text(files: &LayeredFiles, name: &str) -> Option<String> {
        let contents = files.read(name).unwrap()?;
        Some(String::from_utf8(contents.into_owned()).unwrap())
    }

    #[test]
    fn a_later_package_goes_before_an_earlier_one_and_the_project_before_all() {
        let project = tempfile::tempdir().unwrap();
        for mode in [Mode::Debug, Mode::Production] {
            fs::create_dir_all(project.path().join("b")).unwrap();
            fs::write(project.path().join("b/c.txt"), "project c").unwrap();
            fs::write(project.path().join(".hidden"), "").unwrap();
            let packages = [("first", FIRST), ("second", SECOND)];
            let files = LayeredFiles::new(mode, &packages, Some(project.path())).unwrap();
            assert_eq!(text(&files, "a.txt").as_deref(), Some("second a"));
            assert_eq!(text(&files, "b/c.txt").as_deref(), Some("project c"));
            assert_eq!(text(&files, "b"), None);
            assert_eq!(text(&files, "a.txt/c"), None);
            assert_eq!(Vec::from_iter(files.names().unwrap()), ["a.txt", "b/c.txt"]);
        }
    }

    #[test]
    fn files_are_read_anew_in_debug_mode_only() {
        let project = tempfile::tempdir().unwrap();
        let path = project.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let files = |mode| LayeredFiles::new(mode, &[], Some(project.path())).unwrap();
        let (debug, production) = (files(Mode::Debug), files(Mode::Production));
        fs::write(&path, "new").unwrap();
        assert_eq!(text(&debug, "a.txt").as_deref(), Some("new"));
        assert_eq!(text(&production, "a.txt").as_deref(), Some("old"));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir(outer.path().join("in")).unwrap();
        fs::write(outer.path().join("secret"), "").unwrap();
        let inner = outer.path().join("in");
        let files = LayeredFiles::new(Mode::Debug, &[], Some(&inner)).unwrap();
        let absolute = outer.path().join("secret").display().to_string();
        for name in [
            "../secret",
            "./../secret",
            "..\\secret",
            "a\0",
            "",
            "/",
            "C:secret",
            &absolute,
        ] {
            assert!(files.read(name).unwrap().is_none(), "{name}");
        }
    }
}
