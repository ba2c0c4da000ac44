-- +goose Up

-- To whom a covenant is shown, so that lists are chosen by who may read them: 0 its drafting agency, 1 whoever takes
-- part, 2 their clerks, too; and the day of its document (yyyy-mm-dd), which those read who were there that day.
ALTER TABLE covenants ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE covenants ADD COLUMN dated TEXT NOT NULL DEFAULT '';
UPDATE covenants SET shown = 1 WHERE EXISTS (
    SELECT 1 FROM events WHERE stream = 'covenant/' || covenants.id AND kind = 'revision_submitted');
UPDATE covenants SET shown = 2 WHERE status = 'awaiting_number' OR head <> '' OR COALESCE(json_extract(summary, '$.number'), '') <> '';
UPDATE covenants SET dated = COALESCE((
    SELECT json_extract(payload, '$.date') FROM events
    WHERE stream = 'covenant/' || covenants.id AND kind = 'number_issued' ORDER BY version DESC LIMIT 1), '')
WHERE COALESCE(json_extract(summary, '$.number'), '') <> '';
CREATE INDEX covenants_year ON covenants (year, updated_at DESC, id);
CREATE INDEX covenants_block ON covenants (block, updated_at DESC, id);

-- +goose Down
DROP INDEX covenants_block;
DROP INDEX covenants_year;
ALTER TABLE covenants DROP COLUMN dated;
ALTER TABLE covenants DROP COLUMN shown;
