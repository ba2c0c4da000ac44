package store

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// ErrNotEmpty: a backup can only be restored where nothing is.
var ErrNotEmpty = errors.New("there are data already; restore into an empty directory or database")

// Restore brings a backup back into the data directory (and PostgreSQL database) that opts name, which must be empty.
// Every part is checked against the manifest, every blob against its digest, and the whole event log is audited, before
// anything is put in place; after an error the target is as it was, but for blobs kept beside a PostgreSQL database.
func Restore(ctx context.Context, r io.ReaderAt, size int64, opts Options) (Backup, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return Backup{}, fmt.Errorf("restore: %w", err)
	}
	wanted := databaseSQLite
	if opts.DatabaseURL != "" {
		wanted = "postgres"
	}
	if a.manifest.Database != wanted {
		return Backup{}, fmt.Errorf("restore: this is a backup of a %s database, it cannot go into a %s one", a.manifest.Database, wanted)
	}
	if wanted == databaseSQLite {
		err = a.restoreSQLite(ctx, opts)
	} else {
		err = a.restorePostgres(ctx, opts)
	}
	if err != nil {
		return Backup{}, fmt.Errorf("restore into %s: %w", opts.Dir, err)
	}
	return a.manifest, nil
}

// archive is a backup being read.
type archive struct {
	zip      *zip.Reader
	manifest Backup
}

func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &storeError{ErrCorrupt, fmt.Errorf("not a whole backup file: %w", err)}
	}
	a := &archive{zip: z}
	file, err := z.Open(manifestEntry)
	if err != nil {
		return nil, &storeError{ErrCorrupt, fmt.Errorf("not a backup file: %w", err)}
	}
	defer file.Close() //nolint:errcheck // only read
	if err := json.NewDecoder(io.LimitReader(file, manifestLimit)).Decode(&a.manifest); err != nil {
		return nil, &storeError{ErrCorrupt, fmt.Errorf("manifest: %w", err)}
	}
	if a.manifest.Format != backupFormat {
		return nil, fmt.Errorf("the backup has format %d, this program reads %d: use a newer program", a.manifest.Format, backupFormat)
	}
	return a, nil
}

// extract copies one part and compares it with the manifest.
func (a *archive) extract(ctx context.Context, part BackupPart, w io.Writer) error {
	file, err := a.zip.Open(part.Name)
	if err != nil {
		return &storeError{ErrCorrupt, fmt.Errorf("%s: %w", part.Name, err)}
	}
	defer file.Close() //nolint:errcheck // only read
	sum := sha256.New()
	limited := io.LimitReader(contextReader{ctx, file}, part.Size+1)
	n, err := io.Copy(io.MultiWriter(w, sum), limited)
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, ErrStorage) || errors.Is(err, io.ErrClosedPipe)): // the place it goes to
		return fmt.Errorf("%s: %w", part.Name, err)
	case err != nil:
		return &storeError{ErrCorrupt, fmt.Errorf("%s: %w", part.Name, err)}
	case n != part.Size || hexSum(sum) != part.SHA256:
		return &storeError{ErrCorrupt, fmt.Errorf("%s is not what the manifest says", part.Name)}
	}
	return nil
}

// blobs keeps every blob of the backup.
func (a *archive) blobs(ctx context.Context, into Blobs) error {
	for _, b := range a.manifest.Blobs {
		if err := b.Digest.Check(); err != nil {
			return &storeError{ErrCorrupt, err}
		}
		read, write := io.Pipe()
		go func() {
			part := BackupPart{Name: blobEntryDir + string(b.Digest), SHA256: string(b.Digest), Size: b.Size}
			write.CloseWithError(a.extract(ctx, part, write))
		}()
		_, _, err := into.Put(ctx, read)
		if err = errors.Join(err, read.Close()); err != nil {
			return err
		}
	}
	return nil
}

// restoreSQLite builds the whole directory beside its place, audits it there and moves it in.
func (a *archive) restoreSQLite(ctx context.Context, opts Options) error {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(ErrNotEmpty, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return &storeError{ErrStorage, err}
	}
	staging, err := os.MkdirTemp(filepath.Dir(dir), ".restoring-")
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	defer os.RemoveAll(staging) //nolint:errcheck // moved away when all went well
	if err := a.stage(ctx, staging, opts); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &storeError{ErrStorage, err}
	}
	if err := os.Rename(staging, dir); err != nil {
		return &storeError{ErrStorage, err}
	}
	return syncDir(filepath.Dir(dir))
}

