package signing

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/internal/cms"
	"covenant/signing/internal/diff"
	"covenant/signing/internal/paint"
)

// maxContents is the largest Contents string that PDF/A-2 allows (ISO 19005-2 §6.1.13: strings of at most 32,767
// bytes).
const maxContents = 32767

// Session is a signature between its two phases: everything is decided but the signature value. It is data: it marshals
// to JSON and may be finished in another process, days later. It holds no secret, but whoever can change it can make
// the key sign something else, so store it as carefully as the file.
type Session struct {
	state sessionState
	cms   *cms.Builder // nil after unmarshalling
	doc   *document    // nil after unmarshalling: the input must be hashed again
}

// sessionState is the stored form of a Session.
type sessionState struct {
	Version          int      `json:"version"`
	Level            Level    `json:"level"`
	Field            string   `json:"field"`
	Time             string   `json:"time"` // RFC 3339
	Size             int64    `json:"size"` // of the input
	Base             []byte   `json:"base"` // digest of the input
	Update           []byte   `json:"update"`
	Slot             slot     `json:"slot"`
	Hash             string   `json:"hash"`
	PSS              bool     `json:"pss,omitempty"`
	Digest           []byte   `json:"digest"` // of the byte range
	SignedAttributes []byte   `json:"signedAttributes"`
	Certificate      []byte   `json:"certificate"`
	Chain            [][]byte `json:"chain,omitempty"`

	Attributes []Attribute `json:"attributes,omitempty"`
}

const sessionVersion = 1

// Prepare decides everything about a signature but its value: it checks that the file may be signed so, builds what
// will be appended with room for the signature, and hashes the result. The certificate's key is not asked. What the key
// has to sign is [Session.ToBeSigned]; then call [Finish].
func Prepare(ctx context.Context, in io.ReaderAt, size int64, cert *x509.Certificate, chain []*x509.Certificate,
	opt Options) (*Session, error) {
	doc, err := newDocument(in, size, nil, opt.Limits)
	if err != nil {
		return nil, err
	}
	return prepare(ctx, doc, cert, chain, opt)
}

func prepare(ctx context.Context, doc *document, cert *x509.Certificate, chain []*x509.Certificate,
	opt Options) (*Session, error) {
	if cert == nil {
		return nil, errors.New("a signature needs a certificate")
	}
	if opt.Level < BB || opt.Level > BLTA {
		return nil, fmt.Errorf("no PAdES level has the number %d", int(opt.Level))
	}
	if !opt.AllowAnyCertificate {
		if err := checkCertificate(cert, time.Now()); err != nil {
			return nil, err
		}
	}
	alg, err := opt.algorithm(cert)
	if err != nil {
		return nil, err
	}
	if err := doc.resume(opt.Resume); err != nil {
		return nil, err
	}
	extra, err := policyAttributes(opt.Attributes)
	if err != nil {
		return nil, err
	}
	builder := &cms.Builder{Algorithm: alg, Certificate: cert, Chain: chain, Extra: extra}
	room, err := reserve(ctx, builder, opt)
	if err != nil {
		return nil, err
	}
	s := &Session{doc: doc, cms: builder}
	s.state = sessionState{Version: sessionVersion, Level: opt.Level, Size: doc.size, Hash: alg.Hash.String(),
		PSS:  alg.Scheme == cms.RSAPSS,
		Time: opt.time().Format(time.RFC3339Nano), Certificate: cert.Raw, Attributes: opt.Attributes}
	for _, c := range chain {
		s.state.Chain = append(s.state.Chain, c.Raw)
	}
	if s.state.Slot, s.state.Field, err = appendSigned(doc, opt, alg.Hash, room); err != nil {
		return nil, err
	}
	s.state.Update = doc.tail
	return s, s.hash(builder)
}

// hash fills in what depends on the input's bytes.
func (s *Session) hash(builder *cms.Builder) error {
	base, err := s.doc.hashState(builder.Algorithm.Hash)
	if err != nil {
		return s.doc.partial(err)
	}
	s.state.Base = base.Sum(nil)
	if s.state.Digest, err = s.doc.digest(s.state.Slot, builder.Algorithm.Hash); err != nil {
		return s.doc.partial(err)
	}
	s.state.SignedAttributes, err = builder.SignedAttributes(s.state.Digest)
	return s.doc.partial(err)
}

