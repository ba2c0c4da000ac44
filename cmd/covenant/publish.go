package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/publish"
)

type publishCmd struct {
	Covenant  string `arg:"" help:"Address of the covenant, e.g. 2026/khoi-kinh-te-nganh."`
	Repo      string `required:"" help:"GitHub repository." placeholder:"OWNER/NAME[@BRANCH]"`
	TokenFile string `required:"" help:"File whose first line is a token that may write the repository's contents." type:"existingfile" placeholder:"FILE"`
	GitHub    string `name:"github" help:"Address of a GitHub Enterprise server. Default: github.com." placeholder:"URL"`
	Data      string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database  string `help:"PostgreSQL address; default is SQLite in the data directory." placeholder:"URL"`
}

// Run publishes the signed document of a covenant in force. Done again it changes nothing that is there.
func (cmd *publishCmd) Run(e *env) error {
	repo, err := publish.ParseRepository(cmd.Repo)
	if err != nil {
		return err
	}
	token, err := password(cmd.TokenFile)
	if err != nil {
		return err
	}
	publisher, err := publish.New(publish.Options{Token: token, BaseURL: cmd.GitHub})
	if err != nil {
		return err
	}
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine, by workflow.Actor) error {
		file, title, err := signedDocument(e, eng, by, cmd.Covenant)
		if err != nil {
			return err
		}
		done, err := publisher.Publish(e.ctx, repo, title,
			publish.File{Path: cmd.Covenant + "/covenant.pdf", Content: file})
		if err != nil {
			return err
		}
		for _, d := range done {
			if d.Commit == "" {
				e.say("%s đã có ở %s, không đổi", "%s is at %s already, unchanged", d.Path, repo)
				continue
			}
			e.say("Đã đưa %s lên %s: %s", "Published %s to %s: %s", d.Path, repo, d.URL)
		}
		return nil
	})
}

func signedDocument(e *env, eng *engine.Engine, by workflow.Actor, slug string) ([]byte, string, error) {
	v, err := eng.View(e.ctx, by, slug)
	if err != nil {
		return nil, "", err
	}
	if v.Covenant.InForce.IsZero() {
		return nil, "", errors.New("only a covenant in force is published: " + v.Status(v.Now, e.lang))
	}
	content, _, err := eng.Document(e.ctx, by, v.Covenant.Head)
	if err != nil {
		return nil, "", err
	}
	defer content.Close()
	var file bytes.Buffer
	if _, err := io.Copy(&file, content); err != nil {
		return nil, "", fmt.Errorf("document of %s: %w", slug, err)
	}
	return file.Bytes(), v.Covenant.Title + ", " + v.Covenant.PrintedNumber(), nil
}
