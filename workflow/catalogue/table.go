package catalogue

import (
	"context"
	"reflect"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// table is every command, made at the start: a command that tells of others looks into it.
var table []Command

func init() { table = commands() }

// commands are all commands. One of the rules that needs nothing beside its fields takes one line here.
func commands() []Command {
	return []Command{
		drafting("draft", "lập dự thảo giao ước mới ở địa chỉ này", "draft a new covenant at this address", draft),
		completed("submit-revision", "trình một lần dự thảo cho các đơn vị", "put a revision before the agencies",
			submitRevision),
		decided[workflow.GiveReview]("cho ý kiến về một lần dự thảo", "give an opinion on a revision"),
		decided[workflow.PostComment]("góp ý vào một điều khoản", "comment on a clause"),
		decided[workflow.AnswerComment]("trả lời một góp ý", "answer a comment"),
		decided[workflow.ResolveComment]("đánh dấu một góp ý đã giải quyết, hoặc mở lại",
			"settle a comment, or open it again"),
		decided[workflow.DeclareConflict]("khai báo xung đột lợi ích của một đơn vị",
			"declare an agency's conflict of interest"),
		decided[workflow.OpenConference]("khai mạc hội nghị", "open the conference"),
		decided[workflow.HandOverChair]("giao quyền chủ tọa hội nghị", "hand over the chair of the conference"),
		decided[workflow.RecordAttendance]("ghi một đơn vị có mặt hoặc vắng mặt",
			"record that an agency is present or absent"),
		decided[workflow.RecordProxy]("ghi giấy ủy quyền biểu quyết", "record a proxy"),
		decided[workflow.ProposeMotion]("đề xuất nội dung biểu quyết tại hội nghị", "propose a motion from the floor"),
		completed("amend-text", "trình văn bản sửa ngay tại hội nghị",
			"put a text amended on the spot before the conference", amendText),
		decided[workflow.OpenMotions]("đưa các nội dung ra biểu quyết", "put motions to the vote"),
		decided[workflow.CastBallot]("biểu quyết", "vote on a motion"),
		decided[workflow.CountHands]("ghi kết quả giơ tay", "record a show of hands"),
		decided[workflow.CloseMotion]("kết thúc biểu quyết và công bố kết quả",
			"close a motion and declare its result"),
		decided[workflow.CloseConference]("bế mạc hội nghị", "close the conference"),
		decided[workflow.SettleRefusal]("quyết định khi giao ước bị dừng",
			"decide what becomes of a covenant that stopped"),
		decided[workflow.AcceptObstacles]("chấp nhận vướng mắc đã biết để được cấp số",
			"accept known obstacles, so that the number may be issued"),
		completed("issue-number", "cấp số và ngày; không nêu số thì lấy số tiếp theo",
			"issue number and date; without a number, the next one", issueNumber),
		completed("sign", "ký bằng khóa do máy chủ giữ", "sign with the key that the server keeps", sign),
		completed("upload-signed", "nộp tệp đã ký ở nơi khác", "bring the file that was signed elsewhere",
			uploadSigned),
		completed("record-paper-signature", "ghi chữ ký trên bản giấy", "record a signature on paper", recordPaper),
		decided[workflow.RefuseSignature]("từ chối ký", "refuse to sign"),
		completed("seal", "đóng dấu cơ quan bằng khóa do máy chủ giữ",
			"apply an agency's seal with the key that the server keeps", seal),
		decided[workflow.SubmitReport]("gửi báo cáo của một đơn vị", "hand in an agency's report"),
		decided[workflow.CloseReporting]("kết thúc thời kỳ báo cáo để chấm điểm",
			"end the reporting so that scoring begins"),
		decided[workflow.SubmitScore]("tự chấm điểm", "score one's own agency"),
		decided[workflow.VerifyScore]("thẩm định điểm của một đơn vị", "verify an agency's scores"),
		decided[workflow.AcceptScore]("chấp nhận điểm thẩm định", "accept the verified scores"),
		decided[workflow.AppealScore]("khiếu nại điểm thẩm định", "appeal against the verified scores"),
		decided[workflow.DecideAppeal]("giải quyết khiếu nại điểm", "decide an appeal"),
		decided[workflow.OpenPoll]("mở cuộc bỏ phiếu xếp hạng hoặc bầu Khối trưởng, Khối phó",
			"open a poll on the ranking or on next year's leader and deputy"),
		decided[workflow.CastPollBallot]("bỏ phiếu xếp hạng hoặc bầu cử", "vote in a poll"),
		decided[workflow.ClosePoll]("kiểm phiếu và công bố kết quả", "count a poll and declare its result"),
		decided[workflow.DeclareRanking]("công bố xếp hạng", "declare the ranking"),
		decided[workflow.Withdraw]("rút dự thảo", "withdraw the draft"),
		decided[workflow.Cancel]("hủy giao ước chưa có hiệu lực", "cancel a covenant that is not in force"),
		decided[workflow.Close]("kết thúc giao ước trước thời hạn", "close a covenant in force before its time"),
		own(OnCovenant, "amend", "lập giao ước sửa đổi giao ước này", "start a covenant that amends this one", amend),
		own(OnCovenant, "renew", "lập giao ước năm sau từ giao ước này", "start next year's covenant from this one",
			renew),
		reading(own(OnCovenant, "show", "cho biết giao ước đang ở đâu, đến lượt ai",
			"show where a covenant stands and whose turn it is", show)),
		own(OnCovenant, "make-evidence", "lập hồ sơ bằng chứng (.zip) và ghi nhận nó vào sổ sự kiện",
			"make the evidence bundle (.zip), and tell the record of it", makeEvidence),

		own(OnInstallation, "apply-block", "cập nhật danh bạ theo tệp khối",
			"bring the directory in step with a block file", applyBlock),
		own(OnInstallation, "keep-key", "giao máy chủ giữ khóa ký hoặc khóa của con dấu",
			"have the server keep a signing key, or that of a seal", keepKey),
		decided[workflow.AssignPosition]("giao chức vụ", "give a person a position"),
		decided[workflow.EndPosition]("kết thúc chức vụ và bàn giao", "end a position and hand it over"),
		decided[workflow.GrantDelegation]("ghi một ủy quyền", "delegate duties"),
		decided[workflow.RevokeDelegation]("thu hồi ủy quyền", "revoke a delegation"),
		decided[workflow.GrantRight]("giao quyền quản trị hoặc kiểm tra", "give the right to administer or to audit"),
		decided[workflow.RevokeRight]("thu hồi quyền quản trị hoặc kiểm tra",
			"take the right to administer or to audit back"),
		decided[workflow.BindCertificate]("gắn chứng thư số với người hoặc con dấu",
			"bind a certificate to a person or a seal"),
		decided[workflow.ConfirmCertificate]("xác nhận chứng thư số đang chờ",
			"confirm a certificate that waits for it"),
		decided[workflow.UnbindCertificate]("gỡ chứng thư số", "unbind a certificate"),
		decided[workflow.ReplaceCertificate]("thay chứng thư số", "replace a certificate"),
		decided[workflow.SetBindingRule]("đặt quy tắc gắn chứng thư số theo chủ thể",
			"bind certificates by their subject"),
		decided[workflow.EndBindingRule]("bỏ quy tắc gắn chứng thư số", "end a rule that binds certificates"),

		own(OnInstallation, "send-access-code", "gửi mã một lần để lập mã truy cập",
			"send somebody the one-time code for an access token", sendAccessCode),
		own(OnInstallation, "make-access-token", "lập mã truy cập bằng mã một lần",
			"make an access token of a one-time code", makeAccessToken),
		reading(own(OnInstallation, "list-access-tokens", "liệt kê mã truy cập của một người",
			"list somebody's access tokens", listAccessTokens)),
		own(OnInstallation, "revoke-access-token", "thu hồi một mã truy cập", "revoke an access token",
			revokeAccessToken),

		reading(own(OnInstallation, "list-mails", "liệt kê thư chưa gửi được và lý do",
			"list the mails that are not sent, and why", listMails)),
		own(OnInstallation, "resend-mails", "gửi lại một thư, các thư cùng loại, hoặc tất cả thư chưa gửi được",
			"send unsent mails again: one, those of a kind, or all", resendMails),

		own(OnInstallation, "confirm-clock", "xác nhận đồng hồ máy chủ đang đúng",
			"confirm that the server's clock is right", confirmClock),
		own(OnInstallation, "confirm-secret-copy", "xác nhận khóa máy chủ có bản cất giữ ở nơi khác",
			"confirm that a copy of the server's secret is kept elsewhere", confirmSecretCopy),

		decided[workflow.ReserveNumber]("giữ một số trong sổ", "keep a number of the register back"),
		decided[workflow.EnterNumber]("ghi số đã cấp trên giấy", "record a number given on paper"),
		decided[workflow.ExplainNumber]("giải thích số không dùng", "say why a number is not used"),
	}
}

// decided is a command of the rules, carried out as it stands; it is named by its type: GiveReview is give-review.
func decided[C workflow.Command](vi, en string) Command {
	var zero C
	c := Command{Name: nameOf(reflect.TypeFor[C]()), Words: words.Of(vi, en), Params: reflect.TypeFor[C]()}
	switch workflow.LogOf(zero) {
	case workflow.OfDirectory:
		c.Scope, c.run = OnInstallation, direct
	case workflow.OfRegister:
		c.Scope, c.run = OnRegister, keepRegister
	default:
		c.run = onCovenant(func(
			ctx context.Context, r *run, id workflow.CovenantID, params any,
		) (engine.Outcome, error) {
			return r.eng.Do(ctx, id, params.(workflow.Command), r.meta()) //nolint:forcetypeassert // Decode made it
		})
	}
	return c
}

// completed is a command on a covenant that the engine completes from a file, a key or the register.
func completed[P any](
	name, vi, en string, do func(context.Context, *run, workflow.CovenantID, P) (engine.Outcome, error),
) Command {
	return Command{
		Name: name, Words: words.Of(vi, en), Params: reflect.TypeFor[P](),
		run: onCovenant(func(ctx context.Context, r *run, id workflow.CovenantID, params any) (engine.Outcome, error) {
			return do(ctx, r, id, params.(P)) //nolint:forcetypeassert // Decode made it
		}),
	}
}

// own is a command with an answer of its own.
func own[P any](scope Scope, name, vi, en string, do func(context.Context, *run, P) (Answer, error)) Command {
	return Command{
		Name: name, Words: words.Of(vi, en), Scope: scope, Params: reflect.TypeFor[P](),
		run: func(ctx context.Context, r *run, params any) (Answer, error) {
			return do(ctx, r, params.(P)) //nolint:forcetypeassert // Decode made it
		},
	}
}

// drafting is own for a command that starts a covenant at the call's address.
func drafting[P any](name, vi, en string, do func(context.Context, *run, P) (Answer, error)) Command {
	return own(NewCovenant, name, vi, en, do)
}

func reading(c Command) Command {
	c.Reads = true
	return c
}
