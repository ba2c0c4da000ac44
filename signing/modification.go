package signing

import (
	"time"

	"covenant/signing/internal/diff"
)

// ChangeKind says what a later revision did.
type ChangeKind = diff.Kind

// The kinds that a signature may permit.
const (
	ChangeValidationData = diff.ValidationData // DSS
	ChangeMetadata       = diff.Metadata       // Info, XMP
	ChangeTimestamp      = diff.Timestamp      // in an existing field or a new one
	ChangeSignature      = diff.Signature      // an empty signature field was signed
	ChangeNewSignature   = diff.NewSignature   // a signature field was added, signed or not
	ChangeFormValue      = diff.FormValue      // a form field was filled in
)

// The kinds that are never permitted.
const (
	ChangeContent         = diff.Content
	ChangeResource        = diff.Resource // font, image, form on a page
	ChangePage            = diff.Page     // another property of a page
	ChangePageTree        = diff.PageTree // pages added, removed, moved
	ChangeAnnotation      = diff.Annotation
	ChangeOverlay         = diff.Overlay // a new field over an earlier signature
	ChangeField           = diff.Field
	ChangeAppearance      = diff.Appearance
	ChangeFieldAppearance = diff.FieldAppearance // with the field's value unchanged
	ChangeSignatureValue  = diff.SignatureValue
	ChangeStructure       = diff.Structure
	ChangeLayers          = diff.Layers
	ChangeAction          = diff.Action
	ChangeCatalog         = diff.Catalog
	ChangeTrailer         = diff.Trailer
	ChangeObject          = diff.Object
	ChangeUnreadable      = diff.Unreadable
	ChangeTrailing        = diff.Trailing
)

// Modification is one change made after a signature.
type Modification struct {
	Revision  int       // that made it, from 1; 0 for data after the last revision
	Time      time.Time // of that revision, by its own signature or time-stamp; zero if it has none
	Kind      ChangeKind
	Permitted bool   // by the signature that the result is about
	Page      int    // from 1; 0 if none or unknown
	Field     string // full name of the form field concerned
	Key       string // dictionary key concerned
	Object    int    // object number; 0 if none
	Visible   bool   // of a new signature field
	Subtype   string // of an annotation, such as "FreeText"
	Action    ChangeVerb
	Old, New  string // what the text was and is, where it can be quoted: a field's value, a note's words, a page's lines
	Detail    string // technical, English
}

func modificationOf(c diff.Change) Modification {
	return Modification{Revision: c.Revision, Kind: c.Kind, Page: c.Page, Field: c.Field, Key: c.Key, Object: c.Object,
		Visible: c.Visible, Subtype: c.Subtype, Action: c.Action, Old: c.Old, New: c.New, Detail: c.Detail}
}

// ChangeVerb says what was done to an annotation or a page's content.
type ChangeVerb = diff.Verb

// The actions; "" where it is not known or goes without saying.
const (
	ActionAdded   = diff.Added
	ActionRemoved = diff.Removed
	ActionMoved   = diff.Moved // in the order of drawing
	ActionChanged = diff.Changed
)
