package signing

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"
	"software.sslmate.com/src/go-pkcs12"

	"covenant/signing/internal/cms"
)

// Identity is a key that signs and the certificate that says whose it is.
type Identity struct {
	// Signer holds the private key: in memory, on a token, in an HSM. It is asked once for each signature.
	Signer crypto.Signer
	// Certificate is the signer's.
	Certificate *x509.Certificate
	// Chain are the issuers' certificates, nearest first; the root may be left out. They are embedded in the signature.
	Chain []*x509.Certificate
}

// ErrWrongPassword is returned by LoadPKCS12 for a password that does not open the file.
var ErrWrongPassword = errors.New("the password does not open the pkcs#12 file")

const oidPSS = "1.2.840.113549.1.1.10"

// LoadPKCS12 reads a key and its certificates from a PKCS#12 file (RFC 7292) with modern (PBES2, AES) or legacy (3DES,
// RC2) encryption. Of several keys, as after a renewal, it takes the one whose certificate is valid now, if that is one
// alone. Errors are [*KeyError], which say what to do, and wrap [ErrWrongPassword] where the password is at fault.
func LoadPKCS12(data []byte, password string) (Identity, error) {
	return LoadPKCS12Key(data, password, "")
}

// LoadPKCS12Key is LoadPKCS12 for a file of several keys: serial, in hexadecimal digits as [Serial] writes it, is that
// of the certificate whose key is meant; empty leaves it to what is valid.
func LoadPKCS12Key(data []byte, password, serial string) (Identity, error) {
	return loadPKCS12(data, password, serial, time.Now())
}

func loadPKCS12(data []byte, password, serial string, now time.Time) (Identity, error) {
	if err := mistaken(data); err != nil {
		return Identity{}, err
	}
	if err := unreadablePassword(password); err != nil {
		return Identity{}, err
	}
	if !modestIterations(data, maxIterations, 0) {
		return Identity{}, keyError(nil, "tệp khóa đòi hơn %[1]d vòng lặp để tạo khóa giải mã; hãy xuất lại với "+
			"ít hơn.",
			"the key file asks for more than %[1]d iterations to derive a key; export it with fewer.", maxIterations)
	}
	keys, certs, err := openAsTyped(data, password)
	if err != nil {
		if err = keyFileError(err); password == "" && errors.Is(err, ErrWrongPassword) {
			err = keyError(ErrWrongPassword, "chưa có mật khẩu: dòng đầu của tệp mật khẩu để trống. Hãy ghi mật khẩu "+
				"vào đó.", "there is no password: the first line of the password file is blank. Write it there.")
		}
		return Identity{}, err
	}
	return choose(keys, certs, serial, now)
}

// openAsTyped tries the password as it is, and then with its accents composed or apart, as another system writes the
// same letters.
func openAsTyped(data []byte, password string) ([]crypto.Signer, []*x509.Certificate, error) {
	keys, certs, err := openPKCS12(data, password)
	for _, form := range []norm.Form{norm.NFC, norm.NFD} {
		if other := form.String(password); errors.Is(err, pkcs12.ErrIncorrectPassword) && other != password {
			keys, certs, err = openPKCS12(data, other)
		}
	}
	return keys, certs, err
}

// openPKCS12 gives all keys and certificates of a file whose MAC agrees with the password.
func openPKCS12(data []byte, password string) ([]crypto.Signer, []*x509.Certificate, error) {
	key, cert, chain, err := pkcs12.DecodeChain(data, password)
	switch {
	case err != nil && strings.Contains(err.Error(), oidPSS):
		if data, err = withPlainKeys(data, password); err == nil {
			key, cert, chain, err = pkcs12.DecodeChain(data, password)
		}
	case err != nil && strings.Contains(err.Error(), "exactly one key bag"):
		return severalKeys(data, password)
	}
	if err != nil {
		return nil, nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, keyError(nil, "khóa trong tệp không dùng để ký được. "+exportVI,
			"the key in the file is of a kind that cannot sign. "+exportEN)
	}
	return []crypto.Signer{signer}, append([]*x509.Certificate{cert}, chain...), nil
}

// severalKeys reads a file of more than one key.
func severalKeys(data []byte, password string) ([]crypto.Signer, []*x509.Certificate, error) {
	blocks, err := pkcs12.ToPEM(data, password) //nolint:staticcheck // DecodeChain reads one key only
	if err != nil {
		return nil, nil, err
	}
	var keys []crypto.Signer
	var certs []*x509.Certificate
	for _, block := range blocks {
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, err
			}
			certs = append(certs, cert)
		} else if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			keys = append(keys, key)
		} else if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			keys = append(keys, key)
		}
	}
	return keys, certs, nil
}

