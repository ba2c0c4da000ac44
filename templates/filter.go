package templates

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"covenant/internal/words"
)

// filterFunc turns a value into text. lang is "vi" or "en".
type filterFunc func(v *value, arg string, lang words.Language) string

// filters by name, Vietnamese and English. A filter that follows another gets
// the text that the other made.
var filters = map[string]filterFunc{
	"hoa": upper, "upper": upper,
	"thường": lower, "lower": lower,
	"đầu_câu": capital, "capital": capital,
	"ngày": day, "date": day,
	"ngày_chữ": longDay, "long_date": longDay,
	"số": plainNumber, "number": plainNumber,
	"hai_số": padded, "two_digits": padded,
	"bằng_chữ": inWords, "in_words": inWords,
	"tiền": money, "money": money,
	"thứ_tự": ordinal, "ordinal": ordinal,
	"la_mã": roman, "roman": roman,
	"tổng": sum, "sum": sum,
	"số_lượng": count, "count": count,
	"nối": join, "join": join,
	"mặc_định": fallback, "default": fallback,
	"phần_trăm": percent, "percent": percent,
}

func upper(v *value, _ string, lang words.Language) string { return strings.ToUpper(v.plain(lang)) }
func lower(v *value, _ string, lang words.Language) string { return strings.ToLower(v.plain(lang)) }

func capital(v *value, _ string, lang words.Language) string {
	r := []rune(v.plain(lang))
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

func day(v *value, _ string, lang words.Language) string {
	if v.typ == Date {
		return shortDate(v.day)
	}
	return v.plain(lang)
}

var months = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December"}

// longDay writes “ngày 26 tháng 3 năm 2021”: days below 10 and months 1 and 2
// with a leading zero (Decree 30/2020/NĐ-CP, Appendix I).
func longDay(v *value, _ string, lang words.Language) string {
	if v.typ != Date {
		return v.plain(lang)
	}
	return longDate(v.day, lang)
}

func longDate(d Day, lang words.Language) string {
	switch {
	case d.IsZero() && lang == words.English:
		return "… … …"
	case d.IsZero():
		return "ngày … tháng … năm …"
	case lang == words.English:
		return fmt.Sprintf("%d %s %d", d.Date, months[d.Month-1], d.Year)
	}
	month := fmt.Sprint(d.Month)
	if d.Month <= 2 {
		month = "0" + month
	}
	return fmt.Sprintf("ngày %s tháng %s năm %d", twoDigits(d.Date), month, d.Year)
}

func plainNumber(v *value, _ string, lang words.Language) string {
	if v.num != nil {
		return formatNumber(v.num, lang)
	}
	return v.plain(lang)
}

func padded(v *value, _ string, lang words.Language) string {
	if v.num != nil && v.num.IsInt() && v.num.Num().IsInt64() {
		return twoDigits(int(v.num.Num().Int64()))
	}
	return v.plain(lang)
}

func inWords(v *value, _ string, lang words.Language) string {
	switch {
	case v.typ == Date && lang != words.English && !v.day.IsZero():
		return "ngày " + dayWords(v.day.Date) + " tháng " + monthWords(v.day.Month) + " năm " +
			numberWords(big.NewRat(int64(v.day.Year), 1), lang)
	case v.num != nil && v.typ == Money && lang != words.English:
		return numberWords(v.num, lang) + " đồng"
	case v.num != nil && v.typ == Money:
		return numberWords(v.num, lang) + " dong"
	case v.num != nil:
		return numberWords(v.num, lang)
	}
	return v.plain(lang)
}

func dayWords(n int) string {
	s := numberWords(big.NewRat(int64(n), 1), words.Vietnamese)
	if n <= 10 {
		return "mùng " + s
	}
	return s
}

func monthWords(n int) string {
	if n == 4 {
		return "tư"
	}
	return numberWords(big.NewRat(int64(n), 1), words.Vietnamese)
}

func money(v *value, arg string, lang words.Language) string {
	unit := arg
	if unit == "" {
		unit = "đồng"
		if lang == words.English {
			unit = "VND"
		}
	}
	return plainNumber(v, "", lang) + "\u00A0" + unit
}

func ordinal(v *value, _ string, lang words.Language) string {
	if v.num == nil || !v.num.IsInt() {
		return v.plain(lang)
	}
	n := v.num.Num().Int64()
	if lang == words.English {
		suffix := "th"
		if n%100 < 11 || n%100 > 13 {
			switch n % 10 {
			case 1:
				suffix = "st"
			case 2:
				suffix = "nd"
			case 3:
				suffix = "rd"
			}
		}
		return fmt.Sprint(n, suffix)
	}
	switch n {
	case 1:
		return "thứ nhất"
	case 4:
		return "thứ tư"
	}
	return "thứ " + numberWords(v.num, lang)
}

func roman(v *value, _ string, lang words.Language) string {
	if v.num == nil || !v.num.IsInt() || !v.num.Num().IsInt64() {
		return v.plain(lang)
	}
	return romanNumeral(int(v.num.Num().Int64()))
}

func romanNumeral(n int) string {
	if n < 1 || n > 3999 {
		return fmt.Sprint(n)
	}
	var b strings.Builder
	for _, r := range []struct {
		n int
		s string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"},
		{9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= r.n; n -= r.n {
			b.WriteString(r.s)
		}
	}
	return b.String()
}

func sum(v *value, arg string, lang words.Language) string { return formatNumber(total(v, arg), lang) }

func count(v *value, _ string, lang words.Language) string { return fmt.Sprint(len(v.items)) }

func join(v *value, arg string, lang words.Language) string {
	if arg == "" {
		arg = ", "
	}
	parts := make([]string, len(v.items))
	for i, it := range v.items {
		parts[i] = it.plain(lang)
	}
	return strings.Join(parts, arg)
}

func fallback(v *value, arg string, lang words.Language) string {
	if s := v.plain(lang); s != "" {
		return s
	}
	return arg
}

func percent(v *value, _ string, lang words.Language) string { return plainNumber(v, "", lang) + "%" }

// filterTypes are the types that a filter can make something of; a filter that is not here takes all. Table stands for
// lists too.
var filterTypes = map[string][]Type{
	"ngày": {Date}, "date": {Date}, "ngày_chữ": {Date}, "long_date": {Date},
	"số": {Number, Money, Year}, "number": {Number, Money, Year}, "hai_số": {Number, Year},
	"two_digits": {Number, Year},
	"bằng_chữ":   {Number, Money, Date, Year}, "in_words": {Number, Money, Date, Year}, "tiền": {Number, Money},
	"money":  {Number, Money},
	"thứ_tự": {Number, Year}, "ordinal": {Number, Year}, "la_mã": {Number, Year}, "roman": {Number, Year},
	"phần_trăm": {Number}, "percent": {Number},
	"tổng": {Table}, "sum": {Table}, "số_lượng": {Table}, "count": {Table}, "nối": {Table}, "join": {Table},
}
