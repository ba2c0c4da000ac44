package signing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"covenant/internal/norace"
	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// hostileFile is built to cost as much as a file of at most 20 MB can.
type hostileFile struct {
	name   string
	costly bool // refused by the budget; the others cost less, or are bounded by another limit
	build  func(base []byte) []byte
}

var hostile = []hostileFile{
	{"deep nesting", false, func(base []byte) []byte {
		return appendObject(base, 4, strings.Repeat("[", 20<<20))
	}},
	{"one array of a million values", false, func(base []byte) []byte {
		return appendObject(base, 4, "["+strings.Repeat("0 ", 10<<20)+"]")
	}},
	{"references to everything", false, func(base []byte) []byte {
		return appendObject(base, 4, "["+strings.Repeat("4 0 R ", 3<<20)+"]")
	}},
	{"thousands of revisions", false, func(base []byte) []byte {
		out := bytes.Clone(base)
		at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
		for range 11_000 {
			obj := len(out)
			out = fmt.Appendf(out, "4 0 obj\n<<>>\nendobj\n")
			next := len(out)
			out = fmt.Appendf(out, "xref\n4 1\n%010d 00000 n\r\ntrailer\n<</Size 60/Root 1 0 R/Prev "+
				"%d>>\nstartxref\n%d\n%%%%EOF\n", obj, at, next)
			at = int64(next)
		}
		return out
	}},
	{"a million objects", true, func(base []byte) []byte {
		out := bytes.Clone(base)
		at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
		obj := len(out)
		out = append(out, "4 0 obj\n[4 0 R 5 0 R 6 0 R]\nendobj\n"...)
		next := len(out)
		const n = 900_000
		out = fmt.Appendf(out, "xref\n4 1\n%010d 00000 n\r\n100 %d\n", obj, n)
		out = append(out, bytes.Repeat(fmt.Appendf(nil, "%010d 00000 n\r\n", obj), n)...)
		return fmt.Appendf(out, "trailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", n+100, at, next)
	}},
	{"a million signature fields", false, func(base []byte) []byte {
		return appendObject(base, 5, "<</Fields["+strings.Repeat("<</FT/Sig/T(x)/V<<>>>>", 900_000)+"]>>")
	}},
	{"an object stream that unpacks to far more", false, func(base []byte) []byte {
		data := deflate(make([]byte, 64<<20))
		return appendObject(base, 4, fmt.Sprintf(
			"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(data), data))
	}},
	{"a DSS of many bombs", true, func(base []byte) []byte {
		data := deflate(make([]byte, 30<<20))
		out := base
		var refs strings.Builder
		for i := range 60 {
			out = appendObject(out, 70+i, fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream",
				len(data), data))
			fmt.Fprintf(&refs, "%d 0 R ", 70+i)
		}
		return appendObject(out, 1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</CRLs["+refs.String()+"]>>>>")
	}},
	{"zeros", false, func(base []byte) []byte { return append(bytes.Clone(base), make([]byte, 20<<20)...) }},
	{"one bomb named two thousand times", true, func(base []byte) []byte {
		data := deflate(deflate(bytes.Repeat([]byte(" "), 42<<20)))
		out := appendObject(base, 70, fmt.Sprintf(
			"<</Filter[/FlateDecode/FlateDecode/ASCIIHexDecode]/Length %d>>\nstream\n%s\nendstream", len(data), data))
		return appendObject(out, 1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</CRLs["+strings.Repeat("70 0 R ",
			2000)+"]>>>>")
	}},
	{"a catalogue of half a million keys", true, func(base []byte) []byte {
		var keys strings.Builder
		for i := range 450_000 {
			fmt.Fprintf(&keys, "/K%d %d\n", i, i)
		}
		return appendObject(base, 1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R\n"+keys.String()+">>")
	}},
	{"signatures that cover each other", true, manySignatures},
}

// manySignatures appends a revision of 18 MB with 400 signatures, each of which covers all but its own Contents: a
// program that hashes for each of them reads 7 GB.
func manySignatures(base []byte) []byte {
	const n, padding = 400, 17 << 20
	f, err := pdf.Open(bytes.NewReader(base), int64(len(base)), pdf.Limits{})
	if err != nil {
		panic(err)
	}
	signed, err := f.Signatures()
	if err != nil {
		panic(err)
	}
	contents := fmt.Sprintf("<%x>", signed[0].Contents.Bytes)
	at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
	out := bytes.Clone(base)
	table := []int{len(out)}
	out = append(out, "5 0 obj\n<</SigFlags 3/Fields["...)
	for i := range n {
		out = fmt.Appendf(out, "%d 0 R ", 100+i)
	}
	out = append(out, "]>>\nendobj\n"...)
	const room = "[0 0000000000 0000000000 0000000000]"
	var gaps []int
	for i := range n {
		table = append(table, len(out))
		out = fmt.Appendf(out, "%d 0 "+
			"obj\n<</FT/Sig/T(S%d)/V<</Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange%s/Contents",
			100+i, i, room)
		gaps = append(gaps, len(out))
		out = append(out, contents+">>>>\nendobj\n"...)
	}
	out = append(out, bytes.Repeat([]byte("% padding\n"), padding/10)...)
	next := len(out)
	out = fmt.Appendf(out, "xref\n5 1\n%010d 00000 n\r\n100 %d\n", table[0], n)
	for _, offset := range table[1:] {
		out = fmt.Appendf(out, "%010d 00000 n\r\n", offset)
	}
	out = fmt.Appendf(out, "trailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", 100+n, at, next)
	for _, gap := range gaps {
		end := gap + len(contents)
		copy(out[gap-len("/Contents")-len(room):], fmt.Sprintf("[0 %010d %010d %010d]", gap, end, len(out)-end))
	}
	return out
}

// appendObject appends one object with a classic section.
func appendObject(base []byte, num int, text string) []byte {
	at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
	out := bytes.Clone(base)
	obj := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, text)
	next := len(out)
	return fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n\r\ntrailer\n<</Size 200/Root 1 0 R/Prev "+
		"%d>>\nstartxref\n%d\n%%%%EOF\n", num, obj, at, next)
}

// TestHostileFilesAreBounded: what a file costs is counted, and more than its budget is never spent; the count is the
// same each time, whatever else the machine does. What is alive in memory stays below 256 MB.
func TestHostileFilesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("short: works on files that are made to be slow")
	}
	if norace.Elsewhere(t) {
		return
	}
	p := testPKI(t)
	base := sign(t, attackFile(classic, ""), issue(t, p, "Nạn nhân", devpki.Profile{}), Options{Field: "A"})
	opt := VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft}
	opt.Limits.MaxWork = 64 << 20 // a fifth of the default for 20 MB: the rest would be more of the same
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			file := h.build(base)
			heap := &heapReader{ReaderAt: bytes.NewReader(file), before: liveHeap()}
			first, err := judge(t.Context(), heap, int64(len(file)), opt)
			heap.sample()
			if err == nil && first.report.Overall() == TotalPassed {
				t.Error("passed")
			}
			if errors.Is(err, ErrTooCostly) != h.costly {
				t.Errorf("too costly: want %v, got %v", h.costly, err)
			}
			const step = 64 << 20 // a single step may be taken beyond the budget: one object, one chunk
			if spent := first.work.Spent(); spent > opt.Limits.MaxWork+step &&
				!errors.Is(err, ErrTooCostly) {
				t.Errorf("%d units of work and no end", spent)
			}
			if heap.peak > 256<<20 {
				t.Errorf("%d MB alive", heap.peak>>20)
			}
			less := opt
			less.Limits.MaxWork = 8 << 20
			once, errOnce := judge(t.Context(), bytes.NewReader(file), int64(len(file)), less)
			again, errAgain := judge(t.Context(), bytes.NewReader(file), int64(len(file)), less)
			if once.work.Spent() != again.work.Spent() || fmt.Sprint(errOnce) != fmt.Sprint(errAgain) {
				t.Errorf("%d units of work (%v), then %d (%v)", once.work.Spent(), errOnce, again.work.Spent(),
					errAgain)
			}
			t.Logf("%d MB: %d units of work, %d MB; %v", len(file)>>20, first.work.Spent(), heap.peak>>20, err)
		})
	}
}

