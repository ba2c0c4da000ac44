package signing

import (
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/signing/internal/diff"
)

// ChangeKind says what a later revision did.
type ChangeKind = diff.Kind

// The kinds that a signature may permit.
const (
	ChangeValidationData = diff.ValidationData // DSS
	ChangeMetadata       = diff.Metadata       // Info, XMP
	ChangeTimestamp      = diff.Timestamp      // in an existing field or a new one
	ChangeSignature      = diff.Signature      // an empty signature field was signed
	ChangeNewSignature   = diff.NewSignature   // a signature field was added, signed or not
	ChangeFormValue      = diff.FormValue      // a form field was filled in
)

// The kinds that are never permitted.
const (
	ChangeContent         = diff.Content
	ChangeResource        = diff.Resource // font, image, form on a page
	ChangePage            = diff.Page     // another property of a page
	ChangePageTree        = diff.PageTree // pages added, removed, moved
	ChangeAnnotation      = diff.Annotation
	ChangeOverlay         = diff.Overlay // a new field over an earlier signature
	ChangeField           = diff.Field
	ChangeAppearance      = diff.Appearance
	ChangeFieldAppearance = diff.FieldAppearance // with the field's value unchanged
	ChangeSignatureValue  = diff.SignatureValue
	ChangeStructure       = diff.Structure
	ChangeLayers          = diff.Layers
	ChangeAction          = diff.Action
	ChangeCatalog         = diff.Catalog
	ChangeTrailer         = diff.Trailer
	ChangeObject          = diff.Object
	ChangeUnreadable      = diff.Unreadable
	ChangeTrailing        = diff.Trailing
)

// Modification is one change made after a signature.
type Modification struct {
	Revision  int       // that made it, from 1; 0 for data after the last revision
	Time      time.Time // of that revision, by its own signature or time-stamp; zero if it has none
	Kind      ChangeKind
	Permitted bool   // by the signature that the result is about
	Page      int    // from 1; 0 if none or unknown
	Field     string // full name of the form field concerned
	Key       string // dictionary key concerned
	Object    int    // object number; 0 if none
	Visible   bool   // of a new signature field
	// of a new signature field: it shows something though nobody signed it in the revision that brought it
	Unsigned bool
	Seal     bool // of an overlay: it covers part of a signature as a seal does
	// Over is what a new, visible field lies over: "text", "line", "fill", "picture", "annotation", "signature", or
	// "unknown" where that cannot be found out; "" where nothing was painted.
	Over    string
	Area    Rect   // of a new, visible field, in 1/72 inch times the page's unit
	Subtype string // of an annotation, such as "FreeText"
	Action  ChangeVerb
	// of an annotation that was added: it only says or marks something and has no action; it may cover what is there
	Remark bool
	// what the text was and is, where it can be quoted: a field's value, a note's words, a page's lines
	Old, New string
	Detail   string // technical, English
}

func modificationOf(c diff.Change) Modification {
	return Modification{Revision: c.Revision, Kind: c.Kind, Page: c.Page, Field: c.Field, Key: c.Key, Object: c.Object,
		Visible: c.Visible, Unsigned: c.Unsigned, Seal: c.Seal, Over: c.Over,
		Area: Rect(c.Area), Subtype: c.Subtype, Action: c.Action, Remark: c.Remark,
		Old: c.Old, New: c.New, Detail: c.Detail}
}

// ChangeVerb says what was done to an annotation or a page's content.
type ChangeVerb = diff.Verb

// The actions; "" where it is not known or goes without saying.
const (
	ActionAdded   = diff.Added
	ActionRemoved = diff.Removed
	ActionMoved   = diff.Moved // in the order of drawing
	ActionChanged = diff.Changed
)

