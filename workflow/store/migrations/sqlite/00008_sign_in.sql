-- +goose Up

-- Who is signed in. Of a session's token only the SHA-256 is kept; the id is the part that may be shown. The table of the
-- first release was never written to.
DROP TABLE sessions;
CREATE TABLE sessions (
    hash       BLOB PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    person     TEXT NOT NULL,
    method     TEXT NOT NULL,
    network    TEXT NOT NULL,
    agent      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_person ON sessions (person, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- How often something that can be guessed was tried since a moment: about an account, or from an address.
CREATE TABLE attempts (
    subject TEXT PRIMARY KEY,
    tried   INTEGER NOT NULL,
    since   INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_since ON attempts (since);

-- +goose Down
DROP TABLE attempts;
DROP TABLE sessions;
CREATE TABLE sessions (
    token  TEXT PRIMARY KEY,
    data   BLOB NOT NULL,
    expiry INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expiry);
