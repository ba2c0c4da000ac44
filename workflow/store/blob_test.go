package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covenant/workflow/store"
)

func TestBlobs(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	text := strings.Repeat("Giao ước thi đua\n", 10_000)
	info := put(t, s, text)
	if again := put(t, s, text); again != info || info.Digest != store.DigestOf([]byte(text)) ||
		info.Size != int64(len(text)) {
		t.Errorf("%+v then %+v", info, again)
	}
	update(t, s, func(tx *store.Tx) error { return tx.Refer(t.Context(), "covenant/1", "draft.pdf", info) })
	view(t, s, func(tx *store.Tx) error {
		got, err := tx.File(t.Context(), "covenant/1", "draft.pdf")
		if got != info {
			t.Errorf("file %+v", got)
		}
		_, missing := tx.File(t.Context(), "covenant/1", "other.pdf")
		wantError(t, missing, store.ErrNotFound)
		return err
	})
	blob, err := s.Blobs().Open(t.Context(), info.Digest)
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 12)
	if _, err := blob.ReadAt(part, 9); err != nil || blob.Size() != info.Size || string(part) != text[9:21] {
		t.Errorf("read %q (%v)", part, err)
	}
	if err := blob.Close(); err != nil {
		t.Fatal(err)
	}
	testDamagedBlob(t, d, info)
	_, err = s.ReadBlob(t.Context(), store.DigestOf([]byte("never kept")))
	wantError(t, err, store.ErrNotFound)
	if _, err := s.ReadBlob(t.Context(), "../../etc/passwd"); err == nil {
		t.Error("opened a path")
	}
	if left, _ := filepath.Glob(filepath.Join(d.opts.Dir, "blobs", "incoming-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A changed file is noticed, also by a process that had checked it before; putting it again repairs it.
func testDamagedBlob(t *testing.T, d database, info store.BlobInfo) {
	blobs := store.NewDirectory(filepath.Join(d.opts.Dir, "blobs"))
	path := filepath.Join(d.opts.Dir, "blobs", string(info.Digest[:2]), string(info.Digest))
	data := []byte(readFile(t, path))
	opened, err := blobs.Open(t.Context(), info.Digest)
	if err != nil {
		t.Fatal(err)
	}
	_ = opened.Close()
	damaged := bytes.Clone(data)
	damaged[100] ^= 1
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	_, err = blobs.Open(t.Context(), info.Digest)
	wantError(t, err, store.ErrCorrupt)
	if _, _, err := blobs.Put(t.Context(), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	opened, err = blobs.Open(t.Context(), info.Digest)
	if err != nil {
		t.Fatal("after putting it again:", err)
	}
	_ = opened.Close()
}

func TestPutBlobThatFails(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	cause := errors.New("upload cut off")
	_, err := s.PutBlob(t.Context(), io.MultiReader(strings.NewReader("half"), failingReader{cause}), "text/plain")
	wantError(t, err, cause)
	err = s.Blobs().All(t.Context(), func(d store.Digest) error { return fmt.Errorf("kept %s", d) })
	if err != nil {
		t.Error(err)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }
