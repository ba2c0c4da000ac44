package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"covenant/workflow/store/db"
)

// CovenantFilter chooses covenants; its zero value chooses all.
type CovenantFilter struct {
	Status []string
	Block  string
	Year   int
	Turn   string // an agency whose turn it is
	Search string // words, in any order, with or without diacritics; the first four count
	// Readers, where it is not nil, leaves those covenants that one of them may know of.
	Readers []Reader
	After   CovenantKey // begin after this row
	Limit   int         // 0: all
}

// Reader may know of covenants in which an agency takes part, as far as they are shown.
type Reader struct {
	Agency   string
	Covenant string // the only one; empty: all
	Shown    int    // at least
	// Leading: those that the agency drafted, whether they are shown or not.
	Leading     bool
	From, Until string // days of the document, yyyy-mm-dd; empty: of whatever day
}

// CovenantKey is where a row stands in the list.
type CovenantKey struct {
	UpdatedAt time.Time
	ID        string
}

// Key is where the row stands.
func (c Covenant) Key() CovenantKey { return CovenantKey{c.UpdatedAt, c.ID} }

// Covenants lists rows, last changed first. Whoever reads all pays for a page by an index, whatever there is besides;
// who reads what an agency takes part in, for that. Only words are looked for in every row that is left.
func (tx covenants) Covenants(ctx context.Context, f CovenantFilter) ([]Covenant, error) {
	if len(f.Status) < 2 {
		return tx.covenants(ctx, f)
	}
	var out []Covenant
	for _, status := range f.Status { // each goes by an index; all together would be sorted first
		one := f
		one.Status = []string{status}
		rows, err := tx.covenants(ctx, one)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b Covenant) int {
		return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), int(page(f.Limit)))], nil
}

func (tx covenants) covenants(ctx context.Context, f CovenantFilter) ([]Covenant, error) {
	q := condition{sqlite: tx.s.dialect == sqliteDialect}
	f.write(&q)
	query := "SELECT id, slug, title, block, year, status, next_actor, due_at, head, version, updated_at, summary, " +
		"shown, dated " +
		"FROM covenants" + q.where() + " ORDER BY updated_at DESC, id LIMIT " + q.arg(page(f.Limit))
	rows, err := tx.tx.QueryContext(ctx, query, q.args...)
	if err != nil {
		return nil, classify(err, "list covenants")
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports
	var out []Covenant
	for rows.Next() {
		var r db.CovenantRow
		if err := rows.Scan(&r.ID, &r.Slug, &r.Title, &r.Block, &r.Year, &r.Status, &r.NextActor, &r.DueAt, &r.Head,
			&r.Version, &r.UpdatedAt, &r.Summary, &r.Shown, &r.Dated); err != nil {
			return nil, classify(err, "list covenants")
		}
		out = append(out, covenantOf(r))
	}
	return out, classify(rows.Err(), "list covenants")
}

// condition is what follows WHERE, with its arguments: which of them there are varies, and sqlc can't write that.
type condition struct {
	sqlite bool
	all    []string
	args   []any
}

// arg adds an argument and gives its place in the statement.
func (q *condition) arg(value any) string {
	q.args = append(q.args, value)
	if q.sqlite {
		return "?"
	}
	return "$" + strconv.Itoa(len(q.args))
}

func (q *condition) and(text string) { q.all = append(q.all, text) }

// in is a list of arguments in brackets.
func in[T any](q *condition, values []T) string {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = q.arg(v)
	}
	return "(" + strings.Join(places, ", ") + ")"
}

func (q *condition) where() string {
	if len(q.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.all, " AND ")
}

func (f CovenantFilter) write(q *condition) {
	for _, status := range f.Status {
		q.and("status = " + q.arg(status))
	}
	if f.Block != "" {
		q.and("block = " + q.arg(f.Block))
	}
	if f.Year != 0 {
		q.and("year = " + q.arg(f.Year))
	}
	if f.Turn != "" {
		q.and("id IN (SELECT covenant FROM parties WHERE agency = " + q.arg(f.Turn) + " AND state = 'asked')")
	}
	if f.Readers != nil {
		writeReaders(q, f.Readers)
	}
	for _, word := range patterns(f.Search) {
		q.and("folded LIKE " + q.arg(word))
	}
	if !f.After.UpdatedAt.IsZero() {
		at := millis(f.After.UpdatedAt)
		q.and("updated_at <= " + q.arg(at)) // a range of the index, which what follows is not
		q.and("(updated_at < " + q.arg(at) + " OR updated_at = " + q.arg(at) + " AND id > " + q.arg(f.After.ID) + ")")
	}
}

// writeReaders goes by the parties' index first, so that the rest is asked of what the agencies take part in.
func writeReaders(q *condition, readers []Reader) {
	if len(readers) == 0 {
		q.and("1 = 0")
		return
	}
	var ways []string
	for _, r := range readers {
		party := "SELECT covenant FROM parties WHERE agency = " + q.arg(r.Agency)
		if r.Leading {
			party += " AND role = 'leader'"
		}
		way := "id IN (" + party + ") AND shown >= " + q.arg(r.Shown)
		if r.Covenant != "" {
			way += " AND id = " + q.arg(r.Covenant)
		}
		if r.Until != "" {
			way += " AND dated >= " + q.arg(r.From) + " AND dated <= " + q.arg(r.Until) + " AND dated <> ''"
		}
		ways = append(ways, way)
	}
	q.and("(" + strings.Join(ways, " OR ") + ")")
}

// patterns makes LIKE patterns of the first four words.
func patterns(search string) []string {
	var out []string
	escape := strings.NewReplacer(`%`, "", `_`, "", `\`, "")
	for i, word := range strings.Fields(Fold(search)) {
		if i == 4 {
			break
		}
		out = append(out, "%"+escape.Replace(word)+"%")
	}
	return out
}

// OwnersAmong gives the covenants that have a file and in which one of the agencies takes part.
func (tx covenants) OwnersAmong(ctx context.Context, file Digest, agencies []string) (ids []string, err error) {
	if len(agencies) == 0 {
		return nil, nil
	}
	q := condition{sqlite: tx.s.dialect == sqliteDialect}
	query := "SELECT DISTINCT p.covenant FROM parties p JOIN blob_refs r ON r.owner = 'covenant/' || p.covenant " +
		"WHERE r.digest = " +
		q.arg(string(file)) + " AND p.agency IN " + in(&q, agencies) + " ORDER BY p.covenant"
	rows, err := tx.tx.QueryContext(ctx, query, q.args...)
	if err != nil {
		return nil, classify(err, "owners of file "+string(file))
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, classify(err, "owners of file "+string(file))
		}
		ids = append(ids, id)
	}
	return ids, classify(rows.Err(), "owners of file "+string(file))
}

// NamesOf gives the names under which owners have a file, each once.
func (tx covenants) NamesOf(ctx context.Context, file Digest) ([]string, error) {
	names, err := tx.q.BlobNames(ctx, string(file))
	return names, classify(err, "names of file "+string(file))
}
