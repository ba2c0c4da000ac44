package engine

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/store"
)

// NotCovered is what of a bundle may be changed and the check still finds it valid: nothing of it is said of the
// covenant.
// A test changes every byte, every JSON value and every entry of a bundle, and finds nothing else.
var NotCovered = []words.Text{
	words.Of("lớp vỏ ZIP: thứ tự, thời điểm, cách nén và ghi chú của các tệp; tên và nội dung thì được ràng buộc",
		"the ZIP container: order, times, compression and comments of its entries; their names and contents are bound"),
	words.Of("những byte của dấu thời gian mà chữ ký của chính nó không phủ tới (RFC 5652: chứng thư kèm theo, thuộc "+
		"tính "+
		"không ký, cách mã hóa)",
		"the bytes of the time-stamp token that its own signature does not cover (RFC 5652: certificates that come "+
			"with "+
			"it, unsigned attributes, the way of encoding)"),
}

// record checks that the manifest, by which every other file is bound, is told of in the record, and that both streams
// are proven up to their heads, under a checkpoint that is signed and time-stamped.
//
// The checkpoint comes from the bundle: it is believed for its signature by a key that somebody vouches for. Who has
// that key and the database could have signed another record, up to a checkpoint that is kept outside and up to the
// time
// of the time-stamp.
func (c *checker) record() error {
	var p evidenceProof
	if err := c.exactly(evidenceRecord, &p); err != nil {
		return err
	}
	var manifest EvidenceManifest
	if err := c.exactly(evidenceManifest, &manifest); err != nil {
		return err
	}
	key, err := note.NewVerifier(p.Key)
	if err != nil {
		return fmt.Errorf("%s: key: %w", evidenceRecord, err)
	}
	checkpoint, opened, err := store.OpenCheckpoint([]byte(p.Note), key, c.trust.Keys.Witnesses...)
	if err != nil {
		c.found(Failed, "mốc chốt sổ không đúng: %v", "the checkpoint does not hold: %v", err)
		return nil
	}
	c.vouched(p.Key, opened)
	heads, _ := hex.DecodeString(p.Heads.Statement.Heads) // one that is none proves nothing
	if p.Heads.Statement.Kind != store.StatementHeads || p.Heads.Statement.Index+1 != checkpoint.Size ||
		!p.Heads.Verify(checkpoint.Size, checkpoint.Hash) {
		c.found(Failed, "mốc chốt sổ không nói như hồ sơ về các chuỗi sự kiện",
			"the checkpoint does not say of the streams what the bundle says")
		return nil
	}
	c.told(p, checkpoint.Size, checkpoint.Hash)
	c.streams(p, checkpoint.Size, checkpoint.Hash, heads)
	c.stamped(p)
	return nil
}

// vouched says who signed the checkpoint, and whether somebody vouches for them.
func (c *checker) vouched(key string, opened *note.Note) {
	switch trusted := c.trust.Keys.Records; {
	case trusted[key] != nil:
		c.found(Passed, "mốc chốt sổ do khóa đã tin cậy ký: %s", "the checkpoint is signed with the trusted key %s",
			key)
	case len(trusted) > 0:
		c.found(Failed, "mốc chốt sổ do khóa khác ký, không phải khóa đã tin cậy: %s",
			"the checkpoint is signed with another key than those trusted: %s", key)
	default:
		c.found(Indeterminate, "chưa rõ khóa ký mốc chốt sổ là của ai; hãy đối chiếu với khóa trong thư chốt sổ hằng "+
			"ngày, "+
			"rồi kiểm tra lại với --record-key %q",
			"it is not known whose key signed the checkpoint; compare it with the key in the mails of daily "+
				"checkpoints, then "+
				"check again with --record-key %q", key)
	}
	for _, s := range opened.Sigs[1:] {
		c.found(Passed, "mốc chốt sổ có nhân chứng %s ký", "the checkpoint was cosigned by the witness %s", s.Name)
	}
	for _, s := range opened.UnverifiedSigs {
		c.found(Indeterminate, "mốc chốt sổ có chữ ký của %s mà chưa có khóa để kiểm tra; hãy thêm --record-key",
			"the checkpoint has a signature by %s that no key was given for; add --record-key", s.Name)
	}
}

