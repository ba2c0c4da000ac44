package workflow

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

// Renewal is the draft of next year's covenant from this year's.
type Renewal struct {
	Year   int
	Slug   string
	Title  string
	Values []byte // YAML
	// Changed is what was changed by rule; Look is what a person must look at before it is submitted.
	Changed []RenewalNote
	Look    []RenewalNote
}

// RenewalNote is one thing to know about a renewal: where, and what.
type RenewalNote struct {
	Path string // of the value, e.g. "các_đơn_vị[2].vai_trò"; empty: of the whole
	words.Text
}

// In is the note in the reader's language.
func (n RenewalNote) In(l words.Language) string {
	if n.Path == "" {
		return n.Text.In(l)
	}
	return n.Path + ": " + n.Text.In(l)
}

// Renew makes next year's values from this year's: the year and what names it, dates moved to the same day next year
// (or the first working day after it), the roles that the block's members have now. What it cannot know it leaves as it
// is and lists to be looked at.
func (s State) Renew(values []byte, year int) (*Renewal, error) {
	if c := s.Covenant; year <= c.Year {
		return nil, refuse(CodeInvalid, "năm mới (%d) phải sau năm %d",
			"the new year (%d) must come after %d", year, c.Year)
	}
	return renewed(s, values, year)
}

// CopyValues makes the values of a new covenant of a block, for a year, from those of this one, as [State.Renew] makes
// next year's.
func CopyValues(s State, values []byte, block BlockID, year int) (*Renewal, error) {
	s.Covenant = s.Covenant.Clone()
	s.Covenant.Block = block
	return renewed(s, values, year)
}

func renewed(s State, values []byte, year int) (*Renewal, error) {
	c := s.Covenant
	var doc yaml.Node
	if err := yaml.Unmarshal(values, &doc); err != nil {
		return nil, fmt.Errorf("values of %s: %w", c.Slug, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, refuse(CodeInvalid, "dữ liệu của %s không phải danh sách giá trị",
			"the values of %s are no mapping", c.Slug)
	}
	r := &renewer{state: s, from: c.Year, to: year, out: &Renewal{
		Year: year, Slug: renameYear(c.Slug, c.Year, year), Title: renameYear(c.Title, c.Year, year),
	}}
	root := doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		r.top(root.Content[i].Value, root.Content[i+1])
	}
	r.members(root)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return nil, fmt.Errorf("values of %s: %w", c.Slug, err)
	}
	r.out.Values = out.Bytes()
	if r.out.Slug == c.Slug {
		r.out.Slug = fmt.Sprintf("%d/%s", year, c.Slug)
	}
	return r.out, nil
}

func renameYear(text string, from, to int) string {
	return strings.ReplaceAll(text, strconv.Itoa(from), strconv.Itoa(to))
}

type renewer struct {
	state    State
	from, to int
	out      *Renewal
}

func (r *renewer) changed(path, was, is string) {
	r.out.Changed = append(r.out.Changed, RenewalNote{path, words.Same(fmt.Sprintf("“%s” → “%s”", was, is))})
}

func (r *renewer) look(path, vi, en string, args ...any) {
	r.out.Look = append(r.out.Look, RenewalNote{path, words.F(vi, en, args...)})
}

// sentenceLength is from how many characters on a text is content that a person wrote for one year.
const sentenceLength = 25

// top renews one variable; content in which nothing changed is to be read again.
func (r *renewer) top(name string, n *yaml.Node) {
	before := len(r.out.Changed)
	r.value(name, n)
	content := n.Kind == yaml.SequenceNode || n.Kind == yaml.MappingNode ||
		utf8.RuneCountInString(n.Value) >= sentenceLength
	if content && len(r.out.Changed) == before {
		r.look(name, "giữ nguyên như năm %d; hãy xem lại cho năm %d",
			"left as in %d; look at it again for %d", r.from, r.to)
	}
}

func (r *renewer) value(path string, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.value(path+"."+n.Content[i].Value, n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			r.value(fmt.Sprintf("%s[%d]", path, i+1), item)
		}
	case yaml.ScalarNode:
		r.scalar(path, n)
	}
}

