package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/store"
)

// SignRequest asks for one person's signature in one slot with the key that the server keeps.
type SignRequest struct {
	Covenant workflow.CovenantID
	Slot     workflow.SlotID
	PIN      string
	// Consented is the digest of the frozen document that the person read and agreed to.
	Consented workflow.Digest
	// Image is the person's signature as PNG with transparency, drawn between title and name; may be empty.
	Image []byte
}

// Sign unlocks the person's key once and signs the newest version of the document. When somebody else signs in the
// same moment, it signs again on the version that is there then, without asking for the PIN. What it records was
// verified, byte for byte as it is kept.
func (e *Engine) Sign(ctx context.Context, r SignRequest, meta Meta) (Outcome, error) {
	asked := struct {
		Slot      workflow.SlotID
		Person    workflow.PersonID
		Consented workflow.Digest
	}{r.Slot, meta.Actor.Person, r.Consented}
	if out, done, err := e.repeated(ctx, r.Covenant, asked, meta.Key); err != nil || done {
		return out, err
	}
	if _, err := e.signable(ctx, r, meta); err != nil { // before the PIN is tried
		return Outcome{}, err
	}
	id, err := e.unlock(ctx, meta.Actor.Person, r.PIN)
	if err != nil {
		return Outcome{}, err
	}
	turn := e.documentLock(r.Covenant)
	turn.Lock()
	defer turn.Unlock()
	for attempt := 1; ; attempt++ {
		if out, done, err := e.repeated(ctx, r.Covenant, asked, meta.Key); err != nil || done {
			return out, err // pressed twice, and the other press was faster
		}
		out, err := e.signHead(ctx, r, id, asked, meta)
		if !errors.Is(err, errOtherHead) || attempt == maxAttempts {
			return out, err
		}
	}
}

// documentLock lets one signature at a time be made in this process on a document. It only spares work: what makes
// two signatures safe is that recording one checks the head it was made on.
func (e *Engine) documentLock(id workflow.CovenantID) *sync.Mutex {
	lock, _ := e.documents.LoadOrStore(id, new(sync.Mutex))
	return lock.(*sync.Mutex)
}

// repeated answers a command that was carried out before under its key.
func (e *Engine) repeated(ctx context.Context, id workflow.CovenantID, asked any, key string) (out Outcome, done bool, err error) {
	digest, err := commandDigest(id, asked)
	if err != nil {
		return out, false, err
	}
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		command, found, err := tx.Command(ctx, store.CommandKey(key), digest)
		if err != nil || !found {
			return err
		}
		done = true
		return unmarshalOutcome(command.Result, &out)
	})
	return out, done, err
}

// signing is what one attempt works on.
type signingTask struct {
	state     workflow.State
	authority workflow.Authority
	field     string
}

func (e *Engine) signable(ctx context.Context, r SignRequest, meta Meta) (signingTask, error) {
	var task signingTask
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		task.state, err = e.state(ctx, tx, r.Covenant)
		return err
	})
	if err != nil {
		return task, err
	}
	task.authority, task.field, err = task.state.MaySign(meta.Actor.Person, r.Slot, e.Now())
	return task, err
}

// signHead makes one signature on the newest version, verifies the bytes, keeps them and records them.
func (e *Engine) signHead(ctx context.Context, r SignRequest, id signing.Identity, asked any, meta Meta) (Outcome, error) {
	task, err := e.signable(ctx, r, meta)
	if err != nil {
		return Outcome{}, err
	}
	c := task.state.Covenant
	head, err := e.readBlob(ctx, c.Head)
	if err != nil {
		return Outcome{}, err
	}
	level, err := signing.ParseLevel(signStage(task.state).Sign.Level)
	if err != nil {
		return Outcome{}, err
	}
	signed, made, err := signing.SignBytes(ctx, head, id, signing.Options{
		Level: level, Field: task.field, TSA: e.TSA, Name: id.Certificate.Subject.CommonName,
		Reason: "Ký giao ước thi đua", Appearance: appearance(task, meta.Actor.Person, r.Image, e.Calendar.Zone()),
	})
	if err != nil {
		return Outcome{}, signingFailed(err)
	}
	if err := e.verifySigned(ctx, signed, len(c.Signed)+1); err != nil {
		return Outcome{}, err
	}
	info, err := e.Store.PutBlob(ctx, bytes.NewReader(signed), pdfType)
	if err != nil {
		return Outcome{}, err
	}
	cmd := workflow.RecordSignature{
		By: meta.Actor.Person, Slot: r.Slot, Consented: r.Consented, Before: c.Head, After: workflow.DigestOf(signed),
		Size: info.Size, Level: made.Level.String(), Issuer: id.Certificate.Issuer.String(),
		Serial: id.Certificate.SerialNumber.String(), SignedAt: made.Time,
	}
	return e.do(ctx, r.Covenant, asked, meta, func(_ context.Context, _ *store.Tx, s workflow.State) (workflow.Command, error) {
		if s.Covenant.Head != cmd.Before {
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

// signingFailed says to a person what a failed signature means: nothing was recorded, and it can be tried again.
func signingFailed(err error) error {
	return fmt.Errorf("signing failed, the document is unchanged and can be signed again: %w", err)
}

// verifySigned judges the very bytes that will be kept: all signatures must pass, and there must be as many as
// expected.
func (e *Engine) verifySigned(ctx context.Context, file []byte, want int) error {
	report, err := e.verify(ctx, file)
	if err != nil {
		return fmt.Errorf("verify what was signed: %w", err)
	}
	count := 0
	for _, result := range report.Results {
		if result.Indication == signing.TotalFailed {
			return fmt.Errorf("verify what was signed: field %s: %s", result.Field, result.SubIndication)
		}
		if result.Kind == signing.KindSignature {
			count++
		}
	}
	if count != want {
		return fmt.Errorf("verify what was signed: the document holds %d signatures instead of %d", count, want)
	}
	return nil
}

// appearance is what a signature shows in its cell: the title with its form of authority above, the name below
// (Decree 30/2020/NĐ-CP, Appendix I, cells 7a–7c), and the time with its zone between.
func appearance(task signingTask, person workflow.PersonID, image []byte, zone *time.Location) *signing.Appearance {
	name := task.state.Directory.PersonName(person)
	title := strings.ToUpper(task.authority.Title)
	if task.authority.Form != workflow.FormHead {
		title = string(task.authority.Form) + " " + title
	}
	return &signing.Appearance{
		Image: image,
		Above: []signing.Line{{Text: title, Bold: true, Size: 12}},
		Lines: []signing.Line{
			{Text: "Ký số lúc " + time.Now().In(zone).Format("15:04:05 02/01/2006 -07:00"), Size: 8},
			{Text: name, Bold: true, Size: 13},
		},
	}
}
