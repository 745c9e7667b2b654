//! Checks of what protects visitors.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::http::Result;
use crate::metrics::MetricsSettings;
use crate::middleware::{HostSettings, HttpsSettings, ProxySettings};
use crate::preflight::{Check, Finding, Stage};
use crate::services::Services;
use crate::settings::ServerSettings;

/// Without hosts nothing is answered, with all of them a stranger chooses what links point to.
pub(super) struct HostsAreNamed;

impl Check for HostsAreNamed {
    fn description(&self) -> &'static str {
        "ALLOWED_HOSTS names the hosts that visitors use."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &HostSettings = app.settings()?;
        let hosts = &settings.allowed_hosts;
        let finding = if hosts.is_empty() {
            Some(Finding::error(
                "ALLOWED_HOSTS is empty: no request is answered",
                "name the hosts that visitors use, such as ALLOWED_HOSTS = [\"example.com\"]",
            ))
        } else if hosts.iter().any(|host| host == "*") {
            Some(Finding::warning(
                "ALLOWED_HOSTS holds \"*\": whoever sends a request chooses what links point to",
                "name the hosts that visitors use",
            ))
        } else {
            None
        };
        Ok(finding.into_iter().collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

/// Over clear HTTP, everyone on the way reads and writes.
pub(super) struct HttpsIsRequired;

impl Check for HttpsIsRequired {
    fn description(&self) -> &'static str {
        "Visitors are led from HTTP to HTTPS."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &HttpsSettings = app.settings()?;
        let finding = Finding::warning(
            "HTTPS_REDIRECT_ENABLED is off: visitors may stay on clear HTTP",
            "remove it, or silence this check if a proxy in front redirects",
        );
        Ok((!settings.https_redirect_enabled)
            .then_some(finding)
            .into_iter()
            .collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

/// Who is believed about the client: nobody is as wrong as everybody.
pub(super) struct ProxiesAreNamed;

impl Check for ProxiesAreNamed {
    fn description(&self) -> &'static str {
        "The server, or a proxy that TRUSTED_PROXIES names, speaks HTTPS; not everybody is trusted."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let proxies = &app.settings::<ProxySettings>()?.trusted_proxies;
        let https: &HttpsSettings = app.settings()?;
        let server: &ServerSettings = app.settings()?;
        let speaks_https = !server.server_tls_cert.is_empty() || !proxies.is_empty();
        let mut findings = Vec::new();
        if https.https_redirect_enabled && !speaks_https {
            findings.push(Finding::warning(
                "TRUSTED_PROXIES is empty: each request counts as clear HTTP, and is redirected to \
                 HTTPS for ever",
                "name the proxy that speaks HTTPS, such as TRUSTED_PROXIES = [\"127.0.0.1\"], or set \
                 SERVER_TLS_CERT",
            ));
        }
        let everybody = proxies.iter().find(|proxy| holds_everybody(proxy));
        findings.extend(everybody.map(|proxy| {
            let problem = format!(
                "TRUSTED_PROXIES holds {proxy:?}: whoever sends a request chooses the address that \
                 it seems to come from"
            );
            Finding::error(problem, "name the addresses of your proxies")
        }));
        Ok(findings)
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

/// The metrics tell how busy the site is, and with what.
pub(super) struct MetricsAreHidden;

impl Check for MetricsAreHidden {
    fn description(&self) -> &'static str {
        "METRICS_BIND is no address that visitors can reach."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let bind = app.settings::<MetricsSettings>()?.address();
        let open = bind.filter(|bind| is_open(bind)).map(|bind| {
            let problem = format!(
                "METRICS_BIND is {bind}: whoever reaches this computer can read the metrics"
            );
            Finding::warning(
                problem,
                "bind to 127.0.0.1 or to an address of a private network, or silence this check if a \
                 firewall stands before the port",
            )
        });
        Ok(open.into_iter().collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

/// Whether `bind` is an address of all networks, or of a public one. Of a name it can't be told.
fn is_open(bind: &str) -> bool {
    let address = bind.parse::<SocketAddr>().map(|address| address.ip());
    match address.map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            !(address.is_loopback() || address.is_private() || address.is_link_local())
        }
        Ok(IpAddr::V6(address)) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
        Err(_) => false,
    }
}

fn holds_everybody(proxy: &str) -> bool {
    let network = proxy.parse::<IpNet>();
    network.is_ok_and(|network| network.prefix_len() == 0)
}
