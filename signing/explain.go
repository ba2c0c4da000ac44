package signing

import (
	"fmt"
	"strings"
	"time"
)

// Lang is a language for people.
type Lang string

// The languages. An unknown one is taken to be English.
const (
	Vietnamese Lang = "vi"
	English    Lang = "en"
)

// The findings.
const (
	ReasonByteRange            ReasonCode = "byte-range"
	ReasonCMS                  ReasonCode = "malformed-signature"
	ReasonDigest               ReasonCode = "content-changed"
	ReasonSignatureValue       ReasonCode = "signature-value"
	ReasonNoCertificate        ReasonCode = "no-certificate"
	ReasonAttributes           ReasonCode = "attributes"
	ReasonSubFilter            ReasonCode = "unknown-format"
	ReasonAlgorithm            ReasonCode = "unknown-algorithm"
	ReasonWeak                 ReasonCode = "weak-algorithm"
	ReasonUsage                ReasonCode = "key-usage"
	ReasonModified             ReasonCode = "modified-afterwards"
	ReasonUntrusted            ReasonCode = "untrusted-root"
	ReasonChain                ReasonCode = "broken-chain"
	ReasonExpired              ReasonCode = "expired"
	ReasonNotYetValid          ReasonCode = "not-yet-valid"
	ReasonRevoked              ReasonCode = "revoked"
	ReasonNoRevocation         ReasonCode = "no-revocation-data"
	ReasonRevocationSkipped    ReasonCode = "revocation-not-checked"
	ReasonTimestampInvalid     ReasonCode = "timestamp-invalid"
	ReasonTimestampUntrusted   ReasonCode = "timestamp-untrusted"
	ReasonTimestampUnconfirmed ReasonCode = "timestamp-unconfirmed"
	ReasonFuture               ReasonCode = "timestamp-from-the-future"
	ReasonOrder                ReasonCode = "timestamp-order"
	ReasonDamaged              ReasonCode = "damaged-file"
	ReasonBER                  ReasonCode = "not-der"
)

// phrase is a text in both languages; %n stands for Reason.Name, %t for its Time.
type phrase struct{ vi, en string }

