package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"covenant/internal/address"
)

//go:embed static
var staticFiles embed.FS

// asset is one embedded file, ready to be sent.
type asset struct {
	content, zipped []byte // zipped is nil where it would not help
	mediaType       string
	version         string // first digits of the content's SHA-256
}

// assets serves the embedded scripts, styles, fonts and icons. An address that carries the file's version may be kept
// for ever; any other is asked for again and answered 304.
type assets struct{ files map[string]*asset }

var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2",
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string]*asset{}}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		a.files[strings.TrimPrefix(name, "static/")] = newAsset(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: assets: %w", err)
	}
	// Style sheets name fonts; give those addresses their versions too, so that a font is fetched once.
	for name, f := range a.files {
		if path.Ext(name) == ".css" {
			a.files[name] = newAsset(name, fontAddress.ReplaceAllFunc(f.content, func(m []byte) []byte {
				file := string(fontAddress.FindSubmatch(m)[1])
				if font, ok := a.files[file]; ok {
					file += "?v=" + font.version
				}
				return fmt.Appendf(nil, "url(%q)", file)
			}))
		}
	}
	return a, nil
}

var fontAddress = regexp.MustCompile(`url\("(fonts/[^"]+)"\)`)

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	f := &asset{content: content, mediaType: mediaTypes[path.Ext(name)], version: hex.EncodeToString(sum[:6])}
	if f.mediaType == "" {
		f.mediaType = "text/plain; charset=utf-8"
	}
	if f.mediaType != "font/woff2" {
		f.zipped = compressed(content)
	}
	return f
}

// compressed is content packed by gzip; nil if that saves less than a tenth.
func compressed(content []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestSpeed) // the level is valid
	_, _ = w.Write(content)                           // a bytes.Buffer takes everything
	_ = w.Close()
	if buf.Len() > len(content)*9/10 {
		return nil
	}
	return buf.Bytes()
}

// address is where a file is found, with its version; a file that does not exist is an error of the template.
func (a *assets) address(name string) (string, error) {
	f, ok := a.files[name]
	if !ok {
		return "", fmt.Errorf("asset %q does not exist", name)
	}
	return address.Asset.Of(name) + "?v=" + f.version, nil
}

// ServeHTTP sends the file named by the path.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("path")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mediaType)
	h.Set("ETag", strconv.Quote(f.version))
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == f.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	content := f.content
	if f.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
			content = f.zipped
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", strconv.Quote(f.version+"-gz"))
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
