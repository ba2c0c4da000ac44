package main

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"covenant/signing"
)

type signCmd struct {
	In           string   `arg:"" help:"PDF file to sign." type:"existingfile"`
	Out          string   `short:"o" required:"" help:"Signed file." placeholder:"FILE"`
	P12          string   `name:"p12" required:"" help:"PKCS#12 file with key and certificate." type:"existingfile" placeholder:"FILE"`
	PasswordFile string   `required:"" help:"File whose first line is the PKCS#12 file's password." type:"existingfile" placeholder:"FILE"`
	Level        string   `default:"B-T" help:"PAdES level: B-B, B-T, B-LT or B-LTA."`
	TSA          []string `name:"tsa" help:"Time-stamp authority; several are tried in order." placeholder:"URL"`
	Field        string   `help:"Signature field to sign. Default: a new invisible one." placeholder:"NAME"`
	Image        string   `help:"Picture of the signature, PNG with transparency." type:"existingfile" placeholder:"PNG"`
	Page         int      `help:"Page of a new visible field, with --box. Default: the first." placeholder:"N"`
	Box          string   `help:"Place of a new visible field: left, bottom, width, height in mm." placeholder:"X,Y,W,H"`
	Copy         string   `help:"Sign as an agency does on copies and annexes: this number and symbol and the time, top right on page 1 (Decree 30/2020/NĐ-CP)." placeholder:"SYMBOL"`
	Hash         string   `help:"Hash: SHA-256, SHA-384 or SHA-512. Default: what suits the key." placeholder:"NAME"`
	PSS          bool     `name:"pss" help:"RSASSA-PSS with an RSA key; PKCS#1 v1.5 without."`
	Reason       string   `help:"Reason for signing." placeholder:"TEXT"`
	Trust        string   `help:"Roots (PEM) that complete the chains at B-LT and above." type:"existingfile" placeholder:"ROOT.pem"`
	AllowPrivate bool     `help:"Let certificates name OCSP and CRL servers on private addresses."`
	JSON         bool     `name:"json" help:"Print the result as JSON."`
}

// Run signs a file. The output is there whole, verified, or not at all.
func (cmd *signCmd) Run(e *env) error {
	opt, err := cmd.options()
	if err != nil {
		return err
	}
	id, err := cmd.identity()
	if err != nil {
		return err
	}
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
	e.say("Đã ký %s ở mức PAdES %s, trường “%s”", "Signed %s at PAdES %s, field “%s”", cmd.Out, made.Level, made.Field)
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
		"file": out, "field": made.Field, "level": made.Level, "time": made.Time.Format(time.RFC3339),
		"size": made.Size, "missing": missingJSON(made.Missing),
	})
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

func (cmd *signCmd) identity() (signing.Identity, error) {
	pass, err := password(cmd.PasswordFile)
	if err != nil {
		return signing.Identity{}, err
	}
	data, err := os.ReadFile(cmd.P12)
	if err != nil {
		return signing.Identity{}, fmt.Errorf("key file: %w", err)
	}
	id, err := signing.LoadPKCS12(data, pass)
	if err != nil {
		return signing.Identity{}, fmt.Errorf("key file %s: %w", cmd.P12, err)
	}
	return id, nil
}

func (cmd *signCmd) options() (signing.Options, error) {
	level, err := signing.ParseLevel(cmd.Level)
	if err != nil {
		return signing.Options{}, err
	}
	opt := signing.Options{Level: level, Field: cmd.Field, Reason: cmd.Reason, PSS: cmd.PSS,
		Validation: &signing.ValidationSource{HTTP: outbound(cmd.AllowPrivate)}}
	if opt.Hash, err = parseHash(cmd.Hash); err != nil {
		return opt, err
	}
	if level >= signing.BT && len(cmd.TSA) == 0 {
		return opt, fmt.Errorf("level %s needs a time-stamp: give --tsa URL, or sign at --level B-B", level)
	}
	if len(cmd.TSA) > 0 {
		opt.TSA = &signing.TSA{URLs: cmd.TSA, Retries: 1}
	}
	if cmd.Trust != "" {
		if opt.Validation.Certificates, err = readCertificates(cmd.Trust); err != nil {
			return opt, err
		}
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
		opt.New = &signing.NewField{Page: cmd.Page, Rect: rect, Tooltip: "Chữ ký số"}
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
			return signing.Rect{}, fmt.Errorf("--box %q: want left, bottom, width, height in mm, such as 120,30,60,25",
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