// reservedAttributes are those that PAdES writes itself or forbids among the signed ones (EN 319 142-1 §6.3).
var reservedAttributes = map[string]string{
	"1.2.840.113549.1.9.3":       "content-type",
	"1.2.840.113549.1.9.4":       "message-digest",
	"1.2.840.113549.1.9.5":       "signing-time",
	"1.2.840.113549.1.9.16.2.12": "signing-certificate",
	"1.2.840.113549.1.9.16.2.47": "signing-certificate-v2",
	"1.2.840.113583.1.1.8":       "adbe-revocationInfoArchival",
}

func policyAttributes(attrs []Attribute) ([]cms.Attribute, error) {
	var out []cms.Attribute
	for _, a := range attrs {
		if name, ok := reservedAttributes[a.Type.String()]; ok {
			return nil, fmt.Errorf("the signed attribute %s must not be given: PAdES writes it itself, or forbids it",
				name)
		}
		if len(a.Type) == 0 || len(a.Values) == 0 {
			return nil, errors.New("a signed attribute needs a type and a value")
		}
		out = append(out, cms.Attribute{Type: a.Type, Values: a.Values})
	}
	return out, nil
}

const (
	properVI = "Hãy xin tổ chức chứng thực một chứng thư số cá nhân; để thử, hãy ký yêu cầu (openssl req -new) " +
		"bằng CA riêng: " +
		"openssl x509 -req -in YÊU-CẦU -CA CA -CAkey KHÓA -extfile TỆP với dòng keyUsage=critical,digitalSignature," +
		"nonRepudiation."
	properEN = "Ask a certification authority for a person's certificate; to try things out, sign a request " +
		"(openssl req " +
		"-new) by an authority of your own: openssl x509 -req -in REQUEST -CA CA -CAkey KEY -extfile FILE with " +
		"the line " +
		"keyUsage=critical,digitalSignature,nonRepudiation."
)

// checkCertificate refuses certificates that no validator would accept.
func checkCertificate(c *x509.Certificate, at time.Time) error {
	const day = "02/01/2006"
	switch {
	case c.IsCA && c.BasicConstraintsValid && bytes.Equal(c.RawIssuer, c.RawSubject):
		return keyError(nil, "chứng thư số “%[1]s” tự cấp cho mình và là của tổ chức chứng thực (như openssl req "+
			"-x509 tạo "+
			"ra), không ai tin được chữ ký bằng nó. "+properVI,
			"the certificate “%[1]s” was issued by itself and is a certification authority's (what openssl req "+
				"-x509 "+
				"makes): nobody can trust a signature by it. "+properEN, name(c))
	case c.IsCA && c.BasicConstraintsValid:
		return keyError(nil, "chứng thư số “%[1]s” là của tổ chức chứng thực, không phải của người ký. "+properVI,
			"the certificate of “%[1]s” is a certification authority's, not a person's. "+properEN, name(c))
	case at.After(c.NotAfter):
		return keyError(nil, "chứng thư số của “%[1]s” đã hết hạn ngày %[2]s: hãy gia hạn trước khi ký",
			"the certificate of “%[1]s” expired on %[2]s: renew it before signing", name(c), c.NotAfter.Format(day))
	case at.Before(c.NotBefore):
		return keyError(nil, "chứng thư số của “%[1]s” chỉ có hiệu lực từ ngày %[2]s: hãy xem lại đồng hồ máy này",
			"the certificate of “%[1]s” is valid only from %[2]s: check this computer's clock", name(c),
			c.NotBefore.Format(day))
	case c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0:
		return keyError(nil, "chứng thư số của “%[1]s” không dùng để ký (mục đích khóa thiếu cả digitalSignature "+
			"lẫn "+
			"nonRepudiation). "+properVI,
			"the certificate of “%[1]s” is not meant for signatures (its key usage has neither digitalSignature nor "+
				"nonRepudiation). "+properEN, name(c))
	}
	return nil
}

// reserve computes the room for the signature before anything is asked of the key.
func reserve(ctx context.Context, b *cms.Builder, opt Options) (int, error) {
	token := 0
	if opt.Level >= BT {
		var err error
		if token, err = tokenRoom(ctx, opt.TSA, b.Algorithm.Hash); err != nil {
			return 0, err
		}
	}
	attrs, err := b.SignedAttributes(make([]byte, b.Algorithm.Hash.Size()))
	if err != nil {
		return 0, err
	}
	need, err := b.Size(attrs, token)
	if err != nil {
		return 0, err
	}
	room := max(opt.Room, need)
	if (opt.Room > 0 && need > opt.Room) || room > maxContents {
		return 0, &RoomError{Need: need, Room: min(room, maxContents)}
	}
	return room, nil
}

