package web

import (
	"context"
	"fmt"
	"io"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// Everything that a page shows is asked for here, in the name of whoever asks for the page.

// list gives all covenants, the most recently changed first.
func (s *server) list(r *request) ([]engine.Summary, error) {
	list, err := s.engine.List(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list of covenants: %w", err)
	}
	return list, nil
}

// view gives one covenant with everything around it.
func (s *server) view(r *request, slug string) (*engine.View, error) {
	v, err := s.engine.View(r.Context(), slug)
	if err != nil {
		return nil, fmt.Errorf("covenant %q: %w", slug, err)
	}
	s.log.Debug("covenant read", "slug", slug)
	return v, nil
}

// watch begins to watch one covenant; whoever may view it may know that it has changed.
func (s *server) watch(r *request, slug string) (*engine.Watch, error) {
	id, err := s.engine.Find(r.Context(), slug)
	if err != nil {
		return nil, fmt.Errorf("covenant %q: %w", slug, err)
	}
	return s.engine.Watch(id), nil
}

// books gives the register of documents, the newest year first.
func (s *server) books(r *request) ([]engine.RegisterBook, error) {
	books, err := s.engine.Register(r.Context())
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	return books, nil
}

// comparison compares two revisions by number; from 0 is the one before, to 0 the newest.
func (s *server) comparison(r *request, slug string, from, to int) (*engine.Redline, error) {
	found, err := s.engine.Redline(r.Context(), slug, from, to)
	if err != nil {
		return nil, fmt.Errorf("redline of %q: %w", slug, err)
	}
	return found, nil
}

// sheet gives an agency's score sheet as a PDF file.
func (s *server) sheet(r *request, slug string, agency workflow.AgencyID) ([]byte, error) {
	file, err := s.engine.ScoreSheet(r.Context(), slug, agency)
	if err != nil {
		return nil, fmt.Errorf("score sheet of %q in %q: %w", agency, slug, err)
	}
	return file, nil
}

// bundle writes a covenant's evidence bundle.
func (s *server) bundle(r *request, slug string, w io.Writer) (engine.EvidenceManifest, error) {
	manifest, err := s.engine.Evidence(r.Context(), slug, w)
	if err != nil {
		return manifest, fmt.Errorf("evidence of %q: %w", slug, err)
	}
	return manifest, nil
}

// byToken gives the slug of the covenant whose frozen document carries the token. The public may ask.
func (s *server) byToken(ctx context.Context, token string) (slug string, err error) {
	if slug, err = s.engine.ByToken(ctx, token); err != nil {
		return "", fmt.Errorf("address in a qr code: %w", err)
	}
	return slug, nil
}

// file opens a kept file by its digest.
func (s *server) file(ctx context.Context, digest workflow.Digest) (io.ReadSeekCloser, error) {
	content, _, err := s.engine.Document(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", digest.Short(), err)
	}
	return content, nil
}
