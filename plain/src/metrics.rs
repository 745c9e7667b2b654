//! Numbers for who watches the application, in the text format of Prometheus.
//!
//! [`counter`], [`gauge`] and [`histogram`] give handles that are made once and then recorded into
//! from anywhere: that takes one or two atomic operations or a short lock, and no memory. They belong
//! to the process, as what is read at `METRICS_BIND` does. What a label can be must be few: the
//! pattern of a route, never its path.

mod process;
mod registry;

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use registry::{CONTENT_TYPE, render};
pub use registry::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::settings::{Problems, SettingsGroup, split_address};

/// Where the metrics are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct MetricsSettings {
    /// Where `/metrics` is served to Prometheus: a port on 127.0.0.1, as in `9100`, or an address, a
    /// colon and a port. Empty for nowhere. Never on the address that visitors use.
    pub metrics_bind: String,
}

impl MetricsSettings {
    /// The address to listen on, `HOST:PORT`; `None` for nowhere.
    pub(crate) fn address(&self) -> Option<String> {
        let bind = self.metrics_bind.as_str();
        match bind.parse::<u16>() {
            Ok(port) => Some(format!("{}:{port}", IpAddr::from([127, 0, 0, 1]))),
            Err(_) if bind.is_empty() => None,
            Err(_) => Some(bind.to_owned()),
        }
    }
}

impl SettingsGroup for MetricsSettings {
    fn check(&self, problems: &mut Problems) {
        let address = self.address();
        if address.is_some_and(|address| split_address(&address).is_err()) {
            problems.add(
                "METRICS_BIND",
                "must be a port, or HOST:PORT, such as 127.0.0.1:9100",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_that_only_this_machine_reaches() {
        let settings = |bind: &str| MetricsSettings {
            metrics_bind: bind.to_owned(),
        };
        let address = |bind: &str| settings(bind).address();
        assert_eq!(address(""), None);
        assert_eq!(address("9100").as_deref(), Some("127.0.0.1:9100"));
        assert_eq!(address("10.0.0.5:9100").as_deref(), Some("10.0.0.5:9100"));
        let problems = |bind: &str| {
            let mut problems = Problems::default();
            settings(bind).check(&mut problems);
            problems.iter().count()
        };
        assert_eq!(problems(""), 0);
        assert_eq!(problems("0"), 0);
        assert_eq!(problems("[::1]:9100"), 0);
        assert_eq!(problems("65536"), 1);
        assert_eq!(problems("everywhere"), 1);
    }
}
