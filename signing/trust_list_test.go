package signing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"covenant/signing/internal/pkitext"
	"covenant/signing/trust"
)

const (
	unknown = TryLater
	revoked = RevokedNoPOE
	revCA   = RevokedCANoPOE
)

func TestRevocationByLists(t *testing.T) { // 4.4
	const lists = "; list R; list A"
	checkPaths(t, VerifyOptions{}, []pathRow{
		{"all lists", "A < R; EE < A" + lists, "", ""},
		{"4.4.1 authority without list", "A < R; EE < A; list R", unknown, ReasonNoRevocation},
		{"4.4.2 authority revoked", "A < R; EE < A; list R revoke=A; list A", revCA, ReasonRevoked},
		{"4.4.3 end revoked", "A < R; EE < A; list R; list A revoke=EE", revoked, ReasonRevoked},
		{"another is revoked", "A < R; EE < A; X < A; list R; list A revoke=X", "", ""},
		{"4.4.4 list altered", "A < R; EE < A; list R; list A broken", unknown, ""},
		{"4.4.5 list of another name", "A < R; EE < A; list R; list A issuer=O=Test/CN=B", unknown, ""},
		{"4.4.6 list of another authority", "A < R; EE < A; B < R; list R; list B revoke=EE", unknown, ""},
		{"two lists, revoked in one", "A < R; EE < A; list R; list A; list A as=A2 revoke=EE", revoked, ""},
		{"4.4.7 two lists, one by another key", "A < R; EE < A; list R; list A; list A as=A2 by=X revoke=EE", "", ""},
		{"4.4.8 unknown critical extension of an entry", "A < R; EE < A; X < A; list R; list A revoke=X entry=1.2.3.9",
			unknown, ""},
		{"4.4.9 unknown critical extension", "A < R; EE < A; list R; list A critical=1.2.3.9", unknown, ""},
		{"4.4.10 unknown critical extension, revoked", "A < R; EE < A; list R; list A revoke=EE critical=1.2.3.9",
			unknown,
			""},
		{"unknown extension", "A < R; EE < A; list R; list A extra=1.2.3.9", "", ""},
		{"4.4.11 list of yesterday", "A < R; EE < A; list R; list A to=2025", unknown, ""},
		{"4.4.12 list of before 2000", "A < R; EE < A; list R; list A from=1998 to=1999", unknown, ""},
		{"4.4.13 GeneralizedTime", "A < R; EE < A; list R; list A to=2055", "", ""},
		{"negative serial number", "A < R; EE < A serial=-1" + lists, "", ""},
		{"negative serial number, its opposite revoked", "A < R; EE < A serial=-1; list R; list A revoke=#1", "",
			""},
		{"serial number whose opposite is revoked", "A < R; EE < A serial=1; list R; list A revoke=#-1", "", ""},
		{"negative serial number revoked", "A < R; EE < A serial=-1; list R; list A revoke=EE", revoked, ""},
		{"4.4.16 long serial number",
			"A < R; EE < A serial=123456789012345678901234567890123456789012345678; list R; " +
				"list A revoke=#123456789012345678901234567890123456789012345679", "", ""},
		{"4.4.18 long serial number revoked",
			"A < R; EE < A serial=123456789012345678901234567890123456789012345678; " +
				"list R; list A revoke=EE", revoked, ""},
		{"4.7.4 key not for lists", "A < R usage=cert ca; EE < A" + lists, unknown, ""},
		{"SHA-1, as before", "A < R; EE < A; list R; list A sha1", "", ""},
		{"issuer's name in another kind of string", "A < R; EE < A; list R; list A issuer=O=u!test/CN=u!a revoke=EE",
			revoked,
			""},
		{"complete list that takes back", "A < R; EE < A; list R; list A revoke=EE:removeFromCRL", unknown, ""},
	})
}

