package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"covenant/workflow/store/db"
)

// Commitment stands in the chain for a piece of personal data. Its second form is "2:" and, in hexadecimal, SHA-256
// over
// a label, a random salt of 32 bytes, the subject and the text, each after its length as eight bytes, big-endian: no
// byte
// can move from one part to the next. The first, of v0.1, is the bare SHA-256 of salt and text, which says where the
// salt
// ends only because a salt has 32 bytes; it leaves the subject out. Either says nothing once salt and text are erased.
type Commitment string

const (
	saltSize        = 32
	commitmentForm  = "2:"
	commitmentLabel = "covenant/personal-data/2" // of nothing else that is hashed here
)

// Old reports whether the commitment is of the first form.
func (c Commitment) Old() bool { return !strings.HasPrefix(string(c), commitmentForm) }

// opening is what a commitment commits to.
type opening struct {
	commitment    Commitment
	subject, text string
	salt          []byte
	erased        bool
}

func commit(subject, text string) (opening, error) {
	if strings.ContainsRune(text+subject, 0) {
		return opening{}, errors.New("personal data hold a NUL character")
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return opening{}, fmt.Errorf("salt: %w", err)
	}
	return opening{commitment: commitmentOf(salt, subject, text), subject: subject, text: text, salt: salt}, nil
}

func commitmentOf(salt []byte, subject, text string) Commitment {
	h := sha256.New()
	for _, part := range []string{commitmentLabel, string(salt), subject, text} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return Commitment(commitmentForm + hex.EncodeToString(h.Sum(nil)))
}

// oldCommitmentOf is the first form.
func oldCommitmentOf(salt []byte, text string) Commitment {
	sum := sha256.Sum256(append(slices.Clone(salt), text...))
	return Commitment(hex.EncodeToString(sum[:]))
}

// seal replaces every {"personal": text} in v by {"commitment": hash} and collects what it took out.
// An object may also name its "subject" (whose data these are), which is taken out as well.
func seal(v any, found *[]opening) (any, error) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			sealed, err := seal(v[i], found)
			if err != nil {
				return nil, err
			}
			v[i] = sealed
		}
	case map[string]any:
		if _, ok := v["personal"]; ok {
			return sealPersonal(v, found)
		}
		if _, ok := v["commitment"]; ok && len(v) == 1 {
			return nil, errors.New(`an object of "commitment" alone is reserved for sealed personal data`)
		}
		for k := range v {
			sealed, err := seal(v[k], found)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			v[k] = sealed
		}
	}
	return v, nil
}

func sealPersonal(v map[string]any, found *[]opening) (any, error) {
	text, isText := v["personal"].(string)
	subject, _ := v["subject"].(string)
	erased, _ := v["erased"].(bool)
	for k := range v {
		if !isText || k != "personal" && k != "subject" && k != "erased" {
			return nil, fmt.Errorf(`an object with "personal" must hold a text and at most "subject" beside, not %q`, k)
		}
	}
	if erased {
		return map[string]any{"erased": true}, nil
	}
	o, err := commit(subject, text)
	if err != nil {
		return nil, err
	}
	*found = append(*found, o)
	return map[string]any{"commitment": string(o.commitment)}, nil
}

