package engine_test

import (
	"bytes"
	"context"
	"testing"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// elsewhere signs the newest version as a person's own program would, with the person's own key.
func (o *office) elsewhere(person workflow.PersonID, field string, change func([]byte) []byte) []byte {
	o.t.Helper()
	// the one issued before
	id, err := o.pki.Issue(devpki.Subject{ID: string(person), CommonName: "x"}, devpki.Profile{})
	check(o.t, err)
	file := newest(o)
	if change != nil {
		file = change(file)
	}
	signed, _, err := signing.SignBytes(context.Background(), file, signing.Identity(id), signing.Options{
		Level: signing.BT, Field: field, TSA: &signing.TSA{URLs: []string{o.pki.TSA()}},
	})
	check(o.t, err)
	return signed
}

// A file signed elsewhere is accepted only as the newest version plus one permitted signature by the certificate that
// is bound to the person whose field it is; every other file changes nothing.
func TestUploadedSignature(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		before := o.state().Covenant
		leader := before.Waiting[0]
		director := o.who(leader, workflow.DutySign)
		field := "sig." + string(leader)
		upload := func(step string, file []byte) error {
			_, err := o.Upload(context.Background(), engine.UploadRequest{
				Covenant: o.id, Slot: workflow.SlotID(leader), File: file, Consented: before.Frozen.PDF,
			}, o.as(director, step))
			return err
		}
		good := o.elsewhere(director, field, nil)
		twice, _, err := signing.SignBytes(context.Background(), good, o.identity(director),
			signing.Options{Field: "sig.so-yte"})
		check(t, err)
		for name, file := range map[string][]byte{
			"somebody else's field": o.elsewhere(director, "sig.so-yte", nil),
			"somebody else's key":   o.elsewhere(o.who("so-yte", workflow.DutySign), field, nil),
			"another document": o.elsewhere(director, field,
				func(b []byte) []byte { return bytes.Replace(b, []byte("vi-VN"), []byte("en-GB"), 1) }),
			"two signatures":      twice,
			"nothing signed":      good[:before.HeadSize],
			"a damaged signature": damaged(good, int(before.HeadSize)),
			"no PDF":              []byte("hello"),
		} {
			if err := upload(name, file); err == nil {
				t.Errorf("%s: accepted", name)
			} else if workflow.ErrorCode(err) == "" {
				t.Errorf("%s: %v; want a sentence for people", name, err)
			}
			if got := o.state().Covenant; got.Version != before.Version {
				t.Fatalf("%s: the covenant changed", name)
			}
		}
		check(t, upload("good", good))
		check(t, upload("good", good)) // sent again: answered again
		if got := o.state().Covenant; got.Head != workflow.DigestOf(good) || len(got.Signed) != 1 {
			t.Errorf("head %s with %d signatures", got.Head.Short(), len(got.Signed))
		}
	})
}

func (o *office) identity(person workflow.PersonID) signing.Identity {
	id, err := o.pki.Issue(devpki.Subject{ID: string(person), CommonName: "x"}, devpki.Profile{})
	check(o.t, err)
	return signing.Identity(id)
}

// damaged changes one digit in the middle of the signature value that was appended after base.
func damaged(file []byte, base int) []byte {
	out := bytes.Clone(file)
	at := base + bytes.Index(out[base:], []byte("/Contents<")) + 3000
	out[at] ^= 1
	return out
}
