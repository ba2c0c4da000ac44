package web

import (
	"reflect"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/process"
)

// actWord is a command as a button says it, and what it does.
type actWord struct {
	label, effect words.Text
	turn          bool // a covenant waits for it: it stands before what can be done besides
}

// actWords are the commands that are given on the pages by a form of their fields. A command whose fields are a table
// of its own is not among them; a test says which those are.
var actWords = map[string]actWord{
	submitCommand: {words.Of("Soạn và trình dự thảo", "Write and submit the draft"),
		words.Of("Dự thảo được lập thành văn bản và gửi đến các đơn vị để góp ý.",
			"The draft is made into a document and put before the agencies for review."), true},
	"give-review": {words.Of("Cho ý kiến", "Give an opinion"),
		words.Of("Ý kiến gắn với đúng nội dung của lần dự thảo này và được ghi vào nhật ký.",
			"The opinion is bound to the very content of this revision and recorded in the log."), true},
	"post-comment": {words.Of("Góp ý vào điều khoản", "Comment on a clause"),
		words.Of("Góp ý được gửi đến đơn vị soạn thảo.", "The comment goes to whoever drafts."), false},
	"answer-comment": {words.Of("Trả lời góp ý", "Answer a comment"),
		words.Of("Câu trả lời đứng dưới góp ý.", "The answer stands below the comment."), false},
	"resolve-comment": {words.Of("Đánh dấu góp ý đã giải quyết", "Settle a comment"),
		words.Of("Góp ý được xem là đã giải quyết; có thể mở lại.",
			"The comment counts as settled; it can be opened again."),
		true},
	"declare-conflict": {words.Of("Khai báo xung đột lợi ích", "Declare a conflict of interest"),
		words.Of("Đơn vị không tham gia quyết định nội dung này.", "The agency takes no part in deciding this."),
		false},
	"open-conference": {words.Of("Khai mạc hội nghị", "Open the conference"),
		words.Of("Hội nghị bắt đầu; có thể ghi đơn vị có mặt và đưa nội dung ra biểu quyết.",
			"The conference begins; attendance is recorded and motions are put."), true},
	"hand-over-chair": {words.Of("Giao quyền chủ tọa", "Hand over the chair"),
		words.Of("Đơn vị được giao chủ tọa từ lúc này.", "The agency chairs from now on."), false},
	"record-attendance": {words.Of("Ghi có mặt hoặc vắng mặt", "Record attendance"),
		words.Of("Số đơn vị có mặt quyết định hội nghị có đủ điều kiện họp hay không.",
			"The agencies present decide whether there is a quorum."), false},
	"record-proxy": {words.Of("Ghi giấy ủy quyền biểu quyết", "Record a proxy"),
		words.Of("Đơn vị được ủy quyền biểu quyết thay.", "The other agency votes in its place."), false},
	"propose-motion": {words.Of("Đề xuất nội dung biểu quyết", "Propose a motion"),
		words.Of("Chủ tọa quyết định đưa ra biểu quyết hay không.", "The chair decides whether it is put."), false},
	"amend-text": {words.Of("Trình văn bản sửa tại hội nghị", "Put an amended text before the conference"),
		words.Of("Các đơn vị có mặt biểu quyết trên văn bản mới.", "The members present vote on the new text."), false},
	"open-motions": {words.Of("Đưa ra biểu quyết", "Put motions to the vote"),
		words.Of("Các đơn vị bắt đầu biểu quyết.", "The members begin to vote."), true},
	"cast-ballot": {words.Of("Biểu quyết", "Vote"),
		words.Of("Mỗi đơn vị biểu quyết một lần cho mỗi nội dung.", "Each agency votes once on each motion."), true},
	"count-hands": {words.Of("Ghi kết quả giơ tay", "Record a show of hands"),
		words.Of("Kết quả đếm tại hội nghị được ghi vào nhật ký.", "The count in the hall is recorded."), false},
	"close-motion": {words.Of("Kết thúc biểu quyết", "Close a motion"),
		words.Of("Kết quả được công bố và không thay đổi nữa.", "The result is declared and changes no more."), true},
	"close-conference": {words.Of("Bế mạc hội nghị", "Close the conference"),
		words.Of("Biên bản được lập.", "The minutes are made."), true},
	"settle-refusal": {words.Of("Quyết định khi giao ước bị dừng", "Decide what becomes of the covenant"),
		words.Of("Giao ước được trả lại, tiếp tục hoặc hủy.", "The covenant goes back, goes on, or is cancelled."),
		true},
	"issue-number": {words.Of("Cấp số", "Issue the number"),
		words.Of("Văn bản được lập lần cuối với số và ngày này, rồi chuyển đến những người ký.",
			"The document is made for the last time with this number and date, and goes to those who sign."), true},
	"sign": {words.Of("Ký số", "Sign"),
		words.Of("Chữ ký số được gắn vào văn bản bằng khóa do máy chủ giữ, sau khi chứng thư được kiểm tra.",
			"The document is signed with the key that the server keeps, after its certificate was checked."), true},
	"upload-signed": {words.Of("Nộp tệp đã ký ở nơi khác", "Bring a file signed elsewhere"),
		words.Of("Tệp được nhận khi nó là văn bản này cộng thêm đúng một chữ ký hợp lệ.",
			"The file is taken if it is this document with exactly one more valid signature."), false},
	"record-paper-signature": {words.Of("Ghi chữ ký trên bản giấy", "Record a signature on paper"),
		words.Of("Chữ ký tay được ghi nhận, không thay cho chữ ký số.",
			"The signature by hand is noted; it is no digital signature."), false},
	"refuse-signature": {words.Of("Từ chối ký", "Refuse to sign"),
		words.Of("Lý do được ghi vào nhật ký và báo cho các đơn vị.",
			"The reason is recorded and told to the agencies."), false},
	"seal": {words.Of("Đóng dấu cơ quan", "Apply the agency’s seal"),
		words.Of("Dấu của cơ quan được gắn bằng khóa do máy chủ giữ.",
			"The agency’s seal is applied with the key that the server keeps."), true},
	"submit-report": {words.Of("Gửi báo cáo", "Hand in a report"),
		words.Of("Báo cáo được ghi nhận cho kỳ này; thư nhắc không gửi nữa.",
			"The report is recorded for this period; reminders stop."), true},
	"close-reporting": {words.Of("Kết thúc thời kỳ báo cáo", "End the reporting"),
		words.Of("Việc chấm điểm bắt đầu.", "Scoring begins."), false},
	"accept-score": {words.Of("Chấp nhận điểm thẩm định", "Accept the verified scores"),
		words.Of("Đơn vị không khiếu nại nữa.", "The agency appeals no more."), true},
	"open-poll": {words.Of("Mở cuộc bỏ phiếu", "Open a poll"),
		words.Of("Các đơn vị bắt đầu bỏ phiếu.", "The members begin to vote."), true},
	"close-poll": {words.Of("Kiểm phiếu", "Count a poll"),
		words.Of("Kết quả được công bố và không thay đổi nữa.", "The result is declared and changes no more."), true},
	"withdraw": {words.Of("Rút dự thảo", "Withdraw the draft"),
		words.Of("Dự thảo trở về đơn vị soạn thảo.", "The draft goes back to whoever drafts."), false},
	"cancel": {words.Of("Hủy giao ước", "Cancel the covenant"),
		words.Of("Giao ước dừng hẳn; số đã cấp được ghi hủy cùng lý do.",
			"The covenant ends here; a number that it has is voided with the reason."), false},
	"close": {words.Of("Kết thúc trước thời hạn", "Close before its time"),
		words.Of("Giao ước hết hiệu lực; các nghĩa vụ báo cáo dừng lại.",
			"The covenant ceases; its reports are owed no more."),
		false},
}

