package pdfa

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"strings"
)

// metadata writes the XMP packet, uncompressed (ISO 19005-2, 6.6.2; ISO
// 14289-1, clause 5). The pdfuaid schema is described in an extension schema,
// as PDF/A asks of any it does not know.
func (f *finisher) metadata() {
	in := f.w.info
	part := "2"
	if len(f.files) > 0 {
		part = "3"
	}
	date := in.Created.UTC().Format("2006-01-02T15:04:05+00:00")
	r := strings.NewReplacer("@BOM", "\uFEFF", "@PART", part, "@TITLE", escape(in.Title), "@AUTHOR", escape(in.Author),
		"@SUBJECT", escape(in.Subject), "@PRODUCER", escape(in.Producer), "@DATE", date, "@LANG", escape(in.Lang))
	xmp := r.Replace(packet)
	f.begin(metadataObject)
	f.add("<</Type/Metadata/Subtype/XML/Length ")
	f.int(len(xmp))
	f.add(">>\nstream\n" + xmp + "\nendstream")
	f.end()
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer does not fail
	return b.String()
}

// packet is the XMP packet with places for what differs from file to file.
//
//go:embed metadata.xmp
var packet string