var reasonPhrases = map[ReasonCode]phrase{
	ReasonByteRange: {"Chữ ký không bao trùm đúng phần nội dung phải bao trùm của tệp; tệp có thể đã bị dàn dựng.",
		"The signature does not cover the part of the file that it must; the file may have been contrived."},
	ReasonCMS: {"Dữ liệu chữ ký bị hỏng hoặc sai định dạng.", "The signature's data is damaged or malformed."},
	ReasonDigest: {"Nội dung đã ký bị thay đổi sau khi ký.",
		"The signed content was changed after signing."},
	ReasonSignatureValue: {"Giá trị chữ ký không khớp với chứng thư số: chữ ký không phải do khóa này tạo ra, hoặc đã bị sửa.",
		"The signature value does not fit the certificate: it was not made with this key, or was altered."},
	ReasonNoCertificate: {"Không tìm thấy chứng thư số của người ký trong chữ ký.", "The signer's certificate is not in the signature."},
	ReasonAttributes: {"Chữ ký thiếu hoặc sai một thuộc tính bắt buộc, nên không gắn chắc với chứng thư số của người ký.",
		"The signature lacks a required attribute or has a wrong one, so it is not firmly bound to the signer's certificate."},
	ReasonSubFilter: {"Loại chữ ký này không được hỗ trợ.", "This kind of signature is not supported."},
	ReasonAlgorithm: {"Thuật toán ký này không được hỗ trợ hoặc không phù hợp với khóa.", "The signature algorithm is not supported or does not fit the key."},
	ReasonWeak: {"Thuật toán ký hoặc khóa ký đã lỗi thời và có thể bị giả mạo, mà không có bằng chứng rằng chữ ký có từ trước đó.",
		"The signature algorithm or the key is obsolete and can be forged, and nothing proves that the signature is older than that."},
	ReasonUsage: {"Chứng thư số của %n không được cấp để ký tài liệu.", "The certificate of %n is not for signing documents."},
	ReasonModified: {"Sau khi ký, tệp đã bị sửa theo cách mà chữ ký không cho phép.",
		"After signing, the file was changed in a way that the signature does not permit."},
	ReasonUntrusted: {"Chứng thư số của %n không dẫn tới tổ chức chứng thực nào được tin cậy.",
		"The certificate of %n does not lead to any trusted authority."},
	ReasonChain: {"Chuỗi chứng thư số của %n không hợp lệ.", "The certificate chain of %n is not valid."},
	ReasonExpired: {"Chứng thư số của %n hết hạn ngày %t, và không có dấu thời gian chứng minh đã ký trước đó.",
		"The certificate of %n ended on %t, and no time-stamp proves that it was used before."},
	ReasonNotYetValid: {"Chứng thư số của %n chỉ có hiệu lực từ %t.", "The certificate of %n is valid only from %t."},
	ReasonRevoked: {"Chứng thư số của %n bị thu hồi lúc %t, và không có bằng chứng đã ký trước đó.",
		"The certificate of %n was revoked on %t, and nothing proves that it was used before."},
	ReasonNoRevocation: {"Chưa biết chứng thư số của %n có bị thu hồi hay không: tệp không chứa dữ liệu này. Hãy kiểm tra lại khi có mạng.",
		"It is not known whether the certificate of %n was revoked: the file does not say. Check again online."},
	ReasonRevocationSkipped: {"Chưa kiểm tra việc thu hồi chứng thư số của %n, theo yêu cầu của người kiểm tra.",
		"Revocation of the certificate of %n was not checked, as asked for."},
	ReasonTimestampInvalid: {"Một dấu thời gian của chữ ký không hợp lệ nên bị bỏ qua.", "A time-stamp of the signature is not valid and was ignored."},
	ReasonTimestampUntrusted: {"Dấu thời gian của %n không được tin cậy nên bị bỏ qua.",
		"The time-stamp of %n is not trusted and was ignored."},
	ReasonTimestampUnconfirmed: {"Chưa biết chứng thư số của tổ chức cấp dấu thời gian %n có bị thu hồi hay không, nên chưa dùng dấu thời gian lúc %t làm bằng chứng.",
		"It is not known whether the certificate of the time-stamp authority %n was revoked, so its time-stamp of %t is not used as proof yet."},
	ReasonFuture: {"Dấu thời gian ghi %t, muộn hơn thời điểm kiểm tra.", "The time-stamp says %t, which is after the time of checking."},
	ReasonBER: {"Chữ ký được ghi theo cách mã hóa cũ (BER); điều này không ảnh hưởng tới kết luận.",
		"The signature is written in an older encoding (BER); this does not affect the verdict."},
	ReasonDamaged: {"Bảng tham chiếu của tệp bị hỏng, nên không thể chắc chắn người khác nhìn thấy đúng nội dung đã ký.",
		"The file's table of contents (cross-references) is damaged, so it is not certain that everybody sees what was signed."},
	ReasonOrder: {"Dấu thời gian ghi %t, muộn hơn dấu thời gian được đóng sau nó.",
		"The time-stamp says %t, which is later than a time-stamp made after it."},
}

// Text is the finding for a lay reader.
func (r Reason) Text(lang Lang) string {
	p, ok := reasonPhrases[r.Code]
	if !ok {
		return string(r.Code)
	}
	text := p.in(lang)
	who := r.Name
	if who == "" {
		who = phrase{"người ký", "the signer"}.in(lang)
	}
	return strings.NewReplacer("%n", "“"+clean(who)+"”", "%t", formatTime(r.Time, lang)).Replace(text)
}

func (p phrase) in(lang Lang) string {
	if lang == Vietnamese {
		return p.vi
	}
	return p.en
}

