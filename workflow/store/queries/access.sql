-- name: InsertAccessToken :exec
INSERT INTO access_tokens (id, person, name, hash, created_at, expires_at, used_at, revoked_at, revoked_by)
VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '');

-- name: AccessToken :one
SELECT id, person, name, hash, created_at, expires_at, used_at, revoked_at, revoked_by
FROM access_tokens WHERE id = $1;

-- name: AccessTokensOfPerson :many
SELECT id, person, name, hash, created_at, expires_at, used_at, revoked_at, revoked_by
FROM access_tokens WHERE person = $1 ORDER BY created_at, id;

-- name: AccessTokenUsed :exec
UPDATE access_tokens SET used_at = @used_at WHERE id = @id;

-- name: RevokeAccessToken :execrows
UPDATE access_tokens SET revoked_at = @revoked_at, revoked_by = @revoked_by WHERE id = @id AND revoked_at = 0;

-- name: SaveAccessCode :exec
INSERT INTO access_codes (person, id, sent_by, created_at, expires_at, attempts) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (person) DO UPDATE SET id = excluded.id, sent_by = excluded.sent_by, created_at = excluded.created_at,
    expires_at = excluded.expires_at, attempts = 0;

-- name: TryAccessCode :one
UPDATE access_codes SET attempts = attempts + 1
WHERE person = @person AND expires_at > @now AND attempts < @allowed RETURNING id, attempts;

-- name: UseAccessCode :execrows
DELETE FROM access_codes WHERE person = $1 AND id = $2;
