package engine_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// A deputy signs for a head who is away: the record and the paper name both, and the form is the law's. Somebody
// who left between being asked and signing does not.
func TestDelegateSigns(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingSignatures)
		ctx := context.Background()
		leader := o.state().Covenant.Waiting[0]
		head := o.who(leader, workflow.DutySign)
		post := workflow.PositionID(string(leader) + "/" + string(head))
		deputy := o.newPerson("pho-giam-doc", "Ngô Thị Phó")
		o.direct("deputy", workflow.AssignPosition{Position: workflow.Position{
			Agency: leader, Person: deputy, Title: "Phó Giám đốc", Rank: workflow.RankDeputy,
			Duties: []workflow.Duty{workflow.DutyVote},
		}})
		today := o.Calendar.Today(o.now())
		grant := workflow.GrantDelegation{From: post, To: deputy, Form: workflow.FormDeputy,
			Duties: []workflow.Duty{workflow.DutySign}, Start: today, End: today,
			Document: "Giấy ủy quyền số 05/UQ-SGDĐT",
		}
		first := o.direct("grant", grant)
		if again := o.direct("grant", grant); !again.Repeated || again.Version != first.Version {
			t.Errorf("granted again: %+v, first %+v", again, first)
		}
		_, err := o.Sign(ctx, engine.SignRequest{
			Covenant: o.id, Slot: workflow.SlotID(leader), PIN: pin, Consented: o.state().Covenant.Frozen.PDF,
		}, o.as(deputy, "sign/deputy"))
		check(t, err)
		made, _ := o.state().Covenant.Signature(workflow.SlotID(leader))
		if made.Person != deputy || made.Authority.For != head || made.Authority.Document != grant.Document ||
			made.Authority.Form != workflow.FormDeputy {
			t.Errorf("recorded %+v", made)
		}
		for _, want := range []string{"KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Ngô Thị Phó",
			"Theo ủy quyền của " + o.state().Directory.PersonName(head), "05/UQ-SGDĐT"} {
			if text := o.printed(); !strings.Contains(text, want) {
				t.Errorf("the paper does not say %q:\n%s", want, text)
			}
		}
		second := o.state().Covenant.Waiting[0]
		leaver := o.who(second, workflow.DutySign)
		o.direct("leave", workflow.EndPosition{Position: workflow.PositionID(string(second) + "/" + string(leaver)),
			LastDay: today.AddDays(-1), Successor: deputy})
		if _, err := o.sign(second, pin); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("who left signs: %v", err)
		}
		_, err = o.Sign(ctx, engine.SignRequest{
			Covenant: o.id, Slot: workflow.SlotID(second), PIN: pin, Consented: o.state().Covenant.Frozen.PDF,
		}, o.as(deputy, "sign/successor"))
		check(t, err)
	})
}

// newPerson adds a person to the directory, with a key that the server keeps.
func (o *office) newPerson(id workflow.PersonID, name string) workflow.PersonID {
	o.t.Helper()
	file := &workflow.BlockFile{}
	file.Block = o.block.Block
	file.Agencies = append(file.Agencies, o.block.Agencies...)
	last := &file.Agencies[len(file.Agencies)-1]
	last.People = append(append([]workflow.BlockFilePerson(nil), last.People...), workflow.BlockFilePerson{
		ID: id, Name: name, Email: string(id) + "@x.example", Title: "Chuyên viên",
		Duties: []workflow.Duty{workflow.DutyReport},
	})
	o.apply(file)
	issued, err := o.pki.Issue(devpki.Subject{ID: string(id), CommonName: name}, devpki.Profile{})
	check(o.t, err)
	o.keep(engine.KeyRequest{Person: id, Identity: signing.Identity(issued)})
	return id
}

func (o *office) direct(key string, cmd workflow.Command) engine.Outcome {
	o.t.Helper()
	out, err := o.Do(context.Background(), "", cmd, engine.Meta{Key: "directory/" + key, Actor: console})
	check(o.t, err)
	return out
}

// printed is the text of the document's newest version, as poppler reads it.
func (o *office) printed() string {
	o.t.Helper()
	file, err := o.Store.ReadBlob(context.Background(), store.Digest(o.state().Covenant.Head.String()))
	check(o.t, err)
	path := filepath.Join(o.t.TempDir(), "head.pdf")
	check(o.t, os.WriteFile(path, file, 0o600))
	text, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	check(o.t, err)
	return string(text)
}

// A new certificate whose subject a rule names is bound when it is first used; one that is to be confirmed waits
// for that.
func TestUploadBindsByRule(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		leader := o.state().Covenant.Waiting[0]
		director := o.who(leader, workflow.DutySign)
		token, err := o.pki.Issue(devpki.Subject{ID: "token", CommonName: "Giám đốc, thiết bị mới"}, devpki.Profile{})
		check(t, err)
		file := o.elsewhere("token", "sig."+string(leader), nil)
		upload := func(step string) error {
			_, err := o.Upload(context.Background(), engine.UploadRequest{
				Covenant: o.id, Slot: workflow.SlotID(leader), File: file, Consented: o.state().Covenant.Frozen.PDF,
			}, o.as(director, step))
			return err
		}
		if err := upload("unknown"); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("an unknown certificate: %v", err)
		}
		o.direct("rule", workflow.SetBindingRule{BindingRule: workflow.BindingRule{
			ID: "giam-doc", Person: director, Issuer: token.Certificate.Issuer.String(),
			Root: rootOf(o), Attribute: "CN",
			Value: "Giám đốc, thiết bị mới", Confirm: true,
		}})
		if err := upload("pending"); workflow.ErrorCode(err) != workflow.CodeForbidden ||
			!strings.Contains(err.Error(), "confirm") {
			t.Errorf("a certificate that waits to be confirmed: %v", err)
		}
		o.direct("confirm", workflow.ConfirmCertificate{Issuer: token.Certificate.Issuer.String(),
			Serial: token.Certificate.SerialNumber.String()})
		check(t, upload("bound"))
		if got := len(o.state().Covenant.Signed); got != 1 {
			t.Errorf("%d signatures, want 1", got)
		}
	})
}
