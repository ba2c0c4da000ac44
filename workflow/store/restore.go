package store

import (
	"archive/zip"
	"context"
	"crypto/ed25519"
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
// A backup of SQLite can go into PostgreSQL, too, which moves an office there; jobs are left to the sweep then. Who
// signed the manifest is checked first, then that the file holds what the manifest names and nothing else, every part
// and table against it, every blob against its digest, the definitions of a SQLite database, and the whole event log,
// before anything is put in place; after an error the target is as it was, but for blobs kept beside a PostgreSQL
// database. Derived rows are not restored: r.Finish makes them anew.
func Restore(ctx context.Context, in io.ReaderAt, size int64, opts Options, r Restoring) (Backup, error) {
	a, err := openArchive(in, size, r)
	if err != nil {
		return Backup{}, fmt.Errorf("restore: %w", err)
	}
	switch from := a.manifest.Database; {
	case opts.DatabaseURL == "" && from == DatabaseSQLite:
		err = a.restoreSQLite(ctx, opts)
	case opts.DatabaseURL != "" && from == DatabasePostgres:
		err = a.restorePostgres(ctx, opts)
	case opts.DatabaseURL != "" && from == DatabaseSQLite:
		err = a.moveToPostgres(ctx, opts)
	default:
		err = fmt.Errorf("this is a backup of a %s database; name a PostgreSQL database to restore it into", from)
	}
	if err != nil {
		return Backup{}, fmt.Errorf("restore into %s: %w", opts.Dir, err)
	}
	return a.manifest, nil
}

// Restoring says which backups are accepted, and how one is completed.
type Restoring struct {
	// Keys are those of installations whose backups are accepted. They come from outside the backup.
	Keys []ed25519.PublicKey
	// Unsigned accepts a backup whoever made it: one of v0.1, which had no signatures, or one whose key is lost.
	Unsigned bool
	// Finish makes the derived rows anew and checks what only the rules can, in the transaction that fills the
	// database. An error restores nothing. Default: the derived rows stay empty.
	Finish func(context.Context, *Store, *Tx) error
}

// archive is a backup being read.
type archive struct {
	zip       *zip.Reader
	manifest  Backup
	restoring Restoring
}

func openArchive(in io.ReaderAt, size int64, r Restoring) (*archive, error) {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, &storeError{ErrCorrupt, errors.New("this is not a whole backup file (ZIP)")}
	}
	a := &archive{zip: z, restoring: r}
	manifest, err := a.read(manifestEntry, manifestLimit)
	if err != nil {
		return nil, fmt.Errorf("not a backup file: %w", err)
	}
	if err := json.Unmarshal(manifest, &a.manifest); err != nil {
		return nil, &storeError{ErrCorrupt, errors.New("the manifest of the backup is damaged")}
	}
	if f := a.manifest.Format; f != backupFormat && f != unsignedFormat {
		return nil, fmt.Errorf("the backup has format %d, this program reads up to %d: use a newer program", f,
			backupFormat)
	}
	if err := a.verify(manifest, r); err != nil {
		return nil, err
	}
	return a, a.closed()
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
	// the place it goes to
	case err != nil && (ctx.Err() != nil || errors.Is(err, ErrStorage) || errors.Is(err, io.ErrClosedPipe)):
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
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 || err != nil &&
		!errors.Is(err, fs.ErrNotExist) {
		return errors.Join(ErrNotEmpty, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return &storeError{ErrStorage, err}
	}
	if err := sweep(filepath.Dir(dir), restoringPrefix); err != nil {
		return err
	}
	held, err := hold(filepath.Dir(dir), restoringPrefix)
	if err != nil {
		return err
	}
	defer held.Remove() //nolint:errcheck // what is left is removed at the next start
	staging := held.In(filepath.Base(dir))
	if err := os.Mkdir(staging, 0o700); err != nil {
		return &storeError{ErrStorage, err}
	}
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
	if err := a.extractDatabase(ctx, filepath.Join(staging, databaseFile)); err != nil {
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
	if err = s.CheckSchema(ctx); err == nil {
		err = s.Update(ctx, func(tx *Tx) error { return a.finish(ctx, s, tx) })
	}
	return errors.Join(err, s.Close())
}

// finish checks what was restored and makes the derived rows anew, in the transaction at hand.
func (a *archive) finish(ctx context.Context, s *Store, tx *Tx) error {
	if err := a.audit(ctx, tx); err != nil {
		return err
	}
	if err := a.checkBlobs(ctx, tx); err != nil {
		return err
	}
	if err := tx.clearDerived(ctx); err != nil {
		return err
	}
	if a.restoring.Finish == nil {
		return nil
	}
	return a.restoring.Finish(ctx, s, tx)
}

// extractDatabase writes SQLite's file of the backup to path.
func (a *archive) extractDatabase(ctx context.Context, path string) error {
	if len(a.manifest.Parts) != 1 || a.manifest.Parts[0].Name != databaseEntry {
		return &storeError{ErrCorrupt, errors.New("no database in the backup")}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	err = a.extract(ctx, a.manifest.Parts[0], diskWriter{file})
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return a.checkTables(ctx, path)
}

// audit checks the restored log in the transaction at hand.
func (a *archive) audit(ctx context.Context, tx *Tx) error {
	var report AuditReport
	auditor := auditor{tx: tx, report: &report}
	if err := auditor.all(ctx); err != nil {
		return err
	}
	switch {
	case !report.OK():
		return &storeError{ErrCorrupt, fmt.Errorf("the event log of the backup does not verify: %v %v %v %v",
			report.Breaks,
			report.RootBreaks, report.RecordBreaks, report.SchemaBreaks)}
	case report.Events != a.manifest.Events:
		return &storeError{ErrCorrupt, fmt.Errorf("the backup holds %d events, its manifest says %d", report.Events,
			a.manifest.Events)}
	}
	return nil
}

// restorePostgres restores a backup of PostgreSQL, whose tables must have this program's columns.
func (a *archive) restorePostgres(ctx context.Context, opts Options) error {
	return a.intoPostgres(ctx, opts, func(ctx context.Context, tx *Tx, t table) error {
		have, err := tx.s.schemaVersion(ctx)
		if err == nil && have != a.manifest.Schema {
			return fmt.Errorf("the backup has tables of version %d, this program of %d: restore with the program "+
				"that made it, then let the newer one migrate", a.manifest.Schema, have)
		}
		if err != nil {
			return err
		}
		return a.copyIn(ctx, tx, t)
	})
}

// intoPostgres keeps the blobs, then fills all tables by fill and audits them in one transaction.
func (a *archive) intoPostgres(ctx context.Context, opts Options,
	fill func(context.Context, *Tx, table) error) (err error) {
	s, err := Open(ctx, opts)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = s.resettle(ctx)
		}
		err = errors.Join(err, s.Close())
	}()
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
		if from := a.manifest.Database; from == DatabasePostgres && len(tables) != len(a.manifest.Parts) {
			return &storeError{ErrCorrupt, fmt.Errorf("the backup has %d tables, this program %d",
				len(a.manifest.Parts), len(tables))}
		}
		if err := tx.q.DeleteSetting(ctx, installationKey); err != nil { // the backup's installation goes on
			return classify(err, "clear settings")
		}
		for _, t := range tables {
			err := fill(ctx, tx, t)
			if err == nil {
				err = tx.moveSequence(ctx, t)
			}
			if err != nil {
				return classify(err, "fill table "+t.name)
			}
		}
		return a.finish(ctx, s, tx)
	})
}

