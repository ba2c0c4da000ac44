package pdf

import (
	"bytes"
	"compress/zlib"
	"sync"
)

// deflaters are kept: making one costs as much as compressing a font.
var deflaters = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

// Deflate compresses data for FlateDecode (§7.4.4). The same data give the same bytes.
func Deflate(data []byte) []byte {
	var out bytes.Buffer
	DeflateTo(&out, data)
	return out.Bytes()
}

// DeflateTo is Deflate into a buffer of the caller's, who may use it again.
func DeflateTo(out *bytes.Buffer, data []byte) {
	z := deflaters.Get().(*zlib.Writer) //nolint:forcetypeassert // what the pool holds
	defer deflaters.Put(z)
	z.Reset(out)
	_, _ = z.Write(data) // a bytes.Buffer does not fail
	_ = z.Close()
}

// Flate is a new stream with its data compressed.
func Flate(d Dict, data []byte) *Stream {
	return &Stream{Dict: d.With("Filter", Name("FlateDecode")), Data: Deflate(data)}
}
