package signing

import (
	"context"
	"crypto"
	"encoding/asn1"
	"time"

	"covenant/internal/pdf"
)

// Options says how a file is signed. The zero value makes an invisible B-B signature in a new field with the hash that
// fits the key.
type Options struct {
	Level Level // default BB

	// Field is the full name of the signature field. One that exists must be unsigned and is signed in place. Otherwise
	// New must say where it comes to be. Empty means a new field with the next free name "Signature1", "Signature2", …
	Field string
	// New describes the field to be created; nil for an existing field, or for a new invisible one when Field is empty.
	New *NewField
	// Appearance is drawn within the field's rectangle; nothing is drawn when that is empty.
	Appearance *Appearance

	Reason, Location, Name, ContactInfo string    // any text; empty ones are left out
	Time                                time.Time // claimed time of signing (M), with its zone; default now

	Hash crypto.Hash // default: SHA-256; SHA-384 for P-384; SHA-512 for P-521 and Ed25519
	PSS  bool        // RSASSA-PSS with an RSA key; a key marked as for it gets it anyway
	// Policy refuses keys and ways to sign outside it, before the key is asked, and chooses RSASSA-PSS where it asks
	// for that. Default: any.
	Policy SignaturePolicy

	// Attributes are further signed attributes that a signature policy asks for, such as signature-policy-identifier
	// (EN 319 122-1 §5.2.9). Those that PAdES itself writes or forbids are errors.
	Attributes []Attribute

	// Certify makes the document's first signature a certifying one that leaves open what it says (DocMDP).
	Certify Permission
	// Lock locks fields from here on (FieldMDP). An existing field's own Lock holds in any case; this must not be set
	// then.
	Lock *Lock
	// AllowNewField permits a new visible field in a document certified for filling forms only, which some validators
	// count as a modification.
	AllowNewField bool
	// AllowCovering permits a new visible field over something painted or signed before. Verifiers that look, as ours
	// does, take that for a forgery, save a seal over part of a signature: at most half of its box, none of its text.
	AllowCovering bool
	// AllowAnyCertificate signs with a certificate that is expired, or not meant for signatures, too.
	AllowAnyCertificate bool

	// TSA gives the signature time-stamp; required from B-T on.
	TSA Timestamper
	// Validation says where certificates and revocation data come from; used from B-LT on; nil means the addresses that
	// the certificates name, public ones only.
	Validation *ValidationSource

	// KeepState returns the hash state at the output's end in Signed.State; Resume takes one up instead of hashing the
	// input.
	KeepState bool
	Resume    *HashState

	// Room is the number of bytes reserved for the signature; default what it needs. At most 32,767.
	Room   int
	Limits Limits
}

// Attribute is a CMS attribute; each value is a complete DER element.
type Attribute struct {
	Type   asn1.ObjectIdentifier `json:"type"`
	Values [][]byte              `json:"values"`
}

// NewField is where a signature field comes to be.
type NewField struct {
	Page    int    // counted from 1; 0 means the first
	Rect    Rect   // empty for an invisible signature
	Corner  Corner // from which Rect is measured
	Tooltip string // the field's description for people who do not see it (TU)
}

// Corner is where the coordinates of a rectangle begin.
type Corner int

// The corners.
const (
	// UserSpace is the origin of the page's default user space, mostly its lower left corner (ISO 32000-2 §8.3.2.3).
	UserSpace Corner = iota
	// UpperRight is that corner of the page as it is shown, turned and cropped; X grows to the left, Y down.
	UpperRight
	// LowerLeft is that corner of the page as it is shown; X grows to the right, Y up.
	LowerLeft
)

// Rect is a rectangle in points (1/72 inch).
type Rect struct{ X0, Y0, X1, Y1 float64 }

// Limits bounds what reading an input may cost. The zero value means the defaults of each field.
type Limits struct {
	MaxObjects   int   // cross-reference entries; default 8,388,607
	MaxRevisions int   // default 10,000
	MaxDecoded   int64 // bytes of one decoded stream; default 64 MiB
	MaxWork      int64 // as in [VerifyLimits]
}

func (l Limits) pdf(size int64) pdf.Limits {
	return pdf.Limits{MaxObjects: l.MaxObjects, MaxRevisions: l.MaxRevisions, MaxDecoded: l.MaxDecoded,
		Work: pdf.NewWork(l.MaxWork, size)}
}

// Timestamper gives RFC 3161 time-stamp tokens; [TSA] asks an authority over HTTP.
type Timestamper interface {
	// Timestamp returns the DER token over digest, which was made with h.
	Timestamp(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error)
}

func (o *Options) time() time.Time {
	if o.Time.IsZero() {
		return time.Now()
	}
	return o.Time
}