func TestListsByAnotherKey(t *testing.T) { // 4.4.19 to 4.4.21, 4.5
	const apart = "A < R ca usage=cert; K < R subject=O=Test/CN=A usage=crl"
	const within = "A < R ca usage=cert; K < A subject=O=Test/CN=A usage=crl"
	checkPaths(t, VerifyOptions{}, []pathRow{
		{"4.4.19 key for lists", apart + "; EE < A; list R; list K", "", ""},
		{"4.4.20 key for lists, revoked", apart + "; EE < A; list R; list K revoke=EE", revoked, ""},
		{"4.4.21 key for lists itself revoked", apart + "; EE < A; list R revoke=K; list K", unknown, ""},
		{"key for lists, nobody's", "A < R ca usage=cert; K < K subject=O=Test/CN=A usage=crl; EE < A; list R; list K",
			unknown, ""},
		{"key for lists, certified by another's name",
			"A < R ca usage=cert; B < R; K < B usage=crl; EE < A; list R; list B; " +
				"list K issuer=O=Test/CN=A", unknown, ""},
		{"key for lists, certified under that name by another authority below the same anchor",
			"A < R; B < R; K < B subject=O=Test/CN=A usage=crl; EE < A; list R; list B; list K", unknown, ""},
		{"key for lists, certified under that name by an authority above",
			"B < R; A < B; K < R subject=O=Test/CN=A usage=crl; EE < A; list R; list B; list K", "", ""},
		{"key not for lists", "A < R ca usage=cert; K < R subject=O=Test/CN=A usage=sign; EE < A; list R; list K",
			unknown, ""},
		{"key for lists, over when it signed", apart + " to=2021; EE < A; list R; list K", unknown, ""},
		{"key for lists of which nothing is known",
			"A < R ca usage=cert; B < R; K < B subject=O=Test/CN=A usage=crl; EE < A; " +
				"list R; list K", unknown, ""},
		{"outside of names",
			"A < R ca usage=cert; B < R permit=dir:C=VN; K < B subject=O=Test/CN=A usage=crl; EE < A; " +
				"list R; list B; list K", unknown, ""},

		{"4.5.1 old with new", "N < R; A < N subject=O=Test/CN=N; EE < A; list R; list N", "", ""},
		{"4.5.2 old with new, revoked", "N < R; A < N subject=O=Test/CN=N; EE < A; list R; list N revoke=EE", revoked,
			""},
		{"4.5.3 new with old", "A < R; N < A subject=O=Test/CN=A; EE < N; list R; list A", "", ""},
		{"4.5.5 new with old, revoked", "A < R; N < A subject=O=Test/CN=A; EE < N; list R; list A revoke=EE", revoked,
			""},
		{"4.5.6 key for lists by itself", within + "; EE < A; list R; list K", "", ""},
		{"4.5.7 key for lists by itself, revoked", within + "; EE < A; list R; list K revoke=EE", revoked, ""},
		{"key for lists by itself, revoked by itself", within + "; EE < A; list R; list K revoke=K", unknown, ""},
		{"the anchor's key for lists", "K < R subject=O=Test/CN=R usage=crl; A < R; EE < A; list K; list A", "", ""},
	})
}

func TestPointsOfLists(t *testing.T) { // 4.14.1 to 4.14.21
	row := func(name, ee, list string, want SubIndication) pathRow {
		return pathRow{name, "A < R; EE < A " + ee + "; X < A; list R; list A " + list, want, ""}
	}
	const p1, p2 = "dir:O=Test/CN=A/OU=1", "dir:O=Test/CN=A/OU=2"
	const most = "keyCompromise+cACompromise"
	const rest = "affiliationChanged+superseded+cessationOfOperation+certificateHold+privilegeWithdrawn+aACompromise"
	two := func(name, first, second string, want SubIndication) pathRow {
		return pathRow{name, "A < R; EE < A; X < A; list R; list A " + first + "; list A as=A2 " + second, want, ""}
	}
	checkPaths(t, VerifyOptions{}, []pathRow{
		row("4.14.1 same point", "points="+p1, "point="+p1, ""),
		row("4.14.2 same point, revoked", "points="+p1, "point="+p1+" revoke=EE", revoked),
		row("4.14.3 another point", "points="+p1, "point="+p2, unknown),
		row("relative in the certificate", "points=rel:OU=1", "point="+p1, ""),
		row("relative in both", "points=rel:OU=1", "point=rel:OU=1", ""),
		row("relative in both, revoked", "points=rel:OU=1", "point=rel:OU=1 revoke=EE", revoked),
		row("relative in the list", "points="+p1, "point=rel:OU=1", ""),
		row("another one, relative", "points="+p1, "point=rel:OU=2", unknown),
		row("same point in capitals", "points="+p1, "point=dir:O=u!TEST/CN=a/OU=1", ""),
		row("4.14.10 the list has none", "points="+p1, "", ""),
		row("one of two points", "points="+p2+"|"+p1, "point="+p1, ""),
		row("one of two names", "points="+p2+","+p1, "point="+p1+",uri:http://a.vn", ""),
		row("URL", "points=uri:http://a.vn/1", "point=uri:http://a.vn/1", ""),
		row("another URL", "points=uri:http://a.vn/1", "point=uri:http://a.vn/2", unknown),
		row("4.14.11 people only, an authority", "ca", "only=user", unknown),
		row("4.14.12 authorities only, a person", "", "only=ca", unknown),
		row("4.14.13 authorities only", "ca", "only=ca", ""),
		row("people only", "", "only=user", ""),
		row("4.14.14 attributes only", "", "only=attr", unknown),
		row("4.14.15 some reasons, revoked", "", "reasons="+most+" revoke=EE", revoked),
		row("some reasons", "", "reasons="+most, unknown),
		row("some reasons in the certificate", "points="+p1+"~reasons="+most, "point="+p1, unknown),
		two("4.14.18 all reasons in two", "reasons="+most, "reasons="+rest, ""),
		two("4.14.20 all reasons in two, revoked in the second", "reasons="+most, "reasons="+rest+" revoke=EE",
			revoked),
		two("4.14.21 all reasons in two, revoked in the first", "reasons="+most+" revoke=EE", "reasons="+rest, revoked),
		two("the same reasons twice", "reasons="+most, "reasons="+most, unknown),
		two("all reasons in two, one over", "reasons="+most+" to=2025", "reasons="+rest, unknown),
		two("all reasons in two, one altered", "reasons="+most+" broken", "reasons="+rest, unknown),
		two("all reasons in two, one of another point", "reasons="+most+" point="+p1, "reasons="+rest, unknown),
		{"4.14.19 reasons in points", "A < R; EE < A points=" + p1 + "~reasons=" + most + "|" + p2 + "~reasons=" +
			rest +
			"; list R; list A point=" + p1 + " reasons=" + most + "; list A as=A2 point=" + p2 + " reasons=" + rest, "",
			""},
		row("malformed point", "ext=2.5.29.31:3000", "", ""),
		row("malformed scope", "", "cext=2.5.29.28:0500", unknown),
		row("unknown part of the scope", "", "cext=2.5.29.28:30038601ff", unknown),
	})
}

