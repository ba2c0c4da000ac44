package signing

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"time"

	"covenant/internal/words"
	"covenant/signing/trust"
)

// ReportJSON is the form of a Report that programs read. Fields are only ever added. Times are RFC 3339; digests and
// serial numbers are lower-case hexadecimal.
type ReportJSON struct {
	Indication  Indication   `json:"indication"` // over all results
	Test        bool         `json:"test"`       // something rests on a test root: nothing is proven about anybody
	ValidatedAt time.Time    `json:"validated_at"`
	Online      bool         `json:"online"`
	Revocation  string       `json:"revocation_mode"` // "required" or "soft"
	Size        int64        `json:"size"`            // bytes
	Revisions   int          `json:"revisions"`
	Encrypted   bool         `json:"encrypted,omitempty"`
	Trailing    int64        `json:"trailing_bytes,omitempty"`
	Base        *BaseJSON    `json:"base,omitempty"` // absent: no base was given
	Results     []ResultJSON `json:"results"`
	// what was filled in or remarked after signing, as permitted
	Changed     []ModificationJSON `json:"changed_as_permitted,omitempty"`
	Explanation words.Text         `json:"explanation,omitzero"` // of the whole, when there is no result
}

// BaseJSON is a BaseResult.
type BaseJSON struct {
	Intact        bool               `json:"intact"`
	Explanation   words.Text         `json:"explanation,omitzero"`
	Modifications []ModificationJSON `json:"modifications,omitempty"`
}

