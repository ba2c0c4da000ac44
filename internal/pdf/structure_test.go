package pdf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// sheet is a file as it is written by hand, with the offsets of what has been written.
type sheet struct {
	bytes.Buffer
	at map[string]int
}

func newSheet() *sheet {
	s := &sheet{at: map[string]int{}}
	s.WriteString("%PDF-1.7\n")
	s.object("1", "1 0", "<</Type/Catalog/Pages 2 0 R>>")
	s.object("2", "2 0", "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 9 9]>>")
	s.object("3", "3 0", "<</Type/Page/Parent 2 0 R>>")
	return s
}

func (s *sheet) object(name, number, body string) {
	s.at[name] = s.Len()
	fmt.Fprintf(s, "%s obj\n%s\nendobj\n", number, body)
}

func (s *sheet) stream(name, number, dict string, data []byte) {
	s.object(name, number, fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
}

// packed writes an object stream of numbered objects.
func (s *sheet) packed(name, number, more string, objects ...string) {
	var head, body string
	for i := 0; i+1 < len(objects); i += 2 {
		head += fmt.Sprintf("%s %d ", objects[i], len(body))
		body += objects[i+1] + " "
	}
	s.stream(name, number, fmt.Sprintf("/Type/ObjStm/N %d/First %d%s", len(objects)/2, len(head), more),
		[]byte(head+body))
}

// used is an entry of a table.
func (s *sheet) used(name string) string { return fmt.Sprintf("%010d 00000 n\r\n", s.at[name]) }

const free = "0000000000 65535 f\r\n"

// table writes a cross-reference table of these lines, and its trailer.
func (s *sheet) table(name, lines, trailer string) {
	s.at[name] = s.Len()
	fmt.Fprintf(s, "xref\n%strailer\n<</Size 20/Root 1 0 R%s>>\n", lines, trailer)
}

// entry is one of a cross-reference stream with fields of the given widths.
func entry(w [3]int, kind, second, third int) (out []byte) {
	for i, v := range []int{kind, second, third} {
		out = append(out, binary.BigEndian.AppendUint64(nil, uint64(v))[8-w[i]:]...)
	}
	return out
}

func (s *sheet) end(section string) []byte {
	fmt.Fprintf(s, "startxref\n%d\n%%%%EOF\n", s.at[section])
	return s.Bytes()
}

// base is the table's part of the first four objects.
func (s *sheet) base() string { return "0 4\n" + free + s.used("1") + s.used("2") + s.used("3") }

// structures are files whose object 4 is somewhere, each in another way; want is what it is, as qpdf shows it, or
// "null".
var structures = map[string]struct {
	make func() []byte
	want string
}{
	"a table": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(plain)")
		s.table("x", s.base()+"4 1\n"+s.used("4"), "")
		return s.end("x")
	}, "(plain)"},
	"a table with its parts out of order": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(plain)")
		s.table("x", "4 1\n"+s.used("4")+s.base(), "")
		return s.end("x")
	}, "(plain)"},
	"a table with lines of 19 bytes": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(plain)")
		s.table("x", strings.ReplaceAll(s.base()+"4 1\n"+s.used("4"), "\r\n", "\n"), "")
		return s.end("x")
	}, "(plain)"},
	"an update that replaces it": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(old)")
		s.table("x", s.base()+"4 1\n"+s.used("4"), "")
		s.end("x")
		s.object("new", "4 0", "(new)")
		s.table("y", "4 1\n"+s.used("new"), fmt.Sprintf("/Prev %d", s.at["x"]))
		return s.end("y")
	}, "(new)"},
	"an update that takes it away": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(old)")
		s.table("x", s.base()+"4 1\n"+s.used("4"), "")
		s.end("x")
		s.table("y", "4 1\n0000000000 00001 f\r\n", fmt.Sprintf("/Prev %d", s.at["x"]))
		return s.end("y")
	}, "null"},
	"a hybrid file, in its stream alone": {func() []byte {
		s := newSheet()
		s.packed("o", "5 0", "", "4", "(hidden)")
		w := [3]int{1, 2, 1}
		s.stream("h", "6 0", "/Type/XRef/W[1 2 1]/Index[4 1]/Size 20", entry(w, 2, 5, 0))
		s.table("x", s.base()+"4 1\n"+free+"5 1\n"+s.used("o"), fmt.Sprintf("/XRefStm %d", s.at["h"]))
		return s.end("x")
	}, "(hidden)"},
	"a cross-reference stream": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(plain)")
		w := [3]int{1, 3, 1}
		rows := entry(w, 0, 0, 255)
		for _, name := range []string{"1", "2", "3", "4"} {
			rows = append(rows, entry(w, 1, s.at[name], 0)...)
		}
		s.stream("x", "5 0", "/Type/XRef/W[1 3 1]/Index[0 5]/Size 6/Root 1 0 R", rows)
		return s.end("x")
	}, "(plain)"},
	"a cross-reference stream without kinds": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(plain)")
		w := [3]int{0, 4, 0}
		var rows []byte
		for _, name := range []string{"1", "2", "3", "4"} {
			rows = append(rows, entry(w, 1, s.at[name], 0)...)
		}
		s.stream("x", "5 0", "/Type/XRef/W[0 4 0]/Index[1 4]/Size 6/Root 1 0 R", rows)
		return s.end("x")
	}, "(plain)"},
	"an object stream": {func() []byte {
		s := newSheet()
		s.packed("o", "5 0", "", "7", "[1]", "4", "(packed)", "8", "<</A 1>>")
		w := [3]int{1, 3, 1}
		rows := entry(w, 0, 0, 255)
		for _, name := range []string{"1", "2", "3"} {
			rows = append(rows, entry(w, 1, s.at[name], 0)...)
		}
		rows = append(append(append(rows, entry(w, 2, 5, 1)...), entry(w, 1, s.at["o"], 0)...), entry(w, 0, 0, 0)...)
		rows = append(append(rows, entry(w, 2, 5, 0)...), entry(w, 2, 5, 2)...)
		s.stream("x", "9 0", "/Type/XRef/W[1 3 1]/Index[0 9]/Size 10/Root 1 0 R", rows)
		return s.end("x")
	}, "(packed)"},
	"a stream of which the length stands elsewhere": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "[5 0 R]")
		s.object("5", "5 0", "<</Length 6 0 R>>\nstream\nendstream in the data\nendstream")
		s.object("6", "6 0", "21")
		s.table("x", s.base()+"4 3\n"+s.used("4")+s.used("5")+s.used("6"), "")
		return s.end("x")
	}, "[ 5 0 R ]"},
	"an update whose tables are of both kinds": {func() []byte {
		s := newSheet()
		s.object("4", "4 0", "(old)")
		s.table("x", s.base()+"4 1\n"+s.used("4"), "")
		s.end("x")
		s.object("new", "4 0", "(new)")
		w := [3]int{1, 3, 1}
		s.stream("y", "7 0", fmt.Sprintf("/Type/XRef/W[1 3 1]/Index[4 1]/Size 20/Root 1 0 R/Prev %d", s.at["x"]),
			entry(w, 1, s.at["new"], 0))
		return s.end("y")
	}, "(new)"},
	"comments and blanks in odd places": {func() []byte {
		s := newSheet()
		s.at["4"] = s.Len()
		s.WriteString("4 %c\n0\tobj%x\r(plain)%y\nendobj\n")
		s.table("x", s.base()+"4 1\n"+s.used("4"), "%z\n")
		return s.end("x")
	}, "(plain)"},
}

