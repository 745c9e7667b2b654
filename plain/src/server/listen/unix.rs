//! Sockets that only Unix has: in the file system, or passed by who starts the process.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use listenfd::ListenFd;

use crate::server::error::ServerError;

/// A socket in the file system.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: UnixListener,
    /// `None` if another process made it.
    file: Option<SocketFile>,
}

/// The file of a socket, which is removed when this is dropped, unless another process has put its
/// own in its place.
#[derive(Debug)]
pub(in crate::server) struct SocketFile {
    path: PathBuf,
    device: u64,
    number: u64,
}

impl Listener {
    /// Listens at `path`, and lets those connect that `mode` says.
    pub(super) fn bind(path: &str, mode: u32) -> io::Result<Self> {
        let path = PathBuf::from(path);
        remove_abandoned(&path)?;
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        listener.set_nonblocking(true)?;
        let found = fs::symlink_metadata(&path)?;
        let file = SocketFile {
            path,
            device: found.dev(),
            number: found.ino(),
        };
        Ok(Self {
            listener,
            file: Some(file),
        })
    }

    /// A socket whose file another process looks after.
    pub(super) fn handed_down(handle: OwnedFd) -> io::Result<Self> {
        let listener = UnixListener::from(handle);
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            file: None,
        })
    }

    pub(super) fn another(&self) -> io::Result<UnixListener> {
        self.listener.try_clone()
    }

    /// Whether another process has it, too, and answers there when this one has ended.
    pub(super) fn is_shared(&self) -> bool {
        self.file.is_none()
    }

    /// Closes this handle of the socket; what is returned is its file.
    pub(super) fn close(self) -> Option<SocketFile> {
        self.file
    }

    /// The path as it is written in `SERVER_BIND`.
    pub(super) fn shown(&self) -> String {
        let address = self.listener.local_addr().ok();
        let path = address.as_ref().and_then(|address| address.as_pathname());
        path.map_or_else(
            || "unix:".to_owned(),
            |path| format!("unix:{}", path.display()),
        )
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.number)) {
            // If that fails, the next process that listens there removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the socket that a process left at `path` which was killed.
fn remove_abandoned(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}

/// The socket that the service manager passes to this process (`LISTEN_FDS`, sd_listen_fds(3)), the
/// first time that it is asked for.
pub(super) fn inherited() -> Result<Option<super::Listener>, ServerError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let mut passed = ListenFd::from_env();
    if passed.len() == 0 || TAKEN.swap(true, Relaxed) {
        return Ok(None);
    }
    if passed.len() > 1 {
        return Err(ServerError::Inherited {
            count: passed.len(),
            source: ErrorKind::InvalidInput.into(),
        });
    }
    let listener = match passed.take_tcp_listener(0) {
        Ok(listener) => listener.map(super::Listener::shared),
        Err(_) => match passed.take_unix_listener(0) {
            Ok(listener) => listener
                .map(|listener| Listener::handed_down(listener.into()).map(super::Listener::Unix)),
            Err(error) => Some(Err(error)),
        },
    };
    listener
        .transpose()
        .map_err(|source: io::Error| ServerError::Inherited { count: 1, source })
}
