// Package publish brings signed covenants to a GitHub repository, and templates from one.
//
// Publishing is idempotent: what is in the repository already is left alone, so that a job may run twice. A file is
// only ever added or replaced by a commit that names it; nothing is deleted.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/google/go-github/v60/github"
)

// Repository is a GitHub repository and the branch that is used.
type Repository struct {
	Owner  string
	Name   string
	Branch string // default: the repository's own
}

// ParseRepository reads "owner/name" or "owner/name@branch".
func ParseRepository(text string) (Repository, error) {
	rest, branch, _ := strings.Cut(text, "@")
	owner, name, ok := strings.Cut(rest, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return Repository{}, fmt.Errorf("repository %q: want owner/name or owner/name@branch", text)
	}
	return Repository{Owner: owner, Name: name, Branch: branch}, nil
}

// String is the form that ParseRepository reads.
func (r Repository) String() string {
	if r.Branch == "" {
		return r.Owner + "/" + r.Name
	}
	return r.Owner + "/" + r.Name + "@" + r.Branch
}

// Options say how GitHub is reached.
type Options struct {
	Token   string       // personal access token; needed for writing and for private repositories
	BaseURL string       // of a GitHub Enterprise server; default github.com
	HTTP    *http.Client // default http.DefaultClient
}

// Publisher talks to one GitHub server. It is safe for concurrent use.
type Publisher struct{ client *github.Client }

// New makes a publisher.
func New(o Options) (*Publisher, error) {
	client := github.NewClient(o.HTTP)
	if o.Token != "" {
		client = client.WithAuthToken(o.Token)
	}
	if o.BaseURL != "" {
		var err error
		if client, err = client.WithEnterpriseURLs(o.BaseURL, o.BaseURL); err != nil {
			return nil, fmt.Errorf("github address %q: %w", o.BaseURL, err)
		}
	}
	return &Publisher{client}, nil
}

// File is one file to be published.
type File struct {
	Path    string // inside the repository, with slashes
	Content []byte
}

// Published is what became of a file.
type Published struct {
	Path   string
	Commit string // empty when the file was there already, byte for byte
	URL    string // of the page that shows it
}

// maxFile is the largest file that GitHub's contents API takes.
const maxFile = 100 << 20

// Publish adds or replaces files, one commit each, in order. It stops at the first that fails; what was published
// before it stays, and calling again goes on from there.
func (p *Publisher) Publish(ctx context.Context, repo Repository, message string, files ...File) ([]Published, error) {
	var out []Published
	for _, f := range files {
		done, err := p.publish(ctx, repo, message, f)
		if err != nil {
			return out, fmt.Errorf("publish %s to %s: %w", f.Path, repo, err)
		}
		out = append(out, done)
	}
	return out, nil
}

func (p *Publisher) publish(ctx context.Context, repo Repository, message string, f File) (Published, error) {
	if clean := path.Clean("/" + f.Path)[1:]; clean != f.Path || clean == "" {
		return Published{}, errors.New("the path must be relative, with single slashes and without dots")
	}
	if len(f.Content) > maxFile {
		return Published{}, fmt.Errorf("%d bytes are more than GitHub takes (%d)", len(f.Content), maxFile)
	}
	there, err := p.existing(ctx, repo, f.Path)
	if err != nil {
		return Published{}, err
	}
	if there != nil && there.GetSHA() == blobSHA(f.Content) {
		return Published{Path: f.Path, URL: there.GetHTMLURL()}, nil
	}
	opt := &github.RepositoryContentFileOptions{Message: github.String(message), Content: f.Content}
	if repo.Branch != "" {
		opt.Branch = github.String(repo.Branch)
	}
	if there != nil {
		opt.SHA = there.SHA // GitHub refuses if somebody else was faster
	}
	made, _, err := p.client.Repositories.CreateFile(ctx, repo.Owner, repo.Name, f.Path, opt)
	if err != nil {
		return Published{}, explain(err)
	}
	return Published{Path: f.Path, Commit: made.GetSHA(), URL: made.Content.GetHTMLURL()}, nil
}

// existing is the file as the repository has it; nil if it has none.
func (p *Publisher) existing(ctx context.Context, repo Repository, name string) (*github.RepositoryContent, error) {
	// The directory's listing has the digest also of files that are too large to be read through this API.
	_, dir, _, err := p.client.Repositories.GetContents(ctx, repo.Owner, repo.Name,
		strings.TrimPrefix(path.Dir(name), "."), repo.ref())
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	for _, entry := range dir {
		if entry.GetName() == path.Base(name) && entry.GetType() == "file" {
			return entry, nil
		}
	}
	return nil, nil
}

func (r Repository) ref() *github.RepositoryContentGetOptions {
	return &github.RepositoryContentGetOptions{Ref: r.Branch}
}

// Fetch reads one file, for example a template, as the branch has it now.
func (p *Publisher) Fetch(ctx context.Context, repo Repository, name string) ([]byte, error) {
	body, _, err := p.client.Repositories.DownloadContents(ctx, repo.Owner, repo.Name, name, repo.ref())
	if err != nil {
		return nil, fmt.Errorf("fetch %s from %s: %w", name, repo, explain(err))
	}
	defer body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(http.MaxBytesReader(nil, body, maxFile)); err != nil {
		return nil, fmt.Errorf("fetch %s from %s: %w", name, repo, err)
	}
	return out.Bytes(), nil
}

func isNotFound(err error) bool {
	var e *github.ErrorResponse
	return errors.As(err, &e) && e.Response != nil && e.Response.StatusCode == http.StatusNotFound
}

// explain adds to GitHub's answers what to do about them.
func explain(err error) error {
	var limit *github.RateLimitError
	if errors.As(err, &limit) {
		return fmt.Errorf("github asks to wait until %s: %w", limit.Rate.Reset.Format("15:04:05"), err)
	}
	var e *github.ErrorResponse
	if !errors.As(err, &e) || e.Response == nil {
		return err
	}
	switch e.Response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("github does not accept the token; make a new one: %w", err)
	case http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("the repository does not exist or the token has no access to its contents: %w", err)
	case http.StatusConflict:
		return fmt.Errorf("somebody else changed the file meanwhile; try again: %w", err)
	}
	return err
}
