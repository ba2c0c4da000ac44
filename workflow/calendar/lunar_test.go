package calendar

import "testing"

// The first day of Tết and the tenth of the third month, as printed calendars of Vietnam have them; 1968, 1985 and 2007
// were other days in China.
func TestLunarDates(t *testing.T) {
	for text, tet := range map[string]string{
		"1954": "02-03", "1968": "01-29", "1975": "02-11", "1976": "01-31", "1984": "02-02", "1985": "01-21",
		"1986": "02-09", "1990": "01-27", "1995": "01-31", "1999": "02-16", "2000": "02-05", "2001": "01-24",
		"2002": "02-12", "2003": "02-01", "2004": "01-22", "2005": "02-09", "2006": "01-29", "2007": "02-17",
		"2008": "02-07", "2009": "01-26", "2010": "02-14", "2011": "02-03", "2012": "01-23", "2013": "02-10",
		"2014": "01-31", "2015": "02-19", "2016": "02-08", "2017": "01-28", "2018": "02-16", "2019": "02-05",
		"2020": "01-25", "2021": "02-12", "2022": "02-01", "2023": "01-22", "2024": "02-10", "2025": "01-29",
		"2026": "02-17", "2027": "02-06", "2028": "01-26", "2029": "02-13", "2030": "02-02", "2031": "01-23",
		"2032": "02-11", "2033": "01-31", "2034": "02-19", "2035": "02-08",
	} {
		want := date(t, text+"-"+tet)
		if got := lunarDate(want.Year, 1, 1); got != want {
			t.Errorf("Tết of %s is %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"2019-04-14", "2020-04-02", "2021-04-21", "2022-04-10", "2023-04-29", "2024-04-18",
		"2025-04-07", "2026-04-26", "2027-04-16"} {
		want := date(t, text)
		if got := lunarDate(want.Year, 3, 10); got != want {
			t.Errorf("Giỗ Tổ of %d is %s, want %s", want.Year, got, want)
		}
	}
}

// In every year that can be computed the months follow one another in 29 or 30 days, and Tết lies where it can.
func TestLunarYears(t *testing.T) {
	for year := firstComputed; year <= lastComputed; year++ {
		tet := lunarDate(year, 1, 1)
		if tet.Before(On(year, 1, 20)) || On(year, 2, 22).Before(tet) {
			t.Errorf("Tết of %d is %s", year, tet)
		}
		for month := 1; month < 10; month++ {
			length := lunarDate(year, month, 1).DaysUntil(lunarDate(year, month+1, 1))
			if length != 29 && length != 30 && length != 58 && length != 59 && length != 60 { // a leap month between
				t.Errorf("month %d of %d has %d days", month, year, length)
			}
		}
	}
}
