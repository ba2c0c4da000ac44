package store

import (
	"archive/zip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"covenant/workflow/store/db"
)

// A backup is a ZIP file: the database as of one moment (SQLite's file, or PostgreSQL's tables), every blob that it
// names, and last a manifest with the SHA-256 of each part. It holds accounts, sealed keys and personal data: keep it
// as safe as the data directory.

const (
	backupFormat  = 2
	manifestEntry = "manifest.json"
	databaseEntry = "covenant.db"
	blobEntryDir  = "blobs/"
	tableEntryDir = "tables/"
	manifestLimit = 256 << 20
)

// Backup tells what a backup holds.
type Backup struct {
	Format   int           `json:"format"`
	Database string        `json:"database"` // sqlite or postgres
	Schema   int64         `json:"schema"`   // version of the tables
	MadeAt   time.Time     `json:"made_at"`
	Events   int           `json:"events"`
	Parts    []BackupPart  `json:"parts"`            // the database
	Tables   []BackupTable `json:"tables,omitempty"` // SQLite: all that its file holds, by name
	Blobs    []BackupBlob  `json:"blobs"`            // by digest
	Heads    []BackupChain `json:"heads"`            // of all streams: compare them with a root kept elsewhere
}

// BackupPart is one entry of the ZIP file that belongs to the database.
type BackupPart struct {
	Name    string   `json:"name"`
	SHA256  string   `json:"sha256"`
	Size    int64    `json:"size"`
	Table   string   `json:"table,omitempty"`   // PostgreSQL
	Columns []string `json:"columns,omitempty"` // PostgreSQL
	Rows    int64    `json:"rows,omitempty"`    // PostgreSQL
}

// BackupTable is a table of a SQLite database: how many rows it has, and the SHA-256 over them.
type BackupTable struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// BackupBlob is a blob in the backup.
type BackupBlob struct {
	Digest Digest `json:"digest"`
	Size   int64  `json:"size"`
}

// BackupChain is the head of a stream in the backup.
type BackupChain struct {
	Stream  Stream `json:"stream"`
	Version int64  `json:"version"`
	Hash    string `json:"hash"`
}

// Backup writes a consistent copy of the database and all its blobs while others go on writing. It also works on a
// store opened read-only. A blob that is missing or damaged is an error: nothing incomplete passes for a backup. The
// manifest is signed with key; without one it restores only where that is accepted.
func (s *Store) Backup(ctx context.Context, w io.Writer, key ed25519.PrivateKey) (Backup, error) {
	b := Backup{Format: backupFormat, Database: s.Database(), MadeAt: s.now().UTC()}
	archive := &archiveWriter{zip.NewWriter(w), s.now()}
	err := s.backup(ctx, archive, &b)
	if err == nil {
		err = archive.manifest(b, key)
	}
	if err == nil {
		err = archive.zip.Close()
	}
	if err != nil {
		return Backup{}, fmt.Errorf("back up %s: %w", s.dir, err)
	}
	return b, nil
}

func (s *Store) backup(ctx context.Context, archive *archiveWriter, b *Backup) (err error) {
	if b.Schema, err = s.schemaVersion(ctx); err != nil {
		return err
	}
	if s.dialect == sqliteDialect {
		return s.backupSQLite(ctx, archive, b)
	}
	return s.backupPostgres(ctx, archive, b)
}

// backupSQLite copies the database by VACUUM INTO, which reads one state of it, and lists the blobs from the copy.
func (s *Store) backupSQLite(ctx context.Context, archive *archiveWriter, b *Backup) error {
	tmp, err := workDir(s.dir, "backup")
	if err != nil {
		return err
	}
	defer tmp.Remove() //nolint:errcheck // what is left is removed at the next start
	path := filepath.Join(tmp.Path, databaseFile)
	if err := s.vacuumInto(ctx, path); err != nil {
		return err
	}
	part, err := archive.file(databaseEntry, path)
	if err != nil {
		return err
	}
	b.Parts = []BackupPart{part}
	pool := openSQLitePool(sqliteDSN(path, false), 1)
	defer pool.Close() //nolint:errcheck // only read
	if b.Tables, err = sums(ctx, pool); err != nil {
		return err
	}
	return s.backupBlobs(ctx, archive, db.New(pool), b)
}

func (s *Store) vacuumInto(ctx context.Context, path string) error {
	pool := openSQLitePool(sqliteDSN(filepath.Join(s.dir, databaseFile), false), 1)
	defer pool.Close()                                                        //nolint:errcheck // only read
	if _, err := pool.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil { // it would refuse to write the copy, too
		return classify(err, "copy database")
	}
	_, err := pool.ExecContext(ctx, "VACUUM INTO $1", path)
	return classify(err, "copy database")
}

// backupBlobs adds what a database names, from which q reads.
func (s *Store) backupBlobs(ctx context.Context, archive *archiveWriter, q *db.Queries, b *Backup) error {
	events, err := q.CountEvents(ctx)
	if err != nil {
		return classify(err, "count events")
	}
	b.Events = int(events)
	heads, err := q.Streams(ctx, db.StreamsParams{Page: page(0)})
	if err != nil {
		return classify(err, "read heads")
	}
	b.Heads = convert(heads, func(r db.StreamsRow) BackupChain {
		return BackupChain{Stream(r.Stream), r.Version, hex.EncodeToString(r.Hash)}
	})
	if b.Blobs, err = allBlobs(ctx, q); err != nil {
		return err
	}
	for _, blob := range b.Blobs {
		if err := s.backupBlob(ctx, archive, blob.Digest); err != nil {
			return err
		}
	}
	return nil
}

