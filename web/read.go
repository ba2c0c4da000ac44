package web

import (
	"fmt"
	"io"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// Everything that a page shows is asked for here, in the name of whoever asks for the page: request.actor, which
// [Config.Actor] gave. The two pages that anybody may open, the check of a file and the address on a document, ask for
// what is published.

// list gives a page of the covenants that fit, the most recently changed first.
func (s *server) list(r *request, f engine.ListFilter) (engine.Page, error) {
	page, err := s.engine.List(r.Context(), r.actor, f)
	if err != nil {
		return page, fmt.Errorf("list of covenants: %w", err)
	}
	return page, nil
}

// view gives one covenant with everything around it.
func (s *server) view(r *request, slug string) (*engine.View, error) {
	v, err := s.engine.View(r.Context(), r.actor, slug)
	if err != nil {
		return nil, fmt.Errorf("covenant %q: %w", slug, err)
	}
	s.log.Debug("covenant read", "slug", slug)
	return v, nil
}

// reading says how much of a covenant is shown.
func (s *server) reading(r *request, slug string) (workflow.Reading, error) {
	reading, err := s.engine.MayRead(r.Context(), r.actor, slug)
	if err != nil {
		return reading, fmt.Errorf("covenant %q: %w", slug, err)
	}
	return reading, nil
}

// watch begins to watch one covenant; whoever may know of it may know that it has changed.
func (s *server) watch(r *request, slug string) (*engine.Watch, error) {
	watch, err := s.engine.Watch(r.Context(), r.actor, slug)
	if err != nil {
		return nil, fmt.Errorf("covenant %q: %w", slug, err)
	}
	return watch, nil
}

// books gives the register of documents, the newest year first, and the names in it.
func (s *server) books(r *request) ([]engine.RegisterBook, *workflow.Directory, error) {
	books, err := s.engine.Register(r.Context(), r.actor)
	if err != nil {
		return nil, nil, fmt.Errorf("register: %w", err)
	}
	d, err := s.engine.Directory(r.Context(), r.actor)
	if err != nil {
		return nil, nil, fmt.Errorf("register: %w", err)
	}
	return books, d, nil
}

// comparison compares two revisions by number; from 0 is the one before, to 0 the newest.
func (s *server) comparison(r *request, slug string, from, to int) (*engine.Redline, error) {
	found, err := s.engine.Redline(r.Context(), r.actor, slug, from, to)
	if err != nil {
		return nil, fmt.Errorf("redline of %q: %w", slug, err)
	}
	return found, nil
}

// sheet gives an agency's score sheet as a PDF file.
func (s *server) sheet(r *request, slug string, agency workflow.AgencyID) ([]byte, error) {
	file, err := s.engine.ScoreSheet(r.Context(), r.actor, slug, agency)
	if err != nil {
		return nil, fmt.Errorf("score sheet of %q in %q: %w", agency, slug, err)
	}
	return file, nil
}

// bundle writes a covenant's evidence bundle.
func (s *server) bundle(r *request, slug string, w io.Writer) (engine.EvidenceManifest, error) {
	manifest, err := s.engine.Evidence(r.Context(), r.actor, slug, w)
	if err != nil {
		return manifest, fmt.Errorf("evidence of %q: %w", slug, err)
	}
	return manifest, nil
}

// file opens a kept file by its digest.
func (s *server) file(r *request, digest workflow.Digest) (io.ReadSeekCloser, error) {
	content, _, err := s.engine.Document(r.Context(), r.actor, digest)
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", digest.Short(), err)
	}
	return content, nil
}

// published gives what anybody may read of the covenant whose document carries the token of a QR code.
func (s *server) published(r *request, token string) (*engine.View, error) {
	v, err := s.engine.Published(r.Context(), token)
	if err != nil {
		return nil, fmt.Errorf("address in a qr code: %w", err)
	}
	return v, nil
}

// publishedFile opens the document of a published covenant.
func (s *server) publishedFile(r *request, v *engine.View) (io.ReadSeekCloser, error) {
	content, _, err := s.engine.PublishedDocument(r.Context(), v)
	if err != nil {
		return nil, fmt.Errorf("published document: %w", err)
	}
	return content, nil
}

// publishes reports whether the very same bytes are a document that was numbered here.
func (s *server) publishes(r *request, digest workflow.Digest) (bool, error) {
	known, err := s.engine.Publishes(r.Context(), digest)
	if err != nil {
		return false, fmt.Errorf("document %s: %w", digest.Short(), err)
	}
	return known, nil
}
