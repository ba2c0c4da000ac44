-- +goose Up

-- Access tokens of people, for programs that act as them. Of a token only the SHA-256 of its secret part is kept, which is
-- 256 random bits; the id is the part that may be shown.
CREATE TABLE access_tokens (
    id         TEXT PRIMARY KEY,
    person     TEXT NOT NULL,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    revoked_by TEXT NOT NULL
) STRICT;
CREATE INDEX access_tokens_person ON access_tokens (person, created_at);

-- The one-time code that a person was sent to make a token of, at most one each. The code itself is kept nowhere.
CREATE TABLE access_codes (
    person     TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    sent_by    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE access_codes;
DROP TABLE access_tokens;
