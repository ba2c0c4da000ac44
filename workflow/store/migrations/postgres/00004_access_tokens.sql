-- +goose Up

-- Access tokens of people, for programs that act as them. Of a token only the SHA-256 of its secret part is kept, which is
-- 256 random bits; the id is the part that may be shown.
CREATE TABLE access_tokens (
    id         TEXT COLLATE "C" PRIMARY KEY,
    person     TEXT COLLATE "C" NOT NULL,
    name       TEXT NOT NULL,
    hash       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    revoked_by TEXT NOT NULL
);
CREATE INDEX access_tokens_person ON access_tokens (person, created_at);

-- The one-time code that a person was sent to make a token of, at most one each. The code itself is kept nowhere.
CREATE TABLE access_codes (
    person     TEXT COLLATE "C" PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL,
    sent_by    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE access_codes;
DROP TABLE access_tokens;
