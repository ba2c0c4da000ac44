package signing

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"covenant/internal/words"
	"covenant/signing/trust"
)

// WriteText writes the report for people, in Vietnamese or English.
func (r *Report) WriteText(w io.Writer, lang Language) error {
	b := bufio.NewWriter(w)
	r.writeSummary(b, lang)
	for i := range r.Results {
		_, _ = fmt.Fprintf(b, "\n%d. ", i+1)
		r.Results[i].writeText(b, lang)
	}
	return b.Flush()
}

var verdicts = map[Indication]words.Text{
	TotalPassed: words.Of("HỢP LỆ",
		"VALID"),
	Indeterminate: words.Of("CHƯA KẾT LUẬN ĐƯỢC",
		"CANNOT DECIDE"),
	TotalFailed: words.Of("KHÔNG HỢP LỆ",
		"NOT VALID"),
}

var noSignature = words.Of("Tệp này không có chữ ký số nào.", "This file has no digital signature.")

func (r *Report) writeSummary(b io.Writer, lang Language) {
	say := func(text words.Text) { _, _ = fmt.Fprintln(b, text.In(lang)) }
	if text := r.Base.Text(); !text.IsZero() {
		say(text)
	}
	if len(r.Results) == 0 {
		say(noSignature)
		return
	}
	changed := r.ChangedAsPermitted()
	verdict := verdicts[r.Overall()]
	if len(changed) > 0 && r.Overall() == TotalPassed {
		verdict = words.Join("", verdict, words.Of(", NHƯNG ĐÃ THAY ĐỔI SAU KHI KÝ", ", BUT CHANGED AFTER SIGNING"))
	}
	if r.Test() {
		verdict = words.Join(": ", words.Of("CHỮ KÝ THỬ NGHIỆM, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ",
			"TEST SIGNATURES, WITHOUT LEGAL VALUE"), verdict)
	}
	say(words.F("Kết quả chung: %s (%d chữ ký và dấu thời gian)", "Overall: %s (%d signatures and time-stamps)",
		verdict, len(r.Results)))
	for _, m := range changed {
		say(words.F("Thay đổi sau khi ký, được chữ ký cho phép: %s",
			"Changed after signing, as the signature permits: %s", m.Text()))
	}
	say(words.F("Kiểm tra lúc %s", "Checked on %s", timeText(r.ValidatedAt)))
	if !r.Online {
		say(words.Of("Chỉ dùng dữ liệu có trong tệp, không hỏi máy chủ nào.",
			"With the file's own data only; no server was asked."))
	}
	if r.Revocation == RevocationSoft {
		say(words.Of("Chế độ nới lỏng: chấp nhận khi không biết tình trạng thu hồi.",
			"Soft mode: accepted where revocation is unknown."))
	}
	if r.Encrypted {
		say(words.Of("Tệp được mã hóa.", "The file is encrypted."))
	}
}

func (r *Result) writeText(b io.Writer, lang Language) {
	line := func(label words.Text, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(b, "   %s: %s\n", label.In(lang), value)
		}
	}
	title := verdicts[r.Indication]
	if r.Test {
		title = words.Join(": ", words.Of("THỬ NGHIỆM", "TEST"), title)
	}
	_, _ = fmt.Fprintf(b, "%s – %s\n", title.In(lang), r.Explain().In(lang))
	code := string(r.Indication)
	if r.SubIndication != "" {
		code += " / " + string(r.SubIndication)
	}
	line(words.Of("Mã kết luận (EN 319 102-1)", "Indication (EN 319 102-1)"), code)
	where := clean(r.Field)
	if r.Page > 0 {
		where += words.F(", trang %d", ", page %d", r.Page).In(lang)
	}
	line(words.Of("Ô chữ ký", "Field"), where)
	if r.Purpose == trust.Seal {
		line(words.Of("Kiểm tra như", "Judged as"), words.Of("con dấu cơ quan", "an agency's seal").In(lang))
	}
	line(words.Of("Người ký theo chứng thư", "Signer by certificate"), r.signerText())
	level := r.Algorithm
	if r.PAdES && r.Kind == KindSignature {
		level = "PAdES " + r.Level.String() + ", " + level
	}
	line(words.Of("Mức và thuật toán", "Level and algorithm"), level)
	for _, t := range r.Times {
		line(timePhrases[t.Source], t.text().In(lang))
	}
	line(words.Of("Phạm vi", "Coverage"), r.coverageText().In(lang))
	for i, l := range r.Chain {
		line(words.Of("Chứng thư", "Certificate"), strings.Repeat("  ", i)+l.text().In(lang))
	}
	for _, m := range r.Modifications {
		mark := "✓"
		if !m.Permitted {
			mark = "✗"
		}
		line(words.Of("Thay đổi sau khi ký", "Changed after signing"), mark+" "+m.Text().In(lang))
	}
}

var timePhrases = map[TimeSource]words.Text{
	TimeClaimed: words.Of("Thời điểm người ký tự ghi (không phải bằng chứng)",
		"Time claimed by the signer (no proof)"),
	TimeSignatureTimestamp: words.Of("Dấu thời gian của chữ ký",
		"Signature time-stamp"),
	TimeDocumentTimestamp: words.Of("Dấu thời gian của tài liệu",
		"Document time-stamp"),
}

func (t TimeClaim) text() words.Text {
	out := timeText(t.Time)
	if t.Authority == "" {
		return out
	}
	out = words.Join(", ", out, words.Same(clean(t.Authority)))
	if !t.Trusted {
		out = words.Join(" ", out, words.Of("(không được tin cậy)", "(not trusted)"))
	} else if t.Test {
		out = words.Join(" ", out, words.Of("(thử nghiệm)", "(test)"))
	}
	return out
}

func (r *Result) signerText() string {
	if r.Certificate == nil {
		return clean(r.Signer)
	}
	out := clean(r.Signer)
	if org := r.Certificate.Subject.Organization; len(org) > 0 {
		out += ", " + clean(strings.Join(org, ", "))
	}
	return out
}

func (r *Result) coverageText() words.Text {
	switch {
	case r.Coverage.WholeFile:
		return words.Of("toàn bộ tệp", "the whole file")
	case r.Coverage.Revision > 0:
		return words.F("bản lưu %d trong %d", "revision %d of %d", r.Coverage.Revision, r.Coverage.Revisions)
	}
	return words.Text{}
}

func (l ChainLink) text() words.Text {
	who := clean(name(l.Certificate))
	switch {
	case l.Test:
		return words.F("%s (gốc thử nghiệm)", "%s (test root)", who)
	case l.TrustAnchor:
		return words.F("%s (được tin cậy)", "%s (trusted)", who)
	case l.Revocation == nil:
		return words.F("%s (không có dữ liệu thu hồi)", "%s (no revocation data)", who)
	case l.Revocation.Revoked:
		return words.F("%s (bị thu hồi lúc %s)", "%s (revoked on %s)", who, timeText(l.Revocation.RevokedAt))
	}
	from := words.Of("trong tệp", "from the file")
	if l.Revocation.Source == RevocationOnline {
		from = words.Of("hỏi trực tuyến", "asked online")
	}
	return words.F("%s (không bị thu hồi, %s %s ngày %s)", "%s (not revoked, %s %s of %s)",
		who, l.Revocation.Kind, from, timeText(l.Revocation.ThisUpdate))
}
