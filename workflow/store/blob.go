package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"covenant/workflow/store/db"
)

// Digest names a blob: the SHA-256 of its bytes in lower-case hexadecimal.
type Digest string

// DigestOf computes the digest of bytes at hand.
func DigestOf(data []byte) Digest {
	sum := sha256.Sum256(data)
	return Digest(hex.EncodeToString(sum[:]))
}

// Check reports an error unless d has the form of a digest.
func (d Digest) Check() error {
	if raw, err := hex.DecodeString(string(d)); err != nil || len(raw) != sha256.Size ||
		strings.ToLower(string(d)) != string(d) {
		return fmt.Errorf("%q is not a SHA-256 digest in lower-case hexadecimal", string(d))
	}
	return nil
}

// Blob is an open file of the store.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Blobs keeps files by their content. Writing the same bytes twice is one file.
type Blobs interface {
	// Put reads r to its end and keeps it durably before it returns.
	Put(ctx context.Context, r io.Reader) (Digest, int64, error)
	// Open opens a file whose bytes have been checked against the digest: ErrNotFound, or ErrCorrupt.
	Open(ctx context.Context, d Digest) (Blob, error)
	// All calls fn with each digest kept.
	All(ctx context.Context, fn func(Digest) error) error
}

// Directory keeps blobs in a directory, in 256 subdirectories by the first two digits.
type Directory struct {
	root string
	mu   sync.Mutex
	seen map[Digest]stamp // files whose content was checked, as they were then
}

type stamp struct {
	size    int64
	changed time.Time
}

// NewDirectory keeps blobs under root, which is created when first needed.
func NewDirectory(root string) *Directory {
	return &Directory{root: root, seen: map[Digest]stamp{}}
}

func (b *Directory) path(d Digest) string { return filepath.Join(b.root, string(d[:2]), string(d)) }

// Put writes to a temporary file, syncs it, renames it into place and syncs the directory.
func (b *Directory) Put(ctx context.Context, r io.Reader) (Digest, int64, error) {
	d, size, err := b.put(ctx, r)
	if err != nil {
		return "", 0, fmt.Errorf("keep file: %w", err)
	}
	return d, size, nil
}

func (b *Directory) put(ctx context.Context, r io.Reader) (Digest, int64, error) {
	if err := os.MkdirAll(b.root, 0o700); err != nil {
		return "", 0, &storeError{ErrStorage, err}
	}
	dir, err := hold(b.root, incomingPrefix)
	if err != nil {
		return "", 0, err
	}
	defer dir.Remove() //nolint:errcheck // what is left is removed at the next start
	tmp, err := os.OpenFile(dir.In("file"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, &storeError{ErrStorage, err}
	}
	sum := sha256.New()
	size, err := copyBlob(ctx, tmp, r, sum)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return "", 0, err
	}
	d := Digest(hex.EncodeToString(sum.Sum(nil)))
	if kept, err := b.Open(ctx, d); err == nil { // already there and sound
		return d, size, kept.Close()
	}
	return d, size, b.place(tmp.Name(), d)
}

func copyBlob(ctx context.Context, file *os.File, r io.Reader, sum hash.Hash) (int64, error) {
	size, err := io.Copy(io.MultiWriter(diskWriter{file}, sum), contextReader{ctx, r})
	if err != nil {
		return 0, err
	}
	if err := file.Sync(); err != nil {
		return 0, &storeError{ErrStorage, err}
	}
	return size, nil
}

func (b *Directory) place(tmp string, d Digest) error {
	path := b.path(d)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &storeError{ErrStorage, err}
	}
	if err := os.Rename(tmp, path); err != nil {
		return &storeError{ErrStorage, err}
	}
	return errors.Join(syncDir(dir), syncDir(b.root))
}

// Open checks the digest unless this process has checked the same unchanged file before.
func (b *Directory) Open(ctx context.Context, d Digest) (Blob, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	file, err := os.Open(b.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("file %s: %w", d, ErrNotFound)
	}
	if err != nil {
		return nil, &storeError{ErrStorage, err}
	}
	size, err := b.check(ctx, file, d)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileBlob{file, size}, nil
}

func (b *Directory) check(ctx context.Context, file *os.File, d Digest) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, &storeError{ErrStorage, err}
	}
	now := stamp{info.Size(), info.ModTime()}
	b.mu.Lock()
	checked := b.seen[d] == now
	b.mu.Unlock()
	if checked {
		return now.size, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, contextReader{ctx, file}); err != nil {
		return 0, &storeError{ErrStorage, fmt.Errorf("read file %s: %w", d, err)}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != string(d) {
		return 0, fmt.Errorf("file %s has content %s: %w", d, got, ErrCorrupt)
	}
	b.mu.Lock()
	b.seen[d] = now
	b.mu.Unlock()
	return now.size, nil
}