// actFields are what people fill in, by the names of fields; optional ones may be left empty.
var actFields = map[string]struct {
	label    words.Text
	long     bool // several lines
	optional bool
}{
	"values": {label: words.Of("Tệp số liệu (YAML); để trống nếu giữ số liệu hiện có",
		"Values (a YAML file); empty keeps those there are"), optional: true},
	"note":      {label: words.Of("Ghi chú", "Note"), long: true, optional: true},
	"opinion":   {label: words.Of("Ý kiến", "Opinion")},
	"comments":  {label: words.Of("Góp ý kèm theo", "Comment"), long: true, optional: true},
	"clause":    {label: words.Of("Điều khoản (ví dụ: dieu-2)", "Clause (for example: dieu-2)"), optional: true},
	"text":      {label: words.Of("Nội dung", "Text"), long: true},
	"reason":    {label: words.Of("Lý do", "Reason"), long: true},
	"secretary": {label: words.Of("Thư ký", "Secretary"), optional: true},
	"name":      {label: words.Of("Tên hội nghị", "Name of the conference"), optional: true},
	"place":     {label: words.Of("Địa điểm", "Place")},
	"person":    {label: words.Of("Người dự", "Who attends"), optional: true},
	"presence":  {label: words.Of("Có mặt hay vắng mặt", "Present or absent")},
	"to":        {label: words.Of("Giao cho", "To")},
	"given_by":  {label: words.Of("Người ký giấy", "Signed by")},
	"date":      {label: words.Of("Ngày", "Date"), optional: true},
	"document":  {label: words.Of("Văn bản (số, ngày)", "Document (number, date)"), optional: true},
	"choice":    {label: words.Of("Lựa chọn", "Choice")},
	"for":       {label: words.Of("Số tán thành", "For")},
	"against":   {label: words.Of("Số không tán thành", "Against")},
	"abstain":   {label: words.Of("Số không có ý kiến", "Abstained")},
	"casting": {label: words.Of("Phiếu quyết định của chủ tọa, khi hai bên ngang nhau",
		"The chair’s casting vote, on a tie"), optional: true},
	"opinions": {label: words.Of("Ý kiến thảo luận ghi vào biên bản", "Discussion, for the minutes"),
		long: true, optional: true},
	"motions": {label: words.Of("Nội dung đưa ra; không chọn là tất cả", "Motions; none means all"), optional: true},
	"number":  {label: words.Of("Số; để trống là số tiếp theo", "Number; empty means the next one"), optional: true},
	"pin":     {label: words.Of("Mã PIN của khóa ký", "PIN of the signing key")},
	"image": {label: words.Of("Hình chữ ký hoặc con dấu (PNG)", "Picture of the signature or seal (PNG)"),
		optional: true},
	"file":      {label: words.Of("Tệp PDF đã ký", "Signed PDF file")},
	"signatory": {label: words.Of("Người đã ký", "Who signed")},
	"scan":      {label: words.Of("Bản quét (PDF hoặc ảnh)", "Scan (PDF or picture)"), optional: true},
	"summary":   {label: words.Of("Nội dung báo cáo", "Report"), long: true},
}

// choiceWords are the words of a field of some type.
func choiceWords(t reflect.Type, value string, lang words.Language) string {
	switch t {
	case reflect.TypeFor[workflow.Opinion]():
		return workflow.Opinion(value).Word(lang)
	case reflect.TypeFor[process.Choice]():
		return process.Choice(value).Word(lang)
	}
	other := map[string]words.Text{
		"present": words.Of("Có mặt", "Present"), "absent": words.Of("Vắng mặt", "Absent"),
		"return":   words.Of("Trả lại để chỉnh sửa", "Back for revision"),
		"continue": words.Of("Tiếp tục", "Go on"), "cancel": words.Of("Hủy giao ước", "Cancel the covenant"),
	}
	return other[value].In(lang)
}
