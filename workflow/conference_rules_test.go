package workflow

import (
	"fmt"
	"strings"
	"testing"

	"covenant/workflow/calendar"
)

const bigHall = `  - {id: hn, kind: vote, NAME, due: {days: 3}, vote: {quorum: 2/3, fail: again, chair: [leader, deputy], motions: [{id: m, vi: Chương trình, en: Programme}, {id: n, vi: Quy chế, en: Regulation}],
     conference: {place: Hội trường, RULES}}}
`

// sitting is an open conference of six members of which four are there.
func sitting(rules string) func(testing.TB) *fixture {
	return func(t testing.TB) *fixture {
		w := under(t, 6, strings.Replace(bigHall, "RULES", rules, 1))
		w.must(t, as("a0-head", OpenConference{Secretary: "a0-officer"}))
		w.here(t, "a0", "a1", "a2", "a3")
		return w
	}
}

// presence is who is there, and for whom by proxy.
func (w *fixture) presence() string {
	var out []string
	s := w.state.Covenant.Sitting()
	for _, p := range w.state.Covenant.Parties {
		switch s.Presence(p.Agency) {
		case Present:
			out = append(out, string(p.Agency))
		case ByProxy:
			proxy, _ := s.ProxyOf(p.Agency)
			out = append(out, fmt.Sprintf("%s>%s", p.Agency, proxy.To))
		}
	}
	return strings.Join(out, " ")
}

func attends(a AgencyID, p Presence) RecordAttendance {
	return RecordAttendance{Agency: a, Person: PersonID(a + "-head"), Presence: p}
}

func proxy(from, to AgencyID) RecordProxy {
	return RecordProxy{From: from, To: to, GivenBy: PersonID(from + "-head"), Date: calendar.On(2026, 3, 25),
		Document: "GUQ 5"}
}

