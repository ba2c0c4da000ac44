package web

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow/engine"
)

// verdictPapers are verdicts to keep: the result of a check as a PDF/A file.
type verdictPapers struct{ *server }

// next says what a person should do about a verdict.
func (t presenter) next(report *signing.Report, known bool) string {
	switch {
	case len(report.Results) == 0:
		return t.text(words.Of("Tệp này không có chữ ký số nên không chứng minh được ai đã ký. Hãy xin tệp PDF gốc "+
			"từ nơi ban "+
			"hành.", "This file carries no digital signature, so it proves nothing about who signed. Ask whoever "+
			"issued it for "+
			"the original PDF."))
	case report.Overall() == signing.TotalFailed:
		return t.text(words.Of("Không sử dụng tệp này. Hãy xin lại tệp gốc từ nơi ban hành và kiểm tra lại; nếu tệp "+
			"gốc cũng "+
			"không hợp lệ thì báo nơi ban hành.",
			"Do not use this file. Ask whoever issued it for the original and check that; "+
				"if it is not valid either, tell them."))
	case report.Overall() == signing.Indeterminate:
		return t.text(words.Of("Chưa nên coi là đã chứng minh. Hãy kiểm tra lại sau khi có mạng, hoặc hỏi nơi ban "+
			"hành chứng thư "+
			"số do tổ chức nào cấp và đề nghị quản trị đưa tổ chức đó vào danh sách tin cậy.",
			"Do not take it for proven yet. Check again with a network, or ask the issuer which authority gave the "+
				"certificate "+
				"and have the administrator add it to the trusted ones."))
	case len(report.ChangedAsPermitted()) > 0:
		return t.text(words.Of("Hãy đọc những gì đã thay đổi sau khi ký trước khi sử dụng; nếu cần bản chưa thay "+
			"đổi, xin từ nơi "+
			"ban hành.", "Read what was changed after signing before using it; ask the issuer for the unchanged file "+
			"if you need "+
			"it."))
	case known:
		return t.text(words.Of("Có thể sử dụng văn bản này. Hãy giữ tệp PDF gốc; bản in không mang chữ ký số.",
			"This document may be relied on. Keep the original PDF; a print carries no digital signature."))
	}
	return t.text(words.Of("Chữ ký hợp lệ. Hãy đối chiếu người ký với người có thẩm quyền mà văn bản nêu, và giữ tệp "+
		"PDF gốc; bản in "+
		"không mang chữ ký số.", "The signatures are valid. Compare the signers with those whom the document names, "+
		"and keep "+
		"the original PDF; a print carries no digital signature."))
}

// checkedFile is what a verdict is about.
type checkedFile struct {
	name, size, digest string
	known              bool
}

// paper sets a verdict as a PDF file.
func (s verdictPapers) paper(
	t presenter, about checkedFile, report *signing.Report, sum *verdictSummary,
) ([]byte, error) {
	say := func(vi, en string) string { return t.text(words.Of(vi, en)) }
	v := engine.VerdictValues{
		Heading: say("Kết quả kiểm tra chữ ký", "Signature check: result"), File: cmp.Or(about.name, "PDF"),
		Sentence: sum.Sentence, Next: t.next(report, about.known),
		Labels: engine.Labels{Item: say("Mục", "Item"), Content: say("Nội dung", "Content"),
			Signature: say("Chữ ký", "Signature"), Conclusion: say("Kết luận", "Conclusion")},
		Facts: []engine.VerdictFact{
			{Label: say("Tệp", "File"), Value: strings.TrimSpace(about.name + " (" + about.size + ")")},
			{Label: "SHA-256", Value: inGroups(about.digest)},
			{Label: say("Kiểm tra lúc", "Checked at"), Value: t.exactly(report.ValidatedAt)},
		},
		Note: say("Kết quả do phần mềm lập tự động theo ETSI EN 319 102-1 và chỉ nói về tệp có mã tóm lược nêu trên, "+
			"tại thời điểm "+
			"nêu trên; ai cũng có thể kiểm tra lại bằng chính tệp PDF đó.",
			"Made automatically by the procedures of ETSI EN 319 102-1, about the file with the digest above and at "+
				"the time above "+
				"alone; anybody can check that very PDF again."),
	}
	for _, row := range sum.Rows {
		entry := engine.VerdictEntry{Name: cmp.Or(row.Name, row.Field), Word: row.Word,
			Facts: []engine.VerdictFact{{Label: say("Giải thích", "Explanation"), Value: row.Explanation}}}
		for _, fact := range row.Facts {
			entry.Facts = append(entry.Facts, engine.VerdictFact{Label: fact.Label, Value: fact.Value})
		}
		for _, change := range row.Changes {
			entry.Facts = append(entry.Facts, engine.VerdictFact{Label: say("Thay đổi", "Change"), Value: change})
		}
		v.Results = append(v.Results, entry)
	}
	return s.engine.VerdictPaper(settable(v), report.ValidatedAt)
}

