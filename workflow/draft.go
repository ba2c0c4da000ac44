package workflow

import (
	"time"

	"covenant/internal/words"
)

// Drafted starts a covenant.
type Drafted struct {
	Covenant      CovenantID `json:"covenant"`
	Slug          string     `json:"slug"`
	Title         string     `json:"title"`
	Year          int        `json:"year"`
	Block         BlockID    `json:"block"`
	Template      string     `json:"template"`
	Process       Digest     `json:"process"`
	Parties       []Party    `json:"parties"`
	DraftedBy     PersonID   `json:"drafted_by"`
	DraftedFor    AgencyID   `json:"drafted_for"`
	ProcessStages []StageID  `json:"process_stages"`
	// OwnProcess: the process is the block's own, not the template's.
	OwnProcess bool `json:"own_process,omitempty"`
	// Amends and Renews are the covenants that this one amends, or is next year's of.
	Amends Link `json:"amends,omitzero"`
	Renews Link `json:"renews,omitzero"`
}

// Kind is the event's name in the log.
func (Drafted) Kind() string { return "drafted" }

func (e Drafted) apply(c *Covenant) {
	c.Particulars = Particulars{
		ID: e.Covenant, Slug: e.Slug, Title: e.Title, Year: e.Year, Block: e.Block,
		Template: e.Template, Process: e.Process,
		OwnProcess: e.OwnProcess, Parties: e.Parties, Drafter: e.DraftedBy, For: e.DraftedFor,
	}
	c.Lineage.Amends, c.Lineage.Renews = e.Amends, e.Renews
	c.Phase = AwaitingRevision
}

func (e Drafted) line(s State) Line {
	l := Line{Tone: ToneNext, Text: words.F("%s khởi tạo giao ước",
		"%s started the covenant", s.Directory.AgencyName(e.DraftedFor))}
	switch {
	case !e.Amends.IsZero():
		l.Detail = words.F("Sửa đổi, bổ sung %s", "Amends %s", e.Amends.Slug)
	case !e.Renews.IsZero():
		l.Detail = words.F("Kế tiếp %s", "Follows %s", e.Renews.Slug)
	}
	return l
}

// DraftCovenant starts a covenant of a block by a drafter of the leading agency.
type DraftCovenant struct {
	ID       CovenantID
	Slug     string // readable part of its address, e.g. "2021/khoi-kinh-te-nganh"
	Title    string
	Year     int
	Block    BlockID
	Template string
	Slots    []Slot // the signature cells that the document will have
	// Amends and Renews link it with the covenant that it amends or is next year's of; see [State.MayAmend].
	Amends Link
	Renews Link
	// Process is the digest of the process to follow; zero: the template's.
	Process Digest
}

// Slot is a signature cell as the document names it.
type Slot struct {
	ID    SlotID
	Role  Role
	Unit  string
	Title string
}

func (cmd DraftCovenant) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if s.Covenant.Phase != PhaseNew {
		return nil, refuse(CodeConflict, "giao ước này đã được khởi tạo", "this covenant has already been started")
	}
	block, ok := s.Directory.Blocks[cmd.Block]
	if !ok {
		return nil, refuse(CodeNotFound, "chưa có khối thi đua %q trong danh bạ",
			"block %q is not in the directory", cmd.Block)
	}
	if cmd.ID == "" || cmd.Slug == "" || blank(cmd.Title) || cmd.Year == 0 {
		return nil, refuse(CodeInvalid, "giao ước cần có mã, đường dẫn, tên và năm",
			"a covenant needs an id, an address, a title and a year")
	}
	if !ValidSlug(cmd.Slug, cmd.Year) {
		return nil, refuse(CodeInvalid,
			"địa chỉ %q không dùng được; địa chỉ gồm năm và tên bằng chữ thường không dấu, chữ số, gạch nối, ví dụ "+
				"%d/khoi-kinh-te-nganh",
			"the address %q cannot be used; it is the year and a name of small letters without accents, digits and "+
				"hyphens, such as %d/khoi-kinh-te-nganh",
			cmd.Slug, cmd.Year)
	}
	if _, err := s.authority(by, block.Leader(), DutyDraft, now); err != nil {
		return nil, err
	}
	parties, err := matchParties(s.Directory, block, cmd.Slots)
	if err != nil {
		return nil, err
	}
	if err := fits(s.Process, parties); err != nil {
		return nil, err
	}
	e := Drafted{
		Covenant: cmd.ID, Slug: cmd.Slug, Title: cmd.Title, Year: cmd.Year, Block: cmd.Block, Template: cmd.Template,
		Process: s.Process.Digest, Parties: parties, DraftedBy: by.Person(), DraftedFor: block.Leader(),
		Amends: cmd.Amends, Renews: cmd.Renews, OwnProcess: !cmd.Process.IsZero(),
	}
	for _, stage := range s.Process.Stages {
		e.ProcessStages = append(e.ProcessStages, stage.ID)
	}
	return []Event{e}, nil
}

