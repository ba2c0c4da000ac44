package web

import (
	"fmt"
	"strings"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/signing/trust"
	"covenant/workflow"
)

var indicationTones = map[signing.Indication]string{
	signing.TotalPassed: "done", signing.Indeterminate: "waiting", signing.TotalFailed: "stopped",
}

var indicationWords = map[signing.Indication]words.Text{
	signing.TotalPassed:   words.Of("Hợp lệ", "Valid"),
	signing.Indeterminate: words.Of("Chưa đủ căn cứ", "Not proven"),
	signing.TotalFailed:   words.Of("Không hợp lệ", "Not valid"),
}

// testWords name what rests on a test root. It is never shown as valid: it proves nothing about anybody.
var testWords = map[trust.Purpose]words.Text{
	trust.Signature: words.Of("Chữ ký thử nghiệm", "Test signature"),
	trust.Seal:      words.Of("Con dấu thử nghiệm", "Test seal"),
	trust.Timestamp: words.Of("Dấu thời gian thử nghiệm", "Test time-stamp"),
}

// timeWords say who vouches for a time.
var timeWords = map[signing.TimeSource]words.Text{
	signing.TimeClaimed: words.Of("Do người ký tự khai, không có dấu thời gian",
		"Claimed by the signer; no time-stamp"),
	signing.TimeSignatureTimestamp: words.Of("Dấu thời gian trong chữ ký", "Time-stamp in the signature"),
	signing.TimeDocumentTimestamp:  words.Of("Dấu thời gian của văn bản", "Document time-stamp"),
	signing.TimeValidation: words.Of("Thời điểm kiểm tra, vì không có bằng chứng nào sớm hơn",
		"Time of this check; there is no earlier proof"),
}

// revocationWords say where revocation data come from.
var revocationWords = map[signing.RevocationSource]words.Text{
	signing.RevocationFromFile: words.Of("có sẵn trong tệp", "held in the file"),
	signing.RevocationOnline:   words.Of("hỏi máy chủ khi kiểm tra", "asked online"),
}

// verdictSummary sums up the verifier's report on the newest bytes; nil before there is a document to judge.
func (t presenter) verdictSummary() *verdictSummary {
	if t.v.Verdict == nil {
		return nil
	}
	c := t.v.Covenant
	ours := map[string]bool{}
	for _, sig := range c.Signed {
		ours[sig.Field] = true
	}
	for _, seal := range c.Sealed {
		ours[seal.Field] = true
	}
	sum := t.judged(t.v.Verdict, t.awaitsCompletion)
	for _, row := range sum.Rows {
		if ours[row.Field] {
			sum.byField[row.Field] = row
		} else {
			sum.Other = append(sum.Other, row)
		}
	}
	return sum
}

// judged tells a report on any file; incomplete says which results lack only what the program will add.
func (t presenter) judged(report *signing.Report, incomplete func(*signing.Result) bool) *verdictSummary {
	sum := &verdictSummary{byField: map[string]*verdictRow{}, Tone: indicationTones[report.Overall()]}
	count, awaiting := map[signing.Indication]int{}, 0
	var people, sealed, stamps int
	for i := range report.Results {
		res := &report.Results[i]
		row := t.verdictRow(res)
		if incomplete(res) {
			if !res.Test {
				row.Word = t.text(words.Of("Nguyên vẹn", "Intact"))
			}
			awaiting++
		}
		switch res.Purpose {
		case trust.Timestamp:
			stamps++
		case trust.Seal:
			sealed++
		default:
			people++
		}
		sum.Rows = append(sum.Rows, row)
		count[res.Indication]++
	}
	what := t.countWords(people, sealed, stamps)
	all, failed, passed := len(report.Results), count[signing.TotalFailed], count[signing.TotalPassed]
	switch {
	case report.Base != nil && !report.Base.Intact:
		sum.Sentence = t.text(words.Join(" ", report.Base.Text(),
			words.Of("Không sử dụng và không ký vào văn bản này; hãy báo quản trị.",
				"Do not rely on this document and do not sign it; tell the administrator.")))
	case all == 0:
		sum.Tone, sum.Sentence = "next", t.text(words.Of("Văn bản chưa có chữ ký nào.",
			"The document carries no signature yet."))
	case failed > 0:
		sum.Sentence = t.text(words.F("Có %s trong %s. Không nên sử dụng văn bản này trước khi làm rõ.",
			"%s: %s. Do not rely on this document until that is cleared up.",
			words.N(failed, "mục không hợp lệ", "of these is not valid", "of these are not valid"), what))
	case awaiting > 0 && passed+awaiting == all:
		sum.Sentence = t.text(
			words.F("Tất cả đều nguyên vẹn: %s. Dữ liệu về tình trạng thu hồi chứng thư số được bổ sung vào tệp khi "+
				"mọi người đã ký.",
				"All intact: %s. Revocation data are added to the file once everybody has signed.", what))
	case passed < all:
		sum.Sentence = t.text(words.F("Có %d mục chưa đủ căn cứ để kết luận trong %s; không mục nào bị phát hiện sai.",
			"%d of these cannot be proven yet: %s; none was found to be false.", all-passed, what))
	case len(report.ChangedAsPermitted()) > 0:
		sum.Tone = "waiting"
		sum.Sentence = t.text(words.F(
			"Tất cả đều hợp lệ: %s. Nhưng sau khi ký đã có thay đổi, được chữ ký cho phép: %s.",
			"All valid: %s. But something was changed after signing, as the signature permits: %s.", what,
			report.ChangedAsPermitted()[0].Text()))
	default:
		sum.Sentence = t.text(words.F("Tất cả đều hợp lệ: %s. Nội dung không bị sửa đổi sau khi ký.",
			"All valid: %s. The text has not been changed since it was signed.", what))
	}
	t.sayTest(sum, report)
	return sum
}

