package main

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"covenant/signing"
	"covenant/signing/devpki"
)

type signCmd struct {
	In           string   `arg:"" help:"PDF file to sign." type:"existingfile"`
	Out          string   `short:"o" required:"" help:"Signed file." placeholder:"FILE"`
	P12          string   `name:"p12" help:"PKCS#12 file with key and certificate." type:"existingfile" placeholder:"FILE"`
	PasswordFile string   `help:"File whose first line is the PKCS#12 file's password." type:"existingfile" placeholder:"FILE"`
	Certificate  string   `help:"Serial number of the certificate whose key is meant, of a file with several." placeholder:"SERIAL"`
	Dev          bool     `help:"Sign with a throw-away test key that is made for this one signature; it proves nothing about anybody."`
	Level        string   `default:"B-T" help:"PAdES level: B-B, B-T, B-LT or B-LTA."`
	TSA          []string `name:"tsa" help:"Time-stamp authority; several are tried in order." placeholder:"URL"`
	Field        string   `help:"Signature field to sign. Default: a new invisible one." placeholder:"NAME"`
	Image        string   `help:"Picture of the signature, PNG with transparency." type:"existingfile" placeholder:"PNG"`
	Page         int      `help:"Page of a new visible field, with --box. Default: the first." placeholder:"N"`
	Box          string   `help:"Place of a new visible field: left, bottom, width, height in mm, on the page as it is seen. Without --image it shows name and time." placeholder:"X,Y,W,H"`
	Copy         string   `help:"Sign as an agency does on copies and annexes: this number and symbol and the time, top right on page 1 (Decree 30/2020/NĐ-CP)." placeholder:"SYMBOL"`
	Hash         string   `help:"Hash: SHA-256, SHA-384 or SHA-512. Default: what suits the key." placeholder:"NAME"`
	PSS          bool     `name:"pss" help:"RSASSA-PSS with an RSA key, whatever the policy; PKCS#1 v1.5 without, where it permits that."`
	Policy       string   `default:"vn-2025" enum:"vn-2025,any" help:"vn-2025: by the mechanisms of TT 15/2025/TT-BKHCN, Annex I (RSASSA-PSS, ECDSA); any: whatever the key can."`
	Reason       string   `help:"Reason for signing." placeholder:"TEXT"`
	Trust        string   `help:"Roots (a trust store, or PEM) that complete the chains at B-LT and above." type:"existingfile" placeholder:"ROOT.pem"`
	AllowPrivate bool     `help:"Let certificates name OCSP and CRL servers on private addresses."`
	JSON         bool     `name:"json" help:"Print the result as JSON."`
}

// Run signs a file. The output is there whole, verified, or not at all.
func (cmd *signCmd) Run(e *env) error {
	opt, err := cmd.options()
	if err != nil {
		return err
	}
	id, err := cmd.identity(&opt)
	if err != nil {
		return err
	}
	cmd.caption(&opt, id.Certificate)
	var made *signing.Signed
	err = rewrite(cmd.In, cmd.Out, func(in io.ReaderAt, size int64, out *os.File) (err error) {
		if made, err = signing.Sign(e.ctx, in, size, out, id, opt); err != nil {
			return err
		}
		return proof(e, out, made)
	})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printSigned(e, cmd.Out, made)
	}
	sayMissing(e, made.Missing)
	sayTest(e, made)
	e.say("Đã ký %s ở mức PAdES %s, trường “%s”", "Signed %s at PAdES %s, field "+
		"“%s”", cmd.Out, made.Level, made.Field)
	return nil
}

// proof verifies a signature on the very file that is to be given out.
func proof(e *env, file io.ReaderAt, made *signing.Signed) error {
	report, err := signing.Verify(e.ctx, file, made.Size, signing.VerifyOptions{})
	if err != nil {
		return fmt.Errorf("verify what was signed: %w", err)
	}
	for _, r := range report.Results {
		if r.Field == made.Field && !r.Intact() {
			return fmt.Errorf("the new signature does not verify (%s)", r.SubIndication)
		}
	}
	return nil
}

func printSigned(e *env, out string, made *signing.Signed) error {
	return json.NewEncoder(e.out).Encode(map[string]any{
		"file": out, "test": made.Test, "field": made.Field, "level": made.Level,
		"time": made.Time.Format(time.RFC3339), "size": made.Size, "missing": missingJSON(made.Missing),
	})
}

