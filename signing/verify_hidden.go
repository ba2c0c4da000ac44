package signing

import (
	"context"
	"fmt"
	"time"

	"covenant/internal/pdf"
	"covenant/internal/words"
)

// SuspectError says why a file is not added to: what it holds of signatures is not what its readers are shown, or could
// come to mean something else by what would be appended.
type SuspectError struct {
	words.Text
	Code ReasonCode // as in the report of [Verify]
}

// Error is the English sentence.
func (e *SuspectError) Error() string { return e.English }

// collectHidden finds the signatures that lie whole in the file and that no field of any revision leads to. They are
// judged by what they cover; what came after them is not known, so none of them passes. Anybody who has the file can
// append something that looks like one: it costs them the verdict on the file, which they can spoil in any case.
func (v *verification) collectHidden() error {
	known := map[int64]bool{}
	for _, s := range v.signed {
		known[s.sig.Contents.Start] = true
	}
	sigs, err := v.file.HiddenSignatures(func(at int64) bool { return known[at] })
	if err != nil {
		return err
	}
	limit := v.opt.Limits.MaxSignatures
	if limit <= 0 {
		limit = 1000
	}
	if len(v.signed)+len(sigs) > limit {
		return fmt.Errorf("%w: more than %d signatures", pdf.ErrMalformed, limit)
	}
	for _, sig := range sigs {
		v.hidden = append(v.hidden, newSignedObject(sig, -1))
	}
	return nil
}

// checkHiddenRange: that the range fits its place is what it was found by; the rest must be as in every signature.
func (s *signedObject) checkHiddenRange(f *pdf.File) {
	s.res.Coverage.Revisions = len(f.Revisions())
	if key := ambiguous(s.sig.Dict); key != "" || len(s.sig.ByteRange) != 4 || !s.sig.Contents.Hex {
		s.format("the signature dictionary cannot be read")
		return
	}
	copy(s.res.Coverage.ByteRange[:], s.sig.ByteRange)
	s.end = s.sig.ByteRange[2] + s.sig.ByteRange[3]
}

// judgeHidden concludes as judge does, with nothing that later revisions could prove.
func (v *verification) judgeHidden(ctx context.Context) {
	for _, s := range v.hidden {
		s.poe = proof{at: v.now, source: TimeValidation}
		if s.token != nil && s.res.intact {
			s.stamps = []*stamp{{token: s.token, source: TimeDocumentTimestamp, owner: s, valid: true}}
		}
		for _, st := range s.stamps {
			v.judgeStamp(ctx, st)
		}
		if s.token != nil {
			v.concludeTimestamp(s)
		} else {
			v.concludeSignature(ctx, s, len(v.signed)-1, time.Time{})
		}
		s.res.PAdES = s.res.PAdES && s.res.intact
	}
}

// refuseSuspect refuses a file with a signature whose range runs past the end, into what would be appended, and one
// that is in memory where a signature lies hidden in it. A larger file is read only once, while it is signed; whoever
// verifies it is told.
func (d *document) refuseSuspect(f *pdf.File) error {
	if d.tail != nil { // what was appended is ours
		return nil
	}
	known := map[int64]bool{}
	for i := range f.Revisions() {
		sigs, err := f.AsOf(i).AllSignatures()
		if err != nil {
			continue // whoever adds to the newest revision is told; those of an older one count as hidden
		}
		for _, s := range sigs {
			known[s.Contents.Start] = true
			if br := s.ByteRange; len(br) == 4 && (br[2] > d.size || br[3] > d.size-br[2]) {
				return &SuspectError{Code: ReasonByteRange, Text: words.F("chữ ký trong ô “%[1]s” khai là bao trùm cả "+
					"phần sau cuối tệp, nên những gì ghi thêm sẽ lọt vào đó; không ký thêm vào tệp này, hãy xin bản "+
					"gốc từ người gửi",
					"the signature in field “%[1]s” claims to cover more than the file holds, so that what is "+
						"appended would fall into it; do not sign this file, ask the sender for the original",
					clean(s.Field.Name))}
			}
		}
	}
	if !d.inMemory() {
		return nil
	}
	hidden, err := f.HiddenSignatures(func(at int64) bool { return known[at] })
	if err != nil || len(hidden) == 0 {
		return err
	}
	return &SuspectError{Code: ReasonHidden, Text: words.Of("tệp có một chữ ký mà không ô nào dẫn tới, nên phần "+
		"mềm đọc không hiển thị nó; không ký thêm vào tệp này, hãy xin bản gốc từ người gửi",
		"the file holds a signature that no field leads to, so that readers do not show it; do not sign this file, "+
			"ask the sender for the original")}
}
