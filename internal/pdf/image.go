package pdf

import (
	"image"
	"image/color"
)

// Samples splits a picture into its RGB samples, not multiplied by alpha, and its alpha, which is nil where all of it
// is opaque (§8.9.5, §11.6.5.2).
func Samples(img image.Image) (rgb, alpha []byte) {
	b := img.Bounds()
	rgb = make([]byte, 0, 3*b.Dx()*b.Dy())
	alpha = make([]byte, 0, b.Dx()*b.Dy())
	opaque := true
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) //nolint:forcetypeassert // so it converts
			rgb = append(rgb, c.R, c.G, c.B)
			alpha = append(alpha, c.A)
			opaque = opaque && c.A == 255
		}
	}
	if opaque {
		return rgb, nil
	}
	return rgb, alpha
}
