package web

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"covenant/internal/address"
	"covenant/templates"
	"covenant/workflow"
)

// The form's script keeps a preview beside it: it names the digests of the pages that it shows, and is sent a file of
// the others alone, with the digests of all pages and which of them the file holds. Without a script the address is
// that of the whole file.
const (
	pagesHeader   = "Covenant-Pages"   // digests of all pages, in order
	changedHeader = "Covenant-Changed" // numbers, from 0, of those in the file
)

// mostPages is of how many pages a script may say that it shows them.
const mostPages = 2000

// preview draws what has been saved.
func (s drafts) preview(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return nil, errSignInFirst
	}
	known := strings.FieldsFunc(r.URL.Query().Get("co"), func(c rune) bool { return c == '.' })
	if len(known) > mostPages {
		known = known[:mostPages]
	}
	p, err := s.engine.Preview(r.Context(), r.actor, address.Slug(r.Request), known)
	if err != nil {
		if r.Context().Err() != nil {
			return nil, nil //nolint:nilerr // the page has asked for a newer one, or is gone: nobody is left to tell
		}
		var problems templates.Problems
		if errors.As(err, &problems) {
			err = workflow.Refusal(workflow.CodeInvalid, "chưa lập được bản xem thử: %s",
				"the preview cannot be made: %s", problemsInWords(problems, r.lang))
		}
		if wantsJSON(r) {
			return nil, s.sendProblem(w, r, err)
		}
		return nil, err
	}
	sendPreview(w, r, p)
	return nil, nil
}

func sendPreview(w http.ResponseWriter, r *request, p *templates.Preview) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set(pagesHeader, strings.Join(p.Pages, " "))
	var changed []string
	for _, n := range p.Changed {
		changed = append(changed, strconv.Itoa(n))
	}
	h.Set(changedHeader, strings.Join(changed, " "))
	if p.PDF == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Content-Security-Policy", documentPolicy)
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="xem-thu.pdf"`)
	h.Set("Content-Length", strconv.Itoa(len(p.PDF)))
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(p.PDF).WriteTo(w) // the reader has gone: nobody is left to tell
	}
}
