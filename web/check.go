package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"covenant/signing"
	"covenant/workflow"
)

// maxUpload is the largest file that is checked, bytes.
const maxUpload = 20 << 20

// checksAtOnce bounds the memory that visitors' files may take together.
const checksAtOnce = 4

// uploadTime is how long a file may take to arrive.
const uploadTime = 2 * time.Minute

// checkPage is “Kiểm tra chữ ký”: anybody may ask whether to trust a PDF. The file is judged in memory and not kept.
type checkPage struct {
	basePage
	Problem   string // why the file could not be judged
	FileName  string
	Size      string
	Digest    string
	Known     bool // the same bytes are kept here
	Encrypted bool
	Revisions int
	Verdict   *verdictSummary
	Evidence  *evidenceResult // of an evidence bundle
}

func (s *server) checkForm(_ http.ResponseWriter, r *request) (*answer, error) {
	return &answer{page: "check", data: s.newCheckPage(r)}, nil
}

func (s *server) newCheckPage(r *request) *checkPage {
	p := &checkPage{basePage: s.base(r, "check")}
	p.Title = r.lang.text("check.title")
	return p
}

// checkProblem is a fault of the upload or the file that the visitor is told about.
type checkProblem struct {
	text   string // id of the message
	status int
}

func (e *checkProblem) Error() string { return e.text }

// check judges an uploaded file.
func (s *server) check(w http.ResponseWriter, r *request) (*answer, error) {
	w.Header().Set("Cache-Control", "no-store")
	p := s.newCheckPage(r)
	err := s.judgeUpload(w, r, p)
	var problem *checkProblem
	switch {
	case errors.As(err, &problem):
		p.Problem = r.lang.text(problem.text)
		return &answer{page: "check", data: p, status: problem.status}, nil
	case err != nil:
		return nil, err
	}
	return &answer{page: "check", data: p}, nil
}

func (s *server) judgeUpload(w http.ResponseWriter, r *request, p *checkPage) error {
	select {
	case s.checks <- struct{}{}:
		defer func() { <-s.checks }()
	default:
		return &checkProblem{"check.busy", http.StatusServiceUnavailable}
	}
	content, name, err := readUpload(w, r)
	if err != nil {
		return err
	}
	digest := workflow.DigestOf(content)
	p.FileName, p.Size, p.Digest = name, r.lang.displaySize(int64(len(content))), digest.String()
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return s.judgeEvidence(r, p, content)
	}
	report, err := signing.Verify(r.Context(), bytes.NewReader(content), int64(len(content)), signing.VerifyOptions{Roots: s.roots})
	if err != nil {
		s.log.Info("an uploaded file could not be judged", "ref", r.ref, "size", len(content), "err", err)
		return judgingProblem(r.Context(), err)
	}
	t := teller{language: r.lang, zone: s.zone}
	p.Verdict = t.judged(report, nil, func(*signing.Result) bool { return false })
	p.Revisions, p.Encrypted, p.Known = report.Revisions, report.Encrypted, s.keeps(r.Context(), digest)
	return nil
}

// judgingProblem tells why a file could not be judged.
func judgingProblem(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, signing.ErrPasswordNeeded):
		return &checkProblem{"check.password", http.StatusUnprocessableEntity}
	case errors.Is(err, signing.ErrTooCostly):
		return &checkProblem{"check.costly", http.StatusUnprocessableEntity}
	}
	return &checkProblem{"check.unreadable", http.StatusUnprocessableEntity}
}

// readUpload takes the file of the form into memory.
func readUpload(w http.ResponseWriter, r *request) (content []byte, name string, err error) {
	const formRoom = 64 << 10 // for what surrounds the file
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+formRoom)
	// A visitor who sends slowly must not keep others waiting; where the connection knows no deadline, none is set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", &checkProblem{"check.no_file", http.StatusUnprocessableEntity}
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, "", &checkProblem{"check.no_file", http.StatusUnprocessableEntity}
		case err != nil:
			return nil, "", uploadProblem(err)
		case part.FormName() != "tep":
			continue
		}
		return readPart(part)
	}
}

func readPart(part *multipart.Part) (content []byte, name string, err error) {
	content, err = io.ReadAll(io.LimitReader(part, maxUpload+1))
	switch {
	case err != nil:
		return nil, "", uploadProblem(err)
	case len(content) == 0:
		return nil, "", &checkProblem{"check.no_file", http.StatusUnprocessableEntity}
	case len(content) > maxUpload:
		return nil, "", &checkProblem{"check.too_large", http.StatusRequestEntityTooLarge}
	}
	return content, part.FileName(), nil
}

func uploadProblem(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &checkProblem{"check.too_large", http.StatusRequestEntityTooLarge}
	}
	return fmt.Errorf("read the upload: %w: %w", &checkProblem{"check.broken", http.StatusBadRequest}, err)
}

// keeps reports whether the very same bytes are kept here.
func (s *server) keeps(ctx context.Context, digest workflow.Digest) bool {
	content, err := s.file(ctx, digest)
	if err != nil {
		return false
	}
	content.Close()
	return true
}
