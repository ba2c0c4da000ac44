package devpki

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Subject is who a certificate is for.
type Subject struct {
	// file name and identity: Issue returns what it issued to the same ID before; default from the other fields
	ID           string
	CommonName   string // the person's or agency's name; required, at most 64 characters (X.520)
	Organization string // the agency
	Title        string
	Email        string // ASCII; goes into the alternative names
	Serial       string // serialNumber of the name, for example "CCCD:001…"
}

// Profile says what kind of certificate to issue. The zero value is a good one: P-256, for signatures, valid from an
// hour ago for two years.
type Profile struct {
	Key       KeyType
	NotBefore time.Time // default an hour ago
	NotAfter  time.Time // default NotBefore + 2 years
	Usage     x509.KeyUsage
	ExtUsage  []x509.ExtKeyUsage

	OtherRoot       bool // issued by a root that Roots does not return
	NoStatusServers bool // names neither OCSP nor a revocation list
}

// Expired is a profile whose certificate ended a day before now.
func Expired(now time.Time) Profile {
	return Profile{NotBefore: now.Add(-year), NotAfter: now.Add(-24 * time.Hour)}
}

// WrongUsage is a profile for key encipherment and TLS servers only: no signature may be made with it.
func WrongUsage() Profile {
	return Profile{Usage: x509.KeyUsageKeyEncipherment, ExtUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
}

// WrongChain is a profile whose certificate comes from a root that nobody trusts.
func WrongChain() Profile { return Profile{OtherRoot: true} }

var oidTitle = asn1.ObjectIdentifier{2, 5, 4, 12}

// key is the subject's file name.
func (s Subject) key() (string, error) {
	if strings.TrimSpace(s.CommonName) == "" {
		return "", errors.New("certificate without a common name: give the person's or agency's name")
	}
	for what, v := range map[string]string{"common name": s.CommonName, "organization": s.Organization,
		"title": s.Title, "serial": s.Serial} {
		if utf8.RuneCountInString(v) > 64 {
			return "", fmt.Errorf("%s %q is longer than the 64 characters of X.520: shorten it", what, v)
		}
	}
	if s.ID == "" {
		sum := sha256.Sum256([]byte(strings.Join([]string{s.CommonName, s.Organization, s.Title, s.Email, s.Serial},
			"\x00")))
		return "person-" + hex.EncodeToString(sum[:8]), nil
	}
	for _, r := range s.ID {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return "", fmt.Errorf("subject ID %q: use letters, digits, - and _ only", s.ID)
		}
	}
	return s.ID, nil
}

// Issue returns the identity of a subject: the one in the directory if it was issued before, else a new one with a
// fresh key, stored before it is returned.
func (p *PKI) Issue(s Subject, profile Profile) (Identity, error) {
	name, err := s.key()
	if err != nil {
		return Identity{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := p.people[name]; ok {
		return id, nil
	}
	id, err := p.newIdentity(s, profile)
	if err != nil {
		return Identity{}, fmt.Errorf("certificate for %q: %w", s.CommonName, err)
	}
	if err := p.savePerson(name, id); err != nil {
		return Identity{}, fmt.Errorf("certificate for %q: %w", s.CommonName, err)
	}
	p.people[name] = id
	return id, nil
}

func (p *PKI) newIdentity(s Subject, profile Profile) (Identity, error) {
	key, err := profile.Key.generate()
	if err != nil {
		return Identity{}, err
	}
	tmpl := p.template(s, profile)
	by := roleIssuing
	if profile.OtherRoot {
		by = roleOtherRoot
	}
	if !profile.NoStatusServers {
		p.addURLs(tmpl, by)
	}
	issuer := p.roles[by]
	cert, err := sign(tmpl, key.Public(), issuer)
	if err != nil {
		return Identity{}, err
	}
	chain := append([]*x509.Certificate{issuer.Certificate}, issuer.Chain...)
	return Identity{Signer: key, Certificate: cert, Chain: chain}, nil
}

func (p *PKI) template(s Subject, profile Profile) *x509.Certificate {
	subject := pkix.Name{CommonName: s.CommonName, OrganizationalUnit: []string{Disclaimer}, SerialNumber: s.Serial,
		Country: []string{"VN"}}
	if s.Organization != "" {
		subject.Organization = []string{s.Organization}
	}
	if s.Title != "" {
		subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: oidTitle, Value: s.Title}}
	}
	tmpl := &x509.Certificate{
		Subject: subject, NotBefore: profile.NotBefore, NotAfter: profile.NotAfter,
		KeyUsage: profile.Usage, ExtKeyUsage: profile.ExtUsage, BasicConstraintsValid: true,
	}
	if tmpl.NotBefore.IsZero() {
		tmpl.NotBefore = p.now().Add(-time.Hour)
	}
	if tmpl.NotAfter.IsZero() {
		tmpl.NotAfter = tmpl.NotBefore.Add(2 * year)
	}
	if tmpl.KeyUsage == 0 {
		tmpl.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	}
	if s.Email != "" {
		tmpl.EmailAddresses = []string{s.Email}
	}
	return tmpl
}
