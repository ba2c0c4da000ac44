package main

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"covenant/signing"
	"covenant/templates"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// The reference case and a block that shares nothing with it but the template live their whole life by the same
// program, and the files stand up to programs that we did not write.
func TestDemoOfTwoBlocks(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		people int
		args   []string
	}{
		"hanam2021": {11, nil},
		"block7":    {8, []string{"--case", filepath.Join("..", "..", "testdata", "block7")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			output(t, program(t), append([]string{"--lang", "vi", "demo", "--exit", "--dir", dir}, want.args...)...)
			checkSignatures(t, dir, want.people)
			checkWithOtherPrograms(t, filepath.Join(dir, "covenant.pdf"), want.people+1) // and the leader's seal
			checkLedger(t, dir, want.people)
			checkRootOutside(t, dir)
		})
	}
}

// A block with a process of its own: an agency keeps silent until the ladder of reminders speaks for it, a conference
// with a proxy amends the text on the spot and is minuted, the criteria are voted on by secret ballot, and a director
// refuses to sign, without whom the covenant comes into force. It runs inside the test, so that the race detector
// watches a whole life.
func TestDemoOfAConference(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out, errOut bytes.Buffer
	args := []string{"--lang", "vi", "demo", "--exit", "--dir", dir, "--case",
		filepath.Join("..", "..", "testdata", "noichinh")}
	if status := run(args, &out, &errOut); status != 0 {
		t.Fatalf("exit status %d\n%s\n%s", status, out.String(), errOut.String())
	}
	checkSignatures(t, dir, 5)
	checkWithOtherPrograms(t, filepath.Join(dir, "covenant.pdf"), 6)
	s, e := openLedger(t, dir)
	list, err := e.List(t.Context(), testConsole, engine.ListFilter{})
	if err != nil || len(list.Rows) != 1 {
		t.Fatalf("%d covenants, %v", len(list.Rows), err)
	}
	v, err := e.View(t.Context(), testConsole, list.Rows[0].Slug)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, entry := range v.Timeline {
		count[entry.Event.Kind()]++
	}
	for kind, want := range map[string]int{
		"revision_submitted": 3, "revision_returned": 1, "approval_carried": 3, "stage_escalated": 3,
		"opinion_deemed": 1, "conference_opened": 1,
		"attendance_recorded": 5, "proxy_recorded": 1, "motion_proposed": 2, "hands_counted": 1, "ballot_cast": 3 * 4,
		"ballot_taken":  5,
		"motion_closed": 5, "conference_closed": 1, "minutes_kept": 1, "signature_refused": 1, "signature_made": 5,
		"in_force": 1, "stopped": 0,
	} {
		if count[kind] != want {
			t.Errorf("%d events %s, want %d", count[kind], kind, want)
		}
	}
	// The days agree, though the clock ran ahead while somebody kept silent: the conference, the printed date, the term
	// of the reports.
	held := v.Calendar.Today(v.Covenant.Conferences[0].At)
	if c := v.Covenant; c.InForce != held || c.Number.Date != held || c.Reporting.Until != held.AddMonths(12) ||
		!strings.Contains(out.String(), "Đang có hiệu lực từ "+held.Display()) {
		t.Errorf("conference %s, printed %s, in force %s, reports until %s", held, c.Number.Date, c.InForce,
			c.Reporting.Until)
	}
	if v.Covenant.Frozen.Revision != 3 || !v.Covenant.Revisions[2].Conference {
		t.Errorf("revision %d was frozen, want the third, amended at the conference", v.Covenant.Frozen.Revision)
	}
	checkMails(t, dir, s, v)
	if problems, err := e.AuditImplied(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("ballots: %v, %v", problems, err)
	}
	text := output(t, "pdftotext", "-layout", filepath.Join(dir, "bien-ban-hoi-nghi.pdf"), "-")
	printed := output(t, "pdftotext", filepath.Join(dir, "covenant.pdf"), "-")
	if want := "ký kết giao ước thi đua ngày " +
		held.Display(); !strings.Contains(strings.Join(strings.Fields(printed), " "), want) {
		t.Errorf("the covenant does not say %q", want)
	}
	for _, want := range []string{"có mặt: 04", "ủy quyền biểu quyết cho", "Thông qua dự thảo lần 3", "Giơ tay",
		"Hội trường Sở Tư pháp"} {
		if !strings.Contains(text, want) {
			t.Errorf("the minutes do not say %q:\n%s", want, text)
		}
	}
}

