package demo

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"covenant/testdata"
	"covenant/workflow"
)

var today = workflow.Date{Year: 2026, Month: 11, Day: 23}

// Every case that is shipped can be read.
func TestCasesRead(t *testing.T) {
	entries, err := fs.ReadDir(testdata.Cases, ".")
	if err != nil || len(entries) < 2 {
		t.Fatalf("%d cases, %v", len(entries), err)
	}
	for _, entry := range entries {
		files, _ := fs.Sub(testdata.Cases, entry.Name())
		if _, err := readCase(files, today); err != nil {
			t.Errorf("%s: %v", entry.Name(), err)
		}
	}
}

// A script may name the day of the play and days after it; what it misspells is an error.
func TestScript(t *testing.T) {
	files := reference(t)
	script := string(files["scenario.yaml"].Data)
	files["scenario.yaml"].Data = []byte(script +
		"\nconference: {day: '{today+8}', opinions: 'ngày {today} năm {year}'}\n" +
		"remarks: [{agency: so-y-te, clause: d1, text: thêm}]\n")
	c, err := readCase(files, today)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.script.Conference; got.Day != "2026-12-01" || got.Opinions != "ngày 2026-11-23 năm 2026" {
		t.Errorf("the conference is %+v", got)
	}
	if got := c.script.Remarks; len(got) != 1 || got[0].Agency != "so-y-te" || got[0].Clause != "d1" ||
		got[0].Text != "thêm" {
		t.Errorf("the remarks are %+v", got)
	}
	files["scenario.yaml"].Data = []byte(script + "\nsilentt: so-y-te\n")
	if _, err := readCase(files, today); err == nil || !strings.Contains(err.Error(), "silentt") {
		t.Errorf("a misspelled key: %v", err)
	}
	delete(files, "scenario.yaml")
	if _, err := readCase(files, today); err == nil {
		t.Error("a case without a script is read")
	}
}

// reference is the reference case, to be changed.
func reference(t *testing.T) fstest.MapFS {
	t.Helper()
	source, err := ReferenceCase()
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range []string{"scenario.yaml", "block.yaml", "covenant.yaml"} {
		data, err := fs.ReadFile(source, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}
