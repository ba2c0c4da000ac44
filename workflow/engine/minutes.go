package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/store"
)

// MinutesArgs draws up the minutes of a sitting that is closed, or of a ranking.
type MinutesArgs struct {
	Covenant workflow.CovenantID `json:"covenant"`
	Stage    workflow.StageID    `json:"stage"`
	Opened   string              `json:"opened"` // of the sitting, RFC 3339; empty: the ranking
}

// Kind names the job in the queue.
func (MinutesArgs) Kind() string { return "minutes" }

// minutesKind marks the occurrences that minutes wait in; no rung has an @ and a dot in its name.
const minutesKind = "@minutes."

const (
	conferenceMinutes = "bien-ban-hoi-nghi"
	rankingMinutes    = "bien-ban-xep-hang"
)

func (a MinutesArgs) occurrence() store.OccurrenceID {
	return store.OccurrenceID{Obligation: string(a.Covenant) + stageMark + string(a.Stage),
		Period: "minutes " + a.Opened}
}

func minutesArgs(o store.Occurrence) (MinutesArgs, bool) {
	_, stage, ok := strings.Cut(o.Obligation, stageMark)
	opened, minutes := strings.CutPrefix(o.Period, "minutes ")
	return MinutesArgs{workflow.CovenantID(o.Covenant), workflow.StageID(stage), opened}, ok &&
		minutes && o.Kind == minutesKind
}

// scheduleMinutes asks for the minutes of what has just been decided: a row, so that the sweep takes it up whatever
// happens, and a job, so that nobody waits for the sweep.
func (e papers) scheduleMinutes(ctx context.Context, tx *store.Tx, c *workflow.Covenant, event workflow.Event) error {
	o := minutesOf(c, event, e.Now())
	if _, err := tx.ScheduleOccurrence(ctx, o); err != nil {
		return err
	}
	args, _ := minutesArgs(o)
	return enqueue(ctx, tx, args)
}

// minutesOf is the step of drawing up the minutes of a sitting that an event closed, or of a ranking.
func minutesOf(c *workflow.Covenant, event workflow.Event, at time.Time) store.Occurrence {
	args := MinutesArgs{Covenant: c.ID}
	switch event := event.(type) {
	case workflow.ConferenceClosed:
		args.Stage = event.Stage
		for _, sitting := range c.Conferences {
			if sitting.Stage == event.Stage && sitting.Closed != nil && sitting.Closed.At.Equal(event.At) {
				args.Opened = sitting.At.UTC().Format(time.RFC3339Nano)
			}
		}
	case workflow.Ranked:
		args.Stage = "xep-hang"
	}
	return store.Occurrence{OccurrenceID: args.occurrence(), Covenant: string(c.ID), Kind: minutesKind, Due: at}
}

// makeMinutes renders the minutes, keeps them and records them.
func (e papers) makeMinutes(ctx context.Context, args MinutesArgs) error {
	s, err := e.asDecided(ctx, args)
	if err != nil {
		return err
	}
	cmd := workflow.RecordMinutes{Stage: args.Stage, Template: conferenceMinutes}
	var values any
	var on workflow.Date
	if args.Opened == "" {
		cmd.Template, on = rankingMinutes, s.Covenant.Scoring.Ranking.Date
		values, err = e.rankingValues(ctx, s)
	} else {
		cmd.Opened = s.Covenant.Sitting().At
		on = e.Calendar.Today(cmd.Opened)
		values, err = e.conferenceValues(ctx, s)
	}
	if errors.Is(err, errNothingDecided) {
		return e.settleMinutes(ctx, args, err.Error())
	}
	if err != nil {
		return err
	}
	source, file, err := e.renderMinutes(cmd.Template, values, on)
	if err != nil {
		return fmt.Errorf("minutes of %s: %w", s.Covenant.Slug, err)
	}
	if _, err := e.Store.PutBlob(ctx, bytes.NewReader(source), yamlType); err != nil {
		return err
	}
	if _, err := e.Store.PutBlob(ctx, bytes.NewReader(file), pdfType); err != nil {
		return err
	}
	cmd.Values, cmd.PDF = workflow.DigestOf(source), workflow.DigestOf(file)
	meta := Meta{Key: "minutes/" + args.occurrence().String(), Actor: workflow.Program()}
	_, err = e.do(ctx, args.Covenant, args, meta, as(cmd))
	var refusal *workflow.Error
	if errors.As(err, &refusal) { // they are there
		err = nil
	}
	if err != nil {
		return err
	}
	return e.settleMinutes(ctx, args, "the minutes are kept")
}

func (e papers) settleMinutes(ctx context.Context, args MinutesArgs, reason string) error {
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(args.Covenant))
		return ignoreSettled(tx.SettleOccurrence(ctx, args.occurrence(), store.OccurrenceSkipped, reason))
	})
}

