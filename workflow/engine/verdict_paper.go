package engine

import (
	"time"
)

// VerdictValues are the values of the template ket-qua-kiem-tra: a verdict as a document. All its words are its
// maker's, in the reader's language.
type VerdictValues struct {
	Heading  string         `yaml:"tiêu_đề"`
	File     string         `yaml:"tên_tệp"`
	Sentence string         `yaml:"kết_luận"`
	Next     string         `yaml:"việc_cần_làm"`
	Facts    []VerdictFact  `yaml:"thông_tin"`
	Results  []VerdictEntry `yaml:"kết_quả"`
	Note     string         `yaml:"ghi_chú"`
	Labels   `yaml:",inline"`
}

// Labels are the heads of its tables.
type Labels struct {
	Item       string `yaml:"nhãn_mục"`
	Content    string `yaml:"nhãn_nội_dung"`
	Signature  string `yaml:"nhãn_chữ_ký"`
	Conclusion string `yaml:"nhãn_kết_luận"`
}

// VerdictFact is a line of a table.
type VerdictFact struct {
	Label string `yaml:"mục"`
	Value string `yaml:"nội_dung"`
}

// VerdictEntry is a signature, a seal or a time-stamp, with what was found of it.
type VerdictEntry struct {
	Name  string        `yaml:"tên"`
	Word  string        `yaml:"kết_luận"`
	Facts []VerdictFact `yaml:"chi_tiết"`
}

// VerdictPaper sets a verdict as a PDF/A file. It is made of what the verifier found and is itself no signed document:
// whoever doubts it checks the file again.
func (e papers) VerdictPaper(values VerdictValues, at time.Time) ([]byte, error) {
	_, file, err := e.renderMinutes("ket-qua-kiem-tra", values, e.Calendar.Today(at))
	return file, err
}
