package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// decrypter undoes the standard security handler (§7.6.4) of a file that opens without a password. It serves reading
// only: files that are to be extended are opened without AllowEncrypted.
type decrypter struct {
	dict     Ref // the Encrypt dictionary, whose own strings are not encrypted
	key      []byte
	streams  method
	strings  method
	metadata bool // metadata streams are encrypted too
}

// method is how strings or streams are encrypted.
type method int

const (
	identity method = iota
	methodRC4
	methodAES128
	methodAES256
)

// errPassword: the empty password does not open the file.
var errPassword = errors.New("the file opens with a password only")

// Locked tells whether the file is encrypted and does not open without a password: its strings and streams stay unread.
func (f *File) Locked() bool { return f.Encrypted() && f.src.crypt == nil }

// unlock prepares deciphering with the empty user password; a file that does not open so, or whose encryption is not
// known, stays locked.
func (f *File) unlock() {
	d, err := f.Dict(f.Trailer().Get("Encrypt"))
	if err != nil || d == nil {
		return
	}
	c, err := newDecrypter(f, d)
	if err != nil {
		return
	}
	c.dict, _ = f.Trailer().Get("Encrypt").(Ref)
	f.src.crypt = c
	f.src.cache, f.src.cost = map[int64]cached{}, 0
	clear(f.src.packed)
}

func newDecrypter(f *File, d Dict) (*decrypter, error) {
	if d.Get("Filter") != Name("Standard") {
		return nil, errPassword // another handler: nothing that we could open
	}
	v, _ := d.Get("V").(Integer)
	r, _ := d.Get("R").(Integer)
	c := &decrypter{metadata: d.Get("EncryptMetadata") != Boolean(false)}
	length := 5
	if n, ok := d.Get("Length").(Integer); ok && v != 1 && n >= 40 && n <= 256 && n%8 == 0 {
		length = int(n) / 8
	}
	switch v {
	case 1, 2:
		c.streams, c.strings = methodRC4, methodRC4
		length = min(length, 16)
	case 4, 5:
		var err error
		if c.streams, err = f.cryptMethod(d, "StmF"); err != nil {
			return nil, err
		}
		if c.strings, err = f.cryptMethod(d, "StrF"); err != nil {
			return nil, err
		}
		length = 16
	default:
		return nil, fmt.Errorf("%w: encryption of version %d", ErrMalformed, v)
	}
	var err error
	if v == 5 {
		c.key, err = openAES256(d, int(r))
	} else {
		c.key, err = c.openMD5(f, d, int(r), length)
	}
	return c, err
}

func (f *File) cryptMethod(d Dict, which Name) (method, error) {
	name, ok := d.Get(which).(Name)
	if !ok || name == "Identity" {
		return identity, nil
	}
	filters, err := f.Dict(d.Get("CF"))
	if err != nil {
		return 0, err
	}
	filter, err := f.Dict(filters.Get(name))
	if err != nil {
		return 0, err
	}
	switch filter.Get("CFM") {
	case nil, Name("None"):
		return identity, nil
	case Name("V2"):
		return methodRC4, nil
	case Name("AESV2"):
		return methodAES128, nil
	case Name("AESV3"):
		return methodAES256, nil
	}
	return 0, fmt.Errorf("%w: an unknown crypt filter", ErrMalformed)
}

var passwordPadding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// openMD5 is algorithms 2, 4 and 5 of §7.6.4.3–4 with the empty user password.
func (c *decrypter) openMD5(f *File, d Dict, r, length int) ([]byte, error) {
	o, _ := d.Get("O").(String)
	u, _ := d.Get("U").(String)
	p, _ := d.Get("P").(Integer)
	if len(o.Bytes) < 32 || len(u.Bytes) < 16 {
		return nil, fmt.Errorf("%w: an Encrypt dictionary without O and U", ErrMalformed)
	}
	var id String
	if arr, err := f.Array(f.Trailer().Get("ID")); err == nil && len(arr) > 0 {
		id, _ = arr[0].(String)
	}
	h := md5.New()
	h.Write(passwordPadding)
	h.Write([]byte(o.Bytes[:32]))
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(p)))
	h.Write([]byte(id.Bytes))
	if r >= 4 && !c.metadata {
		h.Write([]byte{255, 255, 255, 255})
	}
	key := h.Sum(nil)
	if r >= 3 {
		for range 50 {
			sum := md5.Sum(key[:length])
			key = sum[:]
		}
	}
	key = key[:length]
	check, n := rc4Bytes(key, passwordPadding), 32
	if r >= 3 {
		sum := md5.Sum(append(slices.Clone(passwordPadding), id.Bytes...))
		check, n = rc4Bytes(key, sum[:]), 16
		for i := byte(1); i <= 19; i++ {
			k := slices.Clone(key)
			for j := range k {
				k[j] ^= i
			}
			check = rc4Bytes(k, check)
		}
	}
	if len(u.Bytes) < n || string(check[:n]) != u.Bytes[:n] {
		return nil, errPassword
	}
	return key, nil
}

