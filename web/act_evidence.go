package web

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
)

// A bundle of evidence that is made by its form is kept here until it is fetched: its maker is shown a link to it.
// Each is made once under the form's key, which holds its maker's name (see keyOf), so nobody else is sent it, and a
// form that is sent twice makes one.

// bundlesKept is how many bundles are kept; the oldest goes when another one is made.
const bundlesKept = 8

// bundles are those that were made here and not yet given up. Another node has none of them; there one is made anew.
type bundles struct {
	making sync.Mutex // one at a time
	mu     sync.Mutex // guards all
	all    []*madeBundle
}

type madeBundle struct {
	key, slug, name string
	file            *passing
	size            int64
	digest          workflow.Digest
	events          int64
}

// bundleRow is a bundle that is ready.
type bundleRow struct {
	Path, Name, Size, Digest string
	Events                   int64
}

func (b *bundles) find(key string) *madeBundle {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.all, func(m *madeBundle) bool { return key != "" && m.key == key })
	if i < 0 {
		return nil
	}
	return b.all[i]
}

func (b *bundles) keep(m *madeBundle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, m)
	for len(b.all) > bundlesKept {
		b.all[0].file.close()
		b.all = slices.Delete(b.all, 0, 1)
	}
}

// ready is the bundle that a page's address names by the key of the form that made it; nil: none.
func (b *bundles) ready(r *request) *bundleRow {
	m := b.find(keyOf(r))
	if m == nil || m.slug != address.Slug(r.Request) {
		return nil
	}
	return &bundleRow{Path: address.Evidence.For(m.slug) + "?khoa=" + r.FormValue("khoa"), Name: m.name,
		Size: r.text(words.Size(m.size)), Digest: m.digest.String(), Events: m.events}
}

func (b *bundles) send(w http.ResponseWriter, r *request) error {
	m := b.find(keyOf(r))
	if m == nil || m.slug != address.Slug(r.Request) {
		return workflow.Refusal(workflow.CodeNotFound, "hồ sơ này không còn được giữ; hãy lập lại ở trang giao ước",
			"this bundle is no longer kept; make it again on the covenant’s page")
	}
	sendBundle(w, r, m.name, io.NewSectionReader(m.file, 0, m.size))
	return nil
}

// makeBundle makes a bundle of evidence for who sent its form.
func (s actions) makeBundle(r *request, slug string) error {
	key := keyOf(r)
	if key == "" {
		return errDamagedForm
	}
	s.bundles.making.Lock()
	defer s.bundles.making.Unlock()
	if s.bundles.find(key) != nil {
		return nil
	}
	f, err := newPassing()
	if err != nil {
		return fmt.Errorf("evidence of %q: %w", slug, err)
	}
	sum := sha256.New()
	counted := &counting{to: io.MultiWriter(f.File, sum)}
	manifest, err := s.bundle(r, slug, counted)
	if err != nil {
		f.close()
		return err
	}
	s.bundles.keep(&madeBundle{key: key, slug: slug, name: bundleName(manifest), file: f, size: counted.n,
		digest: workflow.Digest(sum.Sum(nil)), events: manifest.Version})
	return nil
}

// counting counts what is written.
type counting struct {
	to io.Writer
	n  int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}
