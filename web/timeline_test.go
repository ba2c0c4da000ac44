package web

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"covenant/workflow"
)

// Every kind of event that a covenant's log can hold has an icon of its own, and no other has one.
func TestEveryEventHasAnIcon(t *testing.T) {
	t.Parallel()
	var want []string
	for _, kind := range kindsOfEvents(t) {
		if !elsewhere.MatchString(kind) && kind != (workflow.ReviewGiven{}).Kind() {
			want = append(want, kind)
		}
	}
	if len(want) < 60 {
		t.Errorf("only %d kinds of events were found", len(want))
	}
	for _, kind := range want {
		if eventIcons[kind] == "" {
			t.Errorf("%s has no icon", kind)
		}
	}
	for kind, name := range eventIcons {
		if !slices.Contains(want, kind) {
			t.Errorf("no covenant's log holds %s", kind)
		}
		if iconPaths[name] == "" {
			t.Errorf("%s has the icon %q, which does not exist", kind, name)
		}
	}
	for _, o := range workflow.CommandWords("Opinion") {
		if name := eventIcon(workflow.ReviewGiven{Opinion: workflow.Opinion(o)}); iconPaths[name] == "" {
			t.Errorf("the opinion %s has the icon %q, which does not exist", o, name)
		}
	}
}

// elsewhere are the kinds of the directory and of the register, which stand on no covenant's page.
var elsewhere = regexp.MustCompile(`^(agency|person|position|block|duties|delegation|certificate|binding|right` +
	`|number_reserved|number_entered|number_explained)`)

// kindsOfEvents reads the kinds from the sources of the rules.
func kindsOfEvents(t *testing.T) []string {
	t.Helper()
	kinds := regexp.MustCompile(`\) Kind\(\) string\s*{ return "(\w+)" }`)
	files, err := filepath.Glob("../workflow/*.go")
	check(t, err)
	found := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		check(t, err)
		for _, m := range kinds.FindAllStringSubmatch(string(source), -1) {
			_, err := workflow.DecodeEvent(m[1], []byte("{}"))
			check(t, err)
			found[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
