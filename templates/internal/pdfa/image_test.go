package pdfa

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func picture(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sized is a picture whose header claims another size, with the checksum that goes with it.
func sized(data []byte, width, height uint32) []byte {
	out := bytes.Clone(data)
	put := func(at int, v uint32) {
		out[at], out[at+1], out[at+2], out[at+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	put(16, width)
	put(20, height)
	put(29, crc32.ChecksumIEEE(out[12:29]))
	return out
}

// Pictures of each kind that PNG knows, and what claims to be one.
func TestPictures(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 4, 3))
	clear.Set(1, 1, color.NRGBA{255, 0, 0, 128})
	opaque := image.NewRGBA(image.Rect(0, 0, 4, 3))
	for i := range opaque.Pix {
		opaque.Pix[i] = 255
	}
	palette := image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.White, color.Black})
	for name, c := range map[string]struct {
		data  []byte
		good  bool
		alpha bool
	}{
		"opaque":                  {picture(t, opaque), true, false},
		"with clear parts":        {picture(t, clear), true, true},
		"of a palette":            {picture(t, palette), true, false},
		"grey":                    {picture(t, image.NewGray(image.Rect(0, 0, 4, 3))), true, false},
		"of 16 bits":              {picture(t, image.NewGray16(image.Rect(0, 0, 4, 3))), true, false},
		"cut off":                 {picture(t, opaque)[:50], false, false},
		"nothing":                 {nil, false, false},
		"a JPEG":                  {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), false, false},
		"of no width":             {sized(picture(t, opaque), 0, 3), false, false},
		"of 2^31 pixels' width":   {sized(picture(t, opaque), 1<<31-1, 1), false, false},
		"of 2^62 pixels":          {sized(picture(t, opaque), 1<<31-1, 1<<31-1), false, false},
		"a pixel too many":        {sized(picture(t, opaque), 4096, 4097), false, false},
		"higher than it has rows": {sized(picture(t, opaque), 4, 300), false, false},
		"a file too large":        {make([]byte, maxImageBytes+1), false, false},
	} {
		img, err := DecodeImage(c.data)
		if (err == nil) != c.good || err != nil && !errors.Is(err, ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (img.Width != 4 || img.Height != 3 || (img.alpha != nil) != c.alpha) {
			t.Errorf("%s: %d by %d, alpha %v", name, img.Width, img.Height, img.alpha != nil)
		}
	}
}

// FuzzImage takes any bytes for a picture.
func FuzzImage(f *testing.F) {
	f.Add(picture(f, image.NewNRGBA(image.Rect(0, 0, 2, 2))))
	f.Add(sized(picture(f, image.NewGray(image.Rect(0, 0, 2, 2))), 1<<20, 1<<20))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := DecodeImage(data)
		if err != nil && !errors.Is(err, ErrImage) || err == nil && (img.Width < 1 || img.Height < 1) {
			t.Errorf("%v", err)
		}
	})
}
