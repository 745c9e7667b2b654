//! Why an application can't start.

use super::middleware::MiddlewareErrors;
use super::source::NoProject;
use crate::assets::AssetError;
use crate::chores::ScheduleErrors;
use crate::http::Error;
use crate::packages::PackageErrors;
use crate::settings::{DuplicateSetting, SettingsError, SettingsErrors};
use crate::templates::TemplateError;
use crate::urls::UrlError;

/// Why an application can't start; its text says all that is wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no project here.
    #[error(transparent)]
    NoProject(#[from] NoProject),
    /// The packages do not fit together.
    #[error(transparent)]
    Packages(#[from] PackageErrors),
    /// Two packages declare one setting.
    #[error(transparent)]
    DuplicateSetting(#[from] DuplicateSetting),
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsErrors),
    /// `MIDDLEWARE` is wrong.
    #[error(transparent)]
    Middleware(#[from] MiddlewareErrors),
    /// The URLs are wrong.
    #[error(transparent)]
    Urls(#[from] UrlError),
    /// `CHORES_SCHEDULE` is wrong.
    #[error(transparent)]
    Schedule(#[from] ScheduleErrors),
    /// A template is wrong.
    #[error(transparent)]
    Templates(#[from] TemplateError),
    /// A static file can't be read.
    #[error(transparent)]
    Assets(#[from] AssetError),
    /// A group of settings is missing.
    #[error(transparent)]
    Setting(#[from] SettingsError),
    /// A package brings a command that the framework has itself.
    #[error(
        "the command `{0}` of an installed package has the name of one of the framework's: rename \
         it in the package"
    )]
    CommandTaken(String),
    /// A part could not be made from the settings.
    #[error("{part} could not be set up: {error}")]
    Part {
        /// What.
        part: String,
        /// Why.
        error: Error,
    },
}
