-- name: SaveCovenant :exec
INSERT INTO covenants (id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary, folded)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, block = excluded.block,
    year = excluded.year, status = excluded.status, next_actor = excluded.next_actor, due_at = excluded.due_at,
    head = excluded.head, version = excluded.version, updated_at = excluded.updated_at,
    summary = excluded.summary, folded = excluded.folded;

-- name: MoveCovenant :execrows
UPDATE covenants SET status = @status, next_actor = @next_actor, due_at = @due_at, head = @head, version = @version,
    updated_at = @updated_at, summary = @summary, folded = @folded
WHERE id = @id;

-- name: Covenant :one
SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary
FROM covenants WHERE id = $1;

-- name: CovenantBySlug :one
SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary
FROM covenants WHERE slug = $1;

-- name: Covenants :many
SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary
FROM covenants
WHERE (CAST(@status AS TEXT) = '' OR status = @status)
  AND (CAST(@block AS TEXT) = '' OR block = @block)
  AND (CAST(@next_actor AS TEXT) = '' OR next_actor = @next_actor)
  AND (CAST(@year AS BIGINT) = 0 OR year = @year)
  AND folded LIKE @word1 AND folded LIKE @word2 AND folded LIKE @word3 AND folded LIKE @word4
ORDER BY updated_at DESC, id LIMIT @page OFFSET @skip;

-- name: CovenantsInStatus :many
SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary
FROM covenants WHERE status = @status ORDER BY updated_at DESC, id LIMIT @page OFFSET @skip;

-- name: CovenantsOfParty :many
SELECT c.id, c.slug, c.title, c.block, c.year, c.status, c.next_actor, c.due_at, c.head, c.version, c.updated_at, c.summary
FROM covenants c
WHERE c.id IN (SELECT p.covenant FROM parties p
    WHERE (CAST(@person AS TEXT) <> '' AND p.person = @person OR CAST(@agency AS TEXT) <> '' AND p.agency = @agency)
      AND (CAST(@state AS TEXT) = '' OR p.state = @state))
ORDER BY c.due_at, c.id LIMIT @page;

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
