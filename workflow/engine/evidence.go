package engine

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// An evidence bundle (hồ sơ bằng chứng) is a ZIP file from which anybody can check, offline and without the
// database, what happened to a covenant: the signed document, the sealed events of its stream and of the directory
// with the openings of the names of those concerned, the files that each revision was made of, and the mails.
// manifest.json names every other entry with its SHA-256; the record has a leaf with the digest of the manifest, and
// record.json proves it and the heads of both streams under a checkpoint that is signed and time-stamped. What of a
// bundle is not covered by that stands in [NotCovered].

// The forms of a bundle: the first is that of v0.1, which its manifest alone held together.
const (
	evidenceFormat    = 2
	oldEvidenceFormat = 1
)

// The entries of a bundle.
const (
	evidenceManifest  = "manifest.json"
	evidenceRecord    = "record.json"
	evidenceDocument  = "covenant.pdf"
	evidenceFrozen    = "frozen.pdf"
	evidenceProcess   = "process.yaml"
	evidenceEvents    = "events.json"
	evidenceDirectory = "directory.json"
	evidenceNames     = "names.json"
	evidenceMails     = "mails.json"
	evidenceRoots     = "roots.json"  // of the first form
	evidenceProofs    = "proofs.json" // of the first form
)

// EvidenceManifest is manifest.json of a bundle.
type EvidenceManifest struct {
	Format   int                        `json:"format"`
	Covenant workflow.CovenantID        `json:"covenant"`
	Slug     string                     `json:"slug"`
	Title    string                     `json:"title"`
	Version  int64                      `json:"version"` // events of the covenant's stream
	Entries  map[string]workflow.Digest `json:"entries"`
	// MadeAt is when the record was told of the bundle; in the first form it stands in the manifest.
	MadeAt time.Time `json:"made_at,omitzero"`
}

// evidenceProof is record.json of a bundle.
type evidenceProof struct {
	Key     string               `json:"key"`  // of the record, in the form of C2SP signed-note; see who vouches for it
	Note    string               `json:"note"` // the checkpoint
	Token   []byte               `json:"token"`
	Heads   store.StatementProof `json:"heads"`
	Bundle  store.StatementProof `json:"bundle"`
	Streams []store.StreamProof  `json:"streams"`
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

// evidence collects a bundle's entries: those made here by their content, kept files by their digest.
type evidence struct {
	manifest EvidenceManifest
	made     map[string][]byte
	files    map[string]workflow.Digest
	proof    evidenceProof
	under    store.Checkpoint
}

func (b *evidence) addJSON(name string, v any) error {
	data, err := evidenceJSON(v)
	if err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	b.made[name], b.manifest.Entries[name] = data, workflow.DigestOf(data)
	return nil
}

// evidenceJSON is the form of every JSON file of a bundle: another form of the same values is another file.
func evidenceJSON(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }

// Evidence writes the evidence bundle of a covenant, as of one moment, for an actor who may read its dossier. Of
// the mails it holds those that the actor reads. The record is told of the bundle, and a checkpoint over it is closed
// and
// time-stamped; where the authority is away the bundle is written all the same, and its check says what is missing.
func (e bundles) Evidence(ctx context.Context, by workflow.Actor, slug string, w io.Writer) (EvidenceManifest, error) {
	key, err := e.RecordKey()
	if err != nil {
		return EvidenceManifest{}, err
	}
	var b *evidence
	err = e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		b, err = e.evidenceUnder(ctx, tx, by, slug, key)
		return err
	})
	if err != nil {
		return EvidenceManifest{}, err
	}
	stamped, err := e.stampCheckpoint(ctx, b.under, func(*store.Tx, store.Checkpoint) error { return nil })
	if err != nil {
		e.Logger.WarnContext(ctx, "an evidence bundle has no time-stamp: its authority is away", "covenant", slug,
			"error", err)
	}
	b.proof.Token = stamped.Token
	return b.manifest, e.writeEvidence(ctx, b, w)
}

// evidenceUnder collects a bundle and closes a checkpoint over it. Nobody appends meanwhile.
func (e bundles) evidenceUnder(
	ctx context.Context, tx *store.Tx, by workflow.Actor, slug string, key RecordKey,
) (*evidence, error) {
	if err := tx.HoldRecord(ctx); err != nil {
		return nil, err
	}
	s, reading, err := e.open(ctx, tx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, err
	}
	c := s.Covenant
	b := &evidence{made: map[string][]byte{}, files: evidenceFiles(c), manifest: EvidenceManifest{
		Format: evidenceFormat, Covenant: c.ID, Slug: c.Slug, Title: c.Title, Version: c.Version,
		Entries: map[string]workflow.Digest{},
	}}
	maps.Copy(b.manifest.Entries, b.files)
	if err := e.evidenceLog(ctx, tx, b, s); err != nil {
		return nil, err
	}
	if err := e.evidenceMails(ctx, tx, b, c.ID, reading); err != nil {
		return nil, err
	}
	manifest, err := evidenceJSON(b.manifest)
	if err != nil {
		return nil, fmt.Errorf("evidence: manifest: %w", err)
	}
	b.made[evidenceManifest] = manifest
	return b, e.proveEvidence(ctx, tx, b, key)
}

