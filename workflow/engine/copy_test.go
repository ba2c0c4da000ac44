package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"covenant/workflow"
	"covenant/workflow/store"
)

// life is all that an installation keeps of a covenant that has come so far: what happened to it, and the rows
// around it. Copies of it, under ids, addresses, numbers and tokens of their own, fill an installation without
// rendering and signing anything again.
type life struct {
	id, slug    string
	events      []store.Recorded
	row         store.Covenant
	parties     []store.Party
	numbers     []store.Number
	obligations []store.Obligation
	occurrences []store.Occurrence
	files       []store.BlobRef
	token       string
	apart       time.Duration // how much later what is due falls due in a copy than in the one before
}

// life reads what there is of the covenant now.
func (o *office) life() (l life) {
	o.t.Helper()
	ctx := context.Background()
	l.id = string(o.id)
	check(o.t, o.Store.View(ctx, func(tx *store.Tx) (err error) {
		read := func(what func() error) {
			if err == nil {
				err = what()
			}
		}
		read(func() (err error) { l.events, err = tx.Events(ctx, store.Stream("covenant/"+l.id), 1); return err })
		read(func() (err error) { l.row, err = tx.Covenant(ctx, l.id); return err })
		read(func() (err error) { l.parties, err = tx.Parties(ctx, l.id); return err })
		read(func() (err error) { l.numbers, err = tx.NumbersOfCovenant(ctx, l.id); return err })
		read(func() (err error) { l.obligations, err = tx.Obligations(ctx, l.id); return err })
		read(func() (err error) { l.occurrences, err = tx.OccurrencesOf(ctx, l.id); return err })
		read(func() (err error) { l.files, err = tx.Files(ctx, "covenant/"+l.id); return err })
		return err
	}))
	l.slug, l.row.Words = l.row.Slug, o.block.Block.Name
	for _, e := range l.events {
		if e.Kind == "frozen" {
			var frozen workflow.Frozen
			check(o.t, json.Unmarshal(e.JSON, &frozen))
			l.token = frozen.Token
		}
	}
	return l
}

// copy writes the life anew, as that of the covenant of a count that no other has, and returns its id.
func (l life) copy(ctx context.Context, tx *store.Tx, count int) (workflow.CovenantID, error) {
	id := uuid.Must(uuid.NewV7()).String()
	slug, token := fmt.Sprintf("%s-%06d", l.slug, count), strings.ReplaceAll(uuid.NewString(), "-", "")
	own := strings.NewReplacer(l.id, id, `"`+l.slug+`"`, `"`+slug+`"`, "/"+l.slug, "/"+slug)
	if l.token != "" {
		own = strings.NewReplacer(l.id, id, `"`+l.slug+`"`, `"`+slug+`"`, l.token, token)
	}
	if err := l.copyEvents(ctx, tx, store.Stream("covenant/"+id), own, count); err != nil {
		return "", err
	}
	row := l.row
	row.ID, row.Slug = id, slug
	row.Summary = bytes.Replace(l.row.Summary, []byte(`"number":"01/`), fmt.Appendf(nil, `"number":"%02d/`, count+1), 1)
	if err := tx.SaveCovenant(ctx, row, l.parties); err != nil {
		return "", err
	}
	return workflow.CovenantID(id), l.copyRows(ctx, tx, id, slug, token, count)
}

// copyEvents appends the events, command by command as they were recorded.
func (l life) copyEvents(
	ctx context.Context, tx *store.Tx, stream store.Stream, own *strings.Replacer, count int,
) error {
	for first := 0; first < len(l.events); {
		var payloads []store.Payload
		envelope := l.events[first].Envelope
		version := l.events[first].Version - 1
		for ; first < len(l.events) && l.events[first].Envelope == envelope; first++ {
			e := l.events[first]
			data := []byte(own.Replace(string(e.JSON)))
			if e.Kind == "number_issued" {
				data = bytes.Replace(data, []byte(`"number":1,`), fmt.Appendf(nil, `"number":%d,`, count+1), 1)
			}
			payloads = append(payloads, store.Payload{Kind: e.Kind, JSON: data})
		}
		envelope.CommandKey += fmt.Sprint("/", count)
		if _, err := tx.Append(ctx, stream, version, envelope, payloads); err != nil {
			return err
		}
	}
	return nil
}

func (l life) copyRows(ctx context.Context, tx *store.Tx, id, slug, token string, count int) error {
	for _, n := range l.numbers {
		key := store.NumberKey(strings.Replace(string(n.Key), l.id, id, 1))
		if _, err := tx.ReserveNumber(ctx, n.Book, n.Year, int64(count)+1, id, key, n.ReservedAt); err != nil {
			return err
		}
		if err := tx.IssueNumber(ctx, key, n.IssuedAt); err != nil {
			return err
		}
	}
	for _, o := range l.obligations {
		o.ID, o.Covenant = strings.Replace(o.ID, l.id, id, 1), id
		if err := tx.SaveObligation(ctx, o); err != nil {
			return err
		}
	}
	ladder := make([]store.Occurrence, 0, len(l.occurrences))
	for _, o := range l.occurrences {
		o.Obligation, o.Covenant = strings.Replace(o.Obligation, l.id, id, 1), id
		o.Due = o.Due.Add(time.Duration(count) * l.apart)
		ladder = append(ladder, o)
	}
	if err := tx.ScheduleOccurrences(ctx, ladder); err != nil {
		return err
	}
	for _, o := range ladder {
		if o.State == store.OccurrencePending {
			continue
		}
		if err := tx.SettleOccurrence(ctx, o.OccurrenceID, o.State, o.Reason); err != nil {
			return err
		}
	}
	for _, f := range l.files {
		if err := tx.Refer(ctx, "covenant/"+id, f.Name, f.BlobInfo); err != nil {
			return err
		}
	}
	if l.token == "" {
		return nil
	}
	body, err := json.Marshal(slug)
	if err != nil {
		return err
	}
	return tx.SaveProjection(ctx, "token", token, body)
}

// copies writes n copies, fifty in a transaction; the first has the given count.
func (o *office) copies(l life, first, n int) (ids []workflow.CovenantID) {
	o.t.Helper()
	for n > 0 {
		some := min(n, 50)
		check(o.t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
			for i := range some {
				id, err := l.copy(context.Background(), tx, first+i)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return nil
		}))
		first, n = first+some, n-some
	}
	return ids
}
