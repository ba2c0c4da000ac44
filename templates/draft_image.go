package templates

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"sync"

	"covenant/internal/words"
	"covenant/templates/internal/pdfa"
)

// image reads “@ảnh tên.png 30mm: mô tả”. The description is what a screen
// reader says, so there must be one.
func (d *drafter) image(n *node, b *Block) bool {
	text := plainSpans(d.spans(n.text, d.lang))
	name, alt, _ := strings.Cut(text, ":")
	fields := strings.Fields(name)
	b.Kind, b.Image = BlockImage, &Image{Width: 30, Alt: strings.TrimSpace(alt)}
	if len(fields) > 1 {
		mm, err := strconv.ParseFloat(strings.TrimSuffix(fields[1], "mm"), 64)
		if err != nil || mm < 1 || mm > 250 {
			d.f.add(n.at, fields[1], words.F("“%s” không phải là chiều rộng; viết 30mm.",
				"“%s” is no width; write 30mm.", fields[1]))
		}
		b.Image.Width = mm
	}
	if len(fields) == 0 || b.Image.Alt == "" {
		d.f.add(n.at, n.raw, words.Of("Viết: @ảnh tên.png 30mm: mô tả bằng lời.",
			"Write: @image name.png 30mm: description in words."))
		return false
	}
	b.Image.Name = fields[0]
	data, ok := d.opt.Images[fields[0]]
	if !ok {
		p := d.f.add(n.at, fields[0], words.F("Không có ảnh “%s”.", "There is no image “%s”.", fields[0]))
		p.Hint = nearest(fields[0], keys(d.opt.Images))
		return false
	}
	var err error
	if b.Image.picture, err = decodedImage(data); err != nil {
		d.f.add(n.at, fields[0], words.F("Không dùng được ảnh “%s”: %v.", "Image “%s” cannot be used: %v.", fields[0],
			err))
		return false
	}
	b.Image.data, b.Image.digest = data, sha256.Sum256(data)
	return true
}

// images are decoded once a process; the number kept is bounded.
var images = struct {
	sync.Mutex
	m map[[sha256.Size]byte]*pdfa.Image
}{m: map[[sha256.Size]byte]*pdfa.Image{}}

const maxImages = 64

func decodedImage(data []byte) (*pdfa.Image, error) {
	sum := sha256.Sum256(data)
	images.Lock()
	defer images.Unlock()
	if img := images.m[sum]; img != nil {
		return img, nil
	}
	img, err := pdfa.DecodeImage(data)
	if err != nil {
		return nil, err
	}
	if len(images.m) >= maxImages {
		clear(images.m)
	}
	images.m[sum] = img
	return img, nil
}
