-- +goose Up

-- How often a mail was tried since it was queued, or queued again by a person, which its pauses grow with; and how often
-- it was in doubt. attempts stays what it was: every hand-over begun, also those that found no server.
ALTER TABLE mails ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mails ADD COLUMN doubts BIGINT NOT NULL DEFAULT 0;

-- A mail in doubt whose next_at is not 0 is sent again then, by the policy of its kind. Those of earlier programs wait for
-- a person.
UPDATE mails SET next_at = 0 WHERE state = 'in_doubt';
CREATE INDEX mails_doubted ON mails (next_at, key) WHERE state = 'in_doubt';

-- +goose Down
DROP INDEX mails_doubted;
ALTER TABLE mails DROP COLUMN doubts;
ALTER TABLE mails DROP COLUMN tries;