// judge is Verify, with all that it knows at its end.
func judge(ctx context.Context, r io.ReaderAt, size int64, opt VerifyOptions) (*verification, error) {
	v := newVerification(ctx, r, size, opt)
	return v, v.run(ctx, size)
}

// heapReader measures what is alive in memory after every 2 MB that are read.
type heapReader struct {
	io.ReaderAt
	before, peak uint64
	read         int
}

func (h *heapReader) ReadAt(p []byte, off int64) (int, error) {
	if h.read += len(p); h.read > 2<<20 {
		h.read = 0
		h.sample()
	}
	return h.ReaderAt.ReadAt(p, off)
}

func (h *heapReader) sample() {
	if now := liveHeap(); now > h.before {
		h.peak = max(h.peak, now-h.before)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestHonestFilesAreJudgedHoweverSlowly: a machine that is a thousand times as busy gives the same verdict for the same
// work.
func TestHonestFilesAreJudgedHoweverSlowly(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Người ký", devpki.Profile{})
	file := sign(t, attackFile(classic, ""), id, Options{Field: "A"})
	file = sign(t, file, id, Options{Field: "B"})
	opt := VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft}
	quick, err := judge(t.Context(), bytes.NewReader(file), int64(len(file)), opt)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // an hour goes by for each piece that is read
		slow, err := judge(t.Context(), slowReader{bytes.NewReader(file)}, int64(len(file)),
			VerifyOptions{Roots: opt.Roots, Revocation: opt.Revocation, At: quick.now})
		if err != nil {
			t.Fatal(err)
		}
		if got := slow.report.Overall(); got != TotalPassed {
			t.Errorf("%s: %+v", got, slow.report.Results)
		}
		if quick.work.Spent() != slow.work.Spent() {
			t.Errorf("%d units of work, slowly %d", quick.work.Spent(), slow.work.Spent())
		}
	})
}