// openLedger opens what a demo left, to read.
func openLedger(t *testing.T, dir string) (*store.Store, *engine.Engine) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if report, err := s.Audit(t.Context()); err != nil || !report.OK() {
		t.Errorf("audit: %v %+v", err, report)
	}
	calendar, _ := calendar.VietnamCalendar()
	e, err := engine.New(engine.Config{Store: s, Calendar: calendar})
	if err != nil {
		t.Fatal(err)
	}
	return s, e
}

// checkSignatures verifies by our own program, offline: as many people, one seal, one document time-stamp.
func checkSignatures(t *testing.T, dir string, people int) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(dir, "covenant.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := loadTrust(filepath.Join(dir, "roots.pem"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := signing.Verify(t.Context(), bytes.NewReader(file), int64(len(file)),
		signing.VerifyOptions{Roots: trusted, Seal: templates.IsSealField})
	if err != nil {
		t.Fatal(err)
	}
	signers := map[string]bool{}
	for _, r := range report.Results {
		if r.Indication != signing.TotalPassed || r.Kind == signing.KindSignature && r.Level != signing.BLTA {
			t.Errorf("%s: %s %s at level %s", r.Field, r.Indication, r.SubIndication, r.Level)
		}
		signers[r.Signer] = true
	}
	if want := people + 2; len(report.Results) != want || len(signers) != want {
		t.Errorf("%d signatures by %d signers, want %d each", len(report.Results), len(signers), want)
	}
}

// checkWithOtherPrograms asks poppler, MuPDF and qpdf about the signed file, and OpenSSL about each signature.
func checkWithOtherPrograms(t *testing.T, file string, want int) {
	t.Helper()
	if testing.Short() {
		return
	}
	out := output(t, "pdfsig", "-nocert", file)
	if got := strings.Count(out, "Signature is Valid."); got != want {
		t.Errorf("pdfsig finds %d of %d signatures valid:\n%s", got, want, out)
	}
	out = output(t, "mutool", "sign", "-v", file)
	if got := strings.Count(out, "The signature is valid"); got != want {
		t.Errorf("mutool finds %d of %d signatures valid:\n%s", got, want, out)
	}
	if out = output(t, "qpdf", "--check", file); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Errorf("qpdf --check:\n%s", out)
	}
	checkWithOpenSSL(t, file, want)
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil && name != "mutool" { // mutool ends with 1 where it does not know the root
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

// checkWithOpenSSL cuts each signature out by its own ByteRange and has OpenSSL verify it as CAdES.
func checkWithOpenSSL(t *testing.T, path string, want int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := byteRange.FindAllSubmatch(data, -1)
	signed := signatureContents(t, data)
	if len(found) != want+1 { // the last is the document time-stamp
		t.Fatalf("%d byte ranges, want %d", len(found), want+1)
	}
	dir := t.TempDir()
	content, cms := filepath.Join(dir, "content"), filepath.Join(dir, "cms")
	for i, m := range found[:want] {
		var r [4]int
		for j := range r {
			fmt.Sscan(string(m[j+1]), &r[j])
		}
		os.WriteFile(cms, signed[i], 0o600)
		os.WriteFile(content, append(append([]byte(nil), data[:r[1]]...), data[r[2]:r[2]+r[3]]...), 0o600)
		out, err := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", cms,
			"-content", content,
			"-CAfile", filepath.Join(filepath.Dir(path), "roots.pem"), "-purpose", "any", "-out",
			os.DevNull).CombinedOutput()
		if err != nil {
			t.Errorf("openssl cms, signature %d: %v\n%s", i+1, err, out)
		}
	}
}

