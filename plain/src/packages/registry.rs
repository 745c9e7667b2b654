//! Which packages are installed: the linked ones matched with `INSTALLED_PACKAGES`.

use std::collections::HashMap;
use std::fmt;

use super::Package;
use super::error::{Item, PackageError, PackageErrors};
use super::installer::{Contributions, Installer};
use crate::db::migrations::{MigrationError, Migrator};
use crate::db::{Database, Kind};
use crate::embedded::Folder;
use crate::nearest::nearest;

/// The name of the framework's own package, which is always installed, before all others.
pub(crate) const FRAMEWORK: &str = "plain";

/// A package of a running application.
#[derive(Clone, Debug)]
pub struct InstalledPackage {
    pub(crate) name: &'static str,
    pub(crate) requires: Vec<&'static str>,
    pub(crate) migrations: Option<Folder>,
    pub(crate) docs: Option<&'static str>,
}

impl InstalledPackage {
    /// The name, such as `plain.sessions`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The packages that it builds on.
    pub fn requires(&self) -> &[&'static str] {
        &self.requires
    }

    /// Its migrations, if it has tables.
    pub fn migrations(&self) -> Option<Folder> {
        self.migrations
    }

    /// Its documentation in Markdown, if it brings one.
    pub fn docs(&self) -> Option<&'static str> {
        self.docs
    }
}

/// The packages of a running application, found as a shared value.
#[derive(Clone, Debug)]
pub struct Packages {
    pub(crate) installed: Vec<InstalledPackage>,
    pub(crate) linked_only: Vec<&'static str>,
}

impl Packages {
    /// The installed packages in installation order; the framework's own, `plain`, is the first.
    pub fn installed(&self) -> &[InstalledPackage] {
        &self.installed
    }

    /// What applies the migrations of the installed packages to `database`.
    ///
    /// # Errors
    ///
    /// That the files of a package are not migrations; see [`MigrationError`].
    pub fn migrator(&self, database: Database) -> Result<Migrator, MigrationError> {
        Migrator::new(database, self.migrations())
    }

    /// What knows the migrations of the installed packages for a database of `kind` that is not there
    /// yet.
    ///
    /// # Errors
    ///
    /// Those of [`migrator`](Self::migrator).
    pub(crate) fn unconnected_migrator(&self, kind: Kind) -> Result<Migrator, MigrationError> {
        Migrator::unconnected(kind, self.migrations())
    }

    fn migrations(&self) -> impl Iterator<Item = (&'static str, Folder)> {
        let installed = self.installed.iter();
        installed.filter_map(|package| Some((package.name, package.migrations?)))
    }

    /// The names of the packages that are linked and not installed.
    pub(crate) fn linked_only(&self) -> &[&'static str] {
        &self.linked_only
    }
}

