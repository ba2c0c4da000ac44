package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// question is the key of the question that an error asks, and whether it is a refusal at all.
func question(t *testing.T, err error) string {
	t.Helper()
	var refusal *workflow.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("not refused: %v", err)
	}
	return refusal.Mean
}

// A covenant for a year that is hardly meant is asked about and started once that was answered; one of the year 26 is
// not started at all. What is recorded of its title is composed, and a title that is blank is none.
func TestDraftsAreMeant(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	drafter := o.who("so-gddt", workflow.DutyDraft)
	draft := func(slug, title string, year int, mean ...string) (workflow.CovenantID, error) {
		meta := o.as(drafter, "draft/"+slug+title+strings.Join(mean, ""))
		meta.Mean = mean
		return o.Draft(context.Background(), engine.DraftRequest{Slug: slug, Title: title, Year: year,
			Block: o.block.Block.ID, Template: "giao-uoc-thi-dua", Values: o.values}, meta)
	}
	far := o.now().Year() + 5
	name := fmt.Sprintf("%d/khoi", far)
	if _, err := draft(name, "Giao ước", far); question(t, err) != "year" {
		t.Errorf("five years ahead: %v", err)
	}
	if _, err := draft("0026/khoi", "Giao ước", 26, "year"); err == nil {
		t.Error("a covenant of the year 26 was started")
	}
	for _, title := range []string{"   ", "\u2800", "Së Tµi chÝnh", "a\u200bb"} {
		if _, err := draft(name, title, far, "year"); err == nil || question(t, err) != "" {
			t.Errorf("the title %q: %v", title, err)
		}
	}
	id, err := draft(name, "Giao u\u031bo\u031b\u0301c", far, "year")
	check(t, err)
	o.id = id
	if got := o.state().Covenant.Title; got != "Giao ước" {
		t.Errorf("the title is kept as %+q", got)
	}
}

// Values with a year far ahead are asked about when they are put before the agencies; a number dated in another year
// when it is issued, and no number is taken then.
func TestRevisionsAndNumbersAreMeant(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	ctx, drafter := context.Background(), o.who("so-gddt", workflow.DutyDraft)
	id := o.draftAt("2026/khoi-hai", drafter)
	values := []byte(strings.Replace(string(o.values), "ngày_hội_nghị: ", "ngày_hội_nghị: 2039-01-01 # ", 1))
	if string(values) == string(o.values) {
		t.Fatal("the values have no date of a conference")
	}
	meta := o.as(drafter, "submit the other")
	if _, err := o.Submit(ctx, engine.SubmitRequest{Covenant: id, Values: values}, meta); err == nil ||
		!strings.Contains(err.Error(), "--mean ngày_hội_nghị") {
		t.Errorf("a conference in 2039: %v", err)
	}
	meta.Mean = []string{"ngày_hội_nghị"}
	if _, err := o.Submit(ctx, engine.SubmitRequest{Covenant: id, Values: values}, meta); err != nil {
		t.Errorf("answered with yes: %v", err)
	}
	o.upTo(workflow.AwaitingNumber)
	by := o.who("so-gddt", workflow.DutyNumber)
	today := o.state().Calendar.Today(o.now())
	date := workflow.Date{Year: today.Year + 5, Month: 1, Day: 1}
	if _, err := o.IssueNumber(ctx, o.id, date, o.as(by, "far")); question(t, err) != "date" {
		t.Errorf("a number of another year: %v", err)
	}
	if n := o.numbers(t); len(n) != 0 {
		t.Errorf("numbers were taken: %v", n)
	}
	meant := o.as(by, "meant")
	meant.Mean = []string{"date"}
	if _, err := o.IssueNumber(ctx, o.id, date, meant); err != nil {
		t.Errorf("answered with yes: %v", err)
	}
}
