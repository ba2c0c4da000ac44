package engine

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"

	"covenant/signing"
	"covenant/signing/trust"
	"covenant/workflow"
)

// UploadRequest brings a file that a person signed elsewhere, with a token and an authority's own program.
type UploadRequest struct {
	Covenant  workflow.CovenantID `json:"covenant,omitzero" from:"address"`
	Slot      workflow.SlotID     `json:"slot,omitzero"`
	File      []byte              `json:"file,omitzero"`
	Consented workflow.Digest     `json:"consented,omitzero"` // the frozen document that the person agreed to
}

// Upload accepts a file only if it is the newest version plus exactly one signature: in the slot's field, permitted by
// what was signed before, by the certificate bound to the person, at the level that the process asks for. Otherwise the
// document stays as it is, and the refusal says what is wrong with the file.
func (e signers) Upload(ctx context.Context, r UploadRequest, meta Meta) (Outcome, error) {
	asked := struct {
		Slot workflow.SlotID
		File workflow.Digest
	}{r.Slot, workflow.DigestOf(r.File)}
	if out, done, err := e.repeated(ctx, r.Covenant, asked, meta); err != nil || done {
		return out, err
	}
	s, err := e.read(ctx, r.Covenant)
	if err != nil {
		return Outcome{}, err
	}
	_, field, err := s.MaySign(meta.Actor, r.Slot, e.Now())
	if err != nil {
		return Outcome{}, err
	}
	result, err := e.uploaded(ctx, s, field, r.File)
	if err != nil {
		return Outcome{}, err
	}
	var chain []*x509.Certificate
	for _, link := range result.Chain[1:] {
		chain = append(chain, link.Certificate)
	}
	found, check, err := e.beforeSigning(ctx, result.Certificate, chain, trust.Signature)
	if err != nil {
		return Outcome{}, err
	}
	if err := e.identify(ctx, result.Certificate, check.Chain); err != nil {
		return Outcome{}, err
	}
	if s, err = e.read(ctx, r.Covenant); err != nil {
		return Outcome{}, err
	}
	signer := certificateOf(result.Certificate)
	cmd := workflow.RecordSignature{
		Slot: r.Slot, Consented: r.Consented, Before: s.Covenant.Head, After: workflow.DigestOf(r.File),
		Size: int64(len(r.File)), Level: reached(result.Level, signStage(s).Sign.Level),
		Issuer: signer.Issuer, Serial: signer.Serial, SHA256: signer.SHA256, SignedAt: result.Time,
		Check: found,
	}
	if _, err := workflow.Decide(s, meta.Actor, cmd, e.Now()); err != nil { // before the file is kept
		return Outcome{}, err
	}
	if _, err := e.Store.PutBlob(ctx, bytes.NewReader(r.File), pdfType); err != nil {
		return Outcome{}, err
	}
	return e.do(ctx, r.Covenant, asked, meta, as(cmd))
}

// uploaded proves that file is the head plus one signature in field, and gives that signature's verdict. The file is
// anybody's word: that the text is the frozen one is said by the log's digest, who signed by the trust anchors of the
// installation. A certificate that does not lead to one of them is as good as self-made, whatever names it bears.
func (e signers) uploaded(ctx context.Context, s workflow.State, field string, file []byte) (*signing.Result, error) {
	head, err := e.readBlob(ctx, s.Covenant.Head)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(file, head) {
		return nil, badUpload("tệp không bắt đầu bằng đúng văn bản mới nhất (%s); hãy tải bản mới nhất về, ký và gửi "+
			"lại",
			"the file does not begin with the newest version (%s) as it is; download that, sign it and send it again",
			s.Covenant.Head.Short())
	}
	known, err := e.verdict(ctx, s.Covenant)
	if err != nil {
		return nil, fmt.Errorf("newest version: %w", err)
	}
	if err := altered(known); err != nil {
		return nil, err
	}
	report, err := e.verifyVersion(ctx, s.Covenant, file)
	if err != nil {
		return nil, badUpload("tệp không đọc được: %v", "the file cannot be read: %v", err)
	}
	if got, want := len(report.Results), len(known.Results)+1; got != want || report.Revisions != known.Revisions+1 {
		return nil, badUpload("tệp phải có thêm đúng một chữ ký trong một lần lưu; tệp này có %d chữ ký, cần %d",
			"the file must add exactly one signature in one saving; it has %d signatures, not %d", got, want)
	}
	if text := report.Base.Text(); !text.IsZero() {
		return nil, badUpload("%s", "%s", text)
	}
	last := &report.Results[len(report.Results)-1]
	for i := range report.Results {
		if r := &report.Results[i]; r.Indication == signing.TotalFailed || r == last && !r.Completable() {
			text := r.Explain()
			return nil, badUpload("chữ ký ở ô “%[1]s” không được chấp nhận: %[2]s",
				"the signature in field “%[1]s” is not accepted: %[2]s", r.Field, text)
		}
	}
	switch {
	case last.Kind != signing.KindSignature || last.Field != field:
		return nil, badUpload("chữ ký phải nằm trong ô “%s”; tệp này ký ở ô “%s”",
			"the signature must be in field “%s”; this file is signed in “%s”", field, last.Field)
	case !last.Intact() || last.Certificate == nil || !last.PAdES:
		return nil, badUpload("chữ ký ở ô “%s” không theo chuẩn PAdES",
			"the signature in field “%s” is not PAdES", field)
	}
	return last, nil
}

// reached is the level that counts: one above what is asked for is as good.
func reached(got signing.Level, want string) string {
	asked, err := signing.ParseLevel(want)
	if err == nil && got > asked {
		return want
	}
	return got.String()
}

func badUpload(vi, en string, args ...any) error {
	return workflow.Refusal(workflow.CodeInvalid, vi, en, args...)
}