// clean takes control and direction characters out of a text from the file, and shortens it.
func clean(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > 200 || r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x200b && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) ||
			(r >= 0x2060 && r <= 0x206f) || r == 0xfeff {
			return -1
		}
		return r
	}, s)
}

// vietnamTime is the zone that times are shown in.
var vietnamTime = time.FixedZone("+07:00", 7*3600)

func formatTime(t time.Time, lang Lang) string {
	if t.IsZero() {
		return "—"
	}
	if lang == Vietnamese {
		return t.In(vietnamTime).Format("02/01/2006 15:04:05 -07:00")
	}
	return t.In(vietnamTime).Format("2006-01-02 15:04:05 -07:00")
}

var changePhrases = map[ChangeKind]phrase{
	ChangeValidationData:  {"thêm dữ liệu kiểm tra chữ ký (chứng thư số, tình trạng thu hồi)", "validation data added (certificates, revocation status)"},
	ChangeMetadata:        {"cập nhật thông tin mô tả của tệp", "the file's metadata updated"},
	ChangeTimestamp:       {"thêm dấu thời gian cho tài liệu", "document time-stamp added"},
	ChangeSignature:       {"ký vào ô chữ ký có sẵn", "an existing signature field was signed"},
	ChangeNewSignature:    {"thêm ô chữ ký", "a signature field was added"},
	ChangeFormValue:       {"điền vào ô biểu mẫu", "a form field was filled in"},
	ChangeContent:         {"nội dung trang bị thay đổi", "the page's content was changed"},
	ChangeResource:        {"phông chữ, hình ảnh hoặc thành phần của trang bị thay thế", "a font, image or other part of the page was replaced"},
	ChangePage:            {"thuộc tính của trang bị thay đổi", "a property of the page was changed"},
	ChangePageTree:        {"trang bị thêm, bớt hoặc đổi thứ tự", "pages were added, removed or reordered"},
	ChangeAnnotation:      {"chú thích hoặc nội dung đè lên trang bị thêm, sửa hoặc xóa", "an annotation, which can lie over the content, was added, changed or removed"},
	ChangeOverlay:         {"một ô mới được đặt đè lên chữ ký đã có", "a new field was laid over an earlier signature"},
	ChangeField:           {"cấu trúc biểu mẫu bị thay đổi", "the structure of the form was changed"},
	ChangeAppearance:      {"hình thể hiện của chữ ký đã ký bị thay thế", "the appearance of a signature was replaced"},
	ChangeFieldAppearance: {"phần hiển thị của ô biểu mẫu bị thay trong khi giá trị của ô vẫn giữ nguyên", "what the form field shows was replaced while its value stayed the same"},
	ChangeSignatureValue:  {"một chữ ký đã có bị thay thế hoặc gỡ bỏ", "an earlier signature was replaced or removed"},
	ChangeStructure:       {"cấu trúc nội dung bị thay đổi", "the document's structure was changed"},
	ChangeLayers:          {"các lớp hiển thị bị thay đổi, nội dung ẩn có thể hiện ra hoặc ngược lại", "layers were changed: hidden content may show, or the reverse"},
	ChangeAction:          {"hành động tự động (ví dụ mã lệnh) bị thêm hoặc sửa", "an automatic action, such as a script, was added or changed"},
	ChangeCatalog:         {"thiết lập chung của tài liệu bị thay đổi", "a property of the whole document was changed"},
	ChangeTrailer:         {"gốc của tài liệu bị thay đổi", "the root of the document was replaced"},
	ChangeObject:          {"một phần của tài liệu bị thay đổi", "a part of the document was changed"},
	ChangeUnreadable:      {"phần thêm vào không đọc được", "what was added cannot be read"},
	ChangeTrailing:        {"có dữ liệu lạ sau phần cuối của tệp", "there is foreign data after the end of the file"},
}

