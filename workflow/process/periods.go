package process

import (
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
	"covenant/workflow/calendar"
)

// Part is a part of the year: Q1 to Q4, H1, H2.
type Part string

// partsOf are the parts of a year by the kind of period; a year has none.
var partsOf = map[PeriodKind][]Part{
	PeriodQuarter: {"Q1", "Q2", "Q3", "Q4"}, PeriodHalf: {"H1", "H2"}, PeriodYear: {""},
}

// The years by which a schedule is judged: in 28 of them each date falls on each weekday, in leap years and others.
const (
	judgedFrom  = 2026
	judgedYears = 28
)

// periods refuses a schedule that leaves a period without the date of its report, or gives it two: of these only one
// would be asked for. Only for processes that are still to be followed.
func (r *processReader) periods(have found, o ObligationRule) {
	parts := partsOf[o.Period]
	if only := have["only"]; only != nil {
		for _, part := range o.Only {
			if !slices.Contains(parts, part) {
				r.bad(only, "kỳ báo cáo “%s” không có phần %q của năm",
					"a period of kind %s has no part %q of the year",
					o.Period, string(part))
				return
			}
		}
		parts = o.Only
	}
	at := have["schedule"]
	if r.zone == nil || at == nil || have["period"] == nil {
		return
	}
	s, err := parseSchedule(o.Schedule)
	if err != nil {
		return // which was said
	}
	if s.zone != nil && s.zone.String() != r.zone.String() {
		r.bad(at, "lịch có múi giờ riêng (%[1]s), nên giờ nhắc sẽ theo múi giờ đó chứ không theo %[2]s; hãy bỏ CRON_TZ",
			"the schedule has a zone of its own (%[1]s), so that the hours of reminders would count there and not in "+
				"%[2]s; "+
				"leave CRON_TZ out", s.zone, r.zone)
	}
	count := map[Period][]string{}
	for _, day := range s.dates(calendar.On(judgedFrom-1, 12, 31), calendar.On(judgedFrom+judgedYears-1, 12, 31)) {
		period := PeriodOf(o.Period, day)
		count[period] = append(count[period], day.Display())
	}
	var without, several, outside []Period
	for year := judgedFrom; year < judgedFrom+judgedYears; year++ {
		for _, part := range partsOf[o.Period] {
			period := PeriodOf(o.Period, calendar.On(year, monthOf(part), 1))
			switch n := len(count[period]); {
			case !slices.Contains(parts, part):
				if n > 0 {
					outside = append(outside, period)
				}
			case n == 0:
				without = append(without, period)
			case n > 1:
				several = append(several, period)
			}
		}
	}
	if len(without) > 0 {
		r.bad(at, "lịch này không có ngày báo cáo cho %[1]s; ngày cuối tháng viết là L, và nếu chỉ báo cáo một số kỳ "+
			"trong "+
			"năm thì nêu ở only (ví dụ only: [%[2]s])",
			"this schedule has no date for the report of %[1]s; the last day of a month is written L, and where only "+
				"some "+
				"periods of the year are reported on, name them in only (for example only: [%[2]s])",
			listed(without), exampleOf(o.Period))
	}
	if len(several) > 0 {
		days := strings.Join(count[several[0]][:2], ", ")
		r.bad(at, "lịch này có nhiều ngày báo cáo cho %[1]s (%[2]s), mà mỗi kỳ chỉ có một hạn; ngày trong tháng và "+
			"thứ trong "+
			"tuần cùng nêu thì lịch chạy theo cả hai",
			"this schedule has several dates for the report of %[1]s (%[2]s), and a period has one deadline; where "+
				"both a day "+
				"of the month and a weekday are named, either counts", listed(several), days)
	}
	if len(outside) > 0 {
		r.bad(at, "lịch này có ngày báo cáo cho %s, kỳ không nêu trong only",
			"this schedule has a date for %s, which is not among only", listed(outside))
	}
}

// monthOf is the first month of a part of the year, or of the year.
func monthOf(part Part) time.Month {
	switch part {
	case "Q2":
		return time.April
	case "Q3", "H2":
		return time.July
	case "Q4":
		return time.October
	}
	return time.January
}

func exampleOf(kind PeriodKind) string {
	if kind == PeriodHalf {
		return "H1"
	}
	return "Q1, Q3"
}

// listed names the first periods of a list.
func listed(periods []Period) words.Text {
	const shown = 3
	return words.Each(func(lang words.Language) string {
		var names []string
		for _, p := range periods[:min(len(periods), shown)] {
			names = append(names, p.Label(lang))
		}
		text := strings.Join(names, ", ")
		if len(periods) > shown {
			text += "…"
		}
		return text
	})
}
