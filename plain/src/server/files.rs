//! How many connections the system lets this process have.

use crate::settings::ServerSettings;

/// How many files are left to the rest of the application: its database, log, uploads.
const KEPT: u64 = 256;

/// How many connections may be open: as many as the settings allow, but for what the limit of open
/// files would refuse.
pub(super) fn most_connections(settings: &ServerSettings) -> usize {
    let wanted = settings.server_max_connections as usize;
    let Some(limit) = raise_limit() else {
        return wanted;
    };
    // A limit as low as that is shared.
    let allowed = limit.saturating_sub(KEPT).max(limit / 2);
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX).max(1);
    if allowed < wanted {
        tracing::info!(
            target: "plain::server",
            connections = allowed,
            "the limit of open files allows fewer connections than SERVER_MAX_CONNECTIONS; raise \
             it (`ulimit -n`, or LimitNOFILE of the service)"
        );
    }
    wanted.min(allowed)
}

/// Raises the limit of open files as far as this process may, and returns it; `None` if there is
/// none. The lower limit that processes start with is for programs that use `select`, and no other
/// would need it.
#[cfg(unix)]
fn raise_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
fn raise_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_allowed_as_are_wanted_and_the_system_has_files_for() {
        let most = |server_max_connections| {
            most_connections(&ServerSettings {
                server_max_connections,
                ..ServerSettings::default()
            })
        };
        assert_eq!(most(7), 7);
        if let Some(limit) = raise_limit() {
            assert!((most(u32::MAX) as u64) < limit);
        }
    }
}
