package workflow

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var recordDigests = flag.Bool("record-digests", false, "write the digests of recorded logs that have none")

// loggedEvent is one line of a log that a release recorded.
type loggedEvent struct {
	Stream  string          `json:"stream"`
	Version int64           `json:"version"`
	Kind    string          `json:"kind"`
	Payload json.RawMessage `json:"payload"`
}

// Logs that releases recorded of their demo, in testdata/logs/<release>/*.jsonl, are read and replayed by every later
// one, to the state that they came to then (*.digest). `make record-log` adds one; none is ever changed.
func TestReplayRecordedLogs(t *testing.T) {
	logs, err := filepath.Glob("../testdata/logs/*/*.jsonl")
	if err != nil || len(logs) < 2 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	for _, path := range logs {
		t.Run(strings.TrimPrefix(path, "../testdata/logs/"), func(t *testing.T) {
			summary, err := replayLog(path)
			if err != nil {
				t.Fatal(err)
			}
			digest := strings.TrimSuffix(path, ".jsonl") + ".digest"
			want, err := os.ReadFile(digest)
			if errors.Is(err, fs.ErrNotExist) && *recordDigests {
				want = []byte(DigestOf(summary).String() + "\n")
				err = os.WriteFile(digest, want, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := DigestOf(summary).String(); got != strings.TrimSpace(string(want)) {
				t.Errorf("replayed to digest %s, recorded was %s:\n%s", got, want, summary)
			}
		})
	}
}

func replayLog(path string) ([]byte, error) {
	directory, covenants := NewDirectory(), map[string]*Covenant{}
	err := readLog(path, func(stream string, _ int64, e Event) {
		if !strings.HasPrefix(stream, "covenant/") {
			directory.Apply(e)
			return
		}
		if covenants[stream] == nil {
			covenants[stream] = &Covenant{}
		}
		covenants[stream].Apply(e)
	})
	return summaryOf(directory, covenants), err
}

// readLog gives the events of a recorded log, in the order in which they were recorded.
func readLog(path string, each func(stream string, version int64, e Event)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e loggedEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return err
		}
		event, err := DecodeEvent(e.Kind, e.Payload)
		if err != nil {
			return fmt.Errorf("%s version %d: %w", e.Stream, e.Version, err)
		}
		each(e.Stream, e.Version, event)
	}
	return lines.Err()
}

// summaryOf says, in a form that stays for good, what a log came to.
func summaryOf(d *Directory, covenants map[string]*Covenant) []byte {
	type row map[string]any
	var out []row
	for _, stream := range slices.Sorted(maps.Keys(covenants)) { // ids are UUIDv7: in the order of their drafting
		c := covenants[stream]
		r := row{
			"slug": c.Slug, "phase": c.Phase, "events": c.Version, "number": c.PrintedNumber(),
			"in_force": c.InForce, "level": c.Level,
			"head": c.Head, "revisions": len(c.Revisions), "parties": len(c.Parties), "reviews": len(c.Reviews),
			"sealed":  len(c.Sealed),
			"reports": len(c.Reports), "reminders": len(c.Reminders), "void": len(c.Voided),
		}
		for _, s := range c.Signed {
			r["signed "+string(s.Slot)] = string(s.Person) + " " + strings.Join(s.Authority.Lines(), ", ")
		}
		for _, m := range c.Motions {
			r["motion "+string(m.ID)] = []any{m.Result != nil && m.Result.Passed, len(m.Ballots)}
		}
		out = append(out, r)
	}
	data, err := json.Marshal(row{
		"covenants": out, "agencies": len(d.Agencies), "people": len(d.People), "positions": len(d.Positions),
		"certificates": len(d.Bindings),
		"directory":    d.Version,
	})
	if err != nil {
		panic(err) // it holds nothing that cannot be written
	}
	return data
}
