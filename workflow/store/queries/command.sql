-- name: Command :one
SELECT digest, result, at FROM commands WHERE key = $1;

-- name: InsertCommand :execrows
INSERT INTO commands (key, digest, result, at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING;