var annotationNames = map[string]phrase{
	"FreeText": {"hộp văn bản", "text box"}, "Stamp": {"con dấu hoặc hình ảnh", "stamp or picture"}, "Link": {"liên kết", "link"},
	"Redact": {"vùng che", "redaction"}, "Highlight": {"vùng tô màu", "highlight"}, "Text": {"ghi chú", "note"},
	"Square": {"hình chữ nhật", "rectangle"}, "Ink": {"nét vẽ tay", "drawing"}, "Widget": {"ô biểu mẫu", "form field"},
	"FileAttachment": {"tệp đính kèm", "attached file"}, "Line": {"đường kẻ", "line"},
}

var annotationActions = map[ChangeVerb]phrase{
	ActionAdded:   {"%s được thêm đè lên nội dung", "%s added over the content"},
	ActionRemoved: {"%s bị xóa khỏi trang", "%s removed from the page"},
	ActionMoved:   {"%s bị đổi thứ tự che khuất", "%s moved in front of or behind other things"},
	ActionChanged: {"%s bị sửa", "%s changed"},
}

// what says what changed, without where and when.
func (m Modification) what(lang Lang) string {
	if m.Kind == ChangeContent && m.Action == ActionAdded {
		return phrase{"nội dung được thêm đè lên trang", "content was added over the page"}.in(lang)
	}
	if action, ok := annotationActions[m.Action]; ok && m.Kind == ChangeAnnotation {
		name, known := annotationNames[m.Subtype]
		if !known {
			name = phrase{"chú thích", "annotation"}
		}
		return fmt.Sprintf(action.in(lang), name.in(lang))
	}
	p, ok := changePhrases[m.Kind]
	if !ok {
		p = changePhrases[ChangeObject]
	}
	text := p.in(lang)
	if m.Kind == ChangeNewSignature && m.Visible {
		text += phrase{", nhìn thấy được", ", visible"}.in(lang)
	}
	return text
}

// quotation gives the text that was and is.
func (m Modification) quotation(lang Lang) string {
	was, is := excerpt(m.Old), excerpt(m.New)
	switch {
	case was != "" && is != "":
		return fmt.Sprintf(phrase{": “%s” thành “%s”", ": “%s” became “%s”"}.in(lang), was, is)
	case is != "":
		return fmt.Sprintf(phrase{": “%s”", ": “%s”"}.in(lang), is)
	case was != "":
		return fmt.Sprintf(phrase{": mất “%s”", ": “%s” is gone"}.in(lang), was)
	}
	return ""
}

// excerpt cleans and shortens a text from the file.
func excerpt(s string) string {
	r := []rune(clean(strings.Join(strings.Fields(s), " ")))
	if len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return string(r)
}

// Text says in words what changed, with the page, the field, the revision and its time where known.
func (m Modification) Text(lang Lang) string {
	var b strings.Builder
	if m.Page > 0 {
		fmt.Fprintf(&b, phrase{"trang %d: ", "page %d: "}.in(lang), m.Page)
	}
	if m.Field != "" {
		fmt.Fprintf(&b, phrase{"ô “%s”: ", "field “%s”: "}.in(lang), clean(m.Field))
	}
	b.WriteString(m.what(lang))
	b.WriteString(m.quotation(lang))
	switch {
	case m.Revision > 0 && !m.Time.IsZero():
		fmt.Fprintf(&b, phrase{" (bản lưu %d, %s)", " (revision %d, %s)"}.in(lang), m.Revision, formatTime(m.Time, lang))
	case m.Revision > 0:
		fmt.Fprintf(&b, phrase{" (bản lưu %d)", " (revision %d)"}.in(lang), m.Revision)
	}
	return b.String()
}

