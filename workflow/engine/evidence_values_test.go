package engine_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"covenant/internal/norace"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// Every value of every JSON file, changed, removed or doubled alone.
func TestNoValueOfABundleIsLoose(t *testing.T) {
	t.Parallel()
	if norace.Elsewhere(t) {
		return
	}
	o, bundle, trust := bundleOf(t)
	all := unpack(t, bundle)
	tried := 0
	for name, data := range all {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		var v any
		check(t, json.Unmarshal(data, &v))
		n, every := 0, max(1, len(data)/thorough(5_000, 8_000))
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
	if norace.Elsewhere(t) {
		return
	}
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
