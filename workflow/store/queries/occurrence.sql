-- name: SaveObligation :exec
INSERT INTO obligations (id, covenant, agency, kind, schedule, state, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET covenant = excluded.covenant, agency = excluded.agency, kind = excluded.kind,
    schedule = excluded.schedule, state = excluded.state, data = excluded.data;

-- name: Obligations :many
SELECT id, covenant, agency, kind, schedule, state, data FROM obligations WHERE covenant = $1 ORDER BY id;

-- name: Obligation :one
SELECT id, covenant, agency, kind, schedule, state, data FROM obligations WHERE id = $1;

-- name: InsertOccurrence :execrows
INSERT INTO occurrences (obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, '')
ON CONFLICT (obligation, period, rung) DO NOTHING;

-- name: MoveOccurrence :execrows
UPDATE occurrences SET due_at = @due_at
WHERE obligation = @obligation AND period = @period AND rung = @rung AND state = 'pending';

-- name: DueOccurrences :many
SELECT obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason FROM occurrences
WHERE state = 'pending' AND due_at <= @before
  AND (due_at, obligation, period, rung) > (CAST(@due_at AS BIGINT), CAST(@obligation AS TEXT), CAST(@period AS TEXT), CAST(@rung AS BIGINT))
ORDER BY due_at, obligation, period, rung LIMIT @page;

-- name: NextDue :one
SELECT due_at FROM occurrences WHERE state = 'pending' ORDER BY due_at, obligation, period, rung LIMIT 1;

-- name: SettleOccurrence :execrows
UPDATE occurrences SET state = @state, settled_at = @settled_at, reason = @reason
WHERE obligation = @obligation AND period = @period AND rung = @rung AND state = 'pending';

-- name: SkipOccurrencesOfPeriod :execrows
UPDATE occurrences SET state = 'skipped', settled_at = @settled_at, reason = @reason
WHERE obligation = @obligation AND period = @period AND state = 'pending';

-- name: OccurrencesOfCovenant :many
SELECT obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason FROM occurrences
WHERE covenant = $1 ORDER BY due_at, obligation, period, rung;

-- name: OccurrencesBetween :many
SELECT obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason FROM occurrences
WHERE due_at >= @first AND due_at < @past ORDER BY due_at, obligation, period, rung LIMIT @page;

-- name: RestoreOccurrence :exec
INSERT INTO occurrences (obligation, period, rung, covenant, agency, kind, due_at, state, settled_at, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: DeleteObligationsOf :exec
DELETE FROM obligations WHERE covenant = $1;

-- name: DeleteOccurrencesOf :exec
DELETE FROM occurrences WHERE covenant = $1;

-- name: DeleteStrayObligations :exec
DELETE FROM obligations WHERE covenant NOT IN (SELECT id FROM covenants);

-- name: DeleteStrayOccurrences :exec
DELETE FROM occurrences WHERE covenant NOT IN (SELECT id FROM covenants);
