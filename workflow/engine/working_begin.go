package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
)

// Beginnings are what somebody may begin a covenant with.
type Beginnings struct {
	Blocks    []workflow.Block // whose covenants they may draft, by name
	Templates []*templates.Template
}

// MayBegin reports whether an actor may begin a covenant of any block today.
func (e desks) MayBegin(ctx context.Context, by workflow.Actor) (bool, error) {
	blocks, err := e.blocks(ctx, by)
	return len(blocks) > 0, err
}

// blocks are those for whose leading agency an actor drafts today, by name.
func (e desks) blocks(ctx context.Context, by workflow.Actor) (out []workflow.Block, err error) {
	d, err := e.readDirectory(ctx)
	if err != nil || by.Person() == "" {
		return nil, err
	}
	for _, b := range d.Blocks {
		if _, err := d.Authority(by.Person(), b.Leader(), workflow.DutyDraft, e.today()); err == nil {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b workflow.Block) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Beginnings says what an actor may begin a covenant with today: blocks for whose leading agency they draft, and the
// templates that a covenant can follow, which have a process.
func (e desks) Beginnings(ctx context.Context, by workflow.Actor) (Beginnings, error) {
	var out Beginnings
	var err error
	if out.Blocks, err = e.blocks(ctx, by); err != nil || len(out.Blocks) == 0 {
		return out, err
	}
	for _, id := range library.List() {
		entry, err := library.Open(id)
		if err != nil {
			return out, err
		}
		if entry.Process == nil {
			continue
		}
		t, problems := entry.Template()
		if err := templates.Problems(problems).Err(); err != nil {
			return out, err
		}
		out.Templates = append(out.Templates, t)
	}
	return out, nil
}

// BeginValues are the values that a covenant of a block begins with: the parties, as the directory has them, and the
// year.
func (e desks) BeginValues(
	ctx context.Context, template string, block workflow.BlockID, year int,
) ([]byte, error) {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return nil, err
	}
	t, err := libraryTemplate(template)
	if err != nil {
		return nil, err
	}
	return beginValues(t, d, block, year, e.today())
}

// blockName is the variable by which the templates of the library ask for the block's name.
const blockName = "tên_khối"

func beginValues(
	t *templates.Template, d *workflow.Directory, block workflow.BlockID, year int, today workflow.Date,
) ([]byte, error) {
	entries, listed := map[string]templates.Entry{}, false
	b := d.Blocks[block]
	for _, v := range t.Variables() {
		switch {
		case v.Type == templates.Agency && v.List && !listed:
			listed = true
			var items []templates.Entry
			for _, m := range b.Members {
				if m.Role != workflow.RoleWitness {
					items = append(items, partyEntry(d, m, today))
				}
			}
			entries[v.Name] = templates.Entry{Items: items}
		case v.Type == templates.Agency && !v.List && listed: // the list stands before whoever witnesses it
			if i := slices.IndexFunc(b.Members, func(m workflow.BlockMember) bool {
				return m.Role == workflow.RoleWitness
			}); i >= 0 {
				entries[v.Name] = partyEntry(d, b.Members[i], today)
			}
		case v.Type == templates.Year && year > 0:
			entries[v.Name] = templates.Entry{Text: strconv.Itoa(year)}
		case v.Name == blockName:
			entries[v.Name] = templates.Entry{Text: b.Name}
		}
	}
	return t.WriteValues(entries)
}

// partyEntry is an agency as a record of the values: the office that signs for it is that of who may today.
func partyEntry(d *workflow.Directory, m workflow.BlockMember, today workflow.Date) templates.Entry {
	fields := map[string]templates.Entry{
		"mã": {Text: string(m.Agency)}, "tên": {Text: d.AgencyName(m.Agency)},
	}
	if signs := d.HoldersIn("", m.Agency, workflow.DutySign, today); len(signs) > 0 {
		title := signs[0].Authority.Title
		if head := signs[0].Authority.HeadTitle; head != "" { // of whom a deputy signs for
			title = head
		}
		fields["chức_vụ"] = templates.Entry{Text: title}
	}
	if m.Role == workflow.RoleLeader || m.Role == workflow.RoleDeputy {
		fields["vai_trò"] = templates.Entry{Text: m.Role.Word("vi")}
	}
	return templates.Entry{Fields: fields}
}

// CopyValues takes the last values of a covenant whose dossier the actor may read, for another one of a block and a
// year, and says what was changed and what must be looked at. template is that of the covenant.
func (e desks) CopyValues(
	ctx context.Context, by workflow.Actor, slug string, block workflow.BlockID, year int,
) (r *workflow.Renewal, template string, err error) {
	s, err := e.readAt(ctx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, "", err
	}
	last, ok := s.Covenant.Revision()
	if !ok {
		return nil, "", workflow.Refusal(workflow.CodeWrongState,
			"giao ước này chưa có bản dự thảo nào để chép; hãy chọn giao ước khác",
			"that covenant has no revision to copy yet; choose another one")
	}
	values, err := e.readBlob(ctx, last.Values)
	if err != nil {
		return nil, "", err
	}
	r, err = workflow.CopyValues(s, values, block, year)
	return r, s.Covenant.Template, err
}
