package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"covenant/testdata"
)

// libraryWords are what people cannot do anything with: names of Go types and packages, what a library calls itself,
// verbs that were given nothing to show, an end of something without what it is the end of.
var libraryWords = regexp.MustCompile(`asn1:|strconv|pkcs12:|x509:|yaml:|json:|zip:|pem:|png:|image:|base64:|&\{|%!|` +
	`runtime error|goroutine|\bEOF\b|\*?\b(os|io|fs|rsa|ecdsa|x509|asn1|json|yaml|pem|big|errors|fmt|main|engine|store|` +
	`workflow|process|templates|signing|catalogue|calendar|truetype|library|config)\.[A-Z]\w+|\[\]byte|` +
	`cannot unmarshal|unmarshal(ing)? errors?|invalid character|go-pkcs12|mapstructure|koanf|structure error|syntax error`)

// meanFiles are what is handed in by mistake in the place of any file.
func meanFiles(t *testing.T) map[string][]byte {
	t.Helper()
	sample, err := os.ReadFile("../../templates/library/giao-uoc-thi-dua/sample.yaml")
	if err != nil {
		t.Fatal(err)
	}
	block, err := testdata.Cases.ReadFile("hanam2021/block.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"empty": nil, "space": []byte(" \n"), "binary": {0, 1, 2, 0xff, 0xfe, 0x30, 0x82, 0x01},
		"PDF":     []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
		"PDF cut": []byte("%PDF-1.4\n%%EOF\n"), "JSON": []byte(`{"a": 1}`), "JSON cut": []byte(`{"a": `),
		"JSON list": []byte(`[1, 2]`),
		"YAML":      []byte("a: b\n"), "YAML indent": []byte("a: b\n c: d\n"), "YAML tab": []byte("a:\n\t- b\n"),
		"YAML quote": []byte("a: \"b\n"),
		"YAML alias": []byte("a: &x [*x]\n"), "YAML number": []byte("year: hai\nnumber: x\n"),
		"YAML list":  []byte("- a\n- b\n"),
		"YAML twice": []byte("a: 1\na: 2\n"), "YAML binary": []byte("a: !!binary ###\n"),
		"YAML tag": []byte("a: !!int x\n"),
		"PEM":      []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
		"PEM cut":  []byte("-----BEGIN CERTIFICATE-----\n"),
		"DER":      {0x30, 0x82, 0x01, 0x00, 0x02}, "ZIP": []byte("PK\x03\x04\x00"), "JKS": {0xFE, 0xED, 0xFE, 0xED},
		"UTF-16": []byte("\xff\xfea\x00:\x00"),
		"HTML":   []byte("<!DOCTYPE html><html></html>"), "values": sample, "block": block,
		"block cut":        block[:len(block)/2],
		"block of numbers": bytes.ReplaceAll(block, []byte("name:"), []byte("name: [1]\n  x:")),
		"PNG":              []byte("\x89PNG\r\n\x1a\n"),
	}
}

