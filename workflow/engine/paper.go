package engine

import (
	"bytes"
	"context"
	"net/http"

	"covenant/workflow"
)

// PaperRequest records a signature on a print of the frozen document.
type PaperRequest struct {
	Covenant  workflow.CovenantID `json:"covenant,omitzero" from:"address"`
	Slot      workflow.SlotID     `json:"slot,omitzero"`
	Signatory workflow.PersonID   `json:"signatory,omitzero"`
	Date      workflow.Date       `json:"date,omitzero"`
	Consented workflow.Digest     `json:"consented,omitzero"` // the frozen document that the paper is a print of
	Scan      []byte              `json:"scan,omitzero"`      // PDF, PNG or JPEG
	Note      string              `json:"note,omitzero"`      // where the paper is kept
}

// maxScan bounds a scan, in bytes.
const maxScan = 20 << 20

// RecordPaper keeps the scan of a signed paper and records the signature.
func (e signers) RecordPaper(ctx context.Context, r PaperRequest, meta Meta) (Outcome, error) {
	kind := http.DetectContentType(r.Scan)
	if len(r.Scan) > maxScan || kind != "application/pdf" && kind != "image/png" && kind != "image/jpeg" {
		return Outcome{}, badUpload("bản quét phải là PDF, PNG hoặc JPEG, tối đa 20 MB",
			"the scan must be a PDF, PNG or JPEG of at most 20 MB")
	}
	cmd := workflow.RecordPaperSignature{
		Slot: r.Slot, Signatory: r.Signatory, Date: r.Date, Consented: r.Consented, Scan: workflow.DigestOf(r.Scan),
		Size: int64(len(r.Scan)), Note: r.Note,
	}
	if out, done, err := e.repeated(ctx, r.Covenant, cmd, meta); err != nil || done {
		return out, err
	}
	s, err := e.read(ctx, r.Covenant)
	if err != nil {
		return Outcome{}, err
	}
	if _, err := workflow.Decide(s, meta.Actor, cmd, e.Now()); err != nil { // before the scan is kept
		return Outcome{}, err
	}
	if _, err := e.Store.PutBlob(ctx, bytes.NewReader(r.Scan), kind); err != nil {
		return Outcome{}, err
	}
	return e.do(ctx, r.Covenant, cmd, meta, as(cmd))
}
