package content

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// SecondDocument is the line on which another document begins in a YAML file that holds one: a reader would never look
// at it, and whoever wrote it would never know. Empty ones at the end, after a last “---”, are none. What cannot be
// read after the first counts as one; the first itself is for its reader to judge.
func SecondDocument(source []byte) (line int, more bool) {
	documents := yaml.NewDecoder(bytes.NewReader(source))
	for first := true; ; first = false {
		var document yaml.Node
		err := documents.Decode(&document)
		switch {
		case errors.Is(err, io.EOF), err != nil && first:
			return 0, false
		case err != nil:
			return secondMark(source), true
		case !first && document.Content[0].Tag != "!!null":
			return document.Content[0].Line, true
		}
	}
}

// secondMark is the line of the mark after which a second document begins.
func secondMark(source []byte) int {
	seen := false
	for i, line := range bytes.Split(source, []byte("\n")) {
		text := bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("---")) && seen {
			return i + 1
		}
		seen = seen || len(text) > 0 && text[0] != '#' && text[0] != '%'
	}
	return 1
}
