package signing

import (
	"strings"
	"time"

	"covenant/internal/words"
)

// Language is a language for people, by its ISO 639-1 code.
type Language = words.Language

// The languages that everything can be said in.
const (
	Vietnamese = words.Vietnamese
	English    = words.English
)

// clean takes control and direction characters out of a text from the file, and shortens it.
func clean(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > 200 || r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x200b && r <= 0x200f) ||
			(r >= 0x202a && r <= 0x202e) ||
			(r >= 0x2060 && r <= 0x206f) || r == 0xfeff {
			return -1
		}
		return r
	}, s)
}

// vietnamTime is the zone that times are shown in.
var vietnamTime = time.FixedZone("+07:00", 7*3600)

// timeText is a time as each language writes it.
func timeText(t time.Time) words.Text {
	if t.IsZero() {
		return words.Same("—")
	}
	t = t.In(vietnamTime)
	return words.Of(t.Format("02/01/2006 15:04:05 -07:00"), t.Format("2006-01-02 15:04:05 -07:00"))
}

// Explain is the verdict in a few sentences for a lay reader.
func (r *Result) Explain() words.Text {
	parts := []words.Text{r.headline()}
	if r.Test {
		parts = []words.Text{r.testWords(), parts[0]}
	}
	said := map[ReasonCode]bool{}
	for i, reason := range r.Reasons {
		if said[reason.Code] || (i > 0 && r.Indication == TotalFailed) {
			continue // one of a kind is enough, and of a failure the decisive one
		}
		said[reason.Code] = true
		parts = append(parts, reason.Text())
		if reason.Code == ReasonModified {
			parts = append(parts, r.modified()...)
		}
	}
	if after := r.afterwards(); r.Indication == TotalPassed && !after.IsZero() {
		parts = append(parts, after)
	}
	return words.Join(" ", parts...)
}

// modified says what the first forbidden change is, and where the signed text can still be had.
func (r *Result) modified() []words.Text {
	var out []words.Text
	for _, m := range r.Modifications {
		if !m.Permitted {
			out = append(out, words.F("Cụ thể: %s.", "Namely: %s.", m.Text()))
			break
		}
	}
	if r.intact {
		out = append(out, words.F("Bản mà người ký đã ký vẫn còn nguyên trong tệp (bản lưu %d) và có thể trích ra.",
			"What was signed is still in the file, unchanged (revision %d), and can be extracted.",
			r.Coverage.Revision))
	}
	return out
}

// testWords say that nothing is proven about anybody, before anything else is said.
func (r *Result) testWords() words.Text {
	if r.Kind == KindDocumentTimestamp {
		return words.Of("Dấu thời gian thử nghiệm, không có giá trị pháp lý.", "Test time-stamp, without legal value.")
	}
	return words.Of("Chữ ký thử nghiệm, không có giá trị pháp lý.", "Test signature, without legal value.")
}

// headline is the one sentence that matters.
func (r *Result) headline() words.Text {
	who := words.F("“%s”", "“%s”", clean(r.Signer))
	if r.Signer == "" {
		who = words.Of("người ký không rõ", "an unknown signer")
	}
	when := timeText(r.Time)
	switch {
	case r.Kind == KindDocumentTimestamp && r.Indication == TotalPassed:
		return words.F("Dấu thời gian hợp lệ: %s xác nhận tệp đã tồn tại lúc %s.",
			"Valid time-stamp: %s confirms that the file existed on %s.", who, when)
	case r.Kind == KindDocumentTimestamp && r.Indication == TotalFailed:
		return words.Of("Dấu thời gian KHÔNG hợp lệ.", "The time-stamp is NOT valid.")
	case r.Kind == KindDocumentTimestamp:
		return words.F("Chưa đủ căn cứ để tin dấu thời gian của %s.",
			"There is not enough to trust the time-stamp of %s.", who)
	case r.Indication == TotalFailed:
		return words.F("Chữ ký của %s KHÔNG hợp lệ.", "The signature of %s is NOT valid.", who)
	case r.Indication != TotalPassed:
		return words.F("Chưa đủ căn cứ để kết luận về chữ ký của %s.",
			"There is not enough to decide about the signature of %s.", who)
	case r.TimeSource == TimeValidation:
		return words.F("Chữ ký của %s hợp lệ; thời điểm ký chưa được dấu thời gian chứng minh.",
			"The signature of %s is valid; no time-stamp proves when it was made.", who)
	}
	return words.F("Chữ ký của %s hợp lệ; dấu thời gian chứng minh đã ký không muộn hơn %s.",
		"The signature of %s is valid; a time-stamp proves that it was made no later than %s.", who, when)
}

// afterwards says whether anything followed.
func (r *Result) afterwards() words.Text {
	switch {
	case r.Coverage.WholeFile:
		return words.Of("Nó bao trùm toàn bộ tệp.", "It covers the whole file.")
	case len(r.Modifications) == 0:
		return words.Text{}
	}
	for _, m := range r.Modifications {
		if m.Kind == ChangeNewSignature && m.Visible {
			return words.F("Sau khi ký, có ô chữ ký nhìn thấy được thêm vào chỗ trống: %s. Hãy xem ô đó do ai ký.",
				"After signing, a visible signature field was added where nothing was: %s. See who signed it.",
				m.Text())
		}
		if m.Kind == ChangeAnnotation {
			return words.F("Sau khi ký, có chú thích được thêm vào, điều mà người chứng thực tài liệu cho phép (%s); "+
				"nội dung chú thích không được ký. Hãy xem danh sách thay đổi.",
				"After signing, an annotation was added, which whoever certified the document permits (%s); nobody "+
					"signed what it says. See the list of changes.", m.Text())
		}
		if m.Kind == ChangeFormValue {
			return words.F("Sau khi ký, giá trị điền trong biểu mẫu đã thay đổi: %s. Hãy xem danh sách thay đổi.",
				"After signing, a value that is filled in was changed: %s. See the list of changes.", m.Text())
		}
	}
	return words.Of("Sau đó chỉ có những bổ sung được phép (chữ ký, dấu thời gian, dữ liệu kiểm tra).",
		"What was added since is permitted (signatures, time-stamps, validation data).")
}
