package workflow

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// meanTexts may stand in no field, and ownForm are texts that are brought into their form.
var meanTexts = map[string]string{
	"a line break": "Nguyễn\nBcc: all@example.com", "a carriage return": "a\rb", "a direction mark": "a\u202Eb",
	"a joiner": "a\u200Bb", "a byte order mark": "\ufeffa", "an escape": "a\x1b[31m", "a zero": "a\x00b",
	"no Unicode": "a\xffb", "a private letter": "a\ue001b",
	"two hundred thousand letters": strings.Repeat("ă", 200_000),
	"a line separator":             "a\u2028b", "a tag": "a\U000E0041b", "a replacement": "a\ufffdb",
}

// Each text of each command that people give is looked at before anything is decided; what a field holds of a command's
// own is not changed.
func TestEachTextOfEachCommand(t *testing.T) {
	fields := 0
	for _, cmd := range textCommands {
		eachText(reflect.TypeOf(cmd), nil, func(path []int, name string, long bool) {
			fields++
			for what, text := range meanTexts {
				if long && what == "a line break" {
					continue
				}
				with := reflect.New(reflect.TypeOf(cmd)).Elem()
				fieldAt(with, path).SetString(text)
				_, err := normalized(with.Interface().(Command))
				if ErrorCode(err) != CodeInvalid || !strings.Contains(err.Error(), "“"+name+"”") {
					t.Errorf("%T.%s with %s: %v", cmd, name, what, err)
				}
			}
			with := reflect.New(reflect.TypeOf(cmd)).Elem()
			fieldAt(with, path).SetString("Nguye\u0302\u0303n Va\u0306n A")
			made, err := normalized(with.Interface().(Command))
			if err != nil || fieldAt(reflect.ValueOf(made), path).String() != "Nguyễn Văn A" {
				t.Errorf("%T.%s: %v, %v", cmd, name, made, err)
			}
			if fieldAt(with, path).String() != "Nguye\u0302\u0303n Va\u0306n A" {
				t.Errorf("%T.%s: the caller's value was changed", cmd, name)
			}
		})
	}
	if fields < 60 {
		t.Errorf("only %d texts were tried", fields)
	}
}

func TestTextsOfAllCommands(t *testing.T) {
	known := map[string]bool{}
	for _, cmd := range textCommands {
		known[reflect.TypeOf(cmd).Name()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func \((?:cmd|c) (\w+)\) decide\(s State`).FindAllSubmatch(source, -1) {
			if !known[string(m[1])] {
				t.Errorf("the texts of %s are not tried", m[1])
			}
		}
	}
}

// textCommands are all commands; [TestTextsOfAllCommands] misses one that is not here.
var textCommands = []Command{
	AcceptObstacles{}, AcceptScore{}, AmendText{}, AnswerComment{}, AppealScore{}, ApplyBlock{}, AssignPosition{},
	BindByRule{},
	BindCertificate{}, Cancel{}, CastBallot{}, CastPollBallot{}, Close{}, CloseConference{}, CloseMotion{},
	ClosePoll{}, CloseReporting{}, ConfirmCertificate{}, CountHands{}, DecideAppeal{}, DeclareConflict{},
	DeclareRanking{}, DraftCovenant{}, EndBindingRule{}, EndPosition{}, EnterNumber{}, EscalateStage{},
	ExplainNumber{}, Freeze{}, GiveReview{}, GrantDelegation{}, GrantRight{}, HandOverChair{}, IssueNumber{},
	OpenConference{}, OpenMotions{}, OpenPoll{}, PostComment{}, ProposeMotion{}, RecordAttendance{},
	RecordMinutes{}, RecordPaperSignature{}, RecordProxy{}, RecordReminder{}, RecordSeal{}, RecordSignature{},
	RecordValidationData{}, RecountDeadline{}, RefuseSignature{}, ReplaceCertificate{},
	ReserveNumber{}, ResolveComment{},
	RevokeDelegation{}, RevokeRight{}, SetBindingRule{}, SettleRefusal{}, StopCompletion{}, SubmitReport{},
	SubmitRevision{}, SubmitScore{}, UnbindCertificate{}, VerifyScore{}, Withdraw{},
}

// eachText visits the texts of a type, those of elements of slices aside, which [TestTextsInSlices] tries.
func eachText(t reflect.Type, path []int, visit func(path []int, name string, long bool)) {
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		here := append(append([]int{}, path...), i)
		switch f.Type.Kind() {
		case reflect.String:
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				name = strings.ToLower(f.Name)
			}
			visit(here, name, longTexts[f.Name])
		case reflect.Struct:
			if f.Type.PkgPath() != "time" {
				eachText(f.Type, here, visit)
			}
		}
	}
}

func fieldAt(v reflect.Value, path []int) reflect.Value { return v.FieldByIndex(path) }

// Texts in slices and behind pointers are looked at, and copied before they are changed.
func TestTextsInSlices(t *testing.T) {
	given := GiveReview{Comments: []Comment{{Text: "dòng một\r\ndòng hai"}, {Text: "Nguye\u0302\u0303n"}}}
	made, err := normalized(given)
	if err != nil {
		t.Fatal(err)
	}
	got := made.(GiveReview).Comments
	if got[0].Text != "dòng một\ndòng hai" || got[1].Text != "Nguyễn" || given.Comments[1].Text == "Nguyễn" {
		t.Errorf("made %+v of %+v", got, given.Comments)
	}
	given.Comments[1].Text = "a\u202Eb"
	if _, err := normalized(given); ErrorCode(err) != CodeInvalid {
		t.Errorf("a direction mark in a comment: %v", err)
	}
	file := &BlockFile{Agencies: []BlockFileAgency{{Name: "Sở\nTài chính"}}}
	if _, err := normalized(ApplyBlock{File: file}); ErrorCode(err) != CodeInvalid {
		t.Errorf("a line break in an agency's name: %v", err)
	}
}
