package workflow

import (
	"time"

	"covenant/internal/words"
)

// RegisterEntry names one number of the register of documents (sổ đăng ký văn bản).
type RegisterEntry struct {
	Book   string `json:"book"`
	Year   int    `json:"year"`
	Number int    `json:"number"`
}

// Events of the register: what clerks do with numbers by hand. Numbers of covenants are told of
// in the covenants' own logs.
type (
	// NumberReserved says that a number is kept back for something that comes later.
	NumberReserved struct {
		RegisterEntry
		For    string   `json:"for"` // what it is kept for
		Agency AgencyID `json:"agency"`
		Person PersonID `json:"person"`
	}
	// NumberEntered says that a number was given on paper, and for which document.
	NumberEntered struct {
		RegisterEntry
		Symbol string   `json:"symbol"`
		Date   Date     `json:"date"`
		Title  string   `json:"title"`
		Agency AgencyID `json:"agency"`
		Person PersonID `json:"person"`
	}
	// NumberExplained says why a number will never stand on a document: a gap, or a reservation that was not used.
	NumberExplained struct {
		RegisterEntry
		Reason string   `json:"reason"`
		Agency AgencyID `json:"agency"`
		Person PersonID `json:"person"`
	}
)

// Kind is the event's name in the log.
func (NumberReserved) Kind() string  { return "number_reserved" }
func (NumberEntered) Kind() string   { return "number_entered" }
func (NumberExplained) Kind() string { return "number_explained" }

func (e NumberExplained) line(s State) Line {
	return Line{
		Tone: ToneStopped,
		Text: words.F("%s giải thích số %02d không dùng, sổ %s năm %d",
			"%s explained why number %02d of book %s, %d, is not used",
			s.Directory.AgencyName(e.Agency), e.Number, e.Book, e.Year),
		Detail: words.Same(e.Reason),
	}
}

func (e NumberEntered) line(s State) Line {
	return Line{
		Tone: ToneDone,
		Text: words.F("%s ghi vào sổ %s năm %d: số %s, ngày %s", "%s entered in book %s of %d: number %s, dated %s",
			s.Directory.AgencyName(e.Agency), e.Book, e.Year, printedNumber(e.Number, e.Symbol), e.Date.Display()),
		Detail: words.Same(e.Title),
	}
}

func (e NumberReserved) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s giữ lại số %02d, sổ %s năm %d", "%s kept back number %02d of book %s, %d",
			s.Directory.AgencyName(e.Agency), e.Number, e.Book, e.Year),
		Detail: words.Same(e.For),
	}
}

// check refuses what is no number of a register, and who may not keep it.
func (e RegisterEntry) check(s State, by PersonID, agency AgencyID, now time.Time) error {
	if e.Book == "" || e.Number < 1 || e.Year < 2000 || e.Year > 9999 {
		return refuse(CodeInvalid, "cần ghi sổ, năm và số (từ 1)", "name the book, the year and the number (from 1)")
	}
	_, err := s.Directory.Authority(by, agency, DutyNumber, s.today(now))
	return err
}

// ReserveNumber keeps a number back, by a clerk of the agency whose book it is.
type ReserveNumber struct {
	RegisterEntry
	Agency AgencyID `json:"agency,omitzero"`
	For    string   `json:"for,omitzero"`
}

func (cmd ReserveNumber) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := cmd.check(s, by.Person(), cmd.Agency, now); err != nil {
		return nil, err
	}
	if blank(cmd.For) {
		return nil, refuse(CodeInvalid, "cần ghi số được giữ cho việc gì", "say what the number is kept for")
	}
	return []Event{NumberReserved{cmd.RegisterEntry, cmd.For, cmd.Agency, by.Person()}}, nil
}

// EnterNumber records a number that was given on paper.
type EnterNumber struct {
	RegisterEntry
	Agency AgencyID `json:"agency,omitzero"`
	Symbol string   `json:"symbol,omitzero"`
	Date   Date     `json:"date,omitzero"`
	Title  string   `json:"title,omitzero"`
}

func (cmd EnterNumber) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := cmd.check(s, by.Person(), cmd.Agency, now); err != nil {
		return nil, err
	}
	if blank(cmd.Title) || cmd.Date.IsZero() || cmd.Date.Year != cmd.Year {
		return nil, refuse(CodeInvalid, "cần ghi tên văn bản và ngày trong năm %d",
			"a title and a date in %d are needed", cmd.Year)
	}
	if s.today(now).Before(cmd.Date) {
		return nil, refuse(CodeInvalid, "ngày văn bản %s chưa tới",
			"the document's date %s is still to come", cmd.Date.Display())
	}
	return []Event{NumberEntered{cmd.RegisterEntry, cmd.Symbol, cmd.Date, cmd.Title, cmd.Agency, by.Person()}}, nil
}

// ExplainNumber says why a number will never be used: a gap in the book, or a reservation that is given up.
type ExplainNumber struct {
	RegisterEntry
	Agency AgencyID `json:"agency,omitzero"`
	Reason string   `json:"reason,omitzero"`
}

func (cmd ExplainNumber) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := cmd.check(s, by.Person(), cmd.Agency, now); err != nil {
		return nil, err
	}
	if blank(cmd.Reason) {
		return nil, refuse(CodeInvalid, "cần nêu lý do số này không dùng", "say why the number is not used")
	}
	return []Event{NumberExplained{cmd.RegisterEntry, cmd.Reason, cmd.Agency, by.Person()}}, nil
}
