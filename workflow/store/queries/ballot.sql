-- name: Ballots :many
SELECT choice FROM ballots WHERE motion = $1 ORDER BY choice;

-- name: InsertBallot :exec
INSERT INTO ballots (motion, id, choice) VALUES ($1, $2, $3);

-- name: BoxedBallots :many
SELECT choice FROM ballot_box WHERE motion = $1 ORDER BY choice;

-- name: BoxBallot :exec
INSERT INTO ballot_box (motion, id, choice) VALUES ($1, $2, $3);

-- name: EmptyBox :exec
DELETE FROM ballot_box WHERE motion = $1;

-- name: BallotBoxes :many
SELECT motion FROM ballots UNION SELECT motion FROM ballot_box ORDER BY motion;
