package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// registerStream is the log of what clerks do with numbers by hand.
const registerStream store.Stream = "register"

// registerRows is the kind of the rows that tell what a number entered by hand stands on.
const registerRows = "register"

// RegisterBook is one book of one year, its numbers from 1 without a gap: what was never given out shows as a gap.
type RegisterBook struct {
	Book  string
	Year  int
	Lines []RegisterLine
}

// RegisterState is what became of a number.
type RegisterState string

// The states of a line of the register.
const (
	RegisterReserved RegisterState = "reserved"
	RegisterIssued   RegisterState = "issued"
	RegisterPaper    RegisterState = "paper" // given on paper, entered by hand
	RegisterVoid     RegisterState = "void"
	RegisterGap      RegisterState = "gap" // nobody has explained it yet
)

// RegisterLine is one number of a book.
type RegisterLine struct {
	Number   int
	State    RegisterState
	Covenant workflow.CovenantID // empty: none of ours
	Agency   workflow.AgencyID   // whose book it is; empty for a gap
	Slug     string              // of the covenant
	Phase    workflow.Phase      // of the covenant
	Head     workflow.Digest     // of its document
	Symbol   string
	Date     workflow.Date
	Title    string // of the document, or what a number is kept for
	Reason   string // why it is void
	Person   workflow.PersonID
	For      workflow.PersonID // for whom the person acted, under a delegation
}

func registerKey(e workflow.RegisterEntry) string {
	return fmt.Sprintf("%s/%d/%d", e.Book, e.Year, e.Number)
}

func handKey(e workflow.RegisterEntry) store.NumberKey {
	return store.NumberKey("hand/" + registerKey(e))
}

// doRegister carries out a command on the register in one transaction: the number's row, the event, what it tells.
func (e registers) doRegister(ctx context.Context, cmd workflow.Command, meta Meta) (Outcome, error) {
	return e.once(ctx, "register", registerStream, cmd, meta, func(tx *store.Tx, meta Meta) (out Outcome, err error) {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return out, err
		}
		now := e.Now().Truncate(time.Millisecond)
		full, err := e.takeNumber(ctx, tx, cmd, meta)
		if err != nil {
			return out, err
		}
		events, err := decideMeant(e.outside(d), meta, full, now)
		if err != nil {
			return out, err
		}
		if err := e.record(ctx, tx, registerStream, store.AnyVersion, now, meta, events); err != nil {
			return out, err
		}
		for _, event := range events {
			entry, err := saveRegisterRow(ctx, tx, event, now)
			if err != nil {
				return out, err
			}
			out.Number, out.Kinds = &entry, append(out.Kinds, event.Kind())
		}
		tx.OnCommit(e.telling(""))
		return out, nil
	})
}

// takeNumber takes the number that a command names out of the register, or the next free one. Where the rules
// refuse the command the transaction gives it back.
func (e registers) takeNumber(
	ctx context.Context, tx *store.Tx, cmd workflow.Command, meta Meta,
) (workflow.Command, error) {
	switch cmd := cmd.(type) {
	case workflow.ReserveNumber:
		key := store.NumberKey("hand/" + meta.Key)
		if cmd.Number == 0 {
			n, err := tx.NextNumber(ctx, cmd.Book, cmd.Year, "", key, e.Now())
			cmd.Number = int(n.Number)
			return cmd, err
		}
		_, err := tx.ReserveNumber(ctx, cmd.Book, cmd.Year, int64(cmd.Number), "", key, e.Now())
		return cmd, e.takenNumber(cmd.RegisterEntry, err)
	case workflow.EnterNumber:
		key, err := e.byHand(ctx, tx, cmd.RegisterEntry)
		if err != nil {
			return nil, err
		}
		return cmd, tx.IssueNumber(ctx, key, e.Now())
	case workflow.ExplainNumber:
		key, err := e.byHand(ctx, tx, cmd.RegisterEntry)
		if err != nil || cmd.Reason == "" { // the rules say so
			return cmd, err
		}
		return cmd, tx.VoidNumber(ctx, key, cmd.Reason, e.Now())
	}
	return cmd, nil
}

// byHand gives the key of a number that is reserved by hand, reserving it where it was never given out.
func (e registers) byHand(ctx context.Context, tx *store.Tx, entry workflow.RegisterEntry) (store.NumberKey, error) {
	rows, err := tx.NumbersOfBook(ctx, entry.Book, entry.Year)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(rows, func(n store.Number) bool { return n.Number == int64(entry.Number) })
	if i < 0 {
		key := handKey(entry)
		_, err := tx.ReserveNumber(ctx, entry.Book, entry.Year, int64(entry.Number), "", key, e.Now())
		return key, e.takenNumber(entry, err)
	}
	if rows[i].State != store.NumberReserved || rows[i].Covenant != "" {
		return "", e.takenNumber(entry, store.ErrExists)
	}
	return rows[i].Key, nil
}

func (e registers) takenNumber(entry workflow.RegisterEntry, err error) error {
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	return workflow.Refusal(workflow.CodeConflict,
		"số %d của sổ %s/%d đã được cấp, hủy hoặc giữ cho giao ước",
		"number %d of book %s/%d is issued, void or kept for a covenant already", entry.Number, entry.Book, entry.Year)
}

