//! What changes in the folders of the project.

use std::collections::HashSet;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::command::project::SETTINGS;

/// Editors write a file in several steps; this long after the last one it is taken as written.
const QUIET: Duration = Duration::from_millis(30);

/// Folders in which much changes that is nobody's code.
const OTHERS: [&str; 2] = ["target", "node_modules"];

/// What has changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changes {
    /// Something that is compiled: a build tells what follows.
    pub(super) code: bool,
    /// `settings.toml`: the application starts again.
    pub(super) settings: bool,
    /// A template or a static file, which is read from disk anyway: pages load again.
    pub(super) pages: bool,
}

/// Watches folders. Each folder is watched by itself, so that none costs anything that is left out.
pub(super) struct Watcher {
    root: PathBuf,
    events: mpsc::UnboundedReceiver<notify::Result<Event>>,
    watcher: RecommendedWatcher,
    watched: HashSet<PathBuf>,
    pending: Changes,
    /// When the last of what is pending was noted.
    noted: Instant,
}

impl Watcher {
    /// Watches `folders` for the project in `root`.
    pub(super) fn start(root: &Path, folders: &[PathBuf]) -> notify::Result<Self> {
        let (sender, events) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event| {
            // At the end nobody listens.
            let _ = sender.send(event);
        })?;
        let mut this = Self {
            root: canonical(root),
            events,
            watcher,
            watched: HashSet::new(),
            pending: Changes::default(),
            noted: Instant::now(),
        };
        for folder in folders {
            this.note_folder(&canonical(folder))?;
        }
        this.pending = Changes::default();
        Ok(this)
    }

    /// Waits for changes, and until they are complete. What counts for nothing puts that off by nothing:
    /// a database is written to all the time, and each page that is asked for opens its template.
    pub(super) async fn next(&mut self) -> Changes {
        loop {
            let event = match self.pending == Changes::default() {
                true => self.events.recv().await,
                false if self.noted.elapsed() >= QUIET => return mem::take(&mut self.pending),
                false => match timeout_at(self.noted + QUIET, self.events.recv()).await {
                    Ok(event) => event,
                    Err(_) => continue,
                },
            };
            match event {
                Some(Ok(event)) => self.note(&event),
                // What was lost could have been anything.
                Some(Err(_)) => self.pending().code = true,
                None => std::future::pending().await,
            }
        }
    }

    /// What is pending, to be added to now.
    fn pending(&mut self) -> &mut Changes {
        self.noted = Instant::now();
        &mut self.pending
    }

    fn note(&mut self, event: &Event) {
        let is_change = !matches!(
            event.kind,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_))
        );
        let paths = event.paths.iter().filter(|path| !is_other(path));
        for path in paths.filter(|_| is_change) {
            if path.is_dir() {
                // One that can't be watched is gone again.
                let _ = self.note_folder(path);
            } else {
                self.forget(path);
                self.note_file(path);
            }
        }
        if event.need_rescan() {
            self.pending().code = true;
        }
    }

    /// Watches a folder, and notes what is in it: of files that are older than the watch, nobody else
    /// tells.
    fn note_folder(&mut self, folder: &Path) -> notify::Result<()> {
        if !self.watched.insert(folder.to_owned()) {
            return Ok(());
        }
        self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                true if is_other(&path) => {}
                true => self.note_folder(&path)?,
                false => self.note_file(&path),
            }
        }
        Ok(())
    }

    /// What is gone and comes again is watched anew.
    fn forget(&mut self, path: &Path) {
        self.watched.retain(|folder| !folder.starts_with(path));
    }

    fn note_file(&mut self, path: &Path) {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| !name.starts_with('.') && !name.ends_with('~')) else {
            return;
        };
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_in = |folder: &str| {
            let parts = path.strip_prefix(&self.root).unwrap_or(path);
            parts.iter().any(|part| part == folder)
        };
        if *path == self.root.join(SETTINGS) {
            self.pending().settings = true;
        } else if matches!(ending, Some("rs" | "sql"))
            || matches!(name, "Cargo.toml" | "Cargo.lock")
        {
            self.pending().code = true;
        } else if is_in("templates") || is_in("assets") {
            self.pending().pages = true;
        }
    }
}

fn is_other(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.is_none_or(|name| name.starts_with('.') || OTHERS.contains(&name))
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use tokio::time::timeout;

    use super::*;

    const CODE: Changes = Changes {
        code: true,
        settings: false,
        pages: false,
    };

    #[tokio::test]
    async fn each_kind_of_file_is_told_apart_also_in_folders_that_are_new() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for inner in ["src", "templates", "target/debug", ".git"] {
            fs::create_dir_all(root.join(inner)).unwrap();
        }
        let mut watcher = Watcher::start(root, &[root.to_owned()]).unwrap();
        let write = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "new").unwrap();
        };
        // On a busy computer the steps of one change may be far apart.
        let mut told = async || {
            let mut all = watcher.next().await;
            while let Ok(more) = timeout(QUIET * 10, watcher.next()).await {
                all.code |= more.code;
                all.settings |= more.settings;
                all.pages |= more.pages;
            }
            all
        };
        // What does not count, in front of what does.
        for other in [
            "target/debug/a.rs",
            ".git/index",
            "db.sqlite3",
            "src/.main.rs.swp",
            "src/main.rs~",
        ] {
            write(other);
        }
        write("src/main.rs");
        assert_eq!(told().await, CODE);
        write("templates/home.html");
        let pages = Changes {
            pages: true,
            ..Changes::default()
        };
        assert_eq!(told().await, pages);
        write("settings.toml");
        let settings = Changes {
            settings: true,
            ..Changes::default()
        };
        assert_eq!(told().await, settings);
        write("src/pages/home/view.rs");
        assert_eq!(told().await, CODE);
        write("src/pages/home/view.rs");
        assert_eq!(told().await, CODE);
        fs::remove_file(root.join("src/main.rs")).unwrap();
        assert_eq!(told().await, CODE);
        fs::remove_dir_all(root.join("src/pages")).unwrap();
        assert_eq!(told().await, CODE);
        write("src/pages/home/view.rs");
        assert_eq!(told().await, CODE);
        write("src/pages/home/view.rs");
        assert_eq!(told().await, CODE);
    }

    #[tokio::test]
    async fn a_change_is_told_while_a_database_is_written_and_templates_are_read_without_a_pause() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("templates")).unwrap();
        fs::write(root.join("templates/home.html"), "").unwrap();
        let mut watcher = Watcher::start(root, &[root.to_owned()]).unwrap();
        let done = Arc::new(AtomicBool::new(false));
        let busy = thread::spawn({
            let (done, root) = (Arc::clone(&done), root.to_owned());
            move || {
                while !done.load(Ordering::Relaxed) {
                    fs::write(root.join("db.sqlite3"), "row").unwrap();
                    fs::read(root.join("templates/home.html")).unwrap();
                }
            }
        });
        fs::write(root.join("main.rs"), "").unwrap();
        let changes = timeout(Duration::from_secs(60), watcher.next()).await;
        done.store(true, Ordering::Relaxed);
        busy.join().unwrap();
        assert_eq!(changes, Ok(CODE));
    }
}
