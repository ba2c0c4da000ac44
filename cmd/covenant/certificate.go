package main

import (
	"errors"
	"fmt"
	"os"

	"covenant/workflow"
	"covenant/workflow/catalogue"
)

// certificateName is a certificate, by a file of it or by issuer and serial number.
type certificateName struct {
	Certificate string `help:"The certificate (PEM or DER)." type:"existingfile" placeholder:"FILE"`
	Issuer      string `help:"Issuer's distinguished name (RFC 4514), where there is no file." placeholder:"DN"`
	Serial      string `help:"Serial number, decimal." placeholder:"N"`
}

func (n certificateName) identify() (issuer, serial string, err error) {
	if n.Certificate == "" {
		if n.Issuer == "" || n.Serial == "" {
			return "", "", errors.New("name the certificate: --certificate FILE, or --issuer and --serial")
		}
		return n.Issuer, n.Serial, nil
	}
	c, err := readCertificate(n.Certificate)
	return c.Issuer, c.Serial, err
}

type directoryBindCmd struct {
	Person  workflow.PersonID `help:"Whose signatures it makes." xor:"holder" required:"" placeholder:"PERSON"`
	Agency  workflow.AgencyID `help:"Whose seal it makes." xor:"holder" required:"" placeholder:"AGENCY"`
	Pending bool              `help:"It must be confirmed before it may sign."`
	// a certificate is its bytes: issuer and serial number can be written into any
	Certificate string `help:"The certificate (PEM or DER)." required:"" type:"existingfile" placeholder:"FILE"`
	administrator
}

// Run binds a certificate.
func (cmd *directoryBindCmd) Run(e *env) error {
	certs, err := readCertificates(cmd.Certificate)
	if err != nil {
		return err
	}
	c := certs[0]
	return cmd.direct(e, workflow.BindCertificate{Person: cmd.Person, Agency: cmd.Agency, Issuer: c.Issuer.String(),
		Serial: c.SerialNumber.String(), SHA256: workflow.DigestOf(c.Raw), CommonName: c.Subject.CommonName,
		Pending: cmd.Pending})
}

// readCertificate reads a certificate from a file, the first one in it.
func readCertificate(path string) (workflow.Certificate, error) {
	certs, err := readCertificates(path)
	if err != nil {
		return workflow.Certificate{}, err
	}
	return workflow.Certificate{Issuer: certs[0].Issuer.String(), Serial: certs[0].SerialNumber.String(),
		SHA256: workflow.DigestOf(certs[0].Raw)}, nil
}

type directoryKeepCmd struct {
	Person       workflow.PersonID `help:"Whose key it is." xor:"holder" required:"" placeholder:"PERSON"`
	Agency       workflow.AgencyID `help:"Whose seal's key it is." xor:"holder" required:"" placeholder:"AGENCY"`
	P12          string            `name:"p12" required:"" help:"PKCS#12 file with key and certificate." type:"existingfile" placeholder:"FILE"`
	PasswordFile string            `required:"" help:"File whose first line is the PKCS#12 file's password." type:"existingfile" placeholder:"FILE"`
	Certificate  string            `help:"Serial number of the certificate whose key is meant, of a file with several." placeholder:"SERIAL"`
	PINFile      string            `name:"pin-file" required:"" help:"File whose first line is the new PIN; - is the standard input." placeholder:"FILE"`
	administrator
}

// Run has the server keep a key, and binds its certificate.
func (cmd *directoryKeepCmd) Run(e *env) error {
	p := catalogue.Key{Person: cmd.Person, Agency: cmd.Agency, Certificate: cmd.Certificate}
	var err error
	if p.PKCS12, err = os.ReadFile(cmd.P12); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if p.Password, err = password(cmd.PasswordFile); err != nil {
		return err
	}
	if p.PIN, err = readPIN(cmd.PINFile, os.Stdin); err != nil {
		return err
	}
	return cmd.give(e, call("keep-key", "", "").as(cmd.As), p)
}

type directoryConfirmCmd struct {
	certificateName
	administrator
}

// Run confirms a binding.
func (cmd *directoryConfirmCmd) Run(e *env) error {
	issuer, serial, err := cmd.identify()
	if err != nil {
		return err
	}
	return cmd.direct(e, workflow.ConfirmCertificate{Issuer: issuer, Serial: serial})
}

type directoryUnbindCmd struct {
	certificateName
	Reason string `required:"" help:"Why." placeholder:"TEXT"`
	New    string `help:"The certificate (PEM or DER) that replaces it." type:"existingfile" placeholder:"FILE"`
	administrator
}

// Run unbinds a certificate, or replaces it.
func (cmd *directoryUnbindCmd) Run(e *env) error {
	issuer, serial, err := cmd.identify()
	if err != nil {
		return err
	}
	if cmd.New == "" {
		return cmd.direct(e, workflow.UnbindCertificate{Issuer: issuer, Serial: serial, Reason: cmd.Reason})
	}
	c, err := readCertificate(cmd.New)
	if err != nil {
		return err
	}
	return cmd.direct(e, workflow.ReplaceCertificate{Issuer: issuer, Serial: serial, NewIssuer: c.Issuer,
		NewSerial: c.Serial, NewSHA256: c.SHA256, Reason: cmd.Reason})
}

type directoryRuleCmd struct {
	ID        string            `arg:"" help:"Code of the rule."`
	Person    workflow.PersonID `help:"Whose certificates it binds." placeholder:"PERSON"`
	Agency    workflow.AgencyID `help:"Whose seals it binds." placeholder:"AGENCY"`
	Issuer    string            `help:"Issuer's distinguished name (RFC 4514)." placeholder:"DN"`
	Root      string            `help:"File of the root certificate (PEM or DER) that they must lead to." type:"existingfile" placeholder:"FILE"`
	Attribute string            `help:"Attribute of the subject: UID, serialNumber, CN, … or a dotted OID." placeholder:"NAME"`
	Value     string            `help:"Its value." placeholder:"TEXT"`
	Confirm   bool              `help:"What it binds must be confirmed before it may sign."`
	End       string            `help:"End the rule instead, for this reason." placeholder:"REASON"`
	administrator
}

// Run sets or ends a rule.
func (cmd *directoryRuleCmd) Run(e *env) error {
	if cmd.End != "" {
		return cmd.direct(e, workflow.EndBindingRule{ID: cmd.ID, Reason: cmd.End})
	}
	rule := workflow.BindingRule{
		ID: cmd.ID, Person: cmd.Person, Agency: cmd.Agency, Issuer: cmd.Issuer, Attribute: cmd.Attribute,
		Value: cmd.Value, Confirm: cmd.Confirm,
	}
	if cmd.Root != "" {
		root, err := readCertificate(cmd.Root)
		if err != nil {
			return err
		}
		rule.Root = root.SHA256
	}
	return cmd.direct(e, workflow.SetBindingRule{BindingRule: rule})
}
