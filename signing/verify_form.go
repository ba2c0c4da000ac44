package signing

import "bytes"

// checkForm says where an object whose signature value is right is not written as ISO 32000-2, 12.8.3.3 and
// EN 319 142-1 ask. None of it makes the signed bytes less whole. Bytes and content that nobody signed may have been
// put there by anybody who had the file, so they keep the verdict open; the rest says nothing but how it was written.
func (s *signedObject) checkForm() {
	if s.sd.BER {
		s.note(Reason{Code: ReasonBER})
	}
	for _, d := range []struct {
		there bool
		code  ReasonCode
	}{
		{s.res.SubFilter == subFilterPKCS1, ReasonPKCS1},
		{s.sd.Signer.EmptyUnsigned, ReasonEmptyAttributes},
		{s.sd.Signer.Unsorted, ReasonUnsorted},
		{s.sd.Signer.DigestNamesSignature, ReasonDigestOID},
	} {
		if d.there {
			s.res.PAdES = false
			s.note(Reason{Code: d.code})
		}
	}
	if s.sd.Trailing != 0 {
		s.open(ReasonTrailing)
	}
	if s.token == nil && s.res.SubFilter != "adbe.pkcs7.sha1" && s.sd.Content != nil {
		s.open(s.heldContent())
	}
}

func (s *signedObject) open(code ReasonCode) {
	s.res.PAdES = false
	s.fail(Indeterminate, SigConstraintsFailure, Reason{Code: code})
}

// heldContent tells what the object of a detached signature holds beside it.
func (s *signedObject) heldContent() ReasonCode {
	h := s.hash.New()
	h.Write(s.sd.Content)
	switch {
	case bytes.Equal(s.sd.Content, s.digest):
		return ReasonContentDigest
	case bytes.Equal(h.Sum(nil), s.digest):
		return ReasonContentCopy
	}
	return ReasonContentOther
}
