package web

import (
	"net/http"

	"covenant/internal/address"
	"covenant/workflow"
)

// publicPage is what anybody sees who scans the QR code of a document: what it is, who has signed, and what the
// verifier says; nothing of comments, mails or reports.
type publicPage struct {
	basePage
	Heading, Block    string
	Number, Date      string
	Status            string
	Tone              workflow.Tone
	Verdict           *verdictSummary
	Groups            []signGroup
	SignedCount       int
	PartyCount        int
	Digest, Size, PDF string
	Download          string
}

// token is the target of a document's QR code.
func (s *server) token(_ http.ResponseWriter, r *request) (*answer, error) {
	token := r.PathValue("token")
	slug, err := s.byToken(r.Context(), token)
	if err != nil {
		return nil, err
	}
	v, err := s.view(r, slug)
	if err != nil {
		return nil, err
	}
	full, err := s.covenantPage(r, v)
	if err != nil {
		return nil, err
	}
	p := &publicPage{
		basePage: s.base(r, ""), Heading: full.Heading, Block: full.Block, Number: full.Number, Date: full.Date,
		Status: full.Status,
		Tone:   full.Tone, Verdict: full.Verdict, Groups: full.Groups, SignedCount: full.SignedCount,
		PartyCount: full.PartyCount,
		Digest:     full.Document.Digest, Size: full.Document.Size, PDF: address.PublicDocument.Of(token),
		Download: full.Document.FileName,
	}
	p.Title = full.Heading
	return &answer{page: "public", data: p}, nil
}

// tokenDocument is the document that the QR code's page leads to.
func (s *server) tokenDocument(w http.ResponseWriter, r *request) (*answer, error) {
	slug, err := s.byToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	return nil, s.sendNewest(w, r, slug)
}
