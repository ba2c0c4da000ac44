package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"covenant/signing"
)

// serverFlags are the flags of commands that ask servers.
type serverFlags struct {
	TSA          []string `name:"tsa" help:"Time-stamp authority; several are tried in order." placeholder:"URL"`
	Trust        string   `help:"Roots (a trust store, or PEM) that complete the chains at B-LT and above." type:"existingfile" placeholder:"ROOT.pem"`
	AllowPrivate bool     `help:"Let certificates name OCSP and CRL servers on private addresses."`
	JSON         bool     `name:"json" help:"Print the result as JSON."`
}

func (f serverFlags) timestamper() signing.Timestamper {
	if len(f.TSA) == 0 {
		return nil
	}
	return &signing.TSA{URLs: f.TSA, Retries: 1}
}

func (f serverFlags) validation() (*signing.ValidationSource, error) {
	source := &signing.ValidationSource{HTTP: outbound(f.AllowPrivate)}
	if f.Trust == "" {
		return source, nil
	}
	trusted, err := loadTrust(f.Trust)
	if err != nil {
		return nil, err
	}
	source.Certificates = trusted.Certificates()
	return source, nil
}

type prepareCmd struct {
	In     string `arg:"" help:"PDF file to sign." type:"existingfile"`
	Out    string `short:"o" required:"" help:"Session file (JSON); keep it as carefully as the PDF." placeholder:"SESSION"`
	Cert   string `required:"" help:"Signer's certificate and its issuers (PEM), the signer's first." type:"existingfile" placeholder:"CERTS.pem"`
	ToSign string `name:"to-sign" help:"Write the bytes that the key has to sign here." placeholder:"FILE"`
	Level  string `default:"B-T" help:"PAdES level to reach when finished: B-B, B-T, B-LT or B-LTA."`
	Field  string `help:"Signature field to sign. Default: a new invisible one." placeholder:"NAME"`
	Image  string `help:"Picture of the signature, PNG with transparency." type:"existingfile" placeholder:"PNG"`
	Page   int    `help:"Page of a new visible field, with --box. Default: the first." placeholder:"N"`
	Box    string `help:"Place of a new visible field: left, bottom, width, height in mm, on the page as it is seen. Without --image it shows name and time." placeholder:"X,Y,W,H"`
	Hash   string `help:"Hash: SHA-256, SHA-384 or SHA-512. Default: what suits the key." placeholder:"NAME"`
	PSS    bool   `name:"pss" help:"RSASSA-PSS with an RSA key, whatever the policy; PKCS#1 v1.5 without, where it permits that."`
	Policy string `default:"vn-2025" enum:"vn-2025,any" help:"vn-2025: by the mechanisms of TT 15/2025/TT-BKHCN, Annex I (RSASSA-PSS, ECDSA); any: whatever the key can."`
	Reason string `help:"Reason for signing." placeholder:"TEXT"`
	serverFlags
}

// Run decides everything about a signature but its value, which comes from a key elsewhere.
func (cmd *prepareCmd) Run(e *env) error {
	certs, err := readCertificates(cmd.Cert)
	if err != nil {
		return err
	}
	one := signCmd{Level: cmd.Level, TSA: cmd.TSA, Field: cmd.Field, Image: cmd.Image, Page: cmd.Page, Box: cmd.Box,
		Hash: cmd.Hash, PSS: cmd.PSS, Policy: cmd.Policy, Reason: cmd.Reason, Trust: cmd.Trust,
		AllowPrivate: cmd.AllowPrivate}
	opt, err := one.options()
	if err != nil {
		return err
	}
	one.caption(&opt, certs[0])
	var session *signing.Session
	err = reading(cmd.In, func(in io.ReaderAt, size int64) (err error) {
		session, err = signing.Prepare(e.ctx, in, size, certs[0], certs[1:], opt)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s was not prepared: %w", cmd.In, err)
	}
	tbs, how, err := session.ToBeSigned()
	if err != nil {
		return err
	}
	data, err := json.Marshal(session)
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	if err := writeWhole(cmd.Out, data, 0o600); err != nil {
		return err
	}
	if cmd.ToSign != "" {
		if err := writeWhole(cmd.ToSign, tbs, 0o600); err != nil {
			return err
		}
	}
	hash := "none"
	if how.HashFunc() != 0 {
		hash = how.HashFunc().String()
	}
	if cmd.JSON {
		return json.NewEncoder(e.out).Encode(map[string]any{"session": cmd.Out, "to_sign": tbs, "hash": hash})
	}
	e.say("Đã chuẩn bị: %[1]s. Khóa ký giá trị %[2]d byte (băm trước: %[3]s); sau đó chạy covenant finish.",
		"Prepared: %[1]s. The key signs a value of %[2]d bytes (already hashed with: %[3]s); then run covenant finish.",
		cmd.Out, len(tbs), hash)
	return nil
}

type finishCmd struct {
	Session   string `arg:"" help:"Session file of covenant prepare." type:"existingfile"`
	In        string `required:"" help:"The very file that was prepared." type:"existingfile" placeholder:"IN.pdf"`
	Signature string `required:"" help:"File with the signature value that the key made (raw bytes)." type:"existingfile" placeholder:"FILE"`
	Out       string `short:"o" required:"" help:"Signed file." placeholder:"OUT.pdf"`
	serverFlags
}

// Run puts the signature value into its place, and what the level asks for beside it.
func (cmd *finishCmd) Run(e *env) error {
	data, err := os.ReadFile(cmd.Session)
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	var session signing.Session
	if err := json.Unmarshal(data, &session); err != nil {
		return fmt.Errorf("session %s: %w; it must be the file that covenant prepare wrote", cmd.Session, err)
	}
	value, err := os.ReadFile(cmd.Signature)
	if err != nil {
		return fmt.Errorf("signature value: %w", err)
	}
	validation, err := cmd.validation()
	if err != nil {
		return err
	}
	var made *signing.Signed
	err = rewrite(cmd.In, cmd.Out, func(in io.ReaderAt, size int64, out *os.File) (err error) {
		made, err = signing.Finish(e.ctx, &session, in, size, out, value,
			signing.FinishOptions{TSA: cmd.timestamper(), Validation: validation})
		return err
	})
	if err != nil {
		return err
	}
	return cmd.told(e, cmd.Out, made)
}

// told says what was made.
func (f serverFlags) told(e *env, out string, made *signing.Signed) error {
	if f.JSON {
		return printSigned(e, out, made)
	}
	sayMissing(e, made.Missing)
	sayTest(e, made)
	e.say("Đã ghi %s: mức PAdES %s, trường “%s”", "Wrote %s: PAdES %s, field “%s”", out, made.Level, made.Field)
	return nil
}
