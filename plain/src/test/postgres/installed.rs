//! Where PostgreSQL's programs are, and as whom they run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// PostgreSQL's server, installed on this computer.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    folder: PathBuf,
}

impl Installed {
    /// The newest one: on `PATH`, or where Debian and its relatives put them.
    pub(super) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        folders.extend(debian_folders("/usr/lib/postgresql"));
        let has_both = |folder: &PathBuf| {
            let has = |name: &str| folder.join(name).is_file();
            has("initdb") && has("postgres")
        };
        let folder = folders.into_iter().find(has_both)?;
        Some(Self { folder })
    }

    /// The command `name`, with the words before it that make `user` run it.
    pub(super) fn command(&self, name: &str, user: &User) -> Vec<String> {
        let mut words = user.prefix.clone();
        words.push(self.folder.join(name).display().to_string());
        words
    }
}

/// `<root>/<version>/bin`, the newest version first.
fn debian_folders(root: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// Who runs the server: it refuses to run as root.
#[derive(Debug, Clone)]
pub(super) struct User {
    /// What stands before a command so that this user runs it.
    prefix: Vec<String>,
    /// The numbers of the user and of the group, where it is another one than who runs the tests.
    other: Option<(u32, u32)>,
}

impl User {
    /// Who runs the tests; in the place of root, `postgres` or `nobody`.
    pub(super) fn choose() -> Result<Self, String> {
        if id(["-u"]) != Some(0) {
            return Ok(Self {
                prefix: Vec::new(),
                other: None,
            });
        }
        let other = ["postgres", "nobody"].into_iter().find_map(|name| {
            let (user, group) = (id(["-u", name])?, id(["-g", name])?);
            Some((name, user, group))
        });
        let Some((name, user, group)) = other else {
            return Err(
                "root can't run it, and there is no user `postgres` or `nobody`".to_owned(),
            );
        };
        let prefix = if is_on_path("setpriv") {
            format!("setpriv --reuid={user} --regid={group} --clear-groups")
        } else if is_on_path("runuser") {
            format!("runuser -u {name} --")
        } else {
            return Err("root can't run it, and there is no setpriv or runuser".to_owned());
        };
        Ok(Self {
            prefix: prefix.split(' ').map(str::to_owned).collect(),
            other: Some((user, group)),
        })
    }

    /// Gives `folder` to this user, and to nobody else.
    pub(super) fn own(&self, folder: &Path) -> std::io::Result<()> {
        match self.other {
            Some((user, group)) => std::os::unix::fs::chown(folder, Some(user), Some(group)),
            None => Ok(()),
        }
    }
}

/// What the command `id` answers, where that is a number.
fn id<const N: usize>(arguments: [&str; N]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    std::str::from_utf8(&output.stdout)
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn is_on_path(name: impl AsRef<OsStr>) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = name.as_ref();
    let found = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    // Debian keeps it from the PATH of users who aren't root.
    found || Path::new("/usr/sbin").join(name).is_file()
}
