package signing

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // PBKDF2's default (RFC 8018, A.2); as HMAC it still holds
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"hash"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The names that occur in a PKCS#12 file (RFC 7292, RFC 8018).
var (
	oidData        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidKeyBag      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
	oidShroudedBag = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidRSAKey      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidPBES2       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidPBMAC1      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}
	oidHMACSHA256  = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
)

const explicit0 = cbasn1.Tag(0xA0)

// withPlainKeys writes a PKCS#12 file anew for a reader that knows no keys marked as for RSASSA-PSS only (RFC 4055,
// 1.2): those are decrypted and named plain RSA keys. That they sign by RSASSA-PSS alone follows from the certificate,
// which has the same mark. The file is to be one whose MAC was verified; the one that is written has a MAC of its own
// and stays in memory.
func withPlainKeys(file []byte, password string) ([]byte, error) {
	in := cryptobyte.String(file)
	var pfx, content, wrapped, octets, safe cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&pfx, cbasn1.SEQUENCE) || !pfx.SkipASN1(cbasn1.INTEGER) ||
		!pfx.ReadASN1(&content, cbasn1.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&oid) ||
		!content.ReadASN1(&wrapped, explicit0) || !wrapped.ReadASN1(&octets, cbasn1.OCTET_STRING) ||
		!octets.ReadASN1(&safe, cbasn1.SEQUENCE) {
		return nil, errDamaged
	}
	var failed error
	parts := cryptobyte.NewBuilder(nil)
	parts.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for !safe.Empty() && failed == nil {
			var part cryptobyte.String
			if !safe.ReadASN1Element(&part, cbasn1.SEQUENCE) {
				failed = errDamaged
				return
			}
			failed = plainPart(b, part, password)
		}
	})
	authSafe, err := parts.Bytes()
	if failed != nil || err != nil {
		return nil, cmp.Or(failed, err)
	}
	return writePFX(authSafe, password)
}

// plainPart copies a ContentInfo; the bags of one in the clear are written anew.
func plainPart(b *cryptobyte.Builder, part cryptobyte.String, password string) error {
	var info, wrapped, octets, bags cryptobyte.String
	var oid asn1.ObjectIdentifier
	read := part
	if !read.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&oid) {
		return errDamaged
	}
	if !oid.Equal(oidData) {
		b.AddBytes(part)
		return nil
	}
	if !info.ReadASN1(&wrapped, explicit0) || !wrapped.ReadASN1(&octets, cbasn1.OCTET_STRING) ||
		!octets.ReadASN1(&bags, cbasn1.SEQUENCE) {
		return errDamaged
	}
	var out []byte
	for !bags.Empty() {
		var bag cryptobyte.String
		if !bags.ReadASN1Element(&bag, cbasn1.SEQUENCE) {
			return errDamaged
		}
		plain, err := plainBag(bag, password)
		if err != nil {
			return err
		}
		out = append(out, plain...)
	}
	addData(b, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(out) })
	})
	return nil
}

// addData writes a ContentInfo of type data.
func addData(b *cryptobyte.Builder, content func(*cryptobyte.Builder)) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidData)
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) { b.AddASN1(cbasn1.OCTET_STRING, content) })
	})
}

// plainBag decrypts a key; other bags stay as they are.
func plainBag(bag cryptobyte.String, password string) ([]byte, error) {
	var body, value cryptobyte.String
	var oid asn1.ObjectIdentifier
	read := bag
	if !read.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) ||
		!body.ReadASN1(&value, explicit0) {
		return nil, errDamaged
	}
	if !oid.Equal(oidShroudedBag) {
		return bag, nil
	}
	key, err := decryptPBES2(value, password)
	if err != nil {
		return nil, err
	}
	var info, algorithm cryptobyte.String
	var version int64
	in := cryptobyte.String(key)
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1Integer(&version) ||
		!info.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) {
		return nil, errDamaged
	}
	var name asn1.ObjectIdentifier
	var fields cryptobyte.String
	if of := algorithm; !of.ReadASN1(&fields, cbasn1.SEQUENCE) || !fields.ReadASN1ObjectIdentifier(&name) {
		return nil, errDamaged
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidKeyBag)
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(version)
				if name.String() == oidPSS {
					addAlgorithm(b, oidRSAKey, (*cryptobyte.Builder).AddASN1NULL)
				} else {
					b.AddBytes(algorithm)
				}
				b.AddBytes(info)
			})
		})
		b.AddBytes(body) // its attributes
	})
	return b.Bytes()
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, parameters func(*cryptobyte.Builder)) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		parameters(b)
	})
}

