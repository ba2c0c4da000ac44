package workflow

import "covenant/workflow/digest"

// Digest is a SHA-256 digest of bytes.
type Digest = digest.Digest

// DigestOf is the SHA-256 digest of data.
func DigestOf(data []byte) Digest { return digest.Of(data) }

// ParseDigest reads the text form of a digest, 64 hexadecimal digits.
func ParseDigest(text string) (Digest, error) { return digest.Parse(text) }
