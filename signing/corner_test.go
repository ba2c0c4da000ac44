package signing

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// A field measured from the upper right corner comes to stand there as the page is shown: turned and cropped in any
// way, with its text upright.
func TestFieldInTheUpperRightCorner(t *testing.T) {
	id := issue(t, testPKI(t), "Văn thư", devpki.Profile{})
	for _, rotate := range []int{0, 90, 180, 270, -90} {
		for _, crop := range []string{"", "/CropBox[100 200 500 800]"} {
			t.Run(fmt.Sprint(rotate, crop), func(t *testing.T) {
				out, _, err := SignBytes(t.Context(), turned(t, rotate, crop), id, Options{
					New: &NewField{Rect: Rect{X0: 20, Y0: 30, X1: 180, Y1: 60}, Corner: UpperRight},
					Appearance: &Appearance{Lines: []Line{{Text: "01/GƯ-KTN"}, {Text: "2026-03-05T09:15:30+07:00"}},
						Align: AlignRight},
				})
				if err != nil {
					t.Fatal(err)
				}
				img := render(t, out, 72)
				w, h := float64(img.Bounds().Dx()), float64(img.Bounds().Dy())
				inside := ink(img, 72, w-180, 30, w-20, 60)
				if all := ink(img, 72, 0, 0, w, h); inside < 60 || inside != all {
					t.Errorf("%d dark points in the corner, %d on the page of %.0f × %.0f", inside, all, w, h)
				}
				// Upright and flush right: much ink at the right end, none in the left third.
				if right, left := ink(img, 72, w-60, 30, w-20, 60), ink(img, 72, w-180, 30, w-150, 60); right == 0 ||
					left != 0 {
					t.Errorf("text is not flush right: %d points at the right, %d at the left", right, left)
				}
			})
		}
	}
}

// turned is a page without content.
func turned(t *testing.T, rotate int, crop string) []byte {
	t.Helper()
	return writeFile(classic, map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R>>",
		2: fmt.Sprintf("<</Type/Pages/Kids[3 0 R]/Count 1/Rotate %d/MediaBox[0 0 595 842]>>", rotate),
		3: "<</Type/Page/Parent 2 0 R" + crop + "/Resources<<>>>>",
	})
}

// A field measured from the lower left corner comes to stand there as the page is shown, too; one that would not lie on
// it whole is refused in both languages with the page's size.
func TestFieldInTheLowerLeftCorner(t *testing.T) {
	id := issue(t, testPKI(t), "Văn thư", devpki.Profile{})
	for _, rotate := range []int{0, 90, 180, 270, -90} {
		for _, crop := range []string{"", "/CropBox[100 200 500 800]"} {
			t.Run(fmt.Sprint(rotate, crop), func(t *testing.T) {
				field := &NewField{Rect: Rect{X0: 20, Y0: 30, X1: 180, Y1: 60}, Corner: LowerLeft}
				opt := Options{New: field, Appearance: &Appearance{Lines: []Line{{Text: "01/GƯ-KTN"}},
					Align: AlignLeft}}
				out, _, err := SignBytes(t.Context(), turned(t, rotate, crop), id, opt)
				if err != nil {
					t.Fatal(err)
				}
				img := render(t, out, 72)
				w, h := float64(img.Bounds().Dx()), float64(img.Bounds().Dy())
				inside, all := ink(img, 72, 20, h-60, 180, h-30), ink(img, 72, 0, 0, w, h)
				// Upright and flush left: ink at the left end, none in the right half.
				if right := ink(img, 72, 100, h-60, 180, h-30); inside < 30 || inside != all || right != 0 {
					t.Errorf("%d dark points in the corner, %d at its right, %d on the page of %.0f × %.0f", inside,
						right, all, w, h)
				}
				for _, r := range []Rect{{X0: 20, Y0: 30, X1: w + 5, Y1: 60}, {X0: 20, Y0: 30, X1: 40, Y1: h + 5},
					{X0: -5, Y0: 30, X1: 40, Y1: 60}, {X0: w + 100, Y0: 30, X1: w + 140, Y1: 60}} {
					field.Rect = r
					var place *PlaceError
					_, _, err := SignBytes(t.Context(), turned(t, rotate, crop), id, opt)
					size := fmt.Sprintf("%.0f × %.0f mm", w*25.4/72, h*25.4/72)
					if !errors.As(err, &place) || !strings.Contains(place.English, size) ||
						!strings.Contains(place.Vietnamese, size) {
						t.Errorf("%v: %v, want %s", r, err, size)
					}
				}
			})
		}
	}
}
