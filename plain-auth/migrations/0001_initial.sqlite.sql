CREATE TABLE plainauth_user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    -- The form that addresses are compared in, so that one address has one account.
    email_canonical TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    is_admin BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    password_changed_at TEXT NOT NULL,
    last_sign_in_at TEXT
);

CREATE TABLE plainauth_attempt (
    -- A keyed hash of what is counted: neither addresses nor what was typed stands here.
    key TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    counted_at TEXT NOT NULL,
    wait_until TEXT,
    succeeded_at TEXT
);

CREATE INDEX plainauth_attempt_counted_at ON plainauth_attempt (counted_at);