func TestIndirectLists(t *testing.T) { // 4.14.22 to 4.14.35
	const from = "A < R; I < R usage=crl; EE < A points=~issuer=O=Test/CN=I; X < A; list R; list I "
	const a = "@O=Test/CN=A"
	checkPaths(t, VerifyOptions{}, []pathRow{
		{"4.14.22 of the own issuer", "A < R; EE < A; list R; list A indirect", "", ""},
		{"4.14.23 of the own issuer, revoked", "A < R; EE < A; list R; list A indirect revoke=EE", revoked, ""},
		{"4.14.24 of another", from + "indirect", "", ""},
		{"of another, revoked", from + "indirect revoke=EE" + a, revoked, ""},
		{"of another, the same number of its own", from + "indirect revoke=EE", "", ""},
		{"of another, entries after the first", from + "indirect revoke=X" + a + ",EE", revoked, ""},
		{"of another, entries after a third's", from + "indirect revoke=X" + a + ",EE@O=Test/CN=B", "", ""},
		{"4.14.26 without being named", "A < R; I < R usage=crl; EE < A; list R; list I indirect", unknown, ""},
		{"4.14.27 named, and another",
			"A < R; I < R usage=crl; EE < A points=~issuer=O=Test/CN=J; list R; list I indirect",
			unknown, ""},
		{"named, and not indirect", from, unknown, ""},
		{"named, nobody's", "A < R; I < I usage=crl; EE < A points=~issuer=O=Test/CN=I; list R; list I indirect",
			unknown, ""},
		{"named, revoked",
			"A < R; I < R usage=crl; EE < A points=~issuer=O=Test/CN=I; list R revoke=I; list I indirect",
			unknown, ""},
		{"named, altered", from + "indirect broken", unknown, ""},
		{"named, certified by an authority that is not above", "A < R; B < R; I < B usage=crl; " +
			"EE < A points=~issuer=O=Test/CN=I; list R; list B; list I indirect", unknown, ""},
		{"named in capitals", "A < R; I < R usage=crl; EE < A points=~issuer=O=TEST/CN=i; list R; list I indirect", "",
			""},
		{"named with a point", "A < R; I < R usage=crl; EE < A points=dir:OU=1~issuer=O=Test/CN=I; list R; " +
			"list I indirect point=dir:OU=1", "", ""},
		{"named with another point", "A < R; I < R usage=crl; EE < A points=dir:OU=1~issuer=O=Test/CN=I; list R; " +
			"list I indirect point=dir:OU=2", unknown, ""},
		{"named with a relative point", "A < R; I < R usage=crl; EE < A points=rel:OU=1~issuer=O=Test/CN=I; list R; " +
			"list I indirect point=dir:O=Test/CN=I/OU=1", "", ""},
		{"its own authority", "A < R; I < A usage=crl; EE < A points=~issuer=O=Test/CN=I; list R; list A; " +
			"list I indirect", "", ""},
		{"entries of others in a list that is not indirect",
			"A < R; EE < A; X < A; list R; list A revoke=X@O=Test/CN=B",
			unknown, ""},
		{"own list beside", "A < R; I < R usage=crl; EE < A points=~issuer=O=Test/CN=I; list R; list A", "", ""},
		{"own list beside, revoked", from + "indirect; list A revoke=EE", revoked, ""},
	})
}

