package templates

import (
	"math/big"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/internal/content"
	"covenant/internal/words"
)

// Again says of a document that it was made before, from the same values, and is made again: what was approved is never
// judged by rules that came later, and comes out as it did.
type Again uint8

// The ways.
const (
	NotAgain   Again = iota // the content of values is judged
	AsBefore                // made by this edition of the program
	AsFirstWas              // made by v0.1, which left letters from escapes decomposed, and marks beside their letters
)

// judging is how the content of values is looked at.
type judging struct {
	again  Again
	year   int      // the present one; 0 is not known
	mean   []string // keys of questions that were answered with yes, by whoever hands the values in
	within []string // the variables around the one that is looked at
	own    bool     // what stands in the template, whose writer is trusted with it
}

// inside enters a variable with columns until what it returns is called.
func (f *findings) inside(name string) func() {
	f.judge.within = append(f.judge.within, name)
	return func() { f.judge.within = f.judge.within[:len(f.judge.within)-1] }
}

// byDefault is a variable's value as the template gives it.
func (f *findings) byDefault(v *variable) *value {
	before := f.judge.own
	f.judge.own = true
	defer func() { f.judge.own = before }()
	return f.value(v, v.defaultYAML, v.At.File)
}

// judges reports whether content is looked at.
func (f *findings) judges() bool { return f.judge.again == NotAgain && !f.judge.own }

// key names a variable in the question that it raises: “năm”, “kết_quả.ngày”.
func (f *findings) key(v *variable) string {
	return strings.Join(append(slices.Clone(f.judge.within), v.Name), ".")
}

// read is a scalar as it is kept: composed, though an escape (\u0301) hid that it was not, and without the space around
// it. What cannot be meant is reported.
func (f *findings) read(v *variable, n *yaml.Node, at Position) string {
	text := n.Value
	if f.judge.again != AsFirstWas {
		text = content.Compose(text)
	}
	s := strings.TrimSpace(text)
	if !f.judges() {
		return s
	}
	if text := v.Type == Text || v.Type == LongText; text && content.Blank(s) && (v.Required || n.Value != "") {
		f.add(at, "", words.F("“%s” để trống; hãy điền, hoặc viết “…” nếu để điền tay.",
			"“%s” is blank; fill it in, or write “…” where it is filled in by hand.", v.Name))
		return s
	}
	if r, place := content.FirstUnseen(s, v.Type == LongText); place > 0 {
		f.add(at, "", words.F("“%s” %s.", "“%s” %s.", v.Name, content.UnseenWords(r, place)))
		return s
	}
	if old, found := content.OldEncoding(s); found {
		f.add(at, s, words.F("“%s” %s.", "“%s” %s.", v.Name, old.Words()))
	}
	return s
}

// named reports a person without a name, where somebody is required.
func (f *findings) named(v *variable, out *value) {
	name := out.fields["họ_tên"]
	if f.judges() && v.Type == Person && v.Required && name != nil && name.text == "" {
		f.add(name.at, "", words.F("“%s” thiếu họ tên; hãy điền, hoặc viết “…” nếu để điền tay.",
			"“%s” lacks the name of the person; fill it in, or write “…” where it is filled in by hand.", v.Name))
	}
}

// entries reports a list that is required and has nothing in it, unless its bounds say how much it may have.
func (f *findings) entries(v *variable, out *value) {
	if f.judges() && v.Required && len(out.items) == 0 && v.MinRows == 0 && v.MaxRows == 0 {
		f.add(out.at, "", words.F("“%s” không có mục nào; hãy điền ít nhất một.",
			"“%s” has no entry; give at least one.", v.Name))
	}
}

// shortYear reports a year that lacks digits.
func (f *findings) shortYear(v *variable, at Position, s string, year *big.Rat) bool {
	if !f.judges() || year.Sign() < 0 || !year.Num().IsInt64() || !content.ShortYear(int(year.Num().Int64())) {
		return false
	}
	f.add(at, s, words.F("“%s”: %s.", "“%s”: %s.", v.Name, content.ShortYearWords(int(year.Num().Int64()))))
	return true
}

// far asks about a year that is far from the present one, unless it was said to be meant.
func (f *findings) far(v *variable, at Position, s string, year int, span content.Span) {
	key := f.key(v)
	if !f.judges() || span.Holds(year, f.judge.year) || slices.Contains(f.judge.mean, key) {
		return
	}
	question := words.F("“%s”: %s", "“%s”: %s", v.Name, content.FarWords(year, f.judge.year))
	f.add(at, s, words.F("%s.", "%s.", content.MeanWords(question, key))).Mean = key
}

// dated looks at the date that the document is given, as at those among its values.
func (d *drafter) dated() {
	d.f.judge = judging{again: d.opt.Again, year: d.opt.Today.Year, mean: d.opt.Mean}
	if on, at := d.opt.Date, (Position{d.t.Name, 1, 1}); !on.IsZero() {
		v := &variable{Name: "date"}
		if !d.f.shortYear(v, at, on.String(), big.NewRat(int64(on.Year), 1)) {
			d.f.far(v, at, on.String(), on.Year, content.OfDays)
		}
	}
}

// letters looks at a template's own text, line by line, for letters that nobody sees or that an old encoding left.
func (f *findings) letters(name, text string) {
	for i, line := range strings.Split(text, "\n") {
		if r, place := content.FirstUnseen(line, true); place > 0 {
			f.add(Position{name, i + 1, place}, "", words.F("Dòng này %s.", "This line %s.",
				content.UnseenWords(r, place)))
		}
		if old, found := content.OldEncoding(line); found {
			f.add(Position{name, i + 1, 1}, line, words.F("Dòng này %s.", "This line %s.", old.Words()))
		}
	}
}
