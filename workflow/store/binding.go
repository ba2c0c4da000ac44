package store

import (
	"context"
	"fmt"
	"time"

	"covenant/workflow/store/db"
)

// HolderKind says what a certificate is bound to.
type HolderKind string

// The kinds of holders.
const (
	HolderPerson HolderKind = "person"
	HolderAgency HolderKind = "agency"
)

// CertificateName identifies a certificate as RFC 5652 §10.2.4 does: by issuer and serial number.
type CertificateName struct {
	Issuer string // distinguished name, RFC 4514
	Serial string // lower-case hexadecimal
}

// Binding says whose signatures a certificate makes. A certificate has one holder, for good.
type Binding struct {
	CertificateName
	Kind        HolderKind
	Holder      string
	Fingerprint string // SHA-256 of the certificate, lower-case hexadecimal
	ConfirmedBy string // the administrator; empty until confirmed
	Source      string // registered, rule, …
	CreatedAt   time.Time
	EndedAt     time.Time // zero while it holds
}

// Bind records a binding, or confirms the same one. ErrExists if the certificate is bound to another holder or was unbound.
func (tx *Tx) Bind(ctx context.Context, b Binding) error {
	about := fmt.Sprintf("bind certificate %s of %s", b.Serial, b.Issuer)
	n, err := tx.q.SaveBinding(ctx, db.SaveBindingParams{Issuer: b.Issuer, Serial: b.Serial, HolderKind: string(b.Kind), Holder: b.Holder,
		Fingerprint: b.Fingerprint, ConfirmedBy: b.ConfirmedBy, Source: b.Source, CreatedAt: millis(tx.Now())})
	if err == nil && n == 0 {
		return fmt.Errorf("%s: %w", about, ErrExists)
	}
	return classify(err, about)
}

func bindingOf(r db.Binding) Binding {
	return Binding{CertificateName: CertificateName{r.Issuer, r.Serial}, Kind: HolderKind(r.HolderKind), Holder: r.Holder, Fingerprint: r.Fingerprint,
		ConfirmedBy: r.ConfirmedBy, Source: r.Source, CreatedAt: instant(r.CreatedAt), EndedAt: instant(r.EndedAt)}
}

// Binding finds whose certificate this is.
func (tx *Tx) Binding(ctx context.Context, name CertificateName) (Binding, bool, error) {
	row, found, err := wrapOne(tx.q.Binding(ctx, db.BindingParams{Issuer: name.Issuer, Serial: name.Serial}))("binding of certificate " + name.Serial)
	return bindingOf(row), found, err
}

// BindingsOf lists a holder's certificates, ended ones too.
func (tx *Tx) BindingsOf(ctx context.Context, kind HolderKind, holder string) ([]Binding, error) {
	rows, err := tx.q.BindingsOfHolder(ctx, db.BindingsOfHolderParams{HolderKind: string(kind), Holder: holder})
	return convert(rows, bindingOf), classify(err, "bindings of "+holder)
}

// Unbind ends a binding and keeps its record.
func (tx *Tx) Unbind(ctx context.Context, name CertificateName) error {
	n, err := tx.q.EndBinding(ctx, db.EndBindingParams{Issuer: name.Issuer, Serial: name.Serial, EndedAt: millis(tx.Now())})
	return exactly(n, err, "unbind certificate "+name.Serial)
}
