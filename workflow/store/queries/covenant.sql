-- name: SaveCovenant :exec
INSERT INTO covenants (id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary, folded,
    shown, dated)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, block = excluded.block,
    year = excluded.year, status = excluded.status, next_actor = excluded.next_actor, due_at = excluded.due_at,
    head = excluded.head, version = excluded.version, updated_at = excluded.updated_at,
    summary = excluded.summary, folded = excluded.folded, shown = excluded.shown, dated = excluded.dated;

-- name: MoveCovenant :execrows
UPDATE covenants SET status = @status, next_actor = @next_actor, due_at = @due_at, head = @head, version = @version,
    updated_at = @updated_at, summary = @summary, folded = @folded, shown = @shown, dated = @dated
WHERE id = @id;

-- name: Covenant :one
SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary, shown, dated
FROM covenants WHERE id = $1;

-- name: CovenantBySlug :one
SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary, shown, dated
FROM covenants WHERE slug = $1;

-- name: DeleteCovenants :exec
DELETE FROM covenants;

-- name: DeleteAllParties :exec
DELETE FROM parties;

-- name: DeleteParty :exec
DELETE FROM parties WHERE covenant = $1 AND party = $2;

-- name: Parties :many
SELECT covenant, party, seq, name, role, agency, person, state, at, detail
FROM parties WHERE covenant = $1 ORDER BY seq, party;

-- name: SaveProjection :exec
INSERT INTO projections (kind, key, body, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at;

-- name: Projection :one
SELECT body FROM projections WHERE kind = $1 AND key = $2;

-- name: Projections :many
SELECT key, body, updated_at FROM projections
WHERE kind = @kind AND key >= @first AND (CAST(@past AS TEXT) = '' OR key < @past) ORDER BY key;

-- name: DeleteProjection :exec
DELETE FROM projections WHERE kind = $1 AND key = $2;

-- name: DeleteProjections :exec
DELETE FROM projections;
