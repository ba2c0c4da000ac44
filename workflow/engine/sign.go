package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/store"
)

// SignRequest asks for one person's signature in one slot with the key that the server keeps.
type SignRequest struct {
	Covenant workflow.CovenantID `json:"covenant,omitzero" from:"address"`
	Slot     workflow.SlotID     `json:"slot,omitzero"`
	PIN      string              `json:"pin,omitzero" secret:"true"`
	// Consented is the digest of the frozen document that the person read and agreed to.
	Consented workflow.Digest `json:"consented,omitzero"`
	// Image is the person's signature as PNG with transparency, drawn between title and name; may be empty.
	Image []byte `json:"image,omitzero"`
}

// Sign unlocks the person's key once and signs the newest version of the document. When somebody else signs in the
// same moment, it signs again on the version that is there then, without asking for the PIN. What it records was
// verified, byte for byte as it is kept.
func (e signers) Sign(ctx context.Context, r SignRequest, meta Meta) (Outcome, error) {
	asked := struct {
		Slot      workflow.SlotID
		Consented workflow.Digest
	}{r.Slot, r.Consented}
	return e.signWith(ctx, r.Covenant, personKey(meta.Actor.Person()), r.PIN, asked, meta, signer{
		prepare: func(s workflow.State) (placement, error) {
			authority, field, err := s.MaySign(meta.Actor, r.Slot, e.Now())
			return placement{
				field: field, level: signStage(s).Sign.Level, reason: "Ký giao ước thi đua",
				appearance: personAppearance(s, authority, meta.Actor.Person(), r.Image),
			}, err
		},
		record: func(m madeSignature) workflow.Command {
			return workflow.RecordSignature{
				Slot: r.Slot, Consented: r.Consented, Before: m.before, After: m.after, Size: m.size,
				Level: m.level, Issuer: m.of.Issuer, Serial: m.of.Serial, SHA256: m.of.SHA256, SignedAt: m.at,
				Check: m.check,
			}
		},
	})
}

// SealRequest asks for an agency's seal with the key that the server keeps.
type SealRequest struct {
	Covenant workflow.CovenantID `json:"covenant,omitzero" from:"address"`
	Agency   workflow.AgencyID   `json:"agency,omitzero"`
	PIN      string              `json:"pin,omitzero" secret:"true"`
	Image    []byte              `json:"image,omitzero"` // of the seal, PNG with transparency, real size
}

// Seal applies an agency's seal as a signature of its own, as Sign does.
func (e signers) Seal(ctx context.Context, r SealRequest, meta Meta) (Outcome, error) {
	asked := struct{ Agency workflow.AgencyID }{r.Agency}
	return e.signWith(ctx, r.Covenant, sealOf(r.Agency), r.PIN, asked, meta, signer{
		prepare: func(s workflow.State) (placement, error) {
			_, field, err := s.MaySeal(meta.Actor, r.Agency, e.Now())
			stage, _ := s.Process.OfKind(workflow.StageSeal)
			p := placement{field: field, reason: "Dấu của cơ quan", appearance: &signing.Appearance{Image: r.Image}}
			if stage.Seal != nil {
				p.level = stage.Seal.Level
			}
			return p, err
		},
		record: func(m madeSignature) workflow.Command {
			return workflow.RecordSeal{
				Agency: r.Agency, Before: m.before, After: m.after, Size: m.size, Level: m.level,
				Issuer: m.of.Issuer, Serial: m.of.Serial, SHA256: m.of.SHA256, SignedAt: m.at,
				Check: m.check,
			}
		},
	})
}

// signer is what differs between a person's signature and a seal.
type signer struct {
	// prepare says whether it may be made now, and where it goes.
	prepare func(workflow.State) (placement, error)
	// record is the command that records it once it is made.
	record func(madeSignature) workflow.Command
}

type placement struct {
	field, level, reason string
	appearance           *signing.Appearance
}

type madeSignature struct {
	before, after workflow.Digest
	size          int64
	level         string
	of            workflow.Certificate
	check         workflow.SignerCheck
	at            time.Time
}

// signWith makes a signature once. What is refused because the same request, pressed twice, was faster is answered
// as that one was.
func (e signers) signWith(
	ctx context.Context, id workflow.CovenantID, owner keyOwner, pin string, asked any, meta Meta, how signer,
) (Outcome, error) {
	out, err := e.signUntil(ctx, id, owner, pin, asked, meta, how)
	if workflow.ErrorCode(err) == "" {
		return out, err
	}
	if earlier, done, again := e.repeated(ctx, id, asked, meta); done && again == nil {
		return earlier, nil
	}
	return out, err
}

