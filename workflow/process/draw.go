package process

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"covenant/internal/words"
)

// Measures of the drawing, in pixels. The stages stand in a column; what passes a stage over runs on its left, what
// goes back to the drafter on its right.
const (
	drawWidth  = 920
	drawLeft   = 190 // of the boxes
	drawBox    = 440 // their width
	drawGap    = 44  // between boxes
	drawMargin = 20
	drawBypass = 160 // x of the line past a conditional stage
	drawReturn = 690 // x of the line back to the drafter

	headChars  = 46 // of a heading that fit into a box
	textChars  = 62
	noteChars  = 30 // beside it on the right
	whenChars  = 18 // beside it on the left
	lineHeight = 19
)

// drawing is an SVG picture in the making.
type drawing struct {
	bytes.Buffer
	lang words.Language
	y    int
}

// drawnBox is where a box stands.
type drawnBox struct{ top, bottom int }

func (b drawnBox) middle() int { return (b.top + b.bottom) / 2 }

// SVG draws the process from the draft to its end: every stage with what decides it, what passes it over, what sends
// the draft back and what a missed deadline does. The picture follows the reader's light or dark scheme.
func (p *Process) SVG(lang words.Language) []byte {
	d := &drawing{lang: lang, y: drawMargin}
	d.text("h", drawMargin, d.y+16, p.Name.In(lang))
	d.y += 40
	draft := d.box("round", words.Of("Soạn, trình dự thảo", "Draft, submitted as a revision").In(lang), nil)
	returns := 0
	for i, s := range p.Stages {
		from := d.y
		d.y += drawGap
		if !s.When.IsZero() {
			d.y += 8
		}
		box := d.box("", fmt.Sprintf("%d. %s", i+1, s.Label(lang)), s.decidedBy(lang))
		d.arrow(fmt.Sprintf("M%d %dV%d", drawLeft+drawBox/2, from, box.top), false)
		if !s.When.IsZero() {
			d.bypass(s, from, box)
		}
		returns += d.returns(s, box, draft)
		d.notes(s, box)
	}
	d.end(p)
	if returns > 0 {
		d.text("m", drawReturn+14, draft.middle()+5, words.Of("trả lại để chỉnh sửa", "back for revision").In(lang))
	}
	var out bytes.Buffer
	height := d.y + drawMargin
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Be Vietnam Pro, Noto Sans, sans-serif" role="img" aria-label="%s">`,
		drawWidth, height, drawWidth, height, html.EscapeString(p.Name.In(lang)))
	out.WriteString(`<style>text{fill:#1c2733;font-size:14px}.m{fill:#51606e;font-size:13px}.h{font-weight:600;font-size:15px}` +
		`rect{fill:#fff;stroke:#51606e}.round{fill:#eef4fb}.a{stroke:#51606e;fill:none}.tip{fill:#51606e;stroke:none}` +
		`@media(prefers-color-scheme:dark){text{fill:#e8edf2}.m{fill:#a9b7c4}rect{fill:#1c2733;stroke:#a9b7c4}.round{fill:#22344a}.a{stroke:#a9b7c4}.tip{fill:#a9b7c4}}</style>`)
	out.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>`)
	out.Write(d.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func (d *drawing) text(class string, x, y int, text string) {
	fmt.Fprintf(d, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, html.EscapeString(text))
}

// lines writes text below one another and gives how many lines there are.
func (d *drawing) lines(class string, x, y int, lines []string) int {
	for i, line := range lines {
		d.text(class, x, y+i*lineHeight, line)
	}
	return len(lines)
}

func (d *drawing) arrow(path string, dashed bool) {
	dash := ""
	if dashed {
		dash = ` stroke-dasharray="5 4"`
	}
	fmt.Fprintf(d, `<path class="a" d="%s"%s marker-end="url(#a)"/>`, path, dash)
}

// box draws a box with a heading and lines, as high as they need.
func (d *drawing) box(class, heading string, facts []string) drawnBox {
	heads := wrap(heading, headChars)
	var lines []string
	for _, fact := range facts {
		lines = append(lines, wrap(fact, textChars)...)
	}
	height := (len(heads)+len(lines))*lineHeight + 22
	fmt.Fprintf(d, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, class, drawLeft, d.y, drawBox, height)
	n := d.lines("h", drawLeft+14, d.y+24, heads)
	d.lines("m", drawLeft+14, d.y+24+n*lineHeight, lines)
	box := drawnBox{d.y, d.y + height}
	d.y += height
	return box
}

// bypass draws the way past a stage whose condition does not hold, with the condition beside it.
func (d *drawing) bypass(s Stage, from int, box drawnBox) {
	x := drawLeft + drawBox/2
	d.arrow(fmt.Sprintf("M%d %dH%dV%dH%d", x, from+14, drawBypass, box.bottom+16, x), true)
	label := wrap(words.Of("bỏ qua, trừ khi ", "passed over unless ").In(d.lang)+s.When.Words(d.lang), whenChars)
	d.lines("m", drawMargin, max(box.middle()-len(label)*lineHeight/2+12, from+34), label)
}

// returns draws the way back to the drafter, where a stage has one.
func (d *drawing) returns(s Stage, box, draft drawnBox) int {
	if !s.sendsBack() {
		return 0
	}
	d.arrow(fmt.Sprintf("M%d %dH%dV%dH%d", drawLeft+drawBox, box.middle(), drawReturn, draft.middle(),
		drawLeft+drawBox), true)
	return 1
}

// sendsBack reports whether anything in the stage can send the draft back to its drafter by itself.
func (s Stage) sendsBack() bool {
	late := slices.ContainsFunc(s.Escalate, func(r EscalationRule) bool { return r.Then == ThenReturn })
	switch s.Kind {
	case StageReview:
		return true
	case StageVote:
		return late || s.Vote != nil && s.Vote.Fail == ThenReturn
	case StageSign:
		return late || s.Sign != nil && s.Sign.Refusal == ThenReturn
	}
	return late
}

// notes writes beside a stage what stops it and what its deadline does.
func (d *drawing) notes(s Stage, box drawnBox) {
	var notes []string
	add := func(vi, en string, args ...any) {
		notes = append(notes, words.F(vi, en, args...).In(d.lang))
	}
	switch {
	case s.Review != nil && s.Review.Reject != ThenCount:
		add("không nhất trí: %s", "rejected: %s", s.Review.Reject.drawn(d.lang))
	case s.Vote != nil && s.Vote.Fail != ThenReturn:
		add("không thông qua: %s", "not carried: %s", s.Vote.Fail.drawn(d.lang))
	case s.Sign != nil:
		add("từ chối ký: %s", "refused: %s", s.Sign.Refusal.drawn(d.lang))
	}
	for _, rung := range s.Escalate {
		if rung.Then != "" {
			add("quá hạn: %s", "overdue: %s", rung.Then.drawn(d.lang))
		}
	}
	var lines []string
	for _, note := range notes {
		lines = append(lines, wrap("• "+note, noteChars)...)
	}
	d.lines("m", drawReturn+14, box.middle()-len(lines)*lineHeight/2+lineHeight-5, lines)
	d.y = max(d.y, box.middle()+len(lines)*lineHeight/2-drawGap/2)
}

// drawn is a consequence in a few words.
func (c Consequence) drawn(lang words.Language) string {
	return map[Consequence]words.Text{
		ThenDecide:   words.Of("khối trưởng quyết định", "the leader decides"),
		ThenReturn:   words.Of("trả lại để chỉnh sửa", "back for revision"),
		ThenContinue: words.Of("tiếp tục", "go on"), ThenCancel: words.Of("hủy giao ước", "cancelled"),
		ThenAgain:   words.Of("biểu quyết lại", "put again"),
		ThenTreatAs: words.Of("ghi nhận thay ý kiến", "silence counts"), ThenExtend: words.Of("gia hạn", "extended"),
		ThenReject: words.Of("khối trưởng quyết định", "the leader decides"),
	}[c].In(lang)
}

// end draws where the process leads.
func (d *drawing) end(p *Process) {
	ends := words.Of("Đã thông qua", "Adopted")
	if _, signs := p.OfKind(StageIssue); signs {
		ends = words.Of("Đang có hiệu lực", "In force")
	}
	last := p.Stages[len(p.Stages)-1].Kind
	if _, reports := p.OfKind(StageReport); reports || last == StageReport {
		ends = words.Of("Kết thúc", "Closed")
	}
	from := d.y
	d.y += drawGap
	box := d.box("round", ends.In(d.lang), nil)
	d.arrow(fmt.Sprintf("M%d %dV%d", drawLeft+drawBox/2, from, box.top), false)
}

// wrap breaks text between words into lines of at most so many characters.
func wrap(text string, chars int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		n := len(lines) - 1
		if n >= 0 && utf8.RuneCountInString(lines[n])+1+utf8.RuneCountInString(word) <= chars {
			lines[n] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// decidedBy is, a fact a line, who takes part and what ends the stage.
func (s Stage) decidedBy(lang words.Language) []string {
	var parts []string
	add := func(vi, en string, args ...any) {
		parts = append(parts, words.F(vi, en, args...).In(lang))
	}
	switch s.Kind {
	case StageReview:
		s.Review.drawn(lang, add)
	case StageVote:
		s.Vote.drawn(lang, add)
	case StageNumber:
		add("sổ: %s", "book: %s", s.Number.Book)
	case StageSign:
		var groups []string
		for _, g := range s.Sign.Groups {
			var roles []string
			for _, r := range g {
				roles = append(roles, strings.ToLower(r.Word(lang)))
			}
			groups = append(groups, strings.Join(roles, ", "))
		}
		add("thứ tự: %s", "order: %s", strings.Join(groups, " → "))
		add("cần %s chữ ký; PAdES %s, lưu trữ %s", "signatures needed: %s; PAdES %s, archive %s",
			s.Sign.Need.Words(lang), s.Sign.Level, s.Sign.Final)
		if !s.Sign.Late.IsZero() {
			add("các bên còn lại được ký thêm: %s", "the others may still sign: %s", s.Sign.Late.Words(lang))
		}
	case StageSeal:
		add("PAdES %s", "PAdES %s", s.Seal.Level)
	case StageReport:
		add("%d nghĩa vụ báo cáo trong %d tháng", "reports promised: %d, months: %d",
			len(s.Report.Obligations), s.Report.Months)
	case StageScore:
		s.Score.drawn(lang, add)
	}
	if !s.Due.IsZero() {
		add("hạn: %s", "due: %s", s.Due.Words(lang))
	}
	return parts
}

func (r *ReviewRules) drawn(lang words.Language, add func(vi, en string, args ...any)) {
	if r.Sequential {
		add("lần lượt từng đơn vị", "one agency after the other")
	}
	add("cần %s nhất trí", "approvals needed: %s", r.Approve.Words(lang))
	if !r.Quorum.IsZero() {
		add("cần %s ý kiến; thiếu thì: %s", "opinions needed: %s; if fewer: %s", words.Each(r.Quorum.Words),
			words.Each(r.Short.drawn))
	}
	switch r.Again {
	case AgainChanged:
		add("sau khi sửa, chỉ hỏi lại đơn vị có nội dung thay đổi",
			"after a change only those whom it concerns are asked again")
	case AgainReturner:
		add("sau khi sửa, chỉ hỏi lại đơn vị chưa nhất trí",
			"after a change only those who did not approve are asked again")
	}
	if r.Resolve {
		add("mọi góp ý phải được giải quyết", "every comment must be resolved")
	}
}

func (v *VoteRules) drawn(lang words.Language, add func(vi, en string, args ...any)) {
	held := words.Of("biểu quyết điện tử", "electronic vote")
	if v.Conference != nil {
		held = words.Of("tại hội nghị", "at a conference")
	}
	if v.Secret {
		held = words.Join(", ", held, words.Of("phiếu kín", "secret ballot"))
	}
	add("%d nội dung, %s", "motions: %d, %s", len(v.Motions), held.In(lang))
	of := map[Base]words.Text{OfCast: words.Of("số phiếu", "of votes cast"),
		OfPresent: words.Of("số có mặt", "of those present"), OfAll: words.Of("tổng số", "of all")}[v.Of]
	if len(v.Chair) > 0 {
		add("chủ tọa: %s", "chair: %s", chairWords(v.Chair))
	}
	add("tham gia: %s; tán thành: %s %s", "quorum: %s; in favour: %s %s", v.Quorum.Words(lang),
		v.Pass.Words(lang), of.In(lang))
}

func (r *ScoreRules) drawn(lang words.Language, add func(vi, en string, args ...any)) {
	verifier := strings.ToLower(r.Verifier.Word(lang))
	if r.CriteriaFrom != "" {
		add("tiêu chí trong giao ước, tổng %s điểm; thẩm định: %s",
			"criteria of the covenant's own text, %s points in all; verified by: %s", r.Total.Display(lang), verifier)
	} else {
		add("%d tiêu chí, tổng %s điểm; thẩm định: %s", "criteria: %d, %s points in all; verified by: %s",
			len(r.Criteria), r.Total.Display(lang), verifier)
	}
	if r.Appeal != nil {
		add("khiếu nại trong: %s", "appeals within: %s", r.Appeal.Within.Words(lang))
	}
	for _, p := range r.Polls {
		ballot := words.Of("công khai", "open").In(lang)
		if p.Secret {
			ballot = MethodSecret.Word(lang)
		}
		add("bỏ phiếu: %s (%s)", "poll: %s (%s)", p.In(lang), ballot)
	}
	if len(r.Chair) > 0 {
		add("chủ tọa: %s", "chair: %s", chairWords(r.Chair))
	}
}

// chairWords are the roles and agencies of a rule about the chair, in their order.
func chairWords(chair []string) words.Text {
	return words.Each(func(l words.Language) string {
		named := make([]string, len(chair))
		for i, name := range chair {
			if named[i] = strings.ToLower(Role(name).Word(l)); named[i] == "" {
				named[i] = name
			}
		}
		return strings.Join(named, words.Of(", rồi đến ", ", then ").In(l))
	})
}
