-- +goose Up

-- What is being written of a covenant's next revision: no event, and no part of the record. It goes when the revision is
-- submitted. Notes are what was to be looked at when it was copied from another covenant, as JSON.
CREATE TABLE workings (
    covenant  TEXT PRIMARY KEY,
    data      BLOB NOT NULL,
    notes     TEXT NOT NULL,
    version   INTEGER NOT NULL,
    edited_by TEXT NOT NULL,
    since     INTEGER NOT NULL,
    edited_at INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE workings;
