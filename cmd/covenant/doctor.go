package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/signing/trust"
	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

type doctorCmd struct {
	Config string `help:"Configuration file (YAML)." type:"existingfile" env:"COVENANT_CONFIG"`
	Data   string `help:"Data directory. Default: ./data" placeholder:"DIR"`
}

// examination is one thing that the doctor looks at. It answers what it found; nothing to say means not configured.
type examination struct {
	vi, en string
	look   func(context.Context) (string, error)
}

// Run looks at everything that an installation needs and says what is wrong and what to do. Exit status 1 if anything
// is.
func (cmd *doctorCmd) Run(e *env) error {
	c, err := loadConfig(cmd.Config, config{Data: cmd.Data})
	if err != nil {
		return err
	}
	ill := false
	version := examination{"Phiên bản", "Version", func(context.Context) (string, error) {
		b, err := thisBuild()
		return b.describe().In(e.lang), err
	}}
	for _, x := range append([]examination{version}, examinations(c)...) {
		ctx, cancel := context.WithTimeout(e.ctx, 30*time.Second)
		found, err := x.look(ctx)
		cancel()
		var note *advice
		switch {
		case errors.As(err, &note):
			e.say("! %s: %s", "! %s: %s", e.pick(x.vi, x.en), note.In(e.lang))
		case err != nil:
			ill = true
			e.say("✗ %s: %v", "✗ %s: %v", e.pick(x.vi, x.en), explain(err, e.lang))
		case found == "":
			e.say("– %s: chưa cấu hình", "– %s: not configured", e.pick(x.vi, x.en))
		default:
			e.say("✓ %s: %s", "✓ %s: %s", e.pick(x.vi, x.en), found)
		}
	}
	if ill {
		return &exitError{status: 1}
	}
	return nil
}

// advice is what should be done although nothing is ill.
type advice struct{ words.Text }

func (a *advice) Error() string { return a.In(words.English) }

func advise(vi, en string, args ...any) error { return &advice{words.F(vi, en, args...)} }

func examinations(c config) []examination {
	return []examination{
		{"Phông chữ và mẫu văn bản", "Fonts and templates",
			func(context.Context) (string, error) { return c.examineTemplates() }},
		{"Lịch làm việc", "Working-day calendar",
			func(context.Context) (string, error) { return examineCalendar(c.Calendar, time.Now()) }},
		{"Cơ sở dữ liệu", "Database", c.examineDatabase},
		{"Khóa máy chủ", "Server secret", func(context.Context) (string, error) { return c.examineSecret() }},
		{"Khóa sổ sự kiện", "Record key", func(context.Context) (string, error) { return c.examineRecordKey() }},
		{"Bản cất của khóa máy chủ", "Copy of the server's secret", c.examineSecretCopy},
		{"Gốc tin cậy", "Trust anchors", func(context.Context) (string, error) { return c.examineRoots() }},
		{"Dấu thời gian và đồng hồ", "Time-stamps and clock", c.examineTSA},
		{"Đồng hồ của tiến trình phục vụ", "Clock of the serving process", c.examineClock},
		{"Máy chủ thư", "Mail server", c.examineMail},
		{"Thư chưa gửi được", "Unsent mails", c.examineUnsent},
		{"Việc nền", "Background work", c.examineTroubles},
		{"Vướng mắc của các giao ước", "Obstacles of covenants", c.examineObstacles},
	}
}

