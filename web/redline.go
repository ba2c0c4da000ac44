package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/templates"
	"covenant/workflow"
)

// redlinePage is what changed between two revisions: since the one before, or since the one that a person or an agency
// approved last.
type redlinePage struct {
	basePage
	Path, Heading      string
	From, To           int
	FromShort, ToShort string
	Since              string // whose last approval From is
	Changes            template.HTML
	Count              int
	Revisions          []revisionLink
}

// redline answers [address.Redline]: ?tu= and ?den= are numbers of revisions, ?nguoi= a person and ?don-vi= an agency
// whose last approval is compared with the newest.
func (s *server) redline(_ http.ResponseWriter, r *request) (*answer, error) {
	slug := address.Slug(r.Request)
	v, err := s.view(r, slug)
	if err != nil {
		return nil, fmt.Errorf("redline: %w", err)
	}
	t, q := s.presenter(r, v), r.URL.Query()
	p := &redlinePage{basePage: s.base(r, "covenants"), Path: address.Covenant.For(slug), Heading: v.Covenant.Title}
	from, fromErr := revisionNumber(q.Get("tu"))
	to, toErr := revisionNumber(q.Get("den"))
	if fromErr != nil || toErr != nil {
		return nil, errNotFound
	}
	if person := workflow.PersonID(q.Get("nguoi")); person != "" {
		if last, ok := v.Covenant.LastApproved(person); ok {
			from, p.Since = last.Number, t.person(person)
		}
	}
	if agency := workflow.AgencyID(q.Get("don-vi")); agency != "" {
		if last := lastApproval(v.Covenant, agency); last > 0 {
			from, p.Since = last, t.agency(agency)
		}
	}
	found, err := s.comparison(r, slug, from, to)
	if err != nil {
		return nil, err
	}
	var changes strings.Builder
	if err := templates.RedlineHTML(&changes, found.Changes); err != nil {
		return nil, err
	}
	p.From, p.To, p.FromShort, p.ToShort = found.From.Number, found.To.Number, found.From.Manifest.Short(),
		found.To.Manifest.Short()
	p.Changes = template.HTML(changes.String()) //nolint:gosec // RedlineHTML escapes every text
	p.Count = len(found.Changes)
	for _, rev := range v.Covenant.Revisions[min(1, len(v.Covenant.Revisions)):] {
		p.Revisions = append(p.Revisions, revisionLink{
			Number: rev.Number, Label: r.text(words.F("Lần %d → lần %d", "Revision %d → %d", rev.Number-1, rev.Number)),
			Path: redlinePath(slug, rev.Number), Current: p.From == rev.Number-1 && p.To == rev.Number,
		})
	}
	p.Title = r.text(words.F("Thay đổi từ lần %d đến lần %d", "Changes from revision %d to revision %d", p.From, p.To))
	return &answer{page: "redline", data: p}, nil
}

// redlinePath is the address of what changed from the revision before to a revision.
func redlinePath(slug string, number int) string {
	return fmt.Sprintf("%s?tu=%d&den=%d", address.Redline.For(slug), number-1, number)
}

func revisionNumber(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("revision %q", text)
	}
	return n, nil
}

// lastApproval is the newest revision that an agency approved; 0 if there is none.
func lastApproval(c *workflow.Covenant, agency workflow.AgencyID) int {
	last := 0
	for _, r := range c.Reviews {
		if r.Agency == agency && r.Opinion.Approves() {
			last = max(last, r.Revision)
		}
	}
	return last
}
