package signing

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// structures are ways to build one and the same form, as other producers do. Each has the unsigned field "a".
var structures = map[string]map[int]string{
	"form in the catalogue": {
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[10 0 R]>>>>",
	},
	"fields array of its own": {
		5:  "<</Fields 20 0 R/SigFlags 1>>",
		20: "[10 0 R]",
	},
	"fields array of its own, form in the catalogue": {
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 20 0 R/DA(/Helv 0 Tf)>>>>",
		20: "[10 0 R]",
	},
	"annotations array of its own": {
		3:  "<</Type/Page/Parent 2 0 R/Annots 20 0 R>>",
		20: "[10 0 R]",
	},
	"no annotations array": {
		3: "<</Type/Page/Parent 2 0 R>>",
	},
	"annotations null": {
		3: "<</Type/Page/Parent 2 0 R/Annots null>>",
	},
	"widget apart": {
		10: "<</FT/Sig/T(a)/Kids[20 0 R]>>",
		20: "<</Type/Annot/Subtype/Widget/Parent 10 0 R/Rect[72 700 272 755]/F 4/P 3 0 R/AP<</N 9 0 R>>>>",
		3:  "<</Type/Page/Parent 2 0 R/Annots[20 0 R]>>",
	},
	"two widgets": {
		10: "<</FT/Sig/T(a)/Kids[20 0 R 21 0 R]>>",
		20: "<</Type/Annot/Subtype/Widget/Parent 10 0 R/Rect[72 700 272 755]/F 4/P 3 0 R>>",
		21: "<</Type/Annot/Subtype/Widget/Parent 10 0 R/Rect[72 600 172 655]/F 4/P 3 0 R>>",
		3:  "<</Type/Page/Parent 2 0 R/Annots[20 0 R 21 0 R]>>",
	},
	"no widget": {
		10: "<</FT/Sig/T(a)>>",
	},
	"value null": {
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/V null/Rect[0 0 0 0]/F 4/P 3 0 R>>",
	},
	"value refers to nothing": {
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/V 500 0 R/Rect[72 700 272 755]/F 4/P 3 0 R>>",
	},
	"rectangle's corners the other way round": {
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/Rect[272 755 72 700]/F 4/P 3 0 R>>",
	},
	"type inherited": {
		5:  "<</Fields[20 0 R]/SigFlags 3>>",
		20: "<</T(a)/FT/Sig/Kids[10 0 R]>>",
		10: "<</Type/Annot/Subtype/Widget/Parent 20 0 R/Rect[72 700 272 755]/F 4/P 3 0 R>>",
	},
	"field met twice": {
		5: "<</Fields[10 0 R 10 0 R]/SigFlags 3>>",
	},
	"field that refers to nothing": {
		5: "<</Fields[10 0 R 600 0 R null]/SigFlags 3>>",
	},
	"deep page tree": {
		2:  "<</Type/Pages/Kids[20 0 R]/Count 1/MediaBox[0 0 595 842]>>",
		20: "<</Type/Pages/Parent 2 0 R/Kids[21 0 R 3 0 R]/Count 1>>",
		21: "<</Type/Pages/Parent 20 0 R/Kids[]/Count 0>>",
		3:  "<</Type/Page/Parent 20 0 R/Annots[10 0 R]>>",
	},
	"names with escapes": {
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Private#20Key#23(\\(x\\))/N<</#C4#A9 1.50/B -0.001>>>>",
	},
	"usage rights": {
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms<</UR3 20 0 R>>>>",
		20: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents<00>/ByteRange[0 0 0 0]>>",
	},
}

// widgetsApart are the structures in which the field's value does not stand in the widget.
var widgetsApart = map[string]bool{"widget apart": true, "two widgets": true, "type inherited": true}

func structureFile(kind fileKind, change map[int]string) []byte {
	objects := map[int]string{
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		2:  "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
		3:  "<</Type/Page/Parent 2 0 R/Annots[10 0 R]>>",
		5:  "<</Fields[10 0 R]/SigFlags 1>>",
		7:  "<</Producer(test)>>",
		9:  "<</Type/XObject/Subtype/Form/BBox[0 0 200 55]/Length 0>>\nstream\n\nendstream",
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/Rect[72 700 272 755]/F 4/P 3 0 R>>",
	}
	for n, s := range change {
		objects[n] = s
	}
	return writeFile(kind, objects)
}

