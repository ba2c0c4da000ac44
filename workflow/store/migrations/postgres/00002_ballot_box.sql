-- +goose Up

-- The ballots of open secret motions. Each vote writes the whole box anew, so that all its rows are of one age;
-- closing the motion moves them to ballots, which only grows.
CREATE TABLE ballot_box (
    motion TEXT COLLATE "C" NOT NULL,
    id     TEXT COLLATE "C" NOT NULL,
    choice TEXT NOT NULL,
    PRIMARY KEY (motion, id)
);

-- +goose Down
DROP TABLE ballot_box;
