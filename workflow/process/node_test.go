package process

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"covenant/workflow/refusal"

	"go.yaml.in/yaml/v3"
)

// place is one node of a process file: how it is reached, in words, and how to put another one there.
type place struct {
	path   string
	node   *yaml.Node
	parent *yaml.Node // of a key's value or a list's entry
	index  int        // in the parent's content
}

// places are all values of a file, each once, in the order of the file.
func places(n *yaml.Node, path string) []place {
	var out []place
	switch n.Kind {
	case yaml.DocumentNode:
		return places(n.Content[0], path)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := strings.TrimPrefix(path+"."+n.Content[i].Value, ".")
			out = append(append(out, place{at, n.Content[i+1], n, i + 1}), places(n.Content[i+1], at)...)
		}
	case yaml.SequenceNode:
		for i, entry := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			out = append(append(out, place{at, entry, n, i}), places(entry, at)...)
		}
	}
	return out
}

// mutated is the example with one place changed.
func mutated(t *testing.T, path string, change func(place)) error {
	t.Helper()
	root := parseNode(t, example(t))
	all := places(root, "")
	i := slices.IndexFunc(all, func(p place) bool { return p.path == path })
	change(all[i])
	source, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("p.yaml", source)
	return err
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// problems is how many problems are told; each in both languages, at a line and a column.
func problems(t *testing.T, path string, err error) int {
	t.Helper()
	var refused *refusal.Error
	if !errors.As(err, &refused) || refused.Code != refusal.Invalid {
		t.Fatalf("%s: %v; want a refusal", path, err)
	}
	at := regexp.MustCompile(`\n  p\.yaml:[1-9][0-9]*:[1-9][0-9]*: [^\n]`)
	vi, en := at.FindAllString(refused.Vietnamese, -1), at.FindAllString(refused.English, -1)
	if len(vi) == 0 || len(vi) != len(en) || strings.Contains(refused.Vietnamese+refused.English, "%!") {
		t.Errorf("%s: %d problems in Vietnamese, %d in English:\n%s\n%s", path, len(vi), len(en),
			refused.Vietnamese, refused.English)
	}
	return len(vi)
}

// optional are the keys of the example that may be left out, by the key alone, each with what it is within where a key
// of the same name is needed elsewhere.
var optional = regexp.MustCompile(`^(` + strings.Join([]string{
	`stages\[\d+\]\.(who|when|escalate|review|seal)`, `stages\[[17]\]\.due`,
	`stages\[\d+\]\.(due|escalate\[\d+\]\.by)\.exclusive`,
	`stages\[\d+\]\.escalate\[[0-2]\]\.(days|working_days|hour)`, `stages\[0\]\.escalate\[3\]\.to`,
	`stages\[\d+\]\.review\.(order|approve|weights|weights\..*|return|reject|again|resolve|short)`,
	`stages\[\d+\]\.vote\.(ballot|quorum|pass|of|abstain|tie|weights|weights\..*|fail|chair|conference|motions)`,
	`stages\[\d+\]\.vote\.conference\.(name|name\.en|place|symbol|proxies|floor|amend|hands)`,
	`stages\[\d+\]\.number\.(symbol|by)`, `stages\[\d+\]\.sign\.(level|archive|late|refusal|paper)`,
	`stages\[\d+\]\.seal\.level`, `stages\[\d+\]\.report\.obligations\[\d+\]\.(only|exclusive|reminders)`,
	`stages\[\d+\]\.report\.obligations\[\d+\]\.reminders\[\d+\]\.(days|working_days|hour)`,
	`stages\[\d+\]\.score\.(verifier|appeal|first|polls|tie|classes|flags|symbol|chair)`,
	`stages\[\d+\]\.score\.(polls\[0\]\.decides|classes\[1\]\.from|appeal\.by|criteria\[\d+\]\.group|total)`,
	`stages\[\d+\]\.score\.polls\[\d+\]\.(marks|choose|ballot|self|quorum|pass|tie)`,
}, "|") + `)$`)

// Every key of a process file: left out, doubled, unknown, and with a value of every wrong kind. What is wrong is told
// in both languages where it stands; what may be left out may.
func TestEveryKeyOfAProcess(t *testing.T) {
	all := places(parseNode(t, example(t)), "")
	if len(all) < 200 {
		t.Fatalf("the example has only %d places", len(all))
	}
	for _, p := range all {
		if p.parent.Kind != yaml.MappingNode {
			continue
		}
		if err := mutated(t, p.path, func(p place) {
			p.parent.Content = slices.Delete(p.parent.Content, p.index-1, p.index+1)
		}); (err == nil) != optional.MatchString(p.path) {
			t.Errorf("without %s: %v", p.path, err)
		} else if err != nil {
			problems(t, p.path, err)
		}
		doubled := mutated(t, p.path, func(p place) {
			p.parent.Content = append(p.parent.Content, p.parent.Content[p.index-1], p.parent.Content[p.index])
		})
		if doubled == nil || !strings.Contains(doubled.Error(), "stands twice") || problems(t, p.path, doubled) == 0 {
			t.Errorf("%s doubled: %v", p.path, doubled)
		}
		if strings.Contains(p.path, ".weights.") {
			continue // any agency's code may stand there
		}
		unknown := mutated(t, p.path, func(p place) { p.parent.Content[p.index-1] = scalar("!!str", "zzzzzz") })
		if unknown == nil || !strings.Contains(unknown.Error(), "there is no key “zzzzzz” here") {
			t.Errorf("%s unknown: %v", p.path, unknown)
		}
	}
}

func TestEveryValueOfAProcess(t *testing.T) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{scalar("!!int", "77")}}
	mapping := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map",
		Content: []*yaml.Node{scalar("!!str", "zzzzzz"), scalar("!!int", "77")}}
	wrong := map[yaml.Kind][]*yaml.Node{
		yaml.ScalarNode:   {list, mapping, scalar("!!null", "null")},
		yaml.MappingNode:  {list, scalar("!!str", "Zz zz"), scalar("!!null", "null"), mapping},
		yaml.SequenceNode: {mapping, scalar("!!str", "Zz zz"), scalar("!!null", "null")},
	}
	for _, p := range places(parseNode(t, example(t)), "") {
		one := regexp.MustCompile(`\.(to|chair)(\[\d+\])?$`).MatchString(p.path) // one word or a list of them
		for _, other := range wrong[p.node.Kind] {
			if one && other != mapping && other.Tag != "!!null" {
				continue
			}
			if other == mapping && p.node.Kind == yaml.MappingNode && strings.HasSuffix(p.path, ".weights") {
				continue // any agency's code may stand there
			}
			err := mutated(t, p.path, func(p place) { p.parent.Content[p.index] = other })
			if err == nil {
				t.Errorf("%s as %s %q was read", p.path, other.Tag, other.Value)
				continue
			}
			problems(t, p.path, err)
		}
	}
}

