package web

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/workflow"
)

// documentPolicy is laxer than policy: browsers show a PDF in a viewer of their own, which needs its own styles.
const documentPolicy = "frame-ancestors 'none'"

// document sends the newest bytes of the frozen document; before the freeze, those of the newest revision.
func (s *server) document(w http.ResponseWriter, r *request) (*answer, error) {
	return nil, s.sendNewest(w, r, address.Slug(r.Request))
}

func (s *server) sendNewest(w http.ResponseWriter, r *request, slug string) error {
	v, err := s.view(r, slug)
	if err != nil {
		return fmt.Errorf("document: %w", err)
	}
	if err := v.Reading.Expect(workflow.ReadText, slug); err != nil {
		return err
	}
	c := v.Covenant
	digest, number := c.Head, 0
	if digest.IsZero() {
		rev, ok := c.Revision()
		if !ok {
			return errNotFound
		}
		digest, number = rev.PDF, rev.Number
	}
	return s.sendPDF(w, r, digest, fileName(c, number))
}

// revision sends the PDF of a revision as the agencies read it.
func (s *server) revision(w http.ResponseWriter, r *request) (*answer, error) {
	number := r.PathValue("number")
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w", number, err)
	}
	if err := v.Reading.Expect(workflow.ReadText, v.Covenant.Slug); err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, errNotFound
	}
	revision, ok := v.Covenant.RevisionNumbered(n)
	if !ok {
		return nil, errNotFound
	}
	return nil, s.sendPDF(w, r, revision.PDF, fileName(v.Covenant, n))
}

// sendPDF sends a stored file, whole or the ranges asked for. The digest is its entity tag.
func (s *server) sendPDF(w http.ResponseWriter, r *request, digest workflow.Digest, name string) error {
	content, err := s.file(r, digest)
	if err != nil {
		return err
	}
	return s.sendContent(w, r, content, digest, name)
}

// sendContent sends an open file, and closes it.
func (s *server) sendContent(w http.ResponseWriter, r *request, content io.ReadSeekCloser, digest workflow.Digest,
	name string) error {
	defer content.Close()
	disposition := "inline"
	if r.URL.Query().Has("tai") {
		disposition = "attachment"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", documentPolicy)
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", fmt.Sprintf("%s; filename=%q", disposition, name))
	h.Set("ETag", strconv.Quote(digest.String()))
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, r.Request, "", time.Time{}, content)
	return nil
}

// fileName is what the file is called when it is saved, e.g. "giao-uoc-2026-khoi-kinh-te-nganh.pdf".
func fileName(c *workflow.Covenant, revision int) string {
	name := "giao-uoc-" + strings.ReplaceAll(c.Slug, "/", "-")
	if revision > 0 {
		name += fmt.Sprintf("-lan-%d", revision)
	}
	return name + ".pdf"
}
