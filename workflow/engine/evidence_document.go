package engine

import (
	"bytes"
	"fmt"

	"covenant/signing"
	"covenant/workflow"
)

// document verifies the signed file, and that its signatures are those of the log.
func (c *checker) document() error {
	if c.state.Frozen == nil {
		c.found(Indeterminate, "giao ước chưa có văn bản được chốt", "the covenant has no frozen document yet")
		return nil
	}
	file, frozen := c.files[evidenceDocument], c.files[evidenceFrozen]
	if workflow.DigestOf(file) != c.state.Head || workflow.DigestOf(frozen) != c.state.Frozen.PDF ||
		int64(len(file)) != c.state.HeadSize || int64(len(frozen)) != c.state.Frozen.Size ||
		!bytes.HasPrefix(file, frozen) {
		c.found(Failed, "văn bản không phải bản mà nhật ký ghi nhận", "the document is not the one that the log names")
		return nil
	}
	report, err := signing.Verify(c.ctx, bytes.NewReader(file), int64(len(file)),
		signing.VerifyOptions{Roots: c.trust.Roots, Seal: c.state.IsSealField, Base: baseOf(&c.state)})
	if err != nil {
		return fmt.Errorf("%s: %w", evidenceDocument, err)
	}
	c.report.Document = report
	if text := report.Base.Text(); !text.IsZero() {
		c.found(Failed, "%s", "%s", text)
	}
	logged := map[string]workflow.Certificate{} // by field
	for _, s := range c.state.Signed {
		logged[s.Field] = workflow.Certificate{Issuer: s.Issuer, Serial: s.Serial, SHA256: s.SHA256}
	}
	for _, s := range c.state.Sealed {
		logged[s.Field] = workflow.Certificate{Issuer: s.Issuer, Serial: s.Serial, SHA256: s.SHA256}
	}
	for i := range report.Results {
		c.signature(&report.Results[i], logged)
	}
	for field := range logged {
		c.found(Failed, "nhật ký ghi chữ ký ở ô “%s” nhưng văn bản không có",
			"the log tells of a signature in “%s” that the document does not have", field)
	}
	return nil
}

func (c *checker) signature(r *signing.Result, logged map[string]workflow.Certificate) {
	verdict := map[signing.Indication]Verdict{signing.TotalPassed: Passed, signing.TotalFailed: Failed}
	v, ok := verdict[r.Indication]
	if !ok {
		v = Indeterminate
	}
	if r.Kind == signing.KindSignature {
		want, known := logged[r.Field]
		delete(logged, r.Field)
		if !known || r.Certificate == nil || !sameCertificate(want, certificateOf(r.Certificate)) {
			c.found(Failed, "chữ ký ở ô “%s” không phải chữ ký mà nhật ký ghi nhận",
				"the signature in “%s” is not the one that the log tells of", r.Field)
			return
		}
	}
	words := [...][2]string{Passed: {"hợp lệ", "valid"}, Indeterminate: {"chưa đủ căn cứ kết luận", "undecided"},
		Failed: {"không hợp lệ", "not valid"}}[v]
	c.found(v, "chữ ký của “%[1]s”: %[2]s (%[4]s)", "signature of “%[1]s”: %[3]s (%[4]s)", r.Signer, words[0],
		words[1], r.Indication)
	c.byTest(r.Test)
}

// sameCertificate reports whether a certificate is the one that the log names; a log of v0.1 names no digest.
func sameCertificate(logged, is workflow.Certificate) bool {
	if logged.SHA256.IsZero() {
		is.SHA256 = workflow.Digest{}
	}
	return logged == is
}
