package store

import (
	"context"
	"encoding/json"
	"fmt"
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
func (tx covenants) Parties(ctx context.Context, covenant string) ([]Party, error) {
	rows, err := tx.q.Parties(ctx, covenant)
	return convert(rows, partyOf), classify(err, "parties of covenant "+covenant)
}

func partyOf(r db.Party) Party {
	return Party{ID: r.Party, Seq: int(r.Seq), Name: r.Name, Role: r.Role, Agency: r.Agency, Person: r.Person,
		State: r.State, At: instant(r.At), Detail: json.RawMessage(r.Detail)}
}

func (p Party) row(covenant string) db.Party {
	return db.Party{Covenant: covenant, Party: p.ID, Seq: int64(p.Seq), Name: p.Name, Role: p.Role, Agency: p.Agency,
		Person: p.Person, State: p.State, At: millis(p.At), Detail: jsonText(p.Detail)}
}

// saveParties makes the rows of a covenant's parties be these. A command changes one or two of many: only those are
// written.
func (tx covenants) saveParties(ctx context.Context, covenant string, parties []Party) error {
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
func (tx covenants) changeParties(ctx context.Context, covenant string, old map[string]db.Party,
	parties []Party) error {
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
	return inPages(changed, 32, func(rows []db.Party) error { return tx.upsertParties(ctx, rows) })
}

// upsertParties writes rows in one statement, whose number of rows varies: sqlc can't write that.
func (tx covenants) upsertParties(ctx context.Context, rows []db.Party) error {
	const columns = 10
	args := make([]any, 0, columns*len(rows))
	for _, r := range rows {
		args = append(args, r.Covenant, r.Party, r.Seq, r.Name, r.Role, r.Agency, r.Person, r.State, r.At, r.Detail)
	}
	_, err := tx.tx.ExecContext(ctx, "INSERT INTO parties (covenant, party, seq, name, role, agency, person, state, "+
		"at, detail) VALUES "+
		tx.tuples(len(rows), columns, "")+
		` ON CONFLICT (covenant, party) DO UPDATE SET seq = excluded.seq, name = excluded.name, role = excluded.role,
		agency = excluded.agency, person = excluded.person, state = excluded.state, at = excluded.at, detail = excluded.detail`, args...)
	return err
}