func (a *archive) stage(ctx context.Context, staging string, opts Options) error {
	if len(a.manifest.Parts) != 1 || a.manifest.Parts[0].Name != databaseEntry {
		return &storeError{ErrCorrupt, errors.New("no database in the backup")}
	}
	file, err := os.OpenFile(filepath.Join(staging, databaseFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	err = a.extract(ctx, a.manifest.Parts[0], diskWriter{file})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	blobs := opts.Blobs
	if blobs == nil {
		blobs = NewDirectory(filepath.Join(staging, "blobs"))
	}
	if err := a.blobs(ctx, blobs); err != nil {
		return err
	}
	opts.Dir, opts.Blobs = staging, blobs
	s, err := Open(ctx, opts)
	if err != nil {
		return err
	}
	err = s.View(ctx, func(tx *Tx) error { return a.audit(ctx, tx) })
	return errors.Join(err, s.Close())
}

// audit checks the restored log in the transaction at hand.
func (a *archive) audit(ctx context.Context, tx *Tx) error {
	var report AuditReport
	auditor := auditor{tx: tx, report: &report}
	if err := auditor.chains(ctx); err != nil {
		return err
	}
	if err := auditor.roots(ctx); err != nil {
		return err
	}
	switch {
	case !report.OK():
		return &storeError{ErrCorrupt, fmt.Errorf("the event log of the backup does not verify: %v %v", report.Breaks, report.RootBreaks)}
	case report.Events != a.manifest.Events:
		return &storeError{ErrCorrupt, fmt.Errorf("the backup holds %d events, its manifest says %d", report.Events, a.manifest.Events)}
	}
	return nil
}

// restorePostgres keeps the blobs, then fills all tables and audits them in one transaction.
func (a *archive) restorePostgres(ctx context.Context, opts Options) (err error) {
	s, err := Open(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	have, err := s.schemaVersion(ctx)
	if err != nil {
		return err
	}
	if have != a.manifest.Schema {
		return fmt.Errorf("the backup has tables of version %d, this program of %d: restore with the program that made it, then let the newer one migrate", a.manifest.Schema, have)
	}
	if err := s.View(ctx, func(tx *Tx) error { return tx.checkEmpty(ctx) }); err != nil {
		return err
	}
	if err := a.blobs(ctx, s.blobs); err != nil {
		return err
	}
	return s.Update(ctx, func(tx *Tx) error {
		tables, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		if err := tx.checkEmpty(ctx); err != nil {
			return err
		}
		for _, t := range tables {
			if err := a.copyIn(ctx, tx, t); err != nil {
				return classify(err, "fill table "+t.name)
			}
		}
		return a.audit(ctx, tx)
	})
}

func (tx *Tx) checkEmpty(ctx context.Context) error {
	n, err := tx.q.CountEvents(ctx)
	if err == nil && n > 0 {
		return ErrNotEmpty
	}
	return classify(err, "count events")
}

// copyIn fills one table, and sets the sequence of its key past what it got.
func (a *archive) copyIn(ctx context.Context, tx *Tx, t table) error {
	part, err := a.part(t.name)
	if err != nil {
		return err
	}
	name := pgx.Identifier{t.name}.Sanitize()
	query := fmt.Sprintf("COPY %s (%s) FROM STDIN", name, table{columns: part.Columns}.columnList())
	return withPgx(tx.conn, func(pgTx pgx.Tx) error {
		read, write := io.Pipe()
		go func() { write.CloseWithError(a.extract(ctx, part, write)) }()
		_, err := pgTx.Conn().PgConn().CopyFrom(ctx, read, query)
		if err = errors.Join(err, read.Close()); err != nil {
			return err
		}
		for _, key := range []struct{ table, column string }{{"events", "position"}, {"river_job", "id"}} {
			if key.table == t.name {
				_, err = pgTx.Exec(ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), GREATEST(MAX(%s), 1)) FROM %s",
					key.table, key.column, key.column, name))
			}
		}
		return err
	})
}

func (a *archive) part(table string) (BackupPart, error) {
	for _, p := range a.manifest.Parts {
		if p.Table == table {
			return p, nil
		}
	}
	return BackupPart{}, &storeError{ErrCorrupt, errors.New("it is not in the backup")}
}
