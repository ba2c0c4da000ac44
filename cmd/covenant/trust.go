package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"covenant/internal/lock"
	"covenant/internal/words"
	"covenant/signing/trust"
)

type trustCmd struct {
	List   trustListCmd   `cmd:"" help:"The roots that are trusted: whose, for what, since when, and where they are from."`
	Add    trustAddCmd    `cmd:"" help:"Show a root certificate; with --sha256, as it was compared with the source, trust it."`
	Remove trustRemoveCmd `cmd:"" help:"Trust a root no longer."`
}

// trustPlace names the installation whose trust store it is. The commands work on the file alone: they need no
// database, and whoever may write the file may change it without them.
type trustPlace struct {
	Data   string `help:"Data directory. Default: ./data" placeholder:"DIR"`
	Config string `help:"Configuration file (YAML), as serve has it." type:"existingfile" env:"COVENANT_CONFIG" placeholder:"FILE"`
}

func (p trustPlace) settings() (config, error) { return loadConfig(p.Config, config{Data: p.Data}) }

// storeFile is the trust store of a data directory that the configuration names no other for.
const storeFile = "trust.json"

// trustFile is the file of the roots that are in use: the one that the configuration names, else the data directory's
// store, else its file of certificates.
func trustFile(c config) string {
	if c.Trust != "" {
		return c.Trust
	}
	store := filepath.Join(c.Data, storeFile)
	if _, err := os.Stat(store); errors.Is(err, fs.ErrNotExist) {
		return filepath.Join(c.Data, "roots.pem")
	}
	return store
}

// loadTrust reads trusted roots, from a store or a file of certificates; without the file nothing is trusted. Who may
// write that file decides who is trusted.
func loadTrust(path string) (*trust.Store, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &trust.Store{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("trust anchors: %w", err)
	}
	return parseTrust(path, data)
}

func parseTrust(path string, data []byte) (*trust.Store, error) {
	s, err := trust.Parse(data)
	if err != nil {
		return nil, sentence("gốc tin cậy %[1]s: %[2]s", "trust anchors %[1]s: %[2]s", path, speaker(err))
	}
	return s, nil
}

type trustListCmd struct {
	trustPlace
	JSON bool `name:"json" help:"Print the roots as JSON."`
}

// Run lists what is trusted.
func (cmd *trustListCmd) Run(e *env) error {
	c, err := cmd.settings()
	if err != nil {
		return err
	}
	path := trustFile(c)
	s, err := loadTrust(path)
	if err != nil {
		return err
	}
	if cmd.JSON {
		roots := []trust.EntryJSON{}
		for _, root := range s.Entries() {
			roots = append(roots, root.JSON())
		}
		return json.NewEncoder(e.out).Encode(map[string]any{"file": path, "roots": roots})
	}
	if len(s.Entries()) == 0 {
		e.say("Chưa tin cậy gốc nào (%s). Thêm: covenant trust add TỆP",
			"No root is trusted (%s). To add one: covenant trust add FILE", path)
		return nil
	}
	e.say("Kho tin cậy %s:", "Trust store %s:", path)
	for _, root := range s.Entries() {
		sayRoot(e, root.Certificate)
		sayEntry(e, root)
	}
	return nil
}

// sayRoot shows a certificate as it is compared with its source.
func sayRoot(e *env, cert *x509.Certificate) {
	fmt.Fprintf(e.out, "– %s\n", trust.Clean(cert.Subject.String()))
	e.say("  hiệu lực: %s đến %s", "  valid: %s to %s", string(trust.DayOf(cert.NotBefore)),
		string(trust.DayOf(cert.NotAfter)))
	fmt.Fprintf(e.out, "  SHA-256: %s\n", trust.DigestOf(cert))
}