func (tx *Tx) checkEmpty(ctx context.Context) error {
	n, err := tx.q.CountEvents(ctx)
	if err == nil && n > 0 {
		return ErrNotEmpty
	}
	return classify(err, "count events")
}

// copyIn fills one table from the backup.
func (a *archive) copyIn(ctx context.Context, tx *Tx, t table) error {
	part, err := a.part(t.name)
	if err != nil {
		return err
	}
	query := fmt.Sprintf("COPY %s (%s) FROM STDIN", pgx.Identifier{t.name}.Sanitize(),
		table{columns: part.Columns}.columnList())
	return withPgx(tx.conn, func(pgTx pgx.Tx) error {
		read, write := io.Pipe()
		go func() { write.CloseWithError(a.extract(ctx, part, write)) }()
		tag, err := pgTx.Conn().PgConn().CopyFrom(ctx, read, query)
		if err == nil && tag.RowsAffected() != part.Rows && a.manifest.Format != unsignedFormat {
			err = &storeError{ErrCorrupt, fmt.Errorf("it has %d rows, the manifest says %d", tag.RowsAffected(),
				part.Rows)}
		}
		return errors.Join(err, read.Close())
	})
}

// moveSequence sets the sequence of a table's key past what the table got.
func (tx *Tx) moveSequence(ctx context.Context, t table) error {
	for _, key := range []struct{ table, column string }{{"events", "position"}, {"river_job", "id"}} {
		if key.table != t.name {
			continue
		}
		query := fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), COALESCE(MAX(%s), 0) + 1, false) "+
			"FROM %s",
			key.table, key.column, key.column, key.table)
		if _, err := tx.tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) part(table string) (BackupPart, error) {
	for _, p := range a.manifest.Parts {
		if p.Table == table {
			return p, nil
		}
	}
	return BackupPart{}, &storeError{ErrCorrupt, errors.New("it is not in the backup")}
}
