package diff

import (
	"fmt"
	"slices"
	"testing"

	"covenant/internal/pdf"
)

// silent are the changes that say nothing to anybody, each with why; all others are told.
var silent = map[string]string{
	"2 Zz":               "pages inherit nothing of that name",
	"12 Nobody":          "nothing refers to it",
	"12 Nobody left out": "nothing refers to it",
	"12 Zz":              "nothing refers to it",
}

// Every key of every object changed or left out, and a new one added: what a later revision does is told, wherever it
// is done.
func TestEveryKeyOfEveryObjectChanged(t *testing.T) {
	f := open(t, baseFile(t), pdf.Limits{})
	told := 0
	try := func(num int, what string, change func(pdf.Dict) pdf.Dict) {
		changes, err := analyze(t, pdf.Limits{}, nil, func(u *pdf.Update) {
			o, err := u.Get(pdf.Ref{Num: num})
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := o.(*pdf.Stream); ok {
				data, err := f.Decode(s, 1<<16)
				if err != nil {
					t.Fatal(err)
				}
				u.Set(pdf.Ref{Num: num}, &pdf.Stream{Dict: change(s.Dict.Without("Length")), Data: data})
				return
			}
			u.Set(pdf.Ref{Num: num}, change(o.(pdf.Dict)))
		})
		name := fmt.Sprintf("%d %s", num, what)
		_, quiet := silent[name]
		switch {
		case err == nil && len(changes) == 0 && !quiet:
			t.Errorf("%s: nothing is told", name)
		case quiet && len(changes) > 0:
			t.Errorf("%s: it is told, and said to be silent", name)
		case len(changes) > 0:
			told++
			if i := slices.IndexFunc(changes, func(c Change) bool { return c.Kind == "" || c.Revision != 2 }); i >= 0 {
				t.Errorf("%s: %+v", name, changes[i])
			}
		}
	}
	for num := 1; num < len(objects); num++ {
		o, err := f.Get(pdf.Ref{Num: num})
		if err != nil {
			t.Fatal(err)
		}
		d, isDict := o.(pdf.Dict)
		if s, ok := o.(*pdf.Stream); ok {
			d, isDict = s.Dict.Without("Length"), true
		}
		if !isDict {
			t.Fatalf("object %d is a %T", num, o)
		}
		for _, e := range d {
			key := e.Key
			try(num, string(key), func(d pdf.Dict) pdf.Dict { return d.With(key, pdf.TextString("another")) })
			try(num, string(key)+" left out", func(d pdf.Dict) pdf.Dict { return d.Without(key) })
		}
		try(num, "Zz", func(d pdf.Dict) pdf.Dict { return d.With("Zz", pdf.Integer(1)) })
	}
	if told < 60 {
		t.Errorf("only %d changes were told", told)
	}
}
