package tsp

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"time"

	"covenant/signing/internal/cms"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Request is TimeStampReq (RFC 3161, 2.4.1).
type Request struct {
	Hash    crypto.Hash
	Imprint []byte
	Policy  asn1.ObjectIdentifier // nil: any
	Nonce   *big.Int              // nil: none
	CertReq bool
}

// Marshal returns the DER form.
func (r *Request) Marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		addImprint(b, r.Hash, r.Imprint)
		if r.Policy != nil {
			b.AddASN1ObjectIdentifier(r.Policy)
		}
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
		if r.CertReq {
			b.AddASN1Boolean(true)
		}
	})
	return b.Bytes()
}

func addImprint(b *cryptobyte.Builder, h crypto.Hash, imprint []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		cms.AddHashIdentifier(b, h)
		b.AddASN1OctetString(imprint)
	})
}

// ParseRequest reads a DER request.
func ParseRequest(der []byte) (*Request, error) {
	in := cryptobyte.String(der)
	var seq, imprint, hashed cryptobyte.String
	var version int
	var err error
	r := &Request{}
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) || version != 1 ||
		!seq.ReadASN1(&imprint, cbasn1.SEQUENCE) {
		return nil, malformed("request")
	}
	if r.Hash, err = cms.ReadHashIdentifier(&imprint); err != nil {
		return nil, err
	}
	if !imprint.ReadASN1(&hashed, cbasn1.OCTET_STRING) || !imprint.Empty() || len(hashed) != r.Hash.Size() {
		return nil, malformed("request imprint")
	}
	r.Imprint = hashed
	if seq.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) && !seq.ReadASN1ObjectIdentifier(&r.Policy) {
		return nil, malformed("request policy")
	}
	if seq.PeekASN1Tag(cbasn1.INTEGER) {
		r.Nonce = new(big.Int)
		if !seq.ReadASN1Integer(r.Nonce) {
			return nil, malformed("request nonce")
		}
	}
	if seq.PeekASN1Tag(cbasn1.BOOLEAN) && !seq.ReadASN1Boolean(&r.CertReq) {
		return nil, malformed("request")
	}
	return r, nil
}

// ParseResponse reads TimeStampResp (RFC 3161, 2.4.2) and returns the token of
// a granted one; a refusal wraps ErrRefused with the authority's words.
func ParseResponse(der []byte) (*Token, error) {
	in := cryptobyte.String(der)
	var seq, status cryptobyte.String
	var code int
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1(&status, cbasn1.SEQUENCE) ||
		!status.ReadASN1Integer(&code) {
		return nil, malformed("response")
	}
	if code != 0 && code != 1 { // granted, grantedWithMods
		return nil, fmt.Errorf("status %d%s: %w", code, statusText(status), ErrRefused)
	}
	if seq.Empty() {
		return nil, malformed("response without a token")
	}
	return ParseToken(seq)
}

func statusText(s cryptobyte.String) string {
	var texts, one cryptobyte.String
	var words []string
	if s.PeekASN1Tag(cbasn1.SEQUENCE) && s.ReadASN1(&texts, cbasn1.SEQUENCE) {
		for len(words) < 4 && texts.ReadASN1(&one, cbasn1.UTF8String) {
			words = append(words, strings.ToValidUTF8(string(one[:min(len(one), 200)]), "?"))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, " ") + ")"
}

// Authority issues tokens: the server's half, for development and tests.
type Authority struct {
	Signer      crypto.Signer
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	Policy      asn1.ObjectIdentifier
	Accuracy    time.Duration // whole seconds; 0: 1 s
}

// Issue makes the DER TimeStampResp to a request, with the given time.
func (a *Authority) Issue(r *Request, now time.Time) ([]byte, error) {
	token, err := a.Token(r, now)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(0) })
		b.AddBytes(token)
	})
	return b.Bytes()
}

// Refusal is a DER TimeStampResp with status rejection and a text.
func Refusal(text string) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(2)
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text)) })
			})
		})
	})
	return b.BytesOrPanic()
}

// Token makes the DER token answering a request.
func (a *Authority) Token(r *Request, now time.Time) ([]byte, error) {
	info, err := a.info(r, now)
	if err != nil {
		return nil, err
	}
	alg, err := cms.AlgorithmFor(a.Certificate.PublicKey, 0, false)
	if err != nil {
		return nil, err
	}
	b := cms.Builder{Algorithm: alg, Certificate: a.Certificate, Chain: a.Chain, ContentType: cms.OIDTSTInfo,
		Content: info}
	h := alg.Hash.New()
	h.Write(info)
	attrs, err := b.SignedAttributes(h.Sum(nil))
	if err != nil {
		return nil, err
	}
	sig, err := alg.Sign(rand.Reader, a.Signer, attrs)
	if err != nil {
		return nil, fmt.Errorf("time-stamp authority's key: %w", err)
	}
	return b.Assemble(attrs, sig)
}

func (a *Authority) info(r *Request, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	accuracy := max(int64(a.Accuracy/time.Second), 1)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(a.Policy)
		addImprint(b, r.Hash, r.Imprint)
		b.AddASN1BigInt(serial)
		b.AddASN1GeneralizedTime(now.UTC().Truncate(time.Second))
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(accuracy) })
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
	})
	return b.Bytes()
}
