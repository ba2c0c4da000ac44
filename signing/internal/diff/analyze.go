// Package diff says what later revisions of a PDF file changed, object by object, in the reader's terms: a page's
// content, a form field, a signature's appearance.
//
// A PDF file is saved anew by appending to it (ISO 32000-2 §7.5.6). A signature covers the bytes that were there when
// it was made and stays whole whatever is appended, so that it depends on the appended objects what a reader sees of
// what was signed. Attacks live on that (shadow, incremental saving, signature wrapping), and so do honest programs:
// the next signer, the filled-in field, the validation data. There are no rules in the standard for telling them apart
// by bytes, only for what a signer may permit (DocMDP §12.8.2.2, FieldMDP §12.8.2.4, Lock §12.7.5.5).
//
// So the analysis goes the other way round. [Analyze] compares each revision with the one before it. Whatever differs
// must be explained by a rule that knows the place it stands in: the trailer and the catalogue (catalog.go), the DSS of
// §12.8.4.3 (store.go), the form and its fields (form.go, field.go, newfield.go), pages and their annotations
// (page.go), the structure tree (structure.go). A rule explains an object only if nothing else in the document refers
// to it (graph.go), for a font or a form that is shown elsewhere too would change what is seen there. What no rule
// explains and something in use refers to is a change by what refers to it (describe.go), and its words are quoted
// where it has any (quote.go). Every rule that is missing here makes an honest file look changed; none can make a
// changed one look honest.
//
// What a change means for a signature is not decided here: that depends on what the signature and those before it
// permit.
//
// All loops draw on the file's budget of work, and go through objects in a fixed order, so that the same file gives the
// same changes at the same cost.
package diff

import (
	"maps"
	"slices"

	"covenant/internal/pdf"
)

// Input is what is to be compared.
type Input struct {
	File   *pdf.File
	First  int       // index of the revision that brought the first signature: what came before is nobody's business
	Pages  []pdf.Ref // in order; empty where they cannot be read
	Signed []Signed
	Stop   func() error // asked now and then; an error of it ends the analysis
}

// Signed is a signature dictionary.
type Signed struct {
	Ref      pdf.Ref // zero where it is no object of its own
	Field    string
	Revision int // index of the revision that brought it
}

// Analyze lists what each revision after the first one changed, in the order of the revisions. A revision that cannot
// be read is [Unreadable] and the last that is looked at. Errors are those of in.Stop, and [pdf.ErrTooCostly].
func Analyze(in Input) ([]Change, error) {
	a := &analysis{Input: in, pages: map[pdf.Ref]int{}}
	for i, page := range in.Pages {
		a.pages[page] = i + 1
	}
	return a.run()
}

// analysis is one run of Analyze.
type analysis struct {
	Input
	pages  map[pdf.Ref]int // page numbers, from 1
	packed map[int][]int   // what each object stream holds
}

func (a *analysis) run() ([]Change, error) {
	wanted := a.writtenLater()
	base := a.File.AsOf(a.First)
	oldForm, formErr := base.Form()
	graph, err := newRefGraph(base, oldForm, wanted, a.Stop)
	if err != nil {
		return nil, err
	}
	var found []Change
	err = formErr
	for i := a.First + 1; i < len(a.File.Revisions()); i++ {
		if graph.edges >= maxEdges {
			return nil, pdf.ErrTooCostly
		}
		c := a.comparison(i, graph, oldForm)
		if stop := a.Stop(); stop != nil {
			return nil, stop
		}
		if err == nil {
			c.newForm, err = c.new.Form()
		}
		if err != nil { // the form of this revision or of the one before
			found = append(found, Change{Revision: i + 1, Kind: Unreadable, Detail: err.Error()})
			return found, nil //nolint:nilerr // it is the finding
		}
		found = append(found, c.run()...)
		oldForm = c.newForm
	}
	return found, a.File.Work().Err()
}

// writtenLater lists the objects that revisions after the first one write, those in object streams that they replace
// included, and notes what each object stream holds.
func (a *analysis) writtenLater() map[int]bool {
	wanted := map[int]bool{}
	a.packed = map[int][]int{}
	for i, rev := range a.File.Revisions() {
		for _, e := range rev.Entries {
			if i > a.First {
				wanted[e.Num] = true
			}
			if e.Kind == pdf.Compressed {
				a.packed[int(e.Stream)] = append(a.packed[int(e.Stream)], e.Num)
			}
		}
	}
	for stream, held := range a.packed {
		if wanted[stream] {
			for _, n := range held {
				wanted[n] = true
			}
		}
	}
	return wanted
}

// comparison prepares that of revision i with the one before, and brings the graph up to revision i.
func (a *analysis) comparison(i int, graph *refGraph, oldForm *pdf.Form) *comparison {
	rev := &a.File.Revisions()[i]
	c := &comparison{old: a.File.AsOf(i - 1), new: a.File.AsOf(i), oldForm: oldForm, graph: graph, pages: a.pages,
		inOrder: a.Pages, revision: i + 1, work: a.File.Work(), conflicts: rev.Conflicts, explained: map[int]bool{},
		added: map[pdf.Ref]bool{}, signed: map[pdf.Ref]string{}}
	c.changed = changedObjects(c.old, c.new, rev, a.packed, a.Stop)
	graph.addStore(c.old)
	for k, n := range slices.Sorted(maps.Keys(c.changed)) {
		if k%256 == 0 && a.Stop() != nil {
			break // the caller asks too
		}
		graph.read(c.new, n, entryOrFree(c.new, n))
	}
	graph.readTrailer(c.new)
	for _, s := range a.Signed {
		if s.Revision < i && s.Ref != (pdf.Ref{}) {
			c.signed[s.Ref] = s.Field
		}
	}
	return c
}
