package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow/process"
)

type checkCmd struct {
	Templates []string `arg:"" help:"Template files, or names of built-in templates."`
	Data      string   `help:"Values for the trial drafting. Default: sample.yaml beside the template." type:"existingfile" placeholder:"FILE.yaml"`
	answers
}

// Run checks each template, its sample values and its process definition, and prints every problem.
func (cmd *checkCmd) Run(e *env) error {
	found := 0
	for _, name := range cmd.Templates {
		problems, err := cmd.check(name)
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintln(e.out, p.In(e.lang))
			if !p.Note {
				found++
			}
		}
	}
	if found > 0 {
		return &exitError{status: 1}
	}
	e.say("Không có lỗi.", "No problems.")
	return nil
}

func (cmd *checkCmd) check(name string) ([]templates.Problem, error) {
	files, err := openTemplate(name)
	if err != nil {
		return nil, err
	}
	if cmd.Data != "" {
		if files.values, err = os.ReadFile(cmd.Data); err != nil {
			return nil, fmt.Errorf("values: %w", err)
		}
		files.valuesName = cmd.Data
	}
	if files.process != nil {
		cal, err := loadCalendar("")
		if err != nil {
			return nil, err
		}
		if _, err := process.ParseNew(files.processName, files.process, cal.Zone()); err != nil {
			return nil, err
		}
	}
	law, err := library.Law()
	if err != nil {
		return nil, err
	}
	t, problems := templates.Parse(files.name, files.source)
	var values templates.Values
	if files.values != nil {
		var more []templates.Problem
		values, more = templates.ParseValues(files.valuesName, files.values)
		problems = append(problems, more...)
	}
	images, err := files.images(t)
	if err != nil {
		return nil, err
	}
	problems = append(problems, t.Check(values, templates.DraftOptions{Law: law, Images: images,
		Today: today(), Mean: cmd.Mean})...)
	if files.values == nil {
		problems = append(problems, noSample(files))
	}
	return templates.Problems(problems).Sorted(), nil
}

// noSample notes that there was nothing for a trial rendering.
func noSample(files templateFiles) templates.Problem {
	return templates.Problem{
		File: files.name, Line: 1, Column: 1, Note: true,
		Message: words.F("Chưa in thử: không có tệp số liệu mẫu %s bên cạnh mẫu; có thể chỉ ra bằng --data.",
			"No trial rendering: there is no file of sample values %s beside the template; name one by --data.",
			filepath.Base(files.valuesName)),
	}
}

// templateFiles is a template with what stands beside it. A built-in one has no folder.
type templateFiles struct {
	name, valuesName, processName string
	folder                        string
	source, values, process       []byte
}

// images reads the pictures that a template names from its folder; what is not there is left for the check to report.
func (f templateFiles) images(t *templates.Template) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range t.Images() {
		if f.folder == "" || !filepath.IsLocal(name) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(f.folder, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("image: %w", err)
		}
		if err == nil {
			out[name] = data
		}
	}
	return out, nil
}

// openTemplate finds a template by file name, or else by its name in the library.
func openTemplate(name string) (templateFiles, error) {
	source, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		entry, libErr := library.Open(name)
		if libErr != nil {
			return templateFiles{}, fmt.Errorf("there is no file %s, and %w", name, libErr)
		}
		return templateFiles{
			name: entry.File("template.txt"), valuesName: entry.File("sample.yaml"),
			processName: entry.File("process.yaml"),
			source:      entry.Source, values: entry.Sample, process: entry.Process,
		}, nil
	}
	if err != nil {
		return templateFiles{}, fmt.Errorf("template: %w", err)
	}
	t := templateFiles{name: name, source: source, folder: filepath.Dir(name)}
	for path, to := range map[string]*[]byte{"sample.yaml": &t.values, "process.yaml": &t.process} {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(name), path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return t, fmt.Errorf("beside the template: %w", err)
		}
		*to = data
	}
	t.valuesName = filepath.Join(filepath.Dir(name), "sample.yaml")
	t.processName = filepath.Join(filepath.Dir(name), "process.yaml")
	return t, nil
}
