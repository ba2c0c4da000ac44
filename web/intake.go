package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"covenant/workflow"
)

// Anybody may send a file to be checked, so what visitors may take of the machine is bounded, and nobody can take all
// of it. A file is received first, onto the disk: who sends slowly, or stops in the middle, holds a connection and a
// place for receiving, and keeps nobody from being judged. Then it is judged, within an amount of memory that all
// judgements share. One address has a share of either.
const (
	receivingAtOnce = 64 // files on their way, 20 MB of disk each at most
	perAddress      = 4  // of them from one address, those being judged included
	judgingMemory   = 192 << 20
	// silence is how long a sender may send nothing.
	silence = 10 * time.Second
	// uploadTime is how long a file may take to arrive.
	uploadTime = 2 * time.Minute
)

// intake is what visitors' files take of the machine.
type intake struct {
	memory  *semaphore.Weighted // bytes
	silence time.Duration

	mu        sync.Mutex
	receiving int
	addresses map[netip.Addr]int
}

func newIntake() *intake {
	return &intake{memory: semaphore.NewWeighted(judgingMemory), silence: silence, addresses: map[netip.Addr]int{}}
}

// enter takes a place for a file of an address; false: there is none. The program's own machine, from which a proxy
// speaks for everybody, has no share but the whole.
func (i *intake) enter(from netip.Addr) (leave func(), ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.receiving >= receivingAtOnce || !from.IsLoopback() && i.addresses[from] >= perAddress {
		return nil, false
	}
	i.receiving++
	i.addresses[from]++
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.receiving--
		if i.addresses[from]--; i.addresses[from] == 0 {
			delete(i.addresses, from)
		}
	}, true
}

// judge runs a judgement that takes so many bytes of memory when there is room for it, in the
// order in which they asked.
func (i *intake) judge(ctx context.Context, bytes int64, run func() error) error {
	bytes = min(bytes, judgingMemory)
	if err := i.memory.Acquire(ctx, bytes); err != nil {
		return err
	}
	defer i.memory.Release(bytes)
	return run()
}

// clientAddress is the address at the other end of the connection; nothing that a header says.
func clientAddress(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.IPv6Unspecified() // all of whom nothing is known share one place
	}
	return a.Unmap().WithZone("")
}

// received is a visitor's file, on the disk as long as it is looked at.
type received struct {
	*passing
	name   string // as the visitor calls it
	size   int64
	digest workflow.Digest
}

// isArchive reports whether the file is a ZIP archive by its first bytes.
func (f *received) isArchive() bool {
	head := make([]byte, 4)
	_, err := f.ReadAt(head, 0)
	return err == nil && bytes.Equal(head, []byte("PK\x03\x04"))
}

// receive takes the file of the form onto the disk.
func (i *intake) receive(w http.ResponseWriter, r *request) (*received, error) {
	const formRoom = 64 << 10 // for what surrounds the file
	body := http.MaxBytesReader(w, r.Body, maxUpload+formRoom)
	r.Body = &patientBody{body, http.NewResponseController(w), i.silence, time.Now().Add(uploadTime)}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, &checkProblem{noFile, http.StatusUnprocessableEntity}
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, &checkProblem{noFile, http.StatusUnprocessableEntity}
		case err != nil:
			return nil, uploadProblem(err)
		case part.FormName() != "tep":
			continue
		}
		return receivePart(part)
	}
}

func receivePart(part *multipart.Part) (f *received, err error) {
	file, err := newPassing()
	if err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	f = &received{passing: file, name: part.FileName()}
	hash := sha256.New()
	f.size, err = io.Copy(io.MultiWriter(file.File, hash), io.LimitReader(part, maxUpload+1))
	switch {
	case err != nil:
		err = uploadProblem(err)
	case f.size == 0:
		err = &checkProblem{noFile, http.StatusUnprocessableEntity}
	case f.size > maxUpload:
		err = &checkProblem{tooLarge, http.StatusRequestEntityTooLarge}
	default:
		f.digest = workflow.Digest(hash.Sum(nil))
		return f, nil
	}
	f.close()
	return nil, err
}

// patientBody waits for each piece of a body for a while, and for all of it until a moment.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	silence time.Duration
	until   time.Time
}

func (b *patientBody) Read(p []byte) (int, error) {
	deadline := time.Now().Add(b.silence)
	if deadline.After(b.until) {
		deadline = b.until
	}
	_ = b.control.SetReadDeadline(deadline) // where the connection knows no deadline, none is set
	return b.ReadCloser.Read(p)
}

func uploadProblem(err error) error {
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		return &checkProblem{tooLarge, http.StatusRequestEntityTooLarge}
	}
	return fmt.Errorf("read the upload: %w: %w", &checkProblem{broken, http.StatusBadRequest}, err)
}
