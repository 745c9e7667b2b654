//! A settings file.

use std::cell::OnceCell;
use std::fs;

use plain::app::{App, Source};
use plain::settings::CoreSettings;
use plain_sessions::SessionSettings;
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// The promise: with a file an application starts, or is refused with reasons; and what is no TOML is
/// always refused.
pub(crate) fn read(bytes: &[u8]) {
    let root = FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().unwrap());
        folder.path().to_owned()
    });
    fs::write(root.join("settings.toml"), bytes).unwrap();
    let source = Source::at(&root).without_environment();
    match App::load([plain_sessions::package()], source) {
        Ok(app) => {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(text.parse::<toml::Table>().is_ok());
            let settings = app.settings();
            let core: &CoreSettings = settings.get().unwrap();
            let sessions = "plain.sessions".to_owned();
            let is_installed = core.installed_packages.contains(&sessions);
            assert_eq!(settings.get::<SessionSettings>().is_ok(), is_installed);
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}
