package workflow

import (
	"reflect"
	"slices"
	"testing"
)

// noFiles are the digests in events that name no file of their own.
var noFiles = []string{
	"SignatureMade.Before", "SignatureMade.Consented", "SealApplied.Before", "ValidationDataAdded.Before",
	"PaperSignatureRecorded.Consented", "RevisionSubmitted.Manifest", "ReviewGiven.Manifest", "MotionOpened.Manifest",
	"ApprovalCarried.FromManifest", "ApprovalCarried.Manifest", "SelfScored.Basis", "ScoreVerified.Basis",
	"SignatureMade.SHA256", "SealApplied.SHA256", "CertificateIdentified.SHA256", "CertificateBound.SHA256",
	"CertificateQuestioned.SHA256",
	"BindingRuleSet.Root", "CommentPosted.Manifest", "CommentPosted.Digest", "OpinionDeemed.Manifest",
}

// Each digest in an event names a file that is to be kept, or is known not to.
func TestFilesOfEveryEvent(t *testing.T) {
	for kind, typ := range events {
		event := reflect.New(typ).Elem()
		marks := map[Digest]string{}
		mark(event, typ.Name(), marks)
		files := FilesOf(event.Interface().(Event))
		for d, name := range marks {
			if slices.Contains(files, d) == slices.Contains(noFiles, name) {
				t.Errorf("%s: is %s a file? FilesOf says %v", kind, name, slices.Contains(files, d))
			}
		}
	}
}

// mark gives each field that is a digest a value of its own.
func mark(v reflect.Value, name string, marks map[Digest]string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type != reflect.TypeFor[Digest]() || !field.IsExported() {
			continue
		}
		d := DigestOf([]byte(name + "." + field.Name))
		v.Field(i).Set(reflect.ValueOf(d))
		marks[d] = name + "." + field.Name
	}
}
