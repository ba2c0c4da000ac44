package web

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"covenant/workflow"
)

// office is a copy of the installation with browsers for its people.
type office struct {
	*installation
	t     *testing.T
	h     http.Handler
	links *Links
}

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{installation: copyOf(t), t: t, links: &Links{}}
	var err error
	o.h, err = New(Config{Engine: o.Engine, Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
		Logger: quiet, Links: o.links})
	check(t, err)
	return o
}

// nobody is a browser in which nobody is signed in.
func (o *office) nobody() *visitor {
	return &visitor{o.t, o.h, "127.0.0.1:1", map[string]*http.Cookie{}, map[string]string{}}
}

func (o *office) as(person workflow.PersonID) *visitor {
	o.t.Helper()
	return o.nobody().as(o.links, person)
}

// send posts a form and gives the page that answers.
func (b *visitor) send(path string, form url.Values) page {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.from
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	check(b.t, err)
	return page{b.t, w.Code, w.Header(), w.Body.String(), root}
}

// filled is a form as it is open in a browser: its address and everything that it would send as it stands.
type filled struct {
	path string
	form url.Values
	page page
}

// openForm opens the form of a command by the link on the covenant's page that holds some words.
func (b *visitor) openForm(slug, command string, about ...string) filled {
	b.t.Helper()
	p := b.page("/giao-uoc/" + slug)
	var links []string
	for _, n := range p.all(`.tasks a[href*="/viec/` + command + `"]`) {
		href := attr(n, "href")
		if !slices.ContainsFunc(about, func(a string) bool { return !strings.Contains(href, a) }) {
			links = append(links, href)
		}
	}
	if len(links) == 0 {
		b.t.Fatalf("%s offers no %s about %v: %s", slug, command, about, p.text(".tasks"))
	}
	f := b.page(links[0])
	if f.status != http.StatusOK {
		b.t.Fatalf("%s: status %d", links[0], f.status)
	}
	return f.filled()
}

