package engine

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/signing/trust"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Whether a covenant can reach its end is asked in one place: what its process, the directory and the calendar say is
// [workflow.State.Foresee]; what the installation has, and whether the certificates of those who are to sign will do,
// is added here. Before a number is taken and before the document is frozen, it must be clean, or accepted by an
// administrator; it is told with every command that leads there, on the page, by show and
// doctor, and each night by mail.

// outlook is what stands in the way of covenants.
type outlook struct{ *Engine }

// foreseen remembers answers: they change with the covenant, the directory, the day, and what was configured.
type foreseen struct {
	mu      sync.Mutex
	answers map[foreseenKey][]workflow.Obstacle
}

type foreseenKey struct {
	covenant           workflow.CovenantID
	version, directory int64
	day                workflow.Date
}

const maxForeseen = 512

// obstacles are all that stands between a covenant and its end.
func (e outlook) obstacles(ctx context.Context, tx *store.Tx, s workflow.State) ([]workflow.Obstacle, error) {
	key := foreseenKey{s.Covenant.ID, s.Covenant.Version, s.Directory.Version, e.today()}
	e.foreseen.mu.Lock()
	known, ok := e.foreseen.answers[key]
	e.foreseen.mu.Unlock()
	if ok {
		return known, nil
	}
	all := s.Foresee(e.Now())
	if !s.Covenant.Phase.Ended() && s.Process != nil {
		all = append(all, e.equipment(s)...)
		more, err := e.certificates(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	e.foreseen.mu.Lock()
	defer e.foreseen.mu.Unlock()
	if e.foreseen.answers == nil || len(e.foreseen.answers) >= maxForeseen {
		e.foreseen.answers = map[foreseenKey][]workflow.Obstacle{}
	}
	e.foreseen.answers[key] = all
	return all, nil
}

// Obstacles are what stands between the covenant at an address and its end, for whoever may know of it.
func (e outlook) Obstacles(
	ctx context.Context, by workflow.Actor, id workflow.CovenantID,
) (all []workflow.Obstacle, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		s, err := e.state(ctx, tx, id)
		if err != nil || s.MayRead(by, e.today()).Scope < workflow.ReadStanding {
			return err
		}
		all, err = e.obstacles(ctx, tx, s)
		return err
	})
	return all, err
}

// clear refuses to go on with a covenant of which it is known that it cannot reach its end.
func (e outlook) clear(ctx context.Context, tx *store.Tx, s workflow.State) error {
	all, err := e.obstacles(ctx, tx, s)
	if err != nil {
		return err
	}
	open := s.Covenant.Unaccepted(all)
	if len(open) == 0 {
		return nil
	}
	texts := make([]words.Text, 0, len(open))
	for _, o := range open {
		texts = append(texts, words.F("%s [%s]", "%s [%s]", o.Text, o.Code))
	}
	return workflow.Refusal(workflow.CodeWrongState,
		"giao ước này chưa thể đi đến cùng, nên chưa cấp số và chưa chốt văn bản:\n  %[1]s\nHãy khắc phục; hoặc quản "+
			"trị "+
			"chấp nhận bằng lệnh accept-obstacles với mã trong ngoặc vuông",
		"this covenant cannot reach its end as it is, so it is neither numbered nor frozen:\n  %[1]s\nMend that; or "+
			"an "+
			"administrator accepts it by accept-obstacles with the codes in brackets",
		words.Join("\n  ", texts...))
}

// acceptObstacles records that an administrator has a covenant go on in spite of obstacles that there are: nobody can
// accept beforehand what is not known.
func (e outlook) acceptObstacles(
	ctx context.Context, id workflow.CovenantID, cmd workflow.AcceptObstacles, meta Meta,
) (Outcome, error) {
	return e.do(ctx, id, cmd, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
		if _, err := workflow.Decide(s, meta.Actor, cmd, e.Now()); err != nil {
			return nil, err
		}
		all, err := e.obstacles(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		for _, code := range cmd.Obstacles {
			if !slices.ContainsFunc(all, func(o workflow.Obstacle) bool { return o.Code == code }) {
				return nil, workflow.Refusal(workflow.CodeNotFound,
					"không có vướng mắc mang mã %q; lệnh show liệt kê chúng",
					"there is no obstacle with the code %q; show lists them", code)
			}
		}
		return cmd, nil
	})
}

