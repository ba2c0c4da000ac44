-- +goose Up

-- Who is signed in. Of a session's token only the SHA-256 is kept; the id is the part that may be shown. The table of the
-- first release was never written to.
DROP TABLE sessions;
CREATE TABLE sessions (
    hash       BYTEA PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    person     TEXT COLLATE "C" NOT NULL,
    method     TEXT NOT NULL,
    network    TEXT NOT NULL,
    agent      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- How often something that can be guessed was tried since a moment: about an account, or from an address.
CREATE TABLE attempts (
    subject TEXT COLLATE "C" PRIMARY KEY,
    tried   BIGINT NOT NULL,
    since   BIGINT NOT NULL
);
CREATE INDEX attempts_since ON attempts (since);

-- +goose Down
DROP TABLE attempts;
DROP TABLE sessions;
CREATE TABLE sessions (
    token  TEXT COLLATE "C" PRIMARY KEY,
    data   BYTEA NOT NULL,
    expiry BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);
