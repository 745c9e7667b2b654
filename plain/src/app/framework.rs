//! What the framework itself brings to every application, as a package named `plain`.

use crate::assets;
use crate::chores::ChoresSettings;
use crate::db::DatabaseSettings;
use crate::http::HttpSettings;
use crate::logging::LoggingSettings;
use crate::metrics::MetricsSettings;
use crate::middleware::{CsrfSettings, HeaderSettings, HostSettings, HttpsSettings, ProxySettings};
use crate::packages::{Contributions, FRAMEWORK, Installer};
use crate::preflight::{PreflightSettings, builtin};
use crate::settings::{CoreSettings, ServerSettings};
use crate::signing::DevelopmentKey;

crate::embedded!();

/// The contributions of the framework's own package.
pub(super) fn contributions() -> (&'static str, Contributions) {
    let mut installer = Installer::new(FRAMEWORK);
    installer
        .settings::<CoreSettings>()
        .settings::<DatabaseSettings>()
        .settings::<LoggingSettings>()
        .settings::<MetricsSettings>()
        .settings::<ServerSettings>()
        .settings::<HttpSettings>()
        .settings::<ProxySettings>()
        .settings::<HeaderSettings>()
        .settings::<HostSettings>()
        .settings::<HttpsSettings>()
        .settings::<CsrfSettings>()
        .settings::<ChoresSettings>()
        .settings::<PreflightSettings>()
        .docs(include_str!("../../README.md"))
        .migrations(EMBEDDED.migrations)
        .templates(EMBEDDED.templates)
        .assets(EMBEDDED.assets)
        .share(DevelopmentKey::default())
        .urls(assets::urls());
    builtin::install(&mut installer);
    (FRAMEWORK, installer.finish())
}
