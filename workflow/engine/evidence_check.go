package engine

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Verdict of one finding or of a whole bundle.
type Verdict int

// The verdicts, from good to bad.
const (
	Passed Verdict = iota
	Indeterminate
	Failed
)

// Finding is one thing that was checked, in words.
type Finding struct {
	Verdict    Verdict `json:"verdict"` // 0 passed, 1 indeterminate, 2 failed
	Vietnamese string  `json:"vi"`
	English    string  `json:"en"`
	Test       bool    `json:"test,omitempty"` // it rests on a test root
}

// Sentence is the finding in the reader's language.
func (f Finding) Sentence(lang words.Language) string {
	if lang == "en" {
		return f.English
	}
	return f.Vietnamese
}

// EvidenceReport is what the check of a bundle found.
type EvidenceReport struct {
	Manifest EvidenceManifest `json:"manifest"`
	Test     bool             `json:"test"` // a signature or time-stamp leads to a test root: nothing is proven
	Findings []Finding        `json:"findings"`
	Document *signing.Report  `json:"document,omitempty"` // the signed file's; nil before the freeze
	Unproven int64            `json:"unproven,omitempty"` // events that came after the newest checkpoint or root
}

// Headline is the verdict of the whole in a sentence. A reader who reads nothing else is not told that what is unproven
// is proven.
func (r *EvidenceReport) Headline() words.Text {
	if r.Test {
		return words.Join(" ", words.Of("Chữ ký thử nghiệm, không có giá trị pháp lý.",
			"Test signatures, without legal value."), r.headline())
	}
	return r.headline()
}

func (r *EvidenceReport) headline() words.Text {
	switch overall := r.Overall(); {
	case overall == Failed:
		return words.Of("Hồ sơ bằng chứng KHÔNG hợp lệ. Không nên sử dụng trước khi làm rõ.",
			"The evidence bundle is NOT valid. Do not rely on it until that is cleared up.")
	case r.Unproven > 0:
		return words.F("CHƯA KẾT LUẬN: %d sự kiện cuối chưa được chứng minh.",
			"INDETERMINATE: the last events, %d in number, are unproven.", r.Unproven)
	case overall == Indeterminate:
		return words.Of("CHƯA KẾT LUẬN: hồ sơ nguyên vẹn, nhưng có nội dung chưa đủ căn cứ để kết luận.",
			"INDETERMINATE: the evidence bundle is intact, but not everything in it can be proven yet.")
	}
	return words.Of("Hồ sơ bằng chứng hợp lệ: mọi nội dung kiểm tra đều đạt.",
		"The evidence bundle is valid: everything that was checked holds.")
}

// Overall is the worst verdict of all findings.
func (r *EvidenceReport) Overall() Verdict {
	worst := Passed
	for _, f := range r.Findings {
		worst = max(worst, f.Verdict)
	}
	return worst
}

// Limits of what a bundle may unpack to.
const (
	maxEvidenceEntries = 10_000
	maxEvidenceSize    = 1 << 30
)

// ErrNotEvidence: the file is no evidence bundle, or of a format that this version does not know.
var ErrNotEvidence = errors.New("not an evidence bundle of a known format")

// checker holds an opened bundle while it is checked.
type checker struct {
	ctx    context.Context
	trust  EvidenceTrust
	files  map[string][]byte
	all    map[store.Stream][]store.Sealed
	sealed []store.Sealed // the covenant's
	state  workflow.Covenant
	report EvidenceReport
}

func (c *checker) found(v Verdict, vi, en string, args ...any) {
	c.report.Findings = append(c.report.Findings, Finding{Verdict: v, Vietnamese: fmt.Sprintf(vi, args...),
		English: fmt.Sprintf(en, args...)})
}

// byTest says of the newest finding that it rests on a test root, if it does.
func (c *checker) byTest(test bool) {
	if !test {
		return
	}
	last := &c.report.Findings[len(c.report.Findings)-1]
	said := words.Of(" – thử nghiệm, không có giá trị pháp lý", " – a test, without legal value")
	last.Vietnamese, last.English = last.Vietnamese+said.Vietnamese, last.English+said.English
	last.Test, c.report.Test = true, true
}

// failed reports whether something does not hold so far.
func (c *checker) failed() bool { return c.report.Overall() == Failed }

