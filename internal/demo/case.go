package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/process"
)

// playCase is a block, the values of its covenant, and what people do in the play.
type playCase struct {
	day       workflow.Date // of the demo's first start
	script    scenario
	block     *workflow.BlockFile
	first     []byte // values of the revision that is returned
	final     []byte // values of the revision that is approved
	amended   []byte // values of the revision amended at the conference; nil: none is
	process   []byte // of the block's own; nil: the template's
	sealImage []byte // of every agency's seal
}

// scenario is scenario.yaml.
type scenario struct {
	Template string `yaml:"template"`
	Title    string `yaml:"title"` // {year} and {today} stand for the day of the demo, {today+N} for N days later
	Slug     string `yaml:"slug"`
	// Values replace variables of covenant.yaml in every revision, FirstRevision in the first one only.
	Values        map[string]yaml.Node `yaml:"values"`
	FirstRevision map[string]yaml.Node `yaml:"first_revision"`
	// Returned is the review that sends the first revision back; Note is what the drafter says of the second.
	Returned returnScript `yaml:"returned"`
	Note     string       `yaml:"note"`
	// Remarks are comments of agencies that approve the first revision all the same.
	Remarks []remarkScript `yaml:"remarks"`
	// Process is a file beside it with a process of the block's own.
	Process string `yaml:"process"`
	// Silent gives no opinion on the second revision: the ladder of the review says what follows.
	Silent     workflow.AgencyID `yaml:"silent"`
	Conference conferenceScript  `yaml:"conference"`
	// Against are the agencies that vote against a motion.
	Against map[workflow.MotionID][]workflow.AgencyID `yaml:"against"`
	Refused refusalScript                             `yaml:"refused"`
	Late    workflow.AgencyID                         `yaml:"late"`
	Report  string                                    `yaml:"report"`
	PIN     string                                    `yaml:"pin"`
}

// returnScript is a review that returns a draft.
type returnScript struct {
	Agency   workflow.AgencyID `yaml:"agency"`
	Comments []commentScript   `yaml:"comments"`
}

// commentScript is a comment on a clause.
type commentScript struct {
	Clause string `yaml:"clause"`
	Text   string `yaml:"text"`
}

// remarkScript is an agency's comment on a clause.
type remarkScript struct {
	Agency        workflow.AgencyID `yaml:"agency"`
	commentScript `yaml:",inline"`
}

// floorScript is a motion from the floor.
type floorScript struct {
	Agency workflow.AgencyID `yaml:"agency"`
	Text   string            `yaml:"text"`
}

// refusalScript is an agency that refuses to sign.
type refusalScript struct {
	Agency workflow.AgencyID `yaml:"agency"`
	Reason string            `yaml:"reason"`
}

// conferenceScript is what happens at a conference, where the process holds one.
type conferenceScript struct {
	// Day is when it is held, as the text says; the clock runs ahead to it. Default: when it is its turn.
	Day       string              `yaml:"day"`
	Secretary workflow.PersonID   `yaml:"secretary"`
	Absent    []workflow.AgencyID `yaml:"absent"`
	Proxy     proxyScript         `yaml:"proxy"`
	// Hands are shows of hands: for, against, abstaining. Other motions are voted on electronically.
	Hands    map[workflow.MotionID][3]int `yaml:"hands"`
	Floor    floorScript                  `yaml:"floor"`
	Amend    amendmentScript              `yaml:"amend"`
	Opinions string                       `yaml:"opinions"`
}

// proxyScript is a proxy for the conference.
type proxyScript struct {
	From     workflow.AgencyID `yaml:"from"`
	To       workflow.AgencyID `yaml:"to"`
	GivenBy  workflow.PersonID `yaml:"given_by"`
	Document string            `yaml:"document"`
}

// amendmentScript is what a conference changes in the text.
type amendmentScript struct {
	Values map[string]yaml.Node `yaml:"values"`
	Note   string               `yaml:"note"`
}

var laterDay = regexp.MustCompile(`\{today\+([0-9]{1,2})\}`)

func readCase(files fs.FS, today workflow.Date) (*playCase, error) {
	c := &playCase{day: today}
	source, err := fs.ReadFile(files, "scenario.yaml")
	if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	text := strings.NewReplacer("{year}", strconv.Itoa(today.Year), "{today}", today.String()).Replace(string(source))
	text = laterDay.ReplaceAllStringFunc(text, func(m string) string {
		days, _ := strconv.Atoi(laterDay.FindStringSubmatch(m)[1]) // two digits
		return today.AddDays(days).String()
	})
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&c.script); err != nil {
		return nil, fmt.Errorf("case: scenario.yaml: %w", err)
	}
	block, err := fs.ReadFile(files, "block.yaml")
	if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	if c.block, err = workflow.ParseBlockFile("block.yaml", block); err != nil {
		return nil, err
	}
	if c.sealImage, err = fs.ReadFile(files, "seal.png"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("case: %w", err)
	}
	values, err := fs.ReadFile(files, "covenant.yaml")
	if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	if c.final, err = mergeValues(values, c.script.Values); err != nil {
		return nil, err
	}
	if c.first, err = mergeValues(c.final, c.script.FirstRevision); err != nil {
		return nil, err
	}
	return c, c.readProcess(files)
}

// readProcess reads the process of the block's own and the text that its conference adopts, where the case has them.
func (c *playCase) readProcess(files fs.FS) (err error) {
	if c.script.Process != "" {
		if c.process, err = fs.ReadFile(files, c.script.Process); err != nil {
			return fmt.Errorf("case: %w", err)
		}
		if _, err := process.Parse(c.script.Process, c.process); err != nil {
			return err
		}
	}
	if len(c.script.Conference.Amend.Values) > 0 {
		c.amended, err = mergeValues(c.final, c.script.Conference.Amend.Values)
	}
	return err
}

// mergeValues gives variables of a values file other values and leaves everything else as it is.
func mergeValues(values []byte, changes map[string]yaml.Node) ([]byte, error) {
	data, err := yaml.Marshal(changes)
	if err != nil {
		return nil, fmt.Errorf("case: scenario.yaml: %w", err)
	}
	return templates.MergeValues(values, data)
}
