package workflow

// PeoplesCommand is a command on a covenant that a person gives as it stands, with what it does in words.
type PeoplesCommand struct {
	Command Command // its zero value; its field By is who gives it
	Names
}

// PeoplesCommands are all commands on a covenant that people give as they stand, in the order of a covenant's life. Not among
// them are those that the engine completes from a file, a key or the register (a revision, a number, a signature, a seal),
// and those that the program gives itself.
func PeoplesCommands() []PeoplesCommand {
	return []PeoplesCommand{
		{GiveReview{}, Names{"cho ý kiến về một lần dự thảo", "give an opinion on a revision"}},
		{PostComment{}, Names{"góp ý vào một điều khoản", "comment on a clause"}},
		{AnswerComment{}, Names{"trả lời một góp ý", "answer a comment"}},
		{ResolveComment{}, Names{"đánh dấu một góp ý đã giải quyết, hoặc mở lại", "settle a comment, or open it again"}},
		{DeclareConflict{}, Names{"khai báo xung đột lợi ích của một đơn vị", "declare an agency's conflict of interest"}},
		{OpenConference{}, Names{"khai mạc hội nghị", "open the conference"}},
		{HandOverChair{}, Names{"giao quyền chủ tọa hội nghị", "hand over the chair of the conference"}},
		{RecordAttendance{}, Names{"ghi một đơn vị có mặt hoặc vắng mặt", "record that an agency is present or absent"}},
		{RecordProxy{}, Names{"ghi giấy ủy quyền biểu quyết", "record a proxy"}},
		{ProposeMotion{}, Names{"đề xuất nội dung biểu quyết tại hội nghị", "propose a motion from the floor"}},
		{OpenMotions{}, Names{"đưa các nội dung ra biểu quyết", "put motions to the vote"}},
		{CastBallot{}, Names{"biểu quyết", "vote on a motion"}},
		{CountHands{}, Names{"ghi kết quả giơ tay", "record a show of hands"}},
		{CloseMotion{}, Names{"kết thúc biểu quyết và công bố kết quả", "close a motion and declare its result"}},
		{CloseConference{}, Names{"bế mạc hội nghị", "close the conference"}},
		{SettleRefusal{}, Names{"quyết định khi giao ước bị dừng", "decide what becomes of a covenant that stopped"}},
		{RefuseSignature{}, Names{"từ chối ký", "refuse to sign"}},
		{SubmitReport{}, Names{"gửi báo cáo của một đơn vị", "hand in an agency's report"}},
		{CloseReporting{}, Names{"kết thúc thời kỳ báo cáo để chấm điểm", "end the reporting so that scoring begins"}},
		{SubmitScore{}, Names{"tự chấm điểm", "score one's own agency"}},
		{VerifyScore{}, Names{"thẩm định điểm của một đơn vị", "verify an agency's scores"}},
		{AcceptScore{}, Names{"chấp nhận điểm thẩm định", "accept the verified scores"}},
		{AppealScore{}, Names{"khiếu nại điểm thẩm định", "appeal against the verified scores"}},
		{DecideAppeal{}, Names{"giải quyết khiếu nại điểm", "decide an appeal"}},
		{OpenPoll{}, Names{"mở cuộc bỏ phiếu xếp hạng hoặc bầu Khối trưởng, Khối phó", "open a poll on the ranking or on next year's leader and deputy"}},
		{CastPollBallot{}, Names{"bỏ phiếu xếp hạng hoặc bầu cử", "vote in a poll"}},
		{ClosePoll{}, Names{"kiểm phiếu và công bố kết quả", "count a poll and declare its result"}},
		{DeclareRanking{}, Names{"công bố xếp hạng", "declare the ranking"}},
		{Withdraw{}, Names{"rút dự thảo", "withdraw the draft"}},
		{Cancel{}, Names{"hủy giao ước chưa có hiệu lực", "cancel a covenant that is not in force"}},
		{Close{}, Names{"kết thúc giao ước trước thời hạn", "close a covenant in force before its time"}},
	}
}

// wordsOf are the words that a field of a type may hold.
var wordsOf = map[string][]string{
	"Opinion":     {string(OpinionApprove), string(OpinionApproveComments), string(OpinionReturn), string(OpinionReject), string(OpinionAbstain)},
	"Choice":      {string(ChoiceFor), string(ChoiceAgainst), string(ChoiceAbstain)},
	"Presence":    {string(Present), string(Absent)},
	"Consequence": {string(ThenReturn), string(ThenContinue), string(ThenCancel)},
}

// CommandWords are the words that a command's field of the named type of this package may hold; nothing where any text may
// stand.
func CommandWords(typeName string) []string { return wordsOf[typeName] }
