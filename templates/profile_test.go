package templates

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// numbers are the paths of all numbers of a profile, with how to reach each.
func numbers(n *yaml.Node, path string, visit func(path string, n *yaml.Node)) {
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		at, value := path+n.Content[i].Value, n.Content[i+1]
		if value.Kind == yaml.MappingNode {
			numbers(value, at+".", visit)
		} else if value.Tag == "!!float" || value.Tag == "!!int" {
			visit(at, value)
		}
	}
}

// profileWith is the built-in profile with one number changed.
func profileWith(t testing.TB, path, value string) []byte {
	t.Helper()
	source, err := profileFiles.ReadFile("profiles/nd30.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		t.Fatal(err)
	}
	found := false
	numbers(doc.Content[0], "", func(at string, n *yaml.Node) {
		if at == path {
			n.Tag, n.Value, found = "", value, true
		}
	})
	out, err := yaml.Marshal(&doc)
	if err != nil || !found {
		t.Fatalf("%s: %v, found %v", path, err, found)
	}
	return out
}

func profileNumbers(t testing.TB) (paths []string) {
	t.Helper()
	source, err := profileFiles.ReadFile("profiles/nd30.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		t.Fatal(err)
	}
	numbers(doc.Content[0], "", func(at string, _ *yaml.Node) { paths = append(paths, at) })
	if len(paths) < 40 {
		t.Fatalf("only %d numbers", len(paths))
	}
	return paths
}

// Each number of a profile as what is no number, or none of a page: refused before anything is set with it.
func TestNumbersOfAProfileThatAreNone(t *testing.T) {
	for _, path := range profileNumbers(t) {
		for _, value := range []string{".nan", ".NaN", ".inf", "-.inf", "1e308", "-1e308", "1e6", "ba mươi", "[1]",
			"{a: 1}"} {
			if _, err := ParseProfile(profileWith(t, path, value)); err == nil {
				t.Errorf("%s: %s was accepted", path, value)
			}
		}
	}
}

// Each number of a profile made nothing, negative or large: refused, or a document is set with it in which every number
// is one.
func TestNumbersOfAProfileAtTheirLimits(t *testing.T) {
	body := use + "@căn cứ\nluat\n@hết\n# Chương một {#a}\n+ Nội dung [[a]]\n@bảng\ncột: A 30mm | B // C\n|= x\n" +
		"| 1 | 2 |\n@hết\n@chữ ký X\nđơn vị: các_đơn_vị\n@hết\n@nơi nhận\n- Lưu\n@hết\n"
	law := testLaw(t)
	broken := regexp.MustCompile(`(?i)\bnan\b|\binf\b|[0-9]e[+-]?[0-9]`)
	accepted := 0
	for _, path := range profileNumbers(t) {
		for _, value := range []string{"0", "-1", "200"} {
			profile, err := ParseProfile(profileWith(t, path, value))
			if err != nil {
				continue
			}
			accepted++
			tpl, problems := Parse("mau.txt", []byte(head+body))
			if err := Problems(problems).Err(); err != nil {
				t.Fatal(err)
			}
			vals, _ := ParseValues("data.yaml", []byte(good))
			doc, err := tpl.Draft(vals, DraftOptions{Law: law, Date: Day{2026, 2, 27}, Profile: profile,
				Watermark: "DỰ THẢO"})
			if err != nil {
				t.Fatalf("%s: %s: %v", path, value, err)
			}
			var out bytes.Buffer
			if _, err := doc.PDF(&out, PDFOptions{Fields: true}); err != nil {
				continue // told what does not fit
			}
			for _, rect := range regexp.MustCompile(`/(Rect|BBox|MediaBox) ?\[[^\]]*\]`).FindAllString(out.String(), -1) {
				if broken.MatchString(rect) {
					t.Errorf("%s: %s: %s", path, value, rect)
				}
			}
		}
	}
	if accepted < 40 {
		t.Errorf("only %d were accepted", accepted)
	}
}

// A profile is one document with known entries.
func TestProfilesRowByRow(t *testing.T) {
	source, err := profileFiles.ReadFile("profiles/nd30.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ source, want string }{
		"as it is":         {string(source), ""},
		"an unknown entry": {string(source) + "\nnew: 1\n", "“new”: there is no entry of this name"},
		"a second profile": {string(source) + "\n---\nname: other\n", "a file holds one profile"},
		"nothing":          {"", "layout profile"},
		"no room":          {strings.Replace(string(source), "left: 30", "left: 180", 1), "no room for text"},
		"capitals in pairs": {strings.Replace(string(source), "báo cáo", "Báo cáo", 1),
			"is not two words in lower case"},
		"three words as a pair": {strings.Replace(string(source), "báo cáo", "bản báo cáo", 1), "is not two words"},
		"an entry twice":        {string(source) + "\nname: other\n", "given above"},
	} {
		_, err := ParseProfile([]byte(c.source))
		if c.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func FuzzParseProfile(f *testing.F) {
	source, err := profileFiles.ReadFile("profiles/nd30.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(source)
	f.Add([]byte("page: {width: .nan}\ntogether: [a b, 'c']"))
	f.Add([]byte("together: &a [*a]"))
	f.Fuzz(func(t *testing.T, source []byte) {
		if p, err := ParseProfile(source); err == nil && !strings.Contains(fmt.Sprint(p.Page), "{") {
			t.Errorf("%+v", p)
		}
	})
}
