package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// accountPage is one's own: keys and certificates to sign with, and the browsers in which one is signed in.
type accountPage struct {
	basePage
	Certificates []certificateRow
	Sessions     []sessionRow
	EndAction    string
	KeyAction    string
	Key          string // of the form
	Problem      string // with the key that was to be enrolled
	Enrolled     bool
}

// certificateRow is a certificate that is bound to the reader.
type certificateRow struct {
	Issuer, Serial, State, Tone, Since string
}

type sessionRow struct {
	ID, Agent, Network, Method, Since, Seen string
	This                                    bool
}

func (s identity) account(w http.ResponseWriter, r *request) (*answer, error) {
	if r.visitor.Session.ID == "" {
		return signInFirst(w, r)
	}
	p, err := s.accountPage(r)
	if err != nil {
		return nil, err
	}
	p.Enrolled = r.URL.Query().Has("xong")
	return &answer{page: "account", data: p}, nil
}

func (s identity) accountPage(r *request) (*accountPage, error) {
	p := &accountPage{basePage: s.base(r, ""), EndAction: address.Session.Of(), KeyAction: address.Key.Of(),
		Key: uuid.NewString()}
	p.Title = r.text(words.Of("Tài khoản", "Account"))
	all, err := s.engine.Sessions(r.Context(), r.actor)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	methods := map[string]words.Text{engine.ByPassword: words.Of("mật khẩu", "password"),
		engine.ByLink: words.Of("liên kết của bản trình diễn", "link of the demonstration")}
	for _, x := range all {
		p.Sessions = append(p.Sessions, sessionRow{ID: x.ID, Agent: x.Agent, Network: x.Network,
			Method: r.text(methods[x.Method]), Since: displayTime(x.CreatedAt, s.zone),
			Seen: displayTime(x.SeenAt, s.zone), This: x.ID == r.visitor.Session.ID})
	}
	bound, err := s.engine.CertificatesOf(r.Context(), r.actor)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	for _, b := range slices.Backward(bound) {
		p.Certificates = append(p.Certificates, s.certificate(r, b))
	}
	return p, nil
}

func (s identity) certificate(r *request, b workflow.CertificateBinding) certificateRow {
	row := certificateRow{Issuer: b.Issuer, Serial: b.Serial, Since: displayTime(b.Since, s.zone), Tone: "done",
		State: r.text(words.Of("dùng được", "in use"))}
	switch {
	case !b.Ended.IsZero():
		row.Tone, row.State = "stopped", r.text(words.F("đã gỡ: %s", "unbound: %s", b.Reason))
	case b.Pending:
		row.Tone, row.State = "waiting", r.text(words.Of("chờ quản trị xác nhận; trước đó chưa ký được",
			"waits for an administrator’s confirmation; it cannot sign before"))
	}
	return row
}

// enrol has the server keep a key of who is signed in, under a PIN of theirs.
func (s identity) enrol(w http.ResponseWriter, r *request) (*answer, error) {
	if err := fileForm(w, r); err != nil {
		return nil, err
	}
	if r.visitor.Session.ID == "" {
		return nil, errSignInFirst
	}
	err := s.enrolKey(r)
	var refusal *workflow.Error
	if errors.As(err, &refusal) {
		p, pageErr := s.accountPage(r)
		if pageErr != nil {
			return nil, pageErr
		}
		p.Problem = fullSentence(refusal.In(r.lang))
		return &answer{page: "account", data: p, status: engine.HTTPStatus(err)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("enrol a key: %w", err)
	}
	http.Redirect(w, r.Request, address.Account.Of()+"?xong", http.StatusSeeOther)
	return nil, nil
}

func (s identity) enrolKey(r *request) error {
	if r.PostFormValue("pin") != r.PostFormValue("again") {
		return workflow.Refusal(workflow.CodeInvalid, "hai lần nhập mã PIN không giống nhau",
			"the two PINs are not the same")
	}
	file, err := uploaded(r, fieldRow{Name: "pkcs12"})
	if err != nil {
		return err
	}
	data, _ := file.([]byte)
	if len(data) == 0 {
		return workflow.Refusal(workflow.CodeInvalid, "chưa chọn tệp khóa (.p12 hoặc .pfx)",
			"choose a key file (.p12 or .pfx)")
	}
	fields, err := catalogue.Encode(catalogue.Key{Person: r.actor.Person(), PKCS12: data,
		Password: r.PostFormValue("password"), PIN: r.PostFormValue("pin")})
	if err != nil {
		return err
	}
	_, err = catalogue.Do(r.Context(), s.engine, r.actor, catalogue.Call{Command: "keep-key", Key: keyOf(r),
		Fields: fields, Language: r.lang, Network: peer(r.Request)})
	return err
}

func (s identity) endSession(w http.ResponseWriter, r *request) (*answer, error) {
	if err := s.form(w, r); err != nil {
		return nil, err
	}
	if r.visitor.Session.ID == "" {
		return nil, errSignInFirst
	}
	if err := s.engine.EndSession(r.Context(), r.actor, r.PostFormValue("id")); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	http.Redirect(w, r.Request, address.Account.Of(), http.StatusSeeOther)
	return nil, nil
}
