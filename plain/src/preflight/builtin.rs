//! The checks that the framework itself brings.

mod chores;
mod core_settings;
mod database;
mod security;
mod templates;
#[cfg(test)]
mod tests;

use crate::packages::Installer;

pub(crate) use database::CONNECTION;

/// Brings all of them.
pub(crate) fn install(to: &mut Installer) {
    to.check("settings.debug", core_settings::DebugIsOff)
        .check("settings.secret_key", core_settings::SecretKeyIsStrong)
        .check("security.hosts", security::HostsAreNamed)
        .check("security.https", security::HttpsIsRequired)
        .check("security.proxies", security::ProxiesAreNamed)
        .check("security.metrics", security::MetricsAreHidden)
        .check(CONNECTION, database::Answers)
        .check("database.migrations", database::IsMigrated)
        .check("database.binary", database::BinaryIsFresh)
        .check("templates.compile", templates::Compile)
        .check("chores.runs", chores::Run);
}
