//! A disk that is soon full.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use plain_tests::obstacle::not_tested;
use tempfile::TempDir;

/// A file system in memory, of a few megabytes; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    folder: TempDir,
}

const MISSING: &str = "a file system in memory can't be mounted here; run these tests as root";

impl SmallDisk {
    /// Mounts it with a size such as `2m`; `None` where that is not permitted, which is said.
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size},mode=777"),
                "tmpfs",
            ])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        not_tested("what holds when a disk is full", MISSING);
        None
    }

    /// A path on it.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.path("filler")).unwrap();
        for size in [1 << 16, 1 << 12, 1 << 8, 1] {
            let piece = vec![b'x'; size];
            while filler.write_all(&piece).is_ok() {}
        }
    }

    /// Makes room again.
    pub(crate) fn clear(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // At once for new users, and really when the last file is closed.
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.folder.path())
            .status();
    }
}
