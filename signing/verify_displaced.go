package signing

import (
	"covenant/internal/pdf"
	"covenant/signing/internal/cms"
)

// displaced says what has likely become of a file whose signature does not lie where it was made. Each of these is what
// honest programs do to a file every day, and anybody can do on purpose: the signature fails all the same, and its
// words say what to do, not who is to blame. A gap wider than its string is no such accident.
func (s *signedObject) displaced(f *pdf.File, detail string) {
	br, c := s.sig.ByteRange, s.sig.Contents
	code := ReasonSavedAnew
	switch {
	case br[0] != 0 || br[1] < 0 || br[2] < br[1] || br[3] < 0 || c.Start != 0 && br[1] <= c.Start && c.End <= br[2]:
		code = ReasonByteRange
	case f.Rebuilt() != nil: // all offsets are wrong alike
		code = ReasonTransferred
	case br[2] < f.Size() && br[3] < f.Size()-br[2]:
		code = ReasonMerged
	}
	s.fail(TotalFailed, FormatFailure, Reason{Code: code, Detail: detail})
}

// name reads whose signature it says to be, of one that has failed; nothing is verified of it.
func (s *signedObject) name() {
	if s.res.Kind != KindSignature || s.res.SubFilter == subFilterPKCS1 {
		return
	}
	if sd, err := cms.ParsePadded([]byte(s.sig.Contents.Bytes)); err == nil {
		s.cert = claimedCertificate(sd)
	}
}