// told checks that the record was told of this very manifest.
func (c *checker) told(p evidenceProof, size uint64, root []byte) {
	digest, s := workflow.DigestOf(c.files[evidenceManifest]), p.Bundle.Statement
	if s.Kind != store.StatementBundle || s.Manifest != hex.EncodeToString(digest[:]) ||
		s.Covenant != string(c.report.Manifest.Covenant) || !p.Bundle.Verify(size, root) {
		c.found(Failed, "sổ sự kiện không ghi nhận hồ sơ này: manifest.json đã thay đổi",
			"the record does not tell of this bundle: manifest.json was changed")
		return
	}
	c.report.Manifest.MadeAt = time.UnixMilli(s.At).UTC()
	c.found(Passed, "sổ sự kiện ghi nhận hồ sơ này ở mục %d; mọi tệp trong đó được ràng buộc",
		"the record tells of this bundle in entry %d; every file in it is bound", s.Index)
}

// streams checks the proof of each stream: its head is in the record, and the last one there. The chain binds all
// before.
func (c *checker) streams(p evidenceProof, size uint64, root, heads []byte) {
	wanted := []store.Stream{covenantStream(c.report.Manifest.Covenant), directoryStream}
	entries := []string{evidenceEvents, evidenceDirectory}
	if len(p.Streams) != len(wanted) {
		c.found(Failed, "hồ sơ phải có bằng chứng cho %d chuỗi sự kiện, mà có %d",
			"the bundle must have proofs of %d streams, and has %d", len(wanted), len(p.Streams))
		return
	}
	for i, stream := range wanted {
		var events []store.Sealed
		if err := c.exactly(entries[i], &events); err != nil {
			c.found(Failed, "hồ sơ không đọc được trọn vẹn: %v", "the bundle cannot be read in full: %v", err)
			return
		}
		proof, n := p.Streams[i], int64(len(events))
		if proof.Stream != stream || proof.Version < 1 || proof.Version > n || !proof.Verify(size, root, heads) ||
			!bytes.Equal(events[proof.Version-1].Hash, proof.Hash) {
			c.found(Failed, "bằng chứng rằng chuỗi %s nằm dưới mốc chốt sổ không đúng: có sự kiện bị bỏ hoặc bị sửa",
				"the proof that stream %s is under the checkpoint does not hold: events were left out or altered",
				stream)
			return
		}
		if proof.Version < n {
			c.report.Unproven += n - proof.Version
			c.found(Indeterminate, "%[1]d sự kiện cuối của chuỗi %[2]s chưa được chứng minh: chúng đến sau mốc chốt sổ",
				"the last events of stream %[2]s, %[1]d in number, are unproven: they came after the checkpoint",
				n-proof.Version,
				stream)
			continue
		}
		c.found(Passed, "đủ %d sự kiện của chuỗi %s nằm dưới mốc chốt sổ",
			"all %d events of stream %s are under the checkpoint",
			n, stream)
	}
}

// stamped checks the time-stamp of the checkpoint.
func (c *checker) stamped(p evidenceProof) {
	if len(p.Token) == 0 {
		c.found(Indeterminate, "mốc chốt sổ chưa có dấu thời gian", "the checkpoint has no time-stamp yet")
		return
	}
	digest := store.Checkpoint{Note: []byte(p.Note)}.Digest()
	stamp, err := signing.CheckTimestamp(p.Token, digest, crypto.SHA256, c.trust.Roots, time.Time{})
	if err != nil {
		c.found(Failed, "dấu thời gian của mốc chốt sổ không hợp lệ: %v",
			"the time-stamp of the checkpoint is not valid: %v",
			err)
		return
	}
	c.found(Passed, "mốc chốt sổ được %[2]s đóng dấu thời gian lúc %[1]s",
		"the checkpoint was time-stamped at %[1]s by %[2]s",
		stamp.Time.Format("15:04:05 02/01/2006 -07:00"), strings.TrimSpace(stamp.Authority))
	c.byTest(stamp.Test)
}
