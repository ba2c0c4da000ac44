-- +goose Up

-- The record: an RFC 6962 tree whose leaves are the events in the order of the log, and statements about them. Its nodes
-- are kept as C2SP tlog-tiles has them, 256 hashes to a tile, so that neither a checkpoint nor a proof costs what exists.
-- The tree 'heads' is a map from streams to their last event, by the first 16 bits of the SHA-256 of a stream's name.
CREATE TABLE record_tiles (
    tree   TEXT NOT NULL CHECK (tree IN ('log', 'heads')),
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (tree, level, number)
) STRICT;

-- What the map of heads holds as of the newest checkpoint.
CREATE TABLE record_heads (
    stream  TEXT PRIMARY KEY,
    bucket  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    leaf    INTEGER NOT NULL
) STRICT;
CREATE INDEX record_heads_bucket ON record_heads (bucket);

-- The leaves that are not events: what was handed out as evidence, and the root of the map of heads.
CREATE TABLE record_statements (
    leaf INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- Signed notes over the tree. day is yyyy-mm-dd for those that are sent to members, empty for those made on demand.
CREATE TABLE checkpoints (
    size       INTEGER PRIMARY KEY,
    position   INTEGER NOT NULL,
    day        TEXT NOT NULL,
    note       TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    token      BLOB NOT NULL,
    stamped_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX checkpoints_day ON checkpoints (day) WHERE day <> '';

-- +goose StatementBegin
CREATE TRIGGER record_statements_no_update BEFORE UPDATE ON record_statements
BEGIN
    SELECT RAISE(ABORT, 'table record_statements is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER record_statements_no_delete BEFORE DELETE ON record_statements
BEGIN
    SELECT RAISE(ABORT, 'table record_statements is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'table checkpoints is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE checkpoints;
DROP TABLE record_statements;
DROP TABLE record_heads;
DROP TABLE record_tiles;
