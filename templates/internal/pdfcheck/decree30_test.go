package pdfcheck_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"covenant/templates"
	"covenant/templates/internal/pdfcheck"
	"covenant/templates/library"
)

// view is a finished file as the rules of Decree 30/2020/NĐ-CP, Appendix I, see it.
type view struct {
	f *pdfcheck.File
	c *pdfcheck.Content
	r *templates.Rendered
}

func (v view) find(prefix string) (pdfcheck.Text, bool) {
	for _, x := range v.c.Texts {
		if strings.HasPrefix(x.Text, prefix) {
			return x, true
		}
	}
	return pdfcheck.Text{}, false
}

// style complains unless text has one of the sizes and the font.
func (v view) style(prefix, font string, lo, hi float64) string {
	x, ok := v.find(prefix)
	if !ok {
		return "no " + prefix
	}
	if x.Size < lo || x.Size > hi || x.Font != "LiberationSerif"+font {
		return fmt.Sprintf("%s: %s %.1f", prefix, x.Font, x.Size)
	}
	return ""
}

// below is the length of the rule under a text, 0 without one.
func (v view) below(prefix string) (length float64) {
	x, _ := v.find(prefix)
	for _, l := range v.c.Lines {
		if l.Page == x.Page && l.Y1 == l.Y2 && x.Y-l.Y1 > 0 && x.Y-l.Y1 < 14 && l.X1 > x.X-20 && l.X1 < x.X+200 {
			length = l.X2 - l.X1
		}
	}
	return length
}

// line is the extent of the line on which a text begins.
func (v view) line(prefix string) (left, right float64) {
	for _, run := range v.r.Runs {
		if !strings.HasPrefix(run.Text, prefix) {
			continue
		}
		left = run.X
		for _, other := range v.r.Runs {
			if other.Block == run.Block && other.Page == run.Page && other.Y == run.Y && other.Text != "" {
				right = max(right, other.X+other.W)
			}
		}
		return left, right
	}
	return 0, 0
}

func (v view) width(prefix string) float64 {
	left, right := v.line(prefix)
	return right - left
}

func outside(what string, got, lo, hi float64) string {
	if !(got >= lo-0.01 && got <= hi+0.01) { // so that NaN is a fault
		return fmt.Sprintf("%s %.2f, want %.2f to %.2f", what, got, lo, hi)
	}
	return ""
}

// lines gives the left edges and baselines of the body's lines on page n.
func (v view) body(page int) []pdfcheck.Text {
	var out []pdfcheck.Text
	for _, x := range v.c.Texts {
		if x.Page == page && x.MCID >= 0 && x.Size >= 13.5 {
			out = append(out, x)
		}
	}
	return out
}

type layoutRule struct {
	name   string
	check  func(v view) string
	broken [2]string // of the profile or the template: replace the first by the second
}

