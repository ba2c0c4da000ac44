package engine_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	witnessing "github.com/transparency-dev/formats/note"

	"covenant/signing/devpki"
	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// Where the authority is away a bundle is written all the same, and its check says what is missing; once it is back the
// same bundle is stamped, without another entry in the record.
func TestEvidenceWithoutTimestamp(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReports)
		check(t, o.AwaitMails(context.Background()))
		o.pki.SetFault(devpki.TSA, devpki.Unavailable)
		bundle, _ := evidenceOf(o)
		report := o.checkEvidence(bundle)
		if report.Overall() != engine.Indeterminate || !says(report, engine.Indeterminate, "has no time-stamp") {
			t.Errorf("without a time-stamp: %+v", report.Findings)
		}
		o.pki.SetFault(devpki.TSA, devpki.None)
		size := len(checkpoints(t, o))
		again, _ := evidenceOf(o)
		if report := o.checkEvidence(again); report.Overall() != engine.Passed {
			t.Errorf("with its time-stamp: %+v", report.Findings)
		}
		if got := len(checkpoints(t, o)); got != size {
			t.Errorf("the same bundle took %d checkpoints, want %d", got, size)
		}
	})
}

func checkpoints(t *testing.T, o *office) (all []store.Checkpoint) {
	t.Helper()
	check(t, o.Store.View(context.Background(), func(tx *store.Tx) (err error) {
		all, err = tx.Checkpoints(context.Background())
		return err
	}))
	return all
}

func says(report *engine.EvidenceReport, v engine.Verdict, text string) bool {
	for _, f := range report.Findings {
		if f.Verdict == v && strings.Contains(f.English, text) {
			return true
		}
	}
	return false
}

// A bundle opens the names of those whom the covenant concerns, and of nobody else in the directory.
func TestEvidenceOpensOnlyWhoIsConcerned(t *testing.T) {
	o := newOffice(t)
	o.upTo(workflow.AwaitingReviews)
	bundle, _ := evidenceOf(o)
	all := unpack(t, bundle)
	var names []store.Opening
	check(t, json.Unmarshal(all["names.json"], &names))
	opened := map[string]bool{}
	for _, n := range names {
		opened[n.Text] = true
	}
	concerned, others := 0, 0
	log := string(all["events.json"])
	var people []workflow.BlockFilePerson
	for _, a := range o.block.Agencies {
		people = append(people, a.People...)
	}
	for _, p := range people {
		named := strings.Contains(log, `"`+string(p.ID)+`"`)
		if named {
			concerned++
		} else {
			others++
		}
		if opened[p.Name] != named {
			t.Errorf("%s, whom the covenant concerns: %t, is opened: %t", p.ID, named, opened[p.Name])
		}
	}
	if concerned == 0 || others == 0 || len(names) != concerned {
		t.Errorf("%d concerned, %d others, %d names opened", concerned, others, len(names))
	}
}

// Signatures of witnesses are checked where they are: one that holds speaks for the checkpoint, one whose key nobody
// gave
// leaves it open, and one that does not hold is a forgery.
func TestEvidenceWithWitness(t *testing.T) {
	_, bundle, trust := bundleOf(t)
	all := unpack(t, bundle)
	skey, vkey, err := note.GenerateKey(nil, "witness.example")
	check(t, err)
	witness, err := witnessing.NewSignerForCosignatureV1(skey)
	check(t, err)
	vkey, err = witnessing.VKeyToCosignatureV1(vkey)
	check(t, err)
	var proof struct {
		Key     json.RawMessage `json:"key"`
		Note    string          `json:"note"`
		Token   json.RawMessage `json:"token"`
		Heads   json.RawMessage `json:"heads"`
		Bundle  json.RawMessage `json:"bundle"`
		Streams json.RawMessage `json:"streams"`
	}
	check(t, json.Unmarshal(all["record.json"], &proof))
	text, _, _ := strings.Cut(proof.Note, "\n\n")
	cosigned, err := note.Sign(&note.Note{Text: text + "\n"}, witness)
	check(t, err)
	line := strings.TrimPrefix(string(cosigned), text+"\n\n")
	with := func(line string) []byte {
		changed := proof
		changed.Note += line
		data, err := json.MarshalIndent(changed, "", "  ")
		check(t, err)
		return all.with("record.json", data).pack(t)
	}
	judged := func(bundle []byte, trust engine.EvidenceTrust) *engine.EvidenceReport {
		report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(bundle), int64(len(bundle)), trust)
		check(t, err)
		return report
	}
	if r := judged(with(line), trust); r.Overall() != engine.Indeterminate ||
		!says(r, engine.Indeterminate, "witness.example") {
		t.Errorf("a witness whose key was not given: %+v", r.Findings)
	}
	known := trust
	known.Keys, err = engine.ParseRecordKeys(vkey)
	check(t, err)
	known.Keys.Records = trust.Keys.Records
	if r := judged(with(line), known); r.Overall() != engine.Passed || !says(r, engine.Passed,
		"cosigned by the witness") {
		t.Errorf("a witness whose key was given: %+v", r.Findings)
	}
	at := len(line) - 20
	forged := line[:at] + string(map[bool]byte{true: 'B', false: 'A'}[line[at] == 'A']) + line[at+1:]
	if r := judged(with(forged), known); r.Overall() != engine.Failed {
		t.Errorf("a witness's signature that does not hold: %+v", r.Findings)
	}
}