/// The packages sorted into those that are installed, in order, and those that are not.
pub(crate) struct Selection {
    pub(crate) installed: Vec<(&'static str, Contributions)>,
    pub(crate) linked_only: Vec<(&'static str, Contributions)>,
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.installed.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Matches the `linked` packages with the `names` of those to install.
///
/// # Errors
///
/// All that is wrong: names that are not linked, doubled names, missing or misplaced requirements,
/// and things that two packages bring under one name.
pub(crate) fn select(
    linked: &[Box<dyn Package>],
    names: &[String],
) -> Result<Selection, PackageErrors> {
    let mut errors = Vec::new();
    check_linked(linked, &mut errors);
    check_listed(linked, names, &mut errors);
    if !errors.is_empty() {
        return Err(PackageErrors(errors));
    }
    let is_installed = |package: &dyn Package| names.iter().any(|name| name == package.name());
    let mut installed = Vec::new();
    for name in names {
        let package = linked.iter().find(|package| package.name() == name);
        installed.extend(package.and_then(|package| contributions(&**package, &mut errors)));
    }
    let others = linked.iter().filter(|package| !is_installed(&***package));
    let linked_only = others
        .filter_map(|package| contributions(&**package, &mut errors))
        .collect();
    check_requirements(&installed, &mut errors);
    check_problems(&installed, &mut errors);
    check_duplicates(&installed, &mut errors);
    if errors.is_empty() {
        Ok(Selection {
            installed,
            linked_only,
        })
    } else {
        Err(PackageErrors(errors))
    }
}

fn contributions(
    package: &dyn Package,
    errors: &mut Vec<PackageError>,
) -> Option<(&'static str, Contributions)> {
    let mut installer = Installer::new(package.name());
    match package.install(&mut installer) {
        Ok(()) => Some((package.name(), installer.finish())),
        Err(error) => {
            errors.push(PackageError::Install {
                package: package.name(),
                error,
            });
            None
        }
    }
}

fn check_linked(linked: &[Box<dyn Package>], errors: &mut Vec<PackageError>) {
    for (index, package) in linked.iter().enumerate() {
        if linked[..index]
            .iter()
            .any(|earlier| earlier.name() == package.name())
        {
            errors.push(PackageError::LinkedTwice(package.name()));
        }
    }
}

fn check_listed(linked: &[Box<dyn Package>], names: &[String], errors: &mut Vec<PackageError>) {
    for (index, name) in names.iter().enumerate() {
        if name == FRAMEWORK {
            errors.push(PackageError::Framework);
        } else if names[..index].contains(name) {
            errors.push(PackageError::ListedTwice(name.clone()));
        } else if !linked.iter().any(|package| package.name() == name) {
            errors.push(not_linked(name, linked));
        }
    }
}

fn not_linked(name: &str, linked: &[Box<dyn Package>]) -> PackageError {
    let known: Vec<&str> = linked.iter().map(|package| package.name()).collect();
    let near = nearest(name, known.iter().copied());
    PackageError::NotLinked {
        name: name.to_owned(),
        linked: if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        },
        hint: near
            .map(|near| format!(" Did you mean `{near}`?"))
            .unwrap_or_default(),
        crate_name: name.replace(['.', '_'], "-"),
        module: name.replace(['.', '-'], "_"),
    }
}

fn check_requirements(installed: &[(&'static str, Contributions)], errors: &mut Vec<PackageError>) {
    let position = |name: &str| installed.iter().position(|(known, _)| *known == name);
    for (index, (package, contributions)) in installed.iter().enumerate() {
        for needs in &contributions.requires {
            match position(needs) {
                None => errors.push(PackageError::Needs { package, needs }),
                Some(other) if other > index => {
                    errors.push(PackageError::Order { package, needs });
                }
                Some(_) => {}
            }
        }
    }
}

fn check_problems(installed: &[(&'static str, Contributions)], errors: &mut Vec<PackageError>) {
    for (package, contributions) in installed {
        let problems = contributions.problems.iter().cloned();
        errors.extend(problems.map(|problem| PackageError::Brought { package, problem }));
    }
}

fn check_duplicates(installed: &[(&'static str, Contributions)], errors: &mut Vec<PackageError>) {
    let mut brought: HashMap<(u8, String), &'static str> = HashMap::new();
    for (package, contributions) in installed {
        for (item, name) in named_items(contributions) {
            match brought.get(&(item as u8, name.clone())) {
                Some(first) if matches!(item, Item::AdminAccess | Item::SignIn) => {
                    errors.push(PackageError::Sole {
                        item,
                        first,
                        second: package,
                    });
                }
                Some(first) if first == package => {
                    errors.push(PackageError::Brought {
                        package,
                        problem: format!("the {item} `{name}` twice: rename one, or take it out"),
                    });
                }
                Some(first) => {
                    errors.push(PackageError::Duplicate {
                        item,
                        name,
                        first,
                        second: package,
                    });
                }
                None => drop(brought.insert((item as u8, name), package)),
            }
        }
    }
}

fn named_items(brought: &Contributions) -> Vec<(Item, String)> {
    let mut items = Vec::new();
    let mut add = |item, name: &str| items.push((item, name.to_owned()));
    for declared in &brought.middleware {
        add(Item::Middleware, declared.name);
    }
    for chore in &brought.chores {
        add(Item::Chore, chore.name());
    }
    for check in &brought.checks {
        add(Item::Check, check.name());
    }
    for (name, _) in &brought.template_globals {
        add(Item::TemplateGlobal, name);
    }
    for (name, _) in &brought.template_filters {
        add(Item::TemplateFilter, name);
    }
    for command in &brought.commands {
        add(Item::Command, command.definition().get_name());
    }
    for one in &brought.collected {
        add(one.item, &one.name);
    }
    items
}
