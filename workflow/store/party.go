package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"covenant/workflow/store/db"
)

// Party is one member of a covenant and what it has done.
type Party struct {
	ID     string
	Seq    int // order in the member list
	Name   string
	Role   string
	Agency string
	Person string
	State  string
	At     time.Time
	Detail json.RawMessage
}

// Parties lists a covenant's parties in their order.
func (tx *Tx) Parties(ctx context.Context, covenant string) ([]Party, error) {
	rows, err := tx.q.Parties(ctx, covenant)
	return convert(rows, partyOf), classify(err, "parties of covenant "+covenant)
}

func partyOf(r db.Party) Party {
	return Party{ID: r.Party, Seq: int(r.Seq), Name: r.Name, Role: r.Role, Agency: r.Agency, Person: r.Person,
		State: r.State, At: instant(r.At), Detail: json.RawMessage(r.Detail)}
}

func (p Party) row(covenant string) db.Party {
	return db.Party{Covenant: covenant, Party: p.ID, Seq: int64(p.Seq), Name: p.Name, Role: p.Role, Agency: p.Agency, Person: p.Person,
		State: p.State, At: millis(p.At), Detail: jsonText(p.Detail)}
}

// saveParties makes the rows of a covenant's parties be these. A command changes one or two of many: only those are written.
func (tx *Tx) saveParties(ctx context.Context, covenant string, parties []Party) error {
	have, err := tx.q.Parties(ctx, covenant)
	if err != nil {
		return err
	}
	old := make(map[string]db.Party, len(have))
	for _, r := range have {
		old[r.Party] = r
	}
	return tx.changeParties(ctx, covenant, old, parties)
}

// changeParties writes what differs from old, and takes out of old what stays.
func (tx *Tx) changeParties(ctx context.Context, covenant string, old map[string]db.Party, parties []Party) error {
	var changed []db.Party
	seen := make(map[string]bool, len(parties))
	for _, p := range parties {
		if seen[p.ID] {
			return fmt.Errorf("party %s is given twice", p.ID)
		}
		seen[p.ID] = true
		row := p.row(covenant)
		if old[p.ID] != row {
			changed = append(changed, row)
		}
		delete(old, p.ID)
	}
	for gone := range old {
		if err := tx.q.DeleteParty(ctx, db.DeletePartyParams{Covenant: covenant, Party: gone}); err != nil {
			return err
		}
	}
	for len(changed) > 0 {
		n := min(len(changed), 32)
		if err := tx.upsertParties(ctx, changed[:n]); err != nil {
			return err
		}
		changed = changed[n:]
	}
	return nil
}

// upsertParties writes rows in one statement, whose number of rows varies: sqlc can't write that.
func (tx *Tx) upsertParties(ctx context.Context, rows []db.Party) error {
	const columns = 10
	var query strings.Builder
	query.WriteString("INSERT INTO parties (covenant, party, seq, name, role, agency, person, state, at, detail) VALUES ")
	args := make([]any, 0, columns*len(rows))
	for i, r := range rows {
		if i > 0 {
			query.WriteString(", ")
		}
		for c := range columns {
			query.WriteString([]string{"(", ", "}[min(c, 1)])
			query.WriteString(tx.parameter(i*columns + c + 1))
		}
		query.WriteString(")")
		args = append(args, r.Covenant, r.Party, r.Seq, r.Name, r.Role, r.Agency, r.Person, r.State, r.At, r.Detail)
	}
	query.WriteString(` ON CONFLICT (covenant, party) DO UPDATE SET seq = excluded.seq, name = excluded.name, role = excluded.role,
		agency = excluded.agency, person = excluded.person, state = excluded.state, at = excluded.at, detail = excluded.detail`)
	_, err := tx.tx.ExecContext(ctx, query.String(), args...)
	return err
}

// parameter is the placeholder of the n-th argument of a statement made by hand. The SQLite driver looks $n up among all
// arguments, which takes long where there are many.
func (tx *Tx) parameter(n int) string {
	if tx.s.dialect == sqliteDialect {
		return "?"
	}
	return "$" + strconv.Itoa(n)
}