// fits refuses a process that these parties could never finish: one in which nobody signs.
func fits(p *Process, parties []Party) error {
	stage, ok := p.OfKind(StageSign)
	if !ok || len(State{Covenant: &Covenant{Particulars: Particulars{Parties: parties}}}.signGroups(stage)) > 0 {
		return nil
	}
	return refuse(CodeInvalid, "theo quy trình “%s”, không đơn vị nào của khối ký giao ước",
		"under the process “%s” no agency of the block signs", p.Name)
}

// matchParties holds the document's signature cells against the block: the same agencies in the same roles.
func matchParties(dir *Directory, block Block, slots []Slot) ([]Party, error) {
	var parties []Party
	roles, taken := map[AgencyID]Role{}, map[AgencyID]bool{}
	for _, m := range block.Members {
		roles[m.Agency] = m.Role
	}
	for _, slot := range slots {
		agency := AgencyID(slot.ID)
		role, ok := roles[agency]
		switch {
		case !ok:
			return nil, refuse(CodeInvalid, "ô ký %q không ứng với đơn vị nào của %s",
				"signature cell %q matches no agency of %s", slot.ID, block.Name)
		case taken[agency]:
			return nil, refuse(CodeInvalid, "đơn vị %q có hai ô ký", "agency %q has two signature cells", slot.ID)
		case role != slot.Role:
			return nil, refuse(CodeInvalid, "ô ký %q ghi vai trò %q, trong khối là %q",
				"signature cell %q says role %q, the block says %q", slot.ID, slot.Role, role)
		}
		taken[agency] = true
		parties = append(parties, Party{Agency: agency, Role: role, Slot: slot.ID, Unit: slot.Unit, Title: slot.Title})
	}
	for _, m := range block.Members {
		if !taken[m.Agency] {
			return nil, refuse(CodeInvalid, "văn bản thiếu ô ký của %s",
				"the document has no signature cell for %s", dir.AgencyName(m.Agency))
		}
	}
	return parties, nil
}

// SubmitRevision puts a revision before the agencies.
type SubmitRevision struct {
	Manifest Digest
	PDF      Digest
	Values   Digest
	Template Digest
	Parts    []ManifestPart
	Clauses  []ClauseDigest
	Note     string
	// RenderedAt is the moment that the PDF names.
	RenderedAt time.Time
	// Basis are the criteria that the values hold, where the process takes them from there.
	Basis *ScoreBasis
}

// MaySubmit refuses who may not put a revision before the agencies now, or write one.
func MaySubmit(s State, by Actor, now time.Time) (Authority, error) {
	if err := s.expect(AwaitingRevision); err != nil {
		return Authority{}, err
	}
	return s.authority(by, s.Covenant.For, DutyDraft, now)
}

func (cmd SubmitRevision) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	authority, err := MaySubmit(s, by, now)
	if err != nil {
		return nil, err
	}
	if err := cmd.differs(c); err != nil {
		return nil, err
	}
	// A changed text goes through every stage again, from the first one; a review may let approvals stand (AgainRule).
	if err := s.scoring().checkBasis(cmd.Basis); err != nil {
		return nil, err
	}
	submitted := cmd.event(c)
	submitted.Authority = authority
	return s.then([]Event{submitted}, func(s State) ([]Event, error) { return s.enter(s.Process.Stages, now) })
}

// differs refuses a revision without digest, or one that is the same as the newest.
func (cmd SubmitRevision) differs(c *Covenant) error {
	if cmd.Manifest.IsZero() || cmd.PDF.IsZero() {
		return refuse(CodeInvalid, "bản dự thảo thiếu mã tóm lược", "the revision has no digest")
	}
	if last, ok := c.Revision(); ok && last.Manifest == cmd.Manifest {
		return refuse(CodeInvalid,
			"bản dự thảo mới không khác bản %d; hãy chỉnh sửa rồi trình lại",
			"the new revision does not differ from revision %d; change it and submit again", last.Number)
	}
	return nil
}

func (cmd SubmitRevision) event(c *Covenant) RevisionSubmitted {
	return RevisionSubmitted{
		Number: len(c.Revisions) + 1, Manifest: cmd.Manifest, PDF: cmd.PDF, Values: cmd.Values, Template: cmd.Template,
		Parts: cmd.Parts, Clauses: cmd.Clauses, Note: cmd.Note, RenderedAt: cmd.RenderedAt, Basis: cmd.Basis,
	}
}
