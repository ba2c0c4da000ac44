package engine

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"covenant/signing"
	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/store"
)

const (
	serverKey      = "server" // kind of a key that this server keeps
	minimumPINSize = 6
)

// keyOwner is whose kept key it is: a person, or an agency for its seal.
type keyOwner string

func personKey(p workflow.PersonID) keyOwner { return keyOwner(p) }
func sealOf(a workflow.AgencyID) keyOwner    { return sealOwner + keyOwner(a) }

// sealOwner begins the owners of seals' keys.
const sealOwner keyOwner = "agency/"

// purpose is what the owner's certificate has to lead to a root for.
func (o keyOwner) purpose() trust.Purpose {
	if strings.HasPrefix(string(o), string(sealOwner)) {
		return trust.Seal
	}
	return trust.Signature
}

// KeyRequest is a signing key that the server is to keep under a PIN: a person's, or that of an agency's seal,
// whose PIN is for those who may apply it.
type KeyRequest struct {
	Person   workflow.PersonID // or
	Agency   workflow.AgencyID
	Identity signing.Identity
	PIN      string
}

// KeepKey seals a key under its PIN and the server's secret, binds its certificate to the holder, and keeps both.
// The same certificate again changes nothing. Who may is asked before anything is kept.
func (e signers) KeepKey(ctx context.Context, r KeyRequest, meta Meta) (Outcome, error) {
	of := certificateOf(r.Identity.Certificate)
	owner, bind := personKey(r.Person), workflow.BindCertificate{
		Person: r.Person, Agency: r.Agency, Issuer: of.Issuer, Serial: of.Serial, SHA256: of.SHA256,
		CommonName: r.Identity.Certificate.Subject.CommonName,
	}
	if r.Agency != "" {
		owner = sealOf(r.Agency)
	}
	d, err := e.readDirectory(ctx)
	if err != nil {
		return Outcome{}, err
	}
	s := e.outside(d)
	if err := s.MayKeepKey(meta.Actor, r.Person, r.Agency, e.Now()); err != nil {
		return Outcome{}, err
	}
	if _, err := workflow.Decide(s, meta.Actor, bind, e.Now()); err != nil {
		return Outcome{}, err
	}
	if err := e.enrols(ctx, r.Identity, owner.purpose()); err != nil {
		return Outcome{}, err
	}
	if err := e.keepKey(ctx, owner, r.Identity, r.PIN); err != nil {
		return Outcome{}, err
	}
	return e.Do(ctx, "", bind, meta)
}

func (e signers) keepKey(ctx context.Context, owner keyOwner, id signing.Identity, pin string) error {
	if len(e.Secret) < 32 {
		return errors.New("keep key: the server has no secret of 32 bytes or more; keys cannot be kept without one")
	}
	if len(pin) < minimumPINSize {
		return workflow.Refusal(workflow.CodeInvalid,
			"mã PIN cần ít nhất 6 ký tự",
			"a PIN needs at least 6 characters")
	}
	keyID := store.KeyID(fmt.Sprintf("%s/%s", owner, id.Certificate.SerialNumber))
	have, err := e.hasKey(ctx, owner, keyID)
	if err != nil || have {
		return err
	}
	return e.saveKey(ctx, owner, keyID, id, pin)
}

func (e signers) hasKey(ctx context.Context, owner keyOwner, id store.KeyID) (have bool, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		keys, err := tx.KeysOf(ctx, string(owner))
		for _, k := range keys {
			have = have || k.ID == id
		}
		return err
	})
	return have, err
}

func (e signers) saveKey(
	ctx context.Context, owner keyOwner, keyID store.KeyID, id signing.Identity, pin string,
) error {
	der, err := x509.MarshalPKCS8PrivateKey(id.Signer)
	if err != nil {
		return fmt.Errorf("keep key of %s: %w", owner, err)
	}
	sealed, err := sealKey(e.Secret, pin, string(keyID), der)
	if err != nil {
		return err
	}
	var chain bytes.Buffer
	for _, cert := range append([]*x509.Certificate{id.Certificate}, id.Chain...) {
		if err := pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}); err != nil {
			return fmt.Errorf("keep key of %s: %w", owner, err)
		}
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.SaveKey(ctx, store.SealedKey{
			ID: keyID, Owner: string(owner), Kind: serverKey, Sealed: sealed, Certificates: chain.Bytes(),
		})
	})
}

func (e signers) currentKey(ctx context.Context, owner keyOwner) (key store.SealedKey, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		keys, err := tx.KeysOf(ctx, string(owner))
		for _, k := range keys {
			if k.RetiredAt.IsZero() {
				key = k
				break
			}
		}
		return err
	})
	return key, err
}

func parseKey(der []byte) (crypto.Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("kept key: %w", err)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("kept key: a %T cannot sign", parsed)
	}
	return signer, nil
}

// parseCertificates reads a signer's certificate and its issuers, as saveKey keeps them; the key is not there.
func parseCertificates(chain []byte) (id signing.Identity, err error) {
	for {
		var block *pem.Block
		if block, chain = pem.Decode(chain); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return signing.Identity{}, fmt.Errorf("kept certificate: %w", err)
		}
		if id.Certificate == nil {
			id.Certificate = cert
		} else {
			id.Chain = append(id.Chain, cert)
		}
	}
	if id.Certificate == nil {
		return signing.Identity{}, errors.New("kept key: its certificate is missing")
	}
	return id, nil
}
