// Package library holds the templates that come with the program, each in a
// folder of its own: template.txt, sample.yaml (values that a trial rendering
// uses), and process.yaml where a process belongs to it; and the law data.
package library

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"covenant/templates"
)

//go:embed */template.txt */sample.yaml */process.yaml law
var files embed.FS

// ErrUnknown is returned for a template the library does not have.
var ErrUnknown = errors.New("no such template in the library")

// Entry is a built-in template as files; the names are for messages.
type Entry struct {
	ID      string
	Source  []byte // template.txt
	Sample  []byte // sample.yaml
	Process []byte // process.yaml, nil if the template has none
}

// List gives the ids, sorted.
func List() []string {
	dirs, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil
	}
	var out []string
	for _, d := range dirs {
		if _, err := fs.Stat(files, path.Join(d.Name(), "template.txt")); err == nil {
			out = append(out, d.Name())
		}
	}
	slices.Sort(out)
	return out
}

// Open returns a built-in template's files.
func Open(id string) (*Entry, error) {
	if !slices.Contains(List(), id) {
		return nil, fmt.Errorf("template %q: %w (there are %v)", id, ErrUnknown, List())
	}
	e := &Entry{ID: id}
	for name, to := range map[string]*[]byte{"template.txt": &e.Source, "sample.yaml": &e.Sample,
		"process.yaml": &e.Process} {
		data, err := files.ReadFile(path.Join(id, name))
		if err != nil && (name != "process.yaml" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, fmt.Errorf("template %q: %w", id, err)
		}
		*to = data
	}
	return e, nil
}

// File is the name under which messages speak of one of the entry's files.
func (e *Entry) File(name string) string { return path.Join(e.ID, name) }

// Template parses the entry's template.
func (e *Entry) Template() (*templates.Template, []templates.Problem) {
	return templates.Parse(e.File("template.txt"), e.Source)
}

// SampleValues parses the entry's sample values.
func (e *Entry) SampleValues() (templates.Values, []templates.Problem) {
	return templates.ParseValues(e.File("sample.yaml"), e.Sample)
}

// Law is the built-in law data.
func Law() (*templates.Law, error) {
	const name = "law/can-cu.yaml"
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("law data: %w", err)
	}
	law, problems := templates.ParseLaw(name, data)
	if err := templates.Problems(problems).Err(); err != nil {
		return nil, fmt.Errorf("law data: %w", err)
	}
	return law, nil
}
