package signing

import (
	"crypto/sha256"
	"fmt"
	"io"

	"covenant/internal/words"
	"covenant/signing/internal/diff"
)

// Base is the document as it was before anybody signed it: a file that the one to be judged must begin with, byte for
// byte. A signature says nothing of what came before it, so whoever signs first could change the text; the base says
// what it was. Size and digest come from the caller's own record of the document, never from the file that is judged.
type Base struct {
	Size   int64 // bytes
	SHA256 [sha256.Size]byte
}

// BaseResult says whether a file is its base and signatures, and nothing else.
type BaseResult struct {
	// Intact: the file begins with the base, and what was appended is signatures in fields that the base holds,
	// document time-stamps, validation data and metadata.
	Intact bool
	// Other: the file does not begin with the bytes of the base, or these are not a revision of it.
	Other bool
	// Modifications are what the revisions after the base changed, permitted or not.
	Modifications []Modification
}

// Text says in a sentence what is wrong; it is zero where nothing is.
func (b *BaseResult) Text() words.Text {
	switch {
	case b == nil || b.Intact:
		return words.Text{}
	case b.Other:
		return words.Of("Tệp không bắt đầu bằng đúng văn bản đã chốt trước khi ký.",
			"The file does not begin with the document as it was frozen before it was signed.")
	}
	for _, m := range b.Modifications {
		if !m.Permitted {
			return words.F("So với văn bản đã chốt trước khi ký, tệp đã bị sửa ngoài việc ký: %s.",
				"Since the document was frozen, more was changed in the file than was signed: %s.", m.Text())
		}
	}
	return words.Text{}
}

// base holds the file against the base that was asked for, and gives the index of the revision that it is; -1 where
// none was asked for, or the file is another one.
func (v *verification) base() (int, error) {
	want := v.opt.Base
	if want == nil {
		return -1, nil
	}
	v.report.Base = &BaseResult{Other: true}
	if want.Size <= 0 || want.Size > v.file.Size() {
		return -1, nil
	}
	if err := v.work.Hash(want.Size); err != nil {
		return -1, err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(v.reader, 0, want.Size)); err != nil {
		return -1, fmt.Errorf("read the document that was frozen: %w", err)
	}
	if [sha256.Size]byte(hash.Sum(nil)) != want.SHA256 {
		return -1, nil
	}
	revs := v.file.Revisions()
	for i := len(revs) - 1; i >= 0; i-- {
		if revs[i].EOF <= want.Size {
			if want.Size > revs[i].End && !blank(v.reader, revs[i].End, want.Size) {
				return -1, nil
			}
			v.report.Base.Other = false
			return i, nil
		}
	}
	return -1, nil
}

// judgeBase decides whether what followed the base was signing.
func (v *verification) judgeBase(base int, found []Modification) {
	if base < 0 {
		return
	}
	result := v.report.Base
	result.Intact = true
	for _, m := range found {
		if m.Revision != 0 && m.Revision <= base+1 {
			continue
		}
		m.Permitted = isSigning(m.Kind)
		result.Modifications = append(result.Modifications, m)
		result.Intact = result.Intact && m.Permitted
	}
}

// isSigning reports whether a change is what signing a document makes of it. A field that comes with its signature is
// not: the document has one for everybody who signs.
func isSigning(kind ChangeKind) bool {
	switch kind {
	case diff.ValidationData, diff.Metadata, diff.Timestamp, diff.Signature:
		return true
	}
	return false
}
