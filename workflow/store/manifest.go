package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A backup's manifest is closed: it names every entry of the file and every table, each with count and digest, and
// nothing that it does not name is in the file. The installation signs it with its Ed25519 key (RFC 8032), so that
// only who has the server's secret can make a backup that restores as this installation's.

const signatureEntry = "manifest.sig"

// signedPrefix keeps a signature over a manifest from meaning anything else.
const signedPrefix = "covenant backup manifest 2\n"

// Backups of v0.1 have no signature, no counts and an open manifest.
const unsignedFormat = 1

var (
	// ErrUnsigned: nobody's signature says where the backup comes from.
	ErrUnsigned = errors.New("the backup is not signed by an installation; only if you know where it comes from, " +
		"accept it as it is")
	// ErrForeign: the backup is signed by another key than those that were named, or was changed since.
	ErrForeign = errors.New("the backup was not made by the installation whose key was named, or was changed since")
)

// manifestSignature is the entry that holds the signature.
type manifestSignature struct {
	Key       []byte `json:"key"`
	Signature []byte `json:"signature"`
}

// KeyText is how a public key is written for people: “ed25519:” and base64.
func KeyText(key ed25519.PublicKey) string {
	return "ed25519:" + base64.StdEncoding.EncodeToString(key)
}

// ParseKey reads what KeyText wrote.
func ParseKey(text string) (ed25519.PublicKey, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), "ed25519:")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is not the key of an installation; it begins with ed25519: and stands in the mails "+
			"of daily roots", text)
	}
	return key, nil
}

func signManifest(manifest []byte, key ed25519.PrivateKey) ([]byte, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return json.Marshal(manifestSignature{Key: public,
		Signature: ed25519.Sign(key, append([]byte(signedPrefix), manifest...))})
}

// verify checks who signed the manifest. The keys come from outside the backup, whose own copy of the key proves
// nothing: whoever forges the one writes the other.
func (a *archive) verify(manifest []byte, r Restoring) error {
	if r.Unsigned {
		return nil
	}
	if a.manifest.Format == unsignedFormat {
		return ErrUnsigned
	}
	data, err := a.read(signatureEntry, 4<<10)
	if err != nil {
		return err
	}
	var s manifestSignature
	if err := json.Unmarshal(data, &s); err != nil {
		return &storeError{ErrCorrupt, fmt.Errorf("signature of the manifest: %w", err)}
	}
	if len(s.Signature) == 0 {
		return ErrUnsigned
	}
	for _, key := range r.Keys {
		if ed25519.Verify(key, append([]byte(signedPrefix), manifest...), s.Signature) {
			return nil
		}
	}
	return ErrForeign
}

// read reads a small entry of the file.
func (a *archive) read(name string, limit int64) ([]byte, error) {
	file, err := a.zip.Open(name)
	if err != nil {
		return nil, &storeError{ErrCorrupt, fmt.Errorf("%s: %w", name, err)}
	}
	defer file.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("longer than %d bytes", limit)
	}
	if err != nil {
		return nil, &storeError{ErrCorrupt, fmt.Errorf("%s: %w", name, err)}
	}
	return data, nil
}

// closed reports an error unless the entries of the file are exactly those that the manifest names, each once.
func (a *archive) closed() error {
	named := map[string]bool{manifestEntry: false}
	if a.manifest.Format != unsignedFormat {
		named[signatureEntry] = false
	}
	for _, p := range a.manifest.Parts {
		named[p.Name] = false
	}
	for _, b := range a.manifest.Blobs {
		named[blobEntryDir+string(b.Digest)] = false
	}
	for _, f := range a.zip.File {
		if seen, known := named[f.Name]; !known || seen {
			return &storeError{ErrCorrupt, fmt.Errorf("%s is in the backup, but not, or twice, in its manifest",
				f.Name)}
		}
		named[f.Name] = true
	}
	for name, there := range named {
		if !there {
			return &storeError{ErrCorrupt, fmt.Errorf("%s is in the manifest, but not in the backup", name)}
		}
	}
	return nil
}

// sums counts the rows of each table of a SQLite database and sums them up, tables by name.
func sums(ctx context.Context, db *sql.DB) ([]BackupTable, error) {
	names, err := column(ctx, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
	if err != nil {
		return nil, err
	}
	tables := make([]BackupTable, 0, len(names))
	for _, name := range names {
		t, err := sumTable(ctx, db, name)
		if err != nil {
			return nil, classify(err, "table "+name)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func column(ctx context.Context, db *sql.DB, query string) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, classify(err, "read the tables")
	}
	defer rows.Close() //nolint:errcheck // only read
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, classify(err, "read the tables")
		}
		out = append(out, text)
	}
	return out, classify(rows.Err(), "read the tables")
}

// sumTable hashes the rows of a table in the order of all their columns, each value with its kind and length.
func sumTable(ctx context.Context, db *sql.DB, name string) (BackupTable, error) {
	t := BackupTable{Name: name}
	columns, err := column(ctx, db, "SELECT name FROM pragma_table_info("+quoted(name)+") ORDER BY cid")
	if err != nil || len(columns) == 0 {
		return t, errors.Join(err, ctx.Err())
	}
	list := table{columns: columns}.columnList()
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT %[1]s FROM %[2]s ORDER BY %[1]s", list,
		pgx.Identifier{name}.Sanitize()))
	if err != nil {
		return t, err
	}
	defer rows.Close() //nolint:errcheck // only read
	sum := sha256.New()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		t.Rows++
		for _, v := range values {
			text := fmt.Appendf(nil, "%T %v", v, v)
			sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
			sum.Write(text)
		}
	}
	t.SHA256 = hexSum(sum)
	return t, rows.Err()
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// checkTables compares the tables of the extracted database, before anything is migrated, with the manifest.
func (a *archive) checkTables(ctx context.Context, path string) error {
	if a.manifest.Format == unsignedFormat {
		return nil
	}
	pool := openSQLitePool(sqliteDSN(path, false), 1)
	defer pool.Close() //nolint:errcheck // only read
	have, err := sums(ctx, pool)
	if err != nil {
		return err
	}
	if !slices.Equal(have, a.manifest.Tables) {
		return &storeError{ErrCorrupt, errors.New("the tables of the backup are not those of its manifest")}
	}
	return nil
}

// checkBlobs compares the files that the database names with those of the manifest.
func (a *archive) checkBlobs(ctx context.Context, tx *Tx) error {
	rows, err := allBlobs(ctx, tx.q)
	if err != nil {
		return err
	}
	if !slices.Equal(rows, a.manifest.Blobs) {
		return &storeError{ErrCorrupt, fmt.Errorf("the database of the backup names %d files, its manifest %d, or "+
			"others", len(rows), len(a.manifest.Blobs))}
	}
	return nil
}
