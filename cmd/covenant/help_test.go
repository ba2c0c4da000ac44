package main

import (
	"bytes"
	"strings"
	"testing"
)

// The help says of every command whose it is: kong puts those without a group below a heading of its own.
func TestHelpGroupsCommands(t *testing.T) {
	var out, errOut bytes.Buffer
	if status := run([]string{"--help"}, &out, &errOut); status != 0 || errOut.Len() > 0 {
		t.Fatalf("exit status %d\n%s", status, errOut.String())
	}
	if strings.Contains(out.String(), "\nCommands:\n") {
		t.Errorf("commands stand outside the groups:\n%s", out.String())
	}
	at := 0
	for _, group := range commandGroups {
		next := strings.Index(out.String(), "\n"+group.Title+"\n  ")
		if next <= at {
			t.Errorf("%q stands at %d, after %d", group.Title, next, at)
		}
		at = next
	}
}
