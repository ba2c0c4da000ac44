package engine

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
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
	Findings []Finding        `json:"findings"`
	Document *signing.Report  `json:"document,omitempty"` // the signed file's; nil before the freeze
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
	roots  *x509.CertPool
	files  map[string][]byte
	report EvidenceReport
	state  workflow.Covenant
	sealed []store.Sealed // the covenant's events
	all    map[store.Stream][]store.Sealed
}

func (c *checker) found(v Verdict, vi, en string, args ...any) {
	c.report.Findings = append(c.report.Findings, Finding{v, fmt.Sprintf(vi, args...), fmt.Sprintf(en, args...)})
}

// CheckEvidence checks a bundle by nothing but what it holds and the trusted roots: that it is whole, that the
// events form unbroken chains and the files are those that the events name, that approvals bind to the revision
// that was frozen, that the signatures in the document are those that the events tell of, and that time-stamped
// roots cover them. The error is only for a file that is no bundle at all.
func CheckEvidence(ctx context.Context, r io.ReaderAt, size int64, roots *x509.CertPool) (*EvidenceReport, error) {
	c := &checker{ctx: ctx, roots: roots, files: map[string][]byte{}, all: map[store.Stream][]store.Sealed{}}
	if err := c.open(r, size); err != nil {
		return nil, err
	}
	for _, check := range []func() error{c.chains, c.revisions, c.document, c.dailyRoots} {
		if err := check(); err != nil {
			c.found(Failed, "hồ sơ không đọc được trọn vẹn: %v", "the bundle cannot be read in full: %v", err)
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
	if err := json.Unmarshal(c.files[evidenceManifest], &c.report.Manifest); err != nil ||
		c.report.Manifest.Format != evidenceFormat {
		return ErrNotEvidence
	}
	c.whole()
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

// whole compares every entry with the manifest.
func (c *checker) whole() {
	bad := false
	for _, name := range slices.Sorted(maps.Keys(c.report.Manifest.Entries)) {
		if data, ok := c.files[name]; !ok || workflow.DigestOf(data) != c.report.Manifest.Entries[name] {
			bad = true
			c.found(Failed, "tệp %s trong hồ sơ bị thiếu hoặc đã thay đổi", "entry %s is missing or was changed", name)
		}
	}
	if !bad {
		c.found(Passed, "hồ sơ đủ %d tệp, khớp mã tóm lược", "all %d entries are there and agree with their digests",
			len(c.report.Manifest.Entries))
	}
}

// chains checks the events of both streams and folds the covenant's into its state.
func (c *checker) chains() error {
	names, err := c.names()
	if err != nil {
		return err
	}
	for _, stream := range []struct {
		entry  string
		name   store.Stream
		vi, en string
	}{
		{evidenceEvents, covenantStream(c.report.Manifest.Covenant), "nhật ký giao ước", "the covenant's log"},
		{evidenceDirectory, directoryStream, "danh bạ", "the directory's log"},
	} {
		var sealed []store.Sealed
		if err := json.Unmarshal(c.files[stream.entry], &sealed); err != nil {
			return fmt.Errorf("%s: %w", stream.entry, err)
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
	for _, s := range c.sealed {
		event, err := workflow.DecodeEvent(s.Kind, s.Payload)
		if err != nil {
			return fmt.Errorf("version %d: %w", s.Version, err)
		}
		c.state.Apply(event)
	}
	if len(c.sealed) > 0 && c.state.ID != c.report.Manifest.Covenant {
		c.found(Failed, "nhật ký thuộc giao ước khác", "the log is another covenant's")
	}
	c.checkNames(names)
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
		c.report.Findings = append(c.report.Findings, Finding{Passed, e.Text().Vietnamese, e.Text().English})
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

func (c *checker) names() ([]evidenceName, error) {
	var names []evidenceName
	if err := json.Unmarshal(c.files[evidenceNames], &names); err != nil {
		return nil, fmt.Errorf("%s: %w", evidenceNames, err)
	}
	return names, nil
}

// checkNames proves that each name is the one that the directory's events commit to.
func (c *checker) checkNames(names []evidenceName) {
	committed := map[store.Commitment]bool{}
	for _, s := range c.all[directoryStream] {
		var payload struct {
			Name struct {
				Commitment store.Commitment `json:"commitment"`
			} `json:"name"`
		}
		if json.Unmarshal(s.Payload, &payload) == nil && payload.Name.Commitment != "" {
			committed[payload.Name.Commitment] = true
		}
	}
	for _, n := range names {
		sum := sha256.Sum256(append(bytes.Clone(n.Salt), n.Text...))
		if hex.EncodeToString(sum[:]) != string(n.Commitment) || !committed[n.Commitment] {
			c.found(Failed, "tên “%s” không khớp cam kết trong nhật ký",
				"the name “%s” does not agree with the log's commitment", n.Text)
			return
		}
	}
	c.found(Passed, "%d tên người khớp cam kết trong nhật ký", "%d names agree with the log's commitments", len(names))
}

// revisions checks the files of each revision, and what the approvals bind to.
func (c *checker) revisions() error {
	for i, r := range c.state.Revisions {
		if r.Number != i+1 {
			c.found(Failed, "nhật ký ghi dự thảo lần %d ở vị trí %d", "the log has revision %d in place %d",
				r.Number, i+1)
		}
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
	frozen, known := c.revision(c.state.Frozen.Revision)
	if !known {
		return
	}
	if frozen.Conference {
		c.amendment(frozen)
	}
	for at := c.state.Frozen.Revision - 1; frozen.Conference && at > 0; { // the agencies approved what was then amended
		at = c.before(at)
		frozen = c.state.Revisions[at]
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
		before, known := c.revision(a.FromRevision)
		if !known {
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

// revision finds a revision that the log names. The log may be anybody's: one that there is not is told, and false.
func (c *checker) revision(n int) (workflow.Revision, bool) {
	if n < 1 || n > len(c.state.Revisions) {
		c.found(Failed, "nhật ký nói đến dự thảo lần %d, trong khi chỉ có %d lần",
			"the log speaks of revision %d; there are only %d", n, len(c.state.Revisions))
		return workflow.Revision{}, false
	}
	return c.state.Revisions[n-1], true
}

// before is the place, counted from 0, of the text that a conference amended to the one at a place above 0.
func (c *checker) before(amended int) int {
	for at := amended - 1; at > 0; at-- {
		if !c.state.Revisions[at].Withdrawn {
			return at
		}
	}
	return 0
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

// document verifies the signed file, and that its signatures are those of the log.
func (c *checker) document() error {
	if c.state.Frozen == nil {
		c.found(Indeterminate, "giao ước chưa có văn bản được chốt", "the covenant has no frozen document yet")
		return nil
	}
	file, frozen := c.files[evidenceDocument], c.files[evidenceFrozen]
	if workflow.DigestOf(file) != c.state.Head || workflow.DigestOf(frozen) != c.state.Frozen.PDF ||
		!bytes.HasPrefix(file, frozen) {
		c.found(Failed, "văn bản không phải bản mà nhật ký ghi nhận", "the document is not the one that the log names")
		return nil
	}
	report, err := signing.Verify(c.ctx, bytes.NewReader(file), int64(len(file)), signing.VerifyOptions{Roots: c.roots})
	if err != nil {
		return fmt.Errorf("%s: %w", evidenceDocument, err)
	}
	c.report.Document = report
	logged := map[string]string{} // field → serial
	for _, s := range c.state.Signed {
		logged[s.Field] = s.Issuer + " " + s.Serial
	}
	for _, s := range c.state.Sealed {
		logged[s.Field] = s.Issuer + " " + s.Serial
	}
	for i := range report.Results {
		c.signature(&report.Results[i], logged)
	}
	for field := range logged {
		c.found(Failed, "nhật ký ghi chữ ký ở ô “%s” nhưng văn bản không có",
			"the log tells of a signature in “%s” that the document does not have", field)
	}
	return nil
}

func (c *checker) signature(r *signing.Result, logged map[string]string) {
	verdict := map[signing.Indication]Verdict{signing.TotalPassed: Passed, signing.TotalFailed: Failed}
	v, ok := verdict[r.Indication]
	if !ok {
		v = Indeterminate
	}
	if r.Kind == signing.KindSignature {
		want, known := logged[r.Field]
		delete(logged, r.Field)
		if !known || r.Certificate == nil ||
			want != r.Certificate.Issuer.String()+" "+r.Certificate.SerialNumber.String() {
			c.found(Failed, "chữ ký ở ô “%s” không phải chữ ký mà nhật ký ghi nhận",
				"the signature in “%s” is not the one that the log tells of", r.Field)
			return
		}
	}
	words := [...][2]string{Passed: {"hợp lệ", "valid"}, Indeterminate: {"chưa đủ căn cứ kết luận", "undecided"},
		Failed: {"không hợp lệ", "not valid"}}[v]
	c.found(v, "chữ ký của “%[1]s”: %[2]s (%[4]s)", "signature of “%[1]s”: %[3]s (%[4]s)", r.Signer, words[0],
		words[1], r.Indication)
}