// appendSigned appends the update that holds the signature dictionary, its field and its appearance.
func appendSigned(doc *document, opt Options, h crypto.Hash, room int) (slot, string, error) {
	f, err := doc.open()
	if err != nil {
		return slot{}, "", err
	}
	u := pdf.NewUpdate(f)
	t, err := findTarget(f, u, opt.Field, opt.New)
	if err != nil {
		return slot{}, "", err
	}
	if err := t.checkSeed(&opt, h); err != nil {
		return slot{}, "", err
	}
	lock, err := t.permitted(&opt)
	if err != nil {
		return slot{}, "", err
	}
	byteRange, contents := placeholders(room)
	d, err := signatureDict(f, &opt, byteRange, contents, lock)
	if err != nil {
		return slot{}, "", err
	}
	ref := u.Add(d)
	if err := t.sign(ref, opt.Appearance, opt.New, opt.Lock); err != nil {
		return slot{}, "", err
	}
	if opt.Certify != 0 {
		root, catalog, err := t.catalog()
		if err != nil {
			return slot{}, "", err
		}
		u.Set(root, catalog.With("Perms", pdf.Dict{{Key: "DocMDP", Value: ref}}))
	}
	s, err := doc.appendSignature(u, byteRange, contents)
	return s, t.name, err
}

// permitted checks the earlier signatures' restrictions and returns the lock that this signature must write.
func (t *target) permitted(opt *Options) (*Lock, error) {
	signatures, err := t.file.Signatures()
	if err != nil {
		return nil, err
	}
	p, err := readPermissions(t.file, signatures)
	if err != nil {
		return nil, err
	}
	created := t.field == nil
	visible := created && !t.rect.Empty()
	if err := p.maySign(t.name, created, visible, opt.AllowNewField); err != nil {
		return nil, err
	}
	if visible && len(signatures) > 0 && !opt.AllowCovering {
		if err := t.uncovering(signatures); err != nil {
			return nil, err
		}
	}
	if opt.Certify != 0 && (len(signatures) > 0 || p.certified != 0) {
		return nil, errors.New("only a document's first signature can certify it")
	}
	if opt.Certify < 0 || opt.Certify > PermitAnnotations {
		return nil, fmt.Errorf("no permission has the number %d", int(opt.Certify))
	}
	lock := opt.Lock
	if !created {
		if lock, err = readLock(t.file, t.field.Dict.Get("Lock")); err != nil {
			return nil, fmt.Errorf("field %q: %w", t.name, err)
		}
		if opt.Lock != nil {
			return nil, fmt.Errorf("field %q exists: its own lock holds, another cannot be given", t.name)
		}
	}
	if lock != nil && lock.Action == "" {
		lock = nil // its P holds by being in the field; there are no fields to write into FieldMDP
	}
	return lock, mayLock(t.form, lock, t.name)
}

// uncovering refuses a new field over what an earlier signer saw.
func (t *target) uncovering(signatures []pdf.Signature) error {
	if over := t.file.SignatureUnder(signatures, []pdf.Ref{t.page}, t.rect); over != "" {
		return fmt.Errorf("%w: the signature in field %q", ErrCovers, over)
	}
	if what, hit := paint.On(t.file, t.page, diff.Inner(t.rect), nil); hit {
		return fmt.Errorf("%w: %s on the page", ErrCovers, what)
	}
	return nil
}

// placeholders reserves the texts of ByteRange and of a Contents of room bytes.
func placeholders(room int) (byteRange, contents *pdf.Reserved) {
	return &pdf.Reserved{Text: "[0" + strings.Repeat(" ", byteRangeRoom-3) + "]"},
		&pdf.Reserved{Text: "<" + strings.Repeat("0", 2*room) + ">"}
}