var layoutRules = []layoutRule{
	{"A4", func(v view) string {
		b := v.f.Array(v.f.Pages()[0]["MediaBox"])
		return outside("page width", b[2].(float64)/mm, 209.9, 210.1) + outside("page height", b[3].(float64)/mm, 296.9,
			297.1)
	}, [2]string{"width: 210", "width: 216"}},
	{"left margin 30–35", func(v view) string {
		least := 1000.0
		for _, x := range v.body(2) {
			least = min(least, x.X/mm)
		}
		return outside("left margin", least, 30, 35)
	}, [2]string{"left: 30", "left: 25"}},
	{"right margin 15–20", func(v view) string {
		most := 0.0
		for _, run := range v.r.Runs {
			if run.Page == 2 && run.Text != "" {
				most = max(most, run.X+run.W)
			}
		}
		return outside("right margin", 210-most/mm, 14.9, 20.1)
	}, [2]string{"right: 20", "right: 30"}},
	{"bottom margin 20–25", func(v view) string {
		least := 1000.0
		for _, x := range v.c.Texts {
			least = min(least, x.Y/mm)
		}
		return outside("lowest text", least, 20, 200)
	}, [2]string{"bottom: 20", "bottom: 10"}},
	{"page number 13–14", func(v view) string {
		for _, x := range v.c.Texts {
			if x.Page == 2 && x.Text == "2" && x.MCID < 0 {
				if math.Abs(x.X-105*mm) > 8 || x.Y < 277*mm {
					return "not centred in the top margin"
				}
				return outside("page number", x.Size, 13, 14)
			}
		}
		return "no page number"
	}, [2]string{"page_number: {size: 14", "page_number: {size: 11"}},
	{"no page number on page 1", func(v view) string {
		for _, x := range v.c.Texts {
			if x.Page == 1 && x.Y > 278*mm {
				return "text in the top margin of page 1"
			}
		}
		return ""
	}, [2]string{"top: 20", "top: 8"}},
	{"national name 12–13 bold", func(v view) string { return v.style("CỘNG HÒA", "-Bold", 12, 13) },
		[2]string{"name_size: 12.5", "name_size: 11"}},
	{"motto 13–14 bold", func(v view) string { return v.style("Độc lập - Tự do - Hạnh phúc", "-Bold", 13, 14) },
		[2]string{"Độc lập - Tự do", "Độc lập – Tự do"}},
	{"motto's rule as long as its text", func(v view) string {
		return outside("rule", v.below("Độc lập")/v.width("Độc lập"), 0.99, 1.01)
	}, [2]string{"motto_size: 13.5", "motto_size: 30"}},
	{"parent 12–13 regular", func(v view) string { return v.style("UBND TỈNH", "", 12, 13) },
		[2]string{"parent_size: 12.5", "parent_size: 14"}},
	{"issuer 12–13 bold", func(v view) string { return v.style("KHỐI THI ĐUA", "-Bold", 12, 13) },
		[2]string{"issuer_size: 12.5", "issuer_size: 15"}},
	{"number 13, leading zero", func(v view) string {
		if x, _ := v.find("03"); x.Size == 0 {
			return "no leading zero"
		}
		return v.style("Số:", "", 13, 13)
	}, [2]string{"number_size: 13", "number_size: 12"}},
	{"place and date italic 13–14", func(v view) string {
		return v.style("Tân Giang", "-Italic", 13, 14) + v.style("ngày 27 tháng 02 năm 2026", "-Italic", 13, 14)
	},
		[2]string{"place_size: 13", "place_size: 12"}},
	{"title 13–14 bold", func(v view) string { return v.style("GIAO ƯỚC THI ĐUA", "-Bold", 13, 14) },
		[2]string{"title: {size: 14", "title: {size: 18"}},
	{"title's rule a third to a half", func(v view) string {
		return outside("rule", v.below("Năm ")/v.width("Năm "), 0.33, 0.5)
	}, [2]string{"rule: 0.38", "rule: 0.9"}},
	{"bases italic 13–14", func(v view) string { return v.style("Căn cứ Luật", "-Italic", 13, 14) },
		[2]string{"bases: {size: 14}", "bases: {size: 12}"}},
	{"bases end with ; and .", func(v view) string {
		var ends string
		block := -1
		for _, run := range v.r.Runs {
			if strings.HasPrefix(run.Text, "Căn cứ ") {
				block = run.Block
			}
			if run.Block == block && (run.Text == ";" || run.Text == ".") {
				ends += run.Text
			}
		}
		if ends != ";;." {
			return "bases end " + ends
		}
		return ""
	}, [2]string{"\nchi-thi-doi-moi-tdkt", ""}},
	{"text 13–14", func(v view) string { return v.style("Tại Hội nghị", "", 13, 14) }, [2]string{"body: {size: 14",
		"body: {size: 12"}},
	{"first line's indent 10–12.7", func(v view) string {
		x, _ := v.find("Tại Hội nghị")
		return outside("indent", x.X/mm-30, 10, 12.7)
	}, [2]string{"indent: 10", "indent: 5"}},
	{"6 pt between paragraphs", func(v view) string {
		one, _ := v.find("Điều 1. ")
		next, _ := v.find("1. ")
		return outside("distance of paragraphs", one.Y-next.Y-14*1.149*1.04, 6, 20)
	}, [2]string{"gap: 6", "gap: 1"}},
	{"single to 1.5 lines", func(v view) string {
		ys := map[float64]bool{}
		for _, run := range v.r.Runs {
			if strings.HasPrefix(run.Text, "Tại Hội nghị") {
				for _, other := range v.r.Runs {
					if other.Block == run.Block {
						ys[other.Y] = true
					}
				}
			}
		}
		lo, hi := math.Inf(1), 0.0
		for y := range ys {
			lo, hi = min(lo, y), max(hi, y)
		}
		return outside("line spacing", (hi-lo)/float64(len(ys)-1)/14/1.149, 1, 1.5)
	}, [2]string{"leading: 1.04", "leading: 1.8"}},
	{"justified", func(v view) string {
		_, right := v.line("đã thảo luận")
		_, first := v.line("Tại Hội nghị")
		return outside("right edge", first/mm, 189.9, 190.1) + outside("right edge", max(right, first)/mm, 189.9, 190.1)
	}, [2]string{"Tại Hội nghị ký", "@giữa Tại Hội nghị\n\nký"}},
	{"articles bold", func(v view) string { return v.style("Điều 1. ", "-Bold", 13, 14) },
		[2]string{"# Chủ đề và khẩu hiệu", "Điều 1. Chủ đề và khẩu hiệu"}},
	{"the text ends ./.", func(v view) string {
		for _, run := range v.r.Runs {
			if strings.HasSuffix(strings.TrimSpace(run.Text), "./.") {
				return ""
			}
		}
		return "no ./."
	}, [2]string{"@hết văn bản", ""}},
	{"recipients' heading 12 bold italic", func(v view) string { return v.style("Nơi nhận:", "-BoldItalic", 12, 12) },
		[2]string{"head_size: 12, size: 11", "head_size: 13, size: 11"}},
	{"recipients 11", func(v view) string {
		return v.style("Hội đồng Thi đua - Khen thưởng tỉnh (để", "", 11, 11)
	}, [2]string{"size: 11}", "size: 13}"}},
	{"the seal covers a third on the left", func(v view) string {
		for _, s := range v.r.Fields {
			for _, p := range v.r.Fields {
				if s.Kind == templates.SealFieldKind && p.Kind == templates.SignatureFieldKind && p.Slot == s.Slot {
					if d := outside("seal's part", (s.Rect.X+s.Rect.W-p.Rect.X)/p.Rect.W, 0.28, 0.38); d != "" ||
						s.Rect.X >= p.Rect.X {
						return d + "; " + s.Name
					}
				}
			}
		}
		return ""
	}, [2]string{"overlap: 0.3333", "overlap: 0.7"}},
	{"25–35 mm for signature and seal", func(v view) string {
		return outside("field", v.r.Fields[0].Rect.H/mm, 25,
			35)
	}, [2]string{"box: 34", "box: 15"}},
}

