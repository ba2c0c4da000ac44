package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"covenant/workflow"
	"covenant/workflow/store"
)

var record = flag.String("record-log", "", "record the demo's logs as those of this release, in testdata/logs/RELEASE")

// TestRecordLog records the log of both cases of the demo for the releases to come. `make record-log RELEASE=…` calls
// it.
func TestRecordLog(t *testing.T) {
	if *record == "" {
		t.Skip("only with -record-log")
	}
	into := filepath.Join("..", "..", "testdata", "logs", *record)
	if err := os.Mkdir(into, 0o755); err != nil {
		t.Fatal(err) // a release's logs are recorded once
	}
	for name, args := range map[string][]string{"hanam2021": nil,
		"block7": {"--case", filepath.Join("..", "..", "testdata", "block7")}} {
		dir := t.TempDir()
		var out bytes.Buffer
		if status := run(append([]string{"demo", "--exit", "--dir", dir}, args...), &out, &out); status != 0 {
			t.Fatalf("exit status %d\n%s", status, out.String())
		}
		recordLog(t, dir, into, name)
	}
}

// recordLog writes the log of a data directory, and beside it the processes that its covenants follow.
func recordLog(t *testing.T, dir, into, name string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out bytes.Buffer
	err = s.View(t.Context(), func(tx *store.Tx) error {
		events, err := tx.AllEvents(t.Context(), 0, 0)
		for _, e := range events {
			line := struct {
				Stream  store.Stream    `json:"stream"`
				Version int64           `json:"version"`
				At      int64           `json:"at"`
				Actor   string          `json:"actor"`
				Kind    string          `json:"kind"`
				Payload json.RawMessage `json:"payload"`
			}{e.Stream, e.Version, e.Sealed.AtMillis, e.Actor, e.Kind, e.JSON}
			if err := json.NewEncoder(&out).Encode(line); err != nil {
				return err
			}
			if event, err := workflow.DecodeEvent(e.Kind, e.JSON); err != nil {
				return err
			} else if drafted, ok := event.(workflow.Drafted); ok {
				recordProcess(t, s, into, drafted.Process)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, name+".jsonl"), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func recordProcess(t *testing.T, s *store.Store, into string, digest workflow.Digest) {
	t.Helper()
	source, err := s.ReadBlob(t.Context(), store.Digest(digest.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, "process-"+digest.Short()+".yaml"), source, 0o644); err != nil {
		t.Fatal(err)
	}
}