func (r *renewer) scalar(path string, n *yaml.Node) {
	if r.from == r.to { // copied for the same year
		return
	}
	was := n.Value
	year := strconv.Itoa(r.from)
	if day, err := calendar.ParseDate(was); err == nil {
		if day.Year == r.from {
			n.Value = r.move(path, day).String()
			r.changed(path, was, n.Value)
		}
		return
	}
	if was == year {
		n.Value = strconv.Itoa(r.to)
		r.changed(path, was, n.Value)
		return
	}
	named := regexp.MustCompile(`(?i)\b(năm|in|of|for) ` + year + `\b`)
	n.Value = named.ReplaceAllStringFunc(was, func(s string) string { return renameYear(s, r.from, r.to) })
	if n.Value != was {
		r.changed(path, was, n.Value)
	}
	for _, y := range []int{r.from, r.from - 1} {
		if regexp.MustCompile(`\b` + strconv.Itoa(y) + `\b`).MatchString(n.Value) {
			r.look(path, "còn nhắc đến năm %d: “%s”", "still speaks of %d: “%s”", y, n.Value)
		}
	}
}

// move is the same day in the new year, or the first working day after it where the calendar knows.
func (r *renewer) move(path string, day Date) Date {
	next := day.AddMonths(12 * (r.to - r.from))
	working, err := r.state.Calendar.NextWorkingDay(next)
	if err != nil {
		r.look(path, "ngày %s chỉ là đề xuất; chưa có lịch làm việc năm %d",
			"%s is a proposal; there is no working-day calendar for %d", next.Display(), next.Year)
		return next
	}
	r.look(path, "ngày %s chỉ là đề xuất; hãy định ngày", "%s is a proposal; set the day", working.Display())
	return working
}

// members holds the list of units in the values against the block as it is now: its roles are brought in step, members
// who are missing or gone are to be looked at.
func (r *renewer) members(root *yaml.Node) {
	block, ok := r.state.Directory.Blocks[r.state.Covenant.Block]
	if !ok {
		return
	}
	listed := map[AgencyID]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if list := root.Content[i+1]; list.Kind == yaml.SequenceNode {
			for j, unit := range list.Content {
				r.unit(fmt.Sprintf("%s[%d]", root.Content[i].Value, j+1), unit, block, listed)
			}
		}
	}
	for _, m := range block.Members {
		if m.Role != RoleWitness && !listed[m.Agency] {
			r.look("", "thành viên mới chưa có trong danh sách: %s", "a new member is not in the list yet: %s",
				r.state.Directory.AgencyName(m.Agency))
		}
	}
}

// unit renews the role of one unit: a mapping of which one value is a party's code.
func (r *renewer) unit(path string, unit *yaml.Node, block Block, listed map[AgencyID]bool) {
	agency, ok := r.partyOf(unit)
	if !ok {
		return
	}
	listed[agency] = true
	i := slices.IndexFunc(block.Members, func(m BlockMember) bool { return m.Agency == agency })
	if i < 0 {
		r.look(path, "%s không còn là thành viên của khối", "%s is no member of the block any more",
			r.state.Directory.AgencyName(agency))
		return
	}
	was, _ := r.state.Covenant.Party(agency)
	role := block.Members[i].Role
	if was.Role == role {
		return
	}
	for j := 1; j < len(unit.Content); j += 2 {
		if v := unit.Content[j]; v.Value == was.Role.Word("vi") || v.Value == was.Role.Word("en") ||
			v.Value == string(was.Role) {
			old := v.Value
			v.Value = role.Word("vi")
			r.changed(path+"."+unit.Content[j-1].Value, old, v.Value)
			return
		}
	}
	r.look(path, "vai trò nay là %s", "its role is %s now", words.Each(role.Word))
}

func (r *renewer) partyOf(unit *yaml.Node) (AgencyID, bool) {
	for j := 1; unit.Kind == yaml.MappingNode && j < len(unit.Content); j += 2 {
		if p, ok := r.state.Covenant.Party(AgencyID(unit.Content[j].Value)); ok {
			return p.Agency, true
		}
	}
	return "", false
}
