-- +goose Up

-- The ballots of open secret motions. Each vote writes the whole box anew, so that all its rows are of one age;
-- closing the motion moves them to ballots, which only grows.
CREATE TABLE ballot_box (
    motion TEXT NOT NULL,
    id     TEXT NOT NULL,
    choice TEXT NOT NULL,
    PRIMARY KEY (motion, id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE ballot_box;
