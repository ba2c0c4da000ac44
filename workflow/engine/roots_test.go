package engine_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// trusting is a store of the office's root, changed as change says.
func trusting(o *office, change func(*trust.Entry)) *trust.Store {
	o.t.Helper()
	e := o.pki.Roots().Entries()[0]
	change(&e)
	s := &trust.Store{}
	check(o.t, s.Add(e))
	return s
}

func goodFor(purposes ...trust.Purpose) func(*trust.Entry) {
	return func(e *trust.Entry) { e.Purposes = purposes }
}

func over(e *trust.Entry) { e.Until = trust.DayOf(time.Now().AddDate(0, 0, -1)) }

// refusedByRoot: somebody is told that the root is not relied on for it.
func refusedByRoot(t *testing.T, what string, err error) {
	t.Helper()
	if workflow.ErrorCode(err) == "" || !strings.Contains(err.Error(), "root") {
		t.Errorf("%s: %v; want a refusal that names the root", what, err)
	}
}

// A key is kept where its certificate leads to a root for what it is kept for: a person's for signatures, an agency's
// for seals; and on the days of the root.
func TestKeysNeedARootThatIsForThem(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	person := o.who("so-yte", workflow.DutySign)
	seal, err := o.pki.Issue(devpki.Subject{ID: "seal", CommonName: "Sở"}, devpki.Profile{})
	check(t, err)
	keep := map[trust.Purpose]engine.KeyRequest{
		trust.Signature: {Person: person, Identity: o.identity(person), PIN: pin},
		trust.Seal:      {Agency: "so-gddt", Identity: signing.Identity(seal), PIN: pin},
	}
	for _, c := range []struct {
		change func(*trust.Entry)
		kept   []trust.Purpose
	}{
		{goodFor(trust.Timestamp), nil}, {over, nil},
		{goodFor(trust.Seal), []trust.Purpose{trust.Seal}},
		{goodFor(trust.Signature), []trust.Purpose{trust.Signature}},
	} {
		o.Roots = trusting(o, c.change)
		for purpose, request := range keep {
			_, err := o.KeepKey(context.Background(), request, engine.Meta{Actor: console})
			if slices.Contains(c.kept, purpose) {
				check(t, err)
			} else {
				refusedByRoot(t, "a key for a "+string(purpose), err)
			}
		}
	}
}

// Who signs, seals or brings a file signed elsewhere is held against the roots as they are then, by the certificate's
// purpose and the root's days; what is refused changes nothing, and the evidence is judged in the same way.
func TestSigningNeedsARootThatIsForIt(t *testing.T) {
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingSignatures)
	before := o.state().Covenant
	leader := before.Waiting[0]
	director := o.who(leader, workflow.DutySign)
	brought := engine.UploadRequest{Covenant: o.id, Slot: workflow.SlotID(leader), Consented: before.Frozen.PDF,
		File: o.elsewhere(director, "sig."+string(leader), nil)}
	for name, change := range map[string]func(*trust.Entry){
		"for seals": goodFor(trust.Seal, trust.Timestamp), "over": over,
	} {
		o.Roots = trusting(o, change)
		_, err := o.sign(leader, pin)
		refusedByRoot(t, name+", signed here", err)
		_, err = o.Upload(context.Background(), brought, o.as(director, "brought "+name))
		refusedByRoot(t, name+", signed elsewhere", err)
	}
	if got := o.state().Covenant; got.Version != before.Version || got.Head != before.Head {
		t.Fatalf("version %d after refusals, %d before", got.Version, before.Version)
	}
	o.Roots = trusting(o, goodFor(trust.Signature, trust.Timestamp))
	for o.state().Covenant.Phase != workflow.AwaitingSeals {
		o.step(o.state())
	}
	sealing := o.state().Covenant
	by := o.who(sealing.Waiting[0], workflow.DutyNumber)
	_, err := o.Seal(context.Background(), engine.SealRequest{Covenant: o.id, Agency: sealing.Waiting[0], PIN: pin},
		o.as(by, "a seal without a root"))
	refusedByRoot(t, "a seal", err)
	if got := o.state().Covenant; got.Version != sealing.Version {
		t.Fatal("the refused seal changed something")
	}
	o.Roots = trusting(o, func(*trust.Entry) {})
	o.step(o.state())
	for o.state().Covenant.Phase != workflow.AwaitingReports {
		o.step(o.state())
	}
	evidenceByPurpose(o, t)
	o.restart(0) // what was judged before is remembered
	o.Roots = trusting(o, goodFor(trust.Signature, trust.Timestamp))
	v, err := o.View(context.Background(), console, "2026/khoi")
	check(t, err)
	for _, r := range v.Verdict.Results {
		if sealed := purposeByName(r.Field) == trust.Seal; (r.Indication == signing.TotalPassed) == sealed {
			t.Errorf("on the page without a root for seals: %s, a %s, is %s", r.Field, r.Purpose, r.Indication)
		}
	}
}

// purposeByName is what a field of the document is for, by the names that the renderer gives.
func purposeByName(field string) trust.Purpose {
	for prefix, purpose := range map[string]trust.Purpose{"sig.": trust.Signature, "seal.": trust.Seal} {
		if strings.HasPrefix(field, prefix) {
			return purpose
		}
	}
	return trust.Timestamp
}

// evidenceByPurpose checks the bundle of a complete covenant against a root for all but one purpose.
func evidenceByPurpose(o *office, t *testing.T) {
	bundle, _ := evidenceOf(o)
	judged := func(roots *trust.Store) *engine.EvidenceReport {
		given := trustOf(o)
		given.Roots = roots
		report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(bundle), int64(len(bundle)), given)
		check(t, err)
		return report
	}
	whole := judged(o.pki.Roots())
	if whole.Overall() != engine.Passed || !whole.Test || !whole.Document.Test() ||
		!strings.HasPrefix(whole.Headline().English, "Test signatures, without legal value.") ||
		!strings.HasPrefix(whole.Headline().Vietnamese, "Chữ ký thử nghiệm, không có giá trị pháp lý.") {
		t.Errorf("by a test root: %d, test %v, %q", whole.Overall(), whole.Test, whole.Headline())
	}
	for _, missing := range []trust.Purpose{trust.Signature, trust.Seal} {
		report := judged(trusting(o, func(e *trust.Entry) {
			e.Purposes = slices.DeleteFunc(trust.Purposes(), func(p trust.Purpose) bool { return p == missing })
		}))
		if report.Overall() != engine.Indeterminate {
			t.Errorf("without a root for a %s: %d", missing, report.Overall())
		}
		for _, r := range report.Document.Results {
			if (r.Indication == signing.TotalPassed) == (purposeByName(r.Field) == missing) {
				t.Errorf("without a root for a %s: %s, a %s, is %s", missing, r.Field, r.Purpose, r.Indication)
			}
		}
	}
	if report := judged(trusting(o, goodFor(trust.Signature, trust.Seal))); report.Overall() != engine.Failed {
		t.Errorf("without a root for time-stamps, the record is %d", report.Overall())
	}
}