// sayTest puts before the sentence that something in the file rests on a test root, whatever else is so.
func (t presenter) sayTest(sum *verdictSummary, report *signing.Report) {
	if !report.Test() {
		return
	}
	if sum.Tone == "done" {
		sum.Tone = "waiting"
	}
	said := words.Of("Chữ ký thử nghiệm, không có giá trị pháp lý.", "Test signatures, without legal value.")
	for i := range report.Results {
		if !report.Results[i].Test {
			said = words.Of("Có chữ ký hoặc dấu thời gian thử nghiệm, không có giá trị pháp lý.",
				"Some signatures or time-stamps are tests, without legal value.")
		}
	}
	sum.Sentence = t.text(said) + " " + sum.Sentence
}

// countWords is “11 chữ ký, 1 con dấu, 1 dấu thời gian”, without what there is none of.
func (t presenter) countWords(people, seals, stamps int) string {
	var parts []string
	for _, p := range []struct {
		n    int
		text words.Text
	}{
		{people, words.N(people, "chữ ký", "signature", "signatures")},
		{seals, words.N(seals, "con dấu", "seal", "seals")},
		{stamps, words.N(stamps, "dấu thời gian", "time-stamp", "time-stamps")},
	} {
		if p.n > 0 {
			parts = append(parts, t.text(p.text))
		}
	}
	return strings.Join(parts, ", ")
}

// awaitsCompletion reports whether a signature lacks nothing but what the program adds to the file once all have
// signed.
func (t presenter) awaitsCompletion(res *signing.Result) bool {
	c := t.v.Covenant
	return c.Level == "" && c.Phase != workflow.PhaseRejected && res.Intact() &&
		res.Indication == signing.Indeterminate && res.SubIndication == signing.TryLater
}

