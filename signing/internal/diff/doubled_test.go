package diff

import (
	"slices"
	"strings"
	"testing"

	"covenant/internal/pdf"
)

// A file that is prepared before it is signed, with a key that stands twice somewhere, hides nothing that takes the
// place
// of one of the two later: whatever object it is, the new key is told as it is told where nothing was prepared.
func TestNewKeysAreNotHiddenBehindDoubledOnes(t *testing.T) {
	rect := pdf.Rect{X1: 500, Y1: 500}.Array()
	for name, c := range map[string]struct {
		num   int
		key   pdf.Name
		value pdf.Object
	}{
		"an action on opening":        {1, "OpenAction", pdf.Dict{}},
		"layers":                      {1, "OCProperties", pdf.Dict{}},
		"pages that inherit":          {2, "Rotate", pdf.Integer(90)},
		"a page turned":               {3, "Rotate", pdf.Integer(90)},
		"a page's other resources":    {3, "CropBox", rect},
		"a font with other letters":   {6, "Encoding", pdf.Name("MacRomanEncoding")},
		"a field's action":            {7, "AA", pdf.Dict{}},
		"a field's value":             {7, "DV", pdf.TextString("900")},
		"a signature field's picture": {9, "AS", pdf.Name("Off")},
		"a signature's reason":        {10, "Reason", pdf.TextString("x")},
		"a form for all fields":       {5, "XFA", pdf.TextString("x")},
	} {
		t.Run(name, func(t *testing.T) {
			plain, err := analyze(t, pdf.Limits{}, nil, func(u *pdf.Update) { with(t, u, c.num, c.key, c.value) })
			if err != nil || len(plain) == 0 {
				t.Fatalf("where nothing was prepared: %v, %v", plain, err)
			}
			prepared := slices.Clone(objects)
			prepared[c.num] = strings.TrimSuffix(prepared[c.num], ">>") + "/Zz 0/Zz 0>>"
			changes, err := analyzeFile(t, fileOf(prepared), pdf.Limits{}, nil, func(u *pdf.Update) {
				o, err := u.Get(pdf.Ref{Num: c.num})
				d, ok := o.(pdf.Dict)
				if err != nil || !ok || d.Duplicate() != "Zz" {
					t.Fatalf("object %d: %v, %v", c.num, o, err)
				}
				d = slices.Clone(d)
				d[len(d)-1] = pdf.Entry{Key: c.key, Value: c.value}
				u.Set(pdf.Ref{Num: c.num}, d)
			})
			if err != nil || !slices.ContainsFunc(changes, func(x Change) bool { return x.Kind == plain[0].Kind }) {
				t.Errorf("got %v, %v; want %v", kinds(changes), err, kinds(plain))
			}
		})
	}
}

// A number so large that a float takes it for its neighbour is another number all the same.
func TestLargeNumbersAreToldApart(t *testing.T) {
	prepared := slices.Clone(objects)
	prepared[6] = strings.TrimSuffix(prepared[6], ">>") + "/FirstChar 9007199254740993>>"
	changes, err := analyzeFile(t, fileOf(prepared), pdf.Limits{}, nil, func(u *pdf.Update) {
		with(t, u, 6, "FirstChar", pdf.Integer(9007199254740992))
	})
	if err != nil || !slices.Equal(kinds(changes), []Kind{Resource}) {
		t.Errorf("got %v, %v", kinds(changes), err)
	}
}
