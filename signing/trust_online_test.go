package signing

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/signing/internal/pkitext"
	"covenant/signing/trust"
)

// online is the verdict on EE where the file holds nothing but its certificate, and a server what is named: lists by
// their names, certificates under “/cert/”. URL in the text is the server's address.
func online(t *testing.T, text string) (*Result, []string) {
	t.Helper()
	files := map[string][]byte{}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if der := files[r.URL.Path]; der != nil {
			_, _ = w.Write(der)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	p := pkitext.Build(t, strings.ReplaceAll(text, "URL", server.URL))
	for name, der := range p.NamedLists() {
		files["/"+name] = der
	}
	for _, name := range []string{"A", "B", "K", "I"} {
		if p.Has(name) {
			files["/cert/"+name] = p.DER(name)
		}
	}
	opt := VerifyOptions{Roots: rootsOf(t, nil, p.Certificate("R")), Online: true, HTTP: http.DefaultClient}
	tr := newTruster(&opt, time.Now())
	for _, name := range []string{"K", "I"} { // no address names them
		if p.Has(name) {
			tr.addCertificates([]*x509.Certificate{p.Certificate(name)})
		}
	}
	v := tr.validate(t.Context(), p.Certificate("EE"), moment{at: time.Now(), purpose: trust.Signature})
	return &Result{Indication: v.indication, SubIndication: v.sub, Reasons: v.reasons,
		Basis: Basis{Chain: v.links}}, asked
}

// What the file lacks is fetched: issuers, each list that a certificate names until they come to an answer, and deltas.
func TestPathsOnline(t *testing.T) {
	const a = "A < R points=uri:URL/R; list R; "
	const ee = "EE < A access=URL/cert/A points=uri:URL/A"
	const most = "keyCompromise+cACompromise"
	const rest = "affiliationChanged+superseded+cessationOfOperation+certificateHold+privilegeWithdrawn+aACompromise"
	for _, c := range []struct {
		name, pki string
		want      SubIndication
		asked     string // that must have been
	}{
		{"issuer and lists", a + ee + "; list A", "", "/cert/A /A /R"},
		{"revoked", a + ee + "; list A revoke=EE", RevokedNoPOE, "/A"},
		{"issuer with the name in another kind of string", a + ee + " issuer=O=u!test/CN=u!a; list A", "", "/cert/A"},
		{"issuer with a negative serial number", "A < R serial=-7 points=uri:URL/R; list R; " + ee + "; list A", "",
			"/R"},
		{"another certificate at the address", a + "B < R; EE < A access=URL/cert/B", NoCertificateChainFound,
			"/cert/B"},
		{"delta that the list names", a + ee + "; list A number=1 freshest=uri:URL/D; list A as=D number=2 delta=1", "",
			"/D"},
		{"revoked in the delta", a + ee +
			"; list A number=1 freshest=uri:URL/D; list A as=D number=2 delta=1 revoke=EE",
			RevokedNoPOE, "/D"},
		{"revoked in the delta that the certificate names", a + ee + " freshest=uri:URL/D; list A number=1; " +
			"list A as=D number=2 delta=1 revoke=EE", RevokedNoPOE, "/D"},
		{"delta that cannot be had", a + ee + "; list A number=1 freshest=uri:URL/D", "", "/D"},
		{"nothing but a delta", a + ee + "; list A number=2 delta=1", TryLater, "/A"},
		{"some reasons each", a + "EE < A access=URL/cert/A points=uri:URL/A~reasons=" + most + "|uri:URL/A2~reasons=" +
			rest +
			"; list A reasons=" + most + " point=uri:URL/A; list A as=A2 point=uri:URL/A2", "", "/A /A2"},
		{"some reasons, the others cannot be had", a + "EE < A access=URL/cert/A points=uri:URL/A~reasons=" + most +
			"|uri:URL/A2~reasons=" + rest + "; list A reasons=" + most + " point=uri:URL/A", TryLater, "/A2"},
		{"some reasons each, revoked in the second", a + "EE < A access=URL/cert/A points=uri:URL/A~reasons=" + most +
			"|uri:URL/A2~reasons=" + rest + "; list A reasons=" + most + " point=uri:URL/A; list A as=A2 revoke=EE",
			RevokedNoPOE,
			"/A2"},
		{"indirect", a +
			"I < R usage=crl points=uri:URL/R; EE < A access=URL/cert/A points=uri:URL/I~issuer=O=Test/CN=I; " +
			"list I indirect point=uri:URL/I", "", "/I"},
		{"indirect, its signer revoked", "A < R points=uri:URL/R; list R revoke=I; I < R usage=crl points=uri:URL/R; " +
			"EE < A access=URL/cert/A points=uri:URL/I~issuer=O=Test/CN=I; list I indirect", TryLater, "/I /R"},
		{"key for lists",
			"A < R ca usage=cert points=uri:URL/R; K < R subject=O=Test/CN=A usage=crl points=uri:URL/R; list R; " +
				ee + "; list K as=A", "", "/A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, asked := online(t, c.pki)
			if res.SubIndication != c.want || (res.Indication == TotalPassed) != (c.want == "") {
				t.Errorf("%s/%s %v: want %q", res.Indication, res.SubIndication, res.Reasons, c.want)
			}
			for _, path := range strings.Fields(c.asked) {
				if !slices.Contains(asked, path) {
					t.Errorf("%s was not asked for: %v", path, asked)
				}
			}
		})
	}
}