func TestAttendanceAndProxies(t *testing.T) {
	const secretary = PersonID("a0-officer")
	given := as(secretary, proxy("a4", "a1"))
	behaviour{sitting("proxies: 1"), (*fixture).presence, []situation{
		{name: "comes late", does: as(secretary, attends("a4", Present)), events: "attendance_recorded",
			want: "a0 a1 a2 a3 a4"},
		{name: "leaves", does: as(secretary, attends("a3", Absent)), events: "attendance_recorded", want: "a0 a1 a2"},
		{name: "recorded by itself", does: as("a4-head", attends("a4", Present)), events: "attendance_recorded",
			want: "a0 a1 a2 a3 a4"},
		{name: "recorded by the chair", does: as("a0-head", attends("a4", Present)), events: "attendance_recorded"},
		{name: "recorded by another member", does: as("a1-head", attends("a4", Present)), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Ông a4"},
		{name: "of who takes no part", does: as(secretary, attends("x", Present)), code: CodeForbidden,
			vi: "x không tham gia giao ước này", en: "x takes no part in this covenant"},
		{name: "the witness", does: as(secretary, attends("w", Present)), events: "attendance_recorded",
			want: "a0 a1 a2 a3 w"},
		{name: "by nobody known", does: as(secretary, RecordAttendance{Agency: "a4", Person: "x", Presence: Present}),
			code: CodeInvalid, vi: "cần ghi người dự có trong danh bạ", en: "say who attends, from the directory"},
		{name: "as a proxy", does: as(secretary, attends("a4", ByProxy)), code: CodeInvalid,
			vi: "ủy quyền ghi bằng văn bản ủy quyền", en: "a proxy is recorded with its document"},
		{name: "the same again", does: as(secretary, attends("a3", Present)), code: CodeConflict,
			vi: "Cơ quan a3 đã được ghi như vậy", en: "Cơ quan a3 is recorded so already"},
		{name: "another person of the same agency", does: as(secretary, RecordAttendance{Agency: "a3",
			Person: "a3-officer", Presence: Present}), events: "attendance_recorded", want: "a0 a1 a2 a3"},
		{name: "a proxy", does: given, events: "proxy_recorded", want: "a0 a1 a2 a3 a4>a1"},
		{name: "a proxy, and then it comes itself", given: []Command{given},
			does: as(secretary, attends("a4", Present)), events: "attendance_recorded", want: "a0 a1 a2 a3 a4"},
		{name: "a proxy whose holder leaves", given: []Command{given}, does: as(secretary, attends("a1", Absent)),
			events: "attendance_recorded", want: "a0 a2 a3"},
		{name: "a proxy whose holder comes back", given: []Command{given, as(secretary, attends("a1", Absent))},
			does: as(secretary, attends("a1", Present)), events: "attendance_recorded", want: "a0 a1 a2 a3 a4>a1"},
		{name: "a second proxy for one holder", given: []Command{given}, does: as(secretary, proxy("a5", "a1")),
			code: CodeForbidden, vi: "Cơ quan a1 đã nhận đủ 1 ủy quyền", en: "Cơ quan a1 holds 1 proxy already"},
		{name: "a second proxy for another holder", given: []Command{given}, does: as(secretary, proxy("a5", "a2")),
			events: "proxy_recorded", want: "a0 a1 a2 a3 a4>a1 a5>a2"},
		{name: "a proxy twice", given: []Command{given}, does: as(secretary, proxy("a4", "a2")), code: CodeConflict,
			vi: "Cơ quan a4 đã ủy quyền", en: "Cơ quan a4 has given a proxy already"},
		{name: "a proxy passed on", given: []Command{given}, does: as(secretary, proxy("a5", "a4")),
			code: CodeForbidden, vi: "không được ủy quyền lại", en: "cannot be passed on"},
		{name: "a proxy of who holds one", given: []Command{given, as(secretary, attends("a1", Absent))},
			does: as(secretary, proxy("a1", "a2")), code: CodeForbidden, vi: "không được ủy quyền lại",
			en: "cannot be passed on"},
		{name: "a proxy of who is there", does: as(secretary, proxy("a3", "a1")), code: CodeWrongState,
			vi: "Cơ quan a3 đang có mặt", en: "Cơ quan a3 is present"},
		{name: "a proxy to itself", does: as(secretary, proxy("a4", "a4")), code: CodeInvalid,
			vi: "phải là hai đơn vị khác nhau", en: "must be different agencies"},
		{name: "a proxy to the witness", does: as(secretary, proxy("a4", "w")), code: CodeInvalid,
			vi: "có quyền biểu quyết", en: "with a vote"},
		{name: "a proxy of tomorrow", does: as(secretary, func() RecordProxy {
			p := proxy("a4", "a1")
			p.Date = calendar.On(2026, 3, 27)
			return p
		}()), code: CodeInvalid, vi: "ngày không sau hôm nay", en: "dated today or before"},
	}}.run(t)
	behaviour{sitting("floor: true"), nil, []situation{
		{name: "a proxy where there are none", does: given, code: CodeForbidden,
			vi: "không cho ủy quyền biểu quyết", en: "allow no proxies"},
	}}.run(t)
}

// motions are how the motions stand: put, open with so many votes, or decided.
func (w *fixture) motions() string {
	var out []string
	for _, m := range w.state.Covenant.Motions {
		switch {
		case m.Result != nil:
			out = append(out, fmt.Sprintf("%s=%d:%d:%d %v", m.ID, m.Result.For, m.Result.Against, m.Result.Abstain,
				m.Result.Passed))
		case m.Hands != nil:
			out = append(out, fmt.Sprintf("%s?%d hands", m.ID, m.Hands.For+m.Hands.Against+m.Hands.Abstain))
		case m.Opened:
			out = append(out, fmt.Sprintf("%s?%d", m.ID, m.Cast()))
		default:
			out = append(out, string(m.ID))
		}
	}
	return strings.Join(out, ", ")
}

func TestMotionsInTheHall(t *testing.T) {
	chair := func(c Command) Command { return as("a0-head", c) }
	open := chair(OpenMotions{Motions: []MotionID{"m"}})
	hands := chair(CountHands{Motion: "m", For: 3, Against: 1})
	vote := func(a AgencyID, c Choice) Command {
		return as(PersonID(a+"-head"), CastBallot{Agency: a, Motion: "m", Choice: c})
	}
	leave := as("a0-officer", attends("a3", Absent))
	behaviour{sitting("hands: true, floor: true"), (*fixture).motions, []situation{
		{name: "put one", does: open, events: "motion_opened", want: "m?0"},
		{name: "put all", does: chair(OpenMotions{}), events: "motion_opened motion_opened", want: "m?0, n?0"},
		{name: "put none that there is", does: chair(OpenMotions{Motions: []MotionID{"x"}}), code: CodeNotFound,
			vi: "nội dung \"x\" không có", en: "there is no motion \"x\""},
		{name: "put one twice at once", does: chair(OpenMotions{Motions: []MotionID{"m", "m"}}), code: CodeNotFound,
			vi: "nội dung \"m\"", en: "motion \"m\""},
		{name: "put one again", given: []Command{open}, does: open, code: CodeNotFound, vi: "đã đưa ra biểu quyết",
			en: "it was put already"},
		{name: "put by a member", does: as("a1-head", OpenMotions{}), code: CodeForbidden, vi: "thẩm quyền",
			en: "those who may: Ông a0"},
		{name: "put without a quorum", given: []Command{leave}, does: open, code: CodeWrongState,
			vi: "hội nghị chưa đủ số người dự: có mặt 3/6, cần ít nhất 4", en: "3 of 6 are present, at least 4"},
		{name: "voted", given: []Command{open}, does: vote("a1", ChoiceFor), events: "ballot_cast", want: "m?1"},
		{name: "voted by who is not there", given: []Command{open}, does: vote("a4", ChoiceFor), code: CodeWrongState,
			vi: "Cơ quan a4 không có mặt", en: "Cơ quan a4 is not at the conference"},
		{name: "voted before it is put", does: vote("a1", ChoiceFor), code: CodeNotFound,
			vi: "nội dung biểu quyết", en: "motion"},
		{name: "voted in a way that there is not", given: []Command{open}, does: vote("a1", "maybe"),
			code: CodeInvalid, vi: "tán thành", en: "for"},
		{name: "counted by hands", given: []Command{open}, does: hands, events: "hands_counted", want: "m?4 hands"},
		{name: "counted again", given: []Command{open, hands}, does: chair(CountHands{Motion: "m", For: 4}),
			events: "hands_counted", want: "m?4 hands"},
		{name: "counted more than are there", given: []Command{open}, does: chair(CountHands{Motion: "m", For: 5}),
			code: CodeInvalid, vi: "có mặt 4 đơn vị, đếm được 5", en: "4 agencies are present, 5 were counted"},
		{name: "counted less than none", given: []Command{open}, does: chair(CountHands{Motion: "m", For: -1}),
			code: CodeInvalid, vi: "số phiếu không hợp lệ", en: "the count cannot be"},
		{name: "counted beyond all numbers", given: []Command{open}, does: chair(CountHands{Motion: "m",
			For: 1 << 62, Against: 1 << 62, Abstain: 1 << 62}), code: CodeInvalid, vi: "số phiếu không hợp lệ",
			en: "the count cannot be"},
		{name: "counted by hands and voted", given: []Command{open, vote("a1", ChoiceFor)}, does: hands,
			code: CodeConflict, vi: "đang được biểu quyết điện tử", en: "is being voted on electronically"},
		{name: "voted and counted by hands", given: []Command{open, hands}, does: vote("a1", ChoiceFor),
			code: CodeWrongState, vi: "giơ tay", en: "hands"},
		{name: "closed", given: []Command{open, hands}, does: chair(CloseMotion{Motion: "m"}), events: "motion_closed",
			want: "m=3:1:0 true"},
		{name: "closed though one who voted has left", given: []Command{open, vote("a3", ChoiceFor),
			vote("a0", ChoiceFor), vote("a1", ChoiceFor), leave}, does: chair(CloseMotion{Motion: "m"}),
			events: "motion_closed", want: "m=3:0:0 true"},
		{name: "closed without a quorum", given: []Command{open, leave}, does: chair(CloseMotion{Motion: "m"}),
			code: CodeWrongState, vi: "có mặt 3/6", en: "3 of 6 are present"},
		{name: "lapsed without a quorum", given: []Command{open, leave},
			does: chair(CloseMotion{Motion: "m", Lapse: true}), events: "motion_closed", want: "m=0:0:0 false"},
		{name: "closed twice", given: []Command{open, hands, chair(CloseMotion{Motion: "m"})},
			does: chair(CloseMotion{Motion: "m"}), code: CodeWrongState, vi: "đã kết thúc", en: "closed"},
		{name: "proposed from the floor", does: as("a1-head", ProposeMotion{Agency: "a1", Text: "Hội thao"}),
			events: "motion_proposed", want: "de-nghi-1"},
		{name: "proposed from the floor at length", does: as("a1-head", ProposeMotion{Agency: "a1",
			Text: strings.Repeat("x", maxComment+1)}), code: CodeInvalid, vi: "không quá dài",
			en: "at too great length"},
		{name: "proposed by who is not there", does: as("a4-head", ProposeMotion{Agency: "a4", Text: "x"}),
			code: CodeForbidden, vi: "Cơ quan a4 không biểu quyết", en: "Cơ quan a4 does not vote"},
		{name: "proposed by the witness", does: as("w-head", ProposeMotion{Agency: "w", Text: "x"}),
			code: CodeForbidden, vi: "Cơ quan w không biểu quyết", en: "Cơ quan w does not vote"},
		{name: "the text amended where it may not be", does: AmendText{revision(2)}, code: CodeForbidden,
			vi: "không cho sửa văn bản tại chỗ", en: "do not allow the text to be amended"},
		{name: "closed with a motion open", given: []Command{open}, does: chair(CloseConference{}),
			code: CodeWrongState, vi: "còn nội dung chưa công bố kết quả", en: "a motion is still open"},
		{name: "adjourned", does: chair(CloseConference{Opinions: "x"}), events: "conference_closed"},
		{name: "adjourned twice", given: []Command{chair(CloseConference{})}, does: chair(CloseConference{}),
			code: CodeWrongState, vi: "hội nghị chưa khai mạc", en: "the conference is not open"},
		{name: "opened twice", does: chair(OpenConference{Secretary: "a0-officer"}), code: CodeConflict,
			vi: "hội nghị đã khai mạc", en: "the conference is open already"},
	}}.run(t)
}

func TestChairs(t *testing.T) {
	look := func(w *fixture) string { return string(w.state.Chair()) }
	hand := func(by PersonID, to AgencyID) Command { return as(by, HandOverChair{To: to, Reason: "bận họp"}) }
	conflict := as("a0-head", DeclareConflict{Agency: "a0", Motion: "m", Reason: "liên quan"})
	put := as("a0-head", OpenMotions{Motions: []MotionID{"m"}})
	behaviour{sitting("floor: true"), look, []situation{
		{name: "handed over", does: hand("a0-head", "a1"), events: "chair_handed_over", want: "a1"},
		{name: "handed back", given: []Command{hand("a0-head", "a1")}, does: hand("a1-head", "a0"),
			events: "chair_handed_over", want: "a0"},
		{name: "handed to oneself", does: hand("a0-head", "a0"), code: CodeConflict, vi: "Cơ quan a0 đang chủ tọa",
			en: "Cơ quan a0 is in the chair already"},
		{name: "handed to who never chairs", does: hand("a0-head", "a2"), code: CodeForbidden,
			vi: "Cơ quan a2 không chủ tọa", en: "Cơ quan a2 does not chair"},
		{name: "taken", does: hand("a1-head", "a1"), code: CodeForbidden, vi: "thẩm quyền",
			en: "those who may: Ông a0"},
		{name: "taken from who left", given: []Command{as("a0-officer", attends("a0", Absent))},
			does: hand("a1-head", "a1"), events: "chair_handed_over", want: "a1"},
		{name: "taken from who is in conflict", given: []Command{put, conflict}, does: hand("a1-head", "a1"),
			events: "chair_handed_over", want: "a1"},
		{name: "handed to who is not there", given: []Command{as("a0-officer", attends("a1", Absent))},
			does: hand("a0-head", "a1"), code: CodeWrongState, vi: "Cơ quan a1 chưa có mặt",
			en: "Cơ quan a1 is not at the conference"},
		{name: "closing what one is in conflict about", given: []Command{put, conflict},
			does: as("a0-head", CloseMotion{Motion: "m"}), code: CodeForbidden,
			vi: "hãy giao quyền chủ tọa cho Cơ quan a1", en: "hand the chair over to Cơ quan a1 first"},
		{name: "the former chair closes", given: []Command{hand("a0-head", "a1")},
			does: as("a0-head", CloseConference{}), code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Ông a1"},
		{name: "for no reason", does: as("a0-head", HandOverChair{To: "a1"}), code: CodeInvalid,
			vi: "cần nêu lý do", en: "say why"},
	}}.run(t)
}
