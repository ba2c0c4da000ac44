package store_test

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"covenant/workflow/store"
)

// objectServer answers the few requests of the S3 protocol that a Bucket makes, and can fail on purpose.
type objectServer struct {
	mu      sync.Mutex
	objects map[string][]byte // by key, in bucket "covenant"
	changed time.Time
	fail    int // status to answer every request with, 0 none
}

func newObjectServer(t *testing.T) (*objectServer, string) {
	s := &objectServer{objects: map[string][]byte{}, changed: time.Now().Truncate(time.Second)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, "s3://key:secret@" + strings.TrimPrefix(server.URL, "http://") + "/covenant/blobs?insecure=true&region=vn"
}

func (s *objectServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case !strings.Contains(r.Header.Get("Authorization"), "key/"):
		s.refuse(w, http.StatusForbidden, "AccessDenied")
	case s.fail != 0:
		s.refuse(w, s.fail, "SlowDown")
	case bucket != "covenant":
		s.refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key == "" && r.Method == http.MethodGet:
		s.list(w, r)
	case key == "":
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodPut:
		s.put(w, r, key)
	default:
		s.get(w, r, key)
	}
}

func (s *objectServer) refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>on purpose</Message></Error>", code)
}

func (s *objectServer) put(w http.ResponseWriter, r *http.Request, key string) {
	body, err := readChunked(r)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	s.objects[key] = body
	w.Header().Set("ETag", etag(body))
}

// readChunked takes the signed chunks of AWS Signature 4 apart, unchecked: size;chunk-signature=…, bytes, and so on.
func readChunked(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(r.Body)
	}
	in := bufio.NewReader(r.Body)
	var body []byte
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		text, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		size, err := strconv.ParseInt(text, 16, 32)
		if err != nil || size == 0 {
			return body, err
		}
		chunk := make([]byte, size+2) // with the line's end
		if _, err := io.ReadFull(in, chunk); err != nil {
			return nil, err
		}
		body = append(body, chunk[:size]...)
	}
}

func etag(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *objectServer) get(w http.ResponseWriter, r *http.Request, key string) {
	body, ok := s.objects[key]
	if !ok {
		s.refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", etag(body))
	http.ServeContent(w, r, "", s.changed, bytes.NewReader(body))
}

func (s *objectServer) list(w http.ResponseWriter, r *http.Request) {
	type contents struct{ Key, LastModified, ETag string }
	result := struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []contents
	}{}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			result.Contents = append(result.Contents,
				contents{key, s.changed.UTC().Format(time.RFC3339), etag(s.objects[key])})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(result)
}

func TestBucket(t *testing.T) {
	server, address := newObjectServer(t)
	blobs, err := store.OpenBlobs(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("Giao ước thi đua\n", 20_000)
	d, size, err := blobs.Put(t.Context(), strings.NewReader(text))
	if err != nil || d != store.DigestOf([]byte(text)) || size != int64(len(text)) {
		t.Fatalf("%s %d (%v)", d, size, err)
	}
	blob, err := blobs.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 1000)
	if _, err := blob.ReadAt(part, 5000); err != nil || string(part) != text[5000:6000] || blob.Size() != size {
		t.Errorf("read %q (%v)", part, err)
	}
	if n, err := blob.ReadAt(part, size-10); n != 10 || !errors.Is(err, io.EOF) {
		t.Errorf("read %d bytes at the end (%v)", n, err)
	}
	if err := blob.Close(); err != nil {
		t.Error(err)
	}
	if again, _, err := blobs.Put(t.Context(), strings.NewReader(text)); err != nil || again != d ||
		len(server.objects) != 1 {
		t.Errorf("put again: %s, %d objects (%v)", again, len(server.objects), err)
	}
	if err := blobs.All(t.Context(), func(found store.Digest) error {
		if found != d {
			t.Errorf("lists %s", found)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	testBucketFaults(t, server, address, blobs, d)
}

func testBucketFaults(t *testing.T, server *objectServer, address string, blobs store.Blobs, d store.Digest) {
	_, err := blobs.Open(t.Context(), store.DigestOf([]byte("never kept")))
	wantError(t, err, store.ErrNotFound)
	for key := range server.objects {
		server.objects[key] = []byte("something else")
	}
	_, err = blobs.Open(t.Context(), d)
	wantError(t, err, store.ErrCorrupt)
	server.fail = http.StatusForbidden
	_, err = blobs.Open(t.Context(), d)
	wantError(t, err, store.ErrStorage)
	_, _, err = blobs.Put(t.Context(), strings.NewReader("new"))
	wantError(t, err, store.ErrStorage)
	server.fail = 0
	for _, bad := range []string{strings.Replace(address, "/covenant/", "/other/", 1), "s3://key:secret@host",
		"ftp://key:secret@host/x", "", "s3://key:secret@\x7f"} {
		_, err := store.OpenBlobs(t.Context(), bad)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The whole store over object storage: files of a covenant, and a backup that fetches them.
func TestStoreOnBucket(t *testing.T) {
	_, address := newObjectServer(t)
	d := newSQLite(t)
	blobs, err := store.OpenBlobs(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	d.opts.Blobs = blobs
	s := d.open(t)
	info := put(t, s, "frozen")
	update(t, s, func(tx *store.Tx) error { return tx.Refer(t.Context(), "covenant/c", "frozen.pdf", info) })
	var out bytes.Buffer
	if made, err := s.Backup(t.Context(), &out, nil); err != nil || len(made.Blobs) != 1 {
		t.Errorf("backup %+v (%v)", made, err)
	}
	if text, err := s.ReadBlob(t.Context(), info.Digest); err != nil || string(text) != "frozen" {
		t.Errorf("read %q (%v)", text, err)
	}
}

func TestOpenBlobsDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, address := range []string{dir, "file://" + dir} {
		blobs, err := store.OpenBlobs(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := blobs.Put(t.Context(), strings.NewReader("x")); err != nil {
			t.Error(err)
		}
	}
}
