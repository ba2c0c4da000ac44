package workflow

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// Measures of the drawing, in pixels.
const (
	drawWidth  = 560
	drawBox    = 64
	drawGap    = 36
	drawMargin = 16
)

// SVG draws the stages from top to bottom, each with what decides it, and the way back that a return takes. The
// picture follows the reader's light or dark scheme.
func (p *Process) SVG(lang string) []byte {
	var b bytes.Buffer
	height := 2*drawMargin + 28 + len(p.Stages)*(drawBox+drawGap)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif">`,
		drawWidth, height, drawWidth, height)
	b.WriteString(`<style>text{fill:#1c2733}.m{fill:#51606e;font-size:13px}.h{font-weight:600;font-size:15px}` +
		`rect{fill:#fff;stroke:#51606e}path{stroke:#51606e;fill:none}` +
		`@media(prefers-color-scheme:dark){text{fill:#e8edf2}.m{fill:#a9b7c4}rect{fill:#1c2733;stroke:#a9b7c4}path{stroke:#a9b7c4}}</style>`)
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">` +
		`<path d="M0 0L8 4L0 8z" fill="#51606e"/></marker></defs>`)
	fmt.Fprintf(&b, `<text class="h" x="%d" y="%d">%s</text>`, drawMargin, drawMargin+14,
		html.EscapeString(pick(lang, [2]string{p.Name.Vietnamese, p.Name.English})))
	for i, s := range p.Stages {
		y := drawMargin + 28 + i*(drawBox+drawGap)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="380" height="%d" rx="6"/>`, drawMargin, y, drawBox)
		fmt.Fprintf(&b, `<text class="h" x="%d" y="%d">%d. %s</text>`, drawMargin+14, y+26, i+1, html.EscapeString(s.Label(lang)))
		fmt.Fprintf(&b, `<text class="m" x="%d" y="%d">%s</text>`, drawMargin+14, y+48, html.EscapeString(s.decidedBy(lang)))
		if i+1 < len(p.Stages) {
			fmt.Fprintf(&b, `<path d="M206 %dV%d" marker-end="url(#a)"/>`, y+drawBox, y+drawBox+drawGap)
		}
		if (s.Kind == StageReview || s.Kind == StageVote) && i > 0 {
			fmt.Fprintf(&b, `<path d="M396 %dH440V%dH396" stroke-dasharray="5 4" marker-end="url(#a)"/>`, y+drawBox/2, drawMargin+28+drawBox/2)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// decidedBy is, in a few words, who takes part and what ends the stage.
func (s Stage) decidedBy(lang string) string {
	var parts []string
	add := func(vi, en string, args ...any) {
		parts = append(parts, fmt.Sprintf(pick(lang, [2]string{vi, en}), args...))
	}
	switch s.Kind {
	case StageReview:
		add("nhất trí: %s", "approvals: %s", s.Review.Approve)
	case StageVote:
		add("%d nội dung", "%d motions", len(s.Vote.Motions))
		add("tối thiểu: %s", "quorum: %s", s.Vote.Quorum)
		add("thông qua: %s", "pass: %s", s.Vote.Pass)
	case StageNumber:
		add("sổ: %s", "book: %s", s.Number.Book)
	case StageSign:
		add("%d nhóm ký, PAdES %s, lưu trữ %s", "%d groups, PAdES %s, archive %s", len(s.Sign.Groups), s.Sign.Level, s.Sign.Final)
	case StageSeal:
		add("PAdES %s", "PAdES %s", s.Seal.Level)
	case StageReport:
		add("%d kỳ báo cáo trong %d tháng", "%d duties over %d months", len(s.Report.Obligations), s.Report.Months)
	}
	if !s.Due.IsZero() {
		add("hạn: %s", "due: %s", s.Due)
	}
	return strings.Join(parts, " · ")
}
