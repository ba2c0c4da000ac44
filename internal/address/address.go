// Package address is the one table of where things are found: the addresses that the pages answer are those that mails,
// QR codes and links name. An address is made from its [Route] and answered under the route's pattern, so the two
// cannot differ.
package address

import (
	"net/http"
	"net/url"
	"strings"
)

// Route is an address with names in braces where its values stand: "/giao-uoc/{year}/{name}/lan/{number}.pdf". A name
// fills a segment, or all of it before a suffix.
type Route string

// The pages.
const (
	Home      Route = "/"
	Covenants Route = "/giao-uoc"
	Begin     Route = "/giao-uoc/moi" // a covenant
	Calendar  Route = "/lich-bao-cao"
	Register  Route = "/so-van-ban"
	Check     Route = "/kiem-tra"
	Health    Route = "/healthz"
	SignIn    Route = "/dang-nhap"
	Password  Route = "/dang-nhap/mat-khau" //nolint:gosec // an address, where one is set by a one-time code
	SignOut   Route = "/dang-xuat"
	Account   Route = "/tai-khoan"
	Session   Route = "/tai-khoan/phien"            // ended there
	Key       Route = "/tai-khoan/khoa"             // enrolled there
	Link      Route = "/dang-nhap/lien-ket/{token}" // of a demonstration
	Signing   Route = "/ky-so"                      // what waits for the reader's signature
	Asset     Route = "/static/{path...}"
)

// What belongs to one covenant; year and name are its slug.
const (
	Covenant   Route = "/giao-uoc/{year}/{name}"
	Parts      Route = "/giao-uoc/{year}/{name}/tinh-hinh"        // of its page that have changed
	Changes    Route = "/giao-uoc/{year}/{name}/thay-doi"         // as they happen
	Document   Route = "/giao-uoc/{year}/{name}/van-ban.pdf"      // the newest bytes
	Revision   Route = "/giao-uoc/{year}/{name}/lan/{number}.pdf" // as the agencies read it
	Redline    Route = "/giao-uoc/{year}/{name}/so-sanh"
	Evidence   Route = "/giao-uoc/{year}/{name}/ho-so.zip"
	Minutes    Route = "/giao-uoc/{year}/{name}/bien-ban/{number}.pdf" // of a sitting, or those of the ranking
	Scores     Route = "/giao-uoc/{year}/{name}/cham-diem"
	ScoreSheet Route = "/giao-uoc/{year}/{name}/cham-diem/{agency}.pdf"
	Board      Route = "/hoi-nghi/{year}/{name}"                // for the hall's projector
	Act        Route = "/giao-uoc/{year}/{name}/viec/{command}" // the form of a command
	Draft      Route = "/giao-uoc/{year}/{name}/soan"           // the form of its text
	Preview    Route = "/giao-uoc/{year}/{name}/soan/xem-thu.pdf"
	Submit     Route = "/giao-uoc/{year}/{name}/soan/trinh"
	BoardParts Route = "/hoi-nghi/{year}/{name}/tinh-hinh"
	Chair      Route = "/hoi-nghi/{year}/{name}/dieu-hanh" // the panel of who chairs or keeps the minutes
	ChairParts Route = "/hoi-nghi/{year}/{name}/dieu-hanh/tinh-hinh"
)

// What a document's QR code leads to.
const (
	Public         Route = "/t/{token}"
	PublicDocument Route = "/t/{token}/van-ban.pdf"
	PublicVerdict  Route = "/t/{token}/ket-qua-kiem-tra.pdf"
)

// Of is the address of a page that is not about one covenant, with the values of its names in their order.
func (r Route) Of(values ...string) string {
	var b strings.Builder
	for segment := range strings.SplitSeq(strings.TrimPrefix(string(r), "/"), "/") {
		b.WriteByte('/')
		_, suffix, named := cutName(segment)
		if !named {
			b.WriteString(segment)
			continue
		}
		b.WriteString(url.PathEscape(values[0]) + suffix)
		values = values[1:]
	}
	return b.String()
}

// For is the address of something that belongs to the covenant with a slug; values are those of the other names.
func (r Route) For(slug string, values ...string) string {
	year, name, _ := strings.Cut(slug, "/")
	return r.Of(append([]string{year, name}, values...)...)
}

// On is an address at the host under which the pages are reached from outside.
func On(public, address string) string { return strings.TrimSuffix(public, "/") + address }

// Pattern is the route as [http.ServeMux] knows it. A wildcard there is a whole segment; [Route.Fits] looks at the
// suffix.
func (r Route) Pattern(method string) string {
	var b strings.Builder
	for segment := range strings.SplitSeq(strings.TrimPrefix(string(r), "/"), "/") {
		b.WriteByte('/')
		if name, _, named := cutName(segment); named {
			segment = "{" + name + "}"
		}
		b.WriteString(segment)
	}
	if r == Home {
		b.WriteString("{$}")
	}
	return method + " " + b.String()
}

// Fits reports whether a request that the route's pattern matched has the suffixes of the route, and takes them off its
// values.
func (r Route) Fits(req *http.Request) bool {
	for segment := range strings.SplitSeq(string(r), "/") {
		name, suffix, named := cutName(segment)
		if !named || suffix == "" {
			continue
		}
		value, ok := strings.CutSuffix(req.PathValue(name), suffix)
		if !ok || value == "" {
			return false
		}
		req.SetPathValue(name, value)
	}
	return true
}

// Slug is that of the covenant that a request is about.
func Slug(req *http.Request) string { return req.PathValue("year") + "/" + req.PathValue("name") }

// cutName takes the name out of a segment such as "{number}.pdf".
func cutName(segment string) (name, suffix string, named bool) {
	rest, named := strings.CutPrefix(segment, "{")
	if !named {
		return "", "", false
	}
	name, suffix, _ = strings.Cut(rest, "}")
	return name, suffix, true
}
