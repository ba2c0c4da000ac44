package signing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/signing/internal/pdf"
)

// FuzzVerify: any bytes end in a report or an error. The bytes are an update appended to a signed file, or a whole file.
func FuzzVerify(f *testing.F) {
	p, err := devpki.Open("", devpki.Options{})
	if err != nil {
		f.Fatal(err)
	}
	id := issue(f, p, "Fuzz", devpki.Profile{})
	signed := map[fileKind][]byte{}
	for _, k := range fileKinds {
		signed[k] = sign(f, attackFile(k, ""), id, Options{Field: "A"})
		f.Add(signed[k], false)
	}
	for _, a := range updateAttacks {
		file := update(f, signed[classic], func(file *pdf.File, u *pdf.Update) { a.do(f, file, u) })
		f.Add(file[len(signed[classic]):], true)
	}
	f.Fuzz(func(t *testing.T, data []byte, appended bool) {
		if appended {
			data = append(bytes.Clone(signed[classic]), data...)
		}
		r, err := Verify(t.Context(), bytes.NewReader(data), int64(len(data)), VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft})
		if err != nil {
			return
		}
		if err := r.WriteText(io.Discard, Vietnamese); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		for i := range r.Results {
			if res := &r.Results[i]; res.Indication != TotalPassed && len(res.Reasons) == 0 {
				t.Errorf("%s without a reason", res.Indication)
			}
		}
	})
}

// hostile files are up to 20 MB and built to cost as much as they can.
var hostile = map[string]func(base []byte) []byte{
	"deep nesting": func(base []byte) []byte {
		return appendObject(base, 4, strings.Repeat("[", 20<<20))
	},
	"one array of a million values": func(base []byte) []byte {
		return appendObject(base, 4, "["+strings.Repeat("0 ", 10<<20)+"]")
	},
	"references to everything": func(base []byte) []byte {
		return appendObject(base, 4, "["+strings.Repeat("4 0 R ", 3<<20)+"]")
	},
	"thousands of revisions": func(base []byte) []byte {
		out := bytes.Clone(base)
		at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
		for range 11_000 {
			obj := len(out)
			out = fmt.Appendf(out, "4 0 obj\n<<>>\nendobj\n")
			next := len(out)
			out = fmt.Appendf(out, "xref\n4 1\n%010d 00000 n\r\ntrailer\n<</Size 60/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", obj, at, next)
			at = int64(next)
		}
		return out
	},
	"a million objects": func(base []byte) []byte {
		out := bytes.Clone(base)
		at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
		obj := len(out)
		out = append(out, "4 0 obj\n[4 0 R 5 0 R 6 0 R]\nendobj\n"...)
		next := len(out)
		const n = 900_000
		out = fmt.Appendf(out, "xref\n4 1\n%010d 00000 n\r\n100 %d\n", obj, n)
		out = append(out, bytes.Repeat(fmt.Appendf(nil, "%010d 00000 n\r\n", obj), n)...)
		return fmt.Appendf(out, "trailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", n+100, at, next)
	},
	"a million signature fields": func(base []byte) []byte {
		return appendObject(base, 5, "<</Fields["+strings.Repeat("<</FT/Sig/T(x)/V<<>>>>", 900_000)+"]>>")
	},
	"an object stream that unpacks to far more": func(base []byte) []byte {
		data := deflate(make([]byte, 64<<20))
		return appendObject(base, 4, fmt.Sprintf("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(data), data))
	},
	"a DSS of many bombs": func(base []byte) []byte {
		data := deflate(make([]byte, 30<<20))
		out := base
		var refs strings.Builder
		for i := range 60 {
			out = appendObject(out, 70+i, fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(data), data))
			fmt.Fprintf(&refs, "%d 0 R ", 70+i)
		}
		return appendObject(out, 1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</CRLs["+refs.String()+"]>>>>")
	},
	"zeros": func(base []byte) []byte { return append(bytes.Clone(base), make([]byte, 20<<20)...) },
}

// appendObject appends one object with a classic section.
func appendObject(base []byte, num int, text string) []byte {
	at, _ := lastStartXRef(bytes.NewReader(base), int64(len(base)))
	out := bytes.Clone(base)
	obj := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, text)
	next := len(out)
	return fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n\r\ntrailer\n<</Size 200/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", num, obj, at, next)
}

// TestHostileFilesAreBounded: at most 10 s and 256 MB for a file of 20 MB, whatever it holds.
func TestHostileFilesAreBounded(t *testing.T) {
	p := testPKI(t)
	base := sign(t, attackFile(classic, ""), issue(t, p, "Nạn nhân", devpki.Profile{}), Options{Field: "A"})
	for name, build := range hostile {
		t.Run(name, func(t *testing.T) {
			file := build(base)
			runtime.GC()
			debug.FreeOSMemory()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			peak, stop := sampleHeap(before.HeapAlloc)
			start := time.Now()
			r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft})
			took := time.Since(start)
			stop()
			if err == nil && r.Overall() == TotalPassed {
				t.Error("passed")
			}
			t.Logf("%d MB: %v, %d MB; %v", len(file)>>20, took.Round(time.Millisecond), *peak>>20, err)
			if took > slowdown*10*time.Second || *peak > slowdown*256<<20 {
				t.Errorf("%v, %d MB", took, *peak>>20)
			}
		})
	}
}

// sampleHeap samples the heap's growth until stop is called.
func sampleHeap(base uint64) (peak *uint64, stop func()) {
	peak = new(uint64)
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if m.HeapAlloc > base {
				*peak = max(*peak, m.HeapAlloc-base)
			}
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return peak, func() { close(done); <-finished }
}