// slowReader takes an hour for each piece.
type slowReader struct{ io.ReaderAt }

func (r slowReader) ReadAt(p []byte, off int64) (int, error) {
	time.Sleep(time.Hour)
	return r.ReaderAt.ReadAt(p, off)
}

// TestBudget: the budget is what is asked for, and its end is an error of its own.
func TestBudget(t *testing.T) {
	p := testPKI(t)
	file := sign(t, attackFile(classic, ""), issue(t, p, "Người ký", devpki.Profile{}), Options{Field: "A"})
	opt := VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft}
	v, err := judge(t.Context(), bytes.NewReader(file), int64(len(file)), opt)
	if err != nil {
		t.Fatal(err)
	}
	for work, want := range map[int64]error{v.work.Spent(): nil, v.work.Spent() - 1: ErrTooCostly, 1: ErrTooCostly,
		-1: nil} {
		opt.Limits.MaxWork = work
		if _, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), opt); !errors.Is(err, want) {
			t.Errorf("budget %d of %d: %v", work, v.work.Spent(), err)
		}
	}
	limits := Limits{MaxWork: 1}
	if _, err := RenewBy(bytes.NewReader(file), int64(len(file)), limits); !errors.Is(err, ErrTooCostly) {
		t.Errorf("for signing: %v", err)
	}
}

// TestVerifyEndsWithItsContext: the clock is the business of whoever waits.
func TestVerifyEndsWithItsContext(t *testing.T) {
	p := testPKI(t)
	file := sign(t, attackFile(classic, ""), issue(t, p, "Người ký", devpki.Profile{}), Options{Field: "A"})
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	r := readerFunc(func(b []byte, off int64) (int, error) {
		if n++; n == 5 {
			cancel()
		}
		return bytes.NewReader(file).ReadAt(b, off)
	})
	if _, err := Verify(ctx, r, int64(len(file)), VerifyOptions{Roots: p.Roots()}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n > 6 {
		t.Errorf("%d reads after the end", n-5)
	}
}

type readerFunc func(p []byte, off int64) (int, error)

func (f readerFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }
