package engine

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// An evidence bundle (hồ sơ bằng chứng) is a ZIP file from which anybody can check, offline and without the
// database, what happened to a covenant: the signed document, the sealed events of its stream and of the directory
// with the openings of the names in them, the files that each revision was made of, the mails, and the time-stamped
// daily roots with proofs that the events are under them. manifest.json names every other entry with its SHA-256.

const evidenceFormat = 1

// The entries of a bundle.
const (
	evidenceManifest  = "manifest.json"
	evidenceDocument  = "covenant.pdf"
	evidenceFrozen    = "frozen.pdf"
	evidenceProcess   = "process.yaml"
	evidenceEvents    = "events.json"
	evidenceDirectory = "directory.json"
	evidenceNames     = "names.json"
	evidenceRoots     = "roots.json"
	evidenceProofs    = "proofs.json"
	evidenceMails     = "mails.json"
)

// EvidenceManifest is manifest.json of a bundle.
type EvidenceManifest struct {
	Format   int                        `json:"format"`
	Covenant workflow.CovenantID        `json:"covenant"`
	Slug     string                     `json:"slug"`
	Title    string                     `json:"title"`
	Version  int64                      `json:"version"` // events of the covenant's stream
	MadeAt   time.Time                  `json:"made_at"`
	Entries  map[string]workflow.Digest `json:"entries"`
}

