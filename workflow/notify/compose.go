package notify

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"covenant/internal/words"
	"covenant/workflow"

	"golang.org/x/text/unicode/norm"
)

// Text is a composed mail before it has an address.
type Text struct {
	Subject string // one line
	Body    string // plain text, lines ended by \n
}

// Letter is one of the structs of this package that Compose knows.
type Letter interface{ template() string }

// Rung says which step of the escalation ladder a reminder is.
type Rung string

// The rungs.
const (
	RungBefore     Rung = "before"     // before the deadline, to the agency
	RungOverdue    Rung = "overdue"    // after it, to the agency
	RungLeaderList Rung = "leaderlist" // after it, to the block leader: who is missing
)

// Due is a deadline in words that stand in a sentence.
type Due struct {
	Text      string // dd/mm/yyyy
	Exclusive bool   // "trước ngày" (before that day) instead of "chậm nhất ngày" (that day included)
}

// Reminder reminds an agency of a report, or tells the leader whose are missing.
type Reminder struct {
	Rung     Rung
	Agency   string // addressed
	Covenant string // title
	Report   string // "Báo cáo quý IV năm 2026"
	Due      Due
	Missing  []string // RungLeaderList: agencies without a report
	URL      string
}

func (r Reminder) template() string { return "reminder-" + string(r.Rung) }

// Task is what somebody is asked to do.
type Task string

// The tasks.
const (
	TaskReview Task = "review"
	TaskVote   Task = "vote"
	TaskSign   Task = "sign"
	TaskNumber Task = "number"
	TaskSeal   Task = "seal"
	TaskChair  Task = "chair" // open the conference
	TaskScore  Task = "score" // score one's own agency
	TaskPoll   Task = "poll"
	TaskVerify Task = "verify" // others' scores
	TaskAppeal Task = "appeal" // decide it
	TaskDecide Task = "decide" // what becomes of a covenant that stopped
)

// Request asks somebody to act on a covenant.
type Request struct {
	Task     Task
	To       string // agency or person addressed
	Covenant string
	Stage    string // name of the stage or poll, in the letter's language
	Because  string // TaskDecide: why it stopped, in the letter's language
	Whose    string // TaskAppeal: the agency that appeals
	Due      Due    // may be empty
	Note     string // what is new since they last looked; may be empty
	URL      string
}

func (r Request) template() string { return "request-" + string(r.Task) }

// Returned tells the drafter that a draft was sent back.
type Returned struct {
	To, Covenant string
	Because      string // “Sở Y tế trả lại”, “biểu quyết không thông qua”, in the letter's language
	Revision     int
	Comments     []string // what is asked for, each with who asks; may be empty
	URL          string
}

func (Returned) template() string { return "returned" }

// Notice tells the parties how a covenant came out.
type Notice struct {
	Outcome  workflow.Phase // cancelled, closed or withdrawn
	To       string
	Covenant string
	Number   string // number and symbol, may be empty
	Date     string // dd/mm/yyyy
	Reason   string // empty for what was closed in its time
	URL      string
}

func (n Notice) template() string { return "notice-" + string(n.Outcome) }

// DailyRoot sends members the day's checkpoint of the record, to be kept outside.
type DailyRoot struct {
	To      string
	Day     string // dd/mm/yyyy
	Digest  string // of the checkpoint, hexadecimal
	Size    uint64 // leaves of the record
	File    string // name of the attachments, without .txt and .tst
	Key     string // with which checkpoints are checked, as C2SP signed-note writes it
	Backups string // with which this installation's backups are checked; may be empty
}

func (DailyRoot) template() string { return "root" }

// AccessCode sends a person the one-time code with which they set a password, or make an access token.
type AccessCode struct {
	To      string // name of the person
	Person  string // as the directory calls them
	Code    string
	Address string // of the page on which a password is set
	Until   string // when it ceases to hold
}

func (AccessCode) template() string { return "access" }

// ClockDoubted tells who administers that the server's clock was set, or stood still, and that nobody has confirmed it.
type ClockDoubted struct {
	To              string
	Shown, Expected string // hh:mm dd/mm/yyyy
}