// Numbers of a process at their limits, and beyond.
func TestNumbersOfAProcess(t *testing.T) {
	for path, limits := range map[string][2]int{
		"stages[0].escalate[1].days": {-366, 366}, "stages[0].escalate[1].hour": {0, 23},
		"stages[0].due.working_days": {1, 1000},
	} {
		for value, good := range map[string]bool{
			fmt.Sprint(limits[0]): true, fmt.Sprint(limits[1]): true, fmt.Sprint(limits[0] - 1): false,
			fmt.Sprint(limits[1] + 1): false, "1.5": false, "1e1": false, "99999999999999999999": false,
			"0x1": false, "": false, "một": false, "NaN": false, "-9223372036854775808": false,
		} {
			if all := places(parseNode(t, example(t)), ""); !slices.ContainsFunc(all,
				func(p place) bool { return p.path == path }) {
				t.Fatalf("the example has no %s", path)
			}
			err := mutated(t, path, func(p place) { *p.node = *scalar("", value) })
			if (err == nil) != good {
				t.Errorf("%s: %q: %v", path, value, err)
			}
		}
	}
}

// A process is one document. Another one after it would not be read, so it is refused.
func TestOneDocumentIsAProcess(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		good   bool
	}{
		"with a mark before it": {"---\n" + example(t), true},
		"with a mark after it":  {example(t) + "\n...\n", true},
		"with a second one":     {example(t) + "\n---\nprocess: {id: other}\n", false},
		"with a broken one":     {example(t) + "\n---\n{", false},
		"with an empty one":     {example(t) + "\n---\n", true},
	} {
		_, err := Parse("p.yaml", []byte(c.source))
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