var prfs = map[string]func() hash.Hash{
	"1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New, "1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

// keyBytes are the key lengths of AES in CBC mode (RFC 3565, 4).
var keyBytes = map[string]int{
	"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32,
}

var errOldCipher = keyError(nil, "khóa RSASSA-PSS trong tệp được mã hóa bằng thuật toán cũ. Hãy xuất lại bằng "+
	"AES-256.",
	"the RSASSA-PSS key in the file is encrypted by an old algorithm. Export it with AES-256.")

// decryptPBES2 decrypts an EncryptedPrivateKeyInfo by PBES2 (RFC 8018, 6.2) with PBKDF2 and AES. The iteration count
// has been held against maxIterations.
func decryptPBES2(in cryptobyte.String, password string) ([]byte, error) {
	var info, scheme, params, kdf, kdfParams, salt, enc, iv, data cryptobyte.String
	var oid, kdfOID, encOID asn1.ObjectIdentifier
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1(&scheme, cbasn1.SEQUENCE) ||
		!info.ReadASN1(&data, cbasn1.OCTET_STRING) || !scheme.ReadASN1ObjectIdentifier(&oid) {
		return nil, errDamaged
	}
	var iterations int
	if !oid.Equal(oidPBES2) || !scheme.ReadASN1(&params, cbasn1.SEQUENCE) ||
		!params.ReadASN1(&kdf, cbasn1.SEQUENCE) || !params.ReadASN1(&enc, cbasn1.SEQUENCE) ||
		!kdf.ReadASN1ObjectIdentifier(&kdfOID) || !kdfOID.Equal(oidPBKDF2) ||
		!kdf.ReadASN1(&kdfParams, cbasn1.SEQUENCE) || !kdfParams.ReadASN1(&salt, cbasn1.OCTET_STRING) ||
		!kdfParams.ReadASN1Integer(&iterations) || !kdfParams.SkipOptionalASN1(cbasn1.INTEGER) ||
		!enc.ReadASN1ObjectIdentifier(&encOID) || !enc.ReadASN1(&iv, cbasn1.OCTET_STRING) {
		return nil, errOldCipher
	}
	prf := sha1.New
	if !kdfParams.Empty() {
		var algorithm cryptobyte.String
		var name asn1.ObjectIdentifier
		if !kdfParams.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&name) {
			return nil, errDamaged
		}
		prf = prfs[name.String()]
	}
	size := keyBytes[encOID.String()]
	if prf == nil || size == 0 || len(iv) != aes.BlockSize || iterations < 1 || iterations > maxIterations {
		return nil, errOldCipher
	}
	key, err := pbkdf2.Key(prf, password, salt, iterations, size)
	if err != nil {
		return nil, errDamaged
	}
	return decryptCBC(key, iv, data)
}

func decryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errDamaged
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	pad := int(out[len(out)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errDamaged
	}
	return out[:len(out)-pad], nil
}

// writePFX closes a file with PBMAC1 (RFC 9579). It never leaves the process, so that few iterations do.
func writePFX(authSafe []byte, password string) ([]byte, error) {
	const iterations, size = 1, sha256.Size
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, size)
	if err != nil {
		return nil, errDamaged
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(authSafe)
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		addData(b, func(b *cryptobyte.Builder) { b.AddBytes(authSafe) })
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addAlgorithm(b, oidPBMAC1, func(b *cryptobyte.Builder) { addPBMAC1(b, salt, iterations, size) })
				b.AddASN1OctetString(mac.Sum(nil))
			})
			b.AddASN1OctetString(salt)
			b.AddASN1BigInt(big.NewInt(iterations))
		})
	})
	return b.Bytes()
}

func addPBMAC1(b *cryptobyte.Builder, salt []byte, iterations, size int64) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addAlgorithm(b, oidPBKDF2, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(salt)
				b.AddASN1Int64(iterations)
				b.AddASN1Int64(size)
				addAlgorithm(b, oidHMACSHA256, (*cryptobyte.Builder).AddASN1NULL)
			})
		})
		addAlgorithm(b, oidHMACSHA256, (*cryptobyte.Builder).AddASN1NULL)
	})
}
