-- +goose Up

-- The event log. Rows are only ever inserted; see the triggers at the end.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    stream      TEXT NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 0),
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    on_behalf   TEXT NOT NULL,
    origin      TEXT NOT NULL,
    address     TEXT NOT NULL,
    command_key TEXT NOT NULL,
    kind        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    prev        BLOB NOT NULL,
    hash        BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT;

CREATE VIEW settled_events AS
    SELECT position, stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash
    FROM events;

-- The head of each chain. Append moves this row first.
CREATE TABLE streams (
    stream     TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE personal_data (
    commitment  TEXT PRIMARY KEY,
    stream      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    salt        BLOB NOT NULL,
    body        TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    erased_at   INTEGER NOT NULL,
    reason      TEXT NOT NULL
) STRICT;
CREATE INDEX personal_data_stream ON personal_data (stream);
CREATE INDEX personal_data_subject ON personal_data (subject) WHERE subject <> '';

CREATE TABLE roots (
    day        TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    root       BLOB NOT NULL,
    previous   BLOB NOT NULL,
    digest     BLOB NOT NULL,
    built_at   INTEGER NOT NULL,
    token      BLOB NOT NULL,
    stamped_at INTEGER NOT NULL
) STRICT;

CREATE TABLE commands (
    key    TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    result TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs (
    digest     TEXT PRIMARY KEY,
    size       INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE blob_refs (
    owner  TEXT NOT NULL,
    name   TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES blobs (digest),
    PRIMARY KEY (owner, name)
) STRICT;
CREATE INDEX blob_refs_digest ON blob_refs (digest);

-- Derived rows: can be dropped and rebuilt from the events.
CREATE TABLE covenants (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    title      TEXT NOT NULL,
    block      TEXT NOT NULL,
    year       INTEGER NOT NULL,
    status     TEXT NOT NULL,
    next_actor TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    head       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    summary    TEXT NOT NULL,
    folded     TEXT NOT NULL
) STRICT;
CREATE INDEX covenants_updated ON covenants (updated_at DESC, id);
CREATE INDEX covenants_actor ON covenants (next_actor, due_at);
CREATE INDEX covenants_status ON covenants (status, updated_at DESC, id);

CREATE TABLE parties (
    covenant TEXT NOT NULL,
    party    TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    name     TEXT NOT NULL,
    role     TEXT NOT NULL,
    agency   TEXT NOT NULL,
    person   TEXT NOT NULL,
    state    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    detail   TEXT NOT NULL,
    PRIMARY KEY (covenant, party)
) STRICT;
CREATE INDEX parties_person ON parties (person, state);
CREATE INDEX parties_agency ON parties (agency, state);

CREATE TABLE projections (
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

-- The register of numbers (sổ đăng ký văn bản).
CREATE TABLE register_books (
    book TEXT NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (book, year)
) STRICT;
CREATE TABLE register_numbers (
    book        TEXT NOT NULL,
    year        INTEGER NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    covenant    TEXT NOT NULL,
    key         TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'void')),
    reason      TEXT NOT NULL,
    reserved_at INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    voided_at   INTEGER NOT NULL,
    PRIMARY KEY (book, year, number)
) STRICT;
CREATE INDEX register_numbers_covenant ON register_numbers (covenant);

-- What was promised, and each time that it falls due.
CREATE TABLE obligations (
    id       TEXT PRIMARY KEY,
    covenant TEXT NOT NULL,
    agency   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    schedule TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('active', 'ended')),
    data     TEXT NOT NULL
) STRICT;
CREATE INDEX obligations_covenant ON obligations (covenant);

CREATE TABLE occurrences (
    obligation TEXT NOT NULL,
    period     TEXT NOT NULL,
    rung       INTEGER NOT NULL,
    covenant   TEXT NOT NULL,
    agency     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'skipped')),
    settled_at INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    PRIMARY KEY (obligation, period, rung)
) STRICT;
CREATE INDEX occurrences_due ON occurrences (due_at, obligation, period, rung) WHERE state = 'pending';
CREATE INDEX occurrences_covenant ON occurrences (covenant, due_at);
CREATE INDEX occurrences_time ON occurrences (due_at, obligation, period, rung);

CREATE TABLE mails (
    key         TEXT PRIMARY KEY,
    message_id  TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    covenant    TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    body        TEXT NOT NULL,
    attachments TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'in_doubt', 'failed')),
    attempts    INTEGER NOT NULL,
    last_error  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,
    sending_at  INTEGER NOT NULL,
    settled_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX mails_queued ON mails (next_at, key) WHERE state = 'queued';
CREATE INDEX mails_sending ON mails (sending_at, key) WHERE state = 'sending';
CREATE INDEX mails_created ON mails (created_at DESC, key);
CREATE INDEX mails_covenant ON mails (covenant, created_at);
CREATE TABLE mail_occurrences (
    mail       TEXT NOT NULL REFERENCES mails (key),
    obligation TEXT NOT NULL,
    period     TEXT NOT NULL,
    rung       INTEGER NOT NULL,
    PRIMARY KEY (mail, obligation, period, rung)
) STRICT;
CREATE INDEX mail_occurrences_occurrence ON mail_occurrences (obligation, period, rung);

-- Secret ballots: no voter, time, order or command key. The id is random, and there is no rowid to count by.
CREATE TABLE ballots (
    motion TEXT NOT NULL,
    id     TEXT NOT NULL,
    choice TEXT NOT NULL,
    PRIMARY KEY (motion, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id            TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    person        TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled      INTEGER NOT NULL,
    failures      INTEGER NOT NULL,
    locked_until  INTEGER NOT NULL,
    data          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_person ON accounts (person);

CREATE TABLE sealed_keys (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    sealed       BLOB NOT NULL,
    certificates BLOB NOT NULL,
    failures     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    retired_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sealed_keys_owner ON sealed_keys (owner, created_at);

CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    token  TEXT PRIMARY KEY,
    data   BLOB NOT NULL,
    expiry INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expiry);

CREATE TABLE settings (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'table events is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'table events is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER personal_data_no_delete BEFORE DELETE ON personal_data
BEGIN
    SELECT RAISE(ABORT, 'table personal_data is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER streams_no_delete BEFORE DELETE ON streams
BEGIN
    SELECT RAISE(ABORT, 'table streams is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER roots_no_delete BEFORE DELETE ON roots
BEGIN
    SELECT RAISE(ABORT, 'table roots is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ballots_no_update BEFORE UPDATE ON ballots
BEGIN
    SELECT RAISE(ABORT, 'table ballots is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ballots_no_delete BEFORE DELETE ON ballots
BEGIN
    SELECT RAISE(ABORT, 'table ballots is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER register_numbers_no_delete BEFORE DELETE ON register_numbers
BEGIN
    SELECT RAISE(ABORT, 'table register_numbers is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE settings;
DROP TABLE sessions;
DROP TABLE leases;
DROP TABLE sealed_keys;
DROP TABLE accounts;
DROP TABLE ballots;
DROP TABLE mail_occurrences;
DROP TABLE mails;
DROP TABLE occurrences;
DROP TABLE obligations;
DROP TABLE register_numbers;
DROP TABLE register_books;
DROP TABLE projections;
DROP TABLE parties;
DROP TABLE covenants;
DROP TABLE blob_refs;
DROP TABLE blobs;
DROP TABLE commands;
DROP TABLE roots;
DROP TABLE personal_data;
DROP TABLE streams;
DROP VIEW settled_events;
DROP TABLE events;