// keyFileError puts what the reader of PKCS#12 files says into words for people. Its errors have no kinds but two, so
// they are told by their text; what is not known is said to be damaged.
func keyFileError(err error) error {
	var known *KeyError
	said := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption), said("UCS-2"):
		return keyError(ErrWrongPassword, "mật khẩu không mở được tệp khóa. Hãy xem lại chữ hoa, chữ thường, dấu "+
			"và bộ gõ.",
			"the password does not open the key file. Look at capitals, accents and the input method.")
	case said("no MAC in data"), said("only password-protected"):
		return keyError(err, "tệp khóa không có mã bảo vệ toàn vẹn bằng mật khẩu nên có thể đã bị thay "+
			"đổi. "+exportVI,
			"the key file has no password-based integrity code, so it may have been changed. "+exportEN)
	case said("private key missing"):
		return errNoKey
	case said("certificate missing"):
		return keyError(err, "tệp có khóa nhưng không kèm chứng thư số. "+exportVI,
			"the file holds a key without its certificate. "+exportEN)
	case said("items in the authenticated safe"):
		return keyError(err, "tệp khóa có nhiều phần hơn mức đọc được. Hãy xuất riêng một khóa với chứng thư số "+
			"của nó.",
			"the key file has more parts than can be read. Export one key with its certificate by itself.")
	case said("algorithm"), said("not supported"), said("is supported"):
		return keyError(err, "tệp khóa hoặc khóa trong đó dùng thuật toán không đọc được. Hãy xuất lại bằng "+
			"AES-256 với khóa "+
			"RSA hoặc ECDSA.",
			"the key file, or the key in it, uses an algorithm that cannot be read. Export it with AES-256 and an "+
				"RSA or "+
				"ECDSA key.")
	}
	return &KeyError{Text: errDamaged.(*KeyError).Text, Err: err} //nolint:errorlint,forcetypeassert // our own value
}

// maxIterations bounds the work that a file of somebody else's making may ask for before its password is even looked
// at; what is in use are 2,048 to 1,000,000.
const maxIterations = 5_000_000

// modestIterations looks for iteration counts where a file names them in the clear: an INTEGER that follows the salt,
// in MacData, PBE and PBKDF2 parameters (RFC 7292, 4 and B; RFC 8018, A.2). Those within encrypted contents are seen by
// nobody who has not derived a key already.
func modestIterations(der cryptobyte.String, limit int64, depth int) bool {
	afterSalt := false
	for !der.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !der.ReadAnyASN1(&value, &tag) || depth > 30 {
			return true // not a structure
		}
		if afterSalt && tag == cbasn1.INTEGER && new(big.Int).SetBytes(value).Cmp(big.NewInt(limit)) > 0 {
			return false
		}
		afterSalt = tag == cbasn1.OCTET_STRING
		if (tag&0x20 != 0 || afterSalt) && !modestIterations(value, limit, depth+1) {
			return false
		}
	}
	return true
}

// check tells whether certificate and key belong together.
func (id Identity) check() error {
	if id.Signer == nil || id.Certificate == nil {
		return errors.New("an identity needs a key and a certificate")
	}
	type equaler interface{ Equal(crypto.PublicKey) bool }
	pub, ok := id.Signer.Public().(equaler)
	if !ok {
		return keyError(nil, "khóa thuộc loại không dùng được. Hãy dùng khóa RSA từ 2048 bit hoặc ECDSA P-256.",
			"the key is of a kind that is not supported. Use RSA of 2048 bits and more, or ECDSA P-256.")
	}
	if !pub.Equal(cms.PublicKey(id.Certificate)) {
		return keyError(nil, "chứng thư số của “%s” thuộc về khóa khác. "+exportVI,
			"the certificate of “%s” belongs to another key. "+exportEN, name(id.Certificate))
	}
	return nil
}

// orderChain puts the issuers of cert in order, nearest first, and leaves out what does not lead upwards.
func orderChain(cert *x509.Certificate, pool []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for at := cert; len(out) < len(pool) && !bytes.Equal(at.RawIssuer, at.RawSubject); {
		issuer := issuerOf(at, pool)
		if issuer == nil {
			break
		}
		out = append(out, issuer)
		at = issuer
	}
	return out
}

// issuerOf finds the certificate in pool whose key signed cert.
func issuerOf(cert *x509.Certificate, pool []*x509.Certificate) *x509.Certificate {
	for _, c := range pool {
		if bytes.Equal(c.RawSubject, cert.RawIssuer) && cert.CheckSignatureFrom(c) == nil {
			return c
		}
	}
	return nil
}