// markRules are those of the optional cells 10 to 13: they are checked on a document that has them.
var markRules = []layoutRule{
	{"marks in bold capitals of 13–14", func(v view) string {
		return v.style("MẬT", "-Bold", 13, 14) + v.style("HỎA TỐC", "-Bold", 13, 14) + v.style("LƯU HÀNH NỘI BỘ",
			"-Bold", 13, 14)
	}, [2]string{"marks: {size: 13", "marks: {size: 11"}},
	{"marks are framed", func(v view) string {
		x, _ := v.find("HỎA TỐC")
		edges := 0
		for _, l := range v.c.Lines {
			if l.Page == 1 && math.Min(l.Y1, l.Y2) < x.Y+16 && math.Max(l.Y1, l.Y2) > x.Y-8 && l.X1 < 105*mm {
				edges++
			}
		}
		if edges < 4 {
			return fmt.Sprintf("%d edges", edges)
		}
		return ""
	}, [2]string{"frame: 3}", "frame: 0}"}},
	{"marks under the number, on the left", func(v view) string {
		number, _ := v.find("Số:")
		mark, _ := v.find("MẬT")
		return outside("height over the page's foot", mark.Y, 0, number.Y-10) + outside("left edge", mark.X/mm, 30, 90)
	}, [2]string{"độ mật: MẬT\n", ""}},
	{"address 11–12 at the foot of page 1 under a rule", func(v view) string {
		x, ok := v.find("Số 12, đường")
		if !ok || x.Page != 1 {
			return "no address"
		}
		for _, l := range v.c.Lines {
			if l.Page == 1 && l.Y1 > x.Y && l.Y1 < x.Y+20 && l.X2-l.X1 > 150*mm {
				return outside("size", x.Size, 11, 12) + outside("height", x.Y/mm, 5, 20)
			}
		}
		return "no rule over it"
	}, [2]string{"address: {size: 11", "address: {size: 9"}},
}

func TestEachRuleOfTheOptionalCells(t *testing.T) {
	source := librarySource(t)
	source = strings.Replace(source, "địa danh: {{địa_danh}}\n",
		"địa danh: {{địa_danh}}\nđộ mật: MẬT\nđộ khẩn: hỏa tốc\nlưu hành: lưu hành nội bộ\nđịa chỉ: Số 12, đường "+
			"Trần Phú; điện thoại (0226) 3.852.000\n", 1)
	checkRules(t, markRules, source)
}

func librarySource(t *testing.T) string {
	t.Helper()
	e, err := library.Open("giao-uoc-thi-dua")
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Source)
}

func viewOf(t *testing.T, profile, source string) view {
	t.Helper()
	e, err := library.Open("giao-uoc-thi-dua")
	if err != nil {
		t.Fatal(err)
	}
	p, err := templates.ParseProfile([]byte(profile))
	if err != nil {
		t.Fatal(err)
	}
	tpl, problems := templates.Parse("t", []byte(source))
	if err := templates.Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	vals, _ := templates.ParseValues("v", e.Sample)
	opt := dated
	opt.Profile = p
	if opt.Law, err = library.Law(); err != nil {
		t.Fatal(err)
	}
	doc, err := tpl.Draft(vals, opt)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r, err := doc.PDF(&b, templates.PDFOptions{Fields: true})
	if err != nil {
		t.Fatal(err)
	}
	f := read(t, b.Bytes())
	return view{f, f.Content(), r}
}

// Each rule holds for the profile as it is, and finds the fault of its broken twin.
func TestEachRuleOfDecree30(t *testing.T) { checkRules(t, layoutRules, librarySource(t)) }

func checkRules(t *testing.T, rules []layoutRule, source string) {
	t.Helper()
	data, err := os.ReadFile("../../profiles/nd30.yaml")
	if err != nil {
		t.Fatal(err)
	}
	profile := string(data)
	good := viewOf(t, profile, source)
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			if fault := rule.check(good); fault != "" {
				t.Errorf("the profile breaks the rule: %s", fault)
			}
			from, to := rule.broken[0], rule.broken[1]
			p, s := strings.Replace(profile, from, to, 1), strings.Replace(source, from, to, 1)
			if p == profile && s == source {
				t.Fatalf("%q is nowhere to be replaced", from)
			}
			if rule.check(viewOf(t, p, s)) == "" {
				t.Error("the broken twin was not caught")
			}
		})
	}
}
