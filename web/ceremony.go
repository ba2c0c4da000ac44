package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// A director signs several documents with one PIN and one consent. Each is still the command sign, under a key of its
// own that follows from the form's, so that a form that is sent twice signs nothing twice. The consent names every
// document with its digest, and is bound to the digests of all that the page showed: a form from which one was taken
// away, or to which one was added, on the way is not taken. Whoever holds the browser could write another consent, but
// for documents that they could sign one by one as well: each signature is decided by the rules, which hold the digest
// that was consented to against the frozen document.
//
// The PIN is in the one request that signs. It is tried for each document; the first time that the key refuses it, it
// is counted once and the rest is left.

// ceremony is the inbox of what waits for somebody's signature.
type ceremony struct{ *server }

const (
	longestBatch = 50  // documents that are shown, and signed at once
	inboxLooksAt = 200 // covenants that are looked at for them
)

// ceremonyPage is one step of the ceremony.
type ceremonyPage struct {
	basePage
	Step                string // choose, consent or result
	Papers              []paper
	Signed              []paper // of this ceremony, with those that failed for good
	More                bool
	Problem, PINProblem string
	Consent             string // digest that binds the consent to the documents
	Key, Person         string
	Action              string
}

// paper is a document that waits for the reader's signature, or was signed in this ceremony.
type paper struct {
	ID              string // covenant, cell and digest, as the form sends them
	Title, Number   string
	Path, PDF       string
	Agency, As      string // for whom and in which capacity it is signed
	Digest          string // its first eight digits
	Ticked          bool
	Tone            workflow.Tone
	Result          string
	slug            string
	slot            workflow.SlotID
	consented       workflow.Digest
	done, worthMore bool // signed; may be tried again
}

// inbox are the documents that wait for who asks.
func (s ceremony) inbox(r *request) (papers []paper, more bool, err error) {
	filter := engine.ListFilter{Phases: []workflow.Phase{workflow.AwaitingSignatures}}
	for looked := 0; looked < inboxLooksAt; {
		page, err := s.list(r, filter)
		if err != nil {
			return nil, false, fmt.Errorf("what waits for a signature: %w", err)
		}
		for _, sum := range page.Rows {
			looked++
			found, err := s.waiting(r, sum.Slug)
			if err != nil {
				return nil, false, err
			}
			papers = append(papers, found...)
		}
		if filter.After = page.Next; filter.After == "" {
			return papers[:min(len(papers), longestBatch)], len(papers) > longestBatch, nil
		}
	}
	return papers[:min(len(papers), longestBatch)], true, nil
}

// waiting are the cells of one document that wait for who asks.
func (s ceremony) waiting(r *request, slug string) (out []paper, err error) {
	v, err := s.view(r, slug)
	if err != nil {
		return nil, err
	}
	c := v.Covenant
	if c.Frozen == nil {
		return nil, nil
	}
	t := s.presenter(r, v)
	for _, p := range c.Parties {
		authority, _, err := v.MaySign(r.actor, p.Slot, v.Now)
		if err != nil {
			continue // not theirs, or not now
		}
		out = append(out, paper{
			ID: slug + " " + string(p.Slot) + " " + c.Frozen.PDF.String(), Title: c.Title, Number: c.PrintedNumber(),
			Path: address.Covenant.For(slug), PDF: address.Document.For(slug), Agency: t.agency(p.Agency),
			As: t.capacity(authority), Digest: c.Frozen.PDF.Short(), Tone: workflow.ToneWaiting,
			slug: slug, slot: p.Slot, consented: c.Frozen.PDF,
		})
	}
	return out, nil
}

func (s ceremony) page(r *request, step string) *ceremonyPage {
	p := &ceremonyPage{basePage: s.base(r, "home"), Step: step, Key: uuid.NewString(),
		Person: string(r.actor.Person()), Action: address.Signing.Of()}
	p.Title = r.text(words.Of("Văn bản chờ ký", "Documents to sign"))
	return p
}

// signing answers [address.Signing]: what waits, or, for who had to sign in again, what they were about to sign.
func (s ceremony) signing(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	w.Header().Set("Cache-Control", "no-store")
	if len(r.PostForm["vb"]) > 0 {
		return s.consent(r)
	}
	p := s.page(r, "choose")
	var err error
	p.Papers, p.More, err = s.inbox(r)
	return &answer{page: "ceremony", data: p}, err
}

