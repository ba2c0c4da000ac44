package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"covenant/internal/truetype"
	"covenant/templates/internal/font"
)

// Fonts are the four faces that a document is set in. The zero value stands for the built-in ones, Liberation Serif,
// which have the widths of Times New Roman.
type Fonts struct{ family *font.Family }

// vietnamese are letters that a face must have to be of use; the rest of the repertoire is checked text by text.
const vietnamese = "ĂÂĐÊÔƠƯăâđêôơưẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ" +
	"ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"

var styleNames = [4]string{"regular", "bold", "italic", "bold italic"}

// LoadFonts reads a family from a folder with four TrueType files (*.ttf), which say by themselves which is regular,
// bold, italic and bold italic: the real Times New Roman, for example. Faces that may not be embedded, or that lack
// Vietnamese letters, are refused; all that is wrong is in the error.
func LoadFonts(folder fs.FS) (Fonts, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return Fonts{}, fmt.Errorf("fonts: %w", err)
	}
	var sources [4]font.Source
	var from [4]string
	var wrong []error
	for _, entry := range entries {
		if entry.IsDir() || !strings.EqualFold(path.Ext(entry.Name()), ".ttf") {
			continue
		}
		data, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return Fonts{}, fmt.Errorf("fonts: %w", err)
		}
		name, style, err := usable(data)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("font %s: %w", entry.Name(), err))
		case from[style] != "":
			wrong = append(wrong, fmt.Errorf("fonts: %s and %s are both %s; keep one of them", from[style],
				entry.Name(), styleNames[style]))
		default:
			sources[style], from[style] = font.Source{Name: name, TTF: data}, entry.Name()
		}
	}
	for style, name := range from {
		if name == "" && len(wrong) == 0 {
			wrong = append(wrong, fmt.Errorf("fonts: no %s face (*.ttf) in the folder", styleNames[style]))
		}
	}
	if len(wrong) > 0 {
		return Fonts{}, errors.Join(wrong...)
	}
	return Fonts{font.NewFamily(sources[0].Name, sources)}, nil
}

func usable(data []byte) (string, font.Style, error) {
	what, err := truetype.Describe(data)
	if err != nil {
		return "", 0, err
	}
	face, err := truetype.Parse(what.Name, data)
	if err != nil {
		return "", 0, err
	}
	var lacks []rune
	for _, r := range vietnamese {
		if !face.Has(r) {
			lacks = append(lacks, r)
		}
	}
	if len(lacks) > 0 {
		return "", 0, fmt.Errorf("it lacks %d Vietnamese letters, such as “%c”", len(lacks), lacks[0])
	}
	style := font.Regular
	if what.Bold {
		style |= font.Bold
	}
	if what.Italic {
		style |= font.Italic
	}
	return what.Name, style, nil
}

// Name is the family's name: that of its regular face, or of the built-in family.
func (f Fonts) Name() string { return f.use().Name }

func (f Fonts) use() *font.Family {
	if f.family == nil {
		return font.Liberation()
	}
	return f.family
}
