-- name: InsertMail :execrows
INSERT INTO mails (key, message_id, kind, covenant, recipient, subject, body, attachments, state, attempts,
    last_error, created_at, next_at, sending_at, settled_at, tries, doubts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', 0, '', $9, $10, 0, 0, 0, 0)
ON CONFLICT (key) DO NOTHING;

-- name: Mail :one
SELECT key, message_id, kind, covenant, recipient, subject, body, attachments, state, attempts,
    last_error, created_at, next_at, sending_at, settled_at, tries, doubts FROM mails WHERE key = $1;

-- name: InsertMailOccurrence :exec
INSERT INTO mail_occurrences (mail, obligation, period, rung) VALUES ($1, $2, $3, $4)
ON CONFLICT (mail, obligation, period, rung) DO NOTHING;

-- name: MailOccurrences :many
SELECT obligation, period, rung FROM mail_occurrences WHERE mail = $1 ORDER BY obligation, period, rung;

-- name: QueuedMails :many
SELECT key, next_at, attempts FROM mails
WHERE state = 'queued' AND next_at <= @before AND (next_at, key) > (CAST(@next_at AS BIGINT), CAST(@key AS TEXT))
ORDER BY next_at, key LIMIT @page;

-- name: ClaimMail :execrows
UPDATE mails SET state = 'sending', attempts = attempts + 1, sending_at = @now
WHERE key = @key AND state = 'queued' AND next_at <= @now;

-- name: DropMail :execrows
UPDATE mails SET state = 'failed', last_error = @last_error, settled_at = @settled_at
WHERE key = @key AND state = 'queued';

-- name: RetryMail :execrows
UPDATE mails SET state = 'queued', last_error = @last_error, next_at = @next_at, tries = tries + 1
WHERE key = @key AND state = 'sending';

-- name: PostponeMail :execrows
UPDATE mails SET state = 'queued', last_error = @last_error WHERE key = @key AND state = 'sending';

-- name: SendMailAgain :execrows
UPDATE mails SET state = 'queued', last_error = @last_error, next_at = @next_at, tries = 0
WHERE key = @key AND state IN ('queued', 'in_doubt', 'failed');

-- name: SettleMail :execrows
UPDATE mails SET state = @state, last_error = @last_error, settled_at = @settled_at
WHERE key = @key AND state IN ('sending', 'in_doubt');

-- name: DoubtMail :execrows
UPDATE mails SET state = 'in_doubt', last_error = @last_error, next_at = @next_at, settled_at = @settled_at,
    doubts = doubts + 1
WHERE key = @key AND state = 'sending';

-- name: InterruptedMails :many
SELECT key, message_id, kind, covenant, recipient, subject, body, attachments, state, attempts,
    last_error, created_at, next_at, sending_at, settled_at, tries, doubts FROM mails
WHERE state = 'sending' AND sending_at < @before ORDER BY sending_at, key LIMIT @page;

-- name: DoubtedMails :many
SELECT key FROM mails
WHERE state = 'in_doubt' AND next_at > 0 AND next_at <= @before ORDER BY next_at, key LIMIT @page;

-- name: UnsentMails :many
SELECT key, message_id, kind, covenant, recipient, subject, body, attachments, state, attempts,
    last_error, created_at, next_at, sending_at, settled_at, tries, doubts FROM mails
WHERE state IN ('queued', 'in_doubt', 'failed') AND last_error <> ''
    AND (CAST(@state AS TEXT) = '' OR state = @state) AND (CAST(@kind AS TEXT) = '' OR kind = @kind)
    AND (CAST(@key AS TEXT) = '' OR key = @key)
ORDER BY created_at DESC, key LIMIT @page;

-- name: HastenMails :exec
UPDATE mails SET next_at = @now WHERE state IN ('queued', 'in_doubt') AND next_at > @now
    AND (next_at > @latest OR created_at > @ahead OR sending_at > @ahead);

-- name: MailsOfCovenant :many
SELECT key, message_id, kind, covenant, recipient, subject, body, attachments, state, attempts,
    last_error, created_at, next_at, sending_at, settled_at, tries, doubts FROM mails
WHERE covenant = $1 ORDER BY created_at, key;

-- name: Mails :many
SELECT key, message_id, kind, covenant, recipient, subject, body, attachments, state, attempts,
    last_error, created_at, next_at, sending_at, settled_at, tries, doubts FROM mails
WHERE (CAST(@state AS TEXT) = '' OR state = @state)
ORDER BY created_at DESC, key LIMIT @page;

-- name: Aside :one
SELECT
    (SELECT COUNT(*) FROM mails m WHERE m.covenant = @covenant) AS mails,
    (SELECT CAST(COALESCE(SUM(m.attempts), 0) AS BIGINT) FROM mails m WHERE m.covenant = @covenant) AS attempts,
    (SELECT COUNT(*) FROM mails m WHERE m.covenant = @covenant AND m.state = 'queued') AS queued,
    (SELECT COUNT(*) FROM mails m WHERE m.covenant = @covenant AND m.state = 'sent') AS sent,
    (SELECT COUNT(*) FROM mails m WHERE m.covenant = @covenant AND m.state IN ('in_doubt', 'failed')) AS stuck,
    (SELECT COUNT(*) FROM occurrences o WHERE o.covenant = @covenant) AS occurrences,
    (SELECT COUNT(*) FROM occurrences o WHERE o.covenant = @covenant AND o.state <> 'pending') AS settled;
