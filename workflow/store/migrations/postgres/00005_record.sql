-- +goose Up

-- The record: an RFC 6962 tree whose leaves are the events in the order of the log, and statements about them. Its nodes
-- are kept as C2SP tlog-tiles has them, 256 hashes to a tile, so that neither a checkpoint nor a proof costs what exists.
-- The tree 'heads' is a map from streams to their last event, by the first 16 bits of the SHA-256 of a stream's name.
CREATE TABLE record_tiles (
    tree   TEXT NOT NULL CHECK (tree IN ('log', 'heads')),
    level  BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (tree, level, number)
);

-- What the map of heads holds as of the newest checkpoint.
CREATE TABLE record_heads (
    stream  TEXT PRIMARY KEY,
    bucket  BIGINT NOT NULL,
    version BIGINT NOT NULL,
    hash    BYTEA NOT NULL,
    leaf    BIGINT NOT NULL
);
CREATE INDEX record_heads_bucket ON record_heads (bucket);

-- The leaves that are not events: what was handed out as evidence, and the root of the map of heads.
CREATE TABLE record_statements (
    leaf BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);

-- Signed notes over the tree. day is yyyy-mm-dd for those that are sent to members, empty for those made on demand.
CREATE TABLE checkpoints (
    size       BIGINT PRIMARY KEY,
    position   BIGINT NOT NULL,
    day        TEXT NOT NULL,
    note       TEXT NOT NULL,
    made_at    BIGINT NOT NULL,
    token      BYTEA NOT NULL,
    stamped_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX checkpoints_day ON checkpoints (day) WHERE day <> '';

CREATE TRIGGER record_statements_kept BEFORE UPDATE OR DELETE ON record_statements
    FOR EACH ROW EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER checkpoints_kept BEFORE DELETE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION covenant_append_only();
-- TRUNCATE passes by the triggers of rows.
CREATE TRIGGER personal_data_no_truncate BEFORE TRUNCATE ON personal_data
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER streams_no_truncate BEFORE TRUNCATE ON streams
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER roots_no_truncate BEFORE TRUNCATE ON roots
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER ballots_no_truncate BEFORE TRUNCATE ON ballots
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER register_numbers_no_truncate BEFORE TRUNCATE ON register_numbers
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER record_statements_no_truncate BEFORE TRUNCATE ON record_statements
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION covenant_append_only();

-- +goose Down
DROP TRIGGER register_numbers_no_truncate ON register_numbers;
DROP TRIGGER ballots_no_truncate ON ballots;
DROP TRIGGER roots_no_truncate ON roots;
DROP TRIGGER streams_no_truncate ON streams;
DROP TRIGGER personal_data_no_truncate ON personal_data;
DROP TABLE checkpoints;
DROP TABLE record_statements;
DROP TABLE record_heads;
DROP TABLE record_tiles;
