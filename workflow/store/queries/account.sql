-- name: SaveAccount :exec
INSERT INTO accounts (id, login, person, password_hash, disabled, failures, locked_until, data, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET login = excluded.login, person = excluded.person,
    password_hash = excluded.password_hash, disabled = excluded.disabled, failures = excluded.failures,
    locked_until = excluded.locked_until, data = excluded.data, updated_at = excluded.updated_at;

-- name: Account :one
SELECT id, login, person, password_hash, disabled, failures, locked_until, data, created_at, updated_at
FROM accounts WHERE id = $1;

-- name: AccountByLogin :one
SELECT id, login, person, password_hash, disabled, failures, locked_until, data, created_at, updated_at
FROM accounts WHERE login = $1;

-- name: AccountsOfPerson :many
SELECT id, login, person, password_hash, disabled, failures, locked_until, data, created_at, updated_at
FROM accounts WHERE person = $1 ORDER BY id;

-- name: Accounts :many
SELECT id, login, person, password_hash, disabled, failures, locked_until, data, created_at, updated_at
FROM accounts ORDER BY login;

-- name: InsertKey :exec
INSERT INTO sealed_keys (id, owner, kind, sealed, certificates, failures, locked_until, created_at, retired_at)
VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0);

-- name: Key :one
SELECT id, owner, kind, sealed, certificates, failures, locked_until, created_at, retired_at
FROM sealed_keys WHERE id = $1;

-- name: KeysOfOwner :many
SELECT id, owner, kind, sealed, certificates, failures, locked_until, created_at, retired_at
FROM sealed_keys WHERE owner = $1 ORDER BY created_at DESC, id;

-- name: ResealKey :execrows
UPDATE sealed_keys SET sealed = @sealed, certificates = @certificates WHERE id = @id AND retired_at = 0;

-- name: RetireKey :execrows
UPDATE sealed_keys SET retired_at = @retired_at WHERE id = @id AND retired_at = 0;

-- name: TryKey :one
UPDATE sealed_keys SET failures = failures + 1,
    locked_until = CASE WHEN failures + 1 >= CAST(@allowed AS BIGINT) THEN CAST(@until AS BIGINT) ELSE locked_until END
WHERE id = @id AND locked_until <= CAST(@now AS BIGINT) RETURNING failures, locked_until;

-- name: UnlockKey :execrows
UPDATE sealed_keys SET failures = 0, locked_until = 0 WHERE id = $1;

-- name: TakeLease :execrows
INSERT INTO leases (name, holder, expires_at) VALUES (@name, @holder, @expires_at)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE leases.holder = excluded.holder OR leases.expires_at <= CAST(@now AS BIGINT);

-- name: Lease :one
SELECT holder, expires_at FROM leases WHERE name = $1;

-- name: ReleaseLease :execrows
DELETE FROM leases WHERE name = $1 AND holder = $2;

-- name: InsertSession :exec
INSERT INTO sessions (hash, id, person, method, network, agent, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: Session :one
SELECT hash, id, person, method, network, agent, created_at, seen_at, expires_at
FROM sessions WHERE hash = @hash AND expires_at > @now AND seen_at > @idle;

-- name: SessionsOfPerson :many
SELECT hash, id, person, method, network, agent, created_at, seen_at, expires_at
FROM sessions WHERE person = @person AND expires_at > @now AND seen_at > @idle ORDER BY created_at, id;

-- name: SessionSeen :exec
UPDATE sessions SET seen_at = @seen_at WHERE hash = @hash;

-- name: DeleteSession :execrows
DELETE FROM sessions WHERE person = @person AND id = @id;

-- name: DeleteSessionsOfPerson :exec
DELETE FROM sessions WHERE person = $1;

-- name: DeleteExpiredSessions :exec
DELETE FROM sessions WHERE expires_at <= $1;

-- name: HasExpired :one
SELECT EXISTS (SELECT 1 FROM sessions WHERE expires_at <= @now)
    OR EXISTS (SELECT 1 FROM attempts WHERE since <= @forgotten) AS expired;

-- name: Try :one
INSERT INTO attempts (subject, tried, since) VALUES (@subject, 1, @now)
ON CONFLICT (subject) DO UPDATE SET
    tried = CASE WHEN attempts.since <= @forgotten THEN 1 ELSE attempts.tried + 1 END,
    since = CASE WHEN attempts.since <= @forgotten THEN excluded.since ELSE attempts.since END
RETURNING tried, since;

-- name: TakeBackTry :exec
UPDATE attempts SET tried = tried - 1 WHERE subject = $1 AND tried > 0;

-- name: DeleteTries :exec
DELETE FROM attempts WHERE since <= $1;

-- name: SaveSetting :exec
INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at;

-- name: Setting :one
SELECT value FROM settings WHERE key = $1;

-- name: Settings :many
SELECT key, value FROM settings WHERE key >= @first AND (CAST(@past AS TEXT) = '' OR key < @past) ORDER BY key;

-- name: DeleteSetting :exec
DELETE FROM settings WHERE key = $1;