// filled reads the form of a page as a browser would send it.
func (p page) filled() filled {
	out := filled{p.attr("form.act", "action"), url.Values{}, p}
	for _, n := range p.all("form.act input, form.act textarea, form.act select") {
		name, value := attr(n, "name"), attr(n, "value")
		switch {
		case n.Data == "textarea":
			value = textOf(n)
		case n.Data == "select":
			for o := range n.Descendants() {
				if _, chosen := attribute(o, "selected"); chosen {
					value = attr(o, "value")
				}
			}
		case attr(n, "type") == "radio" || attr(n, "type") == "checkbox":
			if _, checked := attribute(n, "checked"); !checked {
				continue
			}
		case attr(n, "type") == "file":
			continue
		}
		out.form.Add(name, value)
	}
	return out
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// mean is something wrong with a form, and what is said of it.
type mean struct {
	what   string
	change url.Values
	status int
	says   string // at a field, or above the form
}

// refuses sends a form with each mean value. Nothing is recorded, everything that was typed stays, and what is wrong
// is said.
func (o *office) refuses(b *visitor, slug string, good filled, means []mean) {
	o.t.Helper()
	before := o.resume(slug).now().Covenant.Version
	for _, c := range means {
		sent := with(good.form, c.change)
		p := b.send(good.path, sent)
		if p.status != c.status {
			o.t.Errorf("%s: status %d, want %d", c.what, p.status, c.status)
		}
		if c.says != "" {
			p.oneContains(".field-problem, #loi, .status", c.says)
		}
		if p.status == http.StatusUnprocessableEntity && len(p.all("form.act")) == 1 {
			o.stays(c.what, sent, p.filled().form)
		}
	}
	if after := o.resume(slug).now().Covenant.Version; after != before {
		o.t.Errorf("%s: %d events were recorded by forms that were refused", slug, after-before)
	}
}

func (o *office) stays(what string, sent, shown url.Values) {
	o.t.Helper()
	for name, values := range sent {
		if name == "khoa" || name == "buoc" || name == "pin" {
			continue
		}
		for _, v := range values {
			if strings.TrimSpace(v) != "" && !slices.Contains(shown[name], v) {
				o.t.Errorf("%s: %s was %q and is %v", what, name, v, shown[name])
			}
		}
	}
}

// taken sends a form twice, as somebody does who presses twice: it is carried out once, and answered alike.
func (o *office) taken(b *visitor, slug, command string, f filled) {
	o.t.Helper()
	before := o.resume(slug).now().Covenant.Version
	var first, version int64
	for n := range 2 {
		p := b.send(f.path, f.form)
		if p.status != http.StatusSeeOther {
			o.t.Fatalf("%s: status %d: %s", command, p.status, p.text("main"))
		}
		if version = o.resume(slug).now().Covenant.Version; n == 0 {
			first = version
		}
	}
	if first == before || version != first {
		o.t.Errorf("%s: version %d, %d, %d; it is carried out once", command, before, first, version)
	}
}

// others tries a form as nobody, and as somebody of another block, who is not told that there is such a covenant.
func (o *office) others(slug string, f filled, stranger workflow.PersonID) {
	o.t.Helper()
	o.refuses(o.nobody(), slug, f, []mean{{"without signing in", nil, http.StatusForbidden, "Phiên đăng nhập đã hết"}})
	o.refuses(o.as(stranger), slug, f, []mean{{"of another block, " + string(stranger), nil, http.StatusNotFound, ""}})
}

// field gives what one field of a form sends.
func field(name string, values ...string) url.Values { return url.Values{name: values} }

// together are changes as one.
func fields(changes ...url.Values) url.Values {
	out := url.Values{}
	for _, c := range changes {
		maps.Copy(out, c)
	}
	return out
}

// scoringOffice has a covenant whose members are to score themselves.
func scoringOffice(t *testing.T, stage string) (*office, *play) {
	o := openOffice(t)
	return o, o.draft(small(), "2026/tu-cham", "Giao ước thi đua năm 2026 (tự chấm)", stage).submit("", "")
}

// The whole of scoring by its forms: members score themselves, are verified, accept or appeal, the appeal is decided,
// polls are held in secret, the ranking is declared.
func TestScoringInTheBrowser(t *testing.T) {
	t.Parallel()
	o, p := scoringOffice(t, scoreStage)
	members := p.now().Covenant.Members()
	reporter := func(a workflow.AgencyID) *visitor { return o.as(p.who(a, workflow.DutyReport)) }
	stranger := hall().who(hall().leader(), workflow.DutyReport)
	for n, a := range members {
		f := reporter(a).openForm(p.slug, "submit-score")
		f.form = with(f.form, fields(field("scores.chuyen-mon", "398,5"), field("scores.trong-tam", "290.5"),
			field("scores.phong-trao", "190"), field("scores.bao-cao", "100"), field("note",
				"Theo báo cáo tổng kết.")))
		if n == 0 {
			o.refuses(reporter(a), p.slug, f, []mean{
				{"more than there is", field("scores.bao-cao", "100,01"), 422, "Nhiều nhất là 100 điểm"},
				{"less than nothing", field("scores.bao-cao", "-1"), 422, "Hãy ghi một số"},
				{"no number", field("scores.bao-cao", "mười"), 422, "Hãy ghi một số"},
				{"three decimals", field("scores.bao-cao", "1,234"), 422, "hai chữ số thập phân"},
				{"a criterion left out", field("scores.bao-cao", ""), 422, "Chưa chấm tiêu chí này"},
				{"endless digits", field("scores.bao-cao", strings.Repeat("9", 400)), 422, "Hãy ghi một số"},
				{"for another agency", field("ve", `{"agency":"`+string(members[1])+`"}`), 403, ""},
				{"a field of the program", field("ve", `{"by":"x"}`), 422, ""},
			})
			o.others(p.slug, f, stranger)
			p := reporter(a).send(f.path, with(f.form, field("scores.bao-cao", "200")))
			if !strings.Contains(p.text("tfoot"), "1079") {
				t.Errorf("the sum of what was typed is %q", p.text("tfoot"))
			}
		}
		o.taken(reporter(a), p.slug, "submit-score", f)
	}
	o.verifyByForms(p, members, reporter)
	o.appealByForms(p, members, reporter)
	o.pollByForms(p, members)
	o.rankByForm(p, members)
}

func (o *office) verifyByForms(p *play, members []workflow.AgencyID, reporter func(workflow.AgencyID) *visitor) {
	for n, a := range members {
		verifier := reporter(members[min(1, 1-min(n, 1))])
		f := verifier.openForm(p.slug, "verify-score", string(a))
		if got := f.form.Get("scores.chuyen-mon"); got != "398,5" {
			o.t.Errorf("verifying begins with %q points, want the agency's own", got)
		}
		changed := with(f.form, field("scores.chuyen-mon", "390"))
		if n == 1 {
			f.form = changed
			o.refuses(verifier, p.slug, f, []mean{
				{"differs without a reason", nil, 422, "cần nêu lý do"},
				{"with a blank reason", field("note", "   "), 422, "cần nêu lý do"},
			})
			if said := verifier.send(f.path, f.form); len(said.all("#loi-note")) != 1 {
				o.t.Error("that a reason is needed is not said at its field")
			}
			o.others(p.slug, filled{f.path, with(f.form, field("note", "Đối chiếu.")), f.page},
				hall().who(hall().leader(), workflow.DutyReport))
			o.refuses(reporter(a), p.slug, filled{f.path, with(f.form, field("note", "Đối chiếu.")), f.page},
				[]mean{{"verifying one's own", nil, 403, ""}})
			f.form = with(changed, field("note", "Đối chiếu báo cáo và sổ theo dõi."))
		}
		o.taken(verifier, p.slug, "verify-score", f)
	}
}

func (o *office) appealByForms(p *play, members []workflow.AgencyID, reporter func(workflow.AgencyID) *visitor) {
	appealing := members[1]
	f := reporter(appealing).openForm(p.slug, "appeal-score")
	f.page.oneContains("label.choice", "tự chấm 398,5, thẩm định 390, tối đa 400")
	f.form = with(f.form, field("criteria", "chuyen-mon"))
	o.refuses(reporter(appealing), p.slug, f, []mean{
		{"without a reason", nil, 422, "Chưa điền mục này"},
	})
	if said := reporter(appealing).send(f.path, with(f.form, fields(field("criteria", "khac"), field("reason",
		"x")))); said.
		status != http.StatusUnprocessableEntity || len(said.all("#loi-criteria")) != 1 {
		o.t.Errorf("a criterion that there is not: status %d, %s", said.status, said.text("form.act"))
	}
	f.form = with(f.form, field("reason", "Đã có quyết định nghiệm thu bổ sung."))
	o.others(p.slug, f, hall().who(hall().leader(), workflow.DutyReport))
	o.taken(reporter(appealing), p.slug, "appeal-score", f)
	if again := reporter(appealing).page(f.path); again.status != http.StatusConflict {
		o.t.Errorf("appealing twice: status %d", again.status)
	} else {
		again.contains(".status h2", "đã được thực hiện")
	}
	council := reporter(members[0])
	f = council.openForm(p.slug, "decide-appeal", string(appealing))
	if _, open := f.form["scores.bao-cao"]; open {
		o.t.Error("a criterion that the appeal is not about can be changed")
	}
	f.form = with(f.form, field("scores.chuyen-mon", "398,5"))
	o.refuses(council, p.slug, f, []mean{
		{"without a reason", nil, 422, "Chưa điền mục này"},
		{"more than there is", fields(field("reason", "x"), field("scores.chuyen-mon", "401")), 422,
			"Nhiều nhất là 400"},
	})
	f.form = with(f.form, field("reason", "Minh chứng hợp lệ."))
	o.refuses(reporter(appealing), p.slug, f, []mean{{"deciding one's own", nil, 403, ""}})
	o.taken(council, p.slug, "decide-appeal", f)
	for _, a := range members {
		if a != appealing {
			o.taken(reporter(a), p.slug, "accept-score", reporter(a).openForm(p.slug, "accept-score"))
		}
	}
}

func (o *office) pollByForms(p *play, members []workflow.AgencyID) {
	chair := o.as(p.who(p.leader(), workflow.DutyVote))
	for _, poll := range []string{"suy-ton", "bau"} {
		o.taken(chair, p.slug, "open-poll", chair.openForm(p.slug, "open-poll", poll))
		for n, a := range members {
			b := o.as(p.who(a, workflow.DutyVote))
			f := b.openForm(p.slug, "cast-poll-ballot", "poll="+poll)
			f.page.contains(".secret-note", "Không ghi lựa chọn")
			other := members[(n+1)%len(members)]
			if poll == "suy-ton" {
				o.orderedBallot(b, p, f, members, n)
				f.form = with(f.form, field("choices.1", string(other)))
			} else {
				o.refuses(b, p.slug, f, []mean{{"nothing chosen", nil, 422, "Chưa điền mục này"},
					{"itself", field("choices", string(a)), 403, ""}})
				f.form = with(f.form, field("choices", string(members[1])))
				if a == members[1] {
					f.form = with(f.form, field("choices", blankChoice))
				}
			}
			o.taken(b, p.slug, "cast-poll-ballot", f)
		}
		o.taken(chair, p.slug, "close-poll", chair.openForm(p.slug, "close-poll", poll))
	}
}

func (o *office) orderedBallot(b *visitor, p *play, f filled, members []workflow.AgencyID, n int) {
	if n > 0 {
		return
	}
	one := string(members[1])
	o.refuses(b, p.slug, f, []mean{
		{"an agency twice", fields(field("choices.1", one), field("choices.2", one)), 422, "đã được chọn ở hạng trên"},
		{"a place left out", field("choices.2", one), 422, "còn trống"},
	})
	if p := b.send(f.path, with(f.form, fields(field("choices.1", "so-la"), field("choices.2",
		one)))); p.status != 422 {
		o.t.Errorf("an agency that is no candidate: status %d", p.status)
	}
	o.others(p.slug, filled{f.path, with(f.form, field("choices.1", one)), f.page},
		hall().who(hall().leader(), workflow.DutyVote))
}

func (o *office) rankByForm(p *play, members []workflow.AgencyID) {
	chair := o.as(p.who(p.leader(), workflow.DutyVote))
	f := chair.openForm(p.slug, "declare-ranking")
	if rows := f.page.all(".proposed tbody tr"); len(rows) != len(members) {
		o.t.Errorf("%d rows are proposed, want %d", len(rows), len(members))
	}
	f.page.contains(".proposed", "Khối trưởng năm sau")
	if _, asked := f.form["issued"]; asked {
		o.t.Error("ballots on paper are asked for where a poll was held")
	}
	secretary := string(p.who(p.leader(), workflow.DutyDraft))
	o.refuses(chair, p.slug, f, []mean{
		{"without a teller", nil, 422, "Chưa điền mục này"},
		{"to see the order", fields(field("secretary", secretary), field("buoc", lookFirst)), 200, ""},
		{"another ranking of one's own", fields(field("secretary", secretary), field("ve", `{"issued":3}`)), 422, ""},
	})
	if p := chair.send(f.path, with(f.form, field("secretary", "khong-co"))); p.status != 422 {
		o.t.Errorf("a teller whom nobody knows: status %d", p.status)
	}
	f.form = with(f.form, field("secretary", secretary))
	o.others(p.slug, f, hall().who(hall().leader(), workflow.DutyVote))
	o.refuses(o.as(p.who(members[1], workflow.DutyVote)), p.slug, f, []mean{{"not in the chair", nil, 403, ""}})
	o.taken(chair, p.slug, "declare-ranking", f)
	ranking := p.now().Covenant.Scoring.Ranking
	for n, row := range f.page.all(".proposed tbody tr") {
		if want := p.now().Directory.AgencyName(ranking.Rows[n].Agency); !strings.Contains(textOf(row), want) {
			o.t.Errorf("place %d was proposed as %q and is %s", n+1, textOf(row), want)
		}
	}
}

// Where the process has no polls the chair enters the ballots on paper: the order that comes of them is shown before
// it is declared, ties broken by the rule, and what is still equal shares a rank.
func TestRankingByBallotsOnPaper(t *testing.T) {
	t.Parallel()
	stage := scoreStage[:strings.Index(scoreStage, "      appeal:")] + "      tie: [ballots]\n      flags: 1\n"
	o, p := scoringOffice(t, stage)
	members := p.now().Covenant.Members()
	given := []workflow.CriterionScore{{Criterion: "chuyen-mon", Points: 390_00}, {Criterion: "trong-tam",
		Points: 290_00},
		{Criterion: "phong-trao", Points: 190_00}, {Criterion: "bao-cao", Points: 90_00}}
	for n, a := range members {
		p.do(p.who(a, workflow.DutyReport), workflow.SubmitScore{Agency: a, Scores: given})
		p.do(p.who(members[min(1, 1-min(n, 1))], workflow.DutyReport), workflow.VerifyScore{Agency: a, Scores: given})
	}
	chair := o.as(p.who(p.leader(), workflow.DutyVote))
	f := chair.openForm(p.slug, "declare-ranking")
	f.page.contains(".proposed", "Xếp theo tổng điểm, rồi phiếu; vẫn bằng nhau thì đồng hạng")
	f.form = with(f.form, fields(field("secretary", string(p.who(p.leader(), workflow.DutyDraft))), field("issued",
		"3"),
		field("collected", "3"), field("valid", "3"), field("votes."+string(members[2]), "2")))
	o.refuses(chair, p.slug, f, []mean{
		{"more valid than collected", field("valid", "4"), 422, "Số phiếu không khớp"},
		{"no number", field("votes."+string(members[0]), "hai"), 422, "Hãy ghi một số nguyên"},
		{"more than were valid", field("votes."+string(members[0]), "4"), 422, "không hợp lệ"},
		{"leader and deputy alike", fields(field("new_leader", string(members[1])), field("new_deputy",
			string(members[1]))),
			422, "phải là hai đơn vị"},
	})
	seen := chair.send(f.path, with(f.form, field("buoc", lookFirst)))
	name := p.now().Directory.AgencyName
	var rows []string
	for _, row := range seen.all(".proposed tbody tr") {
		rows = append(rows, textOf(row))
	}
	if len(rows) != 3 || !strings.HasPrefix(rows[0], "1 "+name(members[2])) || !strings.HasPrefix(rows[1], "2 ") ||
		!strings.HasPrefix(rows[2], "2 ") {
		t.Errorf("the order is shown as %q", rows)
	}
	o.taken(chair, p.slug, "declare-ranking", f)
	got := p.now().Covenant.Scoring.Ranking.Rows
	if got[0].Agency != members[2] || got[1].Rank != 2 || got[2].Rank != 2 {
		t.Errorf("declared: %+v", got)
	}
}

// Every form says all it has to say in both languages, and in English nothing in Vietnamese but what is data.
func TestEveryFormInBothLanguages(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, sight := range o.formSights() {
		b := o.as(sight.person)
		for _, lang := range []string{"vi", "en"} {
			p := b.page(sight.path + "?lang=" + lang)
			if refused := p.status >= 400; refused != sight.refused {
				t.Errorf("%s: status %d", sight.path, p.status)
			}
			for _, wrong := range []string{"<no value>", "%!", "&lt;nil&gt;"} {
				if at := strings.Index(p.body, wrong); at >= 0 {
					t.Errorf("%s in %s: %q in %q", sight.path, lang, wrong, p.body[max(0, at-80):min(len(p.body),
						at+80)])
				}
			}
			for _, n := range p.all("label[for^='f-'], legend, .act-buttons button, .field-problem, .secret-note p") {
				if lang == "en" && strings.ContainsAny(textOf(n), "ạảấầẩậắằẳặẹẻẽếềểệịọỏốồổộớờởợụủứừửựỳỵỷỹ") &&
					len(p.all("form.ballot, .places, table.points")) == 0 {
					t.Errorf("%s in English: %q", sight.path, textOf(n))
				}
			}
			p.anchors(sight.path)
		}
	}
}

// An administrator lets a covenant go on in spite of what is known to stand in its way: of that, and of nothing else.
func TestObstaclesAreAcceptedByForm(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.resume(numbering)
	admin := hall().who("so-tai-chinh", workflow.DutyReport)
	p.direct(workflow.GrantRight{Person: admin, Right: workflow.RightAdminister, Document: "Quyết định 5"}, "")
	if n := len(o.as(admin).page("/giao-uoc/" + numbering).all(`.tasks a[href*="accept-obstacles"]`)); n != 0 {
		t.Error("acceptance is offered where nothing stands in the way")
	}
	signer := p.who("so-cong-thuong", workflow.DutySign)
	for id, position := range p.now().Directory.Positions {
		if position.Person == signer {
			p.direct(workflow.EndPosition{Position: id, LastDay: p.Calendar.Today(p.clock.now()).AddDays(-1),
				Document: "Quyết định 6"}, "")
		}
	}
	f := o.as(admin).openForm(numbering, "accept-obstacles")
	code := f.page.attr(`input[name="obstacles"]`, "value")
	if !strings.HasPrefix(code, "nobody/sign/") {
		t.Fatalf("the form names %q", code)
	}
	f.form = with(f.form, fields(field("obstacles", code), field("reason", "Sẽ phân công tuần sau.")))
	o.refuses(o.as(admin), numbering, f, []mean{
		{"none chosen", field("obstacles"), 422, "Chưa điền mục này"},
		{"without a reason", field("reason", " "), 422, "Chưa điền mục này"},
		{"in a hidden field", field("ve", `{"obstacles":["roots"]}`), 404, ""},
	})
	o.refuses(o.as(p.who(p.leader(), workflow.DutyDraft)), numbering, f, []mean{{"no administrator", nil, 403, ""}})
	o.taken(o.as(admin), numbering, "accept-obstacles", f)
	if got := p.now().Covenant.Accepted; !slices.Contains(got, code) {
		t.Errorf("accepted: %v", got)
	}
}
