package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// told runs the program and gives its status and all that it said, in English.
func told(args ...string) (int, string) {
	var out bytes.Buffer
	status := run(append([]string{"--lang", "en"}, args...), &out, &out)
	return status, out.String()
}

// init says which key checks backups; a backup restores with that key, or with the secret, and with nothing else unless
// the operator waives it.
func TestBackupIsTheInstallations(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if status, said := told("init", "--data", dir); status != 0 {
		t.Fatal(said)
	}
	_, again := told("init", "--data", dir)
	key := regexp.MustCompile(`ed25519:\S+`).FindString(again)
	file := filepath.Join(t.TempDir(), "b.zip")
	status, said := told("backup", "--data", dir, "-o", file)
	if status != 0 || !strings.Contains(said, key) || key == "" {
		t.Fatalf("backup: %d %s; the key is %q", status, said, key)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "work")); err != nil || len(left) != 0 {
		t.Errorf("the backup left %v (%v)", left, err)
	}
	secret, other := filepath.Join(dir, "server.secret"), filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, bytes.Repeat([]byte{9}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string // of a refusal; empty: it restores
	}{
		"nobody named":    {nil, "--key"},
		"the key":         {[]string{"--key", key}, ""},
		"no key":          {[]string{"--key", "abc"}, "not the key"},
		"the secret":      {[]string{"--secret-file", secret}, ""},
		"another secret":  {[]string{"--secret-file", other}, "not made by the installation"},
		"whoever made it": {[]string{"--unsigned"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "restored")
			status, said := told(append([]string{"restore", file, "--data", to}, c.args...)...)
			if (status == 0) != (c.says == "") || !strings.Contains(said, c.says) {
				t.Errorf("%d %s", status, said)
			}
			if _, err := os.Stat(to); (err == nil) != (c.says == "") {
				t.Errorf("the place: %v", err)
			}
		})
	}
	if err := os.Rename(secret, secret+".away"); err != nil {
		t.Fatal(err)
	}
	status, said = told("backup", "--data", dir, "-o", file)
	if status == 0 || !strings.Contains(said, "--secret-file") {
		t.Errorf("a backup without the secret: %d %s", status, said)
	}
}

// That the secret is kept elsewhere is believed of whoever shows the copy, and of nobody else; doctor tells.
func TestSecretCopyIsShown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if status, said := told("init", "--data", dir); status != 0 {
		t.Fatal(said)
	}
	const before, after = "! Copy of the server's secret: nobody has confirmed one", "✓ Copy of the server's secret: "
	if _, said := told("doctor", "--data", dir); !strings.Contains(said, before) {
		t.Errorf("doctor before: %s", said)
	}
	secret := filepath.Join(dir, "server.secret")
	content, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	wrong, right := filepath.Join(t.TempDir(), "wrong"), filepath.Join(t.TempDir(), "right")
	for path, data := range map[string][]byte{wrong: bytes.Repeat([]byte{1}, len(content)), right: content} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{secret, wrong} {
		if status, said := told("secret", "confirm", path, "--data", dir); status == 0 {
			t.Errorf("confirmed by %s: %s", path, said)
		}
	}
	if _, said := told("doctor", "--data", dir); !strings.Contains(said, before) {
		t.Errorf("doctor after two that are no copies: %s", said)
	}
	if status, said := told("secret", "confirm", right, "--data", dir); status != 0 {
		t.Errorf("not confirmed: %s", said)
	}
	if _, said := told("doctor", "--data", dir); !strings.Contains(said, after) {
		t.Errorf("doctor after the copy: %s", said)
	}
}
