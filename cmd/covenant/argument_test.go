package main

import (
	"strings"
	"testing"
)

// No address with a password is taken from the command line, of whatever option and scheme; one without is.
func TestNoPasswordOnTheCommandLine(t *testing.T) {
	for arg, refused := range map[string]bool{
		"--database=postgres://u:secret@db/x": true, "postgresql://u:s%40t@db:5432/x?sslmode=require": true,
		"s3://KEY:SECRET@host/bucket": true, "https://user:pass@tsa.example/": true, "--blobs=s3://:only@host/b": true,
		"--database=postgres://u@db:5432/x": false, "postgres:///x?host=/run/postgresql": false,
		"http://127.0.0.1:8080/a@b": false, "2026/khoi": false, "reason=hẹn 8:00 @ hội trường": false,
	} {
		if got := checkArguments([]string{"serve", arg}) != nil; got != refused {
			t.Errorf("%s: refused = %v", arg, got)
		}
	}
	status, said := told("audit", "--database", "postgres://u:secret@db/x")
	if status != 2 || !strings.Contains(said, "PGPASSFILE") || strings.Contains(said, "secret@") {
		t.Errorf("%d %s", status, said)
	}
}