// sayEntry says what else is known of a root.
func sayEntry(e *env, root trust.Entry) {
	var uses []words.Text
	for _, p := range root.Purposes {
		uses = append(uses, p.Words())
	}
	e.say("  loại: %[1]s (%[2]s); dùng cho: %[3]s", "  kind: %[1]s (%[2]s); for: %[3]s", string(root.Kind),
		root.Kind.Words(), words.Join(", ", uses...))
	if root.Source != "" {
		e.say("  nguồn: %s", "  source: %s", root.Source)
	}
	if root.Since != "" {
		e.say("  từ ngày: %s", "  since: %s", string(root.Since))
	}
	if root.Until != "" {
		e.say("  đến hết ngày: %s", "  until the end of: %s", string(root.Until))
	}
	if root.Added != "" {
		e.say("  thêm ngày: %s", "  added: %s", string(root.Added))
	}
}

type trustAddCmd struct {
	File   string   `arg:"" help:"The root certificate (PEM or DER)." type:"existingfile"`
	Source string   `help:"Where it is from: document, address, who compared it." placeholder:"TEXT"`
	Kind   string   `help:"Whose it is: national, public, government, operator or test." placeholder:"KIND"`
	For    []string `help:"What it is good for: signature, seal, timestamp. Default: all." placeholder:"PURPOSE"`
	Since  string   `help:"First day on which it is relied on. Default: any." placeholder:"2026-11-28"`
	Until  string   `help:"Last day on which it is relied on. Default: any." placeholder:"2026-11-28"`
	SHA256 string   `name:"sha256" help:"Its SHA-256 as the source gives it, not as this command shows it." placeholder:"HEX"`
	trustPlace
}

// Run shows what is in the file, and trusts the root whose SHA-256 was given.
func (cmd *trustAddCmd) Run(e *env) error {
	certs, err := readCertificates(cmd.File)
	if err != nil {
		return err
	}
	for _, cert := range certs {
		sayRoot(e, cert)
	}
	if cmd.SHA256 == "" {
		for _, cert := range certs {
			if err := trust.CheckRoot(cert); err != nil {
				return err
			}
		}
		e.say("Chưa thêm gì. Hãy đối chiếu mã SHA-256 với nguồn chính thức, qua một đường khác với đường đã lấy tệp, "+
			"rồi chạy:",
			"Nothing was added. Compare the SHA-256 with the official source, by another way than the file came, "+
				"then run:")
		e.say("  covenant trust add %s --kind LOẠI --source \"NGUỒN\" --sha256 MÃ-THEO-NGUỒN",
			"  covenant trust add %s --kind KIND --source \"SOURCE\" --sha256 AS-THE-SOURCE-GIVES-IT", cmd.File)
		return nil
	}
	entry, err := cmd.entry(certs, time.Now())
	if err != nil {
		return err
	}
	return cmd.change(e, func(s *trust.Store) error { return s.Add(entry) }, func() {
		e.say("Đã thêm vào kho tin cậy:", "Added to the trust store:")
		sayEntry(e, entry)
	})
}

// entry is what was given about the certificate that has the SHA-256 that was given. That one is the person's word: it
// was compared with the source, and so decides which certificate is meant.
func (cmd *trustAddCmd) entry(certs []*x509.Certificate, now time.Time) (e trust.Entry, err error) {
	sum, err := trust.ParseDigest(cmd.SHA256)
	if err != nil {
		return e, err
	}
	at := slices.IndexFunc(certs, func(c *x509.Certificate) bool { return trust.DigestOf(c) == sum })
	if at < 0 {
		return e, sentence("không chứng thư nào trong %[1]s có mã SHA-256 đã cho, nên chưa thêm gì. Nếu mã đó lấy từ "+
			"nguồn chính thức thì tệp này không phải gốc ấy: hãy lấy lại tệp.",
			"no certificate in %[1]s has the SHA-256 that was given, so nothing was added. If that is from the "+
				"official source, this file is another root: fetch it again.", cmd.File)
	}
	if cmd.Kind == "" || strings.TrimSpace(cmd.Source) == "" {
		return e, sentence("hãy ghi loại bằng --kind và nguồn bằng --source (văn bản, địa chỉ, ai đã đối chiếu)",
			"say whose it is by --kind and where it is from by --source (document, address, who compared it)")
	}
	e = trust.Entry{Certificate: certs[at], Kind: trust.Kind(cmd.Kind), Source: strings.TrimSpace(cmd.Source),
		Purposes: trust.Purposes(), Since: trust.Day(cmd.Since), Until: trust.Day(cmd.Until), Added: trust.DayOf(now)}
	if len(cmd.For) > 0 {
		e.Purposes = nil
		for _, p := range cmd.For {
			e.Purposes = append(e.Purposes, trust.Purpose(strings.TrimSpace(p)))
		}
	}
	return e, nil
}