// Who owns the database and computes all chains anew gets no evidence of it, neither of what is below the checkpoint
// before nor with an honest event on top.
func TestNoEvidenceOfAForgedDatabase(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReports)
		evidenceOf(o) // closes a checkpoint
		o.forged = true
		raw := o.raw(t)
		dropTriggers(t, o, raw)
		rechainInDatabase(t, raw, "covenant/"+string(o.id), "review_given", `"approve"`, `"reject"`)
		refused := func(when string) {
			t.Helper()
			_, err := o.Evidence(context.Background(), console, "2026/khoi", &bytes.Buffer{})
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "covenant audit") {
				t.Errorf("%s: %v", when, err)
			}
		}
		refused("all chained anew")
		head := o.who("so-gddt", workflow.DutySign)
		_, err := o.Do(context.Background(), o.id, workflow.Close{Reason: "sắp xếp lại"}, o.as(head, "close"))
		check(t, err)
		refused("with an honest event on top")
		report, err := o.Store.Audit(context.Background())
		check(t, err)
		if len(report.Breaks) > 0 || len(report.RecordBreaks) == 0 {
			t.Errorf("audit: %v, %v; want the chains whole and the record broken", report.Breaks, report.RecordBreaks)
		}
		if _, err := o.Rebuild(context.Background()); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("rebuild: %v", err)
		}
	})
}

// rechainInDatabase changes the first event of a kind and computes every hash after it anew, with the head.
func rechainInDatabase(t *testing.T, raw *sql.DB, stream, kind, from, to string) {
	t.Helper()
	rows, err := raw.Query("SELECT version, at, actor, on_behalf, origin, address, command_key, kind, payload FROM "+
		"events "+
		"WHERE stream = $1 ORDER BY version", stream)
	check(t, err)
	defer rows.Close()
	var events []store.Sealed
	changed := false
	for rows.Next() {
		e := store.Sealed{Stream: store.Stream(stream)}
		var text string
		check(t, rows.Scan(&e.Version, &e.AtMillis, &e.Actor, &e.OnBehalf, &e.Origin, &e.Address, &e.CommandKey,
			&e.Kind,
			&text))
		if !changed && e.Kind == kind {
			changed, text = strings.Contains(text, from), strings.Replace(text, from, to, 1)
		}
		e.Payload = json.RawMessage(text)
		events = append(events, e)
	}
	check(t, rows.Err())
	check(t, rows.Close())
	if !changed {
		t.Fatal("nothing was changed")
	}
	prev := make([]byte, store.HashSize)
	for _, e := range events {
		e.Prev = prev
		prev = e.Sum()
		_, err := raw.Exec("UPDATE events SET payload = $1, prev = $2, hash = $3 WHERE stream = $4 AND version = $5",
			string(e.Payload), e.Prev, prev, stream, e.Version)
		check(t, err)
	}
	_, err = raw.Exec("UPDATE streams SET hash = $1 WHERE stream = $2", prev, stream)
	check(t, err)
}

// A bundle that v0.1 wrote is still read; what nothing in it binds is said, so it is never found valid.
func TestEvidenceOfV01(t *testing.T) {
	dir := filepath.Join("testdata", "evidence-v0.1")
	bundle, err := os.ReadFile(filepath.Join(dir, "bundle.zip"))
	check(t, err)
	anchors, err := os.ReadFile(filepath.Join(dir, "roots.pem"))
	check(t, err)
	roots, err := trust.Parse(anchors)
	check(t, err)
	trusted := engine.EvidenceTrust{Roots: roots}
	report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(bundle), int64(len(bundle)), trusted)
	check(t, err)
	if report.Overall() != engine.Indeterminate || !says(report, engine.Indeterminate, "in the form of v0.1") ||
		!says(report, engine.Passed, "events of stream directory are under the root") {
		t.Errorf("%+v", report.Findings)
	}
	all := unpack(t, bundle)
	for name, forged := range map[string]entries{
		"a review": all.with("events.json", bytes.Replace(all["events.json"], []byte(`"approve"`), []byte(`"reject"`),
			1)),
		"no proof": all.with("proofs.json", []byte("[]")),
		"no roots": all.with("roots.json", []byte("[]")),
	} {
		data := forged.pack(t)
		report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(data), int64(len(data)), trusted)
		check(t, err)
		if report.Overall() != engine.Failed {
			t.Errorf("%s: %+v", name, report.Findings)
		}
	}
	image, err := os.ReadFile(filepath.Join(dir, "root.json"))
	check(t, err)
	root, err := store.ParseRoot(image)
	check(t, err)
	if !strings.Contains(string(all["roots.json"]), root.Day) {
		t.Errorf("the root of %s is not that of the bundle", root.Day)
	}
}
