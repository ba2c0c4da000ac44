package templates

import (
	"fmt"
	"strings"
)

// styles are the paragraph and table styles, after the layout profile.
func (x *docx) styles() string {
	p := x.p
	var b strings.Builder
	b.WriteString(docxStylesHead)
	lang := ""
	style := func(id, name, props string, size float64, run string) {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="%s"><w:name w:val="%s"/>`+
			`<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>%s</w:pPr><w:rPr>%s<w:sz w:val="%d"/>`+
			`<w:szCs w:val="%d"/>%s</w:rPr></w:style>`,
			id, name, props, run, int(size*2), int(size*2), lang)
	}
	gap := fmt.Sprintf(`<w:spacing w:before="%d" w:after="0"/>`, int(p.Body.Gap*20))
	indent := fmt.Sprintf(`<w:ind w:firstLine="%d"/>`, twips(p.Body.Indent))
	style("Title", "Title", `<w:keepNext/><w:spacing w:before="280"/><w:jc w:val="center"/><w:outlineLvl w:val="0"/>`,
		p.Title.Size, "<w:b/>")
	style("CovenantSubject", "Covenant Subject", `<w:jc w:val="center"/>`, p.Title.SubjectSize, "<w:b/>")
	style("CovenantLabel", "Covenant Label", `<w:keepNext/><w:spacing w:before="240"/><w:jc w:val="center"/>`,
		p.Body.Size, "<w:b/>")
	style("Heading1", "heading 1",
		`<w:keepNext/><w:spacing w:after="60"/><w:jc w:val="center"/><w:outlineLvl w:val="1"/>`, p.Body.Size,
		"<w:b/><w:caps/>")
	style("Heading3", "heading 3",
		`<w:keepNext/><w:spacing w:after="60"/><w:jc w:val="center"/><w:outlineLvl w:val="2"/>`, p.Body.Size, "<w:b/>")
	style("Heading2", "heading 2",
		`<w:keepNext/><w:spacing w:before="180"/><w:jc w:val="both"/><w:outlineLvl w:val="2"/>`, p.Body.Size, "<w:b/>")
	style("CovenantBody", "Covenant Body", `<w:widowControl/>`+gap+indent+`<w:jc w:val="both"/>`, p.Body.Size, "")
	lang = `<w:lang w:val="en-GB"/>`
	style("CovenantSecond", "Covenant Second Language", gap+indent+`<w:jc w:val="both"/>`, p.Body.SecondSize, "<w:i/>")
	style("CovenantSecondCentre", "Covenant Second Language Centred", gap+`<w:jc w:val="center"/>`, p.Body.SecondSize,
		"<w:i/>")
	lang = ""
	style("CovenantBasis", "Covenant Legal Basis", gap+indent+`<w:jc w:val="both"/>`, p.Bases.Size, "<w:i/>")
	style("CovenantCentre", "Covenant Centre", gap+`<w:jc w:val="center"/>`, p.Body.Size, "")
	style("CovenantRight", "Covenant Right", gap+`<w:jc w:val="right"/>`, p.Body.Size, "")
	style("CovenantHead", "Covenant Head", `<w:jc w:val="center"/>`, p.Letterhead.NumberSize, "")
	style("CovenantCell", "Covenant Cell", `<w:spacing w:before="40" w:after="40"/>`, p.Table.Size, "")
	style("CovenantRecipientsHead", "Covenant Recipients Head", `<w:keepNext/><w:spacing w:before="200"/>`,
		p.Recipients.HeadSize, "<w:b/><w:i/>")
	style("CovenantRecipients", "Covenant Recipients", "", p.Recipients.Size, "")
	b.WriteString(docxTableStyles)
	return b.String()
}

// numberingPart: list 1 “Điều n.”, and an instance of “n.” or “a)” for each
// article and clause. Word has no format for the Vietnamese order of letters
// (… d, đ, e …), so points from đ on are lists of one named label.
func (x *docx) numberingPart() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`)
	word := levelNames[3].In(x.d.languages()[0])
	abstract := func(id int, format, text, run string) {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d"><w:multiLevelType w:val="singleLevel"/>`+
			`<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:suff w:val="space"/>`+
			`<w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="%d"/></w:pPr>`+
			`<w:rPr>%s</w:rPr></w:lvl></w:abstractNum>`,
			id, format, text, twips(x.p.Body.Indent), run)
	}
	abstract(0, "decimal", word+" %1.", "<w:b/>")
	abstract(1, "decimal", "%1.", "")
	abstract(2, "lowerLetter", "%1)", "")
	for i, letter := range x.letters {
		abstract(3+i, "none", letter+")", "")
	}
	b.WriteString(`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`)
	for i, a := range x.lists {
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/><w:lvlOverride w:ilvl="0">`+
			`<w:startOverride w:val="1"/></w:lvlOverride></w:num>`, i+2, a)
	}
	b.WriteString("</w:numbering>")
	return b.String()
}

// docxBeforeTable and docxAfterTable part a table from what stands before and behind it.
const (
	docxBeforeTable = `<w:p><w:pPr><w:keepNext/><w:spacing w:line="80" w:lineRule="exact"/></w:pPr></w:p>`
	docxAfterTable  = `<w:p><w:pPr><w:spacing w:line="120" w:lineRule="exact"/></w:pPr></w:p>`
)

const (
	docxTypes = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"` +
		` ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/numbering.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>` +
		`<Override PartName="/word/header1.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>` +
		`<Override PartName="/word/header2.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>` +
		`<Override PartName="/word/footer1.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/word/settings.xml"` +
		` ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
		`<Override PartName="/docProps/core.xml"` +
		` ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	docxRootRels = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"` +
		` Target="word/document.xml"/>` +
		`<Relationship Id="rId2"` +
		` Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"` +
		` Target="docProps/core.xml"/>` +
		`</Relationships>`
	docxRels = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering"` +
		` Target="numbering.xml"/><Relationship Id="rId3"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header"` +
		` Target="header1.xml"/><Relationship Id="rId4"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings"` +
		` Target="settings.xml"/><Relationship Id="rId5"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header"` +
		` Target="header2.xml"/><Relationship Id="rId6"` +
		` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer"` +
		` Target="footer1.xml"/></Relationships>`
	docxHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>`
	docxPage = `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r>` +
		`<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/>` +
		`</w:r><w:r><w:t>2</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
	docxSettings = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">` +
		`<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:doNotExpandShiftReturn/>` +
		`<w:compatSetting w:name="compatibilityMode"` +
		` w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`

	docxStylesHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults>` +
		`<w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="Times New` +
		` Roman" w:cs="Times New Roman"/><w:sz w:val="28"/><w:szCs w:val="28"/><w:lang w:val="vi-VN"/></w:rPr>` +
		`</w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>` +
		`</w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">` +
		`<w:name w:val="Normal"/></w:style>`
	docxTableStyles = `<w:style w:type="table" w:default="1" w:styleId="CovenantPlain">` +
		`<w:name w:val="Covenant Plain"/><w:tblPr><w:tblCellMar><w:left w:w="60" w:type="dxa"/>` +
		`<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>` +
		`<w:style w:type="table" w:styleId="CovenantTable"><w:name w:val="Covenant Table"/>` +
		`<w:basedOn w:val="CovenantPlain"/><w:tblPr><w:tblBorders>` +
		`<w:top w:val="single" w:sz="4" w:color="000000"/><w:left w:val="single" w:sz="4" w:color="000000"/>` +
		`<w:bottom w:val="single" w:sz="4" w:color="000000"/><w:right w:val="single" w:sz="4" w:color="000000"/>` +
		`<w:insideH w:val="single" w:sz="4" w:color="000000"/>` +
		`<w:insideV w:val="single" w:sz="4" w:color="000000"/></w:tblBorders></w:tblPr></w:style></w:styles>`
)
