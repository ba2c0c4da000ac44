package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// OpenBlobs opens the place that a --blobs address names: a directory (a path, or file:///path), or a bucket of S3 and
// what speaks like it:
//
//	s3://host[:port]/bucket[/prefix][?region=…][&insecure=true]
//
// Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or MINIO_…) in the environment, or as user and
// password in the address, which shows them to whoever lists processes. insecure=true speaks HTTP without TLS.
func OpenBlobs(ctx context.Context, address string) (Blobs, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("address of the blobs: not a URL or path") // url.Error would show the password
	}
	switch u.Scheme {
	case "", "file":
		if u.Path == "" || u.Host != "" {
			return nil, fmt.Errorf("address of the blobs %s: names no directory", u.Redacted())
		}
		return NewDirectory(u.Path), nil
	case "s3":
		return openBucket(ctx, u)
	}
	return nil, fmt.Errorf("address of the blobs %s: must be a directory or s3://host/bucket", u.Redacted())
}

// Bucket keeps blobs in object storage, under prefix/digest.
type Bucket struct {
	client *minio.Client
	bucket string
	prefix string
	mu     sync.Mutex
	seen   map[Digest]objectStamp // objects whose content was checked, as they were then
}

type objectStamp struct {
	etag    string
	size    int64
	changed time.Time
}

func openBucket(ctx context.Context, u *url.URL) (*Bucket, error) {
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if u.Host == "" || bucket == "" {
		return nil, fmt.Errorf("address of the blobs %s: must be s3://host/bucket", u.Redacted())
	}
	keys := credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.EnvMinio{}})
	if u.User != nil {
		secret, _ := u.User.Password()
		keys = credentials.NewStaticV4(u.User.Username(), secret, "")
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: keys, Secure: u.Query().Get("insecure") != "true",
		Region: u.Query().Get("region"), BucketLookup: minio.BucketLookupPath})
	if err != nil {
		return nil, fmt.Errorf("address of the blobs %s: %w", u.Redacted(), err)
	}
	found, err := client.BucketExists(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("blobs in %s: %w", u.Redacted(), &storeError{ErrStorage, err})
	}
	if !found {
		return nil, fmt.Errorf("blobs in %s: there is no bucket %s; create it first", u.Redacted(), bucket)
	}
	return &Bucket{client: client, bucket: bucket, prefix: prefix, seen: map[Digest]objectStamp{}}, nil
}

func (b *Bucket) key(d Digest) string { return path.Join(b.prefix, string(d)) }

// Put keeps the bytes in a temporary file until it knows their digest, which is the object's name, then sends them.
func (b *Bucket) Put(ctx context.Context, r io.Reader) (Digest, int64, error) {
	dir, err := hold("", sendingPrefix)
	if err != nil {
		return "", 0, fmt.Errorf("keep file: %w", err)
	}
	defer dir.Remove() //nolint:errcheck // what is left is removed at the next start
	tmp, err := os.OpenFile(dir.In("file"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", 0, fmt.Errorf("keep file: %w", &storeError{ErrStorage, err})
	}
	d, size, err := b.put(ctx, tmp, r)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return "", 0, fmt.Errorf("keep file: %w", err)
	}
	return d, size, nil
}

func (b *Bucket) put(ctx context.Context, tmp *os.File, r io.Reader) (Digest, int64, error) {
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(diskWriter{tmp}, sum), contextReader{ctx, r})
	if err != nil {
		return "", 0, err
	}
	d := Digest(hexSum(sum))
	if kept, err := b.Open(ctx, d); err == nil { // already there and sound
		return d, size, kept.Close()
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return "", 0, err
	}
	opts := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: size < 64<<20}
	if _, err := b.client.PutObject(ctx, b.bucket, b.key(d), tmp, size, opts); err != nil {
		return "", 0, b.failed(d, err)
	}
	return d, size, nil
}

// Open reads the whole object once to check its digest, unless this process has checked the same unchanged object
// before; afterwards parts are fetched as they are read.
func (b *Bucket) Open(ctx context.Context, d Digest) (Blob, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	object, err := b.client.GetObject(ctx, b.bucket, b.key(d), minio.GetObjectOptions{})
	if err != nil {
		return nil, b.failed(d, err)
	}
	info, err := object.Stat()
	if err == nil {
		err = b.check(object, info, d)
	}
	if err != nil {
		return nil, errors.Join(b.failed(d, err), object.Close())
	}
	return &objectBlob{object, info.Size}, nil
}

func (b *Bucket) check(object io.Reader, info minio.ObjectInfo, d Digest) error {
	now := objectStamp{info.ETag, info.Size, info.LastModified}
	b.mu.Lock()
	checked := b.seen[d] == now
	b.mu.Unlock()
	if checked {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, object); err != nil {
		return err
	}
	if got := hexSum(sum); got != string(d) {
		return fmt.Errorf("it has content %s: %w", got, ErrCorrupt)
	}
	b.mu.Lock()
	b.seen[d] = now
	b.mu.Unlock()
	return nil
}

// All lists the digests in order.
func (b *Bucket) All(ctx context.Context, fn func(Digest) error) error {
	prefix := b.prefix
	if prefix != "" {
		prefix += "/"
	}
	ctx, cancel := context.WithCancel(ctx) // ends the listing when fn has enough
	defer cancel()
	for object := range b.client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if object.Err != nil {
			return fmt.Errorf("list files: %w", &storeError{ErrStorage, object.Err})
		}
		if d := Digest(path.Base(object.Key)); d.Check() == nil {
			if err := fn(d); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// failed gives an error of object storage its meaning.
func (b *Bucket) failed(d Digest, err error) error {
	meaning := ErrStorage
	switch answer := minio.ToErrorResponse(err); {
	case errors.Is(err, ErrCorrupt), errors.Is(err, ErrStorage), errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("file %s: %w", d, err)
	case answer.Code == minio.NoSuchKey || answer.StatusCode == http.StatusNotFound &&
		answer.Code != minio.NoSuchBucket:
		meaning = ErrNotFound
	}
	return fmt.Errorf("file %s: %w", d, &storeError{meaning, err})
}

type objectBlob struct {
	*minio.Object
	size int64
}

func (o *objectBlob) Size() int64 { return o.size }
