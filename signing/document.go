package signing

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"

	"covenant/internal/pdf"
)

// smallFile is the size up to which a file is read into memory, and written to the output only when everything has
// succeeded. A larger one is copied and hashed together. So every byte is read once: what is hashed is what is written,
// even if the file changes meanwhile.
const smallFile = 16 << 20

// PartialOutputError says that the output has received bytes although the operation failed afterwards: discard it.
type PartialOutputError struct {
	Written int64
	Err     error
}

func (e *PartialOutputError) Error() string {
	return fmt.Sprintf("%v (the output holds %d bytes of an unfinished file: discard it)", e.Err, e.Written)
}

func (e *PartialOutputError) Unwrap() error { return e.Err }

// document is an input file and what has been appended to it so far. Only what is appended lies in memory.
type document struct {
	in     io.ReaderAt
	size   int64 // of the input
	tail   []byte
	limits pdf.Limits

	out    io.Writer // nil: nothing is to be copied yet
	copied int64
	hashes map[crypto.Hash]hash.Hash // states at the end of the input
}

func newDocument(in io.ReaderAt, size int64, out io.Writer, limits Limits) (*document, error) {
	d := &document{in: in, size: size, out: out, limits: limits.pdf(size), hashes: map[crypto.Hash]hash.Hash{}}
	if d.inMemory() || size < 0 || size > smallFile {
		return d, nil
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(in, 0, size), data); err != nil {
		return nil, fmt.Errorf("read the input: %w", err)
	}
	d.in = bytesInput(data)
	return d, nil
}

// inMemory: looking at any part of the input again costs no reading.
func (d *document) inMemory() bool {
	switch d.in.(type) {
	case bytesInput, *bytes.Reader, *strings.Reader:
		return true
	}
	return false
}

// Len is the size of input and tail.
func (d *document) Len() int64 { return d.size + int64(len(d.tail)) }

// ReadAt reads over input and tail.
func (d *document) ReadAt(p []byte, off int64) (n int, err error) {
	if off < d.size {
		n, err = d.in.ReadAt(p[:min(int64(len(p)), d.size-off)], off)
		if n == len(p) || (err != nil && err != io.EOF) {
			return n, err
		}
		if off+int64(n) < d.size {
			return n, io.ErrUnexpectedEOF
		}
		off = d.size
	}
	m := 0
	if off-d.size < int64(len(d.tail)) {
		m = copy(p[n:], d.tail[off-d.size:])
	}
	if n+m < len(p) {
		return n + m, io.EOF
	}
	return n + m, nil
}

// open reads the file's structure as it is now.
func (d *document) open() (*pdf.File, error) {
	f, err := pdf.Open(d, d.Len(), d.limits)
	if errors.Is(err, pdf.ErrMalformed) {
		return nil, fmt.Errorf("the file is damaged and cannot be added to; have it written anew by the program "+
			"that made it, before anybody signs: %w", err)
	}
	if err == nil {
		err = d.refuseSuspect(f)
	}
	return f, err
}

// hashState returns a fresh copy of the hash state at the end of the input. A large input goes to the output on the
// way.
func (d *document) hashState(h crypto.Hash) (hash.Hash, error) {
	if s, ok := d.hashes[h]; ok {
		return cloneHash(s)
	}
	s := h.New()
	w := io.Writer(s)
	if d.out != nil && d.copied == 0 && d.size > smallFile {
		w = io.MultiWriter(s, &counter{d.out, &d.copied})
	}
	if err := d.copyInput(w); err != nil {
		return nil, err
	}
	d.hashes[h] = s
	return cloneHash(s)
}

func cloneHash(s hash.Hash) (hash.Hash, error) {
	c, ok := s.(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("hash %T cannot be cloned", s)
	}
	return c.Clone()
}

// counter counts what goes through.
type counter struct {
	w io.Writer
	n *int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.n += int64(n)
	return n, err
}

var copyBuffers = sync.Pool{New: func() any {
	buf := make([]byte, 128<<10)
	return &buf
}}