type trustRemoveCmd struct {
	SHA256 string `arg:"" name:"sha256" help:"SHA-256 of the root, as list shows it."`
	trustPlace
}

// Run takes a root out.
func (cmd *trustRemoveCmd) Run(e *env) error {
	sum, err := trust.ParseDigest(cmd.SHA256)
	if err != nil {
		return err
	}
	var root trust.Entry
	return cmd.change(e, func(s *trust.Store) (err error) {
		root, err = s.Remove(sum)
		return err
	}, func() {
		e.say("Đã xóa khỏi kho tin cậy:", "Removed from the trust store:")
		sayRoot(e, root.Certificate)
	})
}

// change changes the store, alone, and writes it whole; then done says what happened. Where a data directory has had a
// file of certificates only, those go into the store with the first change, which is in use from then on.
func (p trustPlace) change(e *env, do func(*trust.Store) error, done func()) (err error) {
	c, err := p.settings()
	if err != nil {
		return err
	}
	from := trustFile(c)
	to := from
	if c.Trust == "" {
		to = filepath.Join(c.Data, storeFile)
	}
	unlock, err := lockTrust(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	s, err := storeToChange(from, c.Trust != "")
	if err != nil {
		return err
	}
	carried := from != to && len(s.Entries()) > 0
	if err := do(s); err != nil {
		return err
	}
	data, err := s.Encode()
	if err != nil {
		return err
	}
	if err := writeWhole(to, data, 0o644); err != nil {
		return err
	}
	done()
	if carried {
		e.say("Các gốc của %[1]s đã được chép vào %[2]s; từ nay chỉ %[2]s có hiệu lực.",
			"The roots of %[1]s were copied to %[2]s; from now on only %[2]s counts.", from, to)
	}
	e.say("Tiến trình đang phục vụ dùng kho này từ lần khởi động sau.",
		"A process that serves takes it up at its next start.")
	return nil
}

// storeToChange is the store of a file. One that the configuration names is changed as it is, and so must be a store.
func storeToChange(path string, named bool) (*trust.Store, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &trust.Store{}, nil
	case err != nil:
		return nil, fmt.Errorf("trust anchors: %w", err)
	case named && !trust.IsStore(data):
		return nil, sentence("%[1]s là tệp chứng thư mà lệnh này không sửa. Hãy đổi khóa trust trong cấu hình thành "+
			"một tệp mới, ví dụ trust.json, rồi thêm từng gốc vào đó.",
			"%[1]s is a file of certificates, which this command does not change. Give the key trust of the "+
				"configuration a new file, such as trust.json, and add the roots to it.", path)
	}
	return parseTrust(path, data)
}

// lockTrust keeps others from changing the store until it is given back: of two changes at once one would undo the
// other, and bring a root back that was removed.
func lockTrust(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sentence("không có thư mục %[1]s: hãy tạo bằng covenant init, hoặc sửa --data",
			"there is no directory %[1]s: make it by covenant init, or correct --data", filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("trust store: %w", err)
	}
	if err := lock.Try(file); err != nil {
		return nil, errors.Join(sentence("kho tin cậy %[1]s đang được một lệnh khác thay đổi: hãy thử lại",
			"the trust store %[1]s is being changed by another command: try again", path), file.Close())
	}
	return file.Close, nil
}