// sayTest says of what was made by test keys that it proves nothing.
func sayTest(e *env, made *signing.Signed) {
	if made.Test {
		e.say("Đây là chữ ký thử nghiệm (khóa hoặc dấu thời gian thử nghiệm), không có giá trị pháp lý.",
			"This is a test signature (a test key or time-stamp), without legal value.")
	}
}

// missingJSON are the earlier signatures whose validation data could not be had, by field; an empty list without any.
func missingJSON(missing []signing.Missing) []map[string]string {
	out := make([]map[string]string, len(missing))
	for i, m := range missing {
		out[i] = map[string]string{"field": m.Field, "reason": m.Err.Error()}
	}
	return out
}

func sayMissing(e *env, missing []signing.Missing) {
	for _, m := range missing {
		e.say("Chữ ký có trước “%s” vẫn thiếu dữ liệu kiểm tra: %v",
			"The earlier signature “%s” still lacks validation data: %v", m.Field, m.Err)
	}
}

// identity is the key that signs: a file's, or with --dev one made now, whose time-stamps are as much of a test.
func (cmd *signCmd) identity(opt *signing.Options) (signing.Identity, error) {
	switch {
	case cmd.Dev && (cmd.P12 != "" || cmd.PasswordFile != ""):
		return signing.Identity{}, sentence("--dev tự tạo khóa thử nghiệm: hãy bỏ --p12 và --password-file",
			"--dev makes a test key by itself: leave --p12 and --password-file out")
	case cmd.Dev:
		return throwAway(opt)
	case cmd.P12 == "" || cmd.PasswordFile == "":
		return signing.Identity{}, sentence("hãy cho tệp khóa bằng --p12 và tệp mật khẩu bằng --password-file; để "+
			"thử: --dev",
			"give the key file by --p12 and the file with its password by --password-file; to try things out: --dev")
	}
	pass, err := password(cmd.PasswordFile)
	if err != nil {
		return signing.Identity{}, err
	}
	data, err := os.ReadFile(cmd.P12)
	if err != nil {
		return signing.Identity{}, fmt.Errorf("key file: %w", err)
	}
	id, err := signing.LoadPKCS12Key(data, pass, cmd.Certificate)
	if err != nil {
		return signing.Identity{}, sentence("tệp khóa %[1]s: %[2]s", "key file %[1]s: %[2]s", cmd.P12, speaker(err))
	}
	return id, nil
}

// throwAway makes a person of a test infrastructure that is gone when the program ends.
func throwAway(opt *signing.Options) (signing.Identity, error) {
	if opt.Level > signing.BT {
		return signing.Identity{}, sentence("chữ ký thử nghiệm chỉ đến mức B-T: hãy dùng --level B-T hoặc B-B",
			"a test signature goes to level B-T: use --level B-T or B-B")
	}
	pki, err := devpki.Open("", devpki.Options{BaseURL: "http://test.invalid"})
	if err != nil {
		return signing.Identity{}, err
	}
	id, err := pki.Issue(devpki.Subject{CommonName: "Chữ ký thử nghiệm"}, devpki.Profile{NoStatusServers: true})
	if err != nil {
		return signing.Identity{}, err
	}
	if opt.TSA == nil {
		opt.TSA = testClock{pki}
	}
	return signing.Identity{Signer: id.Signer, Certificate: id.Certificate, Chain: id.Chain}, nil
}

// testClock gives the time-stamps of a test infrastructure.
type testClock struct{ pki *devpki.PKI }

// Timestamp makes a token of this machine's time.
func (c testClock) Timestamp(_ context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	return c.pki.TimeStamp(digest, h, time.Now())
}

func (cmd *signCmd) options() (signing.Options, error) {
	level, err := signing.ParseLevel(cmd.Level)
	if err != nil {
		return signing.Options{}, err
	}
	opt := signing.Options{Level: level, Field: cmd.Field, Reason: cmd.Reason, PSS: cmd.PSS,
		Validation: &signing.ValidationSource{HTTP: outbound(cmd.AllowPrivate)}}
	if opt.Policy, err = signing.ParsePolicy(cmp.Or(cmd.Policy, "any")); err != nil {
		return opt, err
	}
	if opt.Hash, err = parseHash(cmd.Hash); err != nil {
		return opt, err
	}
	if level >= signing.BT && len(cmd.TSA) == 0 && !cmd.Dev {
		return opt, fmt.Errorf("level %s needs a time-stamp: give --tsa URL, or sign at --level B-B", level)
	}
	if len(cmd.TSA) > 0 {
		opt.TSA = &signing.TSA{URLs: cmd.TSA, Retries: 1}
	}
	if cmd.Trust != "" {
		trusted, err := loadTrust(cmd.Trust)
		if err != nil {
			return opt, err
		}
		opt.Validation.Certificates = trusted.Certificates()
	}
	return opt, cmd.place(&opt)
}

