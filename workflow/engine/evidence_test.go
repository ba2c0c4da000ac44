package engine_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// An honest bundle is valid as soon as it is written, without waiting for the day's checkpoint; and each kind of
// meddling with one entry is found, also when the manifest is made to agree with it.
func TestEvidence(t *testing.T) {
	o := newOffice(t)
	o.upTo(workflow.AwaitingReports)
	bundle, manifest := evidenceOf(o)
	report := o.checkEvidence(bundle)
	if report.Overall() != engine.Passed || len(report.Findings) < 15 {
		t.Fatalf("an honest bundle: %+v", report.Findings)
	}
	for name, meddle := range map[string]func(string, []byte) []byte{
		"another covenant.pdf": replaceIn("covenant.pdf", "vi-VN", "en-GB"),
		"a changed review":     replaceIn("events.json", `"approve"`, `"reject"`),
		"another name":         replaceIn("names.json", "Lã Thị Kiều Trinh", "Nguyễn Văn X"),
		"values of a revision": replaceIn("revision-01/values.yaml", "Tân Giang", "Tân Hà"),
		"a mail":               replaceIn("mails.json", "Kính gửi", "Kính mời"),
		"the process":          replaceIn("process.yaml", "vote", "veto"),
		"the title":            replaceIn("manifest.json", `"title": "`, `"title": "Sửa `),
		"without the directory": func(name string, b []byte) []byte {
			return map[bool][]byte{true: []byte("[]"), false: b}[name == "directory.json"]
		},
	} {
		meddled := rewriteBundle(t, bundle, manifest, meddle)
		if report := o.checkEvidence(meddled); report.Overall() != engine.Failed {
			t.Errorf("%s: %+v; want a failure", name, report.Findings)
		}
	}
	if _, err := engine.CheckEvidence(context.Background(), strings.NewReader("no zip"), 6,
		trustOf(o)); !errors.Is(err, engine.ErrNotEvidence) {
		t.Errorf("not a bundle: %v", err)
	}
}

// evidence writes the bundle of the office's covenant.
func evidenceOf(o *office) ([]byte, engine.EvidenceManifest) {
	o.t.Helper()
	var bundle bytes.Buffer
	manifest, err := o.Evidence(context.Background(), console, "2026/khoi", &bundle)
	check(o.t, err)
	return bundle.Bytes(), manifest
}

// trust is what an outsider who keeps the mails of checkpoints trusts.
func trustOf(o *office) engine.EvidenceTrust {
	o.t.Helper()
	key, err := o.RecordKey()
	check(o.t, err)
	keys, err := engine.ParseRecordKeys(key.Public)
	check(o.t, err)
	return engine.EvidenceTrust{Roots: o.pki.Roots(), Keys: keys}
}

func (o *office) checkEvidence(bundle []byte) *engine.EvidenceReport {
	o.t.Helper()
	report, err := engine.CheckEvidence(context.Background(), bytes.NewReader(bundle), int64(len(bundle)), trustOf(o))
	check(o.t, err)
	return report
}

func replaceIn(entry, from, to string) func(string, []byte) []byte {
	return func(name string, b []byte) []byte {
		if name != entry {
			return b
		}
		return bytes.Replace(b, []byte(from), []byte(to), 1)
	}
}

// rewriteBundle changes entries and makes the manifest agree, as a forger would.
func rewriteBundle(
	t *testing.T, bundle []byte, manifest engine.EvidenceManifest, meddle func(string, []byte) []byte,
) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	check(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	changed := false
	texts := map[string]string{}
	for _, f := range r.File {
		rc, err := f.Open()
		check(t, err)
		data, err := io.ReadAll(rc)
		check(t, err)
		now := meddle(f.Name, data)
		changed = changed || !bytes.Equal(now, data)
		if f.Name == "manifest.json" {
			text := string(now)
			for from, to := range texts {
				text = strings.ReplaceAll(text, from, to)
			}
			now = []byte(text)
		} else {
			texts[workflow.DigestOf(data).String()] = workflow.DigestOf(now).String()
		}
		entry, err := w.Create(f.Name)
		check(t, err)
		_, err = entry.Write(now)
		check(t, err)
	}
	check(t, w.Close())
	if !changed {
		t.Fatal("nothing was changed")
	}
	return out.Bytes()
}