func (d *document) copyInput(w io.Writer) error {
	if b, ok := d.in.(bytesInput); ok {
		_, err := w.Write(b)
		return err
	}
	buf := copyBuffers.Get().(*[]byte) //nolint:forcetypeassert // what the pool holds
	defer copyBuffers.Put(buf)
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{io.NewSectionReader(d.in, 0, d.size)}, *buf)
	if err == nil && n != d.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("copy the input: %w", err)
	}
	return nil
}

// bytesInput is an input in memory.
type bytesInput []byte

func (b bytesInput) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// slot is where a signature's Contents string lies in the document.
type slot struct {
	Start int64 `json:"start"` // of "<"
	End   int64 `json:"end"`   // after ">"
	Total int64 `json:"total"` // the revision's end
}

func (s slot) byteRange() [4]int64 { return [4]int64{0, s.Start, s.End, s.Total - s.End} }

// byteRangeRoom is the room for a ByteRange array: files up to 10^15 bytes.
const byteRangeRoom = len("[0 ") + 3*16

// appendSignature appends an update that holds a signature dictionary with the given reserved entries, and writes the
// ByteRange.
func (d *document) appendSignature(u *pdf.Update, byteRange, contents *pdf.Reserved) (slot, error) {
	update, err := u.Bytes()
	if err != nil {
		return slot{}, err
	}
	before := d.Len()
	d.append(update)
	s := slot{contents.Offset, contents.Offset + int64(len(contents.Text)), before + int64(len(update))}
	r := s.byteRange()
	text := fmt.Sprintf("[0 %d %d %d]", r[1], r[2], r[3])
	at := d.tail[byteRange.Offset-d.size:][:len(byteRange.Text)]
	copy(at, text)
	for i := len(text); i < len(at); i++ {
		at[i] = ' '
	}
	return s, nil
}

func (d *document) append(update []byte) {
	if d.tail == nil {
		d.tail = update
		return
	}
	d.tail = append(d.tail, update...)
}

// digest hashes the two ranges of a slot in the tail.
func (d *document) digest(s slot, h crypto.Hash) ([]byte, error) {
	if s.Start < d.size || s.End > s.Total || s.Total > d.Len() {
		return nil, errors.New("the signature's place is not in what was appended")
	}
	state, err := d.hashState(h)
	if err != nil {
		return nil, err
	}
	state.Write(d.tail[:s.Start-d.size])
	state.Write(d.tail[s.End-d.size : s.Total-d.size])
	return state.Sum(nil), nil
}

// fill writes a DER object into a slot; zero bytes follow it.
func (d *document) fill(s slot, der []byte) error {
	room := int(s.End-s.Start-2) / 2
	if len(der) > room {
		return &RoomError{Need: len(der), Room: room}
	}
	hex.Encode(d.tail[s.Start+1-d.size:], der)
	return nil
}

// flush writes the whole file to the output.
func (d *document) flush() error {
	if d.out == nil {
		return nil // the caller joins input and tail
	}
	if d.copied == 0 {
		if err := d.copyInput(&counter{d.out, &d.copied}); err != nil {
			return d.partial(err)
		}
	}
	n, err := d.out.Write(d.tail)
	d.copied += int64(n)
	if err != nil {
		return d.partial(fmt.Errorf("write the signed file: %w", err))
	}
	return nil
}

// partial wraps err if the output has received anything.
func (d *document) partial(err error) error {
	if err != nil && d.copied > 0 {
		return &PartialOutputError{d.copied, err}
	}
	return err
}

// RoomError says that a signature needs more bytes than its placeholder has, or than PDF/A-2 allows for one (32,767).
type RoomError struct{ Need, Room int }

func (e *RoomError) Error() string {
	return fmt.Sprintf("the signature needs %d bytes and its place has %d: set Options.Room higher (at most %d), or "+
		"embed fewer certificates", e.Need, e.Room, maxContents)
}
