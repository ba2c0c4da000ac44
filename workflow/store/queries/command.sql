-- name: Command :one
SELECT digest, result, at FROM commands WHERE key = $1;

-- name: InsertCommand :execrows
INSERT INTO commands (key, digest, result, at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING;

-- name: Ahead :many
SELECT CAST('' AS TEXT) AS stream, c.at AS number, c.digest AS hash, c.result AS result FROM commands c WHERE c.key = @key
UNION ALL
SELECT s.stream, s.version, s.hash, CAST('' AS TEXT) FROM streams s WHERE s.stream = @first
UNION ALL
SELECT t.stream, t.version, t.hash, CAST('' AS TEXT) FROM streams t WHERE t.stream = @second;
