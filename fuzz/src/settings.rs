//! A settings file.

use std::cell::OnceCell;
use std::fs;

use plain::db::DatabaseSettings;
use plain::logging::LoggingSettings;
use plain::middleware::{HeaderSettings, HostSettings, ProxySettings};
use plain::settings::{CoreSettings, Loader, ServerSettings};
use plain_sessions::SessionSettings;
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// The promise: a file is read, or refused with reasons; and what is no TOML is always refused.
pub(crate) fn read(bytes: &[u8]) {
    let path = FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().unwrap());
        folder.path().join("settings.toml")
    });
    fs::write(&path, bytes).unwrap();
    let mut loader = Loader::new();
    loader
        .declare::<CoreSettings>("plain")
        .and_then(|loader| loader.declare::<DatabaseSettings>("plain"))
        .and_then(|loader| loader.declare::<ServerSettings>("plain"))
        .and_then(|loader| loader.declare::<LoggingSettings>("plain"))
        .and_then(|loader| loader.declare::<ProxySettings>("plain"))
        .and_then(|loader| loader.declare::<HeaderSettings>("plain"))
        .and_then(|loader| loader.declare::<HostSettings>("plain"))
        .and_then(|loader| loader.declare::<SessionSettings>("plain.sessions"))
        .unwrap();
    loader.file(&path);
    let _: CoreSettings = loader.peek();
    match loader.load() {
        Ok(settings) => {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(text.parse::<toml::Table>().is_ok());
            let _ = settings.get::<DatabaseSettings>().unwrap();
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}