// examineTemplates drafts every template of the library with its sample data: that needs all fonts.
func (c config) examineTemplates() (string, error) {
	fonts, err := loadFonts(c.Fonts)
	if err != nil {
		return "", err
	}
	law, err := library.Law()
	if err != nil {
		return "", err
	}
	names := library.List()
	for _, name := range names {
		entry, err := library.Open(name)
		if err != nil {
			return "", err
		}
		t, problems := entry.Template()
		values, more := entry.SampleValues()
		if err := templates.Problems(append(problems, more...)).Err(); err != nil {
			return "", err
		}
		doc, err := t.Draft(values, templates.DraftOptions{Law: law, Fonts: fonts})
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if _, err := doc.PDF(&bytes.Buffer{}, templates.PDFOptions{}); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	return fonts.Name() + "; " + strings.Join(names, ", "), nil
}

func examineCalendar(path string, now time.Time) (string, error) {
	cal, err := loadCalendar(path)
	if err != nil {
		return "", err
	}
	today := cal.Today(now)
	for _, d := range []workflow.Date{today, today.AddMonths(12)} {
		if _, err := cal.WorkingDay(d); err != nil {
			return "", err
		}
	}
	text := fmt.Sprint(cal.Years())
	if cal.Provisional(today.AddMonths(12).Year) {
		text += fmt.Sprintf(" (%d: tạm tính / provisional)", today.AddMonths(12).Year)
	}
	return text, nil
}

func (c config) examineDatabase(ctx context.Context) (string, error) {
	if c.Database == "" {
		if _, err := os.Stat(c.Data); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
	}
	s, err := store.Open(ctx, store.Options{Dir: c.Data, DatabaseURL: c.Database, ReadOnly: true})
	if err != nil {
		return "", err
	}
	return s.Database(), s.Close()
}

func (c config) examineSecret() (string, error) {
	path := secretFile(c)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("%s can be read by others (mode %v): chmod 600 %s", path, info.Mode().Perm(), path)
	case info.Size() < secretSize:
		return "", fmt.Errorf("%s is damaged; restore it from a backup", path)
	}
	return path, nil
}

// examineRecordKey is the public key with which members check checkpoints and evidence bundles.
func (c config) examineRecordKey() (string, error) {
	secret, err := keptSecret(secretFile(c))
	if err != nil || secret == nil {
		return "", err
	}
	key, err := engine.NewRecordKey(secret)
	return key.Public, err
}

// confirmedFor is how long it is believed that a copy which was shown is still there.
const confirmedFor = 366 * 24 * time.Hour

// examineSecretCopy says whether somebody has shown that the secret is kept elsewhere.
func (c config) examineSecretCopy(ctx context.Context) (found string, err error) {
	secret, err := keptSecret(secretFile(c))
	if err != nil || secret == nil {
		return "", nil //nolint:nilerr // which the examination before tells
	}
	err = c.look(ctx, func(s *store.Store) error {
		kept, ok, err := engine.SecretCopy(ctx, s)
		switch {
		case err != nil:
			return err
		case !ok:
			return advise("chưa ai xác nhận; hãy cất một bản sao của %[1]s ở nơi khác rồi chạy: covenant secret "+
				"confirm BẢN-SAO", "nobody has confirmed one; keep a copy of %[1]s elsewhere, then: "+
				"covenant secret confirm COPY",
				secretFile(c))
		case time.Since(kept.At) > confirmedFor:
			return advise("xác nhận lần cuối ngày %s, đã hơn một năm; hãy kiểm tra và chạy lại: covenant secret "+
				"confirm BẢN-SAO", "last confirmed on %s, more than a year ago; look for it and confirm it again: "+
				"covenant secret confirm COPY", kept.At.Format(time.DateOnly))
		}
		found = kept.At.Format(time.DateOnly) + ", " + kept.By + "; " + engine.PublicKey(secret)
		return nil
	})
	return found, err
}

