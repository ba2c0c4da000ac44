package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/templates"
	"covenant/workflow"
)

// demoCase is a block, the values of its covenant, and what people do in the play.
type demoCase struct {
	day       workflow.Date // of the demo's first start
	script    scenario
	block     *workflow.BlockFile
	first     []byte // values of the revision that is returned
	final     []byte // values of the revision that is approved
	sealImage []byte // of every agency's seal
}

// scenario is scenario.yaml.
type scenario struct {
	Template string `yaml:"template"`
	Title    string `yaml:"title"` // {year} and {today} stand for the day of the demo
	Slug     string `yaml:"slug"`
	// Values replace variables of covenant.yaml in every revision, FirstRevision in the first one only.
	Values        map[string]yaml.Node `yaml:"values"`
	FirstRevision map[string]yaml.Node `yaml:"first_revision"`
	Returned      struct {
		Agency   workflow.AgencyID `yaml:"agency"`
		Comments []struct {
			Clause string `yaml:"clause"`
			Text   string `yaml:"text"`
		} `yaml:"comments"`
	} `yaml:"returned"`
	Note   string            `yaml:"note"`
	Late   workflow.AgencyID `yaml:"late"`
	Report string            `yaml:"report"`
	PIN    string            `yaml:"pin"`
}

func readCase(files fs.FS, today workflow.Date) (*demoCase, error) {
	c := &demoCase{day: today}
	source, err := fs.ReadFile(files, "scenario.yaml")
	if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	text := strings.NewReplacer("{year}", strconv.Itoa(today.Year), "{today}", today.String()).Replace(string(source))
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
	c.first, err = mergeValues(c.final, c.script.FirstRevision)
	return c, err
}

// mergeValues gives variables of a values file other values and leaves everything else as it is.
func mergeValues(values []byte, changes map[string]yaml.Node) ([]byte, error) {
	data, err := yaml.Marshal(changes)
	if err != nil {
		return nil, fmt.Errorf("case: scenario.yaml: %w", err)
	}
	return templates.MergeValues(values, data)
}
