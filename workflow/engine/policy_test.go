package engine_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// Under the policy vn-2025 a key of another mechanism is not kept; people's signatures and seals by RSA keys are
// RSASSA-PSS.
func TestPolicyOfKeptKeys(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.Policy = signing.PolicyVN2025
		lead := slices.IndexFunc(o.block.Agencies, func(a workflow.BlockFileAgency) bool {
			return a.Role == workflow.RoleLeader
		})
		leader := o.block.Agencies[lead]
		for _, p := range leader.People {
			_, err := o.pki.Issue(devpki.Subject{ID: string(p.ID), CommonName: p.Name, Organization: leader.Name},
				devpki.Profile{Key: devpki.RSA2048})
			check(t, err)
		}
		_, err := o.pki.Issue(devpki.Subject{ID: "seal", CommonName: leader.Name}, devpki.Profile{Key: devpki.RSA2048})
		check(t, err)

		o.upTo(workflow.AwaitingSignatures)
		person := o.who(leader.ID, workflow.DutySign)
		other, err := o.pki.Issue(devpki.Subject{ID: "other", CommonName: "x"}, devpki.Profile{Key: devpki.Ed25519})
		check(t, err)
		_, err = o.KeepKey(context.Background(), engine.KeyRequest{Person: person, Identity: signing.Identity(other),
			PIN: pin}, engine.Meta{Actor: console})
		if workflow.ErrorCode(err) != workflow.CodeForbidden || !strings.Contains(err.Error(), "vn-2025") {
			t.Errorf("Ed25519: %v", err)
		}
		for s := o.state(); len(s.Covenant.Sealed) == 0; s = o.state() {
			o.step(s)
		}
		file := newest(o)
		report, err := signing.Verify(context.Background(), bytes.NewReader(file), int64(len(file)),
			signing.VerifyOptions{Roots: o.Roots, Policy: o.Policy})
		check(t, err)
		pss := 0
		for _, r := range report.Results {
			if r.Algorithm == "RSA-PSS with SHA-256" {
				pss++
			}
			for _, reason := range r.Reasons {
				if reason.Code == signing.ReasonPolicy {
					t.Errorf("%s: %s is outside the policy", r.Field, r.Algorithm)
				}
			}
		}
		if pss < 2 {
			t.Errorf("%d signatures and seals by RSASSA-PSS", pss)
		}
	})
}