// Explain is the verdict in a few sentences for a lay reader.
func (r *Result) Explain(lang Lang) string {
	parts := []string{r.headline(lang)}
	said := map[ReasonCode]bool{}
	for i, reason := range r.Reasons {
		if said[reason.Code] || (i > 0 && r.Indication == TotalFailed) {
			continue // one of a kind is enough, and of a failure the decisive one
		}
		said[reason.Code] = true
		parts = append(parts, reason.Text(lang))
		if reason.Code == ReasonModified {
			parts = append(parts, r.modified(lang))
		}
	}
	if r.Indication == TotalPassed {
		parts = append(parts, r.afterwards(lang))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// modified says what the first forbidden change is, and where the signed text can still be had.
func (r *Result) modified(lang Lang) string {
	text := ""
	for _, m := range r.Modifications {
		if !m.Permitted {
			text = phrase{"Cụ thể: ", "Namely: "}.in(lang) + m.Text(lang) + "."
			break
		}
	}
	if r.intact {
		text += " " + fmt.Sprintf(phrase{"Bản mà người ký đã ký vẫn còn nguyên trong tệp (bản lưu %d) và có thể trích ra.",
			"What was signed is still in the file, unchanged (revision %d), and can be extracted."}.in(lang), r.Coverage.Revision)
	}
	return text
}

// headline is the one sentence that matters.
func (r *Result) headline(lang Lang) string {
	who := "“" + clean(r.Signer) + "”"
	if r.Signer == "" {
		who = phrase{"người ký không rõ", "an unknown signer"}.in(lang)
	}
	when := formatTime(r.Time, lang)
	var p phrase
	switch {
	case r.Kind == KindDocumentTimestamp && r.Indication == TotalPassed:
		p = phrase{"Dấu thời gian hợp lệ: %w xác nhận tệp đã tồn tại lúc %t.", "Valid time-stamp: %w confirms that the file existed on %t."}
	case r.Kind == KindDocumentTimestamp && r.Indication == TotalFailed:
		p = phrase{"Dấu thời gian KHÔNG hợp lệ.", "The time-stamp is NOT valid."}
	case r.Kind == KindDocumentTimestamp:
		p = phrase{"Chưa đủ căn cứ để tin dấu thời gian của %w.", "There is not enough to trust the time-stamp of %w."}
	case r.Indication == TotalFailed:
		p = phrase{"Chữ ký của %w KHÔNG hợp lệ.", "The signature of %w is NOT valid."}
	case r.Indication != TotalPassed:
		p = phrase{"Chưa đủ căn cứ để kết luận về chữ ký của %w.", "There is not enough to decide about the signature of %w."}
	case r.TimeSource == TimeValidation:
		p = phrase{"Chữ ký của %w hợp lệ; thời điểm ký chưa được dấu thời gian chứng minh.",
			"The signature of %w is valid; no time-stamp proves when it was made."}
	default:
		p = phrase{"Chữ ký của %w hợp lệ; dấu thời gian chứng minh đã ký không muộn hơn %t.",
			"The signature of %w is valid; a time-stamp proves that it was made no later than %t."}
	}
	return strings.NewReplacer("%w", who, "%t", when).Replace(p.in(lang))
}

// afterwards says whether anything followed.
func (r *Result) afterwards(lang Lang) string {
	switch {
	case r.Coverage.WholeFile:
		return phrase{"Nó bao trùm toàn bộ tệp.", "It covers the whole file."}.in(lang)
	case len(r.Modifications) == 0:
		return ""
	}
	filled := 0
	for _, m := range r.Modifications {
		if m.Kind == ChangeFormValue {
			filled++
		}
	}
	if filled > 0 {
		return phrase{"Sau khi ký, có ô biểu mẫu được điền thêm; hãy xem danh sách thay đổi.",
			"After signing, form fields were filled in; see the list of changes."}.in(lang)
	}
	return phrase{"Sau đó chỉ có những bổ sung được phép (chữ ký, dấu thời gian, dữ liệu kiểm tra).",
		"What was added since is permitted (signatures, time-stamps, validation data)."}.in(lang)
}
