package signing

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
	"covenant/signing/devpki"
)

// The files of testdata/keys were made by keytool and openssl for these tests (README there).
func keyFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const keyFilePassword = "pwpwpw"

var internals = regexp.MustCompile(`asn1|strconv|pkcs12:|x509:|\*?(rsa|ecdsa|ed25519|crypto|big|pem)\.[A-Z]|%!|type \*`)

// What is handed in by mistake is recognised by its content and answered with what to do, in both languages and without
// the words of a library.
func TestMistakenKeyFiles(t *testing.T) {
	id := issue(t, testPKI(t), "Phạm Đức Dũng", devpki.Profile{})
	good, err := devpki.EncodePKCS12(devpki.Identity(id), keyFilePassword)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(id.Signer)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	certificate, key := block("CERTIFICATE", id.Certificate.Raw), block("PRIVATE KEY", pkcs8)
	for name, c := range map[string]struct {
		file       []byte
		vi, en     string
		password   string
		isPassword bool
	}{
		"nothing":           {nil, "rỗng", "empty", "", false},
		"a PEM certificate": {certificate, "không có khóa bí mật", "without its private key", "", false},
		"a marked certificate": {append([]byte("\xef\xbb\xbf\r\n"), certificate...), "khóa bí mật", "private " +
			"key", "", false},
		"a DER certificate": {id.Certificate.Raw, "không có khóa bí mật", "without its private key", "", false},
		"a PEM key":         {key, "không kèm chứng thư số", "without its certificate", "", false},
		"a DER key":         {pkcs8, "không kèm chứng thư số", "without its certificate", "", false},
		"PEM of both":       {append(key, certificate...), "-export -in", "-export -in", "", false},
		"PEM of something":  {block("DH PARAMETERS", []byte{1}), "không có khóa lẫn", "neither", "", false},
		"base64": {[]byte(base64.StdEncoding.EncodeToString(good)), "base64 -d", "base64 " +
			"-d", "", false},
		"a PKCS#7":         {keyFile(t, "certificates.p7b"), "PKCS#7", "PKCS#7", "", false},
		"a PEM PKCS#7":     {block("PKCS7", keyFile(t, "certificates.p7b")), "PKCS#7", "PKCS#7", "", false},
		"a Java key store": {keyFile(t, "store.jks"), "keytool", "keytool", "", false},
		"a PDF":            {[]byte("%PDF-1.7\n"), "PDF", "PDF", "", false},
		"a ZIP":            {[]byte("PK\x03\x04rest"), "ZIP", "ZIP", "", false},
		"a note":           {[]byte("xin chào"), "hỏng", "damaged", "", false},
		"half a file":      {good[:len(good)/2], "hỏng", "damaged", "", false},
		"more than a file": {append(bytes.Clone(good), 0), "hỏng", "damaged", "", false},
		"no MAC":           {keyFile(t, "no-mac.p12"), "toàn vẹn", "integrity", "", false},
		"no key": {keyFile(t, "no-key.p12"), "không có khóa bí mật", "without its private " +
			"key", "", false},
		"no certificate": {keyFile(t, "no-certificate.p12"), "không kèm chứng thư số", "without its " +
			"certificate", "", false},
		"keys of two people":     {keyFile(t, "others.p12"), "--certificate SỐ", "--certificate SERIAL", "", false},
		"RSASSA-PSS by RC2/3DES": {keyFile(t, "pss-legacy.p12"), "AES-256", "AES-256", "", false},
		"a wrong password":       {good, "mật khẩu", "password", "sai", true},
		"no password":            {good, "để trống", "blank", "-", true},
		"an emoji":               {good, "U+1F511", "U+1F511", "🔑", false},
		"emoji among letters":    {good, "xuất lại", "letters, digits", "pw👍🏽", false},
	} {
		password := keyFilePassword
		if c.password != "" {
			password = strings.Trim(c.password, "-")
		}
		_, err := LoadPKCS12(c.file, password)
		var said *KeyError
		if !errors.As(err, &said) {
			t.Errorf("%s: %v is not for people", name, err)
			continue
		}
		if errors.Is(err, ErrWrongPassword) != c.isPassword {
			t.Errorf("%s: about the password: %v", name, err)
		}
		saysWhatToDo(t, name, said.Text, c.vi, c.en)
	}
}

func saysWhatToDo(t *testing.T, name string, text words.Text, vi, en string) {
	t.Helper()
	if !strings.Contains(text.Vietnamese, vi) || !strings.Contains(text.English, en) {
		t.Errorf("%s: says %q and %q, want %q and %q", name, text.Vietnamese, text.English, vi, en)
	}
	if word := internals.FindString(text.Vietnamese + text.English); word != "" {
		t.Errorf("%s: says %q to people: %s", name, word, text.English)
	}
	if !regexp.MustCompile(`(?i)hãy`).MatchString(text.Vietnamese) {
		t.Errorf("%s: says not what to do: %s", name, text.Vietnamese)
	}
}

