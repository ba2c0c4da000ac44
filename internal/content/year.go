package content

import "covenant/internal/words"

// Span is how many years before and after the present one somebody may mean without being asked.
type Span struct{ Back, Ahead int }

// The spans. What lies outside is asked about, never refused: a covenant for the year after next, the year in which an
// agency was founded.
var (
	// OfYears is that of a year alone, which is nearly always that of a covenant, a plan or a result.
	OfYears = Span{Back: 20, Ahead: 1}
	// OfDays is that of a date in a document: of a decision, a conference, a birth.
	OfDays = Span{Back: 80, Ahead: 1}
	// OfCovenants is that of the year for which a covenant is drafted.
	OfCovenants = Span{Back: 5, Ahead: 1}
	// OfNumbers is that of the year in whose book a number is kept or entered.
	OfNumbers = Span{Back: 20, Ahead: 1}
)

// Holds reports whether a year lies within the span around the present year; it does where that is not known (0).
func (s Span) Holds(year, present int) bool {
	return present == 0 || year >= present-s.Back && year <= present+s.Ahead
}

// ShortYear reports whether a year was written with fewer than four digits, which is never meant.
func ShortYear(year int) bool { return year >= 0 && year < 1000 }

// ShortYearWords say so.
func ShortYearWords(year int) words.Text {
	return words.F("năm %02d thiếu chữ số: hãy viết đủ bốn chữ số, ví dụ %d",
		"the year %02d lacks digits: write all four, for example %d", year, 2000+year%100)
}

// FarWords ask whether a year is meant that lies outside its span.
func FarWords(year, present int) words.Text {
	return words.F("năm %d cách xa hiện tại (%d); hãy kiểm tra lại", "the year %d is far from the present one (%d); "+
		"look at it again", year, present)
}

// MeanWords say how a question is answered with yes: the key goes into --mean on the command line, or into the field
// “mean” of a command.
func MeanWords(question words.Text, key string) words.Text {
	return words.F("%[1]s. Nếu đúng là như vậy, thêm --mean %[2]s (hoặc trường mean=%[2]s)",
		"%[1]s. If it is what you mean, add --mean %[2]s (or the field mean=%[2]s)", question, key)
}