// signatureContents cuts the CMS objects out of a signed file, in the order of their byte ranges.
func signatureContents(t *testing.T, file []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for _, m := range byteRange.FindAllSubmatch(file, -1) {
		var r [4]int
		for j := range r {
			fmt.Sscan(string(m[j+1]), &r[j])
		}
		padded, err := hex.DecodeString(string(file[r[1]+1 : r[2]-1]))
		if err != nil {
			t.Fatal(err)
		}
		var der asn1.RawValue // its own length says where it ends: its last bytes may be zeros like the padding's
		if _, err := asn1.Unmarshal(padded, &der); err != nil {
			t.Fatal(err)
		}
		out = append(out, der.FullBytes)
	}
	return out
}

// checkLedger holds database and received mails against each other: nothing lost, nothing doubled.
func checkLedger(t *testing.T, dir string, people int) {
	t.Helper()
	s, e := openLedger(t, dir)
	list, err := e.List(t.Context(), testConsole, engine.ListFilter{})
	if err != nil || len(list.Rows) != 1 {
		t.Fatalf("%d covenants, %v; want 1", len(list.Rows), err)
	}
	v, err := e.View(t.Context(), testConsole, list.Rows[0].Slug)
	if err != nil {
		t.Fatal(err)
	}
	checkEvents(t, v, people)
	checkMails(t, dir, s, v)
}

func checkEvents(t *testing.T, v *engine.View, people int) {
	t.Helper()
	count := map[string]int{}
	for _, entry := range v.Timeline {
		count[entry.Event.Kind()]++
	}
	members := len(v.Covenant.Members())
	for kind, want := range map[string]int{
		"drafted": 1, "revision_submitted": 2, "revision_returned": 1, "review_given": 2 * members,
		"ballot_cast":   3 * members,
		"motion_closed": 3, "number_issued": 1, "frozen": 1, "signature_made": people, "seal_applied": 1,
		"validation_data_added": 1, "in_force": 1,
	} {
		if count[kind] != want {
			t.Errorf("%d events %s, want %d", count[kind], kind, want)
		}
	}
	seen := map[string]bool{}
	for _, r := range v.Covenant.Reports {
		key := fmt.Sprint(r.Obligation, r.Period, r.Agency)
		if seen[key] {
			t.Errorf("report %s twice", key)
		}
		seen[key] = true
		if late := r.Agency == "cuc-thong-ke" || r.Agency == "dai-ptth"; r.Late != late {
			t.Errorf("report of %s for %s: late = %v", r.Agency, r.Period, r.Late)
		}
	}
}

