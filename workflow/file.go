package workflow

// FilesOf are the files that an event names by their digests, and that must be kept as long as the log. Other digests
// in events, of manifests, clauses, scores and what a file was before, name no file of their own.
func FilesOf(e Event) []Digest {
	var all []Digest
	switch e := e.(type) {
	case Drafted:
		all = []Digest{e.Process}
	case RevisionSubmitted:
		all = []Digest{e.Template, e.Values, e.PDF}
	case Frozen:
		all = []Digest{e.PDF}
	case SignatureMade:
		all = append([]Digest{e.After}, e.Check.Responses...)
	case SealApplied:
		all = append([]Digest{e.After}, e.Check.Responses...)
	case ValidationDataAdded:
		all = []Digest{e.After}
	case PaperSignatureRecorded:
		all = []Digest{e.Scan}
	case MinutesKept:
		all = []Digest{e.Values, e.PDF}
	}
	files := all[:0]
	for _, d := range all {
		if !d.IsZero() {
			files = append(files, d)
		}
	}
	return files
}