// look opens the store to be read, where there is one.
func (c config) look(ctx context.Context, at func(*store.Store) error) error {
	if _, err := os.Stat(c.Data); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := store.Open(ctx, store.Options{Dir: c.Data, DatabaseURL: c.Database, ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(at(s), s.Close())
}

// examineClock says whether the clock is doubted, and what waits for that.
func (c config) examineClock(ctx context.Context) (found string, err error) {
	err = c.lookIn(ctx, func(eng *engine.Engine) error {
		doubt, doubted, err := eng.DoubtedClock(ctx)
		if err != nil || !doubted {
			found = "✓"
			return err
		}
		return sentence("đồng hồ chỉ %s, lẽ ra là %s (%s); việc không thể đảo ngược đang tạm dừng: hãy chỉnh lại đồng "+
			"hồ, hoặc nếu đúng thì chạy: covenant clock confirm",
			"it showed %s where %s was expected (%s); what cannot be taken back waits: set the clock right, or, if "+
				"it is right, run: covenant clock confirm", doubt.Shown.Format(time.RFC3339),
			doubt.Expected.Format(time.RFC3339), doubt.Why)
	})
	return found, err
}

// lookIn is look with an engine on the store.
func (c config) lookIn(ctx context.Context, at func(*engine.Engine) error) error {
	return c.look(ctx, func(s *store.Store) error {
		cal, err := loadCalendar(c.Calendar)
		if err != nil {
			return err
		}
		eng, err := engine.New(engine.Config{Store: s, Calendar: cal})
		if err != nil {
			return err
		}
		return at(eng)
	})
}

// examineUnsent says whether the mail server is away, and which mails wait for a person.
func (c config) examineUnsent(ctx context.Context) (found string, err error) {
	err = c.lookIn(ctx, func(eng *engine.Engine) error {
		unsent, err := eng.CountUnsent(ctx)
		if err != nil {
			return err
		}
		out, away, err := eng.MailOutage(ctx)
		switch {
		case err != nil:
			return err
		case away:
			return advise("máy chủ thư không nhận thư từ %s: %s", "the mail server has taken no mail since %s: %s",
				out.Since.Format(time.RFC3339), out.Cause)
		case unsent > 0:
			return advise("%d thư; xem: covenant mail list", "%d; see: covenant mail list", unsent)
		}
		found = "0"
		return nil
	})
	return found, err
}

// examineTroubles says what the serving process does not get done by itself.
func (c config) examineTroubles(ctx context.Context) (found string, err error) {
	err = c.lookIn(ctx, func(eng *engine.Engine) error {
		troubles, err := eng.Troubles(ctx)
		if err != nil {
			return err
		}
		if len(troubles) == 0 {
			found = "✓"
			return nil
		}
		texts := make([]words.Text, 0, len(troubles))
		for _, t := range troubles {
			text := t.Telling(eng.Calendar.Zone())
			if t.Covenant != "" {
				text = words.F("%[1]s: %[2]s", "%[1]s: %[2]s", eng.SlugOf(ctx, t.Covenant), text)
			}
			texts = append(texts, text)
		}
		return sentence("%s", "%s", words.Join("\n    ", texts...))
	})
	return found, err
}

// examineObstacles says which covenants were found unable to reach their end when the serving process last looked.
func (c config) examineObstacles(ctx context.Context) (found string, err error) {
	err = c.lookIn(ctx, func(eng *engine.Engine) error {
		obstructed, err := eng.Obstructed(ctx)
		if err != nil {
			return err
		}
		if len(obstructed) == 0 {
			found = "0"
			return nil
		}
		var lines []string
		for id, codes := range obstructed {
			lines = append(lines, eng.SlugOf(ctx, id)+": "+codes)
		}
		slices.Sort(lines)
		return advise("%s; xem: covenant show", "%s; see: covenant show", strings.Join(lines, "\n    "))
	})
	return found, err
}

func (c config) examineRoots() (string, error) {
	path := trustFile(c)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && c.Trust == "" {
		return "", nil
	}
	trusted, err := loadTrust(path)
	if err != nil {
		return "", err
	}
	for _, cert := range trusted.Certificates() {
		if time.Now().After(cert.NotAfter) {
			return "", fmt.Errorf("%s: the root %q expired on %s", path, cert.Subject.CommonName,
				cert.NotAfter.Format(time.DateOnly))
		}
	}
	tests := 0
	for _, e := range trusted.Entries() {
		if e.Kind == trust.Test {
			tests++
		}
	}
	found := fmt.Sprintf("%s (%d)", path, len(trusted.Entries()))
	if tests > 0 { // whatever is signed below them is shown as a test
		found = fmt.Sprintf("%s (%d, %s: %d)", path, len(trusted.Entries()), trust.Test, tests)
	}
	return found, nil
}

// maxDrift is how far this machine's clock may be from the time-stamp authority's.
const maxDrift = time.Minute

func (c config) examineTSA(ctx context.Context) (string, error) {
	urls := strings.Fields(c.TSA)
	if len(urls) == 0 {
		return "", nil
	}
	digest := sha256.Sum256([]byte("covenant doctor"))
	stamped, err := signing.TimestampTime(ctx, &signing.TSA{URLs: urls}, digest[:], crypto.SHA256)
	if err != nil {
		return "", err
	}
	if drift := time.Since(stamped).Abs(); drift > maxDrift {
		return "", fmt.Errorf("this machine's clock is %s away from %s; set the clock", drift.Round(time.Second),
			urls[0])
	}
	return urls[0], nil
}

func (c config) examineMail(ctx context.Context) (string, error) {
	if c.SMTP == "" {
		return "", nil
	}
	if _, err := c.mailServer(); err != nil {
		return "", err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.SMTP)
	if err != nil {
		return "", fmt.Errorf("%w; check smtp in the configuration", err)
	}
	return c.SMTP, conn.Close()
}