func checkMails(t *testing.T, dir string, s *store.Store, v *engine.View) {
	t.Helper()
	accepted, err := sink.ReadJournal(filepath.Join(dir, "mail"))
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, a := range accepted {
		times[a.MessageID]++
	}
	checkRootMails(t, s, times)
	doubts := map[string]int{}
	err = s.View(t.Context(), func(tx *store.Tx) error {
		kept, err := tx.Settings(t.Context(), "mail-in-doubt/")
		for key := range kept {
			doubts[strings.Split(key, "/")[1]]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Mails) == 0 || len(times) != len(v.Mails) {
		t.Errorf("%d mails queued, %d received", len(v.Mails), len(times))
	}
	for _, m := range v.Mails {
		if m.State != "sent" || times[m.MessageID] == 0 {
			t.Errorf("mail %s is %s and was received %d times", m.Key, m.State, times[m.MessageID])
		}
		if times[m.MessageID] > 1+doubts[m.MessageID] {
			t.Errorf("mail %s was received %d times, in doubt %d times", m.Key, times[m.MessageID], doubts[m.MessageID])
		}
		if _, err := os.Stat(filepath.Join(dir, "mail", m.MessageID+".eml")); err != nil {
			t.Error(err)
		}
	}
}

// checkRootOutside does what the mail of a daily root tells its reader to do: OpenSSL checks the time-stamp over the
// attached file, and audit proves that the log still contains it; a changed file, or another log's, is found out.
func checkRootOutside(t *testing.T, dir string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var mail store.Mail
	err = s.View(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Mails(t.Context(), "", 0)
		for _, m := range all {
			if m.Kind == "root" {
				mail = m
			}
		}
		return err
	})
	if err != nil || len(mail.Attachments) != 2 {
		t.Fatalf("no mail of a daily root: %+v, %v", mail, err)
	}
	kept := t.TempDir()
	for _, a := range mail.Attachments {
		if err := os.WriteFile(filepath.Join(kept, a.Name), a.Content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	image, token := filepath.Join(kept, mail.Attachments[0].Name), filepath.Join(kept, mail.Attachments[1].Name)
	if out := output(t, "openssl", "ts", "-verify", "-data", image, "-in", token, "-token_in", "-CAfile",
		filepath.Join(dir, "roots.pem")); !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl ts: %s", out)
	}
	audit := func(want int, file string) {
		t.Helper()
		var out, errOut bytes.Buffer
		if status := run([]string{"--lang", "en", "audit", "--data", dir, "--root", file}, &out,
			&errOut); status != want {
			t.Errorf("audit --root: exit status %d, want %d\n%s%s", status, want, out.String(), errOut.String())
		}
	}
	audit(0, image)
	other := filepath.Join(kept, "other.txt")
	changed := bytes.Clone(mail.Attachments[0].Content)
	changed[bytes.IndexByte(changed, '\n')+1] ^= 1 // its size
	os.WriteFile(other, changed, 0o600)
	audit(1, other)
	os.WriteFile(other, append(mail.Attachments[0].Content, '\n'), 0o600)
	audit(1, other)
	secret := filepath.Join(kept, "another.secret") // another record that is sound in itself
	os.WriteFile(secret, bytes.Repeat([]byte{9}, secretSize), 0o600)
	data, _ := os.ReadFile(secret)
	key, err := engine.NewRecordKey(data)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := note.Sign(&note.Note{Text: key.Name() + "\n3\n" + strings.Repeat("A", 43) + "=\n"}, key)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(other, forged, 0o600)
	audit(1, other)
}

// checkRootMails holds the mails of the daily root against what was received, and leaves the others in times.
func checkRootMails(t *testing.T, s *store.Store, times map[string]int) {
	t.Helper()
	err := s.View(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Mails(t.Context(), "", 0)
		for _, m := range all {
			if m.Kind != "root" {
				continue
			}
			if m.State == store.MailSent && times[m.MessageID] == 0 {
				t.Errorf("mail %s is sent and was not received", m.Key)
			}
			delete(times, m.MessageID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The demo that is left running serves the covenant's page and its file.
func TestDemoServes(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program(t), "--lang", "en", "demo", "--dir", dir, "--listen", address)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("the demo ended with %v", err)
		}
	}()
	waitFor(t, out, "See the covenant at")
	slug := fmt.Sprintf("/giao-uoc/%d/khoi-kinh-te-nganh", time.Now().Year())
	if page := get(t, "http://"+address+slug); !strings.Contains(page, "Trịnh Quốc Khải") {
		t.Error("the covenant's page does not name who signed")
	}
	if file := get(t, "http://"+address+slug+"/van-ban.pdf"); !strings.HasPrefix(file, "%PDF-") {
		t.Error("the covenant's file is not served")
	}
	shown := output(t, program(t), "--lang", "en", "show", strings.TrimPrefix(slug, "/giao-uoc/"), "--wait", "--data",
		dir)
	if !strings.Contains(shown, "In force") {
		t.Errorf("the command line, over the control channel:\n%s", shown)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := listen(&demoCmd{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func waitFor(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(seen.String(), text) {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("%q was not printed: %v\n%s", text, err, seen.String())
		}
	}
	go io.Copy(io.Discard, r)
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, res.Status, err)
	}
	return string(body)
}
