package web

import (
	"fmt"
	"net/http"
	"strconv"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
)

// conferencePage is the board for the hall's projector: the votes and the signatures as they come in.
type conferencePage struct {
	basePage
	livePage
	cover
	signPart
	Motions   []motionRow
	Voting    bool // the board shows the votes, otherwise the signatures
	Sitting   *sittingRow
	Attending []attendingRow
	Quorum    string
}

func (s *server) conference(_ http.ResponseWriter, r *request) (*answer, error) {
	p, err := s.conferencePage(r)
	if err != nil {
		return nil, err
	}
	return &answer{page: "conference", data: p, block: "conference"}, nil
}

func (s *server) conferencePage(r *request) (*conferencePage, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, err
	}
	t := s.presenter(r, v)
	p := &conferencePage{
		basePage: s.base(r, ""), livePage: s.live(r, v), cover: t.cover(), signPart: t.signPart(), Motions: t.motions(),
		Voting: v.Covenant.Number == nil,
	}
	p.Parts = address.BoardParts.For(v.Covenant.Slug)
	if rows := t.sittings(); len(rows) > 0 && v.Covenant.Sitting() != nil {
		p.Sitting = &rows[len(rows)-1]
		p.Attending, p.Quorum = t.attending(), t.quorum()
	}
	p.Title = r.text(words.Of("Hội nghị", "Conference")) + " – " + p.Heading
	return p, nil
}

// sittingRow is a sitting of a conference.
type sittingRow struct {
	Name, Place, Day, State string
	Chair                   string
	Minutes                 string // address of the minutes
}

// sittings are the sittings of all conferences, oldest first.
func (t presenter) sittings() []sittingRow {
	var rows []sittingRow
	for i, c := range t.v.Covenant.Conferences {
		row := sittingRow{
			Name: c.Name, Place: c.Place, Day: t.when(c.At), State: t.text(words.Of("đang họp", "sitting")),
		}
		if c.Chairing != "" {
			row.Chair = t.text(words.F("chủ tọa: %s", "chair: %s", t.agency(c.Chairing)))
		}
		switch {
		case c.Closed != nil && c.Closed.Adjourned:
			row.State = t.text(words.Of("tạm dừng", "adjourned"))
		case c.Closed != nil:
			row.State = t.text(words.Of("đã bế mạc", "closed"))
		}
		if c.Minutes != nil {
			row.Minutes = address.Minutes.For(t.v.Covenant.Slug, itoa(i+1))
		}
		rows = append(rows, row)
	}
	return rows
}

// attendingRow is an agency's place at the sitting.
type attendingRow struct{ Agency, Person, State, Tone string }

// attending is who is at the sitting, in the order of the parties.
func (t presenter) attending() []attendingRow {
	sitting := t.v.Covenant.Sitting()
	var rows []attendingRow
	for _, p := range t.v.Covenant.Parties {
		presence := sitting.Presence(p.Agency)
		row := attendingRow{Agency: t.agency(p.Agency), State: presence.Word(t.lang), Tone: "next"}
		switch presence {
		case workflow.Present:
			row.Tone = "done"
			for _, a := range sitting.Attendance {
				if a.Agency == p.Agency {
					row.Person = t.person(a.Person)
				}
			}
		case workflow.ByProxy:
			proxy, _ := sitting.ProxyOf(p.Agency)
			row.Tone, row.Person = "waiting", t.agency(proxy.To)
		}
		rows = append(rows, row)
	}
	return rows
}

// quorum says how many of those entitled are at the sitting, and how many must be.
func (t presenter) quorum() string {
	c := t.v.Covenant
	stage, _ := t.v.Process.Stage(c.Sitting().Stage)
	count := t.v.Attendance(stage)
	need := stage.Vote.Quorum.Of(count.Entitled)
	if count.Present < need {
		return t.text(words.F("Có mặt và ủy quyền %d/%d; chưa đủ điều kiện tiến hành (tối thiểu %d).",
			"%d of %d present or by proxy; no quorum yet (at least %d).", count.Present, count.Entitled, need))
	}
	return t.text(words.F("Có mặt và ủy quyền %d/%d; đủ điều kiện tiến hành (tối thiểu %d).",
		"%d of %d present or by proxy; there is a quorum (at least %d).", count.Present, count.Entitled, need))
}

// rankingMinutes stands in an address for the minutes of the ranking, instead of a sitting's number.
const rankingMinutes = "xep-hang"

// minutes sends the minutes of a sitting, counted from 1, or those of the ranking.
func (s *server) minutes(w http.ResponseWriter, r *request) (*answer, error) {
	number := r.PathValue("number")
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, fmt.Errorf("minutes %s: %w", number, err)
	}
	if sc := v.Covenant.Scoring; number == rankingMinutes && sc != nil && sc.Minutes != nil {
		return nil, s.sendPDF(w, r, sc.Minutes.PDF, "bien-ban-xep-hang.pdf")
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(v.Covenant.Conferences) || v.Covenant.Conferences[n-1].Minutes == nil {
		return nil, errNotFound
	}
	return nil, s.sendPDF(w, r, v.Covenant.Conferences[n-1].Minutes.PDF, "bien-ban-"+number+".pdf")
}
