package engine_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// A certificate that was revoked signs nothing, whether the server keeps its key or a file is brought; no PIN is
// counted for it, and nothing is recorded.
func TestRevokedCertificatesDoNotSign(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		before := o.state().Covenant
		leader := before.Waiting[0]
		director := o.who(leader, workflow.DutySign)
		file := o.elsewhere(director, "sig."+string(leader), nil)
		check(t, o.pki.Revoke(o.identity(director).Certificate, time.Now().Add(-time.Minute), 1))
		for range 7 {
			if _, err := o.sign(leader, pin); workflow.ErrorCode(err) != workflow.CodeForbidden ||
				!strings.Contains(err.Error(), "revoked") {
				t.Errorf("with the key that the server keeps: %v", err)
			}
		}
		_, err := o.Upload(context.Background(), engine.UploadRequest{
			Covenant: o.id, Slot: workflow.SlotID(leader), File: file, Consented: before.Frozen.PDF,
		}, o.as(director, "upload"))
		if workflow.ErrorCode(err) != workflow.CodeForbidden || !strings.Contains(err.Error(), "revoked") {
			t.Errorf("a file that was signed elsewhere: %v", err)
		}
		if o.state().Covenant.Version != before.Version {
			t.Error("something was recorded")
		}
	})
}

// What the authority answered is kept with the signature and lies in the finished document; where nobody can be asked,
// the policy decides, and the log says that it was not known.
func TestRevocationIsAskedAtEachSignature(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		first := o.state().Covenant.Waiting[0]
		for _, s := range []devpki.Service{devpki.OCSP, devpki.CRL} {
			o.pki.SetFault(s, devpki.Unavailable)
		}
		if _, err := o.sign(first, pin); workflow.ErrorCode(err) != workflow.CodeUnavailable {
			t.Errorf("nobody could be asked: %v", err)
		}
		o.Revocation = engine.RevocationWarn
		_, err := o.signAt(o.Engine, first, pin)
		check(t, err)
		unknown := o.state().Covenant.Signed[0].Check
		if unknown.Status != workflow.CertificateUnknown || unknown.At.IsZero() {
			t.Errorf("signed all the same: %+v", unknown)
		}
		o.Revocation = engine.RevocationRequired
		for _, s := range []devpki.Service{devpki.OCSP, devpki.CRL} {
			o.pki.SetFault(s, devpki.None)
		}
		for o.state().Covenant.Phase == workflow.AwaitingSignatures ||
			o.state().Covenant.Phase == workflow.AwaitingSeals {
			o.step(o.state())
		}
		_, err = o.Await(t.Context(), o.id, func(s workflow.State) bool {
			return s.Covenant.Phase == workflow.AwaitingReports
		})
		check(t, err)
		c := o.state().Covenant
		file := newest(o)
		inFile := stored(t, file)
		for i, s := range c.Signed {
			if i > 0 && (s.Check.Status != workflow.CertificateGood || len(s.Check.Responses) == 0) {
				t.Errorf("signature %d: %+v", i+1, s.Check)
			}
			for _, d := range s.Check.Responses {
				if _, err := o.Store.ReadBlob(t.Context(), store.Digest(d.String())); err != nil {
					t.Errorf("signature %d: its response: %v", i+1, err)
				}
				if !slices.Contains(inFile, d) {
					t.Errorf("signature %d: its response is not in the document", i+1)
				}
			}
		}
	})
}

// stored are the digests of the OCSP responses and lists in a file's document security store.
func stored(t testing.TB, file []byte) (out []workflow.Digest) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.Limits{})
	check(t, err)
	_, catalog, err := f.Catalog()
	check(t, err)
	dss, err := f.Dict(catalog.Get("DSS"))
	check(t, err)
	for _, key := range []pdf.Name{"OCSPs", "CRLs"} {
		list, err := f.Array(dss.Get(key))
		check(t, err)
		for _, entry := range list {
			o, err := f.Resolve(entry)
			check(t, err)
			der, err := f.Decode(o.(*pdf.Stream), 1<<20)
			check(t, err)
			out = append(out, workflow.DigestOf(der))
		}
	}
	return out
}