// allBlobs are the files that a database names, by digest.
func allBlobs(ctx context.Context, q *db.Queries) ([]BackupBlob, error) {
	rows, err := q.BlobsAfter(ctx, db.BlobsAfterParams{Page: page(0)})
	return convert(rows, func(r db.Blob) BackupBlob { return BackupBlob{Digest(r.Digest), r.Size} }),
		classify(err, "list files")
}

func (s *Store) backupBlob(ctx context.Context, archive *archiveWriter, d Digest) error {
	blob, err := s.blobs.Open(ctx, d)
	if err != nil {
		return err
	}
	defer blob.Close() // only read
	part, err := archive.entry(blobEntryDir+string(d), zip.Store,
		contextReader{ctx, io.NewSectionReader(blob, 0, blob.Size())})
	if err == nil && part.SHA256 != string(d) {
		return fmt.Errorf("file %s: %w", d, ErrCorrupt)
	}
	return err
}

// backupPostgres copies all tables in one snapshot.
func (s *Store) backupPostgres(ctx context.Context, archive *archiveWriter, b *Backup) error {
	return s.View(ctx, func(tx *Tx) error {
		tables, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			part, err := tx.copyOut(ctx, archive, table)
			if err != nil {
				return classify(err, "copy table "+table.name)
			}
			b.Parts = append(b.Parts, part)
		}
		return s.backupBlobs(ctx, archive, tx.q, b)
	})
}

type table struct {
	name     string
	columns  []string
	booleans []string // those of columns that are BOOLEAN
}

// tables lists what a backup of PostgreSQL holds, tables referred to first: ours and the job engine's jobs and queues,
// without what only running processes mean, and without transaction numbers, which mean nothing elsewhere.
func (tx *Tx) tables(ctx context.Context) (tables []table, err error) {
	const query = `SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position),
			COALESCE(array_agg(c.column_name::text) FILTER (WHERE c.data_type = 'boolean'), '{}')
		FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
		  AND (c.table_name NOT LIKE 'river\_%' OR c.table_name IN ('river_job', 'river_queue'))
		  AND c.table_name NOT IN ('goose_db_version', 'leases') AND (c.table_name, c.column_name) <> ('events', 'xid')
		GROUP BY c.table_name ORDER BY c.table_name NOT IN ('blobs', 'mails'), c.table_name`
	err = withPgx(tx.conn, func(pgTx pgx.Tx) error {
		rows, err := pgTx.Query(ctx, query)
		if err != nil {
			return err
		}
		tables, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t table, err error) {
			err = row.Scan(&t.name, &t.columns, &t.booleans)
			return t, err
		})
		return err
	})
	return tables, classify(err, "list tables")
}

func (t table) columnList() string {
	list := ""
	for i, c := range t.columns {
		if i > 0 {
			list += ", "
		}
		list += pgx.Identifier{c}.Sanitize()
	}
	return list
}

func (tx *Tx) copyOut(ctx context.Context, archive *archiveWriter, t table) (part BackupPart, err error) {
	// Sorted by all columns of the first, which is the key or its beginning: the order on disk would tell that of
	// ballots.
	query := fmt.Sprintf("COPY (SELECT %s FROM %s ORDER BY 1, 2) TO STDOUT", t.columnList(),
		pgx.Identifier{t.name}.Sanitize())
	err = withPgx(tx.conn, func(pgTx pgx.Tx) error {
		read, write := io.Pipe()
		done := make(chan error, 1)
		var copied int64
		go func() {
			tag, err := pgTx.Conn().PgConn().CopyTo(ctx, write, query)
			copied = tag.RowsAffected()
			done <- errors.Join(err, write.CloseWithError(err))
		}()
		part, err = archive.entry(tableEntryDir+t.name+".copy", zip.Deflate, read)
		_ = read.CloseWithError(err) // lets the goroutine end if the archive failed
		err = errors.Join(<-done, err)
		part.Rows = copied
		return err
	})
	part.Table, part.Columns = t.name, t.columns
	return part, err
}

func (s *Store) schemaVersion(ctx context.Context) (version int64, err error) {
	query := "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"
	err = s.reader.QueryRowContext(ctx, query).Scan(&version)
	return version, classify(err, "version of the tables")
}

// archiveWriter adds entries to a ZIP file and sums them up.
type archiveWriter struct {
	zip *zip.Writer
	at  time.Time
}

func (a *archiveWriter) entry(name string, method uint16, r io.Reader) (BackupPart, error) {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: a.at})
	if err != nil {
		return BackupPart{}, err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), r)
	return BackupPart{Name: name, SHA256: hexSum(sum), Size: size}, err
}

func (a *archiveWriter) file(name, path string) (BackupPart, error) {
	file, err := os.Open(path)
	if err != nil {
		return BackupPart{}, err
	}
	defer file.Close() // only read
	return a.entry(name, zip.Deflate, file)
}

// manifest writes the manifest and its signature; an unsigned one has an empty signature.
func (a *archiveWriter) manifest(b Backup, key ed25519.PrivateKey) error {
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	signature := []byte("{}")
	if key != nil {
		if signature, err = signManifest(data, key); err != nil {
			return err
		}
	}
	for _, entry := range []struct {
		name string
		data []byte
	}{{manifestEntry, data}, {signatureEntry, signature}} {
		w, err := a.zip.CreateHeader(&zip.FileHeader{Name: entry.name, Method: zip.Deflate, Modified: a.at})
		if err != nil {
			return err
		}
		if _, err := w.Write(entry.data); err != nil {
			return err
		}
	}
	return nil
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
