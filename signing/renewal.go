package signing

import (
	"errors"
	"fmt"
	"io"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/internal/tsp"
)

// ErrNoArchive says that a file has no document time-stamp to be renewed.
var ErrNoArchive = errors.New("the file has no document time-stamp: raise it to B-LTA first")

// RenewBy tells until when a B-LTA file must be renewed with [Extend]: the end of the certificate of its newest
// document time-stamp. After that the proof that it gives hangs on what others remember. A file without one is
// [ErrNoArchive].
func RenewBy(in io.ReaderAt, size int64, limits Limits) (time.Time, error) {
	f, err := pdf.Open(in, size, limits.pdf(size))
	if err != nil {
		return time.Time{}, err
	}
	signatures, err := f.Signatures()
	if err != nil {
		return time.Time{}, err
	}
	var newest *tsp.Token
	for _, s := range signatures {
		if s.Dict.Get("SubFilter") != pdf.SubFilterTimestamp {
			continue
		}
		token, err := tsp.ParsePaddedToken([]byte(s.Contents.Bytes))
		if err != nil {
			return time.Time{}, fmt.Errorf("document time-stamp %q: %w", s.Field.Name, err)
		}
		if newest == nil || token.Time.After(newest.Time) {
			newest = token
		}
	}
	if newest == nil {
		return time.Time{}, ErrNoArchive
	}
	cert, err := newest.SignedData.Certificate()
	if err != nil {
		return time.Time{}, fmt.Errorf("document time-stamp: %w", err)
	}
	return cert.NotAfter, nil
}