// A certificate that turns out to have been revoked before it signed, only after all have signed, brings the covenant
// to the head of the leading agency, who has the ways out: try again, back to the draft, or cancel.
func TestRevokedBeforeCompletion(t *testing.T) {
	for choice, want := range map[workflow.Consequence]workflow.Phase{
		workflow.ThenContinue: workflow.PhaseRejected, // it is found again
		workflow.ThenReturn:   workflow.AwaitingRevision,
		workflow.ThenCancel:   workflow.PhaseCancelled,
	} {
		t.Run(string(choice), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.shrink()
			o.upTo(workflow.AwaitingSignatures)
			signed := o.state().Covenant.Waiting[0]
			o.step(o.state())
			check(t, o.pki.Revoke(o.identity(o.who(signed, workflow.DutySign)).Certificate, time.Now().Add(-time.Hour),
				1))
			for o.state().Covenant.Phase == workflow.AwaitingSignatures ||
				o.state().Covenant.Phase == workflow.AwaitingSeals {
				o.step(o.state())
			}
			stopped := func(version int64) workflow.State {
				s, err := o.Await(t.Context(), o.id, func(s workflow.State) bool {
					return s.Covenant.Stop != nil && s.Covenant.Version > version
				})
				check(t, err)
				return s
			}
			s := stopped(0)
			if cause := s.Covenant.Stop.Cause; cause.Why != workflow.CauseRevoked || cause.Agency != signed {
				t.Errorf("it stopped because of %+v", cause)
			}
			if text := s.Sentence("en"); !strings.Contains(text, "had been revoked before it signed") {
				t.Errorf("the status says %q", text)
			}
			head := o.who("so-gddt", workflow.DutyVote)
			o.do(head, "settle", workflow.SettleRefusal{Choice: choice, Reason: "đã thu hồi"})
			if choice == workflow.ThenContinue {
				for range 50 { // the job that stopped it may not have ended yet, and no second one begins before that
					check(t, o.Sweep(t.Context()))
					if time.Sleep(20 * time.Millisecond); o.state().Covenant.Stop != nil {
						break
					}
				}
				stopped(s.Covenant.Version)
			}
			if got := o.state().Covenant.Phase; got != want {
				t.Errorf("after %s: %s, want %s", choice, got, want)
			}
		})
	}
}

// A document that was changed beside the signatures, found when it is to be completed, does not come into force.
func TestAlteredBeforeCompletion(t *testing.T) {
	o := newOffice(t)
	o.shrink()
	o.begin(`  - {id: so, kind: number, NAME, number: {book: giao-uoc}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader, deputy], [member], [witness]]}}
  - {id: ra, kind: issue, NAME}
`)
	o.keys()
	for o.state().Covenant.Phase != workflow.AwaitingSignatures {
		o.step(o.state())
	}
	for t := o.state().SignTally(); t.Have < t.Total-1; t = o.state().SignTally() {
		o.step(o.state())
	}
	last := o.state().Covenant.Waiting[0]
	recordAltered(o, o.who(last, workflow.DutySign), last)
	s, err := o.Await(t.Context(), o.id, func(s workflow.State) bool { return s.Covenant.Stop != nil })
	check(t, err)
	if s.Covenant.Stop.Why != workflow.CauseAltered {
		t.Errorf("it stopped because of %+v", s.Covenant.Stop)
	}
	_, err = o.Do(t.Context(), o.id, workflow.SettleRefusal{Choice: workflow.ThenContinue, Reason: "x"},
		o.as(o.who("so-gddt", workflow.DutyVote), "settle"))
	if workflow.ErrorCode(err) != workflow.CodeWrongState {
		t.Errorf("the leader goes on with a changed document: %v", err)
	}
}
