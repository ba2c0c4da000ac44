package web

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/store"
)

// Tables come out of Excel: pasted, as text whose cells are parted by tabs, or as a sheet. Either becomes rows of
// texts, which fill a list or table from a cell on. Whether they are right is told at the cells, like all that is
// written.

// cellsOf reads what a spreadsheet puts into the clipboard: lines of cells parted by tabs. A cell that holds a line
// break, a tab or a quote stands between quotes, in which quotes are doubled.
func cellsOf(text string) [][]string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	var out [][]string
	var row []string
	for {
		cell, rest, end := nextCell(text)
		row = append(row, strings.TrimSpace(cell))
		if end != '\t' {
			out, row = append(out, row), nil
		}
		if end == 0 {
			return out
		}
		text = rest
	}
}

// nextCell cuts one cell off, and says what ended it: a tab, a line break, or 0 for the end.
func nextCell(text string) (cell, rest string, end byte) {
	if cell, rest, end, ok := quotedCell(text); ok {
		return cell, rest, end
	}
	i := strings.IndexAny(text, "\t\n")
	if i < 0 {
		return text, "", 0
	}
	return text[:i], text[i+1:], text[i]
}

// quotedCell is a cell between quotes; a quote that nothing closes is a letter like others.
func quotedCell(text string) (cell, rest string, end byte, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", 0, false
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
			b.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case i+1 == len(text):
			return b.String(), "", 0, true
		case text[i+1] == '\t' || text[i+1] == '\n':
			return b.String(), text[i+2:], text[i+1], true
		default:
			return "", "", 0, false
		}
	}
	return "", "", 0, false
}

// gridColumns are the columns that rows of texts fill, in their order: those that hold one text.
func gridColumns(v templates.Variable) []templates.Variable {
	if !v.Record() {
		return []templates.Variable{single(v)}
	}
	return slices.DeleteFunc(slices.Clone(v.Columns), func(c templates.Variable) bool { return c.Rows() || c.Record() })
}

// fillRows writes rows of texts into a list or table from a row and a column on. A first row that names columns says
// where each of them goes, and is left out.
func fillRows(items []templates.Entry, at sought, cells [][]string) []templates.Entry {
	columns := gridColumns(at.list)
	from := max(0, slices.IndexFunc(columns, func(c templates.Variable) bool { return c.Name == at.column }))
	order := make([]int, 0, len(columns))
	for i := from; i < len(columns); i++ {
		order = append(order, i)
	}
	if len(cells) > 0 && from == 0 {
		if named := headings(columns, cells[0]); named != nil {
			order, cells = named, cells[1:]
		}
	}
	for i, row := range cells {
		place := max(0, at.row) + i
		for len(items) <= place {
			items = append(items, templates.Entry{})
		}
		for j, text := range row {
			if j < len(order) && order[j] >= 0 {
				items[place] = setCell(items[place], at.list, columns[order[j]], text)
			}
		}
	}
	return items
}

func setCell(item templates.Entry, list, column templates.Variable, text string) templates.Entry {
	if !list.Record() {
		return templates.Entry{Text: text}
	}
	fields := map[string]templates.Entry{}
	for name, e := range item.Fields {
		fields[name] = e
	}
	fields[column.Name] = templates.Entry{Text: text}
	return templates.Entry{Fields: fields}
}

// headings are the columns that the cells of a row name, -1 for one that names none; nil where they are no headings.
func headings(columns []templates.Variable, row []string) []int {
	out, found := make([]int, len(row)), 0
	for i, text := range row {
		text = store.Fold(strings.TrimSpace(text))
		out[i] = slices.IndexFunc(columns, func(c templates.Variable) bool {
			return text != "" && (text == store.Fold(c.Label.Vietnamese) || text == store.Fold(c.Label.English) ||
				text == store.Fold(c.Name))
		})
		if out[i] >= 0 {
			found++
		}
	}
	if found == 0 || found*2 < len(columns) {
		return nil
	}
	return out
}

// What a sheet may take: it is a ZIP file, which may unfold to much more than it is.
const (
	sheetUnzipped = 48 << 20
	sheetPart     = 12 << 20
)