// asDecided is the covenant as it was when the sitting was closed or the ranking declared, by its events alone,
// whatever has happened since.
func (e papers) asDecided(ctx context.Context, args MinutesArgs) (workflow.State, error) {
	s, err := e.read(ctx, args.Covenant)
	if err != nil {
		return s, err
	}
	var entries []Entry
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		entries, err = timeline(ctx, tx, args.Covenant)
		return err
	})
	if err != nil {
		return s, err
	}
	s.Covenant = &workflow.Covenant{}
	for _, entry := range entries {
		s.Covenant.Apply(entry.Event)
		switch entry.Event.(type) {
		case workflow.ConferenceClosed:
			if args.Opened == s.Covenant.Sitting().At.UTC().Format(time.RFC3339Nano) {
				return s, nil
			}
		case workflow.Ranked:
			if args.Opened == "" {
				return s, nil
			}
		}
	}
	return s, fmt.Errorf("minutes: the log of %s tells of no sitting opened at %q and closed",
		args.Covenant, args.Opened)
}

// errNothingDecided: a sitting that decided nothing has no minutes of votes.
var errNothingDecided = errors.New("nothing was decided at the sitting")

func (e papers) keepMinutes(
	ctx context.Context, tx *store.Tx, id workflow.CovenantID, kept workflow.MinutesKept,
) error {
	name := fmt.Sprintf("minutes-%s-%d", kept.Stage, kept.Opened.UnixMilli())
	if kept.Opened.IsZero() {
		name = "minutes-ranking"
	}
	if err := e.referKept(ctx, tx, id, name+".yaml", kept.Values, yamlType); err != nil {
		return err
	}
	return e.referKept(ctx, tx, id, name+".pdf", kept.PDF, pdfType)
}

// renderMinutes fills a template of the library with values, and gives both as they are kept.
func (e papers) renderMinutes(template string, values any, on workflow.Date) (source, file []byte, err error) {
	entry, err := library.Open(template)
	if err != nil {
		return nil, nil, err
	}
	if source, err = yaml.Marshal(values); err != nil {
		return nil, nil, err
	}
	doc, err := e.draft(entry.Source, source, templates.DraftOptions{LawDate: day(on), Date: day(on),
		Again: templates.AsBefore}) // what it says was judged when it was recorded
	if err != nil {
		return nil, nil, err
	}
	rendered, err := print(doc, templates.PDFOptions{Created: on.At(12, 0, time.UTC)})
	return source, rendered.bytes, err
}

// post is who holds a post, as minutes print it.
type post struct {
	Title  string `yaml:"chức_vụ"`
	Agency string `yaml:"đơn_vị,omitempty"`
}

// conferenceMinutesValues are the values of the template bien-ban-hoi-nghi.
type conferenceMinutesValues struct {
	Place     string       `yaml:"địa_danh"`
	Block     string       `yaml:"tên_khối"`
	Symbol    string       `yaml:"ký_hiệu"`
	Name      string       `yaml:"tên_hội_nghị"`
	Day       string       `yaml:"ngày_họp"`
	Opened    string       `yaml:"giờ_khai_mạc"`
	Closed    string       `yaml:"giờ_kết_thúc"`
	Hall      string       `yaml:"địa_điểm"`
	Convened  int          `yaml:"tổng_số"`
	Present   int          `yaml:"có_mặt"`
	Attending []string     `yaml:"thành_phần"`
	Business  []string     `yaml:"nội_dung_họp"`
	Votes     []minutedRow `yaml:"biểu_quyết"`
	Opinions  string       `yaml:"ý_kiến,omitempty"`
	Chair     post         `yaml:"chủ_trì"`
	Secretary post         `yaml:"thư_ký"`
}

type minutedRow struct {
	Text    string `yaml:"nội_dung"`
	Method  string `yaml:"hình_thức"`
	For     int    `yaml:"tán_thành"`
	Against int    `yaml:"không_tán_thành"`
	Abstain int    `yaml:"không_ý_kiến"`
	Result  string `yaml:"kết_quả"`
}

// conferenceValues tells a sitting as its minutes do.
func (e papers) conferenceValues(ctx context.Context, s workflow.State) (*conferenceMinutesValues, error) {
	c := s.Covenant
	sitting := c.Sitting()
	stage, _ := s.Process.Stage(sitting.Stage)
	clock := func(at time.Time) string { return at.In(e.Calendar.Zone()).Format("15 giờ 04 phút") }
	v := &conferenceMinutesValues{
		Block: s.Directory.Blocks[c.Block].Name, Symbol: stage.Vote.Conference.Symbol, Name: sitting.Name,
		Day: e.Calendar.Today(sitting.At).String(), Opened: clock(sitting.At),
		Closed: clock(sitting.Closed.At), Hall: sitting.Place,
		Convened: len(c.Parties), Opinions: sitting.Closed.Opinions,
		Chair:     post{"Chủ trì", s.Directory.AgencyName(chairOf(c, sitting.Chairing))},
		Secretary: post{"Thư ký", agencyOf(s, sitting.Secretary)},
	}
	v.Business = chairLines(s, sitting, clock)
	for _, p := range c.Parties {
		line, present := attendanceLine(s, sitting, p.Agency)
		v.Attending = append(v.Attending, line)
		if present {
			v.Present++
		}
	}
	for _, m := range c.MotionsOf(sitting.Stage) {
		if m.Round == 0 || m.Round > c.RoundsBefore { // not of an earlier sitting
			v.minute(s, m)
		}
	}
	if len(v.Votes) == 0 {
		return nil, errNothingDecided
	}
	var err error
	v.Place, err = e.placeOf(ctx, s)
	return v, err
}

