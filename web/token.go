package web

import (
	"fmt"
	"net/http"
)

// token is the target of a document's QR code: it leads to the covenant's page.
func (s *server) token(w http.ResponseWriter, r *request) (*answer, error) {
	src, ok := s.src.(TokenSource)
	if !ok {
		return nil, errNotFound
	}
	slug, err := src.ByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return nil, fmt.Errorf("address in a qr code: %w", err)
	}
	http.Redirect(w, r.Request, slugPath(slug), http.StatusFound)
	return nil, nil
}
