package templates

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/content"
	"covenant/internal/words"
)

// Profile is a layout profile: the measures of the printed page as data.
// Lengths are in mm, type sizes in pt.
type Profile struct {
	Name   string            `yaml:"name"`
	Digest [sha256.Size]byte `yaml:"-"`
	Page   struct {
		Width, Height, Top, Bottom, Left, Right float64
	}
	PageNumber struct{ Size, Top float64 } `yaml:"page_number"`
	National   struct {
		Name, Motto string
		NameEN      string  `yaml:"name_en"`
		MottoEN     string  `yaml:"motto_en"`
		NameSize    float64 `yaml:"name_size"`
		MottoSize   float64 `yaml:"motto_size"`
	}
	Letterhead struct {
		Left       float64 // part of the width that the left column takes
		ParentSize float64 `yaml:"parent_size"`
		IssuerSize float64 `yaml:"issuer_size"`
		Rule       float64 // of the text's width
		NumberSize float64 `yaml:"number_size"`
		PlaceSize  float64 `yaml:"place_size"`
	}
	// Marks are the framed words under the number: secrecy, urgency, circulation.
	Marks struct{ Size, Frame float64 }
	// Address is the sender's, at the foot of the first page; Bottom is its first baseline's distance from the page's
	// edge.
	Address struct{ Size, Bottom float64 }
	Title   struct {
		Size                float64
		SubjectSize         float64 `yaml:"subject_size"`
		Rule, Before, After float64
	}
	Body struct {
		Size, Leading, Indent, Gap float64
		SecondSize                 float64 `yaml:"second_size"`
	}
	Bases struct{ Size float64 }
	Table struct {
		Size, Pad, Leading, Gap float64
		HeadSize                float64 `yaml:"head_size"`
	}
	Signatures struct {
		HeadingSize               float64 `yaml:"heading_size"`
		UnitSize                  float64 `yaml:"unit_size"`
		TitleSize                 float64 `yaml:"title_size"`
		Box, Field, Seal, Overlap float64
		Columns                   int
		TableAbove                int     `yaml:"table_above"`
		RowBox                    float64 `yaml:"row_box"`
	}
	Recipients struct {
		HeadSize float64 `yaml:"head_size"`
		Size     float64
	}
	Watermark   struct{ Size, Gray, Angle float64 }
	LineNumbers struct {
		Every      int
		Size, Gray float64
	} `yaml:"line_numbers"`
	Code struct {
		Size     float64
		TextSize float64 `yaml:"text_size"`
	}
	// Together are pairs of words that the lines of a centred heading or name do not part, such as “văn hóa”.
	Together []string
	together map[string]bool
}

//go:embed profiles/*.yaml
var profileFiles embed.FS

// ErrUnknownProfile is returned for a profile that does not exist.
var ErrUnknownProfile = errors.New("unknown layout profile")

var builtinProfiles sync.Map // name to *Profile

// builtinProfile returns a profile that comes with the program, as "nd30".
func builtinProfile(name string) (*Profile, error) {
	if p, ok := builtinProfiles.Load(name); ok {
		return p.(*Profile), nil //nolint:forcetypeassert // what the map holds
	}
	data, err := profileFiles.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%w %q", ErrUnknownProfile, name)
	}
	p, err := ParseProfile(data)
	if err != nil {
		return nil, err
	}
	builtinProfiles.Store(name, p)
	return p, nil
}

// nation is the national name and motto.
func (p *Profile) nation() (name, motto words.Text) {
	return words.Of(p.National.Name, p.National.NameEN), words.Of(p.National.Motto, p.National.MottoEN)
}

// maxMeasure bounds every number of a profile, in mm, pt or parts of something.
const maxMeasure = 2000

// plainNumbers refuses what is no number (YAML has .nan and .inf) and what no page is measured by: nothing that is set
// with such a number would come to an end, or into a file.
func plainNumbers(v reflect.Value) error {
	for i := range v.NumField() {
		field, name := v.Field(i), strings.ToLower(v.Type().Field(i).Name)
		ok := true
		switch field.Kind() {
		case reflect.Struct:
			if err := plainNumbers(field); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case reflect.Float64:
			ok = field.Float() >= -maxMeasure && field.Float() <= maxMeasure
		case reflect.Int:
			ok = field.Int() >= 0 && field.Int() <= maxMeasure
		}
		if !ok {
			return fmt.Errorf("%s: %v is no measure of a page", name, field)
		}
	}
	return nil
}

// ParseProfile reads a profile; unknown entries are errors.
func ParseProfile(data []byte) (*Profile, error) {
	p := &Profile{Digest: sha256.Sum256(data)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("layout profile: %s", content.YAMLWords(err))
	}
	if line, more := content.SecondDocument(data); more {
		return nil, fmt.Errorf("layout profile %s, line %d: a file holds one profile: take out what follows ---",
			p.Name,
			line)
	}
	if err := plainNumbers(reflect.ValueOf(*p)); err != nil {
		return nil, fmt.Errorf("layout profile %s: %w", p.Name, err)
	}
	p.together = make(map[string]bool, len(p.Together))
	for _, pair := range p.Together {
		if strings.Count(pair, " ") != 1 || strings.ToLower(pair) != pair {
			return nil, fmt.Errorf("layout profile %s: together: %q is not two words in lower case", p.Name, pair)
		}
		p.together[norm.NFC.String(pair)] = true
	}
	switch {
	case p.Page.Width < 50 || p.Page.Height < 50 || p.Page.Width > 2000 || p.Page.Height > 2000,
		p.Page.Width-p.Page.Left-p.Page.Right < 40, p.Page.Height-p.Page.Top-p.Page.Bottom < 60:
		return nil, fmt.Errorf("layout profile %s: the page leaves no room for text", p.Name)
	case p.Body.Size < 4 || p.Body.Size > 72 || p.Table.Size < 4 || p.Table.Size > 72:
		return nil, fmt.Errorf("layout profile %s: type sizes must be 4 to 72 pt", p.Name)
	}
	return p, nil
}