// CheckEvidence checks a bundle by nothing but what it holds and what is trusted: that it is whole and every file in
// it is
// bound by a signed and time-stamped checkpoint, that the events form unbroken chains to their heads below it, that the
// rules give what is recorded, that the files are those that the events name, and that the signatures in the document
// are those that the events tell of. The error is only for a file that is no bundle at all, or one that cannot be
// judged:
// no verdict comes of a fault of the check itself.
func CheckEvidence(ctx context.Context, r io.ReaderAt, size int64, trust EvidenceTrust) (_ *EvidenceReport, err error) {
	c := &checker{ctx: ctx, trust: trust, files: map[string][]byte{}, all: map[store.Stream][]store.Sealed{}}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: it cannot be judged, the check itself failed on it: %v", ErrNotEvidence, fault)
		}
	}()
	if err := c.open(r, size); err != nil {
		return nil, err
	}
	checks := []func() error{c.record, c.chains, c.rules, c.fold, c.particulars, c.names, c.revisions, c.document}
	if c.report.Manifest.Format == oldEvidenceFormat {
		checks = []func() error{c.oldForm, c.chains, c.fold, c.revisions, c.document, c.dailyRoots}
	}
	for _, check := range checks {
		if err := check(); err != nil {
			c.found(Failed, "hồ sơ không đọc được trọn vẹn: %v", "the bundle cannot be read in full: %v", err)
		}
		if c.failed() { // what is forged is not looked at further
			break
		}
	}
	return &c.report, nil
}

func (c *checker) open(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotEvidence, err)
	}
	if len(z.File) > maxEvidenceEntries {
		return fmt.Errorf("%w: more than %d entries", ErrNotEvidence, maxEvidenceEntries)
	}
	left := int64(maxEvidenceSize)
	for _, f := range z.File {
		data, err := readEntry(f, left)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrNotEvidence, f.Name, err)
		}
		left -= int64(len(data))
		if _, twice := c.files[f.Name]; twice {
			return fmt.Errorf("%w: %s stands twice", ErrNotEvidence, f.Name)
		}
		c.files[f.Name] = data
	}
	m := &c.report.Manifest
	if err := json.Unmarshal(c.files[evidenceManifest], m); err != nil ||
		m.Format != evidenceFormat && m.Format != oldEvidenceFormat {
		return ErrNotEvidence
	}
	c.whole()
	return nil
}

// exactly reads a JSON file of the bundle, which must be written in the one form that there is.
func (c *checker) exactly(entry string, v any) error {
	if err := json.Unmarshal(c.files[entry], v); err != nil {
		return fmt.Errorf("%s: %w", entry, err)
	}
	again, err := evidenceJSON(v)
	if err != nil || !bytes.Equal(again, c.files[entry]) {
		return fmt.Errorf("%s: not written as bundles are: it was changed, or is of another program", entry)
	}
	return nil
}

func readEntry(f *zip.File, limit int64) ([]byte, error) {
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("unpacks to more than %d bytes", int64(maxEvidenceSize))
	}
	return data, err
}

