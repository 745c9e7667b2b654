//! The files that `plain new` writes.
//!
//! They stand in the folder `scaffold`, some under names that neither cargo nor git takes for its
//! own. Words between double underscores are replaced.

/// A file, by its path in what is made.
pub(super) struct File {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

/// Each file by its path, and by the name that it has in the folder, if that is another one.
macro_rules! files {
    ($folder:literal: $($path:literal $(from $name:literal)?,)*) => {
        &[$(file!($folder, $path $(, $name)?)),*]
    };
}

macro_rules! file {
    ($folder:literal, $path:literal) => {
        file!($folder, $path, $path)
    };
    ($folder:literal, $path:literal, $name:literal) => {
        File {
            path: $path,
            text: include_str!(concat!("../../../scaffold/", $folder, "/", $name)),
        }
    };
}

/// A project.
pub(super) static PROJECT: &[File] = files! { "project":
    "Dockerfile",
    "README.md",
    "assets/app.css",
    "build.rs",
    ".github/workflows/ci.yml" from "ci.yml",
    "deploy/__name__.service" from "deploy/unit.service",
    ".dockerignore" from "dockerignore",
    ".gitignore" from "gitignore",
    "Cargo.toml" from "manifest.toml",
    "migrations/0001_initial.postgres.sql",
    "migrations/0001_initial.sqlite.sql",
    "settings.toml",
    "src/admin.rs",
    "src/app.rs",
    "src/forms.rs",
    "src/main.rs",
    "src/models.rs",
    "src/tests.rs",
    "src/urls.rs",
    "src/views.rs",
    "templates/base.html",
    "templates/home.html",
};

/// An installable package.
pub(super) static PACKAGE: &[File] = files! { "package":
    "README.md",
    "assets/__module__/greetings.css",
    "build.rs",
    ".github/workflows/ci.yml" from "ci.yml",
    ".gitignore" from "gitignore",
    "Cargo.toml" from "manifest.toml",
    "migrations/0001_initial.postgres.sql",
    "migrations/0001_initial.sqlite.sql",
    "src/admin.rs",
    "src/chores.rs",
    "src/commands.rs",
    "src/lib.rs",
    "src/middleware.rs",
    "src/models.rs",
    "src/package.rs",
    "src/preflight.rs",
    "src/settings.rs",
    "src/templates.rs",
    "src/tests.rs",
    "src/urls.rs",
    "src/views.rs",
    "templates/__module__/greetings.html",
};