// evidenceMail is a mail as a bundle tells of it.
type evidenceMail struct {
	MessageID string    `json:"message_id"`
	To        string    `json:"to"`
	Subject   string    `json:"subject"`
	Body      string    `json:"body"`
	State     string    `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	SettledAt time.Time `json:"settled_at"`
}

// evidenceName opens the commitment of a person's name.
type evidenceName struct {
	Commitment store.Commitment `json:"commitment"`
	Salt       []byte           `json:"salt"`
	Text       string           `json:"text"`
}

// evidence collects a bundle's entries.
type evidence struct {
	zip      *zip.Writer
	manifest EvidenceManifest
}

func (b *evidence) add(name string, data []byte) error {
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.manifest.MadeAt})
	if err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	b.manifest.Entries[name] = workflow.DigestOf(data)
	return nil
}

func (b *evidence) addJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	return b.add(name, data)
}

// Evidence writes the evidence bundle of a covenant, as of one moment, for an actor who may read its dossier. Of
// the mails it holds those that the actor reads.
func (e bundles) Evidence(ctx context.Context, by workflow.Actor, slug string, w io.Writer) (EvidenceManifest, error) {
	b := &evidence{zip: zip.NewWriter(w)}
	b.manifest = EvidenceManifest{Format: evidenceFormat, MadeAt: e.Now().UTC(), Entries: map[string]workflow.Digest{}}
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		s, reading, err := e.open(ctx, tx, by, slug, workflow.ReadDossier)
		if err != nil {
			return err
		}
		id := s.Covenant.ID
		b.manifest.Covenant, b.manifest.Slug = id, s.Covenant.Slug
		b.manifest.Title, b.manifest.Version = s.Covenant.Title, s.Covenant.Version
		if err := e.evidenceLog(ctx, tx, b, id); err != nil {
			return err
		}
		if err := e.evidenceMails(ctx, tx, b, id, reading); err != nil {
			return err
		}
		return e.evidenceFiles(ctx, b, s.Covenant)
	})
	if err != nil {
		return b.manifest, err
	}
	data, err := json.MarshalIndent(b.manifest, "", "  ")
	if err != nil {
		return b.manifest, fmt.Errorf("evidence: manifest: %w", err)
	}
	if err := b.add(evidenceManifest, data); err != nil {
		return b.manifest, err
	}
	return b.manifest, b.zip.Close()
}

// evidenceLog adds the events with names, and the roots with proofs.
func (e bundles) evidenceLog(ctx context.Context, tx *store.Tx, b *evidence, id workflow.CovenantID) error {
	names := map[store.Commitment]evidenceName{}
	for _, stream := range []struct {
		name  store.Stream
		entry string
	}{{covenantStream(id), evidenceEvents}, {directoryStream, evidenceDirectory}} {
		recorded, err := tx.Events(ctx, stream.name, 1)
		if err != nil {
			return err
		}
		sealed := make([]store.Sealed, 0, len(recorded))
		for _, r := range recorded {
			sealed = append(sealed, r.Sealed)
			if err := openNames(ctx, tx, r.Sealed, names); err != nil {
				return err
			}
		}
		if err := b.addJSON(stream.entry, sealed); err != nil {
			return err
		}
	}
	list := make([]evidenceName, 0, len(names))
	for _, n := range slices.Sorted(maps.Keys(names)) {
		list = append(list, names[n])
	}
	if err := b.addJSON(evidenceNames, list); err != nil {
		return err
	}
	return e.evidenceRoots(ctx, tx, b, id)
}

// openNames opens the commitments of the names in an event; other personal data stay closed.
func openNames(ctx context.Context, tx *store.Tx, sealed store.Sealed, into map[store.Commitment]evidenceName) error {
	var payload struct {
		Name struct {
			Commitment store.Commitment `json:"commitment"`
		} `json:"name"`
	}
	if sealed.Kind != (workflow.PersonRegistered{}).Kind() {
		return nil
	}
	if err := json.Unmarshal(sealed.Payload, &payload); err != nil {
		return fmt.Errorf("evidence: %s version %d: %w", sealed.Stream, sealed.Version, err)
	}
	opening, err := tx.Open(ctx, payload.Name.Commitment)
	if err != nil || opening.Erased {
		return err
	}
	into[opening.Commitment] = evidenceName{opening.Commitment, opening.Salt, opening.Text}
	return nil
}

func (e bundles) evidenceRoots(ctx context.Context, tx *store.Tx, b *evidence, id workflow.CovenantID) error {
	roots, err := tx.Roots(ctx)
	if err != nil {
		return err
	}
	if err := b.addJSON(evidenceRoots, roots); err != nil {
		return err
	}
	var proofs []store.Inclusion
	if n := len(roots); n > 0 {
		for _, stream := range []store.Stream{covenantStream(id), directoryStream} {
			proof, err := tx.Inclusion(ctx, stream, roots[n-1].Day)
			if errors.Is(err, store.ErrNotFound) { // the stream began after the last root
				continue
			}
			if err != nil {
				return err
			}
			proofs = append(proofs, proof)
		}
	}
	return b.addJSON(evidenceProofs, proofs)
}

func (e bundles) evidenceMails(
	ctx context.Context, tx *store.Tx, b *evidence, id workflow.CovenantID, reading workflow.Reading,
) error {
	rows, err := mails(ctx, tx, id)
	if err != nil {
		return err
	}
	out := make([]evidenceMail, 0, len(rows))
	for _, m := range rows {
		if !reading.Mail(m.To) {
			continue
		}
		out = append(out, evidenceMail{m.MessageID, m.To, m.Subject, m.Body, m.State, m.CreatedAt, m.SettledAt})
	}
	return b.addJSON(evidenceMails, out)
}

// evidenceFiles adds the document and what each revision was made of.
func (e bundles) evidenceFiles(ctx context.Context, b *evidence, c *workflow.Covenant) error {
	files := map[string]workflow.Digest{evidenceProcess: c.Process}
	if c.Frozen != nil {
		files[evidenceFrozen], files[evidenceDocument] = c.Frozen.PDF, c.Head
	}
	for _, r := range c.Revisions {
		maps.Copy(files, revisionFiles(r))
	}
	maps.Copy(files, decisionFiles(c))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data, err := e.readBlob(ctx, files[name])
		if err != nil {
			return fmt.Errorf("evidence: %s: %w", name, err)
		}
		if err := b.add(name, data); err != nil {
			return err
		}
	}
	return nil
}

// revisionFiles are a revision's files by their names in a bundle.
func revisionFiles(r workflow.Revision) map[string]workflow.Digest {
	dir := fmt.Sprintf("revision-%02d/", r.Number)
	return map[string]workflow.Digest{dir + "review.pdf": r.PDF, dir + "values.yaml": r.Values,
		dir + "template.txt": r.Template}
}

// decisionFiles are the minutes of what was decided, and the scans of signatures on paper, by their names in a bundle.
func decisionFiles(c *workflow.Covenant) map[string]workflow.Digest {
	files := map[string]workflow.Digest{}
	for i, sitting := range c.Conferences {
		if sitting.Minutes != nil {
			files[fmt.Sprintf("minutes-%02d.pdf", i+1)] = sitting.Minutes.PDF
		}
	}
	if c.Scoring != nil && c.Scoring.Minutes != nil {
		files["minutes-ranking.pdf"] = c.Scoring.Minutes.PDF
	}
	for _, p := range c.Paper {
		files["paper-"+string(p.Slot)] = p.Scan
	}
	return files
}
