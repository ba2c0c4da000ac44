package address

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Every address that is made is answered by the route it was made from, with the values that went into it.
func TestAddressesLeadToTheirRoutes(t *testing.T) {
	mux, reached := http.NewServeMux(), Route("")
	var got *http.Request
	for _, r := range []Route{
		Home, Covenants, Calendar, Register, Check, Health, Covenant, Parts, Changes, Document, Revision, Redline,
		Evidence, Minutes, Scores,
		ScoreSheet, Board, BoardParts, Chair, ChairParts, Signing, Act, Public, PublicDocument, PublicVerdict,
		Begin, Draft, Preview, Submit,
	} {
		mux.HandleFunc(r.Pattern(http.MethodGet), func(_ http.ResponseWriter, req *http.Request) {
			if r.Fits(req) {
				reached, got = r, req
			}
		})
	}
	for _, c := range []struct {
		made  string
		route Route
		name  string
		value string
	}{
		{Home.Of(), Home, "", ""}, {Covenants.Of(), Covenants, "", ""},
		{Covenant.For("2026/kinh-te"), Covenant, "name", "kinh-te"},
		{Document.For("2026/kinh-te"), Document, "year", "2026"},
		{Document.For("2026/lan"), Document, "name", "lan"},
		{Covenant.For("2026/cham-diem"), Covenant, "name", "cham-diem"},
		{Scores.For("2026/cham-diem"), Scores, "name", "cham-diem"},
		{Revision.For("2026/kinh-te", "12"), Revision, "number", "12"},
		{Minutes.For("2026/kinh-te", "xep-hang"), Minutes, "number", "xep-hang"},
		{ScoreSheet.For("2026/kinh-te", "so-yte"), ScoreSheet, "agency", "so-yte"},
		{ScoreSheet.For("2026/kinh-te", "Sở Y tế/2?"), ScoreSheet, "agency", "Sở Y tế/2?"},
		{Board.For("2026/kinh-te"), Board, "name", "kinh-te"}, {Signing.Of(), Signing, "", ""},
		{Chair.For("2026/kinh-te"), Chair, "name", "kinh-te"},
		{ChairParts.For("2026/dieu-hanh"), ChairParts, "name", "dieu-hanh"},
		{Act.For("2026/kinh-te", "sign"), Act, "command", "sign"},
		{Begin.Of(), Begin, "", ""}, {Draft.For("2026/soan"), Draft, "name", "soan"},
		{Preview.For("2026/kinh-te"), Preview, "name", "kinh-te"}, {Submit.For("2026/kinh-te"), Submit, "year", "2026"},
		{Public.Of("k7q2m5"), Public, "token", "k7q2m5"}, {PublicDocument.Of("k7q2m5"), PublicDocument, "token",
			"k7q2m5"},
	} {
		reached, got = "", nil
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.made, nil))
		switch {
		case reached != c.route:
			t.Errorf("%s reaches %q, want %q", c.made, reached, c.route)
		case c.name != "" && got.PathValue(c.name) != c.value:
			t.Errorf("%s: %s is %q, want %q", c.made, c.name, got.PathValue(c.name), c.value)
		}
	}
	for _, wrong := range []string{"/giao-uoc/2026/kinh-te/lan/1", "/giao-uoc/2026/kinh-te/lan/.pdf", "/giao-uoc/2026",
		"/t/x/khac.pdf"} {
		reached = ""
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, wrong, nil))
		if reached != "" {
			t.Errorf("%s reaches %q", wrong, reached)
		}
	}
}

func TestOn(t *testing.T) {
	for _, public := range []string{"https://giaouoc.example", "https://giaouoc.example/"} {
		if got := On(public, Public.Of("k7q2m5")); got != "https://giaouoc.example/t/k7q2m5" {
			t.Errorf("got %q", got)
		}
	}
	if got := Slug(about("2026", "kinh-te")); got != "2026/kinh-te" {
		t.Errorf("slug %q", got)
	}
}

func about(year, name string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetPathValue("year", year)
	r.SetPathValue("name", name)
	return r
}
