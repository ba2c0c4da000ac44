package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	environment "github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"covenant/internal/content"
	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify"
)

// config is the configuration of a serving process: a file, then COVENANT_* variables, then flags, in rising order.
type config struct {
	Data      string `koanf:"data"`       // data directory. Default: ./data
	Listen    string `koanf:"listen"`     // address of the pages. Default: 127.0.0.1:8080
	Database  string `koanf:"database"`   // postgres://… Default: SQLite in the data directory
	Blobs     string `koanf:"blobs"`      // where files are kept: a directory or s3://… Default: blobs in the data directory
	PublicURL string `koanf:"public_url"` // address that QR codes and mails name. Default: http:// and the listening address
	Fonts     string `koanf:"fonts"`      // folder with four TrueType files that documents are set in. Default: the built-in Liberation Serif
	// Calendar is a file of working days in the form of workflow/calendar/vietnam.yaml. Default: the built-in calendar
	// of Vietnam.
	Calendar string `koanf:"calendar"`
	// SecretFile is the server's half of the protection of kept keys, the same on all nodes of one database. Default:
	// server.secret in the data directory, made at the first start.
	SecretFile string `koanf:"secret_file"`
	// Trust is the trust store, or a PEM file of roots. Default: trust.json in the data directory, else its roots.pem.
	Trust    string `koanf:"trust"`
	TSA      string `koanf:"tsa"`  // addresses of time-stamp authorities, separated by spaces, tried in order
	SMTP     string `koanf:"smtp"` // host:port of the mail server. Default: no mail is sent
	SMTPUser string `koanf:"smtp_user"`
	SMTPPass string `koanf:"smtp_password_file"` // file that holds the password
	SMTPTLS  string `koanf:"smtp_tls"`           // starttls (default), tls or none
	MailFrom string `koanf:"mail_from"`          // sender's address
	// SMTPTimeout is how long handing one mail over may take in all; within it each step has the time of RFC 5321. A
	// mail that has been on its way for twice as long is in doubt. Default: 15m.
	SMTPTimeout time.Duration `koanf:"smtp_timeout"`
	// MailDoubtPause is how long a mail that may have arrived waits before it is sent again, where the policy of its
	// kind does that. Default: 6h.
	MailDoubtPause time.Duration `koanf:"mail_doubt_pause"`
	// Console is what the command line may do in other people's name (--as): off (default); clerical: enter what people
	// did, but never sign, seal, consent, keep keys or vote secretly; everything: for demonstrations and tests, said on
	// every page.
	Console string `koanf:"console"`
	// Revocation is what becomes of a signature when nobody can be asked whether its certificate was revoked: require
	// (default): it is not made; warn: it is, and log and page say so.
	Revocation string `koanf:"revocation"`
	// SignaturePolicy says by which mechanisms is signed: vn-2025 (default), Annex I of TT 15/2025/TT-BKHCN; or any.
	SignaturePolicy string `koanf:"signature_policy"`
	// MemoryLimit bounds the memory of the process, as in 800MiB; GOMEMLIMIT comes before it. Default: three quarters
	// of the machine's or the control group's, at most 2GiB.
	MemoryLimit string `koanf:"memory_limit"`
	// AllowPrivate lets certificates name OCSP and CRL servers on private addresses. Default: public ones only.
	AllowPrivate bool `koanf:"allow_private"`
}

// consolePolicies are the values of the key console.
var consolePolicies = map[string]workflow.ConsolePolicy{
	"": workflow.ConsoleOff, "off": workflow.ConsoleOff, "clerical": workflow.ConsoleClerical,
	"everything": workflow.ConsoleEverything,
}

func (c config) console() workflow.ConsolePolicy { return consolePolicies[c.Console] }

func (c config) revocation() engine.RevocationPolicy {
	if c.Revocation == "warn" {
		return engine.RevocationWarn
	}
	return engine.RevocationRequired
}

// policy is the signature policy; that the key has one of its values was checked when it was read.
func (c config) policy() signing.SignaturePolicy {
	if c.SignaturePolicy == "any" {
		return signing.PolicyAny
	}
	return signing.PolicyVN2025
}

const envPrefix = "COVENANT_"

