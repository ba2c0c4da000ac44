package web

import (
	"context"
	"errors"
	"net/http"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/templates"
)

// maxUpload is the largest file that is checked, bytes.
const maxUpload = 20 << 20

// judgingPDF is what judging a PDF file of that size may take of memory, bytes: it is read from the disk.
const judgingPDF = 48 << 20

// checkPage is “Kiểm tra chữ ký”: anybody may ask whether to trust a PDF. The file is not kept.
type checkPage struct {
	basePage
	Problem   string // why the file could not be judged
	FileName  string
	Size      string
	Digest    string
	Known     bool // the same bytes are a document that was numbered here
	Encrypted bool
	Revisions int
	Verdict   *verdictSummary
	Next      string          // what to do about it
	Evidence  *evidenceResult // of an evidence bundle
}

func (s *server) checkForm(_ http.ResponseWriter, r *request) (*answer, error) {
	return &answer{page: "check", data: s.newCheckPage(r)}, nil
}

func (s *server) newCheckPage(r *request) *checkPage {
	p := &checkPage{basePage: s.base(r, "check")}
	p.Title = r.text(words.Of("Kiểm tra chữ ký", "Signature check"))
	return p
}

// checkProblem is a fault of the upload or the file that the visitor is told about.
type checkProblem struct {
	text   words.Text
	status int
}

func (e *checkProblem) Error() string { return e.text.String() }

// What can be wrong with an upload.
var (
	noFile = words.Of("Chưa có tệp nào được chọn. Hãy chọn một tệp PDF rồi bấm Kiểm tra.",
		"No file was chosen. Choose a PDF file, then press Check.")
	tooLarge = words.Of("Tệp lớn hơn 20 MB nên không kiểm tra được ở đây. Có thể kiểm tra bằng lệnh “covenant "+
		"verify” trên máy.",
		"The file is larger than 20 MB and cannot be checked here. The command “covenant verify” can check "+
			"it on a computer.")
	busy = words.Of("Đang có nhiều tệp được kiểm tra. Hãy thử lại sau ít phút.",
		"Many files are being checked right now. Try again in a few minutes.")
	needsPassword = words.Of("Tệp có mật khẩu nên không kiểm tra được. Hãy xin bản mở được không cần mật khẩu.",
		"The file has a password and cannot be checked. Ask for a copy that opens without one.")
	tooCostly = words.Of("Tệp có cấu trúc quá phức tạp để kiểm tra ở đây.",
		"The file’s structure is too complex to be checked here.")
	unreadable = words.Of("Không đọc được tệp này như một tệp PDF. Có thể tệp bị hỏng khi tải về, hoặc không phải "+
		"PDF; hãy tải lại từ nguồn và thử lần nữa.",
		"This file cannot be read as a PDF. It may have been damaged on its way, or be something else; fetch it again "+
			"from its source and try once more.")
	broken = words.Of("Tệp chưa được tải lên trọn vẹn. Hãy thử lại.",
		"The file did not arrive complete. Try again.")
	notEvidence = words.Of("Tệp nén này không phải hồ sơ bằng chứng do hệ thống lập, hoặc đã bị hỏng. Hãy tải lại "+
		"hồ sơ từ trang giao ước.",
		"This archive is not an evidence bundle made by this program, or it is damaged. Fetch the bundle again from "+
			"the covenant’s page.")
)

// check judges an uploaded file.
func (s *server) check(w http.ResponseWriter, r *request) (*answer, error) {
	if r.URL.Query().Has("pdf") {
		return verdictPapers{s}.check(w, r)
	}
	return verdictPapers{s}.answer(w, r, s.newCheckPage(r), nil)
}

// judged is what else is done with a report while it is there.
type judged func(t presenter, file *received, report *signing.Report) error

func (s verdictPapers) answer(w http.ResponseWriter, r *request, p *checkPage, also judged) (*answer, error) {
	w.Header().Set("Cache-Control", "no-store")
	err := s.judgeUpload(w, r, p, also)
	var problem *checkProblem
	switch {
	case errors.As(err, &problem):
		p.Problem = problem.text.In(r.lang)
		return &answer{page: "check", data: p, status: problem.status}, nil
	case err != nil:
		return nil, err
	}
	return &answer{page: "check", data: p}, nil
}

func (s *server) judgeUpload(w http.ResponseWriter, r *request, p *checkPage, also judged) error {
	leave, ok := s.intake.enter(clientAddress(r.Request))
	if !ok {
		return &checkProblem{busy, http.StatusServiceUnavailable}
	}
	defer leave()
	file, err := s.intake.receive(w, r)
	if err != nil {
		return err
	}
	defer file.close()
	p.FileName, p.Size, p.Digest = file.name, r.text(words.Size(file.size)), file.digest.String()
	if file.isArchive() {
		unpacked, err := unpacksWithin(file, maxUnpacked)
		if err != nil {
			return err
		}
		return s.intake.judge(r.Context(), 2*unpacked, func() error { return s.judgeEvidence(r, p, file) })
	}
	return s.intake.judge(r.Context(), judgingPDF, func() error { return s.judgePDF(r, p, file, also) })
}

func (s *server) judgePDF(r *request, p *checkPage, file *received, also judged) error {
	report, err := signing.Verify(r.Context(), file, file.size,
		signing.VerifyOptions{Roots: s.roots, Seal: templates.IsSealField, Policy: s.engine.Policy})
	if err != nil {
		s.log.Info("an uploaded file could not be judged", "ref", r.ref, "size", file.size, "err", err)
		return judgingProblem(r.Context(), err)
	}
	t := presenter{language: r.language, zone: s.zone}
	p.Verdict = t.judged(report, func(*signing.Result) bool { return false })
	p.Revisions, p.Encrypted = report.Revisions, report.Encrypted
	if p.Known, err = s.publishes(r, file.digest); err != nil {
		return err
	}
	p.Next = t.next(report, p.Known)
	if also != nil {
		return also(t, file, report)
	}
	return nil
}

// judgingProblem tells why a file could not be judged.
func judgingProblem(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, signing.ErrPasswordNeeded):
		return &checkProblem{needsPassword, http.StatusUnprocessableEntity}
	case errors.Is(err, signing.ErrTooCostly):
		return &checkProblem{tooCostly, http.StatusUnprocessableEntity}
	}
	return &checkProblem{unreadable, http.StatusUnprocessableEntity}
}
