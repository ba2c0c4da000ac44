// Package font holds the families that documents are set in: four faces each, with their cuts ready for embedding, so
// that measuring a word and embedding a font never parse a file twice.
//
// A face is cut once per process to the repertoire that Vietnamese administrative documents use ([Repertoire]). A
// document that needs more characters of the face gets an extended cut, in which the base characters keep their
// numbers.
package font

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"

	"covenant/internal/pdf"
	"covenant/internal/truetype"
)

// Style selects one of a family's four faces; Bold|Italic is the fourth.
type Style uint8

// The bits of a Style.
const (
	Regular Style = 0
	Bold    Style = 1
	Italic  Style = 2
)

// Embedded is a subset with its font file compressed for a PDF, once.
type Embedded struct {
	*truetype.Subset
	Deflated   []byte // the font program: zlib, for /FlateDecode
	ToUnicode  []byte // the CMap from glyph to character: zlib
	WidthArray []byte // the advances as numbers with spaces between
}

// Family is four faces with their base cuts. Safe for concurrent use.
type Family struct {
	Name string

	faces [4]func() (*Embedded, error)
	mu    sync.Mutex
	wider map[string]*Embedded // by style and extra characters; bounded
}

// widerLimit bounds how many extended cuts a process keeps.
const widerLimit = 32

// Liberation is the built-in family Liberation Serif (SIL OFL 1.1), which has
// the widths of Times New Roman. The same family is returned each time.
var Liberation = sync.OnceValue(func() *Family {
	return NewFamily("Liberation Serif", [4]Source{
		{"LiberationSerif", liberationserifregular.TTF},
		{"LiberationSerif-Bold", liberationserifbold.TTF},
		{"LiberationSerif-Italic", liberationserifitalic.TTF},
		{"LiberationSerif-BoldItalic", liberationserifbolditalic.TTF},
	})
})

// Source is a face's PostScript name and file.
type Source struct {
	Name string
	TTF  []byte
}

// NewFamily makes a family of regular, bold, italic, bold italic. A face is
// parsed and cut when first used.
func NewFamily(name string, sources [4]Source) *Family {
	fam := &Family{Name: name, wider: map[string]*Embedded{}}
	for i, src := range sources {
		fam.faces[i] = sync.OnceValues(func() (*Embedded, error) {
			face, err := truetype.Parse(src.Name, src.TTF)
			if err != nil {
				return nil, err
			}
			return embed(face, present(face, Repertoire()), nil)
		})
	}
	return fam
}

func present(f *truetype.Face, runes []rune) []rune {
	return slices.DeleteFunc(slices.Clone(runes), func(r rune) bool { return !f.Has(r) })
}

func embed(face *truetype.Face, base, extra []rune) (*Embedded, error) {
	s, err := face.Cut(base, extra)
	if err != nil {
		return nil, err
	}
	e := &Embedded{Subset: s, Deflated: pdf.Deflate(s.Program), ToUnicode: pdf.Deflate(truetype.ToUnicode(s.Runes))}
	for i, w := range s.Widths() {
		if i > 0 {
			e.WidthArray = append(e.WidthArray, ' ')
		}
		e.WidthArray = strconv.AppendFloat(e.WidthArray, math.Round(w*1000)/1000, 'f', -1, 64)
	}
	return e, nil
}

// Bases are the base cuts of the four faces; those not made yet are made side by side.
func (fam *Family) Bases() ([4]*Embedded, error) {
	var out [4]*Embedded
	var errs [4]error
	var all sync.WaitGroup
	for i, face := range fam.faces {
		all.Go(func() { out[i], errs[i] = face() })
	}
	all.Wait()
	return out, errors.Join(errs[:]...)
}

// Base is the face's cut to the Vietnamese repertoire.
func (fam *Family) Base(s Style) (*Embedded, error) { return fam.faces[s&3]() }

// Wider is Base with extra characters, sorted and unique, at its end.
func (fam *Family) Wider(s Style, extra []rune) (*Embedded, error) {
	base, err := fam.Base(s)
	if err != nil || len(extra) == 0 {
		return base, err
	}
	key := fmt.Sprint(s, string(extra))
	fam.mu.Lock()
	defer fam.mu.Unlock()
	if e := fam.wider[key]; e != nil {
		return e, nil
	}
	e, err := embed(base.Face, base.Runes, extra)
	if err != nil {
		return nil, err
	}
	if len(fam.wider) >= widerLimit {
		clear(fam.wider)
	}
	fam.wider[key] = e
	return e, nil
}

// Repertoire lists the characters of the base cut, sorted: ASCII, Latin-1, the
// Vietnamese letters, and the punctuation and signs of administrative texts.
func Repertoire() []rune {
	var r []rune
	add := func(from, to rune) {
		for c := from; c <= to; c++ {
			r = append(r, c)
		}
	}
	add(0x20, 0x7E)
	add(0xA1, 0xFF)
	r = append(r, []rune("ĂăĐđĨĩŨũƠơƯư")...)
	add(0x1EA0, 0x1EF9)
	r = append(r, []rune("–—‘’“”†•…‰′″₫€№−×÷≤≥≠≈→√")...)
	slices.Sort(r)
	return slices.Compact(r)
}
