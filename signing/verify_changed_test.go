package signing

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"covenant/internal/pdf"
)

// TestPermittedButChanged: what was filled in or remarked after signing is told at the head of the report, with what it
// was and is; what signing itself adds is not.
func TestPermittedButChanged(t *testing.T) {
	for name, c := range map[string]struct {
		certify Permission
		do      func(t testing.TB, u *pdf.Update)
		vi, en  string // in the head; "" where nothing is told
	}{
		"value replaced": {0, func(t testing.TB, u *pdf.Update) {
			u.Set(ref(12), dict(t, u, 12).With("V", pdf.TextString("9.000")))
		}, "ô “amount”: điền vào ô biểu mẫu: “100” thành “9.000”",
			"field “amount”: a form field was filled in: “100” became “9.000”"},
		"box ticked": {0, func(t testing.TB, u *pdf.Update) {
			u.Set(ref(13), dict(t, u, 13).With("V", pdf.Name("Yes")).With("AS", pdf.Name("Yes")))
		}, "ô “agree”", "field “agree”"},
		"remark": {PermitAnnotations, func(t testing.TB, u *pdf.Update) {
			addAnnotation(t, u, u.Add(annotation("FreeText", pdf.Entry{Key: "Contents", Value: text("no")})))
		}, "hộp văn bản", "text box"},
		"metadata": {0, func(t testing.TB, u *pdf.Update) {
			u.Set(ref(7), dict(t, u, 7).With("ModDate", text("D:20261123")))
		}, "", ""},
		"nothing": {0, func(testing.TB, *pdf.Update) {}, "", ""},
	} {
		b := newAttackBase(t, Options{Certify: c.certify})
		for _, kind := range fileKinds {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				file := update(t, b.file[kind], func(_ *pdf.File, u *pdf.Update) { c.do(t, u) })
				for _, file := range [][]byte{file, b.stamp(t, file)} { // also behind an innocent revision
					res, r := b.judge(t, file)
					want(t, res, TotalPassed, "")
					changed := r.ChangedAsPermitted()
					if told := c.en != ""; told != (len(changed) == 1) {
						t.Fatalf("%+v", changed)
					}
					for lang, fragment := range map[Language]string{Vietnamese: c.vi, English: c.en} {
						var out bytes.Buffer
						if err := r.WriteText(&out, lang); err != nil {
							t.Fatal(err)
						}
						head, _, _ := strings.Cut(out.String(), "\n\n1. ")
						alarm := map[Language]string{Vietnamese: "NHƯNG ĐÃ THAY ĐỔI", English: "BUT CHANGED"}[lang]
						if !strings.Contains(head, fragment) || strings.Contains(head, alarm) != (fragment != "") {
							t.Error(head)
						}
						if !strings.Contains(res.Explain().In(lang), fragment) {
							t.Error(res.Explain().In(lang))
						}
					}
					data, err := json.Marshal(r)
					if err != nil || bytes.Contains(data, []byte(`"changed_as_permitted":[{`)) != (c.en != "") {
						t.Errorf("%v: %s", err, data)
					}
				}
			})
		}
	}
}
