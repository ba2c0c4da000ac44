package engine_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// told is an event as a forger writes it.
type told struct{ kind, payload string }

// chained seals events as a stream, as anybody can who knows how: a chain proves that nothing was changed afterwards,
// not who made it.
func chained(t testing.TB, stream string, events []told) []byte {
	t.Helper()
	sealed := []store.Sealed{}
	prev := make([]byte, store.HashSize)
	for i, e := range events {
		s := store.Sealed{Stream: store.Stream(stream), Version: int64(i + 1), Kind: e.kind, Prev: prev,
			Actor: "system:covenant", Origin: "job"}
		payload, err := store.Canonical([]byte(e.payload))
		if err != nil {
			return []byte("[]")
		}
		s.Payload = payload
		s.Hash = s.Sum()
		prev = s.Hash
		sealed = append(sealed, s)
	}
	data, err := json.Marshal(sealed)
	check(t, err)
	return data
}

// forged is a bundle in which everything agrees with everything.
func forged(t testing.TB, events []told, more map[string]string) []byte {
	t.Helper()
	files := map[string][]byte{
		"events.json":    chained(t, "covenant/id", events),
		"directory.json": chained(t, "directory", []told{{"agency_registered", `{"agency":"a","name":"A"}`}}),
		"names.json":     []byte("[]"), "roots.json": []byte("[]"),
	}
	for name, text := range more {
		files[name] = []byte(text)
	}
	manifest := engine.EvidenceManifest{Format: 1, Covenant: "id", Entries: map[string]workflow.Digest{}}
	for name, data := range files {
		manifest.Entries[name] = workflow.DigestOf(data)
	}
	var err error
	files["manifest.json"], err = json.Marshal(manifest)
	check(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, data := range files {
		entry, err := w.Create(name)
		check(t, err)
		_, err = entry.Write(data)
		check(t, err)
	}
	check(t, w.Close())
	return out.Bytes()
}

const (
	draftedID = `{"covenant":"id","slug":"2026/a","title":"t","year":2026,"parties":[{"agency":"a","role":"leader","slot":"a"}]}`
	submitted = `{"number":1,"manifest":"0101010101010101010101010101010101010101010101010101010101010101"}`
)

// Bundles come from anybody, by the public page too. One whose log names revisions that there are not is told to be
// false; it stops nothing.
func TestForgedEvidence(t *testing.T) {
	base := []told{{"drafted", draftedID}, {"revision_submitted", submitted}}
	frozen := func(n int) told { return told{"frozen", fmt.Sprintf(`{"revision":%d,"token":"x"}`, n)} }
	carried := func(n int) told {
		return told{"approval_carried", fmt.Sprintf(`{"agency":"a","revision":1,"from_revision":%d}`, n)}
	}
	for name, events := range map[string][]told{
		"frozen without a revision":       {base[0], frozen(1)},
		"frozen of revision nought":       {base[0], base[1], frozen(0)},
		"frozen of revision minus one":    {base[0], base[1], frozen(-1)},
		"frozen of a revision to come":    {base[0], base[1], frozen(2)},
		"frozen of a revision far off":    {base[0], base[1], frozen(1 << 40)},
		"carried over from nought":        {base[0], base[1], carried(0), frozen(1)},
		"carried over from minus one":     {base[0], base[1], carried(-1), frozen(1)},
		"carried over from far off":       {base[0], base[1], carried(99), frozen(1)},
		"a first revision of a hall":      {base[0], {"revision_submitted", `{"number":1,"conference":true}`}, frozen(1)},
		"revisions with wrong numbers":    {base[0], {"revision_submitted", `{"number":7,"conference":true}`}, frozen(1)},
		"signed in a cell there is not":   {base[0], base[1], frozen(1), {"signature_made", `{"slot":"zz","field":"f"}`}},
		"sealed before it was frozen":     {base[0], base[1], {"seal_applied", `{"agency":"a"}`}, frozen(1)},
		"another covenant's log":          {{"drafted", `{"covenant":"other"}`}},
		"an event that there is not":      {base[0], {"from_tomorrow", `{}`}},
		"an event that cannot be read":    {base[0], {"frozen", `{"revision":"one"}`}},
		"nothing":                         {},
		"minutes of a hall there was not": {base[0], {"minutes_kept", `{"stage":"x"}`}, frozen(1)},
	} {
		t.Run(name, func(t *testing.T) {
			data := forged(t, events, nil)
			report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(data), int64(len(data)),
				engine.EvidenceTrust{})
			if err != nil {
				t.Fatal(err)
			}
			if report.Overall() != engine.Failed {
				t.Errorf("%+v; want a failure", report.Findings)
			}
			for _, f := range report.Findings {
				if f.Vietnamese == "" || f.English == "" || f.Vietnamese == f.English && len(f.English) > 40 {
					t.Errorf("finding %+v", f)
				}
			}
		})
	}
}

// FuzzEvidence checks bundles whose chains are sound and whose events and other entries say anything at all.
func FuzzEvidence(f *testing.F) {
	f.Add("revision_submitted", submitted, "frozen", `{"revision":1}`, "roots.json", "[]")
	f.Add("approval_carried", `{"from_revision":1}`, "frozen", `{"revision":1}`, "names.json", `[{"text":"x"}]`)
	f.Add("motion_opened", `{"motion":"m"}`, "motion_closed", `{"motion":"m","passed":true}`, "covenant.pdf", "%PDF-1.7")
	f.Fuzz(func(t *testing.T, kind1, payload1, kind2, payload2, entry, content string) {
		if entry == "manifest.json" || entry == "" || strings.HasSuffix(entry, "/") { // a directory holds nothing
			t.Skip()
		}
		data := forged(t, []told{{"drafted", draftedID}, {kind1, payload1}, {"revision_submitted", submitted},
			{kind2, payload2}}, map[string]string{entry: content})
		_, err := engine.CheckEvidence(context.Background(), bytes.NewReader(data), int64(len(data)),
			engine.EvidenceTrust{})
		if err != nil && !errors.Is(err, engine.ErrNotEvidence) {
			t.Fatal(err)
		}
	})
}