// settable leaves of a verdict's words what can be set: names come from files that anybody can make, and hold what they
// like. What no letter of ours stands for is shown as a question mark, which the page shows as it is.
func settable(v engine.VerdictValues) engine.VerdictValues {
	v.File, v.Sentence = plainText(v.File), plainText(v.Sentence)
	plainFacts := func(facts []engine.VerdictFact) {
		for i := range facts {
			facts[i].Value = plainText(facts[i].Value)
		}
	}
	plainFacts(v.Facts)
	for i := range v.Results {
		v.Results[i].Name = plainText(v.Results[i].Name)
		plainFacts(v.Results[i].Facts)
	}
	return v
}

// longestValue bounds a line of a verdict's tables, in characters.
const longestValue = 1500

func plainText(text string) string {
	runes := []rune(norm.NFC.String(text))
	if len(runes) > longestValue {
		runes = append(runes[:longestValue], '…')
	}
	for i, r := range runes {
		switch {
		case r == '\n' || r == '\t':
			runes[i] = ' '
		case r == '\u00a0', unicode.IsPrint(r) && (r < 0x2100 && !unicode.Is(unicode.M, r)) && r < 0x590,
			r >= 0x1e00 && r < 0x1f00, unicode.Is(unicode.Pd, r), strings.ContainsRune("…“”‘’•", r):
		default:
			runes[i] = '?'
		}
	}
	return cmp.Or(strings.TrimSpace(string(runes)), "–")
}

// inGroups breaks a digest so that it can be read and set.
func inGroups(digest string) string {
	var parts []string
	for len(digest) > 8 {
		parts, digest = append(parts, digest[:8]), digest[8:]
	}
	return strings.Join(append(parts, digest), " ")
}

// ofToken is the verdict on the document that a QR code leads to.
func (s verdictPapers) ofToken(w http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.published(r, r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	t := s.presenter(r, v)
	sum := t.verdictSummary()
	if sum == nil {
		return s.notFound(w, r)
	}
	c := v.Covenant
	file, err := s.paper(t, checkedFile{fileName(c, 0), t.text(words.Size(c.HeadSize)), c.Head.String(), true},
		v.Verdict, sum)
	if err != nil {
		return nil, fmt.Errorf("verdict as a document: %w", err)
	}
	s.send(w, r, file)
	return nil, nil
}

// check judges an uploaded file and answers with the verdict as a document; what is wrong with the upload is told on
// the page.
func (s verdictPapers) check(w http.ResponseWriter, r *request) (*answer, error) {
	p := s.newCheckPage(r)
	var made []byte
	a, err := s.answer(w, r, p, func(t presenter, file *received, report *signing.Report) (err error) {
		made, err = s.paper(t, checkedFile{file.name, p.Size, p.Digest, p.Known}, report, p.Verdict)
		return err
	})
	if err != nil || a.status != 0 || made == nil {
		return a, err
	}
	s.send(w, r, made)
	return nil, nil
}

func (s verdictPapers) send(w http.ResponseWriter, r *request, file []byte) {
	h := w.Header()
	h.Set("Content-Security-Policy", documentPolicy)
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `attachment; filename="ket-qua-kiem-tra.pdf"`)
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r.Request, "", time.Time{}, bytes.NewReader(file))
}
