package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/process"
)

// A second document in any YAML file that people hand in is refused, named by its line, whether it could be read or
// not; the same file without it is taken.
func TestSecondDocumentsOfAllFiles(t *testing.T) {
	cal, err := loadCalendar("")
	if err != nil {
		t.Fatal(err)
	}
	inFile := func(read func(path string) error) func([]byte) error {
		return func(source []byte) error {
			path := filepath.Join(t.TempDir(), "file.yaml")
			if err := os.WriteFile(path, source, 0o600); err != nil {
				t.Fatal(err)
			}
			return read(path)
		}
	}
	values := func(source []byte) error {
		_, problems := templates.ParseValues("values", source)
		return templates.Problems(problems).Err()
	}
	for _, c := range []struct {
		name, path string
		read       func([]byte) error
	}{
		{"values", "../../templates/library/giao-uoc-thi-dua/sample.yaml", values},
		{"process", "../../templates/library/giao-uoc-thi-dua/process.yaml", func(source []byte) error {
			_, err := process.ParseNew("process", source, cal.Zone())
			return err
		}},
		{"block", "../../testdata/hanam2021/block.yaml", func(source []byte) error {
			_, err := workflow.ParseBlockFile("block", source)
			return err
		}},
		{"calendar", "../../workflow/calendar/vietnam.yaml", func(source []byte) error {
			_, err := calendar.ParseCalendar(source)
			return err
		}},
		{"profile", "../../templates/profiles/nd30.yaml", func(source []byte) error {
			_, err := templates.ParseProfile(source)
			return err
		}},
		{"configuration", "", inFile(func(path string) error {
			_, err := loadConfig(path, config{})
			return err
		})},
		{"fields", "", inFile(func(path string) error { return setFields(&engine.DraftRequest{}, path) })},
	} {
		source := map[string][]byte{"configuration": []byte("listen: 127.0.0.1:1\n"),
			"fields": []byte("title: a\n")}[c.name]
		if c.path != "" {
			if source, err = os.ReadFile(c.path); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.read(source); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := c.read(append(bytes.Clone(source), "---\n# nothing\n"...)); err != nil {
			t.Errorf("%s with nothing after ---: %v", c.name, err)
		}
		for _, more := range []string{"---\na: b\n", "---\n---\n- a\n", "---\n{\n", "...\n---\na\n"} {
			if err := c.read(append(bytes.Clone(source), more...)); err == nil || !strings.Contains(err.Error(),
				"---") {
				t.Errorf("%s with %q: %v", c.name, more, err)
			}
		}
	}
	if err := setField(&workflow.OpenMotions{}, "motions=[a]\n---\n[b]"); err == nil {
		t.Error("a list with a second document is taken")
	}
}