// Every certificate that is refused before the key is asked says what to do.
func TestRefusedCertificatesSayWhatToDo(t *testing.T) {
	pki := testPKI(t)
	self, err := loadPKCS12(keyFile(t, "ca.p12"), keyFilePassword, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authority := issue(t, pki, "Người ký", devpki.Profile{}).Chain[0]
	late := time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	person := issue(t, pki, "Người khác", devpki.Profile{}).Certificate
	server := issue(t, pki, "Máy chủ", devpki.WrongUsage()).Certificate
	for name, c := range map[string]struct {
		cert   *x509.Certificate
		at     time.Time
		vi, en string
	}{
		"what openssl req -x509 makes": {self.Certificate, time.Now(), "openssl x509 -req", "issued by itself"},
		"an authority":                 {authority, time.Now(), "tổ chức chứng thực", "certification authority's"},
		"expired":                      {person, late, "hết hạn", "expired"},
		"not yet":                      {person, time.Unix(0, 0), "đồng hồ", "clock"},
		"for servers":                  {server, time.Now(), "không dùng để ký", "not meant for signatures"},
	} {
		var said *KeyError
		if err := checkCertificate(c.cert, c.at); !errors.As(err, &said) {
			t.Errorf("%s: %v", name, err)
		} else {
			saysWhatToDo(t, name, said.Text, c.vi, c.en)
		}
	}
}

// Of the keys of a renewal the one that is valid at the time is taken, where that is one alone. Else it is asked which
// one is meant, with all that there are, and the serial number of its certificate chooses, however it is copied.
func TestRenewedKeys(t *testing.T) {
	file := keyFile(t, "two.p12")
	serials := map[int]string{}
	for at, want := range map[string]int{
		"2024-06-01": 2024, "2026-06-01": 2026, "2025-06-01": 0, "2050-01-01": 0, "2000-01-01": 0,
	} {
		now, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		id, err := loadPKCS12(file, keyFilePassword, "", now)
		if want == 0 {
			var said *KeyError
			if !errors.As(err, &said) {
				t.Errorf("%s: the key from %v is taken: %v", at, id.Certificate, err)
				continue
			}
			saysWhatToDo(t, at, said.Text, "--certificate SỐ", "--certificate SERIAL")
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		year := id.Certificate.NotBefore.Add(24 * time.Hour).Year()
		if year != want {
			t.Errorf("%s: the key from %d, want %d", at, year, want)
		}
		serials[year] = Serial(id.Certificate)
	}
	for year, serial := range serials {
		for _, typed := range []string{serial, strings.ToLower(serial), "0x" + serial, "00:" + serial, " " + serial} {
			id, err := LoadPKCS12Key(file, keyFilePassword, typed)
			if err != nil || Serial(id.Certificate) != serial {
				t.Errorf("%q of %d chooses %v: %v", typed, year, id.Certificate, err)
			}
		}
	}
	_, err := LoadPKCS12Key(file, keyFilePassword, "123")
	if err == nil || !strings.Contains(err.Error(), serials[2024]) || !strings.Contains(err.Error(), serials[2026]) {
		t.Errorf("a serial number that is none: %v", err)
	}
}

// The same letters are the same password, however a system composes them.
func TestPasswordsOfComposedLetters(t *testing.T) {
	id := issue(t, testPKI(t), "Phạm Đức Dũng", devpki.Profile{})
	for _, kept := range []norm.Form{norm.NFC, norm.NFD} {
		file, err := devpki.EncodePKCS12(devpki.Identity(id), kept.String("Mật_khẩu"))
		if err != nil {
			t.Fatal(err)
		}
		for _, typed := range []norm.Form{norm.NFC, norm.NFD} {
			if _, err := LoadPKCS12(file, typed.String("Mật_khẩu")); err != nil {
				t.Errorf("kept in form %d, typed in form %d: %v", kept, typed, err)
			}
		}
		if _, err := LoadPKCS12(file, "Mat_khau"); !errors.Is(err, ErrWrongPassword) {
			t.Errorf("other letters: %v", err)
		}
	}
}

// A key that is marked as for RSASSA-PSS only opens and signs, and by RSASSA-PSS.
func TestPSSOnlyKeyFile(t *testing.T) {
	id, err := LoadPKCS12(keyFile(t, "pss.p12"), keyFilePassword)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := id.Signer.Public().(*rsa.PublicKey); !ok || len(id.Chain) != 1 {
		t.Fatalf("key of type %T, chain of %d", id.Signer.Public(), len(id.Chain))
	}
	signed := sign(t, testFile(t, classic), id, Options{})
	if !bytes.Contains(signed, []byte("2a864886f70d01010a")) && !bytes.Contains(bytes.ToLower(signed),
		[]byte("06092a864886f70d01010a")) {
		t.Error("the signature does not name RSASSA-PSS")
	}
	if _, err := LoadPKCS12(keyFile(t, "pss.p12"), "sai"); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("wrong password: %v", err)
	}
}

func TestPasswordFile(t *testing.T) {
	for name, file := range map[string]string{
		"plain": "mật khẩu", "line end": "mật khẩu\n", "Windows": "mật khẩu\r\nx", "marked": "\ufeffmật khẩu\r\n",
		"UTF-16":                "\xff\xfem\x00\xad\x1et\x00 \x00k\x00h\x00\xa9\x1eu\x00\r\x00\n\x00",
		"UTF-16 without a mark": "m\x00\xad\x1et\x00 \x00k\x00h\x00\xa9\x1eu\x00\n\x00",
		"UTF-16 turned":         "\xfe\xff\x00m\x1e\xad\x00t\x00 \x00k\x00h\x1e\xa9\x00u\x00\n",
	} {
		if got := Password([]byte(file)); got != "mật khẩu" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
