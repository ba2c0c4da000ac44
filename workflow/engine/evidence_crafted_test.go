package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"covenant/internal/norace"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// No crafted log makes the check panic, nor gives a verdict that comes of a panic: numbers that are out of every range,
// events in any order, whole events left out, all chained and signed anew with the key.
func TestCraftedLogs(t *testing.T) {
	t.Parallel()
	if norace.Elsewhere(t) {
		return
	}
	o, bundle, trust := bundleOf(t)
	all := unpack(t, bundle)
	own, err := o.RecordKey()
	check(t, err)
	crafted := map[string]func([]store.Sealed) []store.Sealed{}
	for _, number := range []string{"0", "99", "-1", fmt.Sprint(math.MaxInt64)} {
		for _, field := range []string{"revision", "number", "group", "round", "size", "year", "opening"} {
			crafted[field+" "+number] = func(events []store.Sealed) []store.Sealed {
				for i := range events {
					events[i].Payload = withNumber(t, events[i].Payload, field, number)
				}
				return events
			}
		}
	}
	var events []store.Sealed
	check(t, json.Unmarshal(all["events.json"], &events))
	for i := range events {
		crafted[fmt.Sprint("without event ", i+1)] = func(e []store.Sealed) []store.Sealed {
			return slices.Delete(e, i,
				i+1)
		}
		crafted[fmt.Sprint("event twice ", i+1)] = func(e []store.Sealed) []store.Sealed {
			return slices.Insert(e, i,
				e[i])
		}
		crafted[fmt.Sprint("emptied event ", i+1)] = func(e []store.Sealed) []store.Sealed {
			e[i].Payload = json.RawMessage("{}")
			return e
		}
		crafted[fmt.Sprint("first becomes ", i+1)] = func(e []store.Sealed) []store.Sealed {
			e[0], e[i] = e[i], e[0]
			return e
		}
	}
	n := 0
	for _, name := range slices.Sorted(maps.Keys(crafted)) {
		if n++; n%thorough(4, 1) != 0 {
			continue
		}
		forge := crafted[name]
		forged := rechained(t, o, all, own, forge)
		if valid(t, forged.pack(t), trust) && !bytes.Equal(forged["events.json"], all["events.json"]) {
			t.Errorf("%s: valid", name)
		}
	}
}

// withNumber sets a field of a payload, where it has it.
func withNumber(t testing.TB, data json.RawMessage, field, number string) json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	check(t, json.Unmarshal(data, &m))
	if _, ok := m[field]; !ok {
		return data
	}
	m[field] = json.RawMessage(number)
	out, err := json.Marshal(m)
	check(t, err)
	out, err = store.Canonical(out)
	check(t, err)
	return out
}

// Bundles of the first form are bound by nothing but themselves, so anybody can craft one that agrees with itself: a
// fault
// of the check on it is an error, never a verdict, and no panic.
func TestCraftedBundlesOfV01(t *testing.T) {
	bundle, err := os.ReadFile(filepath.Join("testdata", "evidence-v0.1", "bundle.zip"))
	check(t, err)
	all := unpack(t, bundle)
	faults := 0
	for _, number := range []string{"0", "99", "-1"} {
		for _, field := range []string{"revision", "number", "from_revision", "group", "round"} {
			var events []store.Sealed
			check(t, json.Unmarshal(all["events.json"], &events))
			prev := make([]byte, store.HashSize)
			for i := range events {
				events[i].Payload, events[i].Prev = withNumber(t, events[i].Payload, field, number), prev
				events[i].Hash = events[i].Sum()
				prev = events[i].Hash
			}
			data, err := json.MarshalIndent(events, "", "  ")
			check(t, err)
			forged := all.with("events.json", data).with("proofs.json", []byte("[]")).manifest(t).pack(t)
			report, err := engine.CheckEvidence(t.Context(), bytes.NewReader(forged), int64(len(forged)),
				engine.EvidenceTrust{})
			switch {
			case err != nil && (!errors.Is(err, engine.ErrNotEvidence) || report != nil):
				t.Errorf("%s %s: %v with a verdict: %v", field, number, err, report)
			case err != nil:
				faults++
			case report.Overall() == engine.Passed:
				t.Errorf("%s %s: valid", field, number)
			}
		}
	}
	t.Logf("the check gave no verdict on %d of them", faults)
}
