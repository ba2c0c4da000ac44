package templates

import "covenant/internal/words"

// Keywords of the language: Vietnamese first, English aliases beside them. All
// are compared folded to lower case with single spaces.

// directive is what a line that begins with @ does.
type directive string

// The directives.
const (
	dirIf         directive = "nếu"
	dirElse       directive = "khác"
	dirEnd        directive = "hết"
	dirEach       directive = "mỗi"
	dirLetterhead directive = "đầu trang"
	dirTitle      directive = "tiêu đề"
	dirBases      directive = "căn cứ"
	dirTo         directive = "kính gửi"
	dirTable      directive = "bảng"
	dirSignatures directive = "chữ ký"
	dirRecipients directive = "nơi nhận"
	dirAnnex      directive = "phụ lục"
	dirPageBreak  directive = "ngắt trang"
	dirLandscape  directive = "trang ngang"
	dirPortrait   directive = "trang dọc"
	dirCenter     directive = "giữa"
	dirRight      directive = "phải"
	dirTranslate  directive = "bản dịch"
	dirEnding     directive = "hết văn bản"
	dirImage      directive = "ảnh"
)

// directives maps every accepted spelling. The longest match wins.
var directives = map[string]directive{
	"nếu": dirIf, "if": dirIf,
	"khác": dirElse, "còn lại": dirElse, "else": dirElse,
	"hết": dirEnd, "end": dirEnd,
	"mỗi": dirEach, "each": dirEach,
	"đầu trang": dirLetterhead, "letterhead": dirLetterhead,
	"tiêu đề": dirTitle, "title": dirTitle,
	"căn cứ": dirBases, "bases": dirBases,
	"kính gửi": dirTo, "to": dirTo,
	"bảng": dirTable, "table": dirTable,
	"chữ ký": dirSignatures, "signatures": dirSignatures,
	"nơi nhận": dirRecipients, "recipients": dirRecipients,
	"phụ lục": dirAnnex, "annex": dirAnnex,
	"ngắt trang": dirPageBreak, "page break": dirPageBreak,
	"trang ngang": dirLandscape, "landscape": dirLandscape,
	"trang dọc": dirPortrait, "portrait": dirPortrait,
	"giữa": dirCenter, "center": dirCenter,
	"phải": dirRight, "right": dirRight,
	"bản dịch": dirTranslate, "translation": dirTranslate, "en": dirTranslate,
	"ảnh": dirImage, "image": dirImage,
	"hết văn bản": dirEnding, "end of document": dirEnding,
}

// headingWords begin a line "Chương: …"; the value is the level: 0 part, 1
// chapter, 2 section, 3 article.
var headingWords = map[string]int{
	"phần": 0, "part": 0, "chương": 1, "chapter": 1, "mục": 2, "section": 2, "điều": 3, "article": 3,
}

// typeWords name the types of variables.
var typeWords = map[string]Type{
	"văn bản": Text, "text": Text, "chữ": Text,
	"văn bản dài": LongText, "long text": LongText,
	"số": Number, "number": Number,
	"tiền": Money, "money": Money,
	"ngày": Date, "date": Date,
	"năm": Year, "year": Year,
	"có/không": YesNo, "yes/no": YesNo,
	"lựa chọn": Choice, "choice": Choice,
	"người": Person, "person": Person,
	"chức vụ": PositionHeld, "position": PositionHeld,
	"đơn vị": Agency, "agency": Agency,
	"bảng": Table, "table": Table,
}

// typeNames are the words that messages use.
var typeNames = map[Type]words.Text{
	Text:         words.Of("văn bản", "text"),
	LongText:     words.Of("văn bản dài", "long text"),
	Number:       words.Of("số", "number"),
	Money:        words.Of("tiền", "money"),
	Date:         words.Of("ngày", "date"),
	Year:         words.Of("năm", "year"),
	YesNo:        words.Of("có/không", "yes/no"),
	Choice:       words.Of("lựa chọn", "choice"),
	Person:       words.Of("người", "person"),
	PositionHeld: words.Of("chức vụ", "position"),
	Agency:       words.Of("đơn vị", "agency"),
	Table:        words.Of("bảng", "table"),
}

// fieldWords are the English aliases of the built-in fields of records.
var fieldWords = map[string]string{
	"code": "mã", "name": "tên", "short": "tên_tắt", "title": "chức_vụ", "role": "vai_trò", "seal": "con_dấu",
	"unit": "đơn_vị", "authority": "quyền", "note": "ghi_chú", "index": "thứ_tự", "address": "địa_chỉ",
	"unit_en": "tên_en", "name_en": "tên_en", "title_en": "chức_vụ_en",
}

// headerWords are the keys of the header and of variables.
var headerWords = map[string]string{
	"template": "mẫu", "title": "tên", "name": "tên", "version": "phiên bản", "valid": "hiệu lực", "from": "từ",
	"to":        "đến",
	"languages": "ngôn ngữ", "process": "quy trình", "layout": "trình bày", "variables": "biến", "description": "mô tả",
	"type": "loại", "label": "nhãn", "label_en": "nhãn_en", "required": "bắt buộc", "default": "mặc định",
	"choices": "các lựa chọn",
	"columns": "cột", "total": "tổng", "rows": "số dòng", "min": "ít nhất", "max": "nhiều nhất", "length": "dài nhất",
	"letterhead": "đầu trang", "example": "ví dụ",
}

// roleWords are the roles of a signature slot.
var roleWords = map[string]Role{
	"khối trưởng": Leader, "cụm trưởng": Leader, "leader": Leader,
	"khối phó": Deputy, "cụm phó": Deputy, "deputy": Deputy,
	"thành viên": Member, "member": Member, "": Member,
	"người chứng kiến": Witness, "chứng kiến": Witness, "witness": Witness,
}

// documentWords are the built-in values of the document itself.
var documentWords = map[string]string{
	"văn_bản.số": "number", "document.number": "number",
	"văn_bản.ký_hiệu": "symbol", "document.symbol": "symbol",
	"văn_bản.ngày": "date", "document.date": "date",
	"văn_bản.năm": "year", "document.year": "year",
	"văn_bản.địa_danh": "place", "document.place": "place",
	"văn_bản.tên": "title", "document.title": "title",
}

// documentTypes are the types of the built-in values.
var documentTypes = map[string]Type{"number": Text, "symbol": Text, "date": Date, "year": Year, "place": Text,
	"title": Text}
