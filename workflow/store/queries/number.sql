-- name: NumberByKey :one
SELECT book, year, number, covenant, key, state, reason, reserved_at, issued_at, voided_at
FROM register_numbers WHERE key = $1;

-- name: OpenBook :exec
INSERT INTO register_books (book, year, last) VALUES ($1, $2, 0) ON CONFLICT (book, year) DO NOTHING;

-- name: AdvanceBook :one
UPDATE register_books SET last = last + 1 WHERE book = $1 AND year = $2 RETURNING last;

-- name: InsertNumber :execrows
INSERT INTO register_numbers (book, year, number, covenant, key, state, reason, reserved_at, issued_at, voided_at)
VALUES ($1, $2, $3, $4, $5, 'reserved', '', $6, 0, 0)
ON CONFLICT (book, year, number) DO NOTHING;

-- name: IssueNumber :execrows
UPDATE register_numbers SET state = 'issued', issued_at = @issued_at WHERE key = @key AND state = 'reserved';

-- name: VoidNumber :execrows
UPDATE register_numbers SET state = 'void', reason = @reason, voided_at = @voided_at
WHERE key = @key AND state IN ('reserved', 'issued');

-- name: NumbersOfBook :many
SELECT book, year, number, covenant, key, state, reason, reserved_at, issued_at, voided_at
FROM register_numbers WHERE book = $1 AND year = $2 ORDER BY number;

-- name: NumbersOfCovenant :many
SELECT book, year, number, covenant, key, state, reason, reserved_at, issued_at, voided_at
FROM register_numbers WHERE covenant = $1 ORDER BY book, year, number;

-- name: LockBook :exec
UPDATE register_books SET last = last WHERE book = $1 AND year = $2;
