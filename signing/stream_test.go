package signing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// fileOnDisk writes a file of about size bytes to disk without holding it in memory.
func fileOnDisk(t testing.TB, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.pdf")
	small := testFile(t, classic, "a", "b")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(small); err != nil {
		t.Fatal(err)
	}
	if err := largeRevision(f, small, size); err != nil {
		t.Fatal(err)
	}
	return path
}

// largeRevision appends an update with one stream of size bytes.
func largeRevision(w io.Writer, base []byte, size int64) error {
	file, err := pdf.Open(bytes.NewReader(base), int64(len(base)), pdf.Limits{})
	if err != nil {
		return err
	}
	u := pdf.NewUpdate(file)
	u.Add(pdf.Dict{})
	at := int64(len(base))
	head := []byte("99 0 obj\n<</Length " + formatInt(size) + ">>\nstream\n")
	if _, err := w.Write(head); err != nil {
		return err
	}
	block := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for left := size; left > 0; left -= int64(len(block)) {
		if _, err := w.Write(block[:min(left, int64(len(block)))]); err != nil {
			return err
		}
	}
	xref := at + int64(len(head)) + size + int64(len("\nendstream\nendobj\n"))
	_, err = io.WriteString(w,
		"\nendstream\nendobj\nxref\n99 1\n"+pad10(at)+" 00000 n\r\ntrailer\n<</Size 100/Root 1 0 R/Info 7 0 R/Prev "+
			formatInt(file.Revisions()[0].XRef)+">>\nstartxref\n"+formatInt(xref)+"\n%%EOF\n")
	return err
}

// TestMemoryStaysFlat signs a file of 100 MB to B-LTA, from disk to disk, and watches the heap.
func TestMemoryStaysFlat(t *testing.T) {
	size := int64(100 << 20)
	if testing.Short() {
		size = 20 << 20
	}
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	path := fileOnDisk(t, size)
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(path + ".signed")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	peak := watchHeap(t)
	counted := &countingReader{ReaderAt: in}
	_, err = Sign(t.Context(), counted, info.Size(), out, id, Options{Level: BLTA, Field: "a",
		TSA: &TSA{URLs: []string{p.TSA()}}, Validation: &ValidationSource{HTTP: http.DefaultClient}})
	if err != nil {
		t.Fatal(err)
	}
	if got := peak(); got > 30<<20 {
		t.Errorf("the heap grew to %d MB", got>>20)
	}
	if read := counted.n.Load(); read > info.Size()+info.Size()/10 {
		t.Errorf("%d bytes were read of a file of %d", read, info.Size())
	}
	if testing.Short() {
		return
	}
	signed, err := os.ReadFile(path + ".signed")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(checkSignatures(t, signed)); got != 2 {
		t.Errorf("%d signatures", got)
	}
}

type countingReader struct {
	io.ReaderAt
	n atomic.Int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// watchHeap samples the heap until the returned function is called, which tells by how much it grew at most.
func watchHeap(t *testing.T) func() int64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	start := int64(m.HeapInuse)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int64)
	go func() {
		var peak int64
		for ctx.Err() == nil {
			runtime.ReadMemStats(&m)
			peak = max(peak, int64(m.HeapInuse))
			time.Sleep(2 * time.Millisecond)
		}
		done <- peak
	}()
	return func() int64 {
		cancel()
		return <-done - start
	}
}

func TestLargeInputReportsPartialOutput(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	id.Signer = failingSigner{id}
	for _, size := range []int64{1 << 20, smallFile + 1} {
		data, err := os.ReadFile(fileOnDisk(t, size))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		_, err = Sign(t.Context(), bytes.NewReader(data), int64(len(data)), &out, id, Options{Field: "a"})
		var partial *PartialOutputError
		if !errors.Is(err, errToken) || errors.As(err, &partial) != (out.Len() > 0) ||
			(size < smallFile && out.Len() > 0) {
			t.Errorf("%d bytes: %v; %d written", size, err, out.Len())
		}
	}
}

func TestInputShorterThanSaid(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(t, classic, "a")
	var out bytes.Buffer
	if _, err := Sign(t.Context(), bytes.NewReader(in), int64(len(in))+5, &out, id, Options{Field: "a"}); err == nil ||
		out.Len() > 0 {
		t.Errorf("%v; %d written", err, out.Len())
	}
}

// changingReader is a file that another program changes after its first reading.
type changingReader struct {
	data []byte
	read []bool
}

func (c *changingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := bytes.NewReader(c.data).ReadAt(p, off)
	for i := range n {
		if c.read[int(off)+i] {
			p[i] ^= 0x20
		}
		c.read[int(off)+i] = true
	}
	return n, err
}

func TestSmallFilesAreReadOnce(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(t, stream, "a")
	var out bytes.Buffer
	if _, err := Sign(t.Context(), &changingReader{in, make([]bool, len(in))}, int64(len(in)), &out, id,
		Options{Field: "a"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), in) {
		t.Error("what was written is not what was read first")
	}
	checkSignatures(t, out.Bytes())
}