var changePhrases = map[ChangeKind]words.Text{
	ChangeValidationData: words.Of("thêm dữ liệu kiểm tra chữ ký (chứng thư số, tình trạng thu hồi)",
		"validation data added (certificates, revocation status)"),
	ChangeMetadata: words.Of("cập nhật thông tin mô tả của tệp",
		"the file's metadata updated"),
	ChangeTimestamp: words.Of("thêm dấu thời gian cho tài liệu",
		"document time-stamp added"),
	ChangeSignature: words.Of("ký vào ô chữ ký có sẵn",
		"an existing signature field was signed"),
	ChangeNewSignature: words.Of("thêm ô chữ ký",
		"a signature field was added"),
	ChangeFormValue: words.Of("điền vào ô biểu mẫu",
		"a form field was filled in"),
	ChangeContent: words.Of("nội dung trang bị thay đổi",
		"the page's content was changed"),
	ChangeResource: words.Of("phông chữ, hình ảnh hoặc thành phần của trang bị thay thế",
		"a font, image or other part of the page was replaced"),
	ChangePage: words.Of("thuộc tính của trang bị thay đổi",
		"a property of the page was changed"),
	ChangePageTree: words.Of("trang bị thêm, bớt hoặc đổi thứ tự",
		"pages were added, removed or reordered"),
	ChangeAnnotation: words.Of("chú thích hoặc nội dung đè lên trang bị thêm, sửa hoặc xóa",
		"an annotation, which can lie over the content, was added, changed or removed"),
	ChangeOverlay: words.Of("một ô mới được đặt đè lên chữ ký đã có",
		"a new field was laid over an earlier signature"),
	ChangeField: words.Of("cấu trúc biểu mẫu bị thay đổi",
		"the structure of the form was changed"),
	ChangeAppearance: words.Of("hình thể hiện của chữ ký đã ký bị thay thế",
		"the appearance of a signature was replaced"),
	ChangeFieldAppearance: words.Of("phần hiển thị của ô biểu mẫu bị thay trong khi giá trị của ô vẫn giữ nguyên",
		"what the form field shows was replaced while its value stayed the same"),
	ChangeSignatureValue: words.Of("một chữ ký đã có bị thay thế hoặc gỡ bỏ",
		"an earlier signature was replaced or removed"),
	ChangeStructure: words.Of("cấu trúc nội dung bị thay đổi",
		"the document's structure was changed"),
	ChangeLayers: words.Of("các lớp hiển thị bị thay đổi, nội dung ẩn có thể hiện ra hoặc ngược lại",
		"layers were changed: hidden content may show, or the reverse"),
	ChangeAction: words.Of("hành động tự động (ví dụ mã lệnh) bị thêm hoặc sửa",
		"an automatic action, such as a script, was added or changed"),
	ChangeCatalog: words.Of("thiết lập chung của tài liệu bị thay đổi",
		"a property of the whole document was changed"),
	ChangeTrailer: words.Of("gốc của tài liệu bị thay đổi",
		"the root of the document was replaced"),
	ChangeObject: words.Of("một phần của tài liệu bị thay đổi",
		"a part of the document was changed"),
	ChangeUnreadable: words.Of("phần thêm vào không đọc được",
		"what was added cannot be read"),
	ChangeTrailing: words.Of("có dữ liệu lạ sau phần cuối của tệp",
		"there is foreign data after the end of the file"),
}

var annotationNames = map[string]words.Text{
	"FreeText": words.Of("hộp văn bản",
		"text box"), "Stamp": words.Of("con dấu hoặc hình ảnh",
		"stamp or picture"), "Link": words.Of("liên kết",
		"link"),
	"Redact": words.Of("vùng che",
		"redaction"), "Highlight": words.Of("vùng tô màu",
		"highlight"), "Text": words.Of("ghi chú",
		"note"),
	"Square": words.Of("hình chữ nhật",
		"rectangle"), "Ink": words.Of("nét vẽ tay",
		"drawing"), "Widget": words.Of("ô biểu mẫu",
		"form field"),
	"FileAttachment": words.Of("tệp đính kèm",
		"attached file"), "Line": words.Of("đường kẻ",
		"line"),
}

