package signing

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// attackFile is a document with everything that attacks work on: content, a font, an image that covers text, a layer
// that is off, a text field, a button, a link, an unused object and a reference to an object that does not exist.
func attackFile(kind fileKind, inField string) []byte {
	stm := func(dict, body string) string {
		return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(body), body)
	}
	return writeFile(kind, map[int]string{
		0: "/Vendor 36 0 R",
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 6 0 R/Vendor 35 0 R" +
			"/StructTreeRoot 29 0 R/Outlines 42 0 R/OCProperties<</OCGs[20 0 R]/D<</OFF[20 0 R]>>>>>>",
		2: "<</Type/Pages/Kids[3 0 R 30 0 R]/Count 2>>",
		3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[4 0 R 31 0 R]/Resources 9 0 R/Annots[10 0 R 11 " +
			"0 R 12 0 R 13 0 R 14 0 R 22 0 R 25 0 R]>>",
		4: stm("", "BT /F1 12 Tf 72 780 Td (Pay 100 dong) Tj ET /Im1 Do /OC /L1 BDC BT /F1 12 Tf 72 700 Td (Pay 999 "+
			"dong) Tj ET EMC"),
		5: "<</Fields[10 0 R 11 0 R 12 0 R 13 0 R 22 0 R 25 0 R]/SigFlags 1/DR<</ProcSet[/PDF/Text]/Font<</F1 8 0 " +
			"R>>/XObject<</FRM 28 0 R>>>>>>",
		6: stm("/Type/Metadata/Subtype/XML", `<x:xmpmeta xmlns:x="adobe:ns:meta/"/>`),
		7: "<</Producer(test)>>",
		8: "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/ToUnicode 16 0 R>>",
		9: "<</Font<</F1 8 0 R>>/XObject<</Im1 15 0 R/Shown 27 0 R>>/Properties<</L1 20 0 R>>>>",

		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(A)/Rect[72 600 272 650]/F 4/P 3 0 R" + inField + ">>",
		11: "<</Type/Annot/Subtype/Widget/FT/Sig/T(B)/Rect[72 500 272 550]/F 4/P 3 0 R/AP<</N 17 0 R>>>>",
		12: "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(100)/Rect[300 600 400 620]/F 4/P 3 0 R/AP<</N 18 0 R>>>>",
		13: "<</Type/Annot/Subtype/Widget/FT/Btn/T(agree)/Rect[300 500 320 520]/F 4/P 3 0 R/AS/Off/AP<</N<</Off 18 " +
			"0 R/Yes 19 0 R>>>>>>",
		14: "<</Type/Annot/Subtype/Link/Rect[72 100 172 120]/P 3 0 R/A<</S/URI/URI(https://example.vn/)>>>>",
		15: stm("/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "\xff"),
		16: stm("", "/CIDInit /ProcSet findresource begin end"),
		17: stm("/Type/XObject/Subtype/Form/BBox[0 0 200 50]", ""),
		18: stm("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "BT (100) Tj ET"),
		19: stm("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "0 0 10 10 re f"),
		20: "<</Type/OCG/Name(hidden)>>",
		22: "<</Type/Annot/Subtype/Widget/FT/Tx/T(note)/V(100)/Rect[300 400 400 420]/F 4/P 3 0 R/AP 23 0 R>>",
		23: "<</N 24 0 R>>",
		24: stm("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "BT (100) Tj ET"),
		25: "<</Type/Annot/Subtype/Widget/FT/Tx/T(shown)/V(100)/Rect[300 300 400 320]/F 4/P 3 0 R/AP 26 0 R>>",
		26: "<</N 27 0 R>>",
		27: stm("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "BT (100) Tj ET"), // which the page shows too
		28: stm("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", ""),
		21: stm("", "BT /F1 40 Tf 72 400 Td (Nobody refers to this) Tj ET"),

		30: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 32 0 R/Resources 9 0 R/Annots 33 0 R>>",
		// 31 does not exist: page 1 refers to nothing there.
		32: "<</Length 34 0 R>>\nstream\nBT /F1 12 Tf 72 780 Td (Page two) Tj ET\nendstream",
		34: "39",
		33: "[]",
		29: "<</Type/StructTreeRoot/K 39 0 R/ParentTree 41 0 R/ParentTreeNextKey 1>>",
		39: "<</Type/StructElem/S/Document/P 29 0 R/K[44 0 R]>>",
		41: "<</Nums[0 44 0 R]>>",
		44: "<</Type/StructElem/S/Form/P 39 0 R/K<</Type/OBJR/Obj 10 0 R/Pg 3 0 R>>>>",
		42: "<</Type/Outlines/First 43 0 R/Last 43 0 R/Count 1>>",
		43: "<</Title(Page two)/Parent 42 0 R/Dest[30 0 R/Fit]>>",
		35: "<</Data 37 0 R>>", // what no standard knows, but some program may read
		36: "<</Data 38 0 R>>",
		37: "<</Rate 1>>",
		38: "<</Rate 1>>",
		40: "<</Unused true>>",
	})
}

// attackBase is attackFile signed in field A, for each kind of file.
type attackBase struct {
	pki  *devpki.PKI
	id   Identity
	file map[fileKind][]byte
	plan Options
}

func newAttackBase(t testing.TB, opt Options, inField ...string) *attackBase {
	t.Helper()
	b := &attackBase{pki: testPKI(t), file: map[fileKind][]byte{}, plan: opt}
	b.id = issue(t, b.pki, "Nạn nhân", devpki.Profile{})
	opt.Field, opt.Level, opt.TSA = "A", BT, &TSA{URLs: []string{b.pki.TSA()}}
	if opt.Appearance == nil {
		opt.Appearance = &Appearance{Lines: []Line{{Text: "Đã ký"}}}
	}
	for _, k := range fileKinds {
		b.file[k] = sign(t, attackFile(k, strings.Join(inField, "")), b.id, opt)
	}
	return b
}

// judge returns the verdict on field A, and the whole report.
func (b *attackBase) judge(t testing.TB, file []byte) (*Result, *Report) {
	t.Helper()
	r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), VerifyOptions{Roots: b.pki.Roots(),
		Revocation: RevocationSoft})
	if err != nil {
		t.Logf("not readable as a pdf: %v", err)
		return nil, nil
	}
	for i := range r.Results {
		if r.Results[i].Field == "A" {
			return &r.Results[i], r
		}
	}
	return nil, r
}

// updateAttack is an attack that a later revision makes.
type updateAttack struct {
	name string
	kind ChangeKind // what it must be reported as; "" where any will do
	do   func(t testing.TB, f *pdf.File, u *pdf.Update)
}

// The names follow the literature: incremental saving attacks (Mladenov et al., CCS 2019), shadow attacks (Mainka et
// al., NDSS 2021), attacks on certified documents (Rohlmann et al., S&P 2021).
var updateAttacks = []updateAttack{
	{"IncrementalSaving/content stream replaced", ChangeContent, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(4), content("Pay 999 dong"))
	}},
	{"IncrementalSaving/content stream of page 2 replaced", ChangeContent, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(32), content("Other page"))
	}},
	{"IncrementalSaving/content cut short by its length", "", func(_ testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(34), pdf.Integer(20))
	}},
	{"IncrementalSaving/page points to other content", ChangeContent, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(3), dict(t, u, 3).With("Contents", u.Add(content("Pay 999 dong"))))
	}},
	{"IncrementalSaving/page replaced in the tree", ChangePageTree, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		p := u.Add(dict(t, u, 3).With("Contents", u.Add(content("Pay 999 dong"))))
		u.Set(ref(2), dict(t, u, 2).With("Kids", pdf.Array{p, ref(30)}))
	}},
	{"IncrementalSaving/page added", ChangePageTree, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		p := u.Add(dict(t, u, 3).With("Contents", u.Add(content("More"))).Without("Annots"))
		u.Set(ref(2), dict(t, u, 2).With("Kids", pdf.Array{ref(3), ref(30), p}).With("Count", pdf.Integer(3)))
	}},
	{"IncrementalSaving/page removed", ChangePageTree, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(2), dict(t, u, 2).With("Kids", pdf.Array{ref(3)}).With("Count", pdf.Integer(1)))
	}},
	{"IncrementalSaving/pages swapped", ChangePageTree, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(2), dict(t, u, 2).With("Kids", pdf.Array{ref(30), ref(3)}))
	}},
	{"IncrementalSaving/media box cut", ChangePage, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(3), dict(t, u, 3).With("MediaBox", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(595),
			pdf.Integer(400)}))
	}},
	{"IncrementalSaving/page rotated", ChangePage, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(3), dict(t, u, 3).With("Rotate", pdf.Integer(180)))
	}},
	{"IncrementalSaving/catalogue points to other pages", ChangePageTree, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		p := u.Add(pdf.Dict{{Key: "Type", Value: pdf.Name("Pages")}, {Key: "Kids", Value: pdf.Array{ref(30)}},
			{Key: "Count", Value: pdf.Integer(1)}})
		u.Set(ref(1), dict(t, u, 1).With("Pages", p))
	}},
	{"IncrementalSaving/open action added", ChangeAction, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("OpenAction", pdf.Dict{{Key: "S", Value: pdf.Name("JavaScript")},
			{Key: "JS", Value: pdf.String{Bytes: "app.alert(1)"}}}))
	}},
	{"IncrementalSaving/names with script added", ChangeAction, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("Names", pdf.Dict{{Key: "JavaScript", Value: u.Add(pdf.Dict{})}}))
	}},
	{"IncrementalSaving/link goes elsewhere", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(14), dict(t, u, 14).With("A", pdf.Dict{{Key: "S", Value: pdf.Name("URI")},
			{Key: "URI", Value: pdf.String{Bytes: "https://evil.example/"}}}))
	}},

	{"ShadowHide/covering image removed", ChangeResource, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Delete(ref(15))
	}},
	{"ShadowHide/covering image made empty", ChangeResource, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(15), form(""))
	}},
	{"ShadowHide/layer switched on", ChangeLayers, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("OCProperties", pdf.Dict{{Key: "OCGs", Value: pdf.Array{ref(20)}},
			{Key: "D", Value: pdf.Dict{}}}))
	}},
	{"ShadowHide/layer replaced", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) { u.Set(ref(20), pdf.Dict{}) }},
	{"ShadowReplace/font replaced", ChangeResource, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(8), dict(t, u, 8).With("BaseFont", pdf.Name("ZapfDingbats")))
	}},
	{"ShadowReplace/character map replaced", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(16),
			content("x"))
	}},
	{"ShadowReplace/resources replaced", ChangeResource, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(9), dict(t, u, 9).With("Font", pdf.Dict{}))
	}},
	{"ShadowReplace/form resources redefine a font", ChangeResource, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(5), dict(t, u, 5).With("DR",
			pdf.Dict{{Key: "Font", Value: pdf.Dict{{Key: "F1", Value: u.Add(pdf.Dict{})}}}}))
	}},
	{"ShadowHideAndReplace/missing object comes into being", ChangeContent, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(31), content("Hidden text"))
	}},
	{"ShadowHideAndReplace/unused object becomes content", ChangeContent, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(3), dict(t, u, 3).With("Contents", ref(21)))
	}},

	{"Annotation/free text over the content", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		addAnnotation(t, u, u.Add(annotation("FreeText",
			pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}})))
	}},
	{"Annotation/stamp written into the page", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		addAnnotation(t, u, annotation("Stamp",
			pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}}))
	}},
	{"Annotation/redaction", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		addAnnotation(t, u,
			u.Add(annotation("Redact")))
	}},
	{"Annotation/on a page whose list is an object", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(33), pdf.Array{u.Add(annotation("FreeText"))})
	}},
	{"Annotation/link removed", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		page := dict(t, u, 3)
		u.Set(ref(3), page.With("Annots", page.Get("Annots").(pdf.Array)[:4]))
	}},
	{"Annotation/order changed", ChangeAnnotation, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		page := dict(t, u, 3)
		arr := slices.Clone(page.Get("Annots").(pdf.Array))
		slices.Reverse(arr)
		u.Set(ref(3), page.With("Annots", arr))
	}},

	{"Form/text field added", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Tx")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "new"}},
			pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}}))
		addField(t, u, w)
		addAnnotation(t, u, w)
	}},
	{"Form/text field moved over the content", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(12), dict(t, u, 12).With("Rect", annotation("x").Get("Rect")))
	}},
	{"Form/button's appearance replaced", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(13), dict(t, u, 13).With("AP",
			pdf.Dict{{Key: "N", Value: pdf.Dict{{Key: "Off", Value: u.Add(form("x"))}}}}))
	}},
	{"Form/shared appearance stream overwritten", ChangeField, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(18), form("999"))
	}},
	{"Form/script in a field", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(12), dict(t, u, 12).With("AA",
			pdf.Dict{{Key: "K", Value: pdf.Dict{{Key: "S", Value: pdf.Name("JavaScript")}}}}))
	}},
	{"Form/viewers told to draw fields anew", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(5), dict(t, u, 5).With("NeedAppearances", pdf.Boolean(true)))
	}},
	{"Form/XFA added", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(5), dict(t, u, 5).With("XFA", u.Add(content(""))))
	}},
	{"Form/empty signature field moved", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(11), dict(t, u, 11).With("Rect", annotation("x").Get("Rect")))
	}},
	{"Form/empty signature field gets a picture", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(11), dict(t, u, 11).With("AP", pdf.Dict{{Key: "N", Value: u.Add(form("Giám đốc"))}}))
	}},
	{"Form/empty signature field's stream overwritten", "", func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(17), form("Giám đốc"))
	}},

	{"Signature/appearance replaced", ChangeAppearance, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).With("AP", pdf.Dict{{Key: "N", Value: u.Add(form("Another name"))}}))
	}},
	{"Signature/appearance stream overwritten", ChangeAppearance, func(t testing.TB, f *pdf.File, u *pdf.Update) {
		ap := dict(t, u, 10).Get("AP").(pdf.Dict)
		u.Set(ap.Get("N").(pdf.Ref), form("Another name"))
	}},
	{"Signature/widget moved", ChangeAppearance, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).With("Rect", annotation("x").Get("Rect")))
	}},
	{"Signature/widget hidden", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).With("F", pdf.Integer(2)))
	}},
	{"Signature/hidden while another field is signed", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		v := u.Add(pdf.Dict{{Key: "Type", Value: pdf.Name("Sig")}})
		u.Set(ref(11), dict(t, u, 11).With("V", v).With("F", pdf.Integer(2)))
	}},
	{"Signature/removed from its field", ChangeSignatureValue, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).Without("V"))
	}},
	{"Signature/field taken out of the form", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		af := dict(t, u, 5)
		u.Set(ref(5), af.With("Fields", af.Get("Fields").(pdf.Array)[1:]))
	}},
	{"Signature/form removed", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1),
			dict(t, u, 1).Without("AcroForm"))
	}},
	{"Signature/dictionary overwritten with another claim", ChangeSignatureValue, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		v := dict(t, u, 10).Get("V").(pdf.Ref)
		u.Set(v, dict(t, u, v.Num).With("Name", pdf.String{Bytes: "Somebody else"}))
	}},
	{"Signature/field renamed", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).With("T", pdf.String{Bytes: "A2"}))
	}},
	{"Signature/field made a text field", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(10), dict(t, u, 10).With("FT", pdf.Name("Tx")))
	}},
	{"Signature/new field laid over it", ChangeOverlay, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "over"}},
			pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}}).With("Rect",
			dict(t, u, 10).Get("Rect")))
		addField(t, u, w)
		addAnnotation(t, u, w)
	}},
	{"Signature/new field with an action", ChangeField, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "act"}},
			pdf.Entry{Key: "A", Value: pdf.Dict{{Key: "S", Value: pdf.Name("JavaScript")}}}))
		addField(t, u, w)
		addAnnotation(t, u, w)
	}},
	{"Signature/certification added afterwards", ChangeCatalog, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("Perms", pdf.Dict{{Key: "DocMDP", Value: dict(t, u, 10).Get("V")}}))
	}},
	{"Metadata/not XML", ChangeCatalog, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(6), &pdf.Stream{Dict: dict(t, u, 6).Without("Length"), Data: []byte("BT ET <")})
	}},
	{"Metadata/with an entity", ChangeCatalog, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(6), &pdf.Stream{Dict: dict(t, u, 6).Without("Length"),
			Data: []byte(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`)})
	}},
	{"Signature/the same value in another field", ChangeSignatureValue, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(11), dict(t, u, 11).With("V", dict(t, u, 10).Get("V")))
	}},
	{"Signature/the same value in a new field", ChangeSignatureValue, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "again"}},
			pdf.Entry{Key: "V", Value: dict(t, u, 10).Get("V")}))
		addField(t, u, w)
		addAnnotation(t, u, w)
	}},
	{"Signature/the same value in a new field by its parent", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "leaf"}}))
		parent := u.Add(pdf.Dict{{Key: "T", Value: pdf.String{Bytes: "again"}}, {Key: "Kids", Value: pdf.Array{w}},
			{Key: "V", Value: dict(t, u, 10).Get("V")}})
		u.Set(w, dict(t, u, w.Num).With("Parent", parent))
		addField(t, u, parent)
		addAnnotation(t, u, w)
	}},
	{"Signature/the same value in another field, behind a new object", ChangeSignatureValue, func(t testing.TB,
		_ *pdf.File, u *pdf.Update) {
		u.Set(ref(11), dict(t, u, 11).With("V", u.Add(dict(t, u, 10).Get("V"))))
	}},
	{"Signature/the same value in a new field, behind a new object", ChangeSignatureValue, func(t testing.TB,
		_ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: pdf.String{Bytes: "again"}},
			pdf.Entry{Key: "V", Value: u.Add(dict(t, u, 10).Get("V"))}))
		addField(t, u, w)
		addAnnotation(t, u, w)
	}},
	{"Store/foreign key in the DSS", ChangeCatalog, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("DSS", pdf.Dict{{Key: "Names", Value: pdf.Dict{}}}))
	}},
	{"Store/something other than streams in the DSS", ChangeCatalog, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("DSS", pdf.Dict{{Key: "Certs", Value: pdf.Array{u.Add(pdf.Dict{})}}}))
	}},
	{"Unknown/what a key of the catalogue leads to replaced", "", func(_ testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(35), pdf.Dict{})
	}},
	{"Unknown/what lies behind a key of the catalogue replaced", "", func(_ testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(37), pdf.Dict{})
	}},
	{"Unknown/what a key of the trailer leads to replaced", "", func(_ testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(36), pdf.Dict{})
	}},
	{"Unknown/what lies behind a key of the trailer replaced", "", func(_ testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(38), pdf.Dict{})
	}},
	{"Disguise/content replaced under the DSS's name", ChangeContent, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(4), content("Pay 999 dong"))
		u.Set(ref(1), dict(t, u, 1).With("DSS", pdf.Dict{{Key: "Certs", Value: pdf.Array{ref(4)}}}))
	}},
	{"Disguise/content replaced under the metadata's name", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(4), content("Pay 999 dong"))
		u.Set(ref(1), dict(t, u, 1).With("Metadata", ref(4)))
	}},
	{"Disguise/content replaced under an appearance's name", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(4), content("Pay 999 dong"))
		u.Set(ref(12), dict(t, u, 12).With("AP", pdf.Dict{{Key: "N", Value: ref(4)}}))
	}},
	{"Disguise/image replaced under a form resource's name", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(15), form(""))
		u.Set(ref(5), dict(t, u, 5).With("DR",
			pdf.Dict{{Key: "Font", Value: pdf.Dict{{Key: "F1", Value: ref(8)}, {Key: "F2", Value: ref(15)}}}}))
	}},
}

func TestAttackByUpdate(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		res, _ := b.judge(t, b.file[kind])
		want(t, res, TotalPassed, "")
	}
	for _, a := range updateAttacks {
		for _, kind := range fileKinds {
			t.Run(a.name+"/"+string(kind), func(t *testing.T) {
				bad := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) { a.do(t, f, u) })
				b.wantFailed(t, bad, a.kind)
				// The same, hidden behind an innocent revision.
				b.wantFailed(t, b.stamp(t, bad), a.kind)
			})
		}
	}
}

// stamp adds a document time-stamp.
func (b *attackBase) stamp(t testing.TB, file []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := AddTimestamp(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
		TimestampOptions{TSA: &TSA{URLs: []string{b.pki.TSA()}}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// wantFailed: field A's signature is TOTAL-FAILED with the change reported in words, whatever else is in the file.
func (b *attackBase) wantFailed(t testing.TB, file []byte, kind ChangeKind) {
	t.Helper()
	res, _ := b.judge(t, file)
	if res == nil {
		t.Error("the signature is not in the report")
		return
	}
	want(t, res, TotalFailed, FormatFailure)
	found := false
	for _, m := range res.Modifications {
		found = found || (!m.Permitted && (kind == "" || m.Kind == kind))
		for _, lang := range []Language{Vietnamese, English} {
			if strings.TrimSpace(m.Text().In(lang)) == "" {
				t.Errorf("no words for %+v", m)
			}
		}
	}
	if !found {
		t.Errorf("not reported as %q: %+v", kind, res.Modifications)
	}
}

// TestAttackByObjectStream: replacing an object stream changes what lies in it without naming it.
func TestAttackByObjectStream(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range []fileKind{stream} {
		bad := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) {
			e, _ := f.Lookup(8)
			if e.Kind != pdf.Compressed {
				t.Fatal("the font is not in an object stream")
			}
			o, err := f.Get(ref(int(e.Stream)))
			if err != nil {
				t.Fatal(err)
			}
			data, err := f.Decode(o.(*pdf.Stream), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			forged := bytes.Replace(data, []byte("Times-Roman"), []byte("ZapfDingbat"), 1)
			u.Set(ref(int(e.Stream)), &pdf.Stream{Dict: o.(*pdf.Stream).Dict.Without("Filter", "Length"), Data: forged})
		})
		b.wantFailed(t, bad, ChangeResource)
	}
}