// sign takes what was chosen, or signs what was consented to.
func (s ceremony) sign(w http.ResponseWriter, r *request) (*answer, error) {
	if err := (identity(s)).form(w, r); err != nil {
		return nil, err
	}
	if r.visitor.Session.ID == "" {
		return identity(s).signInKeeping(r)
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.PostFormValue("buoc") == "ky" {
		return s.signAll(r)
	}
	return s.consent(r)
}

// chosen are those of the documents that wait which the form names, by their digests as the page showed them; gone says
// which of those named wait no more, or have another text.
func (s ceremony) chosen(r *request) (papers []paper, gone int, err error) {
	all, _, err := s.inbox(r)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range r.PostForm["vb"] {
		i := slices.IndexFunc(all, func(p paper) bool { return p.ID == id })
		switch {
		case i < 0:
			gone++
		case !slices.ContainsFunc(papers, func(p paper) bool { return p.ID == id }):
			papers = append(papers, all[i])
		}
	}
	return papers, gone, nil
}

// consent asks for the one consent and the one PIN, for the documents that were chosen.
func (s ceremony) consent(r *request) (*answer, error) {
	papers, gone, err := s.chosen(r)
	if err != nil {
		return nil, err
	}
	if len(papers) == 0 {
		p := s.page(r, "choose")
		if p.Papers, p.More, err = s.inbox(r); err != nil {
			return nil, err
		}
		p.Problem = r.text(words.Of("Chưa chọn văn bản nào để ký.", "No document is chosen."))
		if gone > 0 {
			p.Problem = goneWords(r, gone)
		}
		return &answer{page: "ceremony", data: p, status: http.StatusUnprocessableEntity}, nil
	}
	p := s.consentPage(r, papers)
	if gone > 0 {
		p.Problem = goneWords(r, gone)
	}
	return &answer{page: "ceremony", data: p}, nil
}

func goneWords(r *request, gone int) string {
	return r.text(words.F("%s không còn chờ ký, hoặc đã có nội dung khác; hãy xem lại trang giao ước.",
		"%s no longer wait for this signature, or have another text; see the covenant’s page.",
		words.N(gone, "văn bản", "document", "documents")))
}

func (s ceremony) consentPage(r *request, papers []paper) *ceremonyPage {
	p := s.page(r, "consent")
	p.Papers, p.Consent = papers, consentTo(papers)
	return p
}

// consentTo is the digest by which a consent is bound to documents: of their cells and digests, in their order.
func consentTo(papers []paper) string {
	var ids []string
	for _, p := range papers {
		ids = append(ids, p.ID)
	}
	return workflow.DigestOf([]byte(strings.Join(ids, "\n"))).String()
}

// papersOf reads the documents that a form names. They may have been signed in the meantime, by this very form.
func papersOf(r *request) (papers []paper, ok bool) {
	for _, id := range r.PostForm["vb"] {
		parts := strings.Fields(id)
		if len(parts) != 3 {
			return nil, false
		}
		p := paper{ID: id, slug: parts[0], slot: workflow.SlotID(parts[1])}
		if err := p.consented.UnmarshalText([]byte(parts[2])); err != nil {
			return nil, false
		}
		papers = append(papers, p)
	}
	return papers, len(papers) > 0 && len(papers) <= longestBatch
}

// signAll signs one document after the other. It goes on when the reader leaves the page: what was signed by then is
// what they see when they come back.
func (s ceremony) signAll(r *request) (*answer, error) {
	papers, ok := papersOf(r)
	if !ok || keyOf(r) == "" {
		return nil, errDamagedForm
	}
	if consentTo(papers) != r.PostFormValue("dong-y") {
		return nil, workflow.Refusal(workflow.CodeInvalid,
			"sự đồng ý không khớp với các văn bản trong biểu mẫu; chưa ký văn bản nào, hãy mở lại trang",
			"the consent does not fit the documents in the form; nothing was signed, open the page again")
	}
	for i := range papers {
		if err := s.named(r, &papers[i]); err != nil {
			return nil, err
		}
	}
	if r.PostFormValue("y") == "" || r.PostFormValue("pin") == "" {
		p := s.consentPage(r, papers)
		p.Key = r.PostFormValue("khoa")
		p.PINProblem = r.text(words.Of("Cần đánh dấu đồng ý và nhập mã PIN.", "Tick the consent and enter the PIN."))
		return &answer{page: "ceremony", data: p, status: http.StatusUnprocessableEntity}, nil
	}
	ctx := context.WithoutCancel(r.Context())
	for i := range papers {
		err := s.signOne(ctx, r, &papers[i])
		var key *engine.KeyRefused
		if errors.As(err, &key) {
			return s.keyRefused(r, papers, i, err)
		}
	}
	p := s.page(r, "result")
	p.Signed = papers
	return &answer{page: "ceremony", data: p, status: worst(papers)}, nil
}

// worst is the status of a ceremony: that something was not signed is told to programs, too.
func worst(papers []paper) int {
	if slices.ContainsFunc(papers, func(p paper) bool { return !p.done }) {
		return http.StatusConflict
	}
	return http.StatusOK
}

// named fills in what a page says of a document.
func (s ceremony) named(r *request, p *paper) error {
	v, err := s.view(r, p.slug)
	if err != nil {
		return err
	}
	t := s.presenter(r, v)
	p.Title, p.Number, p.Digest = v.Covenant.Title, v.Covenant.PrintedNumber(), p.consented.Short()
	p.Path, p.PDF = address.Covenant.For(p.slug), address.Document.For(p.slug)
	for _, party := range v.Covenant.Parties {
		if party.Slot == p.slot {
			p.Agency = t.agency(party.Agency)
		}
	}
	return nil
}

// signOne signs one document. What it comes to stands in the paper; the error is for what stops the others, too.
func (s ceremony) signOne(ctx context.Context, r *request, p *paper) error {
	fields, err := catalogue.Encode(engine.SignRequest{Slot: p.slot, PIN: r.PostFormValue("pin"),
		Consented: p.consented})
	if err != nil {
		return err
	}
	_, err = catalogue.Do(ctx, s.engine, r.actor, catalogue.Call{Command: "sign", Address: p.slug,
		Key: signatureKey(r, p.ID), Fields: fields, Language: r.lang, Network: peer(r.Request)})
	var refusal *workflow.Error
	switch {
	case err == nil:
		p.done, p.Tone, p.Result = true, workflow.ToneDone, r.text(words.Of("Đã ký", "Signed"))
	case errors.As(err, &refusal):
		p.Tone, p.Result = workflow.ToneStopped, fullSentence(refusal.In(r.lang))
	default:
		s.log.Error("a signature of a ceremony", "ref", r.ref, "covenant", p.slug, "err", err)
		p.Tone, p.worthMore = workflow.ToneStopped, true
		p.Result = r.text(words.F("Chưa ký được do sự cố; văn bản nguyên vẹn và có thể ký tiếp. Số tra cứu %s.",
			"Not signed because of a fault; the document is unchanged and can be signed again. Reference %s.", r.ref))
	}
	return err
}

// signatureKey is the key of one signature of a ceremony: it follows from the form's key and the document.
func signatureKey(r *request, id string) string {
	return keyOf(r) + "/" + workflow.DigestOf([]byte(id)).String()
}

// keyRefused asks for the PIN again, for what is left; what was signed before it is said.
func (s ceremony) keyRefused(r *request, papers []paper, at int, err error) (*answer, error) {
	p := s.consentPage(r, papers[at:])
	for i := range p.Papers {
		p.Papers[i].Result = ""
	}
	p.Signed, p.Key = papers[:at], r.PostFormValue("khoa")
	var refusal *workflow.Error
	if errors.As(err, &refusal) {
		p.PINProblem = fullSentence(refusal.In(r.lang))
	}
	return &answer{page: "ceremony", data: p, status: engine.HTTPStatus(err)}, nil
}

// Left are the documents of a result that can be tried again.
func (p *ceremonyPage) Left() (out []paper) {
	for _, one := range p.Signed {
		if one.worthMore {
			out = append(out, one)
		}
	}
	return out
}

// Count is how many of the results are signatures.
func (p *ceremonyPage) Count() (n int) {
	for _, one := range p.Signed {
		if one.done {
			n++
		}
	}
	return n
}
