CREATE TABLE plainsessions_session (
    id INTEGER PRIMARY KEY,
    -- SHA-256 of the session key, in hexadecimal: the key itself is nowhere but in the cookie.
    key_hash TEXT NOT NULL UNIQUE,
    session_data TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    owner TEXT
);

-- With the owner, so that the filters of the admin need not look at the rows themselves.
CREATE INDEX plainsessions_session_expires_at ON plainsessions_session (expires_at, owner);
CREATE INDEX plainsessions_session_owner ON plainsessions_session (owner) WHERE owner IS NOT NULL;
