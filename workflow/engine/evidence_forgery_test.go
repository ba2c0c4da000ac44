package engine_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

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
		for at := range ranges(len(all[name]), samples(12, 32)) {
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
	for at := range ranges(len(bundle), samples(200, 1000)) {
		forged := bytes.Clone(bundle)
		forged[at] ^= 1
		if valid(t, forged, trust) && !sameEntries(unpack(t, forged), all) {
			t.Errorf("byte %d of the file changed: valid", at)
		}
	}
}

// underRace: the race detector is on, under which judging a bundle takes ten times as long and finds nothing more.
var underRace bool

// thorough is how much is tried: less with -short, and under the race detector.
func thorough(short, long int) int {
	if testing.Short() || underRace {
		return short
	}
	return long
}

// samples is how many of many are tried.
func samples(short, long int) int {
	if underRace {
		return max(1, short/6)
	}
	return thorough(short, long)
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

// Every value of every JSON file, changed, removed or doubled alone.
func TestNoValueOfABundleIsLoose(t *testing.T) {
	t.Parallel()
	o, bundle, trust := bundleOf(t)
	all := unpack(t, bundle)
	tried := 0
	for name, data := range all {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		var v any
		check(t, json.Unmarshal(data, &v))
		n, every := 0, max(1, len(data)/samples(5_000, 8_000))
		root := map[string]any{"": v}
		eachValue(root, func(path string) {
			if n++; n%every != 0 {
				return
			}
			tried++
			changed, err := json.MarshalIndent(root[""], "", "  ")
			check(t, err)
			if bytes.Equal(changed, data) {
				t.Fatalf("%s: %s was not changed", name, path)
			}
			forged := all.with(name, changed)
			if name != "manifest.json" && name != "record.json" {
				forged = forged.manifest(t)
			}
			if valid(t, forged.pack(t), trust) && !onlyToken(t, o, forged, all) {
				t.Errorf("%s: %s changed: valid", name, path)
			}
		})
	}
	if tried < 200 {
		t.Errorf("only %d values were tried", tried)
	}
}

// eachValue changes each value under the empty key in turn, calls try, and changes it back.
func eachValue(root map[string]any, try func(path string)) {
	var walk func(v any, path string, set func(any))
	walk = func(v any, path string, set func(any)) {
		change := func(what string, to any) {
			set(to)
			try(path + " " + what)
			set(v)
		}
		switch v := v.(type) {
		case string:
			change("longer", v+"x")
			change("empty", map[bool]any{true: "x", false: ""}[v == ""])
		case float64:
			change("more", v+1)
		case bool:
			change("turned", !v)
		case []any:
			change("one more", append(slices.Clone(v), map[string]any{}))
			for i := range v {
				change(fmt.Sprint("without ", i), slices.Delete(slices.Clone(v), i, i+1))
				walk(v[i], fmt.Sprintf("%s/%d", path, i), func(x any) { v[i] = x })
			}
		case map[string]any:
			change("one more", func() any { m := maps.Clone(v); m["x"] = 1; return m }())
			for _, k := range slices.Sorted(maps.Keys(v)) {
				without := maps.Clone(v)
				delete(without, k)
				change("without "+k, without)
				walk(v[k], path+"/"+k, func(x any) { v[k] = x })
			}
		}
	}
	walk(root[""], "", func(x any) { root[""] = x })
}

// rechained is a bundle whose covenant's events were changed and then all computed anew that can be: the chain, the
// manifest, the record with all proofs, a checkpoint signed with some key, a time-stamp of the real authority.
func rechained(t testing.TB, o *office, all entries, key engine.RecordKey, forge func([]store.Sealed) []store.Sealed,
) entries {
	t.Helper()
	var events, directory []store.Sealed
	check(t, json.Unmarshal(all["events.json"], &events))
	check(t, json.Unmarshal(all["directory.json"], &directory))
	events = forge(events)
	prev := make([]byte, store.HashSize)
	for i := range events {
		events[i].Version, events[i].Prev = int64(i+1), prev
		events[i].Hash = events[i].Sum()
		prev = events[i].Hash
	}
	data, err := json.MarshalIndent(events, "", "  ")
	check(t, err)
	all = all.with("events.json", data)
	var m engine.EvidenceManifest
	check(t, json.Unmarshal(all["manifest.json"], &m))
	m.Version = int64(len(events))
	m.Entries["events.json"] = workflow.DigestOf(data)
	manifest, err := json.MarshalIndent(m, "", "  ")
	check(t, err)
	all = all.with("manifest.json", manifest)
	return all.with("record.json", forgedRecord(t, o, key, m.Covenant, manifest, events, directory))
}

// forgedRecord is a record made anew of two streams alone.
func forgedRecord(t testing.TB, o *office, key engine.RecordKey, id workflow.CovenantID, manifest []byte,
	streams ...[]store.Sealed) []byte {
	t.Helper()
	tree := testonly.New(rfc6962.DefaultHasher)
	var proofs []store.StreamProof
	buckets := map[int]string{}
	for _, events := range streams {
		last := events[len(events)-1]
		h := store.Head{Stream: last.Stream, Version: last.Version, Hash: last.Hash}
		leaf := store.EventLeaf(tree.Size(), h)
		name := workflow.DigestOf([]byte(last.Stream))
		proofs = append(proofs, store.StreamProof{Stream: h.Stream, Version: h.Version, Hash: h.Hash,
			Index: tree.Size()})
		tree.AppendData(leaf)
		buckets[int(name[0])<<8|int(name[1])] += string(name[:]) + string(store.LeafHash(leaf))
	}
	heads, _ := mapOfHeads(buckets, 0, 16, 0)
	digest := workflow.DigestOf(manifest)
	bundle := store.Statement{Kind: store.StatementBundle, Covenant: string(id), Index: tree.Size(), At: 1,
		Manifest: hex.EncodeToString(digest[:])}
	tree.AppendData(bundle.Image())
	said := store.Statement{Kind: store.StatementHeads, Heads: hex.EncodeToString(heads), Index: tree.Size(), At: 1}
	tree.AppendData(said.Image())
	path := func(index uint64) [][]byte {
		p, err := tree.InclusionProof(index, tree.Size())
		check(t, err)
		return p
	}
	for i := range proofs {
		name := workflow.DigestOf([]byte(proofs[i].Stream))
		bucket := int(name[0])<<8 | int(name[1])
		proofs[i].Path, proofs[i].Bucket = path(proofs[i].Index), []byte(buckets[bucket])
		_, proofs[i].HeadsPath = mapOfHeads(buckets, 0, 16, bucket)
	}
	signed, err := note.Sign(&note.Note{Text: string(log.Checkpoint{Origin: key.Name(), Size: tree.Size(),
		Hash: tree.Hash()}.Marshal())}, key)
	check(t, err)
	token, err := o.TSA.Timestamp(context.Background(), store.Checkpoint{Note: signed}.Digest(), crypto.SHA256)
	check(t, err)
	data, err := json.MarshalIndent(struct {
		Key     string               `json:"key"`
		Note    string               `json:"note"`
		Token   []byte               `json:"token"`
		Heads   store.StatementProof `json:"heads"`
		Bundle  store.StatementProof `json:"bundle"`
		Streams []store.StreamProof  `json:"streams"`
	}{key.Public, string(signed), token, store.StatementProof{Statement: said, Path: path(said.Index)},
		store.StatementProof{Statement: bundle, Path: path(bundle.Index)}, proofs}, "", "  ")
	check(t, err)
	return data
}

// mapOfHeads is the root of a subtree of the map of heads, and the path from a bucket up to it where that lies below.
func mapOfHeads(buckets map[int]string, from, height, bucket int) (root []byte, path [][]byte) {
	hasher, width := rfc6962.DefaultHasher, 1<<height
	below := bucket >= from && bucket < from+width
	for b := range buckets {
		below = below || b >= from && b < from+width
	}
	switch {
	case height == 0:
		return hasher.HashLeaf([]byte(buckets[from])), nil
	case !below:
		root = hasher.HashLeaf(nil)
		for range height {
			root = hasher.HashChildren(root, root)
		}
		return root, nil
	}
	left, leftPath := mapOfHeads(buckets, from, height-1, bucket)
	right, rightPath := mapOfHeads(buckets, from+width/2, height-1, bucket)
	switch {
	case bucket < from || bucket >= from+width:
	case bucket < from+width/2:
		path = append(leftPath, right)
	default:
		path = append(rightPath, left)
	}
	return hasher.HashChildren(left, right), path
}

// payload replaces a text in the payload of the nth event of a kind; n counts from 0, -1 is every one.
func payload(kind string, n int, from, to string) func([]store.Sealed) []store.Sealed {
	return func(events []store.Sealed) []store.Sealed {
		seen := 0
		for i := range events {
			if events[i].Kind != kind {
				continue
			}
			if n < 0 || seen == n {
				events[i].Payload = bytes.Replace(events[i].Payload, []byte(from), []byte(to), 1)
			}
			seen++
		}
		return events
	}
}

func without(kind string) func([]store.Sealed) []store.Sealed {
	return func(events []store.Sealed) []store.Sealed {
		return slices.DeleteFunc(events, func(e store.Sealed) bool { return e.Kind == kind })
	}
}

// forgeries are changes to a covenant's log that somebody might want.
var forgeries = map[string]func([]store.Sealed) []store.Sealed{
	"all votes turned":         payload("ballot_cast", -1, `"choice":"for"`, `"choice":"against"`),
	"one vote turned":          payload("ballot_cast", 0, `"choice":"for"`, `"choice":"against"`),
	"a tally":                  payload("motion_closed", 0, `"for":`, `"for":1`),
	"a result":                 payload("motion_closed", 0, `"passed":true`, `"passed":false`),
	"a quorum":                 payload("motion_closed", 0, `"quorum":`, `"quorum":1`),
	"reviews removed":          without("review_given"),
	"a review turned":          payload("review_given", 0, `"approve"`, `"reject"`),
	"votes removed":            without("ballot_cast"),
	"a stage left out":         without("stage_opened"),
	"a signature left out":     without("signature_made"),
	"who may not sign":         payload("signature_made", 0, `"person":"`, `"person":"x`),
	"another right":            payload("review_given", 0, `"authority":{`, `"authority":{"form":"KT",`),
	"a number":                 payload("number_issued", 0, `"number":`, `"number":1`),
	"the end left out":         func(e []store.Sealed) []store.Sealed { return e[:len(e)-1] },
	"the first event left out": func(e []store.Sealed) []store.Sealed { return e[1:] },
	"who voted": func(e []store.Sealed) []store.Sealed {
		for i := range e {
			if e[i].Kind == "ballot_cast" {
				e[i].Actor = "somebody"
			}
		}
		return e
	},
	"when it was": func(e []store.Sealed) []store.Sealed {
		for i := range e {
			e[i].AtMillis -= int64(40 * 24 * time.Hour / time.Millisecond)
		}
		return e
	},
}

// Who owns a bundle, or the database, can compute everything anew but a signature with the record's key: that is found
// out, also where no key is given to check against. And who has that key, too, still cannot make the log tell what the
// rules do not give; what the rules leave open, such as which number of the register it was, they can.
func TestRechainedEvidence(t *testing.T) {
	t.Parallel()
	o, bundle, trust := bundleOf(t)
	all := unpack(t, bundle)
	own, err := o.RecordKey()
	check(t, err)
	stranger, err := engine.NewRecordKey(bytes.Repeat([]byte{8}, 32))
	check(t, err)
	blind := engine.EvidenceTrust{Roots: trust.Roots}
	unchanged := func(e []store.Sealed) []store.Sealed { return e }
	if !valid(t, rechained(t, o, all, own, unchanged).pack(t), trust) {
		t.Fatal("a record made anew by who has the key, of the same events, is not valid: the test forges badly")
	}
	if valid(t, rechained(t, o, all, stranger, unchanged).pack(t), trust) ||
		valid(t, rechained(t, o, all, stranger, unchanged).pack(t), blind) || valid(t, bundle, blind) {
		t.Error("valid without a key that anybody vouches for")
	}
	for name, forge := range forgeries {
		for who, key := range map[string]engine.RecordKey{"without the key": stranger, "with the key": own} {
			forged := rechained(t, o, all, key, forge).pack(t)
			if bytes.Equal(forged, all.pack(t)) {
				t.Errorf("%s: nothing was changed", name)
			}
			if (who == "without the key" || name != "a number") && valid(t, forged, trust) || valid(t, forged, blind) {
				t.Errorf("%s, %s: valid", name, who)
			}
		}
	}
}
