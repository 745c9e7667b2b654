//! The numbers of the database, for Prometheus.

use std::sync::LazyLock;

use crate::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// The metrics of all connections of this process.
pub(super) struct Meters {
    /// Statements, without the wait for a connection.
    pub(super) statements: Histogram,
    /// Statements that the database refused or did not answer.
    pub(super) failed: Counter,
    /// Waits for a connection, of those who had to wait.
    pub(super) waits: Histogram,
    /// Waits that were too long.
    pub(super) timeouts: Counter,
    /// Connections that somebody uses.
    pub(super) in_use: Gauge,
}

pub(super) static METERS: LazyLock<Meters> = LazyLock::new(|| Meters {
    statements: histogram(
        "plain_database_statement_duration_seconds",
        "Time that statements took, without the wait for a connection",
        &[],
    ),
    failed: counter(
        "plain_database_statements_failed",
        "Statements that were refused or not answered",
        &[],
    ),
    waits: histogram(
        "plain_database_wait_seconds",
        "Time that statements waited for a connection, of those that had to wait",
        &[],
    ),
    timeouts: counter(
        "plain_database_wait_timeouts",
        "Waits for a connection that were given up",
        &[],
    ),
    in_use: gauge(
        "plain_database_connections_in_use",
        "Connections to the database that are in use",
        &[],
    ),
});
