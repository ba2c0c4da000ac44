package pdfa

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/png" // the format that Decree 30 asks of signature and seal images
	"strconv"

	"covenant/internal/pdf"
)

// Image is a decoded picture ready to be written, shared between documents.
type Image struct {
	Width, Height int
	rgb, alpha    []byte // zlib; alpha is nil when opaque
}

// Limits of DecodeImage.
const (
	maxImageBytes  = 8 << 20
	maxImagePixels = 16 << 20
)

// ErrImage is wrapped by DecodeImage for a picture that cannot be used.
var ErrImage = errors.New("image cannot be used")

// DecodeImage reads a PNG picture. The size is looked at before anything is
// unpacked, so a small file cannot ask for gigabytes.
func DecodeImage(data []byte) (*Image, error) {
	if len(data) > maxImageBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrImage, len(data), maxImageBytes)
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxImagePixels/cfg.Height {
		return nil, fmt.Errorf("%w: %d × %d pixels are too many", ErrImage, cfg.Width, cfg.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	return packImage(img), nil
}

func packImage(img image.Image) *Image {
	rgb, alpha := pdf.Samples(img)
	out := &Image{Width: img.Bounds().Dx(), Height: img.Bounds().Dy(), rgb: pdf.Deflate(rgb)}
	if alpha != nil {
		out.alpha = pdf.Deflate(alpha)
	}
	return out
}

// Image draws img into r.
func (w *Writer) Image(img *Image, r Rect) {
	index := -1
	for i, have := range w.Images {
		if have == img {
			index = i
		}
	}
	if index < 0 {
		index = len(w.Images)
		w.Images = append(w.Images, img)
	}
	p := &w.pages[len(w.pages)-1]
	if p.images == nil {
		p.images = map[int]bool{}
	}
	p.images[index] = true
	b := append(w.buf, "q "...)
	for _, v := range []float64{r.W, 0, 0, r.H, r.X, p.height - r.Y - r.H} {
		b = append(pdf.AppendNumber(b, v), ' ')
	}
	b = append(b, "cm /I"...)
	b = strconv.AppendInt(b, int64(index), 10)
	w.buf = append(b, " Do Q\n"...)
}

func (f *finisher) image(n int, img *Image) {
	size := fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8", img.Width, img.Height)
	dict := size + "/ColorSpace/DeviceRGB"
	if img.alpha != nil {
		mask := f.alloc()
		f.deflated(mask, size+"/ColorSpace/DeviceGray", img.alpha)
		dict += fmt.Sprintf("/SMask %d 0 R", mask)
	}
	f.deflated(n, dict, img.rgb)
}
