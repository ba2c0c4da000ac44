package store

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// packed is a ZIP file of the given entries.
func packed(t testing.TB, entries map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range entries {
		entry, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(entry, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // SHA-256 of "hello"

// What a backup's parts hold is compared with its manifest, byte by byte, whatever the archive claims.
func TestPartsOfABackup(t *testing.T) {
	part := BackupPart{Name: "a", SHA256: hello, Size: 5}
	for name, c := range map[string]struct {
		entries map[string]string
		part    BackupPart
		good    bool
	}{
		"as the manifest says": {map[string]string{"a": "hello"}, part, true},
		"missing":              {map[string]string{"b": "hello"}, part, false},
		"changed":              {map[string]string{"a": "hallo"}, part, false},
		"longer":               {map[string]string{"a": "hello!"}, part, false},
		"shorter":              {map[string]string{"a": "hell"}, part, false},
		"another size":         {map[string]string{"a": "hello"}, BackupPart{Name: "a", SHA256: hello, Size: 6}, false},
		"less than no size": {map[string]string{"a": "hello"}, BackupPart{Name: "a", SHA256: hello, Size: -9},
			false},
		"above the archive": {map[string]string{"../a": "hello"}, BackupPart{Name: "../a", SHA256: hello, Size: 5},
			false},
		"from the root": {map[string]string{"/a": "hello"}, BackupPart{Name: "/a", SHA256: hello, Size: 5},
			false},
	} {
		manifest, err := json.Marshal(Backup{Format: unsignedFormat, Parts: []BackupPart{c.part}})
		if err != nil {
			t.Fatal(err)
		}
		c.entries[manifestEntry] = string(manifest)
		data := packed(t, c.entries)
		a, err := openArchive(bytes.NewReader(data), int64(len(data)), Restoring{Unsigned: true})
		var out bytes.Buffer
		if err == nil {
			err = a.extract(t.Context(), c.part, &out)
		}
		if (err == nil) != c.good || err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if int64(out.Len()) > max(c.part.Size, 0)+1 {
			t.Errorf("%s: %d bytes were written", name, out.Len())
		}
	}
}

// FuzzArchive opens any manifest, and any bytes, as a backup, and takes out what it names.
func FuzzArchive(f *testing.F) {
	f.Add(`{"format":1,"parts":[{"name":"a","sha256":"`+hello+`","size":5}]}`, "hello", []byte(nil))
	f.Add(`{"format":1,"blobs":[{"digest":"`+hello+`","size":5}]}`, "x", []byte("PK\x05\x06"))
	f.Add(`{"format":2}`, "", packed(f, map[string]string{manifestEntry: `{"format":1}`}))
	f.Fuzz(func(t *testing.T, manifest, content string, raw []byte) {
		files := [][]byte{raw, packed(t, map[string]string{manifestEntry: manifest, "a": content})}
		for _, data := range files {
			a, err := openArchive(bytes.NewReader(data), int64(len(data)), Restoring{Unsigned: true})
			if err != nil {
				continue
			}
			for _, part := range a.manifest.Parts {
				if err := a.extract(t.Context(), part, io.Discard); err != nil && !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
			}
		}
	})
}
