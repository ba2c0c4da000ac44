package engine

import (
	"bytes"
	"crypto"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"covenant/signing"
	"covenant/workflow/store"
)

// oldForm says of a bundle of the first form, which v0.1 made, what nothing in it binds.
func (c *checker) oldForm() error {
	c.found(Indeterminate, "hồ sơ theo dạng của bản 0.1: không gì ràng buộc tên, thư, quy trình và các sự kiện sau "+
		"gốc "+
		"gần nhất; hãy xin hồ sơ lập lại bằng chương trình mới",
		"the bundle is in the form of v0.1: nothing binds its title, mails, process and the events after the last "+
			"root; "+
			"ask for one that a newer program made")
	return nil
}

// dailyRoots checks the chain of daily roots with their time-stamps, and that the events are under the newest.
func (c *checker) dailyRoots() error {
	var roots []store.Root
	if err := json.Unmarshal(c.files[evidenceRoots], &roots); err != nil {
		return fmt.Errorf("%s: %w", evidenceRoots, err)
	}
	var proofs []store.Inclusion
	if err := json.Unmarshal(c.files[evidenceProofs], &proofs); err != nil {
		return fmt.Errorf("%s: %w", evidenceProofs, err)
	}
	if len(roots) == 0 {
		c.found(Indeterminate, "chưa có gốc theo ngày nào: nhật ký chưa được neo bằng dấu thời gian",
			"there is no daily root yet: the log is not anchored by a time-stamp")
		return nil
	}
	previous := make([]byte, store.HashSize)
	for _, root := range roots {
		if !bytes.Equal(root.Previous, previous) {
			c.found(Failed, "gốc ngày %s không nối với gốc trước",
				"the root of %s does not follow the one before", root.Day)
		}
		previous = root.Digest()
		c.stamp(root)
	}
	newest := roots[len(roots)-1]
	for _, proof := range proofs {
		c.proof(proof, newest)
	}
	for _, stream := range []store.Stream{covenantStream(c.report.Manifest.Covenant), directoryStream} {
		if !slices.ContainsFunc(proofs, func(p store.Inclusion) bool { return p.Head.Stream == stream }) {
			c.found(Indeterminate, "không có bằng chứng rằng chuỗi %s nằm dưới gốc nào",
				"there is no proof that stream %s is under any root", stream)
		}
	}
	return nil
}

func (c *checker) stamp(root store.Root) {
	if len(root.Token) == 0 {
		c.found(Indeterminate, "gốc ngày %s chưa có dấu thời gian", "the root of %s has no time-stamp yet", root.Day)
		return
	}
	stamp, err := signing.CheckTimestamp(root.Token, root.Digest(), crypto.SHA256, c.trust.Roots, time.Time{})
	if err != nil {
		c.found(Failed, "dấu thời gian của gốc ngày %s không hợp lệ: %v",
			"the time-stamp of the root of %s is not valid: %v", root.Day, err)
		return
	}
	c.found(Passed, "gốc ngày %[1]s được %[3]s đóng dấu thời gian lúc %[2]s",
		"the root of %[1]s was time-stamped at %[2]s by %[3]s",
		root.Day, stamp.Time.Format("15:04:05 02/01/2006 -07:00"), stamp.Authority)
	c.byTest(stamp.Test)
}

// proof checks that a stream's head is under the root and is one of the events in the bundle.
func (c *checker) proof(p store.Inclusion, newest store.Root) {
	sealed := c.all[p.Head.Stream]
	known := p.Head.Version >= 1 && p.Head.Version <= int64(len(sealed)) &&
		bytes.Equal(sealed[p.Head.Version-1].Hash, p.Head.Hash)
	if !p.Verify() || !known || !bytes.Equal(p.Root.Digest(), newest.Digest()) {
		c.found(Failed, "bằng chứng rằng chuỗi %s nằm dưới gốc ngày %s không đúng",
			"the proof that stream %s is under the root of %s does not hold", p.Head.Stream, newest.Day)
		return
	}
	c.report.Unproven += int64(len(sealed)) - p.Head.Version
	c.found(Passed, "%[1]d/%[2]d sự kiện của chuỗi %[3]s nằm dưới gốc ngày %[4]s",
		"%[1]d of %[2]d events of stream %[3]s are under the root of %[4]s",
		p.Head.Version, len(sealed), p.Head.Stream, newest.Day)
}
