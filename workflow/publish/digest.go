package publish

import (
	"crypto/sha1" // git names its objects by SHA-1; nothing here depends on it for security
	"encoding/hex"
	"fmt"
)

// blobSHA is the name that git gives a file's content.
func blobSHA(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