// All lists the digests in order.
func (b *Directory) All(ctx context.Context, fn func(Digest) error) error {
	err := filepath.WalkDir(b.root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && strings.HasPrefix(entry.Name(), incomingPrefix) {
			return fs.SkipDir // not kept yet; it may be gone in a moment
		}
		if err != nil || entry.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		if d := Digest(entry.Name()); d.Check() == nil {
			return fn(d)
		}
		return ctx.Err()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was ever kept
	}
	return err
}

type fileBlob struct {
	*os.File
	size int64
}

func (f *fileBlob) Size() int64 { return f.size }

// diskWriter marks errors of the disk, so that they are not taken for errors of the reader.
type diskWriter struct{ file *os.File }

func (w diskWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if err != nil {
		err = &storeError{ErrStorage, err}
	}
	return n, err
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return &storeError{ErrStorage, err}
	}
	if err := f.Sync(); err != nil {
		return errors.Join(&storeError{ErrStorage, err}, f.Close())
	}
	return f.Close()
}

// ReadBlob reads a whole file; for large ones use Blobs().Open.
func (s *Store) ReadBlob(ctx context.Context, d Digest) ([]byte, error) {
	blob, err := s.blobs.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer blob.Close() // only read
	data := make([]byte, blob.Size())
	if _, err := blob.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, &storeError{ErrStorage, fmt.Errorf("read file %s: %w", d, err)}
	}
	return data, nil
}

// PutBlob keeps a file. Call it before the transaction whose rows will name the file.
func (s *Store) PutBlob(ctx context.Context, r io.Reader, mediaType string) (BlobInfo, error) {
	if s.readOnly {
		return BlobInfo{}, ErrReadOnly
	}
	d, size, err := s.blobs.Put(ctx, r)
	return BlobInfo{Digest: d, Size: size, MediaType: mediaType}, err
}

// BlobInfo is what the database says of a blob.
type BlobInfo struct {
	Digest    Digest
	Size      int64
	MediaType string
}

// BlobRef is a blob under the name that its owner gave it, for example owner "covenant/<id>", name "frozen.pdf".
type BlobRef struct {
	Name string
	BlobInfo
}

// Refer records that owner has the blob under a name, replacing what it had there. The blob must be kept already.
func (tx *Tx) Refer(ctx context.Context, owner, name string, b BlobInfo) error {
	if err := b.Digest.Check(); err != nil {
		return fmt.Errorf("refer to file %s of %s: %w", name, owner, err)
	}
	err := tx.q.SaveBlob(ctx, db.SaveBlobParams{Digest: string(b.Digest), Size: b.Size, MediaType: b.MediaType,
		CreatedAt: millis(tx.Now())})
	if err == nil {
		err = tx.q.ReferBlob(ctx, db.ReferBlobParams{Owner: owner, Name: name, Digest: string(b.Digest)})
	}
	return classify(err, fmt.Sprintf("refer to file %s of %s", name, owner))
}

// Files lists what an owner has, by name.
func (tx *Tx) Files(ctx context.Context, owner string) ([]BlobRef, error) {
	rows, err := tx.q.BlobRefs(ctx, owner)
	return convert(rows, func(r db.BlobRefsRow) BlobRef {
		return BlobRef{r.Name, BlobInfo{Digest(r.Digest), r.Size, r.MediaType}}
	}), classify(err, "files of "+owner)
}

// File finds one file of an owner.
func (tx *Tx) File(ctx context.Context, owner, name string) (BlobInfo, error) {
	files, err := tx.Files(ctx, owner)
	if err != nil {
		return BlobInfo{}, err
	}
	for _, f := range files {
		if f.Name == name {
			return f.BlobInfo, nil
		}
	}
	return BlobInfo{}, fmt.Errorf("file %s of %s: %w", name, owner, ErrNotFound)
}

// KeptFiles are the files that the database names.
func (tx *Tx) KeptFiles(ctx context.Context) (map[Digest]bool, error) {
	all, err := allBlobs(ctx, tx.q)
	kept := make(map[Digest]bool, len(all))
	for _, b := range all {
		kept[b.Digest] = true
	}
	return kept, err
}