// proveEvidence tells the record of a bundle, and proves that and the heads of its streams. A bundle that the newest
// checkpoint is about already is not told of again.
func (e bundles) proveEvidence(ctx context.Context, tx *store.Tx, b *evidence, key RecordKey) error {
	digest := workflow.DigestOf(b.made[evidenceManifest])
	told := store.Statement{Kind: store.StatementBundle, Covenant: string(b.manifest.Covenant),
		Manifest: hex.EncodeToString(digest[:])}
	c, said, err := tx.CheckpointAbout(ctx, told)
	if err == nil && said == nil {
		c, said, err = tx.CloseCheckpoint(ctx, key, "", told)
	}
	if err != nil {
		return err
	}
	b.under, b.manifest.MadeAt = c, c.MadeAt
	b.proof = evidenceProof{Key: key.Public, Note: string(c.Note)}
	if b.proof.Bundle, err = tx.ProveStatement(ctx, c, said[0]); err != nil {
		return err
	}
	if b.proof.Heads, err = tx.ProveStatement(ctx, c, said[len(said)-1]); err != nil {
		return err
	}
	for _, stream := range []store.Stream{covenantStream(b.manifest.Covenant), directoryStream} {
		p, err := tx.ProveStream(ctx, c, stream)
		if err != nil {
			return err
		}
		b.proof.Streams = append(b.proof.Streams, p)
	}
	return b.holds()
}

// holds proves a bundle before it is handed out: a log that was meddled with gives no evidence.
func (b *evidence) holds() error {
	for i, entry := range []string{evidenceEvents, evidenceDirectory} {
		var events []store.Sealed
		if err := json.Unmarshal(b.made[entry], &events); err != nil {
			return fmt.Errorf("evidence: %s: %w", entry, err)
		}
		p := b.proof.Streams[i]
		err := wholeChain(p.Stream, events)
		if err == nil && (p.Version != int64(len(events)) || !bytes.Equal(p.Hash, events[len(events)-1].Hash)) {
			err = fmt.Errorf("the log of stream %s is not the one that the record knows", p.Stream)
		}
		if err != nil {
			return fmt.Errorf("evidence: %w: run covenant audit: %w", err, store.ErrCorrupt)
		}
	}
	return nil
}

// evidenceLog adds the events of both streams, with the names of those concerned.
func (e bundles) evidenceLog(ctx context.Context, tx *store.Tx, b *evidence, s workflow.State) error {
	sealed := map[string][]store.Sealed{}
	for entry, stream := range map[string]store.Stream{
		evidenceEvents: covenantStream(s.Covenant.ID), evidenceDirectory: directoryStream,
	} {
		recorded, err := tx.Events(ctx, stream, 1)
		if err != nil {
			return err
		}
		for _, r := range recorded {
			sealed[entry] = append(sealed[entry], r.Sealed)
		}
		if err := b.addJSON(entry, sealed[entry]); err != nil {
			return err
		}
	}
	names := []store.Opening{}
	concerned := concernedBy(sealed[evidenceEvents])
	for _, e := range sealed[evidenceDirectory] {
		person, commitment := namedBy(e)
		if commitment == "" || !concerned[string(person)] {
			continue
		}
		opening, err := tx.Open(ctx, commitment)
		if err != nil {
			return err
		}
		if !opening.Erased {
			names = append(names, opening)
		}
	}
	slices.SortFunc(names, func(a, b store.Opening) int {
		return strings.Compare(string(a.Commitment),
			string(b.Commitment))
	})
	return b.addJSON(evidenceNames, names)
}

// namedBy is the person whom an event of the directory names, and the commitment to the name; nothing for other events.
func namedBy(e store.Sealed) (workflow.PersonID, store.Commitment) {
	var payload struct {
		Person workflow.PersonID `json:"person"`
		Name   struct {
			Commitment store.Commitment `json:"commitment"`
		} `json:"name"`
	}
	if e.Kind != (workflow.PersonRegistered{}).Kind() || json.Unmarshal(e.Payload, &payload) != nil {
		return "", ""
	}
	return payload.Person, payload.Name.Commitment
}

// concernedBy are all texts in the events of a covenant, among them the ids of whom it concerns: who acted, for whom,
// and
// whoever is named in what happened. No id of a person is an ordinary word.
func concernedBy(events []store.Sealed) map[string]bool {
	found := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found[v] = true
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for k, x := range v {
				found[k] = true
				walk(x)
			}
		}
	}
	for _, e := range events {
		found[e.Actor], found[e.OnBehalf] = true, true
		var payload any
		if json.Unmarshal(e.Payload, &payload) == nil {
			walk(payload)
		}
	}
	return found
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

// writeEvidence writes a bundle. A kept file that is not what its digest says is an error.
func (e bundles) writeEvidence(ctx context.Context, b *evidence, w io.Writer) (err error) {
	if b.made[evidenceRecord], err = evidenceJSON(b.proof); err != nil {
		return fmt.Errorf("evidence: record: %w", err)
	}
	archive := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(b.made)) {
		if err := addEntry(archive, b.manifest.MadeAt, name, b.made[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		data, err := e.readBlob(ctx, b.files[name])
		if err == nil && workflow.DigestOf(data) != b.files[name] {
			err = errors.New("the kept file was altered, run covenant audit")
		}
		if err != nil {
			return fmt.Errorf("evidence: %s: %w", name, err)
		}
		if err := addEntry(archive, b.manifest.MadeAt, name, data); err != nil {
			return err
		}
	}
	return archive.Close()
}

func addEntry(archive *zip.Writer, at time.Time, name string, data []byte) error {
	w, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	return nil
}

// evidenceFiles are the kept files of a bundle by their names in it: the document, and what each revision was made of.
func evidenceFiles(c *workflow.Covenant) map[string]workflow.Digest {
	files := map[string]workflow.Digest{evidenceProcess: c.Process}
	if c.Frozen != nil {
		files[evidenceFrozen], files[evidenceDocument] = c.Frozen.PDF, c.Head
	}
	for _, r := range c.Revisions {
		maps.Copy(files, revisionFiles(r))
	}
	maps.Copy(files, decisionFiles(c))
	return files
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
