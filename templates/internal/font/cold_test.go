package font

import (
	"testing"

	"github.com/go-fonts/liberation/liberationserifregular"

	"covenant/internal/truetype"
)

// BenchmarkCold parses and cuts a face, as the first document of a process does.
func BenchmarkCold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		face, err := truetype.Parse("LiberationSerif", liberationserifregular.TTF)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := embed(face, present(face, Repertoire()), nil); err != nil {
			b.Fatal(err)
		}
	}
}