// signUntil unlocks the key once and makes signatures until one is on the newest version.
func (e signers) signUntil(
	ctx context.Context, id workflow.CovenantID, owner keyOwner, pin string, asked any, meta Meta, how signer,
) (Outcome, error) {
	if out, done, err := e.repeated(ctx, id, asked, meta); err != nil || done {
		return out, err
	}
	state, err := e.read(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	if _, err := how.prepare(state); err != nil { // before the PIN is tried
		return Outcome{}, err
	}
	if err := e.unaltered(ctx, state.Covenant); err != nil {
		return Outcome{}, err
	}
	identity, found, err := e.unlock(ctx, owner, pin)
	if err != nil {
		return Outcome{}, keyRefused(err)
	}
	// One signature at a time is made here on a document. That only spares work: what makes two signatures safe is that
	// recording one checks the head it was made on.
	done, err := e.documents.take(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	defer done()
	for attempt := 1; ; attempt++ {
		if out, done, err := e.repeated(ctx, id, asked, meta); err != nil || done {
			return out, err // pressed twice, and the other press was faster
		}
		out, err := e.signHead(ctx, id, identity, found, asked, meta, how)
		if !errors.Is(err, errOtherHead) || attempt == maxAttempts {
			return out, err
		}
	}
}

// repeated answers a command that was carried out before under its key.
func (e signers) repeated(
	ctx context.Context, id workflow.CovenantID, asked any, meta Meta,
) (out Outcome, done bool, err error) {
	digest, err := commandDigest(string(id), meta.Actor, asked)
	if err != nil {
		return out, false, err
	}
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		command, found, err := tx.Command(ctx, store.CommandKey(meta.Key), digest)
		if err != nil || !found {
			return err
		}
		done = true
		return unmarshalOutcome(command.Result, &out)
	})
	return out, done, err
}

// read is a covenant's state now.
func (e signers) read(ctx context.Context, id workflow.CovenantID) (s workflow.State, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		s, err = e.state(ctx, tx, id)
		return err
	})
	return s, err
}

// signHead makes one signature on the newest version, verifies the bytes, keeps them and records them.
func (e signers) signHead(
	ctx context.Context, id workflow.CovenantID, identity signing.Identity, found workflow.SignerCheck, asked any,
	meta Meta, how signer,
) (Outcome, error) {
	state, err := e.read(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	place, err := how.prepare(state)
	if err != nil {
		return Outcome{}, err
	}
	if err := e.unaltered(ctx, state.Covenant); err != nil {
		return Outcome{}, err
	}
	head, err := e.readBlob(ctx, state.Covenant.Head)
	if err != nil {
		return Outcome{}, err
	}
	level, err := signing.ParseLevel(place.level)
	if err != nil {
		return Outcome{}, err
	}
	signed, made, err := signing.SignBytes(ctx, head, identity, signing.Options{
		Level: level, Field: place.field, TSA: e.TSA, Policy: e.Policy,
		Name: identity.Certificate.Subject.CommonName, Reason: place.reason,
		Appearance: place.appearance, Time: time.Now().In(e.Calendar.Zone()),
	})
	var unusable *signing.KeyError
	if errors.As(err, &unusable) && unusable.Err == nil { // not for a device that failed, which is tried again
		return Outcome{}, workflow.Refusal(workflow.CodeForbidden, "chưa ký: %s", "nothing was signed: %s",
			unusable.Text)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("signing failed, the document is unchanged and can be signed again: %w", err)
	}
	if _, err := e.verifySigned(ctx, state.Covenant, signed, signatures(state.Covenant)+1); err != nil {
		return Outcome{}, err
	}
	return e.keepSigned(ctx, id, signed, how.record(madeSignature{
		before: state.Covenant.Head, after: workflow.DigestOf(signed), size: int64(len(signed)),
		level: made.Level.String(), of: certificateOf(identity.Certificate), check: found, at: made.Time,
	}), state.Covenant.Head, asked, meta)
}

// keepSigned keeps a verified file and records it, if the head is still the one it was made on.
func (e signers) keepSigned(ctx context.Context, id workflow.CovenantID, file []byte, cmd workflow.Command,
	before workflow.Digest, asked any, meta Meta) (Outcome, error) {
	if _, err := e.Store.PutBlob(ctx, bytes.NewReader(file), pdfType); err != nil {
		return Outcome{}, err
	}
	return e.do(ctx, id, asked, meta, func(_ context.Context, _ *store.Tx, s workflow.State) (workflow.Command, error) {
		if s.Covenant.Head != before {
			return nil, errOtherHead
		}
		return cmd, nil
	})
}

// errOtherHead: somebody else signed while this signature was made; it is made again on the new version.
var errOtherHead = errors.New("the document has another version now")

func signStage(s workflow.State) workflow.Stage {
	stage, _ := s.Process.OfKind(workflow.StageSign)
	return stage
}

// signatures is how many signatures, seals among them, the document holds.
func signatures(c *workflow.Covenant) int { return len(c.Signed) + len(c.Sealed) }

// personAppearance is what a signature shows in its cell: the form of authority and the titles above, the time with
// its zone and the name below (Decree 30/2020/NĐ-CP, Appendix I, cells 7a–7c). Who signs under a delegation names
// who gave it, and by which document.
func personAppearance(
	s workflow.State, authority workflow.Authority, person workflow.PersonID, image []byte,
) *signing.Appearance {
	a := &signing.Appearance{Image: image}
	for _, line := range authority.Lines() {
		a.Above = append(a.Above, signing.Line{Text: line, Bold: true, Size: 12})
	}
	if authority.For != "" {
		text := "Theo ủy quyền của " + s.Directory.PersonName(authority.For)
		if authority.Document != "" {
			text += ", " + authority.Document
		}
		a.Lines = append(a.Lines, signing.Line{Text: text, Size: 8})
	}
	a.Lines = append(a.Lines,
		signing.Line{Text: "Ký số lúc " + time.Now().In(s.Calendar.Zone()).Format("15:04:05 02/01/2006 -07:00"),
			Size: 8},
		signing.Line{Text: s.Directory.PersonName(person), Bold: true, Size: 13})
	return a
}