// signatureDict is the signature dictionary (ISO 32000-2 table 255, EN 319 142-1 §6.3).
func signatureDict(f *pdf.File, opt *Options, byteRange, contents *pdf.Reserved, lock *Lock) (pdf.Dict, error) {
	d := pdf.Dict{
		{Key: "Type", Value: pdf.Name("Sig")},
		{Key: "Filter", Value: pdf.Name("Adobe.PPKLite")},
		{Key: "SubFilter", Value: pdf.Name(subFilterCAdES)},
		{Key: "ByteRange", Value: byteRange},
		{Key: "Contents", Value: contents},
		{Key: "M", Value: pdf.Date(opt.time())},
	}
	for _, e := range []struct {
		key  pdf.Name
		text string
	}{{"Name", opt.Name}, {"Reason", opt.Reason}, {"Location", opt.Location}, {"ContactInfo", opt.ContactInfo}} {
		if e.text != "" {
			d = d.With(e.key, pdf.UTF16String(e.text))
		}
	}
	var refs pdf.Array
	if opt.Certify != 0 {
		refs = append(refs, signatureReference("DocMDP", pdf.Dict{
			{Key: "Type", Value: pdf.Name("TransformParams")},
			{Key: "P", Value: pdf.Integer(opt.Certify)},
			{Key: "V", Value: pdf.Name("1.2")},
		}))
	}
	if lock != nil {
		root, _, err := f.Catalog()
		if err != nil {
			return nil, err
		}
		refs = append(refs, signatureReference("FieldMDP", lock.dict("TransformParams")).With("Data", root))
	}
	if refs != nil {
		d = d.With("Reference", refs)
	}
	return d, nil
}

func signatureReference(method pdf.Name, params pdf.Dict) pdf.Dict {
	return pdf.Dict{
		{Key: "Type", Value: pdf.Name("SigRef")},
		{Key: "TransformMethod", Value: method},
		{Key: "TransformParams", Value: params},
	}
}

// Level is the level that the session was prepared for.
func (s *Session) Level() Level { return s.state.Level }

// Field is the full name of the field that will be signed.
func (s *Session) Field() string { return s.state.Field }

// SignedAttributes is the DER SET OF attributes that the signature is over (RFC 5652 §5.4). Ed25519 keys, and tokens
// that hash by themselves, sign it as it is.
func (s *Session) SignedAttributes() []byte { return bytes.Clone(s.state.SignedAttributes) }

// ToBeSigned is what to give the key, with the options that crypto.Signer takes: the digest of SignedAttributes, or for
// Ed25519 SignedAttributes themselves.
func (s *Session) ToBeSigned() ([]byte, crypto.SignerOpts, error) {
	b, err := s.builder()
	if err != nil {
		return nil, nil, err
	}
	return b.Algorithm.ToBeSigned(s.state.SignedAttributes), b.Algorithm.SignerOpts(), nil
}

// Certificate is the signer's certificate.
func (s *Session) Certificate() (*x509.Certificate, error) {
	return x509.ParseCertificate(s.state.Certificate)
}

// builder makes the CMS builder that the session was prepared with.
func (s *Session) builder() (*cms.Builder, error) {
	if s.cms != nil {
		return s.cms, nil
	}
	cert, err := s.Certificate()
	if err != nil {
		return nil, fmt.Errorf("session: certificate: %w", err)
	}
	h, err := hashNamed(s.state.Hash)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	alg, err := cms.AlgorithmOf(cert, h, s.state.PSS)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	b := &cms.Builder{Algorithm: alg, Certificate: cert}
	if b.Extra, err = policyAttributes(s.state.Attributes); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	for _, der := range s.state.Chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("session: chain: %w", err)
		}
		b.Chain = append(b.Chain, c)
	}
	return b, nil
}

// MarshalJSON writes the session as data.
func (s *Session) MarshalJSON() ([]byte, error) { return json.Marshal(s.state) }

// UnmarshalJSON reads a session. It is checked against the file when it is finished.
func (s *Session) UnmarshalJSON(b []byte) error {
	var state sessionState
	if err := json.Unmarshal(b, &state); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	if state.Version != sessionVersion {
		return fmt.Errorf("session: version %d is unknown; this program writes version %d", state.Version,
			sessionVersion)
	}
	if state.Slot.Start < state.Size || state.Slot.End <= state.Slot.Start+2 || state.Slot.End > state.Slot.Total ||
		state.Slot.Total != state.Size+int64(len(state.Update)) {
		return errors.New("session: the signature's place lies outside what is appended")
	}
	*s = Session{state: state}
	return nil
}
