-- name: StreamHead :one
SELECT version, hash FROM streams WHERE stream = $1;

-- name: StartStream :execrows
INSERT INTO streams (stream, version, hash, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (stream) DO NOTHING;

-- name: MoveStream :execrows
UPDATE streams SET version = @version, hash = @hash, updated_at = @updated_at
WHERE stream = @stream AND version = @expected;

-- name: InsertEvent :one
INSERT INTO events (stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING position;

-- name: StreamEvents :many
SELECT position, stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash
FROM events WHERE stream = $1 AND version >= $2 ORDER BY version;

-- name: SettledEvents :many
SELECT position, stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash
FROM settled_events WHERE position > @after ORDER BY position LIMIT @page;

-- name: ChainedEvents :many
SELECT position, stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash
FROM events WHERE (stream, version) > (CAST(@stream AS TEXT), CAST(@version AS BIGINT))
ORDER BY stream, version LIMIT @page;

-- name: LastPosition :one
SELECT CAST(COALESCE(MAX(position), 0) AS BIGINT) AS position FROM events;

-- name: Streams :many
SELECT stream, version, hash FROM streams WHERE stream > @after ORDER BY stream LIMIT @page;

-- name: InsertPersonal :exec
INSERT INTO personal_data (commitment, stream, subject, salt, body, recorded_at, erased_at, reason)
VALUES ($1, $2, $3, $4, $5, $6, 0, '');

-- name: Personal :one
SELECT stream, subject, salt, body, recorded_at, erased_at, reason FROM personal_data WHERE commitment = $1;

-- name: StreamPersonal :many
SELECT commitment, subject, body, erased_at FROM personal_data WHERE stream = $1;

-- name: CommitmentsOfSubject :many
SELECT commitment FROM personal_data WHERE subject = $1 AND subject <> '' AND erased_at = 0 ORDER BY commitment;

-- name: ErasePersonal :execrows
UPDATE personal_data SET salt = @salt, body = '', erased_at = @erased_at, reason = @reason
WHERE commitment = @commitment AND erased_at = 0;

-- name: EraseSubject :execrows
UPDATE personal_data SET salt = @salt, body = '', erased_at = @erased_at, reason = @reason
WHERE subject = @subject AND subject <> '' AND erased_at = 0;

-- name: Root :one
SELECT day, position, size, root, previous, digest, built_at, token, stamped_at FROM roots WHERE day = $1;

-- name: LastRoot :one
SELECT day, position, size, root, previous, digest, built_at, token, stamped_at FROM roots
ORDER BY day DESC LIMIT 1;

-- name: Roots :many
SELECT day, position, size, root, previous, digest, built_at, token, stamped_at FROM roots ORDER BY day;

-- name: EventHashes :many
SELECT position, stream, version, prev, hash FROM events
WHERE position > @after AND position <= @last ORDER BY position LIMIT @page;

-- name: LockStream :execrows
UPDATE streams SET updated_at = updated_at WHERE stream = $1;

-- name: LastEventTime :one
SELECT at FROM events ORDER BY position DESC LIMIT 1;

-- name: CountEvents :one
SELECT COUNT(*) FROM events;

-- name: EventsByPosition :many
SELECT position, stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash
FROM events WHERE position > @after ORDER BY position LIMIT @page;
