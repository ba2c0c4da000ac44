package diff

import "covenant/internal/pdf"

// Kind says what a later revision did.
type Kind string

// The kinds that a signature may permit.
const (
	ValidationData Kind = "validation-data"     // DSS
	Metadata       Kind = "metadata"            // Info, XMP
	Timestamp      Kind = "document-timestamp"  // in an existing field or a new one
	Signature      Kind = "signature"           // an empty signature field was signed
	NewSignature   Kind = "new-signature-field" // a signature field was added, signed or not
	FormValue      Kind = "form-value"          // a form field was filled in
)

// The kinds that are never permitted.
const (
	Content         Kind = "page-content"
	Resource        Kind = "page-resource" // font, image, form on a page
	Page            Kind = "page"          // another property of a page
	PageTree        Kind = "page-tree"     // pages added, removed, moved
	Annotation      Kind = "annotation"
	Overlay         Kind = "overlay" // a new field over an earlier signature
	Field           Kind = "form-field"
	Appearance      Kind = "signature-appearance"
	FieldAppearance Kind = "field-appearance" // with the field's value unchanged
	SignatureValue  Kind = "signature-value"
	Structure       Kind = "structure"
	Layers          Kind = "layers"
	Action          Kind = "action"
	Catalog         Kind = "catalog"
	Trailer         Kind = "trailer"
	Object          Kind = "object"
	Unreadable      Kind = "unreadable"
	Trailing        Kind = "trailing-data"
)

// Change is one thing that a revision changed. Whether a signature permits it is not said here.
type Change struct {
	Revision int // that made it, from 1; 0 for data after the last revision
	Kind     Kind
	Page     int    // from 1; 0 if none or unknown
	Field    string // full name of the form field concerned
	Key      string // dictionary key concerned
	Object   int    // object number; 0 if none
	Visible  bool   // of a new signature field
	// of a new signature field: it shows something though nobody signed it in the revision that brought it
	Unsigned bool
	// Over is what was painted where a new, visible field lies: text, line, fill, picture, annotation, unknown; ""
	// where there was nothing. Of an Overlay by which something else is covered: signature.
	Over string
	// Seal, of an Overlay: it covers part of a signature as a seal does, at most half of its box and none of its text.
	Seal    bool
	Area    pdf.Rect // of a new, visible field, in units of its page
	Subtype string   // of an annotation, such as "FreeText"
	Action  Verb
	// Remark, of an annotation that was added: it only says or marks something (comments, marks, stamps) and has no
	// action. It may still cover what is on the page.
	Remark   bool
	Old, New string // what the text was and is, where it can be quoted: a field's value, a note's words, a page's lines
	Detail   string // technical, English
}

// Verb says what was done to an annotation or a page's content.
type Verb string

// The actions; "" where it is not known or goes without saying.
const (
	Added   Verb = "added"
	Removed Verb = "removed"
	Moved   Verb = "moved" // in the order of drawing
	Changed Verb = "changed"
)