var errSheet = workflow.Refusal(workflow.CodeInvalid,
	"tệp không đọc được như một bảng tính Excel (.xlsx); hãy lưu lại ở định dạng .xlsx, không đặt mật khẩu",
	"the file cannot be read as an Excel workbook (.xlsx); save it as .xlsx, without a password")

// sheetCells reads the first sheet of a workbook for columns of types, as people see it: numbers with all their digits
// and a decimal comma, days as days.
func sheetCells(file []byte, columns []templates.Variable) (cells [][]string, err error) {
	defer func() { // the library reads what anybody may have made
		if v := recover(); v != nil {
			cells, err = nil, errSheet
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(file),
		excelize.Options{UnzipSizeLimit: sheetUnzipped, UnzipXMLSizeLimit: sheetPart})
	if err != nil {
		return nil, errSheet
	}
	defer book.Close() //nolint:errcheck // only read
	s := &sheet{columns: columns}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		s.date1904 = *props.Date1904
	}
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, errSheet
	}
	if err := s.read(book, sheets[0]); err != nil {
		return nil, err
	}
	return s.cells(), nil
}

// sheet is what Excel shows, and what it keeps.
type sheet struct {
	columns    []templates.Variable
	date1904   bool
	shown, raw [][]string
}

func (s *sheet) read(book *excelize.File, name string) error {
	shown, err := book.Rows(name)
	if err != nil {
		return errSheet
	}
	defer shown.Close() //nolint:errcheck // only read
	raw, err := book.Rows(name)
	if err != nil {
		return errSheet
	}
	defer raw.Close() //nolint:errcheck // only read
	for shown.Next() && raw.Next() {
		texts, err := shown.Columns()
		if err != nil {
			return errSheet
		}
		numbers, err := raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return errSheet
		}
		if len(s.shown) > templates.MaxFormRows+1 { // one of them may be headings
			return errTooManyRows()
		}
		s.shown, s.raw = append(s.shown, texts), append(s.raw, numbers)
	}
	return nil
}

func errTooManyRows() error {
	return workflow.Refusal(workflow.CodeInvalid,
		"bảng có hơn %d dòng; biểu mẫu nhận nhiều nhất %d dòng cho mỗi bảng. Hãy chia bảng hoặc rút gọn",
		"the table has more than %d rows; a form takes at most %d for each table. Split the table or shorten it",
		templates.MaxFormRows, templates.MaxFormRows)
}

// cells are the rows with each cell as its column takes it: the one that it stands in, or that the headings name.
func (s *sheet) cells() [][]string {
	var order []int
	if len(s.shown) > 0 {
		order = headings(s.columns, s.shown[0])
	}
	named := order != nil
	out := make([][]string, len(s.shown))
	for i, texts := range s.shown {
		out[i] = make([]string, len(texts))
		for j, text := range texts {
			out[i][j] = strings.TrimSpace(text)
			column := j
			if named {
				column = order[min(j, len(order)-1)]
			}
			if column >= 0 && column < len(s.columns) && j < len(s.raw[i]) && (!named || i > 0 && j < len(order)) {
				out[i][j] = s.typed(s.columns[column].Type, out[i][j], s.raw[i][j])
			}
		}
	}
	return trimRows(out)
}

// typed is a cell as its column takes it: shown is what Excel shows, raw what it keeps.
func (s *sheet) typed(t templates.Type, shown, raw string) string {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return shown
	}
	switch t {
	case templates.Number, templates.Money, templates.Year:
		if strings.HasSuffix(shown, "%") {
			n *= 100
		}
		return strings.Replace(strconv.FormatFloat(math.Round(n*1e6)/1e6, 'f', -1, 64), ".", ",", 1)
	case templates.Date:
		if day, err := excelize.ExcelDateToTime(n, s.date1904); err == nil && n >= 1 {
			return fmt.Sprintf("%04d-%02d-%02d", day.Year(), day.Month(), day.Day())
		}
	}
	return shown
}

// trimRows leaves out the empty rows at the end.
func trimRows(rows [][]string) [][]string {
	for len(rows) > 0 && strings.Join(rows[len(rows)-1], "") == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}
