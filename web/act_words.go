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

// actWords are the commands on a covenant, as their forms say them.
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
	"submit-score": {words.Of("Tự chấm điểm", "Score your own agency"),
		words.Of("Điểm được gửi để thẩm định; có thể gửi lại cho đến khi được thẩm định.",
			"The points go to be verified; they can be sent again until they are."), true},
	"verify-score": {words.Of("Thẩm định điểm", "Verify an agency’s scores"),
		words.Of("Điểm thẩm định được tính; đơn vị có thể khiếu nại trong thời hạn của quy trình.",
			"The verified points count; the agency may appeal within the time that the process gives."), true},
	"appeal-score": {words.Of("Khiếu nại điểm thẩm định", "Appeal against the verified scores"),
		words.Of("Mỗi đơn vị khiếu nại một lần; khiếu nại được chuyển đến nơi giải quyết theo quy trình.",
			"An agency appeals once; the appeal goes to whoever decides it under the process."), false},
	"decide-appeal": {words.Of("Giải quyết khiếu nại điểm", "Decide an appeal"),
		words.Of("Điểm này là điểm cuối cùng của đơn vị.", "These points are the agency’s final ones."), true},
	"cast-poll-ballot": {words.Of("Bỏ phiếu", "Vote in the poll"),
		words.Of("Mỗi đơn vị bỏ phiếu một lần.", "Each agency votes once."), true},
	"declare-ranking": {words.Of("Công bố xếp hạng", "Declare the ranking"),
		words.Of("Xếp hạng được công bố và không thay đổi nữa; biên bản được lập.",
			"The ranking is declared and changes no more; the minutes are made."), true},
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
	"accept-obstacles": {words.Of("Cho tiếp tục dù còn vướng mắc", "Let it go on in spite of known obstacles"),
		words.Of("Giao ước được cấp số và chốt văn bản dù còn các vướng mắc này; lý do được ghi vào nhật ký.",
			"The covenant may be numbered and frozen in spite of these; the reason is recorded."), false},
	"amend": {words.Of("Lập giao ước sửa đổi", "Start a covenant that amends this one"),
		words.Of("Giao ước sửa đổi có dự thảo, góp ý, biểu quyết và chữ ký riêng; giao ước này có hiệu lực như cũ "+
			"cho đến khi "+
			"giao ước sửa đổi có hiệu lực.",
			"The amending covenant has a draft, reviews, votes and signatures of its own; until it is in force this "+
				"one "+
				"holds as it is."), false},
	"renew": {words.Of("Lập giao ước năm sau", "Start next year’s covenant"),
		words.Of("Dự thảo năm sau được lập từ số liệu của giao ước này; chưa trình cho ai.",
			"Next year’s draft is made of this covenant’s values; it is put before nobody yet."), false},
	"make-evidence": {words.Of("Lập hồ sơ bằng chứng", "Make the evidence bundle"),
		words.Of("Hồ sơ gồm văn bản, nhật ký và mọi tệp của giao ước; việc lập hồ sơ được ghi vào sổ sự kiện. Có thể "+
			"mất vài "+
			"giây.",
			"The bundle holds the document, the log and every file of the covenant; that it was made is stated in "+
				"the "+
				"record. It may take some seconds."), false},
}

// actField is what people fill in.
type actField struct {
	label, help words.Text
	long        bool // several lines
	optional    bool
}

// actFieldOf is how a form asks for a field: as that command does, else as all do. One that is not listed is not asked
// for.
func actFieldOf(command, field string) (actField, bool) {
	if own, ok := actFields[command+"."+field]; ok {
		return own, true
	}
	word, ok := actFields[field]
	return word, ok
}

// actFields are the fields by their names, or by a command's name and theirs; optional ones may be left empty.
var actFields = map[string]actField{
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

	"open-conference.secretary": {label: words.Of("Thư ký hội nghị", "Secretary of the conference")},
	"open-conference.reason": {label: words.Of("Lý do chủ tọa thay", "Why another agency chairs"),
		help: words.Of("Chỉ cần khi không phải đơn vị chủ tọa theo quy trình khai mạc.",
			"Only needed where it is not opened by the agency that chairs under the process."), optional: true},
	"record-proxy.to":       {label: words.Of("Đơn vị được ủy quyền", "Who votes in its place")},
	"record-proxy.date":     {label: words.Of("Ngày của giấy ủy quyền", "Date of the proxy")},
	"record-proxy.document": {label: words.Of("Số, ký hiệu của giấy ủy quyền", "Number of the proxy")},

	"obstacles": {label: words.Of("Vướng mắc được chấp nhận", "Obstacles that are accepted")},
	"scores":    {label: words.Of("Điểm từng tiêu chí", "Points for each criterion")},
	"verify-score.note": {label: words.Of("Lý do khác điểm tự chấm", "Why it differs from the agency’s own score"),
		help: words.Of("Bắt buộc khi có tiêu chí khác điểm tự chấm.",
			"Needed where a criterion differs from the agency’s own score."), long: true, optional: true},
	"criteria": {label: words.Of("Tiêu chí khiếu nại", "Criteria that the appeal is about"),
		help: words.Of("Không chọn tiêu chí nào là khiếu nại tất cả.", "None means all of them."), optional: true},
	"appeal-score.reason":       {label: words.Of("Lý do khiếu nại", "Why it is appealed"), long: true},
	"decide-appeal.reason":      {label: words.Of("Lý do của quyết định", "Why it is decided so"), long: true},
	"choices":                   {label: words.Of("Lá phiếu", "The ballot"), optional: true},
	"declare-ranking.secretary": {label: words.Of("Người kiểm phiếu, thư ký", "Teller and secretary")},
	"votes": {label: words.Of("Số phiếu giấy của từng đơn vị", "Ballots on paper for each agency"),
		help: words.Of("Để trống nếu không bỏ phiếu giấy.", "Leave empty where there were none."), optional: true},
	"issued":     {label: words.Of("Số phiếu phát ra", "Ballots issued"), optional: true},
	"collected":  {label: words.Of("Số phiếu thu về", "Ballots collected"), optional: true},
	"valid":      {label: words.Of("Số phiếu hợp lệ", "Valid ballots"), optional: true},
	"new_leader": {label: words.Of("Khối trưởng năm sau", "Next year’s leader"), optional: true},
	"new_deputy": {label: words.Of("Khối phó năm sau", "Next year’s deputy"), optional: true},
	"slug": {label: words.Of("Địa chỉ của giao ước mới", "Address of the new covenant"),
		help: words.Of("Năm, gạch chéo, rồi tên bằng chữ thường không dấu, chữ số, gạch nối; ví dụ 2027/khoi-kinh-te.",
			"The year, a slash, then a name of small letters without accents, digits and hyphens: "+
				"2027/khoi-kinh-te.")},
	"title": {label: words.Of("Tên giao ước mới", "Title of the new covenant")},
	"year":  {label: words.Of("Năm", "Year")},
	"amend.values": {label: words.Of("Tệp số liệu (YAML); để trống là số liệu của giao ước này",
		"Values (a YAML file); empty means this covenant’s"), optional: true},
	"renew.values": {label: words.Of("Tệp số liệu (YAML); để trống là số liệu đề xuất",
		"Values (a YAML file); empty means those proposed"), optional: true},
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
