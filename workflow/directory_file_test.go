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

// One thing changed in a sound file, and what is said of it.
func TestBlockFileRowByRow(t *testing.T) {
	for name, c := range map[string]struct{ old, fresh, want string }{
		"as it is":                     {"", "", ""},
		"a code with capitals":         {"id: khoi,", "id: Khoi,", `block.id "Khoi"`},
		"an agency without a name":     {"name: Sở Tài chính", "name: ' '", `agency "so": needs a code and a name`},
		"an agency without an address": {"email: so@x.example", "email: ''", `agency "so": e-mail address ""`},
		"no leader":                    {"role: leader", "role: member", "the block has 0 leaders"},
		"a person twice":               {"id: binh", "id: an", `person "an" stands twice`},
		"a person without a title":     {"title: Giám đốc", "title: ' '", `person "an" of "so": needs a code, a name`},
		"a person without duties":      {"duties: [sign, vote]", "duties: []", `person "an" of "so": needs a code, a name`},
		"a duty twice":                 {"[sign, vote]", "[sign, sign]", "the duty “sign” stands twice"},
		"a rank that there is not":     {"rank: deputy", "rank: king", `rank "king" is unknown`},
		"a date that is none":          {"2026-06-30", "2026-06-31", "cannot read the block file"},
		"a key that there is not":      {"province:", "provinz:", "cannot read the block file"},
		"a list for a text":            {"name: Khối", "name: [Khối]", "cannot read the block file"},
		"a second document":            {"\nblock:", "\nblock: {id: a}\n---\nblock:", "a file holds one block"},
		"nothing":                      {smallBlock, "", "cannot read the block file"},
	} {
		_, err := ParseBlockFile("f", []byte(strings.Replace(smallBlock, c.old, c.fresh, 1)))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if ErrorCode(err) != CodeInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

// Letters go to an address as it stands in the file.
func TestMailAddresses(t *testing.T) {
	for text, good := range map[string]bool{
		"vp@so.example": true, "van-thu.so+gu@so-tai-chinh.tinh.example": true, "a@b": true, "x_1@[192.0.2.1]": true,
		"": false, "vp": false, "@so.example": false, "vp@": false, "vp@@so.example": false, "a b@so.example": false,
		"Văn thư <vp@so.example>": false, "<vp@so.example>": false, "vp@so.example (văn thư)": false,
		`"a b"@so.example`: false, "vp@so.example, x@so.example": false, " vp@so.example": false,
		"vp@so.example\r\nBcc: x@y.example": false, "vp@so.example\x00": false, "vp@so .example": false,
		strings.Repeat("a", 250) + "@so.example": false,
	} {
		if err := checkAddress(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzBlockFile(f *testing.F) {
	f.Add(smallBlock)
	f.Add("block: {id: a}\nagencies: [{id: a, people: [{id: b, duties: [sign]}]}]")
	f.Add("agencies: &a [*a]")
	zone := vietnam(f)
	f.Fuzz(func(t *testing.T, source string) {
		file, err := ParseBlockFile("f", []byte(source))
		if err != nil {
			if ErrorCode(err) != CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		s := State{Directory: NewDirectory(), Covenant: &Covenant{}, Calendar: zone}
		events, err := decided(s, ApplyBlock{file}, june)
		if err != nil && ErrorCode(err) == "" {
			t.Fatal(err)
		}
		for _, e := range events {
			s.Directory.Apply(e)
		}
		if again, err := decided(s, ApplyBlock{file}, june); err == nil && len(events) > 0 && len(again) > 0 {
			t.Fatalf("applied again, %d events: %v", len(again), again[0])
		}
	})
}

// What is an address of a covenant is one of a page: a year and a code, and nothing that a path could make of it.
func FuzzSlug(f *testing.F) {
	f.Add("2026/khoi-kinh-te", 2026)
	f.Add("2026/../etc", 2026)
	f.Add("0000/a", 0)
	f.Fuzz(func(t *testing.T, text string, year int) {
		if ValidSlug(text, year) && (strings.Count(text, "/") != 1 || strings.ContainsAny(text, ".\\%?#\x00 ") ||
			strings.ToLower(text) != text) {
			t.Errorf("%q is an address of %d", text, year)
		}
	})
}
