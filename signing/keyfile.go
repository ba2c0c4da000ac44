package signing

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"covenant/internal/words"
)

// KeyError says why a file or a certificate is of no use for signing, and what to do about it, in both languages. What
// a library said is in Err, for logs: people are never shown it.
type KeyError struct {
	words.Text
	Err error
}

// Error is the English sentence.
func (e *KeyError) Error() string { return e.English }

// Unwrap is the cause, such as [ErrWrongPassword]; nil where the file itself tells.
func (e *KeyError) Unwrap() error { return e.Err }

func keyError(cause error, vi, en string, args ...any) error {
	return &KeyError{Text: words.F(vi, en, args...), Err: cause}
}

const (
	exportVI = "Hãy xuất lại khóa kèm chứng thư số thành tệp PKCS#12 (.p12 hoặc .pfx) có mật khẩu."
	exportEN = "Export key and certificate together as a PKCS#12 file (.p12 or .pfx) with a password."
)

// mistaken recognises by its content, never by its name, what is handed in instead of a PKCS#12 file; nil for what may
// be one. The content is the caller's and decides nothing but which sentence is said.
func mistaken(data []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return keyError(nil, "tệp khóa rỗng. "+exportVI, "the key file is empty. "+exportEN)
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return mistakenPEM(text)
	case bytes.HasPrefix(data, []byte{0xFE, 0xED, 0xFE, 0xED}), bytes.HasPrefix(data, []byte{0xCE, 0xCE, 0xCE, 0xCE}):
		return keyError(nil, "đây là kho khóa Java (JKS), không phải PKCS#12. Hãy chuyển bằng: keytool "+
			"-importkeystore "+
			"-srckeystore TỆP -destkeystore key.p12 -deststoretype PKCS12",
			"this is a Java key store (JKS), not PKCS#12. Convert it: keytool -importkeystore -srckeystore FILE "+
				"-destkeystore key.p12 -deststoretype PKCS12")
	case bytes.HasPrefix(data, []byte("%PDF")):
		return keyError(nil, "đây là tệp PDF, không phải tệp khóa; hãy xem lại thứ tự các tệp. "+exportVI,
			"this is a PDF file, not a key file; look at the order of the files. "+exportEN)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return keyError(nil, "đây là tệp nén ZIP. Hãy giải nén rồi dùng tệp .p12 hoặc .pfx bên trong.",
			"this is a ZIP archive. Unpack it and use the .p12 or .pfx file in it.")
	case isBase64(text):
		return keyError(nil, "tệp được ghi ở dạng base64. Hãy giải mã: base64 -d TỆP > key.p12 (Windows: certutil "+
			"-decode "+
			"TỆP key.p12)",
			"the file is written as base64. Decode it: base64 -d FILE > key.p12 (Windows: certutil -decode FILE "+
				"key.p12)")
	}
	return mistakenDER(data)
}

func mistakenPEM(text []byte) error {
	kinds := map[string]bool{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case bytes.HasSuffix([]byte(block.Type), []byte("PRIVATE KEY")):
			kinds["key"] = true
		case block.Type == "CERTIFICATE", block.Type == "TRUSTED CERTIFICATE", block.Type == "X509 CERTIFICATE":
			kinds["certificate"] = true
		case block.Type == "PKCS7", block.Type == "CMS":
			kinds["pkcs7"] = true
		}
	}
	switch {
	case kinds["key"] && kinds["certificate"]:
		return keyError(nil, "đây là khóa và chứng thư số ở dạng PEM. Hãy gộp lại: openssl pkcs12 -export -in TỆP "+
			"-out key.p12",
			"this is a key with its certificate in PEM form. Put them together: openssl pkcs12 -export -in FILE "+
				"-out key.p12")
	case kinds["key"]:
		return keyError(nil, "đây là khóa ở dạng PEM, không kèm chứng thư số. Hãy gộp lại: openssl pkcs12 -export "+
			"-inkey TỆP "+
			"-in chung-thu.pem -out key.p12",
			"this is a key in PEM form without its certificate. Put them together: openssl pkcs12 -export -inkey "+
				"FILE "+
				"-in certificate.pem -out key.p12")
	case kinds["certificate"]:
		return errNoKey
	case kinds["pkcs7"]:
		return errPKCS7
	}
	return keyError(nil, "đây là tệp văn bản PEM, không có khóa lẫn chứng thư số. "+exportVI,
		"this is a PEM text file with neither a key nor a certificate. "+exportEN)
}