func TestDeltaLists(t *testing.T) { // 4.15
	row := func(name, base, delta string, want SubIndication) pathRow {
		return pathRow{name, "A < R; EE < A; X < A; list R; list A " + base + "; list A as=D " + delta, want, ""}
	}
	const hold = " revoke=EE:certificateHold"
	checkPaths(t, VerifyOptions{}, []pathRow{
		{"4.15.1 alone", "A < R; EE < A; list R; list A number=2 delta=1", unknown, ""},
		{"alone, revoked", "A < R; EE < A; list R; list A number=2 delta=1 revoke=EE", revoked, ""},
		row("4.15.2 with its base", "number=1", "number=2 delta=1", ""),
		row("revoked in the base", "number=1 revoke=EE", "number=2 delta=1", revoked),
		row("revoked in the delta", "number=1", "number=2 delta=1 revoke=EE", revoked),
		row("hold taken back", "number=1"+hold, "number=2 delta=1 revoke=EE:removeFromCRL", ""),
		row("hold, and not taken back", "number=1"+hold, "number=2 delta=1", revoked),
		row("hold that becomes final", "number=1"+hold, "number=2 delta=1 revoke=EE:keyCompromise", revoked),
		row("taken back, and the base is newer", "number=3"+hold, "number=2 delta=1 revoke=EE:removeFromCRL", revoked),
		row("taken back, based on a later one", "number=1"+hold, "number=4 delta=3 revoke=EE:removeFromCRL", revoked),
		row("taken back by an altered one", "number=1"+hold, "number=2 delta=1 revoke=EE:removeFromCRL broken",
			revoked),
		row("taken back in another scope", "number=1"+hold, "number=2 delta=1 only=user revoke=EE:removeFromCRL",
			revoked),
		row("taken back long ago", "number=1"+hold, "number=2 delta=1 revoke=EE:removeFromCRL to=2025", unknown),
		row("base over, delta of a later one", "number=1 to=2025", "number=4 delta=3", unknown),
		row("base over, its delta not", "number=1 to=2025", "number=4 delta=1 from=2025", ""),
		row("base over, revoked in the delta", "number=1 to=2025", "number=4 delta=1 revoke=EE", revoked),
		row("both over", "number=1 to=2025", "number=4 delta=1 to=2025", unknown),
		row("base without number", "", "number=2 delta=1 revoke=X", ""),
		row("base over, without number", "to=2025", "number=2 delta=1", unknown),
		row("unknown critical extension of the delta", "number=1 to=2025", "number=2 delta=1 critical=1.2.3.9",
			unknown),
		row("malformed indicator", "number=1 to=2025", "number=2 cext=2.5.29.27:0500", unknown),
	})
}

// A list by a key of its own speaks for the past as any does, and a signer that was revoked is believed no more.
func TestListSignersInTime(t *testing.T) {
	const apart = "A < R ca usage=cert; K < R subject=O=Test/CN=A usage=crl to=2025; EE < A; list R; list K to=2030"
	opt := VerifyOptions{At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	if res := judged(t, apart, opt); res.Indication != TotalPassed {
		t.Errorf("signed while its certificate was valid: %s %v", res.Indication, res.Reasons)
	}
}

// Signers of lists that vouch for one another, each by lists of all others, are judged a bounded number of times; none
// is believed whom nobody above vouches for.
func TestListSignersBounded(t *testing.T) {
	const n = 12
	lines := []string{"A < R ca usage=cert", "EE < A", "list R"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("K%d < A subject=O=Test/CN=A usage=crl", i),
			fmt.Sprintf("list K%d", i), fmt.Sprintf("list K%d as=broken%d broken", i, i))
	}
	p := pkitext.Build(t, strings.Join(lines, ";"))
	opt := VerifyOptions{Roots: rootsOf(t, nil, p.Certificate("R"))}
	tr := newTruster(&opt, time.Now())
	tr.addCertificates(p.All())
	tr.addRevocation(nil, p.Lists())
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v := tr.validate(t.Context(), p.Certificate("EE"), moment{at: at, purpose: trust.Signature})
	if v.indication != TotalPassed || tr.judged > maxSpoken+n*n {
		t.Errorf("%s/%s %v after %d judgements", v.indication, v.sub, v.reasons, tr.judged)
	}
}
