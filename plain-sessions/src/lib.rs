//! The package `plain.sessions`: database-backed sessions.
