package signing

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"
	"time"
)

// fileKind is a way to write a test file's cross-references.
type fileKind string

const (
	classic fileKind = "classic"
	stream  fileKind = "stream" // cross-reference stream and object streams
	hybrid  fileKind = "hybrid"
	hidden  fileKind = "hybrid, all but catalogue and pages hidden" // in its object stream
)

var fileKinds = []fileKind{classic, stream, hybrid}

// testFile makes a one-page file with the named empty signature fields, each in a box of its own, and a structure tree
// entry for each, as a template engine would write it.
func testFile(t testing.TB, kind fileKind, fields ...string) []byte {
	t.Helper()
	objects := map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R/Lang(vi)>>",
		2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		7: "<</Producer(test)/Title<FEFF004700690061006F>>>",
	}
	content := "BT /F1 12 Tf 72 780 Td (Covenant) Tj ET"
	objects[4] = fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content)
	objects[8] = "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>"
	var refs, kids strings.Builder
	for i, name := range fields {
		n := 10 + 2*i
		fmt.Fprintf(&refs, "%d 0 R ", n)
		fmt.Fprintf(&kids, "%d 0 R ", n+1)
		y := 700 - 60*(i%10)
		x := 72 + 230*(i/10%2)
		objects[n] = fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/TU(Signature %s)/Rect[%d %d %d %d]/F "+
			"4/P 3 0 R/StructParent %d/AP<</N 9 0 R>>>>", name, name, x, y, x+200, y+55, i+1)
		objects[n+1] = fmt.Sprintf("<</Type/StructElem/S/Form/P 6 0 R/Pg 3 0 R/K<</Type/OBJR/Obj %d 0 R/Pg 3 0 R>>>>",
			n)
	}
	objects[9] = "<</Type/XObject/Subtype/Form/BBox[0 0 200 55]/Length 0>>\nstream\n\nendstream"
	objects[3] = fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 "+
		"8 0 R>>>>/Annots[%s]/Tabs/S>>", refs.String())
	objects[5] = fmt.Sprintf("<</Fields[%s]/SigFlags 1>>", refs.String())
	objects[6] = fmt.Sprintf("<</Type/StructTreeRoot/K[%s]>>", kids.String())
	return writeFile(kind, objects)
}

func numbers(objects map[int]string) []int {
	var out []int
	for n := range objects {
		if n > 0 {
			out = append(out, n)
		}
	}
	sort.Ints(out)
	return out
}

// writeFile writes the objects by their numbers; 0 stands for further entries of the trailer.
func writeFile(kind fileKind, objects map[int]string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	nums := numbers(objects)
	size := nums[len(nums)-1] + 1
	entries := map[int][3]int{0: {0, 0, 65535}}
	var packed []int
	for _, n := range nums {
		if kind != classic && !strings.Contains(objects[n], "stream\n") && (kind == stream || n == 7 ||
			kind == hidden && n > 3) {
			packed = append(packed, n)
			continue
		}
		entries[n] = [3]int{1, b.Len(), 0}
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	if kind != classic {
		var head, body bytes.Buffer
		for i, n := range packed {
			fmt.Fprintf(&head, "%d %d ", n, body.Len())
			body.WriteString(objects[n] + "\n")
			entries[n] = [3]int{2, size, i}
		}
		entries[size] = [3]int{1, b.Len(), 0}
		data := deflate(append(head.Bytes(), body.Bytes()...))
		fmt.Fprintf(&b, "%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length "+
			"%d>>\nstream\n%s\nendstream\nendobj\n", size, len(packed), head.Len(), len(data), data)
		size++
	}
	trailer := "/Root 1 0 R/Info 7 0 R/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]"
	writeXRef(&b, kind, entries, size, trailer+objects[0])
	return b.Bytes()
}

func writeXRef(b *bytes.Buffer, kind fileKind, entries map[int][3]int, size int, trailer string) {
	stm := b.Len()
	if kind != classic {
		num := size
		size++
		entries[num] = [3]int{1, stm, 0}
		var rows []byte
		for n := range size {
			e := entries[n]
			rows = append(rows, byte(e[0]), byte(e[1]>>16), byte(e[1]>>8), byte(e[1]), byte(e[2]>>8), byte(e[2]))
		}
		data := deflate(rows)
		fmt.Fprintf(b, "%d 0 obj\n<</Type/XRef/W[1 3 2]/Size %d%s/Filter/FlateDecode/Length "+
			"%d>>\nstream\n%s\nendstream\nendobj\n", num, size, trailer, len(data), data)
		if kind == stream {
			fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", stm)
			return
		}
		trailer += fmt.Sprintf("/XRefStm %d", stm)
	}
	at := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n", size)
	for n := range size {
		if e := entries[n]; e[0] == 1 {
			fmt.Fprintf(b, "%010d %05d n\r\n", e[1], e[2])
		} else {
			fmt.Fprintf(b, "0000000000 65535 f\r\n")
		}
	}
	fmt.Fprintf(b, "trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n", size, trailer, at)
}

func deflate(data []byte) []byte {
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	z.Write(data)
	z.Close()
	return buf.Bytes()
}

// relocate writes a classic file's objects anew after their texts were changed by hand.
func relocate(t testing.TB, file []byte) []byte {
	t.Helper()
	objects := map[int]string{}
	for _, part := range strings.Split(string(file[:bytes.Index(file, []byte("xref\n0"))]), "endobj\n") {
		head, body, ok := strings.Cut(part, " 0 obj\n")
		if !ok {
			continue
		}
		var n int
		if _, err := fmt.Sscan(head[strings.LastIndex(head, "\n")+1:], &n); err != nil {
			t.Fatal(err)
		}
		objects[n] = strings.TrimSuffix(body, "\n")
	}
	return writeFile(classic, objects)
}

func now() time.Time { return time.Now() }

// inflate decodes the Flate stream of an object's text.
func inflate(t testing.TB, object string) []byte {
	t.Helper()
	_, data, ok := strings.Cut(object, "\nstream\n")
	if !ok {
		t.Fatal("not a stream")
	}
	z, err := zlib.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