func parseHash(name string) (crypto.Hash, error) {
	if name == "" {
		return 0, nil
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if strings.EqualFold(strings.ReplaceAll(name, "-", ""), strings.ReplaceAll(h.String(), "-", "")) {
			return h, nil
		}
	}
	return 0, fmt.Errorf("--hash %q: want SHA-256, SHA-384 or SHA-512", name)
}

// place says where the signature is seen and what is drawn there.
func (cmd *signCmd) place(opt *signing.Options) error {
	if cmd.Copy != "" {
		return cmd.asCopy(opt)
	}
	if cmd.Box != "" {
		rect, err := parseBox(cmd.Box)
		if err != nil {
			return err
		}
		opt.New = &signing.NewField{Page: cmd.Page, Rect: rect, Corner: signing.LowerLeft, Tooltip: "Chữ ký số"}
	} else if cmd.Page != 0 {
		return errors.New("--page needs --box: where on the page the signature is to stand")
	}
	if cmd.Image == "" {
		return nil
	}
	if cmd.Field == "" && cmd.Box == "" {
		return errors.New("the picture needs a place: name a visible field by --field, or give --box X,Y,W,H")
	}
	image, err := os.ReadFile(cmd.Image)
	if err != nil {
		return fmt.Errorf("signature image: %w", err)
	}
	opt.Appearance = &signing.Appearance{Image: image}
	return nil
}

// caption writes name and time of signing where a place is given but no picture: a signature that is meant to be seen
// must not be a blank. The time is the signer's own word, as the one in the signature is.
func (cmd *signCmd) caption(opt *signing.Options, cert *x509.Certificate) {
	if cmd.Box == "" || opt.Appearance != nil {
		return
	}
	opt.Time = time.Now()
	opt.Appearance = &signing.Appearance{Lines: []signing.Line{
		{Text: "Người ký: " + cert.Subject.CommonName},
		{Text: "Thời gian ký: " + opt.Time.Format("02/01/2006 15:04:05 -07:00")},
	}, Align: signing.AlignLeft}
}

// asCopy is an agency's signature on an electronic copy or a separate annex: number and symbol, and the time of signing
// with its zone by ISO 8601, in Times New Roman 10 upright, top right on the first page (Decree 30/2020/NĐ-CP, Appendix
// I).
func (cmd *signCmd) asCopy(opt *signing.Options) error {
	if cmd.Image != "" || cmd.Box != "" || cmd.Page != 0 || cmd.Field != "" {
		return errors.New("--copy has its place and its text by itself: leave --field, --image, --page and --box out")
	}
	const mm = 72 / 25.4
	opt.Time = time.Now()
	opt.New = &signing.NewField{
		Rect: signing.Rect{X0: 15 * mm, Y0: 6 * mm, X1: 85 * mm, Y1: 16 * mm}, Corner: signing.UpperRight,
		Tooltip: "Chữ ký số của cơ quan",
	}
	opt.Appearance = &signing.Appearance{
		Lines: []signing.Line{{Text: cmd.Copy}, {Text: opt.Time.Format(time.RFC3339)}}, Align: signing.AlignRight,
	}
	return nil
}

// parseBox reads left, bottom, width, height in mm.
func parseBox(text string) (signing.Rect, error) {
	const mm = 72 / 25.4
	parts := strings.Split(text, ",")
	var v [4]float64
	for i, part := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || len(parts) != 4 || n < 0 || n > 5000 {
			return signing.Rect{}, fmt.Errorf("--box %q: want left, bottom, width, height in mm, such as "+
				"120,30,60,25",
				text)
		}
		v[i] = n * mm
	}
	if len(parts) != 4 || v[2] == 0 || v[3] == 0 {
		return signing.Rect{}, fmt.Errorf("--box %q: want left, bottom, width, height in mm, such as 120,30,60,25",
			text)
	}
	return signing.Rect{X0: v[0], Y0: v[1], X1: v[0] + v[2], Y1: v[1] + v[3]}, nil
}
