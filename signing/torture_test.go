//go:build torture

package signing

import "testing"

func TestTortureSequences(t *testing.T) {
	checks(t, "10000")
	runSequences(t)
}
