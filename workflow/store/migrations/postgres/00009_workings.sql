-- +goose Up

-- What is being written of a covenant's next revision: no event, and no part of the record. It goes when the revision is
-- submitted. Notes are what was to be looked at when it was copied from another covenant, as JSON.
CREATE TABLE workings (
    covenant  TEXT COLLATE "C" PRIMARY KEY,
    data      BYTEA NOT NULL,
    notes     TEXT NOT NULL,
    version   BIGINT NOT NULL,
    edited_by TEXT COLLATE "C" NOT NULL,
    since     BIGINT NOT NULL,
    edited_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE workings;
