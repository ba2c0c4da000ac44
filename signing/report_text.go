package signing

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report for people, in Vietnamese or English.
func (r *Report) WriteText(w io.Writer, lang Lang) error {
	b := bufio.NewWriter(w)
	r.writeSummary(b, lang)
	for i := range r.Results {
		_, _ = fmt.Fprintf(b, "\n%d. ", i+1)
		r.Results[i].writeText(b, lang)
	}
	return b.Flush()
}

var verdicts = map[Indication]phrase{
	TotalPassed:   {"HỢP LỆ", "VALID"},
	Indeterminate: {"CHƯA KẾT LUẬN ĐƯỢC", "CANNOT DECIDE"},
	TotalFailed:   {"KHÔNG HỢP LỆ", "NOT VALID"},
}

func (r *Report) writeSummary(b io.Writer, lang Lang) {
	say := func(p phrase, args ...any) { _, _ = fmt.Fprintf(b, p.in(lang)+"\n", args...) }
	if len(r.Results) == 0 {
		say(phrase{"Tệp này không có chữ ký số nào.", "This file has no digital signature."})
		return
	}
	say(phrase{"Kết quả chung: %s (%d chữ ký và dấu thời gian)", "Overall: %s (%d signatures and time-stamps)"},
		verdicts[r.Overall()].in(lang), len(r.Results))
	say(phrase{"Kiểm tra lúc %s", "Checked on %s"}, formatTime(r.ValidatedAt, lang))
	if !r.Online {
		say(phrase{"Chỉ dùng dữ liệu có trong tệp, không hỏi máy chủ nào.", "With the file's own data only; no server was asked."})
	}
	if r.Revocation == RevocationSoft {
		say(phrase{"Chế độ nới lỏng: chấp nhận khi không biết tình trạng thu hồi.", "Soft mode: accepted where revocation is unknown."})
	}
	if r.Encrypted {
		say(phrase{"Tệp được mã hóa.", "The file is encrypted."})
	}
}

func (r *Result) writeText(b io.Writer, lang Lang) {
	line := func(p phrase, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(b, "   %s: %s\n", p.in(lang), value)
		}
	}
	title := verdicts[r.Indication].in(lang)
	_, _ = fmt.Fprintf(b, "%s – %s\n", title, r.Explain(lang))
	code := string(r.Indication)
	if r.SubIndication != "" {
		code += " / " + string(r.SubIndication)
	}
	line(phrase{"Mã kết luận (EN 319 102-1)", "Indication (EN 319 102-1)"}, code)
	where := clean(r.Field)
	if r.Page > 0 {
		where += fmt.Sprintf(phrase{", trang %d", ", page %d"}.in(lang), r.Page)
	}
	line(phrase{"Ô chữ ký", "Field"}, where)
	line(phrase{"Người ký theo chứng thư", "Signer by certificate"}, r.signerText())
	level := r.Algorithm
	if r.PAdES && r.Kind == KindSignature {
		level = "PAdES " + r.Level.String() + ", " + level
	}
	line(phrase{"Mức và thuật toán", "Level and algorithm"}, level)
	for _, t := range r.Times {
		line(timePhrases[t.Source], t.text(lang))
	}
	line(phrase{"Phạm vi", "Coverage"}, r.coverageText(lang))
	for i, l := range r.Chain {
		line(phrase{"Chứng thư", "Certificate"}, strings.Repeat("  ", i)+l.text(lang))
	}
	for _, m := range r.Modifications {
		mark := "✓"
		if !m.Permitted {
			mark = "✗"
		}
		line(phrase{"Thay đổi sau khi ký", "Changed after signing"}, mark+" "+m.Text(lang))
	}
}

var timePhrases = map[TimeSource]phrase{
	TimeClaimed:            {"Thời điểm người ký tự ghi (không phải bằng chứng)", "Time claimed by the signer (no proof)"},
	TimeSignatureTimestamp: {"Dấu thời gian của chữ ký", "Signature time-stamp"},
	TimeDocumentTimestamp:  {"Dấu thời gian của tài liệu", "Document time-stamp"},
}

func (t TimeClaim) text(lang Lang) string {
	out := formatTime(t.Time, lang)
	if t.Authority != "" {
		out += ", " + clean(t.Authority)
		if !t.Trusted {
			out += phrase{" (không được tin cậy)", " (not trusted)"}.in(lang)
		}
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

func (r *Result) coverageText(lang Lang) string {
	switch {
	case r.Coverage.WholeFile:
		return phrase{"toàn bộ tệp", "the whole file"}.in(lang)
	case r.Coverage.Revision > 0:
		return fmt.Sprintf(phrase{"bản lưu %d trong %d", "revision %d of %d"}.in(lang), r.Coverage.Revision, r.Coverage.Revisions)
	}
	return ""
}

func (l ChainLink) text(lang Lang) string {
	out := clean(name(l.Certificate))
	switch {
	case l.TrustAnchor:
		return out + phrase{" (được tin cậy)", " (trusted)"}.in(lang)
	case l.Revocation == nil:
		return out + phrase{" (không có dữ liệu thu hồi)", " (no revocation data)"}.in(lang)
	case l.Revocation.Revoked:
		return out + fmt.Sprintf(phrase{" (bị thu hồi lúc %s)", " (revoked on %s)"}.in(lang), formatTime(l.Revocation.RevokedAt, lang))
	}
	from := phrase{"trong tệp", "from the file"}
	if l.Revocation.Source == RevocationOnline {
		from = phrase{"hỏi trực tuyến", "asked online"}
	}
	return out + fmt.Sprintf(phrase{" (không bị thu hồi, %s %s ngày %s)", " (not revoked, %s %s of %s)"}.in(lang),
		l.Revocation.Kind, from.in(lang), formatTime(l.Revocation.ThisUpdate, lang))
}
