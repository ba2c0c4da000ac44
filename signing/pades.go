package signing

import (
	"fmt"
	"strings"
)

// Level is a PAdES baseline level (EN 319 142-1 §6).
type Level int

// The baseline levels, each containing the one before.
const (
	BB   Level = iota // basic: signer's certificate bound by signing-certificate-v2
	BT                // with a signature time-stamp: existed at a trusted time
	BLT               // with certificates and revocation data in the DSS: can be judged offline
	BLTA              // with a document time-stamp over all that: can be judged for decades
)

var levelNames = [...]string{"B-B", "B-T", "B-LT", "B-LTA"}

// String is the level's name in the standard, such as "B-LT".
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// ParseLevel reads "B-B", "B-T", "B-LT" or "B-LTA" in any case.
func ParseLevel(s string) (Level, error) {
	for i, n := range levelNames {
		if strings.EqualFold(s, n) {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("no PAdES level is called %q: use B-B, B-T, B-LT or B-LTA", s)
}

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) {
	if l < 0 || int(l) >= len(levelNames) {
		return nil, fmt.Errorf("no PAdES level has the number %d", int(l))
	}
	return []byte(l.String()), nil
}

// UnmarshalText reads the level's name.
func (l *Level) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLevel(string(b))
	return err
}

// SubFilters of signature dictionaries (EN 319 142-1 §6.3, ISO 32000-2 table 260).
const (
	subFilterCAdES = "ETSI.CAdES.detached"
)

// Permission is what a certifying signature (DocMDP, ISO 32000-2 table 257) or a locked field (table 237) leaves open.
type Permission int

// The permissions; the zero value means that there is no such restriction.
const (
	PermitNothing     Permission = 1 // no changes
	PermitFilling     Permission = 2 // filling forms, signing
	PermitAnnotations Permission = 3 // also annotations
)

// Lock says which fields a signature locks (ISO 32000-2 table 236).
type Lock struct {
	Action     LockAction
	Fields     []string   // full names, for Include and Exclude
	Permission Permission // of the whole document afterwards; 0 leaves it as it is
}

// LockAction says how Lock.Fields is meant.
type LockAction string

// The actions of a lock.
const (
	LockAll     LockAction = "All"     // every field
	LockInclude LockAction = "Include" // the fields listed
	LockExclude LockAction = "Exclude" // every field but those listed
)

// locks tells whether the lock holds for a field or an ancestor of it.
func (l *Lock) locks(name string) bool {
	listed := false
	for _, f := range l.Fields {
		listed = listed || f == name || strings.HasPrefix(name, f+".")
	}
	switch l.Action {
	case LockAll:
		return true
	case LockInclude:
		return listed
	case LockExclude:
		return !listed
	}
	return false
}
