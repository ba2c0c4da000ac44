-- name: Working :one
SELECT covenant, data, notes, version, edited_by, since, edited_at FROM workings WHERE covenant = $1;

-- name: SaveWorking :one
INSERT INTO workings (covenant, data, notes, version, edited_by, since, edited_at)
VALUES (@covenant, @data, @notes, 1, @edited_by, @now, @now)
ON CONFLICT (covenant) DO UPDATE SET data = excluded.data, notes = excluded.notes, version = workings.version + 1,
    since = CASE WHEN workings.edited_by = excluded.edited_by AND workings.edited_at > CAST(@idle AS BIGINT)
        THEN workings.since ELSE excluded.since END,
    edited_by = excluded.edited_by, edited_at = excluded.edited_at
WHERE workings.version = CAST(@version AS BIGINT)
RETURNING covenant, data, notes, version, edited_by, since, edited_at;

-- name: DeleteWorking :exec
DELETE FROM workings WHERE covenant = $1;

-- name: LeftWorkings :many
SELECT covenant FROM workings
WHERE COALESCE((SELECT status FROM covenants WHERE id = workings.covenant), '') <> CAST(@status AS TEXT)
ORDER BY covenant LIMIT 500;
