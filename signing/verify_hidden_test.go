package signing

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// hidings are ways to keep readers from a signature without touching a byte of what it covers: what is appended leads
// them past the revision that holds it. Each gets the revisions of the signed file.
var hidings = map[string]func(revs []pdf.Revision, at int) string{
	"Prev leads past it": func(revs []pdf.Revision, at int) string {
		return "xref\n0 0\n" + trailerAt(fmt.Sprintf("/Prev %d", revs[0].XRef), at)
	},
	"startxref names what was before it": func(revs []pdf.Revision, _ int) string {
		return fmt.Sprintf("startxref\n%d\n%%%%EOF\n", revs[0].XRef)
	},
	"Prev 0": func(revs []pdf.Revision, at int) string {
		return wholeTable(revs[:1]) + trailerAt("/Prev 0", at)
	},
	"no Prev": func(revs []pdf.Revision, at int) string {
		return wholeTable(revs[:1]) + trailerAt("", at)
	},
	"Prev 0, the dictionary in the table but in no field": func(revs []pdf.Revision, at int) string {
		only := revs[1]
		only.Entries = only.Entries[:0:0]
		for _, e := range revs[1].Entries {
			if _, before := entryOf(revs[:1], e.Num); !before {
				only.Entries = append(only.Entries, e)
			}
		}
		return wholeTable([]pdf.Revision{revs[0], only}) + trailerAt("/Prev 0", at)
	},
}

func trailerAt(prev string, at int) string {
	return fmt.Sprintf("trailer\n<</Size 60/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", prev, at)
}

func entryOf(revs []pdf.Revision, num int) (pdf.XRefEntry, bool) {
	for _, r := range revs {
		for _, e := range r.Entries {
			if e.Num == num {
				return e.XRefEntry, true
			}
		}
	}
	return pdf.XRefEntry{}, false
}

// wholeTable is a cross-reference table of all objects of some revisions.
func wholeTable(revs []pdf.Revision) string {
	var b strings.Builder
	b.WriteString("xref\n")
	for _, r := range revs {
		for _, e := range r.Entries {
			if e.Kind == pdf.InUse {
				fmt.Fprintf(&b, "%d 1\n%010d %05d n\r\n", e.Num, e.Offset, e.Gen)
			}
		}
	}
	return b.String()
}

func hide(t testing.TB, file []byte, by func(revs []pdf.Revision, at int) string) []byte {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(file), by(f.Revisions(), len(file))...)
}

// TestHiddenSignatures: a signature that the cross-references lead past is found, judged and said to be hidden; the
// file never passes, whoever signed it afterwards, and we do not sign it.
func TestHiddenSignatures(t *testing.T) {
	b := newAttackBase(t, Options{})
	for name, by := range hidings {
		for _, kind := range fileKinds {
			if (name == "no Prev" || strings.HasPrefix(name, "Prev 0")) && kind != classic {
				continue // a table cannot name what lies in an object stream
			}
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				bad := hide(t, b.file[kind], by)
				hiddenIn(t, b, bad, Indeterminate, SigConstraintsFailure, true)
				tampered := bytes.Replace(bad, []byte("Pay 100"), []byte("Pay 900"), 1)
				if !bytes.Equal(tampered, bad) { // the text is compressed in others
					hiddenIn(t, b, tampered, TotalFailed, HashFailure, false)
				}
				var hidden *SuspectError
				if _, _, err := SignBytes(t.Context(), bad, b.id, Options{Field: "B"}); !errors.As(err, &hidden) ||
					hidden.Code != ReasonHidden || hidden.Vietnamese == "" || hidden.Vietnamese == hidden.English {
					t.Errorf("signed: %v", err)
				}
				var out bytes.Buffer
				if _, err := AddTimestamp(t.Context(), bytes.NewReader(bad), int64(len(bad)), &out,
					TimestampOptions{TSA: &TSA{URLs: []string{b.pki.TSA()}}}); !errors.As(err, &hidden) {
					t.Errorf("time-stamped: %v", err)
				}
			})
		}
	}
}

// hiddenIn wants the one hidden signature of a file in its report.
func hiddenIn(t *testing.T, b *attackBase, file []byte, ind Indication, sub SubIndication, intact bool) {
	t.Helper()
	_, r := b.judge(t, file)
	if r == nil || len(r.Results) == 0 {
		t.Fatalf("%+v", r)
	}
	res := &r.Results[len(r.Results)-1]
	want(t, res, ind, sub)
	if res.Intact() != intact || !said(res, ReasonHidden) || res.Signer != "Nạn nhân" || r.Overall() != ind {
		t.Errorf("%s, %+v", r.Overall(), res)
	}
	for _, lang := range []Language{Vietnamese, English} {
		why := Reason{Code: ReasonHidden}.Text().In(lang)
		if text := res.Explain().In(lang); intact && !strings.Contains(text, why) {
			t.Error(text)
		}
	}
}

// TestHiddenBehindAnotherSignature: a second signature by a program that does not look hides nothing either.
func TestHiddenBehindAnotherSignature(t *testing.T) {
	b := newAttackBase(t, Options{})
	later := issue(t, b.pki, "Người ký sau", devpki.Profile{Key: devpki.RSA2048})
	for name, by := range hidings {
		if strings.HasPrefix(name, "Prev 0") {
			continue // that program reads no such file
		}
		t.Run(name, func(t *testing.T) {
			both := producers["digitorus/pdfsign"](t, hide(t, b.file[classic], by), b.pki, later)
			hiddenIn(t, b, both, Indeterminate, SigConstraintsFailure, true)
		})
	}
}

// TestNothingHidden: what only looks like a signature that nothing leads to is none.
func TestNothingHidden(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		inside := b.file[kind]
		for name, file := range map[string][]byte{
			"a signed file inside, as an attachment has it": update(t, attackFile(kind, ""), func(_ *pdf.File,
				u *pdf.Update) {
				u.Set(ref(40), &pdf.Stream{Dict: pdf.Dict{}, Data: inside})
			}),
			"words in a stream": update(t, attackFile(kind, ""), func(_ *pdf.File, u *pdf.Update) {
				u.Set(ref(40), &pdf.Stream{Dict: pdf.Dict{}, Data: []byte("<</ByteRange[0 10 20 30]/Contents<00>>>")})
			}),
		} {
			r := verify(t, sign(t, file, b.id, bt(b.pki)), b.pki,
				func(o *VerifyOptions) { o.Revocation = RevocationSoft })
			if wantAll(t, r, 1, TotalPassed, ""); said(&r.Results[0], ReasonHidden) {
				t.Errorf("%s/%s: %+v", name, kind, r.Results)
			}
		}
	}
}