func rc4Bytes(key, in []byte) []byte {
	out := make([]byte, len(in))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, in)
	}
	return out
}

// openAES256 is algorithm 2.A of §7.6.4.3.3 with the empty user password.
func openAES256(d Dict, r int) ([]byte, error) {
	u, _ := d.Get("U").(String)
	ue, _ := d.Get("UE").(String)
	if len(u.Bytes) < 48 || len(ue.Bytes) < 32 {
		return nil, fmt.Errorf("%w: an Encrypt dictionary without U and UE", ErrMalformed)
	}
	hash := func(salt string) []byte {
		sum := sha256.Sum256([]byte(salt))
		if r >= 6 {
			return hash2B(sum[:])
		}
		return sum[:]
	}
	if string(hash(u.Bytes[32:40])) != u.Bytes[:32] {
		return nil, errPassword
	}
	block, err := aes.NewCipher(hash(u.Bytes[40:48]))
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(key, []byte(ue.Bytes[:32]))
	return key, nil
}

// hash2B is algorithm 2.B of §7.6.4.3.4 for the empty password.
func hash2B(k []byte) []byte {
	for i := 0; ; i++ {
		k1 := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		e := make([]byte, len(k1))
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, k1)
		mod := 0
		for _, b := range e[:16] {
			mod += int(b)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(e)
			k = s[:]
		case 1:
			s := sha512.Sum384(e)
			k = s[:]
		case 2:
			s := sha512.Sum512(e)
			k = s[:]
		}
		if i >= 63 && int(e[len(e)-1]) <= i-31 {
			return k[:32]
		}
	}
}

// objectKey is algorithm 1 of §7.6.3.2.
func (c *decrypter) objectKey(ref Ref, m method) []byte {
	if m == methodAES256 {
		return c.key
	}
	b := slices.Clone(c.key)
	b = append(b, byte(ref.Num), byte(ref.Num>>8), byte(ref.Num>>16), byte(ref.Gen), byte(ref.Gen>>8))
	if m == methodAES128 {
		b = append(b, "sAlT"...)
	}
	sum := md5.Sum(b)
	return sum[:min(len(c.key)+5, 16)]
}

// object deciphers the strings of an indirect object, and marks a stream to be deciphered when it is decoded.
func (c *decrypter) object(ref Ref, o Object) Object {
	if ref == c.dict {
		return o
	}
	if s, ok := o.(*Stream); ok {
		if s.Dict.Get("Type") == Name("XRef") {
			return o
		}
		s.Dict = c.decipher(ref, s.Dict).(Dict) //nolint:forcetypeassert // a dictionary deciphers to one
		s.crypt, s.ref = c, ref
		return s
	}
	return c.decipher(ref, o)
}

// decipher returns o with its strings deciphered; the Contents of a signature dictionary are not encrypted (§7.6.2).
func (c *decrypter) decipher(ref Ref, o Object) Object {
	switch o := o.(type) {
	case String:
		if plain, err := c.bytes(ref, c.strings, []byte(o.Bytes)); err == nil {
			o.Bytes = string(plain)
		}
		return o
	case Array:
		for i := range o {
			o[i] = c.decipher(ref, o[i])
		}
	case Dict:
		signature := o.Has("ByteRange") && o.Has("Contents")
		for i := range o {
			if !signature || o[i].Key != "Contents" {
				o[i].Value = c.decipher(ref, o[i].Value)
			}
		}
	}
	return o
}

func (c *decrypter) bytes(ref Ref, m method, in []byte) ([]byte, error) {
	switch m {
	case identity:
		return in, nil
	case methodRC4:
		return rc4Bytes(c.objectKey(ref, m), in), nil
	}
	if len(in) < 16 || len(in)%16 != 0 {
		return nil, fmt.Errorf("%w: encrypted data of %d bytes", ErrMalformed, len(in))
	}
	block, err := aes.NewCipher(c.objectKey(ref, m))
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(in)-16)
	cipher.NewCBCDecrypter(block, in[:16]).CryptBlocks(out, in[16:])
	if n := len(out); n > 0 && int(out[n-1]) <= 16 && int(out[n-1]) <= n {
		out = out[:n-int(out[n-1])]
	}
	return out, nil
}

// reader deciphers a stream's bytes, at most limit of them.
func (c *decrypter) reader(s *Stream, names []Name, limit int64) (io.Reader, error) {
	if len(names) > 0 && names[0] == "Crypt" || c.streams == identity ||
		(!c.metadata && s.Dict.Get("Type") == Name("Metadata")) {
		return s.Raw(), nil
	}
	if s.Length > limit+32 {
		return nil, malformed(s.Offset, "an encrypted stream of more than %d bytes", limit)
	}
	in, err := io.ReadAll(s.Raw())
	if err != nil {
		return nil, err
	}
	out, err := c.bytes(s.ref, c.streams, in)
	return bytes.NewReader(out), err
}
