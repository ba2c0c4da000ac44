package engine_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/internal/norace"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// entries are the files of a bundle by name.
type entries map[string][]byte

func unpack(t testing.TB, bundle []byte) entries {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	check(t, err)
	out := entries{}
	for _, f := range r.File {
		rc, err := f.Open()
		check(t, err)
		out[f.Name], err = io.ReadAll(rc)
		check(t, err)
	}
	return out
}

func (e entries) pack(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(e)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		check(t, err)
		_, err = f.Write(e[name])
		check(t, err)
	}
	check(t, w.Close())
	return out.Bytes()
}

func (e entries) with(name string, data []byte) entries {
	out := maps.Clone(e)
	out[name] = data
	return out
}

// manifest makes the manifest agree with the entries, as every forger does.
func (e entries) manifest(t testing.TB) entries {
	t.Helper()
	var m map[string]any
	check(t, json.Unmarshal(e["manifest.json"], &m))
	digests := map[string]string{}
	for name, data := range e {
		if name != "manifest.json" && name != "record.json" {
			digests[name] = workflow.DigestOf(data).String()
		}
	}
	m["entries"] = digests
	var typed engine.EvidenceManifest
	data, err := json.Marshal(m)
	check(t, err)
	check(t, json.Unmarshal(data, &typed))
	data, err = json.MarshalIndent(typed, "", "  ")
	check(t, err)
	return e.with("manifest.json", data)
}

// valid reports whether a bundle is found valid. A bundle that is none, or cannot be judged, is not.
func valid(t testing.TB, bundle []byte, trust engine.EvidenceTrust) bool {
	t.Helper()
	report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(bundle), int64(len(bundle)), trust)
	if err != nil && !errors.Is(err, engine.ErrNotEvidence) {
		t.Errorf("neither a verdict nor “no evidence”: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "the check itself failed") {
		t.Errorf("the check panics: %v", err)
	}
	return err == nil && report.Overall() == engine.Passed
}

// bundleOf is an honest bundle, and what it is checked against.
func bundleOf(t *testing.T) (*office, []byte, engine.EvidenceTrust) {
	t.Helper()
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingReports)
	bundle, _ := evidenceOf(o)
	trust := trustOf(o)
	if !valid(t, bundle, trust) || !valid(t, unpack(t, bundle).pack(t), trust) {
		t.Fatalf("an honest bundle is not valid: %+v", o.checkEvidence(bundle).Findings)
	}
	return o, bundle, trust
}

// Nothing of a bundle can be changed and stay valid but what [engine.NotCovered] declares: every entry is removed,
// added,
// swapped with every other one and changed in each of its ranges of bytes, every JSON value is changed, each alone,
// with
// a manifest that agrees and with one that does not; and every range of bytes of the file itself.
func TestNothingOfABundleIsLoose(t *testing.T) {
	t.Parallel()
	if norace.Elsewhere(t) {
		return
	}
	o, bundle, trust := bundleOf(t)
	all := unpack(t, bundle)
	stays := func(what string, e entries) {
		t.Helper()
		for _, forged := range []entries{e, e.manifest(t)} {
			if valid(t, forged.pack(t), trust) && !sameEntries(forged, all) && !onlyToken(t, o, forged, all) {
				t.Errorf("%s: valid", what)
			}
		}
	}
	names := slices.Sorted(maps.Keys(all))
	for i, name := range names {
		without := maps.Clone(all)
		delete(without, name)
		if name == "manifest.json" {
			if valid(t, without.pack(t), trust) {
				t.Error("valid without its manifest")
			}
		} else {
			stays("without "+name, without)
		}
		stays("another "+name, all.with("x/"+name, all[name]))
		for _, other := range names[i+1:] {
			if name != "manifest.json" && other != "manifest.json" && !bytes.Equal(all[name], all[other]) {
				stays(name+" for "+other, all.with(name, all[other]).with(other, all[name]))
			}
		}
		for at := range ranges(len(all[name]), thorough(12, 32)) {
			data := bytes.Clone(all[name])
			data[at] ^= 1
			if name == "manifest.json" {
				if valid(t, all.with(name, data).pack(t), trust) {
					t.Errorf("byte %d of the manifest changed: valid", at)
				}
				continue
			}
			stays(fmt.Sprintf("byte %d of %s", at, name), all.with(name, data))
		}
	}
	for at := range ranges(len(bundle), thorough(200, 1000)) {
		forged := bytes.Clone(bundle)
		forged[at] ^= 1
		if valid(t, forged, trust) && !sameEntries(unpack(t, forged), all) {
			t.Errorf("byte %d of the file changed: valid", at)
		}
	}
}

// thorough is how much is tried: less with -short.
func thorough(short, long int) int {
	if testing.Short() {
		return short
	}
	return long
}

// ranges gives an offset in each of n ranges of a length.
func ranges(length, n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		step := max(1, length/n)
		for at := 0; at < length; at += step {
			if !yield(min(at+at%step, length-1)) {
				return
			}
		}
	}
}

func sameEntries(a, b entries) bool {
	return maps.EqualFunc(a, b, func(x, y []byte) bool { return bytes.Equal(x, y) })
}

// onlyToken reports whether nothing but bytes of the time-stamp token differ that its signature does not cover: the
// token
// still says the same of the same checkpoint.
func onlyToken(t testing.TB, o *office, a, b entries) bool {
	t.Helper()
	var x, y map[string]any
	if json.Unmarshal(a["record.json"], &x) != nil || json.Unmarshal(b["record.json"], &y) != nil {
		return false
	}
	says := func(token any) string {
		var raw struct{ Token []byte }
		data, err := json.Marshal(map[string]any{"token": token})
		check(t, err)
		check(t, json.Unmarshal(data, &raw))
		text, _ := y["note"].(string)
		digest := store.Checkpoint{Note: []byte(text)}.Digest()
		stamp, err := signing.CheckTimestamp(raw.Token, digest, crypto.SHA256, o.pki.Roots(), time.Time{})
		return fmt.Sprint(stamp.Time, stamp.Authority, err)
	}
	same := says(x["token"]) == says(y["token"])
	x["token"], y["token"] = nil, nil
	rest := a.with("record.json", b["record.json"])
	return same && fmt.Sprint(x) == fmt.Sprint(y) && sameEntries(rest, b)
}
