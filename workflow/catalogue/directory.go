package catalogue

import (
	"context"
	"errors"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// direct carries out one command on the directory and tells what it changed.
func direct(ctx context.Context, r *run, params any) (Answer, error) {
	cmd := params.(workflow.Command) //nolint:forcetypeassert // Decode made it
	if grant, ok := params.(workflow.GrantDelegation); ok && r.call.Address != "" {
		id, err := r.eng.Find(ctx, r.actor, r.call.Address)
		if err != nil {
			return Answer{}, err
		}
		grant.Covenant = id
		cmd = grant
	}
	lines, err := r.eng.PlanDirectory(ctx, cmd, r.meta(), r.call.Language)
	if err != nil {
		return Answer{}, err
	}
	out, err := r.eng.Do(ctx, "", cmd, r.meta())
	if err != nil {
		return Answer{}, err
	}
	a := answered(out)
	a.Lines = lines
	if len(lines) == 0 {
		r.say(&a, words.Of("Không có gì thay đổi.", "Nothing changes."))
	}
	return a, nil
}

// BlockFile is a block file and what it is called.
type BlockFile struct {
	Name   string `json:"name,omitzero"`
	Source []byte `json:"source,omitzero"`
}

// applyBlock brings the directory in step with a block file.
func applyBlock(ctx context.Context, r *run, p BlockFile) (Answer, error) {
	file, err := workflow.ParseBlockFile(p.Name, p.Source)
	if err != nil {
		return Answer{}, err
	}
	notes, err := r.eng.BlockNotes(ctx, file)
	if err != nil {
		return Answer{}, err
	}
	a, err := direct(ctx, r, workflow.ApplyBlock{File: file})
	if err != nil {
		return a, err
	}
	for _, note := range notes {
		r.say(&a, words.F("! %s", "! %s", note))
	}
	if n := len(a.Kinds); n > 0 {
		r.say(&a, words.F("Đã ghi %d thay đổi.", "Recorded %d changes.", n))
	}
	return a, nil
}

// Key is a key that the server is to keep under a PIN: a person's, or that of an agency's seal.
type Key struct {
	Person   workflow.PersonID `json:"person,omitzero"`
	Agency   workflow.AgencyID `json:"agency,omitzero"`
	PKCS12   []byte            `json:"pkcs12,omitzero" secret:"true"`
	Password string            `json:"password,omitzero" secret:"true"`
	PIN      string            `json:"pin,omitzero" secret:"true"`
	// Certificate is the serial number of the certificate whose key is meant, of a file with several.
	Certificate string `json:"certificate,omitzero"`
}

func keepKey(ctx context.Context, r *run, p Key) (Answer, error) {
	if err := r.keepsKeys(); err != nil {
		return Answer{}, err
	}
	id, err := signing.LoadPKCS12Key(p.PKCS12, p.Password, p.Certificate)
	var unusable *signing.KeyError
	if errors.As(err, &unusable) {
		return Answer{}, workflow.Refusal(workflow.CodeInvalid, "tệp khóa: %s", "key file: %s", unusable.Text)
	}
	if err != nil {
		return Answer{}, err
	}
	out, err := r.eng.KeepKey(ctx, engine.KeyRequest{Person: p.Person, Agency: p.Agency, Identity: id, PIN: p.PIN},
		r.meta())
	if err != nil {
		return Answer{}, err
	}
	a := answered(out)
	r.say(&a, words.F("Máy chủ đã giữ khóa của %s (số sê-ri %s).", "The server keeps the key of %s (serial number %s).",
		id.Certificate.Subject.CommonName, id.Certificate.SerialNumber))
	return a, nil
}

// keepRegister carries out one command on the register and tells which number it wrote.
func keepRegister(ctx context.Context, r *run, params any) (Answer, error) {
	out, err := r.eng.Do(ctx, "", params.(workflow.Command), r.meta()) //nolint:forcetypeassert // Decode made it
	if err != nil {
		return Answer{}, err
	}
	a, n := answered(out), out.Number
	switch params.(type) {
	case workflow.ReserveNumber:
		r.say(&a, words.F("Đã giữ số %02d, sổ %s/%d.", "Kept number %02d of book %s/%d.", n.Number, n.Book, n.Year))
	case workflow.EnterNumber:
		r.say(&a, words.F("Đã ghi số %02d, sổ %s/%d.", "Recorded number %02d of book %s/%d.", n.Number, n.Book, n.Year))
	case workflow.ExplainNumber:
		r.say(&a, words.F("Đã ghi lý do số %02d, sổ %s/%d không dùng.",
			"Recorded why number %02d of book %s/%d is not used.", n.Number, n.Book, n.Year))
	}
	return a, nil
}