var annotationActions = map[ChangeVerb]words.Text{
	ActionAdded: words.Of("%s được thêm đè lên nội dung",
		"%s added over the content"),
	ActionRemoved: words.Of("%s bị xóa khỏi trang",
		"%s removed from the page"),
	ActionMoved: words.Of("%s bị đổi thứ tự che khuất",
		"%s moved in front of or behind other things"),
	ActionChanged: words.Of("%s bị sửa",
		"%s changed"),
}

// what says what changed, without where and when.
func (m Modification) what() words.Text {
	if m.Kind == ChangeContent && m.Action == ActionAdded {
		return words.Of("nội dung được thêm đè lên trang", "content was added over the page")
	}
	if action, ok := annotationActions[m.Action]; ok && m.Kind == ChangeAnnotation {
		name, known := annotationNames[m.Subtype]
		if !known {
			name = words.Of("chú thích", "annotation")
		}
		return words.F(action.Vietnamese, action.English, name)
	}
	text, ok := changePhrases[m.Kind]
	if !ok {
		text = changePhrases[ChangeObject]
	}
	if m.Kind == ChangeNewSignature && m.Visible {
		text = words.Join("", text, words.Of(", nhìn thấy được", ", visible"), m.covers())
	}
	return text
}

// overPhrases say what a new field covers.
var overPhrases = map[string]words.Text{
	"text":    words.Of("che phần chữ đã có trên trang", "covering text that was on the page"),
	"line":    words.Of("che đường kẻ đã có trên trang", "covering a line that was on the page"),
	"fill":    words.Of("che hình đã có trên trang", "covering a shape that was on the page"),
	"picture": words.Of("che hình ảnh đã có trên trang", "covering a picture that was on the page"),
	"annotation": words.Of("che chú thích hoặc ô đã có trên trang",
		"covering an annotation or field that was on the page"),
	"signature": words.Of("che chữ ký đã có", "covering an earlier signature"),
	"unknown":   words.Of("ở chỗ không xác định được nó che gì", "where it cannot be found out what it covers"),
}

// list gives the rectangle's corners; nothing for none.
func (r Rect) list() []float64 {
	if r == (Rect{}) {
		return nil
	}
	return []float64{r.X0, r.Y0, r.X1, r.Y1}
}

// covers is what a new field is like: how large, what it covers, whether somebody signed it.
func (m Modification) covers() words.Text {
	out := words.F(", %.0f × %.0f pt", ", %.0f × %.0f pt", m.Area.X1-m.Area.X0, m.Area.Y1-m.Area.Y0)
	if m.Unsigned {
		out = words.Join("", out, words.Of(", có hình hiển thị mà không ai ký",
			", showing something that nobody signed"))
	}
	if over, ok := overPhrases[m.Over]; ok {
		out = words.Join(", ", out, over)
	}
	return out
}

// quotation gives the text that was and is.
func (m Modification) quotation() words.Text {
	was, is := excerpt(m.Old), excerpt(m.New)
	switch {
	case was != "" && is != "":
		return words.F(": “%s” thành “%s”", ": “%s” became “%s”", was, is)
	case is != "":
		return words.F(": “%s”", ": “%s”", is)
	case was != "":
		return words.F(": mất “%s”", ": “%s” is gone", was)
	}
	return words.Text{}
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
func (m Modification) Text() words.Text {
	var parts []words.Text
	if m.Page > 0 {
		parts = append(parts, words.F("trang %d: ", "page %d: ", m.Page))
	}
	if m.Field != "" {
		parts = append(parts, words.F("ô “%s”: ", "field “%s”: ", clean(m.Field)))
	}
	parts = append(parts, m.what(), m.quotation())
	switch {
	case m.Revision > 0 && !m.Time.IsZero():
		parts = append(parts, words.F(" (bản lưu %d, %s)", " (revision %d, %s)", m.Revision, timeText(m.Time)))
	case m.Revision > 0:
		parts = append(parts, words.F(" (bản lưu %d)", " (revision %d)", m.Revision))
	}
	return words.Join("", parts...)
}
