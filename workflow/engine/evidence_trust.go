package engine

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"
	witnessing "github.com/transparency-dev/formats/note"

	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/store"
)

// EvidenceTrust is what a bundle is checked against: all that does not come from the bundle itself.
type EvidenceTrust struct {
	// Roots are those of signers, of seals and of time-stamp authorities. Nil: nothing is trusted.
	Roots *trust.Store
	// Keys are those of records, and of the witnesses of records, see [ParseRecordKeys]. Without the key of its record
	// a
	// bundle is intact at best: whoever made it may have made its key, too.
	Keys RecordKeys
	// Calendar are the working days by which deadlines are decided anew. Default: the built-in ones of Vietnam.
	Calendar *workflow.Calendar
}

func (t EvidenceTrust) calendar() (*workflow.Calendar, error) {
	if t.Calendar != nil {
		return t.Calendar, nil
	}
	return calendar.VietnamCalendar()
}

// RecordKeys are the public keys that somebody vouches for.
type RecordKeys struct {
	Records   map[string]note.Verifier // by their text
	Witnesses []note.Verifier
}

// ParseRecordKeys reads keys in the form of C2SP signed-note, such as covenant doctor and the mail of a daily
// checkpoint
// print them: those of records (Ed25519), and those of witnesses (cosignature/v1), which their type tells apart.
func ParseRecordKeys(texts ...string) (RecordKeys, error) {
	keys := RecordKeys{Records: map[string]note.Verifier{}}
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if key, err := note.NewVerifier(text); err == nil {
			keys.Records[text] = key
			continue
		}
		witness, err := witnessing.NewVerifierForCosignatureV1(text)
		if err != nil {
			return keys, workflow.Refusal(workflow.CodeInvalid,
				"khóa “%s” không đúng dạng; hãy chép nguyên dòng khóa từ thư chốt sổ hằng ngày hoặc từ lệnh covenant "+
					"doctor",
				"the key “%s” is malformed; copy the whole line from the mail of a daily checkpoint, or from "+
					"covenant doctor",
				text)
		}
		keys.Witnesses = append(keys.Witnesses, witness)
	}
	return keys, nil
}

// Open reads a checkpoint that is signed with one of the keys of records, and, where they signed, by the witnesses.
func (k RecordKeys) Open(signed []byte) (c log.Checkpoint, err error) {
	for _, name := range slices.Sorted(maps.Keys(k.Records)) {
		if c, _, err = store.OpenCheckpoint(signed, k.Records[name], k.Witnesses...); err == nil {
			return c, nil
		}
	}
	if err == nil {
		err = errors.New("no key of a record was given to check the checkpoint with")
	}
	return c, err
}
