package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"covenant/templates/internal/font"
)

// Part is something a document is made of, with its SHA-256.
type Part struct {
	Kind   string // template, values, profile, law, image, font, renderer
	Name   string
	Digest [sha256.Size]byte
}

// Manifest lists what a document is made of. Two documents of one manifest and
// the same options have the same text and the same pages.
type Manifest struct{ Parts []Part }

// Manifest lists template, values, profile, the legal bases cited, fonts and
// the renderer's version.
func (d *Document) Manifest() (Manifest, error) {
	var m Manifest
	m.Parts = append(m.Parts,
		Part{"template", d.Template.ID(), d.Template.Digest},
		Part{"values", d.values.Name, d.values.Digest},
		Part{"profile", d.profile.Name, d.profile.Digest},
	)
	seen := map[string]bool{}
	for _, l := range d.laws {
		if !seen[l.ID] {
			seen[l.ID] = true
			m.Parts = append(m.Parts, Part{"law", l.ID, l.digest})
		}
	}
	for _, b := range d.Blocks {
		if b.Image != nil {
			m.Parts = append(m.Parts, Part{"image", b.Image.Name, b.Image.digest})
		}
	}
	for s := range font.Style(4) {
		e, err := d.Options.Fonts.use().Base(s)
		if err != nil {
			return Manifest{}, fmt.Errorf("manifest of %s: %w", d.Template.ID(), err)
		}
		m.Parts = append(m.Parts, Part{"font", e.Face.Name, sha256.Sum256(e.Program)})
	}
	m.Parts = append(m.Parts, Part{"renderer", Renderer, sha256.Sum256([]byte(Renderer))})
	return m, nil
}

// Canonical is the manifest as text, a line a part, sorted: kind, name, digest.
func (m Manifest) Canonical() []byte {
	lines := make([]string, len(m.Parts))
	for i, p := range m.Parts {
		lines[i] = p.Kind + "\t" + p.Name + "\t" + hex.EncodeToString(p.Digest[:])
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "\n") + "\n")
}

// Digest is the SHA-256 of the canonical form: what an agency approves.
func (m Manifest) Digest() [sha256.Size]byte { return sha256.Sum256(m.Canonical()) }
