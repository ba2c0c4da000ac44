package templates

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansbolditalic"
	"github.com/go-fonts/liberation/liberationsansitalic"
	"github.com/go-fonts/liberation/liberationsansregular"
)

func sans() fstest.MapFS {
	return fstest.MapFS{
		"a.ttf": {Data: liberationsansbold.TTF}, "b.TTF": {Data: liberationsansregular.TTF},
		"c.ttf": {Data: liberationsansbolditalic.TTF},
		"d.ttf": {Data: liberationsansitalic.TTF}, "licence.txt": {Data: []byte("OFL")},
	}
}

// An operator's own faces are told apart by what the files say, whatever they are called, and the document is set and
// described in them.
func TestOwnFonts(t *testing.T) {
	fonts, err := LoadFonts(sans())
	if err != nil {
		t.Fatal(err)
	}
	if fonts.Name() != "LiberationSans" {
		t.Errorf("the family is called %q", fonts.Name())
	}
	own, builtin := draftOf(t, use, DraftOptions{Fonts: fonts}), draftOf(t, use, DraftOptions{})
	var b bytes.Buffer
	if _, err := own.PDF(&b, PDFOptions{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b.Bytes(), []byte("+LiberationSans")) || bytes.Contains(b.Bytes(), []byte("LiberationSerif")) {
		t.Error("the file is not set in the fonts given")
	}
	with, err := own.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	without, err := builtin.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if with.Digest() == without.Digest() {
		t.Error("what agencies approve does not depend on the fonts")
	}
}

func TestFontsThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"missing": {func(f fstest.MapFS) { delete(f, "d.ttf") }, "no italic face"},
		"twice":   {func(f fstest.MapFS) { f["e.ttf"] = f["d.ttf"] }, "both italic"},
		"no font": {func(f fstest.MapFS) { f["d.ttf"] = &fstest.MapFile{Data: []byte("text")} },
			"not a usable TrueType font"},
		"forbidden": {func(f fstest.MapFS) { f["d.ttf"] = &fstest.MapFile{Data: withLicence(t, f["d.ttf"].Data, 2)} },
			"forbids embedding"},
		"not cut": {func(f fstest.MapFS) {
			f["d.ttf"] = &fstest.MapFile{Data: withLicence(t, f["d.ttf"].Data,
				0x100)}
		}, "forbids cutting"},
		"empty":      {func(f fstest.MapFS) { clear(f) }, "no regular face"},
		"cut short":  {func(f fstest.MapFS) { f["d.ttf"] = &fstest.MapFile{Data: f["d.ttf"].Data[:2000]} }, "d.ttf"},
		"two wrongs": {func(f fstest.MapFS) { f["a.ttf"], f["d.ttf"] = &fstest.MapFile{}, &fstest.MapFile{} }, "a.ttf"},
	} {
		t.Run(name, func(t *testing.T) {
			f := sans()
			c.change(f)
			_, err := LoadFonts(f)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}

// withLicence is a font with other fsType bits.
func withLicence(t *testing.T, data []byte, bits uint16) []byte {
	t.Helper()
	out := bytes.Clone(data)
	for i := range int(binary.BigEndian.Uint16(out[4:])) {
		e := out[12+16*i:]
		if string(e[:4]) == "OS/2" {
			binary.BigEndian.PutUint16(out[binary.BigEndian.Uint32(e[8:])+8:], bits)
			return out
		}
	}
	t.Fatal("no OS/2 table")
	return nil
}
