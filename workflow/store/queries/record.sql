-- name: Tile :one
SELECT hashes FROM record_tiles WHERE tree = $1 AND level = $2 AND number = $3;

-- name: Tiles :many
SELECT tree, level, number, hashes FROM record_tiles ORDER BY tree, level, number;

-- name: SaveTile :exec
INSERT INTO record_tiles (tree, level, number, hashes) VALUES ($1, $2, $3, $4)
ON CONFLICT (tree, level, number) DO UPDATE SET hashes = excluded.hashes;

-- name: SaveRecordHead :exec
INSERT INTO record_heads (stream, bucket, version, hash, leaf) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (stream) DO UPDATE SET version = excluded.version, hash = excluded.hash, leaf = excluded.leaf;

-- name: RecordHead :one
SELECT stream, bucket, version, hash, leaf FROM record_heads WHERE stream = $1;

-- name: RecordBucket :many
SELECT stream, bucket, version, hash, leaf FROM record_heads WHERE bucket = $1 ORDER BY stream;

-- name: RecordHeads :many
SELECT stream, bucket, version, hash, leaf FROM record_heads ORDER BY stream;

-- name: InsertStatement :exec
INSERT INTO record_statements (leaf, body) VALUES ($1, $2);

-- name: Statements :many
SELECT leaf, body FROM record_statements WHERE leaf >= @first AND leaf < @past ORDER BY leaf;

-- name: InsertCheckpoint :exec
INSERT INTO checkpoints (size, position, day, note, made_at, token, stamped_at) VALUES ($1, $2, $3, $4, $5, $6, 0);

-- name: StampCheckpoint :execrows
UPDATE checkpoints SET token = @token, stamped_at = @stamped_at WHERE size = @size AND stamped_at = 0;

-- name: LastCheckpoint :one
SELECT size, position, day, note, made_at, token, stamped_at FROM checkpoints ORDER BY size DESC LIMIT 1;

-- name: CheckpointOfDay :one
SELECT size, position, day, note, made_at, token, stamped_at FROM checkpoints WHERE day = $1 AND day <> '';

-- name: LastDailyCheckpoint :one
SELECT size, position, day, note, made_at, token, stamped_at FROM checkpoints WHERE day <> '' ORDER BY day DESC LIMIT 1;

-- name: Checkpoints :many
SELECT size, position, day, note, made_at, token, stamped_at FROM checkpoints ORDER BY size;
