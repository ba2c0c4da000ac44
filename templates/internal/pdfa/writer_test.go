package pdfa

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"covenant/templates/internal/font"
)

func newTestWriter(t *testing.T) *Writer {
	t.Helper()
	var fonts [4]*font.Embedded
	for s := range fonts {
		e, err := font.Liberation().Base(font.Style(s))
		if err != nil {
			t.Fatal(err)
		}
		fonts[s] = e
	}
	return NewWriter(Info{Title: "Thử", Lang: "vi-VN", Created: time.Unix(0, 0)}, fonts)
}

// Only spaces that the line breaker stretched are stretched in the file.
func TestNoBreakSpaceKeepsItsWidth(t *testing.T) {
	w := newTestWriter(t)
	w.AddPage(595, 842)
	w.Begin(w.Root.Add(&Elem{Type: "P"}))
	w.Text(Text{X: 10, Y: 20, Size: 10, WordExtra: 2, Text: "a\u00A0b c"})
	w.End()
	w.flush()
	streams, err := w.canvas.contents()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(streams[0], []byte(">-200<")); n != 1 {
		t.Errorf("%d spaces are stretched: %s", n, streams[0])
	}
}

func TestFinishRefusesAnEmptyDocument(t *testing.T) {
	if err := newTestWriter(t).Finish(io.Discard); err == nil {
		t.Error("a document without pages was written")
	}
}

func TestImagesAreBounded(t *testing.T) {
	if _, err := DecodeImage([]byte(strings.Repeat("x", maxImageBytes+1))); err == nil {
		t.Error("an image of too many bytes was accepted")
	}
	if _, err := DecodeImage([]byte("no image")); err == nil {
		t.Error("text was accepted as an image")
	}
}
