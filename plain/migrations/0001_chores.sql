-- Which process runs a chore, and how its last run ended. One row a chore.
CREATE TABLE plain_chores (
    name TEXT PRIMARY KEY,
    leased_by TEXT,
    leased_until TIMESTAMPTZ,
    slot TIMESTAMPTZ,
    attempts BIGINT NOT NULL DEFAULT 0,
    last_started_at TIMESTAMPTZ,
    last_finished_at TIMESTAMPTZ,
    last_result TEXT,
    last_error TEXT
);