func (ClockDoubted) template() string { return "clock" }

// Stuck tells who administers, and who drafted, that something the program does by itself does not succeed.
type Stuck struct {
	To       string
	Covenant string // title; empty: it is about the whole installation
	Work     string // what does not get done, as it stands in a sentence
	Reason   string
	Since    string // hh:mm dd/mm/yyyy
	URL      string
}

func (Stuck) template() string { return "stuck" }

// Obstructed tells who administers, and who drafted, what keeps a covenant from reaching its end.
type Obstructed struct {
	To        string
	Covenant  string   // title
	Obstacles []string // sentences
	URL       string
}

func (Obstructed) template() string { return "obstructed" }

//go:embed letters/*.txt
var letterFiles embed.FS

// Composer holds the parsed letters.
type Composer struct {
	letters map[words.Language]*template.Template
}

// NewComposer parses the letters. Every letter exists in every language.
func NewComposer() (*Composer, error) {
	c := &Composer{map[words.Language]*template.Template{}}
	funcs := template.FuncMap{"mid": midSentence, "line": oneLine, "inc": func(i int) int { return i + 1 },
		"indent": indent}
	for _, lang := range words.Languages() {
		t, err := template.New(string(lang)).Funcs(funcs).Option("missingkey=error").ParseFS(letterFiles,
			"letters/"+string(lang)+".txt")
		if err != nil {
			return nil, fmt.Errorf("read letters in %s: %w", lang, err)
		}
		c.letters[lang] = t
	}
	return c, nil
}

// Compose writes a letter. The subject is one line, both are NFC.
func (c *Composer) Compose(lang words.Language, l Letter) (Text, error) {
	if lang == "" {
		lang = words.Vietnamese
	}
	t := c.letters[lang]
	if t == nil {
		return Text{}, fmt.Errorf("no letters in language %q; there are vi and en", lang)
	}
	part := func(name string) (string, error) {
		var out bytes.Buffer
		err := t.ExecuteTemplate(&out, name, l)
		return norm.NFC.String(out.String()), err
	}
	subject, subjectErr := part(l.template() + ".subject")
	body, bodyErr := part(l.template() + ".body")
	footer, footerErr := part("footer")
	if err := errors.Join(subjectErr, bodyErr, footerErr); err != nil {
		return Text{}, fmt.Errorf("write letter %s: %w", l.template(), err)
	}
	return Text{Subject: oneLine(subject), Body: strings.TrimSpace(body) + "\n\n" + strings.TrimSpace(footer) + "\n"},
		nil
}

// Bilingual writes a letter in both languages, Vietnamese first, for whoever is known to read neither alone.
func (c *Composer) Bilingual(letter func(words.Language) Letter) (Text, error) {
	vi, err := c.Compose(words.Vietnamese, letter(words.Vietnamese))
	if err != nil {
		return Text{}, err
	}
	en, err := c.Compose(words.English, letter(words.English))
	return Text{Subject: vi.Subject + " / " + en.Subject, Body: vi.Body + "\n" + en.Body}, err
}

// Languages are those that the body of a composed mail is written in, by its footers; none for another text.
func (c *Composer) Languages(body string) ([]words.Language, error) {
	var out []words.Language
	for _, lang := range words.Languages() {
		var footer bytes.Buffer
		if err := c.letters[lang].ExecuteTemplate(&footer, "footer", nil); err != nil {
			return nil, fmt.Errorf("footer in %s: %w", lang, err)
		}
		if strings.Contains(body, strings.TrimSpace(norm.NFC.String(footer.String()))) {
			out = append(out, lang)
		}
	}
	return out, nil
}

// oneLine joins the words of a text by single spaces: nothing in it can begin another header.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// indent keeps a quoted text apart from ours.
func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
}

// midSentence lowers a label's first letter ("Báo cáo quý IV" → "báo cáo quý IV"), unless its first word is capitals.
func midSentence(s string) string {
	s = oneLine(s)
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	if size == 0 || unicode.IsUpper(second) {
		return s
	}
	return string(unicode.ToLower(first)) + s[size:]
}
