package templates

// Symbol is what the letterhead prints after number and stroke (Decree 30/2020/NĐ-CP, Appendix I, cell 3), as "GƯ-KTN";
// empty if the document prints none.
func (d *Document) Symbol() string {
	for _, b := range d.Blocks {
		if b.Kind != BlockLetterhead || b.Head == nil {
			continue
		}
		for i, s := range b.Head.Number {
			if s.Text == "/" && s.Kind == RunText {
				return plainSpans(b.Head.Number[i+1:])
			}
		}
	}
	return ""
}
