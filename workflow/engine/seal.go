package engine

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// A kept key is sealed under its owner's PIN and the server's secret together: neither alone opens it. The sealing
// key is HMAC-SHA-256 under the secret of argon2id (RFC 9106) of the PIN; the box is XChaCha20-Poly1305 with the
// key's id as associated data. Layout: version 1, salt (16 bytes), nonce (24), box.
const (
	sealVersion = 1
	saltSize    = 16
)

// argon is what it costs to try a PIN: RFC 9106 section 4, second recommended option. It belongs to sealVersion.
var argon = argonCost{passes: 3, memory: 64 << 10, lanes: 4}

type argonCost struct {
	passes, memory uint32 // memory in KiB
	lanes          uint8
}

var errWrongPIN = errors.New("wrong PIN")

func sealKey(secret []byte, pin, id string, key []byte) ([]byte, error) {
	out := make([]byte, 1+saltSize+chacha20poly1305.NonceSizeX, 256)
	out[0] = sealVersion
	if _, err := rand.Read(out[1:]); err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	box, err := chacha20poly1305.NewX(sealingKey(secret, pin, out[1:1+saltSize]))
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return box.Seal(out, out[1+saltSize:], key, []byte(id)), nil
}

// openKey is the reverse of sealKey; errWrongPIN when PIN, secret or id are not those it was sealed under.
func openKey(secret []byte, pin, id string, sealed []byte) ([]byte, error) {
	head := 1 + saltSize + chacha20poly1305.NonceSizeX
	if len(sealed) < head || sealed[0] != sealVersion {
		return nil, errors.New("kept key: unknown format")
	}
	box, err := chacha20poly1305.NewX(sealingKey(secret, pin, sealed[1:1+saltSize]))
	if err != nil {
		return nil, fmt.Errorf("open key: %w", err)
	}
	key, err := box.Open(nil, sealed[1+saltSize:head], sealed[head:], []byte(id))
	if err != nil {
		return nil, errWrongPIN
	}
	return key, nil
}

// hashing bounds how many PINs are hashed at a time in this process, each in argon.memory; more of them wait.
var hashing = make(chan struct{}, 4)

func sealingKey(secret []byte, pin string, salt []byte) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	mac := hmac.New(sha256.New, secret)
	mac.Write(argon2.IDKey([]byte(pin), salt, argon.passes, argon.memory, argon.lanes, 32))
	return mac.Sum(nil)
}