// meanCommands are commands with the place of a file (FILE), which gets each of the mean files, beside what is good:
// GOOD.pdf, GOOD.p12, PASSWORD, a directory to write to (OUT) and an installation (DATA).
var meanCommands = []string{
	"draft FILE --data FILE -o OUT/x.pdf", "draft giao-uoc-thi-dua --data FILE -o OUT/x.pdf",
	"draft FILE --data GOOD.yaml -o OUT/x.docx",
	"check FILE", "check FILE --data FILE", "check giao-uoc-thi-dua --data FILE", "process check FILE",
	"process draw FILE",
	"sign FILE -o OUT/s.pdf --p12 GOOD.p12 --password-file PASSWORD --level B-B --policy any",
	"sign GOOD.pdf -o OUT/s.pdf --p12 FILE --password-file PASSWORD --level B-B --policy any",
	"sign GOOD.pdf -o OUT/s.pdf --p12 GOOD.p12 --password-file FILE --level B-B --policy any",
	"sign GOOD.pdf -o OUT/s.pdf --p12 GOOD.p12 --password-file PASSWORD --level B-B --policy any --image FILE --page 1 --box 1,1,9,9",
	"sign GOOD.pdf -o OUT/s.pdf --p12 GOOD.p12 --password-file PASSWORD --level B-LT --policy any --trust FILE",
	"verify FILE", "verify GOOD.pdf --trust FILE", "verify GOOD.pdf --base FILE", "extend FILE -o OUT/e.pdf",
	"extend GOOD.pdf -o OUT/e.pdf --trust FILE",
	"timestamp FILE -o OUT/t.pdf --tsa http://127.0.0.1:1/", "prepare FILE --cert FILE -o OUT/p.json --level B-B",
	"prepare GOOD.pdf --cert FILE -o OUT/p.json --level B-B", "finish FILE --signature FILE -o OUT/f.pdf",
	"redline GOOD.yaml FILE --template giao-uoc-thi-dua -o OUT/r.pdf",
	"restore FILE --data OUT/new --unsigned", "directory apply FILE --data DATA",
	"directory apply FILE --data DATA --as x",
	"directory keep --person x --p12 FILE --password-file PASSWORD --pin-file PASSWORD --data DATA",
	"act x draft --file FILE --as x --data DATA", "act x draft title=@FILE values=@FILE --as x --data DATA",
	"act x open-motions motions=@FILE --as x --data DATA",
	"show x --data DATA --token-file FILE", "doctor --config FILE", "show x --config FILE",
	"register show --config FILE", "remind --config FILE --from 2026-01-01 --to 2026-02-01",
	"act x issue-number date=hôm_nay --as x --data DATA",
	"act x issue-number date=2026-13-01 number=một --as x --data DATA",
	"act x give-review verdict=maybe --as x --data DATA", "act x open-motions motions=[ --as x --data DATA",
	"act x sign --as x --data DATA",
	"draft giao-uoc-thi-dua --data GOOD.yaml -o OUT/x.pdf --date 26/3",
	"draft giao-uoc-thi-dua --data GOOD.yaml -o OUT/x.txt",
	"draft giao-uoc-thi-dua --data GOOD.yaml -o OUT/x.pdf --fonts FONTS",
	"draft giao-uoc-thi-dua --data GOOD.yaml -o OUT/x.pdf --languages fr",
	"register enter x hai ba --agency a --date d --title t --data DATA",
	"register enter x 2026 1 --agency a --date hôm_nay --title t --data DATA",
	"verify GOOD.pdf --at hôm_nay", "remind --from x --to y --data DATA", "show --data OUT/none x",
	"show x --database postgres://127.0.0.1:1/x",
	"audit --data DATA --root FILE", "audit --data DATA --key FILE", "audit --data DATA --trust FILE",
	"evidence x -o OUT/e.zip --data DATA",
	"secret confirm FILE --data DATA", "backup --data DATA --out OUT/none/x.zip",
	"renew x --draft FILE --as x --data DATA",
}

// Whatever is handed in by mistake, what people are told has no words of libraries, in either language, and something
// is said.
func TestErrorsSpeakToPeople(t *testing.T) {
	dir := t.TempDir()
	place := meanPlace(t, dir)
	languages := []string{"vi", "en"}
	if testing.Short() {
		languages = languages[:1] // what leaks is in neither
	}
	said := map[string]string{}
	for name, data := range meanFiles(t) {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		fonts := filepath.Join(dir, "fonts-"+filepath.Base(file))
		if err := os.MkdirAll(fonts, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(fonts, "a.ttf"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range meanCommands {
			if name != "empty" && !strings.Contains(command, "FILE") && !strings.Contains(command, "FONTS") {
				continue
			}
			for _, lang := range languages {
				line := strings.NewReplacer("FILE", file, "FONTS", fonts).Replace(place.Replace(command))
				var out, errOut bytes.Buffer
				status := run(append(strings.Fields(line), "--lang", lang), &out, &errOut)
				text := strings.ReplaceAll(out.String()+errOut.String(), file, "FILE")
				if status != 0 && strings.TrimSpace(text) == "" {
					t.Errorf("%s with %s: status %d, and nothing is said", command, name, status)
				}
				if word := libraryWords.FindString(text); word != "" && said[word+command] == "" {
					said[word+command] = fmt.Sprintf("%s with %s says %q:\n%.600s", command, name, word, text)
					t.Error(said[word+command])
				}
			}
		}
	}
}

// meanPlace makes what the commands need that is good.
func meanPlace(t *testing.T, dir string) *strings.Replacer {
	t.Helper()
	data, out := filepath.Join(dir, "data"), filepath.Join(dir, "out")
	for _, args := range [][]string{{"init", "--data", data}} {
		var said bytes.Buffer
		if status := run(args, &said, &said); status != 0 {
			t.Fatalf("%v: %s", args, said.String())
		}
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		t.Fatal(err)
	}
	sample := "../../templates/library/giao-uoc-thi-dua/sample.yaml"
	pdf, password := filepath.Join(dir, "good.pdf"), filepath.Join(dir, "password")
	var said bytes.Buffer
	if run([]string{"draft", "giao-uoc-thi-dua", "--data", sample, "-o", pdf}, &said, &said) != 0 {
		t.Fatal(said.String())
	}
	if err := os.WriteFile(password, []byte("pwpwpw\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("GOOD.pdf", pdf, "GOOD.yaml", sample, "GOOD.p12", "../../signing/testdata/keys/ca.p12",
		"PASSWORD", password, "OUT", out, "DATA", data)
}