// Where an object is, in every way in which a file may say so, is where qpdf finds it.
func TestStructuresAgainstQPDF(t *testing.T) {
	for name, c := range structures {
		t.Run(name, func(t *testing.T) {
			data := c.make()
			f := mustOpen(t, data)
			o, err := f.Get(Ref{4, 0})
			if err != nil {
				t.Fatal(err)
			}
			ours, err := appendObject(nil, o, 0)
			if err != nil {
				t.Fatal(err)
			}
			theirs := strings.TrimSpace(string(qpdf(t, data, "", "--warning-exit-0", "--show-object=4")))
			if theirs != c.want || strings.ReplaceAll(string(ours), " ", "") != strings.ReplaceAll(c.want, " ", "") {
				t.Errorf("we read %s, qpdf %s; want %s", ours, theirs, c.want)
			}
			if pages, err := f.Pages(); err != nil || len(pages) != 1 {
				t.Errorf("pages %v, %v", pages, err)
			}
		})
	}
}

// Every byte of every structure changed: a file is read or told to be malformed, and what is read can be walked.
func TestEveryByteOfEveryStructureChanged(t *testing.T) {
	for name, c := range structures {
		whole := c.make()
		for i := range whole {
			data := bytes.Clone(whole)
			data[i] ^= 1 << (i % 7)
			f, err := OpenDamaged(bytes.NewReader(data), int64(len(data)), Limits{MaxDecoded: 1 << 16})
			if err != nil {
				continue
			}
			for num := range 10 {
				if o, err := f.Get(Ref{num, 0}); err == nil {
					if s, ok := o.(*Stream); ok {
						_, _ = f.Decode(s, 1<<12)
					}
				}
			}
			if _, err := f.Pages(); err != nil && !strings.Contains(err.Error(), "malformed") {
				t.Errorf("%s: byte %d: %v", name, i, err)
			}
		}
	}
}