// loadConfig merges the sources. An unknown key in the file or the environment is an error.
func loadConfig(path string, flags config) (config, error) {
	k := koanf.New(".")
	if path != "" {
		source, err := os.ReadFile(path)
		if err != nil {
			return config{}, fmt.Errorf("configuration: %w", err)
		}
		if err := oneDocument(path, source); err != nil {
			return config{}, err
		}
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return config{}, sentence("cấu hình %s không đọc được: %s", "configuration %s cannot be read: %s", path,
				content.YAMLWords(err))
		}
	}
	variables := environment.Opt{Prefix: envPrefix, TransformFunc: func(key, value string) (string, any) {
		name := strings.ToLower(strings.TrimPrefix(key, envPrefix))
		if name == "lang" || name == "config" || name == "token_file" { // which are of commands
			return "", nil
		}
		return name, value
	}}
	if err := k.Load(environment.Provider(".", variables), nil); err != nil {
		return config{}, fmt.Errorf("configuration from the environment: %w", err)
	}
	if err := checkKeys(k.Keys()); err != nil {
		return config{}, err
	}
	c := config{Data: "data", Listen: "127.0.0.1:8080"}
	if err := k.Unmarshal("", &c); err != nil {
		return config{}, fmt.Errorf("configuration: %w", err)
	}
	overlay(&c, flags)
	if _, ok := consolePolicies[c.Console]; !ok {
		return config{}, sentence("cấu hình console: “%s” không có; chọn off, clerical hoặc everything",
			"configuration console: there is no “%s”; want off, clerical or everything", c.Console)
	}
	if c.Revocation != "" && c.Revocation != "require" && c.Revocation != "warn" {
		return config{}, sentence("cấu hình revocation: “%s” không có; chọn require hoặc warn",
			"configuration revocation: there is no “%s”; want require or warn", c.Revocation)
	}
	if c.SignaturePolicy != "" {
		if _, err := signing.ParsePolicy(c.SignaturePolicy); err != nil {
			return config{}, sentence("cấu hình signature_policy: %s", "configuration signature_policy: %s",
				speaker(err))
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Listen
	}
	return c, nil
}

// checkOutside refuses, before anything is served, what would be found out by the first user only: roots that are
// named but not there, a time-stamp authority's address that is none, and pages at an address where they would lead
// nowhere. All come from the operator.
func (c config) checkOutside() error {
	if _, err := os.Stat(c.Trust); c.Trust != "" && errors.Is(err, fs.ErrNotExist) {
		return sentence("cấu hình trust: không có tệp %[1]s. Hãy tạo ở đó kho tin cậy bằng covenant trust add, "+
			"hoặc sửa đường dẫn",
			"configuration trust: there is no file %[1]s. Make the trust store there by covenant trust add, "+
				"or correct the path",
			c.Trust)
	}
	if err := c.checkPublicURL(); err != nil {
		return err
	}
	for _, address := range strings.Fields(c.TSA) {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return sentence("cấu hình tsa: “%[1]s” không phải địa chỉ của máy chủ dấu thời gian; hãy ghi đầy đủ, "+
				"ví dụ "+
				"http://tsa.example/tsr",
				"configuration tsa: “%[1]s” is not the address of a time-stamp authority; write it in full, for "+
					"example "+
					"http://tsa.example/tsr", address)
		}
	}
	return nil
}

// checkPublicURL refuses an address whose pages would lead nowhere: they link to one another from the host's root, so
// they cannot lie under a path of it.
func (c config) checkPublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && strings.Trim(u.Path, "/") == "" &&
		u.RawQuery == "" && u.Fragment == "" {
		return nil
	}
	return sentence("cấu hình public_url: “%[1]s” không dùng được, vì các trang phải nằm ở gốc của một tên máy; hãy "+
		"ghi giao thức và tên máy, ví dụ https://giao-uoc.example, và cho máy chủ phía trước dẫn cả tên máy đó tới đây",
		"configuration public_url: “%[1]s” cannot be used, since the pages lie at the root of a host; write scheme "+
			"and host, for example https://covenants.example, and let the proxy lead all of that host here",
		c.PublicURL)
}

func checkKeys(keys []string) error {
	known := map[string]bool{}
	t := reflect.TypeFor[config]()
	var names []string
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("koanf")
		known[name] = true
		names = append(names, name)
	}
	sort.Strings(names)
	var wrong []error
	for _, key := range keys {
		if !known[key] {
			wrong = append(wrong, fmt.Errorf("unknown key %q in the configuration; the keys are %s (in the "+
				"environment with %s before them)",
				key, strings.Join(names, ", "), envPrefix))
		}
	}
	return errors.Join(wrong...)
}

// overlay takes over what the flags set.
func overlay(c *config, flags config) {
	from, to := reflect.ValueOf(flags), reflect.ValueOf(c).Elem()
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// mailServer is the mail server of the configuration; without smtp it is none, and every mail waits for one.
func (c config) mailServer() (notify.Sender, error) {
	none := notify.Sender{}
	if c.SMTP == "" {
		return none, nil
	}
	if c.MailFrom == "" {
		return none, errors.New("configuration: smtp is set but mail_from, the sender's address, is not")
	}
	security, ok := map[string]notify.Security{
		"": notify.StartTLS, "starttls": notify.StartTLS, "tls": notify.ImplicitTLS, "none": notify.Plain,
	}[c.SMTPTLS]
	if !ok {
		return none, fmt.Errorf("configuration: smtp_tls %q: want starttls, tls or none", c.SMTPTLS)
	}
	sender := notify.Sender{Addr: c.SMTP, From: c.MailFrom, Security: security, Username: c.SMTPUser,
		Timeout: c.SMTPTimeout}
	if c.SMTPPass != "" {
		var err error
		if sender.Password, err = password(c.SMTPPass); err != nil {
			return none, err
		}
	}
	return sender, nil
}

// password reads a password from the first line of a file.
func password(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("password file: %w", err)
	}
	return signing.Password(data), nil
}
