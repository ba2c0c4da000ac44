package web

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow/engine"
)

// evidence sends a covenant's evidence bundle. It is made whole in a temporary file first, so that nobody is sent
// half a bundle.
func (s *server) evidence(w http.ResponseWriter, r *request) (*answer, error) {
	return nil, s.sendEvidence(w, r, address.Slug(r.Request))
}

func (s *server) sendEvidence(w http.ResponseWriter, r *request, slug string) error {
	f, err := newPassing()
	if err != nil {
		return fmt.Errorf("evidence of %q: %w", slug, err)
	}
	defer f.close()
	manifest, err := s.bundle(r, slug, f.File)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("evidence of %q: %w", slug, err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q",
		"ho-so-"+strings.ReplaceAll(manifest.Slug, "/", "-")+"-"+strconv.FormatInt(manifest.Version, 10)+".zip"))
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r.Request, "", time.Time{}, f.File)
	return nil
}

// maxUnpacked is what an uploaded bundle may unpack to, bytes.
const maxUnpacked = 64 << 20

// evidenceResult is what the check of an evidence bundle found.
type evidenceResult struct {
	Tone, Sentence string
	Title, MadeAt  string
	Findings       []findingRow
}

// findingRow is one thing that was checked.
type findingRow struct{ Tone, Text string }

var findingTones = map[engine.Verdict]string{engine.Passed: "done", engine.Indeterminate: "waiting",
	engine.Failed: "stopped"}

// findingTone is how a finding is shown: one that rests on a test root is never shown as holding.
func findingTone(v engine.Verdict, test bool) string {
	if tone := findingTones[v]; tone != "done" || !test {
		return tone
	}
	return "waiting"
}

// judgeEvidence checks an uploaded evidence bundle by nothing but what it holds and the trusted roots.
func (s *server) judgeEvidence(r *request, p *checkPage, file *received) error {
	trust, err := s.evidenceTrust()
	if err != nil {
		return err
	}
	report, err := engine.CheckEvidence(r.Context(), file, file.size, trust)
	if errors.Is(err, engine.ErrNotEvidence) {
		return &checkProblem{notEvidence, http.StatusUnprocessableEntity}
	}
	if err != nil {
		return fmt.Errorf("check of an evidence bundle: %w", err)
	}
	t := presenter{language: r.language, zone: s.zone}
	tone := findingTone(report.Overall(), report.Test)
	p.Evidence = &evidenceResult{
		Tone: tone, Sentence: report.Headline().In(r.lang), Title: report.Manifest.Title,
		MadeAt: t.exactly(report.Manifest.MadeAt),
	}
	for _, f := range report.Findings {
		p.Evidence.Findings = append(p.Evidence.Findings,
			findingRow{findingTone(f.Verdict, f.Test), sentence(f.Sentence(r.lang))})
	}
	if report.Document != nil {
		p.Verdict = t.judged(report.Document, func(*signing.Result) bool { return false })
	}
	return nil
}

// evidenceTrust is what bundles are checked against: the roots and the record's key of this installation. Whoever wrote
// a bundle has no say in it.
func (s *server) evidenceTrust() (engine.EvidenceTrust, error) {
	trust := engine.EvidenceTrust{Roots: s.roots, Calendar: s.engine.Calendar}
	if len(s.engine.Secret) == 0 { // opened without its secret: no key is trusted, and no bundle found valid
		return trust, nil
	}
	key, err := s.engine.RecordKey()
	if err == nil {
		trust.Keys, err = engine.ParseRecordKeys(key.Public)
	}
	if err != nil {
		return trust, fmt.Errorf("check of an evidence bundle: %w", err)
	}
	return trust, nil
}

// unpacksWithin is how much an archive claims to unpack to, and refuses more than limit; an entry that holds more than
// it claims fails when it is read.
func unpacksWithin(file *received, limit uint64) (int64, error) {
	archive, err := zip.NewReader(file, file.size)
	if err != nil {
		return 0, &checkProblem{notEvidence, http.StatusUnprocessableEntity}
	}
	var total uint64
	for _, f := range archive.File {
		if total += f.UncompressedSize64; f.UncompressedSize64 > limit || total > limit {
			return 0, &checkProblem{
				words.Of("Hồ sơ giải nén ra hơn 64 MB nên không kiểm tra được ở đây. Có thể kiểm tra bằng lệnh "+
					"“covenant verify” trên máy.",
					"The bundle unpacks to more than 64 MB and cannot be checked here. The command “covenant "+
						"verify” can check it on a computer."), http.StatusRequestEntityTooLarge}
		}
	}
	return int64(total), nil
}