// ResultJSON is one Result.
type ResultJSON struct {
	Kind          SignatureKind `json:"kind"`
	Field         string        `json:"field"`
	Page          int           `json:"page,omitempty"`
	Visible       bool          `json:"visible"`
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"sub_indication,omitempty"`
	BasisJSON
	Intact  bool         `json:"intact"` // bytes and signature value, whoever signed
	Reasons []ReasonJSON `json:"reasons,omitempty"`
	FormatJSON
	Signer        string             `json:"signer,omitempty"` // by the certificate
	ClaimedName   string             `json:"claimed_name,omitempty"`
	Reason        string             `json:"reason,omitempty"`
	Location      string             `json:"location,omitempty"`
	Time          *time.Time         `json:"time,omitempty"`
	TimeSource    TimeSource         `json:"time_source,omitempty"`
	Times         []TimeJSON         `json:"times,omitempty"`
	ByteRange     [4]int64           `json:"byte_range"`
	WholeFile     bool               `json:"covers_whole_file"`
	Revision      int                `json:"revision"`
	DocMDP        int                `json:"docmdp,omitempty"` // 1 to 3 when it certifies
	Modifications []ModificationJSON `json:"modifications,omitempty"`
	Explanation   words.Text         `json:"explanation"`
}

// BasisJSON is one Basis.
type BasisJSON struct {
	Purpose trust.Purpose     `json:"purpose,omitempty"` // signature, seal or timestamp: what it was judged as
	Test    bool              `json:"test"`              // it rests on a test root
	Chain   []CertificateJSON `json:"chain,omitempty"`
}

// FormatJSON is how a signature is made.
type FormatJSON struct {
	PAdES     bool   `json:"pades"`
	Level     string `json:"level,omitempty"` // "B-B" to "B-LTA"; absent when not PAdES baseline
	SubFilter string `json:"sub_filter,omitempty"`
	Algorithm string `json:"algorithm,omitempty"`
}

// ReasonJSON is one Reason.
type ReasonJSON struct {
	Code   ReasonCode `json:"code"`
	Text   words.Text `json:"text"`
	Detail string     `json:"detail,omitempty"`
}

// TimeJSON is one TimeClaim.
type TimeJSON struct {
	Source    TimeSource `json:"source"`
	Time      time.Time  `json:"time"`
	Authority string     `json:"authority,omitempty"`
	Trusted   bool       `json:"trusted"`
	Test      bool       `json:"test,omitempty"`
}

// CertificateJSON is one ChainLink.
type CertificateJSON struct {
	Subject     string          `json:"subject"`
	Issuer      string          `json:"issuer"`
	Serial      string          `json:"serial"`
	SHA256      string          `json:"sha256"`
	NotBefore   time.Time       `json:"not_before"`
	NotAfter    time.Time       `json:"not_after"`
	KeyUsage    []string        `json:"key_usage,omitempty"`
	TrustAnchor bool            `json:"trust_anchor,omitempty"`
	Test        bool            `json:"test,omitempty"`
	Revocation  *RevocationJSON `json:"revocation,omitempty"`
}

// RevocationJSON is one RevocationInfo.
type RevocationJSON struct {
	Kind       string           `json:"kind"`
	Source     RevocationSource `json:"source"`
	Revoked    bool             `json:"revoked"`
	RevokedAt  *time.Time       `json:"revoked_at,omitempty"`
	Reason     int              `json:"reason,omitempty"`
	ThisUpdate time.Time        `json:"this_update"`
	NextUpdate *time.Time       `json:"next_update,omitempty"`
}

// ModificationJSON is one Modification.
type ModificationJSON struct {
	Revision  int        `json:"revision,omitempty"`
	Time      *time.Time `json:"time,omitempty"`
	Kind      ChangeKind `json:"kind"`
	Permitted bool       `json:"permitted"`
	Page      int        `json:"page,omitempty"`
	Field     string     `json:"field,omitempty"`
	Key       string     `json:"key,omitempty"`
	Action    ChangeVerb `json:"action,omitempty"`
	Subtype   string     `json:"subtype,omitempty"`
	Object    int        `json:"object,omitempty"`
	Over      string     `json:"over,omitempty"`
	Area      []float64  `json:"area,omitempty"`
	Text      words.Text `json:"text"`
	Old       string     `json:"old,omitempty"`
	New       string     `json:"new,omitempty"`
	Detail    string     `json:"detail,omitempty"`
}

// MarshalJSON writes the report as ReportJSON.
func (r *Report) MarshalJSON() ([]byte, error) { return json.Marshal(r.JSON()) }

// JSON is the report as data for programs.
func (r *Report) JSON() ReportJSON {
	out := ReportJSON{Indication: r.Overall(), Test: r.Test(), ValidatedAt: r.ValidatedAt, Online: r.Online,
		Revocation: "required", Size: r.Size,
		Revisions: r.Revisions, Encrypted: r.Encrypted, Trailing: r.TrailingData, Results: []ResultJSON{}}
	if r.Revocation == RevocationSoft {
		out.Revocation = "soft"
	}
	for i := range r.Results {
		out.Results = append(out.Results, r.Results[i].json())
	}
	out.Changed = modificationsJSON(r.ChangedAsPermitted())
	if len(r.Results) == 0 {
		out.Explanation = noSignature
	}
	if b := r.Base; b != nil {
		out.Base = &BaseJSON{b.Intact, b.Text(), modificationsJSON(b.Modifications)}
	}
	return out
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (r *Result) json() ResultJSON {
	out := ResultJSON{Kind: r.Kind, Field: r.Field, Page: r.Page, Visible: r.Visible, Indication: r.Indication,
		SubIndication: r.SubIndication,
		Intact:        r.intact, Signer: r.Signer,
		BasisJSON:   BasisJSON{Purpose: r.Purpose, Test: r.Test},
		FormatJSON:  FormatJSON{PAdES: r.PAdES, SubFilter: r.SubFilter, Algorithm: r.Algorithm},
		ClaimedName: r.ClaimedName,
		Reason:      r.Reason, Location: r.Location, Time: optionalTime(r.Time), TimeSource: r.TimeSource,
		ByteRange: r.Coverage.ByteRange, WholeFile: r.Coverage.WholeFile, Revision: r.Coverage.Revision,
		DocMDP:      int(r.Certifies),
		Explanation: r.Explain()}
	if r.PAdES && r.Kind == KindSignature {
		out.Level = r.Level.String()
	}
	for _, reason := range r.Reasons {
		out.Reasons = append(out.Reasons, ReasonJSON{Code: reason.Code, Text: reason.Text(), Detail: reason.Detail})
	}
	for _, t := range r.Times {
		out.Times = append(out.Times, TimeJSON(t))
	}
	for _, l := range r.Chain {
		out.Chain = append(out.Chain, l.json())
	}
	out.Modifications = modificationsJSON(r.Modifications)
	return out
}

func modificationsJSON(all []Modification) (out []ModificationJSON) {
	for _, m := range all {
		out = append(out, ModificationJSON{
			Revision: m.Revision, Time: optionalTime(m.Time), Kind: m.Kind, Permitted: m.Permitted, Page: m.Page,
			Field: m.Field, Key: m.Key, Action: m.Action, Subtype: m.Subtype, Object: m.Object, Text: m.Text(),
			Old: clean(m.Old), New: clean(m.New), Detail: m.Detail, Over: m.Over, Area: m.Area.list(),
		})
	}
	return out
}

func (l *ChainLink) json() CertificateJSON {
	c := l.Certificate
	sum := sha256.Sum256(c.Raw)
	out := CertificateJSON{Subject: c.Subject.String(), Issuer: c.Issuer.String(),
		Serial: hex.EncodeToString(c.SerialNumber.Bytes()),
		SHA256: hex.EncodeToString(sum[:]), NotBefore: c.NotBefore, NotAfter: c.NotAfter, KeyUsage: usages(c),
		TrustAnchor: l.TrustAnchor, Test: l.Test}
	if rev := l.Revocation; rev != nil {
		out.Revocation = &RevocationJSON{Kind: rev.Kind, Source: rev.Source, Revoked: rev.Revoked,
			RevokedAt: optionalTime(rev.RevokedAt),
			Reason:    rev.Reason, ThisUpdate: rev.ThisUpdate, NextUpdate: optionalTime(rev.NextUpdate)}
	}
	return out
}

// usages are the names of RFC 5280 §4.2.1.3.
func usages(c *x509.Certificate) []string {
	names := []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
		"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}
	var out []string
	for i, n := range names {
		if c.KeyUsage&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}
