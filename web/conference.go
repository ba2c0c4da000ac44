package web

import (
	"fmt"
	"net/http"
)

// conferencePage is the board for the hall's projector: the votes and the signatures as they come in.
type conferencePage struct {
	basePage
	Slug, Path, Heading     string
	Block                   string
	Status, Tone            string
	Stamp                   string
	Motions                 []motionRow
	Groups                  []signGroup
	SignedCount, PartyCount int
	Voting                  bool // the board shows the votes, otherwise the signatures
	Number, Date            string
}

func (s *server) conference(w http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.src.View(r.Context(), r.PathValue("slug"))
	if err != nil {
		return nil, fmt.Errorf("conference: %w", err)
	}
	known := r.URL.Query().Get("v")
	if known != "" {
		w.Header().Set("Cache-Control", "no-store")
		if known == stamp(v) {
			w.WriteHeader(http.StatusNoContent)
			return nil, nil
		}
		r.URL.RawQuery = ""
	}
	full, err := s.covenantPage(r, v)
	if err != nil {
		return nil, err
	}
	p := &conferencePage{
		basePage: s.base(r, ""), Slug: v.Covenant.Slug, Path: full.Path, Heading: full.Heading, Block: full.Block, Status: full.Status, Tone: string(full.Tone),
		Stamp: full.Stamp, Motions: full.Motions, Groups: full.Groups, SignedCount: full.SignedCount, PartyCount: full.PartyCount,
		Voting: v.Covenant.Number == nil, Number: full.Number, Date: full.Date,
	}
	p.Title = r.lang.text("conference.title") + " – " + full.Heading
	a := &answer{page: "conference", data: p, block: "conference"}
	if known != "" {
		a.block = "board"
	}
	return a, nil
}
