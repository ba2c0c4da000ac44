package web

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow"
)

// Every kind of event that a covenant's log can hold has words of its own in both languages.
func TestEveryEventHasWords(t *testing.T) {
	t.Parallel()
	directory := regexp.MustCompile(`^(agency|person|position|block|duties|delegation|certificate|binding|right` +
		`|document|number_reserved|number_entered|number_explained)`)
	kinds := regexp.MustCompile(`Kind\(\) string\s*{ return "(\w+)" }`)
	files, err := filepath.Glob("../workflow/*.go")
	check(t, err)
	view, err := shared().View(t.Context(), machine, ranked)
	check(t, err)
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		check(t, err)
		for _, m := range kinds.FindAllStringSubmatch(string(source), -1) {
			event, err := workflow.DecodeEvent(m[1], []byte("{}"))
			if err != nil {
				t.Errorf("%s: %v", m[1], err)
				continue
			}
			if directory.MatchString(m[1]) {
				continue
			}
			found++
			for _, lang := range words.Languages() {
				row := eventRow{}
				teller{language: speaking(lang), v: view, zone: view.Calendar.Zone()}.tell(&row, event)
				if row.Text == "" || row.Text == m[1] || strings.Contains(row.Text+row.Detail, "%!") {
					t.Errorf("%s in %s: %+v", m[1], lang, row)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d kinds of events were found", found)
	}
}