// chairOf is the agency in the chair; logs of before 2026-11 do not name it, and it was the leader.
func chairOf(c *workflow.Covenant, chairing workflow.AgencyID) workflow.AgencyID {
	if chairing == "" {
		return c.Leader()
	}
	return chairing
}

// chairLines tell who was in the chair where it was not the one that comes first by the process all the time, and why.
func chairLines(s workflow.State, sitting *workflow.Conference, clock func(time.Time) string) []string {
	var out []string
	if sitting.ChairReason != "" {
		opened := sitting.Chairing
		if len(sitting.Handovers) > 0 {
			opened = sitting.Handovers[0].From
		}
		out = append(out, fmt.Sprintf("%s khai mạc và chủ trì hội nghị; lý do: %s", s.Directory.AgencyName(opened),
			strings.TrimRight(sitting.ChairReason, ".")))
	}
	for _, h := range sitting.Handovers {
		out = append(out, fmt.Sprintf("Lúc %s, %s giao quyền chủ trì hội nghị cho %s; lý do: %s", clock(h.At),
			s.Directory.AgencyName(h.From),
			s.Directory.AgencyName(h.To), strings.TrimRight(h.Reason, ".")))
	}
	return out
}

func attendanceLine(s workflow.State, sitting *workflow.Conference, a workflow.AgencyID) (line string, present bool) {
	name := s.Directory.AgencyName(a)
	for _, r := range sitting.Attendance {
		if r.Agency == a && r.Presence == workflow.Present {
			return fmt.Sprintf("%s: %s", name, s.Directory.PersonName(r.Person)), true
		}
	}
	if p, ok := sitting.ProxyOf(a); ok {
		return fmt.Sprintf("%s: vắng mặt, ủy quyền biểu quyết cho %s theo %s ngày %s", name,
			s.Directory.AgencyName(p.To), p.Document, p.Date.Display()), false
	}
	return name + ": vắng mặt", false
}

// minute adds a motion to the business of the day, and its result where it was decided.
func (v *conferenceMinutesValues) minute(s workflow.State, m workflow.Motion) {
	business := "Hội nghị biểu quyết: " + m.Text
	switch {
	case m.Revision > 0:
		business = fmt.Sprintf("Hội nghị sửa đổi dự thảo tại chỗ thành dự thảo lần %d, mã tóm lược %s", m.Revision,
			s.Covenant.Revisions[m.Revision-1].Manifest.Short())
	case m.ProposedBy != "":
		business = fmt.Sprintf("%s đề nghị biểu quyết thêm: %s", s.Directory.AgencyName(m.ProposedBy), m.Text)
	}
	v.Business = append(v.Business, strings.TrimRight(business, "."))
	if m.Result == nil {
		return
	}
	row := minutedRow{Text: m.Text, Method: m.Result.Method.Word("vi"), For: m.Result.For, Against: m.Result.Against,
		Abstain: m.Result.Abstain, Result: "không thông qua"}
	if m.Result.Passed {
		row.Result = "thông qua"
	}
	v.Votes = append(v.Votes, row)
}

// agencyOf is the name of a person's agency; the block's where the person belongs to none of its parties.
func agencyOf(s workflow.State, person workflow.PersonID) string {
	for _, p := range s.Covenant.Parties {
		for _, position := range s.Directory.Positions {
			if position.Person == person && position.Agency == p.Agency {
				return s.Directory.AgencyName(p.Agency)
			}
		}
	}
	return s.Directory.Blocks[s.Covenant.Block].Name
}

// placeOf is the place that the covenant's own text is dated at, else the block's province.
func (e papers) placeOf(ctx context.Context, s workflow.State) (string, error) {
	revision, _ := s.Covenant.Revision()
	source, err := e.readBlob(ctx, revision.Values)
	if err != nil {
		return "", err
	}
	var values struct {
		Place string `yaml:"địa_danh"`
	}
	if err := yaml.Unmarshal(source, &values); err != nil || values.Place == "" {
		//nolint:nilerr // values of another form have no such key; the province stands in
		return strings.TrimPrefix(s.Directory.Blocks[s.Covenant.Block].Province, "tỉnh "), nil
	}
	return values.Place, nil
}
