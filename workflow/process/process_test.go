package process

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"covenant/workflow/refusal"

	"go.yaml.in/yaml/v3"
)

// example is the process in PROCESS.md that has every key.
func example(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("PROCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	source, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("PROCESS.md has no example")
	}
	return source
}

// Every key that the reader knows stands on the page, in its tables and in its example.
func TestProcessPageNamesEveryKey(t *testing.T) {
	source := example(t)
	if _, err := Parse("example", []byte(source)); err != nil {
		t.Fatal(err)
	}
	r := &processReader{name: "example"}
	root := parseNode(t, source)
	r.process(root)
	page, _ := os.ReadFile("PROCESS.md")
	tables, _, _ := strings.Cut(string(page), "## An example")
	for key := range r.known {
		if !regexp.MustCompile(`\b` + key + `\b`).MatchString(tables) {
			t.Errorf("the key %q is not documented", key)
		}
		if !regexp.MustCompile(`\b` + key + `:`).MatchString(source) {
			t.Errorf("the key %q is not in the example", key)
		}
	}
	if len(r.known) < 60 {
		t.Errorf("only %d keys were read", len(r.known))
	}
}

// Files written before the newer keys were known mean what they meant.
func TestProcessDefaults(t *testing.T) {
	source, err := os.ReadFile("../../templates/library/giao-uoc-thi-dua/process.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse("process.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	review, vote := p.Stages[0], p.Stages[1]
	if r := review.Review; r.Approve.Of(7) != 7 || r.Sequential || r.Return != ThenReturn || r.Reject != ThenDecide ||
		r.Again != AgainAll || r.Resolve {
		t.Errorf("review %+v", r)
	}
	if v := vote.Vote; v.Secret || v.Of != OfCast || v.IgnoreAbstentions || v.Tie != TieFails ||
		v.Fail != ThenReturn || v.Conference != nil {
		t.Errorf("vote %+v", v)
	}
	sign, _ := p.OfKind(StageSign)
	if s := sign.Sign; s.Need.Of(11) != 11 || !s.Late.IsZero() || s.Refusal != ThenDecide ||
		s.Paper || s.Final != "B-LTA" {
		t.Errorf("sign %+v", s)
	}
	report, _ := p.OfKind(StageReport)
	if r := report.Report.Obligations[0].Reminders[0]; r.Hour != 8 || r.Days != -10 {
		t.Errorf("reminder %+v", r)
	}
	if len(review.Who) != 3 || review.Due.WorkingDays != 5 || !review.When.IsZero() {
		t.Errorf("review %+v", review)
	}
}

// All that is wrong is told at once, where it stands, in both languages.
func TestProcessErrorsAllAtOnce(t *testing.T) {
	source := strings.NewReplacer(
		"approve: 2/3", "aprove: 2/3", // unknown key, near another
		"order: parallel", "order: para-llel", // unknown word
		"hour: 9", "hour: nine", // wrong type
		"tie: chair", "tie: chair\n      tie: fails", // doubled key
		"id: cap-so", "id: Cấp số", // no code
		"members > 3", "member > 3", // unknown fact
		"max: 700", "max: 600", // does not add up
		"schedule: \"0 17 25 3,6,9,12 *\"", "schedule: \"0 17 31 6 *\"", // never comes
		"kind: issue", "kind: isue",
		"groups: [[leader], [deputy]", "groups: [[leader], [leader]",
		"ballot: open", "ballot: secret",
		"then: treat_as, as: approve", "then: treat_as",
	).Replace(example(t))
	_, err := Parse("p.yaml", []byte(source))
	var problems *refusal.Error
	if !errors.As(err, &problems) {
		t.Fatalf("%v; want an *Error", err)
	}
	for _, want := range []string{
		`15:7: there is no key “aprove” here; did you mean “approve”?`,
		`14:14: “para-llel”: want one of parallel, sequential; did you mean “parallel”?`,
		`10:38: “nine”: want a whole number from 0 to 23`,
		`the key “tie” stands twice`,
		`“Cấp số”: a code has a–z, 0–9 and hyphens`,
		`26:11: condition “member > 3`, `did you mean “members”?`,
		`the criteria add up to 900, which must be total: 1000`,
		`this date never comes`,
		`“isue”: want one of`, `did you mean “issue”?`,
		`the role “leader” stands in two groups`,
		`a secret ballot cannot be weighted`,
		`as goes with then: treat_as`,
		`a sign stage needs an issue stage after it`,
	} {
		if !strings.Contains(problems.English, want) {
			t.Errorf("no %q in\n%s", want, problems.English)
		}
	}
	for _, want := range []string{"không có khóa “aprove” ở đây; có phải “approve” không?",
		"bỏ phiếu kín không thể có trọng số"} {
		if !strings.Contains(problems.Vietnamese, want) {
			t.Errorf("no %q in\n%s", want, problems.Vietnamese)
		}
	}
	if n := strings.Count(problems.English, "\n  p.yaml:"); n != strings.Count(
		problems.Vietnamese, "\n  p.yaml:") || n < 13 {
		t.Errorf("%d problems in English, %d in Vietnamese", n, strings.Count(problems.Vietnamese, "\n  p.yaml:"))
	}
}

// The order of the stages, and rules that contradict one another.
func TestProcessChecks(t *testing.T) {
	stage := func(kind, rest string) string {
		return "\n  - {id: " + kind + strings.Repeat("x", len(rest)%7) + ", kind: " + kind +
			", name: {vi: v, en: e}" + rest + "}"
	}
	number, sign, issue := stage("number", ", number: {book: b}"),
		stage("sign", ", sign: {groups: [[leader]]}"), stage("issue", "")
	motion := "motions: [{id: m, vi: v, en: e}]"
	for name, c := range map[string]struct{ stages, want string }{
		"no number":        {sign + issue, "needs a stage of kind number"},
		"no issue":         {number + sign, "needs an issue stage"},
		"seal before sign": {number + stage("seal", "") + sign + issue, "needs a stage of kind sign"},
		"report before issue": {stage("report",
			", report: {months: 1, obligations: [{id: o, vi: v, en: e, period: year, schedule: '0 0 1 1 *'}]}"),
			"needs a stage of kind issue"},
		"review after number": {number + stage("review", "") + sign + issue, "review cannot come after the number"},
		"vote before the issue": {number + stage("vote", ", vote: {"+motion+"}") + sign + issue,
			"cannot come between number and issue"},
		"late vote returns": {number + sign + issue + stage("vote", ", vote: {"+motion+"}"),
			"can only have fail: continue or again"},
		"two numbers": {number + stage("number", ", number: {book: cc}") + sign + issue,
			"only one stage of kind number"},
		"conditional sign": {number + stage("sign", ", when: members > 2, sign: {groups: [[leader]]}") + issue,
			"cannot be conditional"},
		"ladder without due": {stage("review", ", escalate: [{id: a, to: leader}]"), "escalate needs a due"},
		"acts before the due": {stage("review", ", due: {days: 3}, escalate: [{id: a, days: -1, then: return}]"),
			"then comes after the deadline"},
		"secret taken as given": {stage("vote",
			", due: {days: 3}, escalate: [{id: a, days: 1, then: treat_as, as: approve}], "+
				"vote: {ballot: secret, "+motion+"}"), "nobody's secret ballot"},
		"hands and secret": {stage("vote", ", vote: {ballot: secret, "+motion+", conference: {hands: true}}"),
			"show of hands does not go"},
		"present without a hall": {stage("vote", ", vote: {of: present, "+motion+"}"), "needs a conference"},
		"tie of a share": {stage("vote", ", vote: {pass: 2/3, tie: chair, "+motion+"}"),
			"only with pass: majority"},
		"foreign rules": {stage("review", ", vote: {"+motion+"}"), "has no key “vote”"},
		"no motions":    {stage("vote", ", vote: {quorum: all}"), "at least one motion"},
		"two terms":     {stage("review", ", due: {days: 1, months: 1}"), "exactly one of"},
		"empty":         {" []", "at least one stage"},
		"reserved motion": {stage("vote", ", vote: {motions: [{id: sua-doi-1, vi: v, en: e}]}"),
			"stands twice or is reserved"},
		"no list": {" 5", "a list is wanted"},
		"late without need": {number + stage("sign", ", sign: {groups: [[leader]], late: {days: 3}}") + issue,
			"only where need is less"},
		"aliases without end": {stage("review", ", who: &a [*a, *a]"), "a value is wanted"},
	} {
		_, err := Parse("p", []byte("process: {id: p, vi: v, en: e}\nstages:"+c.stages+"\n"))
		if refusal.CodeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	if _, err := Parse("p", []byte("process: {id: p, vi: v, en: e}\nstages:"+stage("review", "")+stage("vote",
		", vote: {"+motion+"}")+"\n")); err != nil {
		t.Errorf("a process that only adopts: %v", err)
	}
	if _, err := Parse("p", []byte("a: [\n b: c")); !strings.Contains(err.Error(), "p:2:1: this is not YAML") &&
		!strings.Contains(err.Error(), "this is not YAML") {
		t.Errorf("no YAML: %v", err)
	}
}

func TestConditions(t *testing.T) {
	facts := map[string]int{"year": 2026, "members": 3, "parties": 4, "witnesses": 1}
	of := func(name string) int { return facts[name] }
	for text, want := range map[string]bool{
		"members == 3": true, "members > 3": false, "parties >= 4 and witnesses == 1": true, "not members > 2": false,
		"members < 2 or year == 2026 and revision == 0": true, "not (members < 2 or year == 2026)": false,
		"members != 3": false, "members<=3": true,
		"not not witnesses == 1": true, "open_comments == 0 and comments == 0 and failed_motions == 0": true,
	} {
		parsed, err := ParseCondition(text)
		if err != nil || parsed.Holds(of) != want {
			t.Errorf("%q holds: %v, %v; want %v", text, parsed.Holds(of), err, want)
		}
	}
	for _, text := range []string{"", "members", "members >", "members > x", "members > 3 and", "(members > 3",
		"members > 3)", "member > 3", "members => 3",
		"members > 3 or or year > 1", "not", "5 < members", strings.Repeat("not ", 60) + "members > 1",
		"members > 99999999999999999999"} {
		if _, err := ParseCondition(text); err == nil {
			t.Errorf("%q was read as a condition", text)
		}
	}
}

// The picture shows every stage, conditions with the way past them, returns to the drafter, and what deadlines do; no
// line of text is longer than its place.
func TestProcessPicture(t *testing.T) {
	p, err := Parse("example", []byte(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	svg := string(p.SVG("vi"))
	if err := xml.Unmarshal([]byte(svg), new(any)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1. Góp ý", "8. Chấm điểm", "bỏ qua, trừ khi số", "trả lại để chỉnh sửa",
		"quá hạn: gia hạn", "từ chối ký: tiếp tục", "hạn: trước 20/12", "Kết thúc", "cần quá nửa ý kiến",
		"chủ tọa: khối trưởng, rồi đến", "khiếu nại trong", "phiếu kín)"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture does not show %q", want)
		}
	}
	if back, past := strings.Count(svg, fmt.Sprintf("H%dV", drawReturn)),
		strings.Count(svg, fmt.Sprintf("H%dV", drawBypass)); back != 1 || past != 1 {
		t.Errorf("%d ways back and %d ways past, want one each", back, past)
	}
	for _, m := range regexp.MustCompile(`<text class="m" x="(\d+)"[^>]*>([^<]*)`).FindAllStringSubmatch(svg, -1) {
		room := map[string]int{"20": whenChars, "204": textChars, "704": noteChars}[m[1]]
		if n := utf8.RuneCountInString(html.UnescapeString(m[2])); n > room {
			t.Errorf("%d characters do not fit into %d: %s", n, room, m[2])
		}
	}
	if strings.Contains(string(p.SVG("en")), "quá hạn") {
		t.Error("the English picture has Vietnamese words")
	}
}

func FuzzParseProcess(f *testing.F) {
	f.Add(example(f))
	f.Add("process: {id: p}\nstages: [{kind: vote, vote: {motions: 3}}]")
	f.Add("stages: &a [*a]")
	f.Add("- 1\n- {")
	f.Fuzz(func(t *testing.T, source string) {
		p, err := Parse("p", []byte(source))
		if err != nil && refusal.CodeOf(err) != refusal.Invalid {
			t.Fatalf("%v", err)
		}
		if err == nil {
			p.SVG("vi")
		}
	})
}

func parseNode(t testing.TB, source string) *yaml.Node {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(source), &root); err != nil {
		t.Fatal(err)
	}
	return &root
}
