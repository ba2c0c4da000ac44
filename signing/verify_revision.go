package signing

import (
	"fmt"
	"io"

	"covenant/internal/pdf"
)

// ExtractRevision writes the file as it was when revision n (from 1) had just been saved: what the signer of that
// revision saw, and signed. It is an error if there is no such revision; nothing is written then.
func ExtractRevision(in io.ReaderAt, size int64, n int, out io.Writer) error {
	f, err := pdf.OpenDamaged(in, size, VerifyLimits{}.pdf(nil))
	if err != nil {
		return fmt.Errorf("read the pdf: %w", err)
	}
	revs := f.Revisions()
	if n < 1 || n > len(revs) {
		return fmt.Errorf("there is no revision %d: the file has revisions 1 to %d", n, len(revs))
	}
	if _, err := io.Copy(out, io.NewSectionReader(in, 0, revs[n-1].End)); err != nil {
		return fmt.Errorf("extract revision %d: %w", n, err)
	}
	return nil
}
