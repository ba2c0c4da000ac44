package demo

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// eachKey visits every key of a script that is read into a type, with what it stands in.
func eachKey(n *yaml.Node, path string, visit func(path string, within *yaml.Node, at int)) {
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		at := strings.TrimPrefix(path+"."+n.Content[i].Value, ".")
		visit(at, n, i)
		free := map[string]bool{"values": true, "first_revision": true, "against": true, "conference.hands": true,
			"conference.amend.values": true}
		if !free[at] {
			eachKey(n.Content[i+1], at, visit)
		}
	}
	for _, entry := range n.Content {
		if n.Kind == yaml.SequenceNode {
			eachKey(entry, path, visit)
		}
	}
}

// Every key of the script misspelled, doubled, or with something else in it: it is said which; the rest is never played
// without it.
func TestEveryKeyOfAScript(t *testing.T) {
	files := reference(t)
	script := string(files["scenario.yaml"].Data) + "\nconference: {day: '{today+8}', " +
		"secretary: x, absent: [a], opinions: x, " +
		"proxy: {from: a, to: b, given_by: c, document: d}, floor: {agency: a, text: x}, amend: {note: x}}\n" +
		"remarks: [{agency: so-y-te, clause: d1, text: thêm}]\nrefused: {agency: a, reason: x}\nsilent: a\n"
	parse := func() *yaml.Node {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(script), &doc); err != nil {
			t.Fatal(err)
		}
		return &doc
	}
	var paths []string
	eachKey(parse().Content[0], "", func(path string, _ *yaml.Node, _ int) { paths = append(paths, path) })
	if len(paths) < 30 {
		t.Fatalf("only %d keys: %v", len(paths), paths)
	}
	try := func(path string, change func(within *yaml.Node, at int)) error {
		doc := parse()
		done := false
		eachKey(doc.Content[0], "", func(p string, within *yaml.Node, at int) {
			if p == path && !done {
				done = true
				change(within, at)
			}
		})
		data, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		files["scenario.yaml"].Data = data
		_, err = readCase(files, today)
		return err
	}
	for _, path := range paths {
		if err := try(path, func(*yaml.Node, int) {}); err != nil {
			t.Fatalf("as it is: %v", err)
		}
		if err := try(path, func(within *yaml.Node, at int) { within.Content[at].Value = "zzz" }); err == nil ||
			!strings.Contains(err.Error(), "zzz") {
			t.Errorf("%s misspelled: %v", path, err)
		}
		if err := try(path, func(within *yaml.Node, at int) {
			within.Content = append(within.Content, within.Content[at], within.Content[at+1])
		}); err == nil || !strings.Contains(err.Error(), "already defined") {
			t.Errorf("%s doubled: %v", path, err)
		}
		other := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{
			{Kind: yaml.ScalarNode, Tag: "!!str", Value: "zzz"}, {Kind: yaml.ScalarNode, Tag: "!!str", Value: "x"}}}
		free := map[string]bool{"values": true, "first_revision": true, "conference.amend.values": true}
		if err := try(path, func(within *yaml.Node, at int) { within.Content[at+1] = other }); err == nil &&
			!free[path] {
			t.Errorf("%s with something else in it was read", path)
		}
	}
}

// Days of a script count from the day of the play, over the ends of months and years, and never without two digits.
func TestDaysOfAScript(t *testing.T) {
	files := reference(t)
	script := string(files["scenario.yaml"].Data)
	for text, want := range map[string]string{
		"{today}": "2026-11-23", "{today+0}": "2026-11-23", "{today+8}": "2026-12-01", "{today+39}": "2027-01-01",
		"{today+99}": "2027-03-02", "{today+100}": "{today+100}", "{today-1}": "{today-1}", "{year}": "2026",
		"{today+1} {today+2}": "2026-11-24 2026-11-25",
	} {
		files["scenario.yaml"].Data = []byte(script + "\nconference: {day: '" + text + "'}\n")
		c, err := readCase(files, today)
		if err != nil || c.script.Conference.Day != want {
			t.Errorf("%s is %q, %v; want %q", text, c.script.Conference.Day, err, want)
		}
	}
}

// Each file of a case that is missing, or cannot be read, is named.
func TestFilesOfACase(t *testing.T) {
	for name, c := range map[string]struct {
		file, data string // no data: missing
		want       string
	}{
		"no block":               {"block.yaml", "", "block.yaml"},
		"no values":              {"covenant.yaml", "", "covenant.yaml"},
		"no script":              {"scenario.yaml", "", "scenario.yaml"},
		"a broken block":         {"block.yaml", "{", "block.yaml"},
		"a block without leader": {"block.yaml", "block: {id: a}\n", "0 leaders"},
		"broken values":          {"covenant.yaml", "{", "values"},
		"a process that is not there": {"scenario.yaml",
			string(reference(t)["scenario.yaml"].Data) + "\nprocess: p.yaml\n",
			"p.yaml"},
	} {
		files := reference(t)
		if c.data == "" {
			delete(files, c.file)
		} else {
			files[c.file].Data = []byte(c.data)
		}
		if _, err := readCase(files, today); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
	}
}