func (t presenter) verdictRow(res *signing.Result) *verdictRow {
	row := &verdictRow{
		ID: identifier(res.Field), Field: res.Field, Name: firstNonEmpty(res.Signer, res.Field),
		Tone: indicationTones[res.Indication],
		Word: t.text(indicationWords[res.Indication]), Explanation: res.Explain().In(t.lang), Test: res.Test,
	}
	if res.Test && (res.Indication == signing.TotalPassed || res.Completable()) {
		row.Tone, row.Word = "waiting", t.text(testWords[res.Purpose])
	}
	if res.Kind == signing.KindDocumentTimestamp {
		row.Name = t.text(words.Of("Dấu thời gian của văn bản", "Document time-stamp"))
	}
	conclusion := string(res.Indication)
	if res.SubIndication != "" {
		conclusion += " / " + string(res.SubIndication)
	}
	row.addFact(t.text(words.Of("Kết luận", "Conclusion")), conclusion)
	if res.PAdES && res.Kind == signing.KindSignature {
		row.addFact(t.text(words.Of("Mức chữ ký", "Signature level")), "PAdES "+res.Level.String())
	}
	row.addFact(t.text(words.Of("Thời điểm ký", "Time of signing")), t.exactly(res.Time))
	row.addFact(t.text(words.Of("Nguồn thời điểm", "Source of the time")), t.timeSource(res))
	t.certificateFacts(row, res)
	row.addFact(t.text(words.Of("Tình trạng thu hồi", "Revocation")), t.revocation(res))
	row.addFact(t.text(words.Of("Phạm vi ký", "What it covers")), t.coverage(res))
	row.addFact(t.text(words.Of("Thuật toán", "Algorithm")), res.Algorithm)
	row.addFact(t.text(words.Of("Ô ký", "Signature field")), res.Field)
	for _, m := range res.Modifications {
		if !m.Permitted || m.Kind == signing.ChangeFormValue || m.Kind == signing.ChangeAnnotation {
			row.Changes = append(row.Changes, m.Text().In(t.lang))
		}
	}
	if len(row.Changes) == 0 && res.Intact() {
		row.addFact(t.text(words.Of("Thay đổi sau khi ký", "Changes after signing")), t.text(words.Of(
			"Không có thay đổi nào ngoài các chữ ký tiếp theo và dữ liệu kiểm tra",
			"None but later signatures and validation data")))
	}
	return row
}

func (t presenter) certificateFacts(row *verdictRow, res *signing.Result) {
	row.addFact(t.text(words.Of("Người ký theo chứng thư số", "Signer named in the certificate")), res.Signer)
	cert := res.Certificate
	if cert == nil {
		return
	}
	row.addFact(t.text(words.Of("Tổ chức cấp chứng thư số", "Certificate issued by")), cert.Issuer.CommonName)
	row.addFact(t.text(words.Of("Số chứng thư", "Certificate number")), cert.SerialNumber.Text(16))
	row.addFact(t.text(words.Of("Thời hạn chứng thư",
		"Certificate valid")), t.when(cert.NotBefore)+" – "+t.when(cert.NotAfter))
	var names []string
	for _, link := range res.Chain {
		if link.Certificate == nil {
			continue
		}
		name := link.Certificate.Subject.CommonName
		if link.Test {
			name += t.text(words.Of(" (gốc thử nghiệm)", " (test root)"))
		}
		names = append(names, name)
	}
	row.addFact(t.text(words.Of("Chuỗi chứng thư", "Certificate chain")), strings.Join(names, " ← "))
}

// timeSource says who vouches for the time of signing.
func (t presenter) timeSource(res *signing.Result) string {
	if res.Time.IsZero() {
		return ""
	}
	source := t.text(timeWords[res.TimeSource])
	for _, claim := range res.Times {
		if claim.Source == res.TimeSource && claim.Authority != "" {
			return source + " (" + claim.Authority + ")"
		}
	}
	return source
}

// revocation says whether the signer's certificate was revoked, and how that is known.
func (t presenter) revocation(res *signing.Result) string {
	if len(res.Chain) == 0 {
		return ""
	}
	info := res.Chain[0].Revocation
	if info == nil {
		return t.text(words.Of("Không tìm thấy dữ liệu thu hồi", "No revocation data found"))
	}
	source := fmt.Sprintf("%s, %s", info.Kind, t.text(revocationWords[info.Source]))
	if info.Revoked {
		return t.text(words.F("Đã bị thu hồi lúc %s (%s)", "Revoked at %s (%s)", t.when(info.RevokedAt), source))
	}
	return t.text(words.F("Không bị thu hồi, theo dữ liệu lúc %s (%s)",
		"Not revoked, as of %s (%s)", t.when(info.ThisUpdate), source))
}

// coverage says which part of the file was signed.
func (t presenter) coverage(res *signing.Result) string {
	c := res.Coverage
	switch {
	case c.WholeFile:
		return t.text(words.Of("Toàn bộ tệp", "The whole file"))
	case c.Revision > 0:
		return t.text(words.F("Toàn bộ tệp tại thời điểm ký (lần lưu %d/%d); phần sau chỉ được nối thêm",
			"The whole file as it was when signed (saving %d of %d); what follows was only appended",
			c.Revision, c.Revisions))
	}
	return ""
}
