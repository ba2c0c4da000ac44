package pdfa

import (
	"bytes"
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
	r := strings.NewReplacer("@PART", part, "@TITLE", escape(in.Title), "@AUTHOR", escape(in.Author),
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

const packet = `<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>@PART</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang="x-default">@TITLE</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>@AUTHOR</rdf:li></rdf:Seq></dc:creator><dc:description><rdf:Alt><rdf:li xml:lang="x-default">@SUBJECT</rdf:li></rdf:Alt></dc:description><dc:language><rdf:Bag><rdf:li>@LANG</rdf:li></rdf:Bag></dc:language></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreateDate>@DATE</xmp:CreateDate><xmp:ModifyDate>@DATE</xmp:ModifyDate><xmp:MetadataDate>@DATE</xmp:MetadataDate></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><pdf:Producer>@PRODUCER</pdf:Producer></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`
