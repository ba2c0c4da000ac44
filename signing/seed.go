package signing

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"

	"covenant/internal/pdf"
)

// ErrSeedValue says that a field's seed value dictionary asks for something that this signature does not give.
var ErrSeedValue = errors.New("the field asks for something else")

// Bits of a seed value dictionary's Ff: the entry is a requirement, not a wish (ISO 32000-2 table 238).
const (
	seedSubFilter    = 1 << 1
	seedReasons      = 1 << 3
	seedLegal        = 1 << 4
	seedRevocation   = 1 << 5
	seedDigestMethod = 1 << 6
)

// checkSeed compares a signature with the requirements of its field's seed value dictionary (SV). Wishes are not
// followed.
func (t *target) checkSeed(opt *Options, h crypto.Hash) error {
	if t.field == nil {
		return nil
	}
	sv, err := t.file.Dict(t.field.Dict.Get("SV"))
	if err != nil || sv == nil {
		return err
	}
	flags, _ := sv.Get("Ff").(pdf.Integer)
	if flags&seedSubFilter != 0 {
		if err := t.seedHolds(sv, "SubFilter", subFilterCAdES); err != nil {
			return err
		}
	}
	if flags&seedDigestMethod != 0 {
		if err := t.seedHolds(sv, "DigestMethod", strings.ReplaceAll(h.String(), "-", "")); err != nil {
			return err
		}
	}
	if flags&seedReasons != 0 {
		if err := t.seedHolds(sv, "Reasons", opt.Reason); err != nil {
			return err
		}
	}
	if flags&(seedLegal|seedRevocation) != 0 {
		return fmt.Errorf("%w: field %q wants a legal attestation or revocation data inside the signature, which "+
			"PAdES signatures do not hold", ErrSeedValue, t.name)
	}
	mdp, err := t.file.Dict(sv.Get("MDP"))
	if err != nil {
		return err
	}
	if p, ok := mdp.Get("P").(pdf.Integer); ok && p >= 1 && p <= 3 && opt.Certify != Permission(p) {
		return fmt.Errorf("%w: field %q wants a certifying signature with permission %d", ErrSeedValue, t.name, p)
	}
	return nil
}

// seedHolds tells whether one of the names or strings under key is value.
func (t *target) seedHolds(sv pdf.Dict, key pdf.Name, value string) error {
	list, err := t.file.Array(sv.Get(key))
	if err != nil {
		return err
	}
	var allowed []string
	for _, o := range list {
		if o, err = t.file.Resolve(o); err != nil {
			return err
		}
		switch o := o.(type) {
		case pdf.Name:
			allowed = append(allowed, string(o))
		case pdf.String:
			allowed = append(allowed, pdf.DecodeText(o))
		}
	}
	if !slices.Contains(allowed, value) {
		return fmt.Errorf("%w: field %q allows as %s only %q, not %q", ErrSeedValue, t.name, string(key), allowed,
			value)
	}
	return nil
}
