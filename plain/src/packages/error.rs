//! What can be wrong with the packages of an application.

use std::fmt;

/// A kind of thing that packages bring by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item {
    /// A middleware.
    Middleware,
    /// A chore.
    Chore,
    /// A preflight check.
    Check,
    /// A function or value for templates.
    TemplateGlobal,
    /// A filter for templates.
    TemplateFilter,
    /// A command of the command line.
    Command,
    /// A page of the admin.
    AdminPage,
    /// What decides who may open the admin.
    AdminAccess,
    /// What signs a user in for one request of the command line.
    SignIn,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Middleware => "middleware",
            Self::Chore => "chore",
            Self::Check => "check",
            Self::TemplateGlobal => "template global",
            Self::TemplateFilter => "template filter",
            Self::Command => "command",
            Self::AdminPage => "admin page",
            Self::AdminAccess => "decision on who may open the admin",
            Self::SignIn => "way to sign in for `plain request`",
        })
    }
}

/// Why the packages of an application do not fit together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// `INSTALLED_PACKAGES` names a package that is not part of the program.
    #[error(
        "INSTALLED_PACKAGES lists `{name}`, which is not linked into this program.{hint}\n  \
         Linked are: {linked}\n  \
         To link it, add two lines:\n    \
         Cargo.toml, [dependencies]:      {crate_name} = \"*\"\n    \
         main.rs, the list in main():     {module}::package(),"
    )]
    NotLinked {
        /// The name as it is listed.
        name: String,
        /// The linked packages.
        linked: String,
        /// The nearest name, if one is near.
        hint: String,
        /// The crate that by convention holds it.
        crate_name: String,
        /// The same as a path in code.
        module: String,
    },
    /// `INSTALLED_PACKAGES` names a package twice.
    #[error("INSTALLED_PACKAGES lists `{0}` more than once: remove the later one")]
    ListedTwice(String),
    /// `INSTALLED_PACKAGES` names the framework itself.
    #[error("INSTALLED_PACKAGES lists `plain`, which is always installed: remove it")]
    Framework,
    /// Two linked packages have one name.
    #[error("two packages in main() are named `{0}`: link one of them only")]
    LinkedTwice(&'static str),
    /// A package needs another that is not installed.
    #[error(
        "the package `{package}` needs `{needs}`: add `{needs}` to INSTALLED_PACKAGES, before `{package}`"
    )]
    Needs {
        /// The package.
        package: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// A package stands before one that it needs.
    #[error(
        "the package `{package}` needs `{needs}`, which INSTALLED_PACKAGES lists after it: move `{needs}` before `{package}`"
    )]
    Order {
        /// The package.
        package: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// Two packages bring something under one name.
    #[error(
        "the {item} `{name}` is brought by two packages, `{first}` and `{second}`: install one of them only, or rename it in one"
    )]
    Duplicate {
        /// What it is.
        item: Item,
        /// Its name.
        name: String,
        /// The package that was installed first.
        first: &'static str,
        /// The other package.
        second: &'static str,
    },
    /// Two packages bring something of which there can be one.
    #[error(
        "the {item} is brought by two packages, `{first}` and `{second}`: install one of them only"
    )]
    Sole {
        /// What it is.
        item: Item,
        /// The package that was installed first.
        first: &'static str,
        /// The other package.
        second: &'static str,
    },
    /// Something that a package brings is wrong in itself.
    #[error("the package `{package}` brings {problem}")]
    Brought {
        /// The package.
        package: &'static str,
        /// What it brings, what is wrong with it, and what to do.
        problem: String,
    },
    /// A package's own `install` failed.
    #[error("the package `{package}` could not be installed: {error}")]
    Install {
        /// The package.
        package: &'static str,
        /// Why.
        error: crate::http::Error,
    },
}

/// Everything that is wrong with the packages, at once.
#[derive(Debug)]
pub struct PackageErrors(pub(crate) Vec<PackageError>);

impl PackageErrors {
    /// Iterates over the problems, in the order in which they are printed.
    pub fn iter(&self) -> impl Iterator<Item = &PackageError> {
        self.0.iter()
    }
}

impl fmt::Display for PackageErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl std::error::Error for PackageErrors {}