// saveRegisterRow keeps what an event tells of a number, for the register's page.
func saveRegisterRow(
	ctx context.Context, tx *store.Tx, event workflow.Event, at time.Time,
) (workflow.RegisterEntry, error) {
	var entry workflow.RegisterEntry
	var line RegisterLine
	switch event := event.(type) {
	case workflow.NumberReserved:
		entry, line = event.RegisterEntry, RegisterLine{
			State: RegisterReserved, Agency: event.Agency, Title: event.For, Person: event.Person,
		}
	case workflow.NumberEntered:
		entry, line = event.RegisterEntry, RegisterLine{
			State: RegisterPaper, Agency: event.Agency, Symbol: event.Symbol, Date: event.Date,
			Title: event.Title, Person: event.Person,
		}
	case workflow.NumberExplained:
		entry, line = event.RegisterEntry, RegisterLine{
			State: RegisterVoid, Agency: event.Agency, Reason: event.Reason, Person: event.Person,
		}
	default:
		return entry, fmt.Errorf("event %s does not belong into the register", event.Kind())
	}
	line.Number = entry.Number
	body, err := json.Marshal(line)
	if err != nil {
		return entry, err
	}
	return entry, tx.SaveProjectionAt(ctx, registerRows, registerKey(entry), body, at)
}

// GiveNumber gives a covenant a number that was given on paper instead of the next one, and dates it.
func (e registers) GiveNumber(
	ctx context.Context, id workflow.CovenantID, number int, date workflow.Date, meta Meta,
) (Outcome, error) {
	asked := struct {
		Number int
		Date   workflow.Date
	}{number, date}
	return e.issueNumber(ctx, id, asked, date, meta,
		func(ctx context.Context, tx *store.Tx, book string, key store.NumberKey) (store.Number, error) {
			n, err := tx.ReserveNumber(ctx, book, date.Year, int64(number), string(id), key, e.Now())
			return n, e.takenNumber(workflow.RegisterEntry{Book: book, Year: date.Year, Number: number}, err)
		})
}

// Register is every book of the register that the actor may read, the newest year first: the clerks of an agency
// read what their agency numbered, with the gaps of the book. Where agencies share a book, what the others numbered
// is left out.
func (e registers) Register(ctx context.Context, by workflow.Actor) ([]RegisterBook, error) {
	var out []RegisterBook
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		reads, some := d.ReadsRegister(by, e.today())
		if !some {
			return nil
		}
		books, err := tx.Books(ctx)
		if err != nil {
			return err
		}
		for _, b := range books {
			book, err := e.registerBook(ctx, tx, b.Book, b.Year)
			if err != nil {
				return err
			}
			if book.leave(reads) {
				out = append(out, book)
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b RegisterBook) int {
		return cmp.Or(cmp.Compare(b.Year, a.Year),
			cmp.Compare(a.Book, b.Book))
	})
	return out, err
}

// leave leaves the lines that are read, and reports whether there are any beside gaps.
func (b *RegisterBook) leave(reads func(workflow.AgencyID) bool) bool {
	own := func(l RegisterLine) bool { return l.State != RegisterGap && reads(l.Agency) }
	if !slices.ContainsFunc(b.Lines, own) {
		return false
	}
	b.Lines = slices.DeleteFunc(b.Lines, func(l RegisterLine) bool { return l.State != RegisterGap && !own(l) })
	return true
}

func (e registers) registerBook(ctx context.Context, tx *store.Tx, name string, year int) (RegisterBook, error) {
	book := RegisterBook{Book: name, Year: year}
	rows, err := tx.NumbersOfBook(ctx, name, year)
	if err != nil {
		return book, err
	}
	for _, row := range rows {
		for next := len(book.Lines) + 1; next < int(row.Number); next++ {
			book.Lines = append(book.Lines, RegisterLine{Number: next, State: RegisterGap})
		}
		line, err := e.registerLine(ctx, tx, row)
		if err != nil {
			return book, err
		}
		book.Lines = append(book.Lines, line)
	}
	return book, nil
}

func (e registers) registerLine(ctx context.Context, tx *store.Tx, row store.Number) (RegisterLine, error) {
	line := RegisterLine{Number: int(row.Number), State: RegisterState(row.State), Reason: row.Reason,
		Covenant: workflow.CovenantID(row.Covenant)}
	if row.Covenant == "" {
		body, err := tx.Projection(ctx, registerRows,
			registerKey(workflow.RegisterEntry{Book: row.Book, Year: row.Year, Number: line.Number}))
		if err != nil {
			return line, fmt.Errorf("number %d of %s/%d: %w", row.Number, row.Book, row.Year, err)
		}
		return line, json.Unmarshal(body, &line)
	}
	s, err := e.state(ctx, tx, line.Covenant)
	if err != nil {
		return line, err
	}
	c := s.Covenant
	line.Title, line.Slug, line.Phase, line.Agency = c.Title, c.Slug, c.Phase, s.NumberingAgency()
	if n := c.Number; n != nil && n.Number == line.Number {
		line.Symbol, line.Date, line.Person, line.For, line.Head = n.Symbol, n.Date, n.Person, n.Authority.For, c.Head
	}
	for _, v := range c.Voided {
		if v.Number == line.Number {
			line.Symbol = v.Symbol
		}
	}
	return line, nil
}
