package web

import (
	"net/http"

	"covenant/internal/address"
)

// publicPage is what anybody sees who scans the QR code of a document: what it is, who has signed, and what the
// verifier says; nothing of comments, mails or reports.
type publicPage struct {
	basePage
	cover
	signPart
	Document documentPanel
	PDF      string // address
	Paper    string // address of the verdict as a document
	Next     string // what to do about it
}

// token is the target of a document's QR code.
func (s *server) token(_ http.ResponseWriter, r *request) (*answer, error) {
	token := r.PathValue("token")
	v, err := s.published(r, token)
	if err != nil {
		return nil, err
	}
	t := s.presenter(r, v)
	document, err := t.documentPanel("")
	if err != nil {
		return nil, err
	}
	p := &publicPage{
		basePage: s.base(r, ""), cover: t.cover(), signPart: t.signPart(), Document: document,
		PDF: address.PublicDocument.Of(token),
	}
	p.Title = p.Heading
	if v.Verdict != nil {
		p.Paper, p.Next = address.PublicVerdict.Of(token), t.next(v.Verdict, true)
	}
	return &answer{page: "public", data: p}, nil
}

// tokenDocument is the document that the QR code's page leads to.
func (s *server) tokenDocument(w http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.published(r, r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	content, err := s.publishedFile(r, v)
	if err != nil {
		return nil, err
	}
	return nil, s.sendContent(w, r, content, v.Covenant.Head, fileName(v.Covenant, 0))
}