// equipment is what the installation lacks for the rest of a covenant's way. What it looks at is configured by the
// operator.
func (e outlook) equipment(s workflow.State) (out []workflow.Obstacle) {
	add := func(code string, stops bool, vi, en string, args ...any) {
		out = append(out, workflow.Obstacle{Code: code, Stops: stops, Mend: workflow.MendAdministrator,
			Text: words.F(vi, en, args...)})
	}
	c := s.Covenant
	_, signs := s.Process.OfKind(workflow.StageSign)
	signs = signs && c.InForce.IsZero()
	if signs && e.TSA == nil { // B-LT, which every covenant reaches, needs time-stamps
		add("timestamp", true, "Chưa cấu hình máy chủ dấu thời gian (tsa), nên chữ ký không đạt mức quy trình yêu cầu",
			"No time-stamp authority is configured (tsa), so that signatures cannot reach the level that the process "+
				"asks for")
	}
	if signs && len(e.Roots.Entries()) == 0 {
		add("roots", true, "Chưa cấu hình chứng thư gốc được tin cậy (trust), nên không chữ ký nào được công nhận",
			"No trusted roots are configured (trust), so that no signature can be accepted")
	}
	if c.Frozen == nil && signs && !reachable(e.PublicURL) {
		add("address", false,
			"Địa chỉ công khai là “%s”, chỉ máy này mở được; mã QR trên văn bản sẽ mang địa chỉ ấy mãi mãi. Hãy đặt "+
				"public_url",
			"The public address is “%s”, which only this machine can open; the QR code on the document will keep it "+
				"for good. "+
				"Set public_url", e.PublicURL)
	}
	if e.Mail.Addr == "" {
		add("mail", false, "Chưa cấu hình máy chủ thư (smtp), nên không ai nhận được thư mời và thư nhắc",
			"No mail server is configured (smtp), so that nobody receives requests and reminders")
	}
	return out
}

// reachable reports whether an address can be meant for others than this machine.
func reachable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return !strings.EqualFold(u.Hostname(), "localhost") && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified())
}

// certificates looks at the kept keys of those who are still to sign: what is wrong with one would be found out with
// the signature, or after the last one.
func (e outlook) certificates(
	ctx context.Context, tx *store.Tx, s workflow.State,
) (out []workflow.Obstacle, err error) {
	if !s.Covenant.InForce.IsZero() || len(e.Roots.Entries()) == 0 {
		return nil, nil
	}
	for _, a := range s.Unsigned() {
		holders := s.Directory.HoldersIn(s.Covenant.ID, a, workflow.DutySign, e.today())
		for _, h := range holders {
			keys, err := tx.KeysOf(ctx, string(personKey(h.ID)))
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(keys, func(k store.SealedKey) bool { return k.RetiredAt.IsZero() })
			if i < 0 {
				continue // a token, another service, or a key still to be enrolled
			}
			id, err := parseCertificates(keys[i].Certificates)
			if err != nil {
				return nil, err
			}
			out = append(out, e.certificate(ctx, s, h.Person, id, len(holders) == 1)...)
		}
	}
	return out, nil
}

func (e outlook) certificate(
	ctx context.Context, s workflow.State, p workflow.Person, id signing.Identity, only bool,
) (out []workflow.Obstacle) {
	add := func(stops bool, kind, vi, en string, args ...any) {
		out = append(out, workflow.Obstacle{Code: fmt.Sprintf("%s/%s", kind, p.ID), Mend: workflow.MendHolder,
			Text: words.F(vi, en, args...), Stops: stops})
	}
	cert, name := id.Certificate, p.Name.Text
	if err := unusable(signing.CheckCertificate(ctx, cert, id.Chain, trust.Signature,
		signing.VerifyOptions{Roots: e.Roots})); err != nil {
		add(only, "certificate", "%[1]s: %[2]s", "%[1]s: %[2]s", name, workflow.ErrorText(err))
	}
	if !namesRevocation(cert) {
		add(only, "revocation", "Chứng thư số của %s không nêu nơi tra cứu thu hồi (OCSP, CRL), nên văn bản không "+
			"hoàn tất được",
			"The certificate of %s names no way to its revocation data (OCSP, CRL), so that the document cannot be "+
				"completed",
			name)
	}
	if due := s.Covenant.Due; s.Covenant.Phase == workflow.AwaitingSignatures && !due.Date.IsZero() &&
		cert.NotAfter.Before(due.End(e.Calendar.Zone())) {
		add(false, "expires", "Chứng thư số của %[1]s hết hạn ngày %[2]s, trước hạn ký",
			"The certificate of %[1]s expires on %[2]s, "+
				"before the signing is due", name, e.Calendar.Today(cert.NotAfter).Display())
	}
	if s.Directory.CertificatePending(certificateOf(cert)) {
		add(false, "pending", "Chứng thư số của %s đang chờ quản trị xác nhận",
			"The certificate of %s waits for an administrator's "+
				"confirmation", name)
	}
	return out
}

// namesRevocation reports whether a certificate names where its revocation data are (RFC 5280 §4.2.1.13, §4.2.2.1). Its
// issuer wrote that.
func namesRevocation(cert *x509.Certificate) bool {
	return len(cert.OCSPServer) > 0 || len(cert.CRLDistributionPoints) > 0
}