// TestEveryStructure signs the existing field and a new one in each structure, in each kind of file, with each kind of
// line end after the last %%EOF, and raises the file.
func TestEveryStructure(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	endings := []string{"\n", "", "\r", "\r\n", "\n\n"}
	for name, change := range structures {
		t.Run(name, func(t *testing.T) {
			for i, kind := range []fileKind{classic, stream, hybrid, hidden} {
				in := structureFile(kind, change)
				in = append(bytes.TrimRight(in, "\n"), endings[(i+len(name))%len(endings)]...)
				look := &Appearance{Lines: vietnamese}
				out := sign(t, in, id, Options{Level: BT, TSA: tsa, Field: "a", Appearance: look})
				out = sign(t, out, id, Options{Level: BT, TSA: tsa, Field: "z",
					New: &NewField{Rect: Rect{20, 20, 220, 70}}, Appearance: look})
				var raised bytes.Buffer
				if _, err := Extend(t.Context(), bytes.NewReader(out), int64(len(out)), &raised,
					ExtendOptions{TSA: tsa, Validation: &ValidationSource{HTTP: http.DefaultClient}}); err != nil {
					t.Fatal(err)
				}
				if got := len(checkSignatures(t, raised.Bytes())); got != 3 {
					t.Errorf("%s: %d signatures", kind, got)
				}
				requireKept(t, in, raised.Bytes())
				requirePassed(t, p, raised.Bytes(), BLTA, string(kind))
				want := 2
				if widgetsApart[name] {
					want = 1 // poppler finds no value above a widget
				}
				path := writeTemp(t, "signed.pdf", raised.Bytes())
				if text := tool(t, "pdfsig", "-nocert", path); strings.Count(text, "Signature is Valid.") != want {
					t.Errorf("%s: pdfsig: %s", kind, text)
				}
			}
		})
	}
}

// requireKept checks that everything of the first revision that a signature need not change reads as before.
func requireKept(t *testing.T, in, out []byte) {
	t.Helper()
	was, _ := openSigned(t, in)
	is, _ := openSigned(t, out)
	for num, e := range was.Objects() {
		old, err := was.Get(pdf.Ref{Num: num, Gen: e.Gen})
		if err != nil {
			t.Fatal(err)
		}
		new, err := is.Get(pdf.Ref{Num: num, Gen: e.Gen})
		if err != nil {
			t.Fatal(err)
		}
		a, isDict := old.(pdf.Dict)
		b, stillDict := new.(pdf.Dict)
		if !isDict || !stillDict {
			if _, isArray := old.(pdf.Array); !isArray && !pdf.Equal(old, new) {
				t.Errorf("object %d changed", num)
			}
			continue
		}
		may := []pdf.Name{"AcroForm", "DSS", "Annots", "Fields", "SigFlags", "V", "AP"}
		if !pdf.Equal(a.Without(may...), b.Without(may...)) {
			t.Errorf("object %d changed from %v to %v", num, a, b)
		}
	}
}

func TestFieldsBelowOthersAreNamedInFull(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	for _, kind := range fileKinds {
		in := structureFile(kind, map[int]string{
			5:  "<</Fields[20 0 R]/SigFlags 3>>",
			20: "<</T<FEFF004B00FD>/FT/Sig/Kids[10 0 R 21 0 R]>>",
			10: "<</Type/Annot/Subtype/Widget/T(a)/Parent 20 0 R/Rect[72 700 272 755]/F 4/P 3 0 R>>",
			21: "<</Type/Annot/Subtype/Widget/T(b)/Parent 20 0 R/Rect[72 600 272 655]/F 4/P 3 0 R>>",
		})
		for i, name := range []string{"Ký.a", "Ký.b"} {
			in = sign(t, in, id, Options{Field: name, Appearance: &Appearance{Lines: vietnamese}})
			if got := len(checkSignatures(t, in)); got != i+1 {
				t.Errorf("%s: %d signatures", kind, got)
			}
		}
	}
}

func TestGenerationsOtherThanZero(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := structureFile(classic, nil)
	f, _ := openSigned(t, in)
	at, _ := f.Lookup(10)
	in = bytes.ReplaceAll(in, []byte("10 0 R"), []byte("10 7 R"))
	in = bytes.ReplaceAll(in, []byte("10 0 obj"), []byte("10 7 obj"))
	in = bytes.ReplaceAll(in, fmt.Appendf(nil, "%010d 00000 n", at.Offset), fmt.Appendf(nil, "%010d 00007 n",
		at.Offset))
	out := sign(t, in, id, Options{Field: "a"})
	if got := len(checkSignatures(t, out)); got != 1 || !bytes.Contains(out[len(in):], []byte("10 7 obj")) {
		t.Errorf("%d signatures", got)
	}
}
