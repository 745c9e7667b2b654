//! The files of a package inside of its binary: migrations, templates and assets.
//!
//! They are put there by the build script of the package (see the crate `plain-build`) and by
//! [`embedded!`](crate::embedded!), which defines `EMBEDDED`.

/// The files of one package.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// SQL files, one for each migration.
    pub migrations: Folder,
    /// Templates, which the project can override by name.
    pub templates: Folder,
    /// Static files.
    pub assets: Folder,
}

/// The files of one folder, as they were when the binary was built.
#[derive(Debug, Clone, Copy)]
pub struct Folder {
    /// Where the folder stood when the binary was built; it need not exist where the binary runs.
    pub path: &'static str,
    /// Its files and those of its inner folders, sorted by path.
    pub files: &'static [File],
}

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// The path in its folder, with `/` between its parts on every system.
    pub path: &'static str,
    /// What stands in it.
    pub contents: &'static [u8],
}

impl Folder {
    /// A folder without files.
    pub const EMPTY: Folder = Folder {
        path: "",
        files: &[],
    };

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&'static File> {
        let index = self
            .files
            .binary_search_by(|file| file.path.cmp(path))
            .ok()?;
        self.files.get(index)
    }
}

/// Defines `EMBEDDED`, an [`Embedded`] with the files that the package's build script found.
///
/// The package's `build.rs` calls `plain_build::embed()`, its `lib.rs` this macro; a package then
/// installs them by `to.migrations(EMBEDDED.migrations)` and the like. With the name of a further
/// set of folders it reads that one.
#[macro_export]
macro_rules! embedded {
    () => {
        /// The migrations, templates and assets of this package.
        pub(crate) static EMBEDDED: $crate::embedded::Embedded =
            include!(concat!(env!("OUT_DIR"), "/plain_embedded.rs"));
    };
    ($name:literal) => {
        /// The migrations, templates and assets of this package.
        pub(crate) static EMBEDDED: $crate::embedded::Embedded =
            include!(concat!(env!("OUT_DIR"), "/plain_embedded_", $name, ".rs"));
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_path() {
        const FILES: &[File] = &[
            File {
                path: "a/b.css",
                contents: b"1",
            },
            File {
                path: "c.css",
                contents: b"2",
            },
        ];
        let folder = Folder {
            path: "/assets",
            files: FILES,
        };
        assert_eq!(
            folder.file("c.css").map(|file| file.contents),
            Some(b"2".as_slice())
        );
        assert!(folder.file("b.css").is_none());
    }

    #[test]
    fn the_build_script_of_this_crate_embeds_its_own_folders() {
        crate::embedded!();
        let root = env!("CARGO_MANIFEST_DIR");
        assert_eq!(EMBEDDED.templates.path, format!("{root}/templates"));
    }
}
