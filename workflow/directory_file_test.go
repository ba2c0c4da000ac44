package workflow

import (
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

const smallBlock = `
block: {id: khoi, name: Khối, province: tỉnh}
agencies:
  - id: so
    name: Sở Tài chính
    email: so@x.example
    role: leader
    people:
      - {id: an, name: Ông An, email: an@x.example, title: Giám đốc, duties: [sign, vote], until: 2026-06-30}
      - {id: binh, name: Bà Bình, email: binh@x.example, title: Phó Giám đốc, ` +
	`rank: deputy, duties: [vote], from: 2025-01-01}
delegations:
  - {from: an, to: binh, form: KT., duties: [sign], start: 2026-06-01, end: 2026-06-15, document: Giấy ủy quyền số 1}
`

// A declared file is applied once; a change of it shows as that change alone.
func TestBlockFileChanges(t *testing.T) {
	s := State{Directory: NewDirectory(), Covenant: &Covenant{}, Calendar: vietnam(t)}
	apply := func(source string) (told []string) {
		t.Helper()
		f, err := ParseBlockFile("f", []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		events, err := decided(s, ApplyBlock{f}, june)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			told = append(told, s.Tell(e).Text.In("vi"))
			s.Directory.Apply(e)
		}
		return told
	}
	if told := apply(smallBlock); len(told) != 7 ||
		told[6] != "+ ủy quyền so/an/uq-1: Ông An → Bà Bình KT., ký, từ 01/06/2026 đến hết 15/06/2026" {
		t.Errorf("first: %q", told)
	}
	if told := apply(smallBlock); len(told) != 0 {
		t.Errorf("again: %q", told)
	}
	told := apply(strings.Replace(smallBlock, "title: Phó Giám đốc", "title: Phó Giám đốc phụ trách", 1))
	if len(told) != 1 || told[0] != "~ chức vụ so/binh: Phó Giám đốc phụ trách (biểu quyết), từ 01/01/2025" {
		t.Errorf("a new title: %q", told)
	}
	told = apply(strings.NewReplacer("role: leader", "role: leader\n    language: vi", "title: Phó Giám đốc",
		"language: en, title: Phó Giám đốc phụ trách").Replace(smallBlock))
	if len(told) != 2 || told[0] != "~ đơn vị so: Sở Tài chính <so@x.example> → Sở Tài chính <so@x.example> (vi)" ||
		!strings.HasSuffix(told[1], "<binh@x.example> (en)") {
		t.Errorf("languages: %q", told)
	}
	if got := s.Directory.Mailboxes("", "so", DutyVote, calendar.On(2026, 6, 1)); len(got) != 3 ||
		got[0].Language != words.Vietnamese || got[1] != (Mailbox{"an@x.example", words.Vietnamese}) ||
		got[2].Language != words.English {
		t.Errorf("mailboxes %+v", got)
	}
	a, err := s.Directory.Authority("binh", "so", DutySign, calendar.On(2026, 6, 15))
	if err != nil || a.For != "an" {
		t.Errorf("%+v, %v", a, err)
	}
}

// All that is wrong with a file is said at once.
func TestBlockFileProblems(t *testing.T) {
	bad := strings.NewReplacer("email: so@x.example", "email: nobody", "rank: deputy, duties: [vote]",
		"rank: officer, duties: [sign, dance]",
		"until: 2026-06-30", "from: 2026-07-01, until: 2026-06-30", "role: leader",
		"role: captain\n    language: fr").Replace(smallBlock)
	_, err := ParseBlockFile("f", []byte(bad))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`role "captain"`, "nobody", `unknown duty "dance"`, "is before from", "only the head, deputies", "0 leaders", `language "fr"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in\n%v", want, err)
		}
	}
	f, err := ParseBlockFile("f", []byte(strings.NewReplacer("form: KT.", "form: Q.", "to: binh",
		"to: ai-do").Replace(smallBlock)+
		"  - {from: binh, to: an, duties: [number], start: 2026-06-01, end: 2026-06-15, document: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = decided(State{Directory: NewDirectory(), Covenant: &Covenant{}, Calendar: vietnam(t)}, ApplyBlock{f}, june)
	if err == nil || !strings.Contains(err.Error(), "ai-do") || !strings.Contains(err.Error(), "issue numbers") {
		t.Errorf("delegations: %v; want both problems", err)
	}
}
