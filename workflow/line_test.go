package workflow

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow/process"
)

var recordLines = flag.Bool("record-lines", false, "write what recorded logs tell; look at it before it is committed")

// Every event that there is tells something in both languages, also one of a log that was made up and
// of which nothing is known.
func TestEveryEventHasALine(t *testing.T) {
	s := State{Covenant: &Covenant{}, Process: &Process{}, Directory: NewDirectory()}
	for kind, typ := range events {
		filled := reflect.New(typ).Elem()
		fill(filled)
		for _, e := range []reflect.Value{reflect.Zero(typ), filled} {
			line := s.Tell(e.Interface().(Event))
			for _, text := range []string{line.Text.Vietnamese, line.Text.English} {
				if text == "" || text == kind {
					t.Errorf("%s tells %q", kind, text)
				}
			}
			for _, text := range []words.Text{line.Text, line.Detail} {
				if (text.Vietnamese == "") != (text.English == "") ||
					strings.Contains(text.Vietnamese+text.English, "%!") {
					t.Errorf("%s tells %+v", kind, text)
				}
			}
			if !slices.Contains([]Tone{ToneDone, ToneWaiting, ToneStopped, ToneNext}, line.Tone) {
				t.Errorf("%s has tone %q", kind, line.Tone)
			}
		}
	}
}

// fill puts something into every field.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 5, 5))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// What the logs of releases tell is a golden file beside each, in every language: of a covenant as its pages tell it in
// the end, of the directory as each change was told before it.
func TestLinesOfRecordedLogs(t *testing.T) {
	logs, err := filepath.Glob("../testdata/logs/*/*.jsonl")
	if err != nil || len(logs) < 2 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	for _, path := range logs {
		t.Run(strings.TrimPrefix(path, "../testdata/logs/"), func(t *testing.T) {
			lines := tellLog(t, path)
			for _, l := range words.Languages() {
				golden := strings.TrimSuffix(path, ".jsonl") + "." + string(l) + ".txt"
				got := toldIn(l, lines)
				if *recordLines {
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s (write it with -record-lines): %s", golden, firstDifference(got, want))
				}
			}
		})
	}
}

// toldLine is a line with the place of its event.
type toldLine struct {
	place string
	Line
}

func tellLog(t *testing.T, path string) []toldLine {
	t.Helper()
	directory, covenants := NewDirectory(), map[string]*Covenant{}
	var told []toldLine
	var later []func()
	err := readLog(path, func(stream string, version int64, e Event) {
		place := fmt.Sprintf("%d %s", version, e.Kind())
		if !strings.HasPrefix(stream, "covenant/") {
			told = append(told, toldLine{place, State{Directory: directory}.Tell(e)})
			directory.Apply(e)
			return
		}
		c := covenants[stream]
		if c == nil {
			c = &Covenant{}
			covenants[stream] = c
		}
		c.Apply(e)
		n := len(told)
		told = append(told, toldLine{place: c.Slug + " " + place})
		later = append(later, func() {
			s := State{Covenant: c, Process: recordedProcess(t, filepath.Dir(path), c.Process), Directory: directory}
			told[n].Line = s.Tell(e)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tell := range later {
		tell()
	}
	return told
}

// recordedProcess finds the process that a covenant follows beside the log.
func recordedProcess(t *testing.T, dir string, digest Digest) *Process {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(dir, "process-"+digest.Short()+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if DigestOf(source) != digest {
		t.Fatalf("the process %s beside the log is another one", digest.Short())
	}
	p, err := process.Parse("process", source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func toldIn(l words.Language, lines []toldLine) []byte {
	var out bytes.Buffer
	for _, line := range lines {
		fmt.Fprintf(&out, "%s (%s): %s\n", line.place, line.Tone, line.Text.In(l))
		if detail := line.Detail.In(l); detail != "" {
			fmt.Fprintf(&out, "\t%s\n", detail)
		}
	}
	return out.Bytes()
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is %q, was %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, were %d", len(g), len(w))
}

func TestDoneBy(t *testing.T) {
	d := NewDirectory()
	d.Apply(PersonRegistered{Person: "an", Name: Personal{Text: "Ông An"}})
	d.Apply(PersonRegistered{Person: "binh", Name: Personal{Text: "Bà Bình"}})
	for _, c := range []struct {
		by     Doer
		event  Event
		vi, en string
	}{
		{Doer{Program: true}, ProcessEnded{}, "Chương trình", "The program"},
		{Doer{Person: "an"}, ReviewGiven{}, "Ông An", "Ông An"},
		{Doer{Person: "binh"}, ReviewGiven{Authority: Authority{For: "an"}},
			"Bà Bình (thay Ông An)", "Bà Bình (for Ông An)"},
		{Doer{Person: "an", Console: "root"}, ReviewGiven{},
			"Ông An (nhập tại máy chủ bởi root)", "Ông An (entered at the console by root)"},
		{DoerOf("an", "", "cli"), ReviewGiven{}, "Ông An (nhập tại máy chủ)", "Ông An (entered at the console)"},
		{Doer{Console: "root"}, AgencyRegistered{}, "Nhập tại máy chủ bởi root", "Entered at the console by root"},
	} {
		if got := d.DoneBy(c.by, c.event); got != words.Of(c.vi, c.en) {
			t.Errorf("%+v: %+v", c.by, got)
		}
	}
}