// whole compares the entries with the manifest: there are those that it names, and no others.
func (c *checker) whole() {
	entries := c.report.Manifest.Entries
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if data, ok := c.files[name]; !ok || workflow.DigestOf(data) != entries[name] {
			c.found(Failed, "tệp %s trong hồ sơ bị thiếu hoặc đã thay đổi", "entry %s is missing or was changed", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		_, named := entries[name]
		if !named && name != evidenceManifest && (name != evidenceRecord ||
			c.report.Manifest.Format == oldEvidenceFormat) {
			c.found(Failed, "tệp %q không thuộc hồ sơ", "the entry %q does not belong to the bundle", name)
		}
	}
	if !c.failed() {
		c.found(Passed, "hồ sơ đủ %d tệp, khớp mã tóm lược", "all %d entries are there and agree with their digests",
			len(entries))
	}
}

// chains checks the events of both streams.
func (c *checker) chains() error {
	for _, stream := range []struct {
		entry  string
		name   store.Stream
		vi, en string
	}{
		{evidenceEvents, covenantStream(c.report.Manifest.Covenant), "nhật ký giao ước", "the covenant's log"},
		{evidenceDirectory, directoryStream, "danh bạ", "the directory's log"},
	} {
		var sealed []store.Sealed
		if err := c.exactly(stream.entry, &sealed); err != nil {
			return err
		}
		if err := wholeChain(stream.name, sealed); err != nil {
			c.found(Failed, "%[1]s không nguyên vẹn: %[3]v", "%[2]s is broken: %[3]v", stream.vi, stream.en, err)
			continue
		}
		c.all[stream.name] = sealed
		c.found(Passed, "%[1]s: %[3]d sự kiện nối nhau không đứt", "%[2]s: %[3]d events in an unbroken chain",
			stream.vi, stream.en, len(sealed))
	}
	c.sealed = c.all[covenantStream(c.report.Manifest.Covenant)]
	c.entered()
	return nil
}

// fold makes the covenant's state of its events.
func (c *checker) fold() error {
	past, err := pastOf(c.sealed)
	if err != nil {
		return err
	}
	for _, p := range past {
		c.state.Apply(p.Event)
	}
	if c.state.ID != c.report.Manifest.Covenant {
		c.found(Failed, "nhật ký thuộc giao ước khác", "the log is another covenant's")
	}
	return nil
}

// entered tells what the console entered in the covenant's log: whoever reads it should know that somebody else
// typed it.
func (c *checker) entered() {
	var console []workflow.ConsoleEntries
	for _, s := range c.sealed {
		console = workflow.AddConsole(console, workflow.DoerOf(s.Actor, s.OnBehalf, workflow.Origin(s.Origin)))
	}
	for _, e := range console {
		c.report.Findings = append(c.report.Findings, Finding{Verdict: Passed,
			Vietnamese: e.Text().Vietnamese, English: e.Text().English})
	}
}

// wholeChain proves that the events are a stream from its first one on.
func wholeChain(name store.Stream, sealed []store.Sealed) error {
	if len(sealed) == 0 || sealed[0].Version != 1 {
		return errors.New("it does not begin with the first event")
	}
	for _, s := range sealed {
		if s.Stream != name {
			return fmt.Errorf("version %d belongs to stream %s", s.Version, s.Stream)
		}
	}
	return store.VerifyChain(sealed)
}

// particulars compares what the manifest says with the log, and the names of the entries with what the log implies.
func (c *checker) particulars() error {
	m := c.report.Manifest
	if m.Title != c.state.Title || m.Slug != c.state.Slug || m.Version != int64(len(c.sealed)) {
		c.found(Failed, "tên, địa chỉ hoặc số sự kiện trong manifest.json không phải như nhật ký ghi nhận",
			"title, address or number of events in manifest.json are not those of the log")
	}
	want := evidenceFiles(&c.state)
	for _, name := range []string{evidenceEvents, evidenceDirectory, evidenceNames, evidenceMails} {
		want[name] = m.Entries[name]
	}
	if !maps.Equal(want, m.Entries) {
		c.found(Failed, "các tệp của hồ sơ không phải những tệp mà nhật ký ghi nhận",
			"the files of the bundle are not those that the log names")
	}
	var mails []evidenceMail
	return c.exactly(evidenceMails, &mails)
}

// names proves that each name is the one that the directory's events commit to, and of somebody concerned.
func (c *checker) names() error {
	var names []store.Opening
	if err := c.exactly(evidenceNames, &names); err != nil {
		return err
	}
	committed, concerned := map[store.Commitment]bool{}, concernedBy(c.sealed)
	for _, s := range c.all[directoryStream] {
		if person, commitment := namedBy(s); concerned[string(person)] {
			committed[commitment] = true
		}
	}
	old := 0
	for _, n := range names {
		if !n.Holds() || !committed[n.Commitment] {
			c.found(Failed, "tên “%s” không khớp cam kết trong nhật ký",
				"the name “%s” does not agree with the log's commitment", n.Text)
			return nil
		}
		if n.Commitment.Old() {
			old++
		}
	}
	c.found(Passed, "%d tên người khớp cam kết trong nhật ký", "%d names agree with the log's commitments", len(names))
	if old > 0 {
		c.found(Passed, "trong đó %d cam kết theo dạng của bản 0.1, chỉ rõ ràng nhờ muối dài đúng 32 byte",
			"%d of them are commitments in the form of v0.1, which is unambiguous only because each salt has 32 bytes",
			old)
	}
	return nil
}

// revisions checks the files of each revision, and what the approvals bind to.
func (c *checker) revisions() error {
	for _, r := range c.state.Revisions {
		for name, digest := range revisionFiles(r) {
			if workflow.DigestOf(c.files[name]) != digest {
				c.found(Failed, "%s không phải tệp mà nhật ký ghi nhận", "%s is not the file that the log names", name)
			}
		}
		parts, err := json.Marshal(r.Parts)
		if err != nil {
			return err
		}
		if workflow.DigestOf(parts) != r.Manifest {
			c.found(Failed, "mã tóm lược của dự thảo lần %d không khớp thành phần của nó",
				"the digest of revision %d does not agree with its parts", r.Number)
		}
	}
	for name, digest := range decisionFiles(&c.state) {
		if workflow.DigestOf(c.files[name]) != digest {
			c.found(Failed, "%s không phải tệp mà nhật ký ghi nhận", "%s is not the file that the log names", name)
		}
	}
	if c.state.Frozen == nil {
		return nil
	}
	c.approvals()
	return nil
}

// approvals checks what the approvals of the frozen text bind to: those given on it, those carried over to it, and
// the vote of the conference that amended it.
func (c *checker) approvals() {
	frozen, ok := c.revision(c.state.Frozen.Revision)
	if !ok {
		return
	}
	if frozen.Conference {
		c.amendment(frozen)
	}
	for frozen.Conference && frozen.Number > 1 { // the agencies approved what the conference then amended
		frozen = c.before(frozen)
	}
	approvals, carried := 0, 0
	for _, review := range c.state.Reviews {
		if review.Revision == frozen.Number && review.Opinion.Approves() {
			if review.Manifest != frozen.Manifest {
				c.found(Failed, "ý kiến của %s gắn với văn bản khác",
					"the approval of %s binds to another text", review.Agency)
			}
			approvals++
		}
	}
	for _, a := range c.state.Carried {
		if a.Revision != frozen.Number {
			continue
		}
		before, ok := c.revision(a.FromRevision)
		if !ok {
			return
		}
		if a.Manifest != frozen.Manifest || a.FromManifest != before.Manifest ||
			!sameClauses(before, frozen, a.Unchanged) {
			c.found(Failed, "ý kiến chuyển tiếp của %s không khớp hai bản dự thảo",
				"the approval of %s that was carried over does not agree with the two revisions", a.Agency)
		}
		carried++
	}
	c.found(Passed, "dự thảo lần %d (%s) được %d đơn vị nhất trí, %d ý kiến từ lần trước vẫn có giá trị; %d nội dung "+
		"được biểu quyết",
		"revision %d (%s) was approved by %d agencies, approvals that stand from before: %d; %d motions were voted on",
		frozen.Number, frozen.Manifest.Short(), approvals, carried, len(c.state.Motions))
}

// revision is a revision by its number; that there is none is found.
func (c *checker) revision(number int) (workflow.Revision, bool) {
	if number < 1 || number > len(c.state.Revisions) {
		c.found(Failed, "nhật ký nói đến dự thảo lần %d, mà chỉ có %d lần",
			"the log tells of revision %d, and there are %d", number, len(c.state.Revisions))
		return workflow.Revision{}, false
	}
	return c.state.Revisions[number-1], true
}

// before is the text that a conference amended.
func (c *checker) before(amended workflow.Revision) workflow.Revision {
	for n := amended.Number - 1; n > 1; n-- {
		if !c.state.Revisions[n-1].Withdrawn {
			return c.state.Revisions[n-1]
		}
	}
	return c.state.Revisions[0]
}

// sameClauses reports whether the clauses named are the same in both revisions.
func sameClauses(a, b workflow.Revision, ids []string) bool {
	for _, id := range ids {
		x, inA := a.Clause(id)
		y, inB := b.Clause(id)
		if !inA || !inB || x.Digest != y.Digest {
			return false
		}
	}
	return true
}

// amendment checks that a text amended at a conference was adopted by a motion bound to its digest.
func (c *checker) amendment(frozen workflow.Revision) {
	for _, m := range c.state.Motions {
		if m.Revision == frozen.Number && m.Result != nil && m.Result.Passed && m.Manifest == frozen.Manifest {
			c.found(Passed, "văn bản sửa đổi tại hội nghị được biểu quyết thông qua đúng mã tóm lược",
				"the text amended at the conference was adopted by a vote on its digest")
			return
		}
	}
	c.found(Failed, "không có biểu quyết nào thông qua văn bản sửa đổi tại hội nghị",
		"no vote adopted the text amended at the conference")
}
