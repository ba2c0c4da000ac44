package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed notices.tmpl
var noticesTemplate []byte

// vendored are the parts of the pages that are kept in this repository, each with its licence.
var vendored = []string{"web/static/fonts", "web/static/htmx", "web/static/pdfjs"}

// notices are the licences of everything that is linked into a program, after all of them were found to be allowed
// ones.
func (r *release) notices(dir string, environment []string) ([]byte, error) {
	tool := filepath.Join(r.bin, "go-licenses")
	if _, err := output(dir, environment, tool, "check", "--ignore", r.module, "--allowed_licenses", allowed,
		"./cmd/covenant"); err != nil {
		return nil, err
	}
	template, err := os.CreateTemp("", "covenant-notices-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(template.Name()) //nolint:errcheck // a leftover in the temporary directory harms nobody
	if _, err := template.Write(noticesTemplate); err != nil {
		return nil, err
	}
	if err := template.Close(); err != nil {
		return nil, err
	}
	modules, err := output(dir, environment, tool, "report", "--ignore", r.module, "--template", template.Name(),
		"./cmd/covenant")
	if err != nil {
		return nil, err
	}
	text := bytes.NewBufferString("What this program is made of besides its own code, and under which licences.\n")
	if err := r.standardLibrary(text, dir, environment); err != nil {
		return nil, err
	}
	text.WriteString(modules)
	if err := r.noticeFiles(text, dir, environment); err != nil {
		return nil, err
	}
	for _, part := range vendored {
		if err := quote(text, part, filepath.Join(dir, part, "LICENSE")); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

func (r *release) standardLibrary(text *bytes.Buffer, dir string, environment []string) error {
	facts, err := output(dir, environment, "go", "env", "GOVERSION", "GOROOT")
	if err != nil {
		return err
	}
	version, root, _ := strings.Cut(strings.TrimSpace(facts), "\n")
	return quote(text, "Go "+strings.TrimPrefix(version, "go"), filepath.Join(root, "LICENSE"))
}

// noticeFiles adds what modules ask to be handed on besides their licence: NOTICE files, and licences of fonts.
func (r *release) noticeFiles(text *bytes.Buffer, dir string, environment []string) error {
	listed, err := output(dir, environment, "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Dir}}{{end}}",
		"./cmd/covenant")
	if err != nil {
		return err
	}
	modules := strings.Split(strings.TrimSpace(listed), "\n")
	slices.Sort(modules)
	for _, line := range slices.Compact(modules) {
		path, place, ok := strings.Cut(line, " ")
		if !ok || path == r.module {
			continue
		}
		for _, pattern := range []string{"NOTICE*", "LICENSE-*", "LICENSE_*", "PATENTS*"} {
			found, err := filepath.Glob(filepath.Join(place, pattern))
			if err != nil {
				return err
			}
			for _, name := range found {
				if err := quote(text, path+": "+filepath.Base(name), name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// quote adds a file under a heading.
func quote(text *bytes.Buffer, heading, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(text, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 78), heading, bytes.TrimSpace(content))
	return nil
}