// unseal is the inverse of seal, with lookup giving the openings.
func unseal(v any, lookup func(Commitment) (opening, error)) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = unseal(v[i], lookup); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if c, ok := v["commitment"].(string); ok && len(v) == 1 {
			return unsealPersonal(Commitment(c), lookup)
		}
		if erased, ok := v["erased"].(bool); ok && erased && len(v) == 1 {
			return map[string]any{"personal": "", "erased": true}, nil
		}
		for k := range v {
			if v[k], err = unseal(v[k], lookup); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func unsealPersonal(c Commitment, lookup func(Commitment) (opening, error)) (any, error) {
	o, err := lookup(c)
	if err != nil {
		return nil, err
	}
	if o.erased {
		return map[string]any{"personal": "", "erased": true}, nil
	}
	personal := map[string]any{"personal": o.text}
	if o.subject != "" {
		personal["subject"] = o.subject
	}
	return personal, nil
}

// openingsOf reads a stream's personal data at once where the rows name more than a few pieces. The openings have no
// salt: they are for reading, not for proving.
func (tx subjects) openingsOf(
	ctx context.Context, stream Stream, rows []db.StreamEventsRow,
) (map[Commitment]opening, error) {
	const few = 4
	named := 0
	for _, r := range rows {
		named += min(len(r.Address), 1) + strings.Count(r.Payload, `"commitment"`)
	}
	if named <= few {
		return nil, nil
	}
	found, err := tx.q.StreamPersonal(ctx, string(stream))
	if err != nil {
		return nil, classify(err, "personal data of stream "+string(stream))
	}
	known := make(map[Commitment]opening, len(found))
	for _, r := range found {
		c := Commitment(r.Commitment)
		known[c] = opening{commitment: c, subject: r.Subject, text: r.Body, erased: r.ErasedAt != 0}
	}
	return known, nil
}

// openings looks commitments up, each at most once and those known not at all.
func (tx subjects) openings(ctx context.Context, known map[Commitment]opening) func(Commitment) (opening, error) {
	if known == nil {
		known = map[Commitment]opening{}
	}
	return func(c Commitment) (opening, error) {
		if o, ok := known[c]; ok {
			return o, nil
		}
		row, err := tx.q.Personal(ctx, string(c))
		if err != nil {
			return opening{}, classify(err, "personal data "+string(c))
		}
		o := opening{commitment: c, subject: row.Subject, text: row.Body, salt: row.Salt, erased: row.ErasedAt != 0}
		known[c] = o
		return o, nil
	}
}

func (tx subjects) saveOpenings(ctx context.Context, stream Stream, at time.Time, openings []opening) error {
	for _, o := range openings {
		err := tx.q.InsertPersonal(ctx, db.InsertPersonalParams{Commitment: string(o.commitment),
			Stream:  string(stream),
			Subject: o.subject, Salt: o.salt, Body: o.text, RecordedAt: millis(at)})
		if err != nil {
			return classify(err, "save personal data")
		}
	}
	return nil
}

// Opening is one piece of personal data with what proves that an event meant it.
type Opening struct {
	Commitment Commitment `json:"commitment"`
	Salt       []byte     `json:"salt"` // 32 bytes; empty when erased
	Subject    string     `json:"subject,omitempty"`
	Text       string     `json:"text"`
	Erased     bool       `json:"-"`
}

// Open gives text and salt of a commitment, for evidence.
func (tx subjects) Open(ctx context.Context, c Commitment) (Opening, error) {
	o, err := tx.openings(ctx, nil)(c)
	return Opening{Commitment: c, Salt: o.salt, Subject: o.subject, Text: o.text, Erased: o.erased}, err
}

// Holds reports whether the opening is what its commitment says. An erased one never does, nor does one of the first
// form whose salt has not its 32 bytes: words may have been moved between salt and text.
func (o Opening) Holds() bool {
	switch {
	case o.Erased || len(o.Salt) != saltSize:
		return false
	case o.Commitment.Old():
		return oldCommitmentOf(o.Salt, o.Text) == o.Commitment
	}
	return commitmentOf(o.Salt, o.Subject, o.Text) == o.Commitment
}

// Ambiguous reports whether the opening is one of the first form that agrees with its commitment only if its salt may
// end elsewhere: what is text and what is salt cannot be told.
func (o Opening) Ambiguous() bool {
	return !o.Erased && o.Commitment.Old() && len(o.Salt) != saltSize && oldCommitmentOf(o.Salt, o.Text) == o.Commitment
}

// ErasureStream is the log of what was erased by right. Its events have the kind ErasureKind and name the commitments:
// personal data that are erased without one were erased by nobody who had the right.
const (
	ErasureStream Stream = "erasures"
	ErasureKind   string = "personal_data_erased"
)

// Erasure is the payload of an event of ErasureStream.
type Erasure struct {
	Commitments []Commitment `json:"commitments"`
	Reason      string       `json:"reason"`
}

// Erase removes text and salt of one piece of personal data, and records that. The chain that holds its commitment
// still
// verifies; loading gives {"personal": "", "erased": true}. Erasing twice is ErrNotFound.
func (tx subjects) Erase(ctx context.Context, by Envelope, c Commitment, reason string) error {
	n, err := tx.q.ErasePersonal(ctx, db.ErasePersonalParams{Commitment: string(c), Salt: []byte{},
		ErasedAt: millis(by.At), Reason: reason})
	if err := exactly(n, err, "erase personal data "+string(c)); err != nil {
		return err
	}
	return tx.recordErasure(ctx, by, Erasure{[]Commitment{c}, reason})
}

// EraseSubject removes all personal data recorded with this subject, records that, and tells how many pieces there
// were.
func (tx subjects) EraseSubject(ctx context.Context, by Envelope, subject, reason string) (int, error) {
	about := "erase personal data of " + subject
	found, err := tx.q.CommitmentsOfSubject(ctx, subject)
	if err != nil || len(found) == 0 {
		return 0, classify(err, about)
	}
	n, err := tx.q.EraseSubject(ctx, db.EraseSubjectParams{Subject: subject, Salt: []byte{}, ErasedAt: millis(by.At),
		Reason: reason})
	if err != nil {
		return 0, classify(err, about)
	}
	erased := Erasure{convert(found, func(c string) Commitment { return Commitment(c) }), reason}
	return int(n), tx.recordErasure(ctx, by, erased)
}

func (tx subjects) recordErasure(ctx context.Context, by Envelope, what Erasure) error {
	tx.OnCommit(func() { tx.emptyLog(ctx) })
	payload, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("record an erasure: %w", err)
	}
	_, err = tx.Append(ctx, ErasureStream, AnyVersion, by, []Payload{{ErasureKind, payload}})
	return err
}
