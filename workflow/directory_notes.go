package workflow

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
)

// CertificateQuestioned says that a certificate has to be confirmed again before it may be used: its holder's name in
// the directory became another one.
type CertificateQuestioned struct {
	Issuer string   `json:"issuer"`
	Serial string   `json:"serial"`
	SHA256 Digest   `json:"sha256,omitzero"`
	Person PersonID `json:"person"`
	By     string   `json:"by,omitempty"` // who changed the name, as the log names them: somebody else confirms
}

// Kind is the event's name in the log.
func (CertificateQuestioned) Kind() string { return "certificate_questioned" }

func (e CertificateQuestioned) applyTo(d *Directory) {
	if b := d.binding(Certificate{e.Issuer, e.Serial, e.SHA256}); b != nil {
		b.Pending, b.BoundBy, b.ConfirmedBy = true, e.By, ""
	}
}

func (e CertificateQuestioned) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("~ chứng thư số %s của %s: chờ xác nhận lại, vì tên trong danh bạ "+
		"đã đổi",
		"~ certificate %s of %s: to be confirmed again, since the name in the directory has changed", e.Serial,
		s.Directory.PersonName(e.Person))}
}

// sameName reports whether two names are one person's as different hands write it: capitals, spaces and accents aside.
func sameName(a, b string) bool { return foldName(a) == foldName(b) }

// NameAgrees reports whether the name in a certificate is a holder's, with whatever authorities write around it.
func NameAgrees(certificate, holder string) bool {
	return holder != "" && strings.Contains(" "+foldName(certificate)+" ", " "+foldName(holder)+" ")
}

func foldName(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), name)
	if err != nil {
		plain = name
	}
	plain = strings.NewReplacer("đ", "d", "Đ", "d").Replace(plain)
	return strings.Join(strings.Fields(strings.ToLower(plain)), " ")
}

// renamed refuses a person's code that turns into somebody else's, unless the file says that it is the same person
// under another name; then their certificates are to be confirmed again, by somebody else than who applies the file.
func (c *directoryChanges) renamed(p BlockFilePerson) {
	have, known := c.state.Directory.People[p.ID]
	if !known || have.Name.Text == "" || sameName(have.Name.Text, p.Name) {
		return
	}
	if p.Was != have.Name.Text {
		c.problems = append(c.problems, words.F(
			"mã người %[1]q đang là %[2]s, trong tệp là %[3]s; người khác phải có mã khác, còn nếu cùng một người "+
				"đổi tên "+
				"thì ghi was: %[2]s",
			"the code %[1]q is %[2]s's, the file says %[3]s; another person needs another code, and where it is the "+
				"same "+
				"person under another name, write was: %[2]s", p.ID, have.Name.Text, p.Name))
		return
	}
	for _, b := range c.state.Directory.Bindings {
		if b.Person == p.ID && b.Ended.IsZero() && !b.Pending {
			c.add(CertificateQuestioned{Issuer: b.Issuer, Serial: b.Serial, SHA256: b.SHA256, Person: p.ID,
				By: c.by.identity()})
		}
	}
}

// Notes are what is to be known before a block file is applied, beside what it changes: who and which duty stand in the
// directory and no more in the file, and which duties nobody would have.
func (d *Directory) Notes(f *BlockFile, s State, now time.Time) (out []words.Text) {
	say := func(vi, en string, args ...any) { out = append(out, words.F(vi, en, args...)) }
	today := s.today(now)
	listed, duties := map[AgencyID]bool{}, map[PositionID][]Duty{}
	for _, a := range f.Agencies {
		listed[a.ID] = true
		for _, p := range a.People {
			duties[p.position(a.ID).ID] = p.Duties
		}
	}
	for _, m := range d.Blocks[f.Block.ID].Members {
		if !listed[m.Agency] {
			say("%s không còn trong tệp và sẽ không còn là thành viên của khối",
				"%s is not in the file and will no longer be a member of the block", d.AgencyName(m.Agency))
		}
	}
	for _, a := range f.Agencies {
		for _, p := range d.positionsOf(a.ID) {
			if !p.Holds(today) {
				continue
			}
			wanted, kept := duties[p.ID]
			if !kept {
				say("%[1]s (%[2]s, %[3]s) không còn trong tệp; chức vụ được giữ nguyên, nếu đã thôi giữ thì ghi bằng "+
					"covenant "+
					"directory leave %[4]s",
					"%[1]s (%[2]s, %[3]s) is not in the file; the position stays as it is: if it has ended, say so "+
						"by covenant "+
						"directory leave %[4]s", d.PersonName(p.Person), p.Title, d.AgencyName(a.ID), p.ID)
				continue
			}
			for _, duty := range p.Duties {
				if !slices.Contains(wanted, duty) {
					say("%[1]s (%[2]s) không còn nhiệm vụ %[3]s", "%[1]s (%[2]s) no longer has the duty to %[3]s",
						d.PersonName(p.Person), d.AgencyName(a.ID), duty.Words())
				}
			}
		}
	}
	c := &directoryChanges{State{Directory: d.clone(), Calendar: s.Calendar}, Actor{}, now, nil, nil}
	block := Block{ID: f.Block.ID}
	for _, a := range f.Agencies {
		block.Members = append(block.Members, BlockMember{a.ID, a.Role})
		c.state.Directory.Agencies[a.ID] = a.agency()
		for _, p := range a.People {
			c.person(a.ID, p)
		}
	}
	for _, gap := range c.state.Directory.Gaps(block, today) {
		out = append(out, gap.Text)
	}
	return out
}
