-- name: SaveBlob :exec
INSERT INTO blobs (digest, size, media_type, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING;

-- name: Blob :one
SELECT size, media_type, created_at FROM blobs WHERE digest = $1;

-- name: BlobsAfter :many
SELECT digest, size, media_type, created_at FROM blobs WHERE digest > @after ORDER BY digest LIMIT @page;

-- name: ReferBlob :exec
INSERT INTO blob_refs (owner, name, digest) VALUES ($1, $2, $3)
ON CONFLICT (owner, name) DO UPDATE SET digest = excluded.digest;

-- name: BlobRefs :many
SELECT r.name, r.digest, b.size, b.media_type FROM blob_refs r JOIN blobs b ON b.digest = r.digest
WHERE r.owner = $1 ORDER BY r.name;

-- name: BlobNames :many
SELECT DISTINCT name FROM blob_refs WHERE digest = $1 ORDER BY name;