var (
	errNoKey = keyError(nil, "tệp chỉ có chứng thư số, không có khóa bí mật nên không ký được. "+exportVI,
		"the file holds a certificate without its private key, so it cannot sign. "+exportEN)
	errPKCS7 = keyError(nil, "đây là tệp PKCS#7 (.p7b): chỉ có chứng thư số, không có khóa bí mật. "+exportVI,
		"this is a PKCS#7 file (.p7b): certificates without a private key. "+exportEN)
	errDamaged = keyError(nil, "tệp khóa bị hỏng, bị cắt cụt, hoặc không phải PKCS#12. "+exportVI,
		"the key file is damaged, cut short, or not PKCS#12. "+exportEN)
)

// isBase64 reports whether text is the base64 form of a DER structure.
func isBase64(text []byte) bool {
	plain := bytes.Join(bytes.Fields(text), nil)
	der, err := base64.StdEncoding.DecodeString(string(plain))
	return err == nil && len(der) > 0 && der[0] == 0x30
}

var oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// mistakenDER tells other DER structures from a PFX, which is a SEQUENCE that begins with the INTEGER 3 (RFC 7292, 4).
func mistakenDER(data []byte) error {
	if _, err := x509.ParseCertificate(data); err == nil {
		return errNoKey
	}
	in := cryptobyte.String(data)
	var body cryptobyte.String
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) {
		return nil // BER of indefinite length, or damaged: the reader says
	}
	var oid asn1.ObjectIdentifier
	if first := body; first.ReadASN1ObjectIdentifier(&oid) && oid.Equal(oidSignedData) {
		return errPKCS7
	}
	var version int
	first := body
	isKey := first.ReadASN1Integer(&version) && version < 2 && !first.Empty() // PKCS#8, PKCS#1, SEC 1
	if encrypted := body; !isKey && encrypted.SkipASN1(cbasn1.SEQUENCE) && encrypted.SkipASN1(cbasn1.OCTET_STRING) {
		isKey = encrypted.Empty() // EncryptedPrivateKeyInfo (RFC 5958, 3)
	}
	if isKey {
		return keyError(nil, "đây chỉ là khóa bí mật, không kèm chứng thư số. Hãy gộp lại: openssl pkcs12 -export "+
			"-inkey TỆP "+
			"-in chung-thu.pem -out key.p12",
			"this is a private key alone, without its certificate. Put them together: openssl pkcs12 -export "+
				"-inkey FILE -in certificate.pem -out key.p12")
	}
	return nil
}

// Password is the password in a file's first line, however an editor wrote it: a byte-order mark before it and the
// line's end are not part of it, and UTF-16 is read by its mark.
func Password(file []byte) string {
	switch {
	case bytes.HasPrefix(file, []byte{0xFF, 0xFE}):
		file = fromUTF16(file[2:], 0, 1)
	case bytes.HasPrefix(file, []byte{0xFE, 0xFF}):
		file = fromUTF16(file[2:], 1, 0)
	case len(file)%2 == 0 && len(file) > 1 && file[1] == 0 && file[0] != 0: // without a mark: text has no zeros
		file = fromUTF16(file, 0, 1)
	case len(file)%2 == 0 && len(file) > 1 && file[0] == 0 && file[1] != 0:
		file = fromUTF16(file, 1, 0)
	}
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	line, _, _ := bytes.Cut(file, []byte("\n"))
	return string(bytes.TrimSuffix(line, []byte("\r")))
}

// unreadablePassword refuses what the reader of PKCS#12 files cannot turn into a BMPString (RFC 7292, B.1), rather than
// let it be taken for a wrong password.
func unreadablePassword(password string) error {
	for _, r := range password {
		if r > 0xFFFF {
			return keyError(nil, "mật khẩu có ký tự U+%[1]X (“%[1]c”, như biểu tượng cảm xúc) mà chương trình không "+
				"dùng được với tệp khóa. Hãy xuất lại khóa với mật khẩu chỉ gồm chữ, số và dấu.",
				"the password holds the character U+%[1]X (“%[1]c”, such as an emoji), which cannot be used with key "+
					"files here. Export the key again with a password of letters, digits and punctuation.", r)
		}
	}
	return nil
}

func fromUTF16(text []byte, low, high int) []byte {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i+low]) | uint16(text[2*i+high])<<8
	}
	var out []byte
	for _, r := range utf16.Decode(units) {
		out = utf8.AppendRune(out, r)
	}
	return out
}
