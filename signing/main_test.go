package signing

import (
	"os"
	"testing"

	"covenant/internal/norace"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := norace.Remove(); err != nil {
		panic(err)
	}
	os.Exit(code)
}
