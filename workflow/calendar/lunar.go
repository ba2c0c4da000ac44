package calendar

import (
	"math"
	"time"
)

// The Vietnamese lunisolar calendar, from the positions of sun and moon at UTC+7: a month begins on the day of the new
// moon, the winter solstice falls into the eleventh month, and of thirteen months between two solstices the first that
// has no major solar term is a leap month. New moons and the sun's longitude are those of J. Meeus, Astronomical
// Algorithms (2nd ed.), chapters 25 and 49: to the minute, and to a hundredth of a degree, in the years that are
// computed here.

// lunarOffset is the zone by which the calendar is reckoned (Decision 121/CP of 8 August 1967): Tết of 1985 and 2007
// was another day in Vietnam than in China.
const lunarOffset = 7 * time.Hour

const (
	synodicMonth = 29.530588861 // days
	tropicalYear = 365.2422
	julian2000   = 2451545.0 // 2000-01-01 12:00 TT
	julianUnix   = 2440587.5 // 1970-01-01 00:00 UTC
)

// lunarDate is a day of a lunar year's month in civil dates; leap months are never meant. Of months 1 to 10 alone: no
// holiday by law lies in another one.
func lunarDate(year, month, day int) Date {
	first, next := eleventhMonth(year-1), eleventhMonth(year)
	offset := month + 1 // from the eleventh month of the year before
	if next-first == 13 {
		if leap := leapMonth(first); leap <= offset {
			offset++
		}
	}
	return newMoonDay(first + offset).AddDays(day - 1)
}

// eleventhMonth is the new moon with which the month of the winter solstice of a civil year begins.
func eleventhMonth(year int) int {
	solstice := localDay(solsticeOf(year))
	k := int(math.Round((On(year, 12, 21).julian() - julian2000 - 5) / synodicMonth))
	for k++; solstice.Before(newMoonDay(k)); k-- {
	}
	return k
}

// leapMonth is the place, counted from the eleventh month, of the first month without a major solar term.
func leapMonth(first int) int {
	for i := 1; i < 13; i++ {
		if solarTerm(newMoonDay(first+i)) == solarTerm(newMoonDay(first+i+1)) {
			return i
		}
	}
	return 13
}

// solarTerm is the sun's twelfth of its path at the beginning of a day.
func solarTerm(d Date) int {
	return int(sunLongitude(terrestrial(d.julian()-lunarOffset.Hours()/24)) / 30)
}

// julian is the Julian day of the date's midnight, as if in UTC.
func (d Date) julian() float64 { return julianUnix + float64(d.At(0, 0, time.UTC).Unix())/86400 }

// localDay is the civil day, at UTC+7, of a moment in terrestrial time.
func localDay(jde float64) Date {
	utc := jde - deltaT(jde)
	return DateOf(time.Unix(int64(math.Floor((utc-julianUnix)*86400)), 0).Add(lunarOffset), time.UTC)
}

func terrestrial(utc float64) float64 { return utc + deltaT(utc) }

// deltaT is terrestrial less universal time in days, by the polynomials of Espenak and Meeus for 1986–2005, 2005–2050
// and after; before, by their mean course. Seconds of error matter only where a new moon falls upon midnight.
func deltaT(jd float64) float64 {
	t := (jd - julian2000) / tropicalYear
	var seconds float64
	switch {
	case t < -50:
		u := (t + 100) / 100
		seconds = -2.79 + 149.4119*u - 598.939*u*u + 6196.6*u*u*u - 19700*u*u*u*u
		if u > 0.41 {
			seconds = 29.07 + 0.407*(t+50)
		}
	case t < 5:
		seconds = 63.86 + 0.3345*t - 0.060374*t*t + 0.0017275*t*t*t + 0.000651814*t*t*t*t
		if t < -14 {
			seconds = 45.45 + 1.067*(t+25)
		}
	case t < 50:
		seconds = 62.92 + 0.32217*t + 0.005589*t*t
	default:
		u := (t + 180) / 100
		seconds = -20 + 32*u*u - 0.5628*(150-t)
	}
	return seconds / 86400
}

func sine(degrees float64) float64 { return math.Sin(degrees * math.Pi / 180) }

// newMoonDay is the civil day of the k-th new moon since that of 6 January 2000.
func newMoonDay(k int) Date { return localDay(newMoon(float64(k))) }

// newMoon is the moment of a new moon, in terrestrial time (Meeus, chapter 49).
func newMoon(k float64) float64 {
	t := k / 1236.85
	jde := 2451550.09766 + synodicMonth*k + t*t*(0.00015437+t*(-0.000000150+t*0.00000000073))
	e := 1 - t*(0.002516+t*0.0000074)
	m := 2.5534 + 29.10535670*k - t*t*(0.0000014+t*0.00000011)
	n := 201.5643 + 385.81693528*k + t*t*(0.0107582+t*(0.00001238-t*0.000000058))
	f := 160.7108 + 390.67050284*k - t*t*(0.0016118+t*(0.00000227-t*0.000000011))
	o := 124.7746 - 1.56375588*k + t*t*(0.0020672+t*0.00000215)
	jde += -0.40720*sine(n) + 0.17241*e*sine(m) + 0.01608*sine(2*n) + 0.01039*sine(2*f) +
		0.00739*e*sine(n-m) - 0.00514*e*sine(n+m) + 0.00208*e*e*sine(2*m) - 0.00111*sine(n-2*f) -
		0.00057*sine(n+2*f) + 0.00056*e*sine(2*n+m) - 0.00042*sine(3*n) + 0.00042*e*sine(m+2*f) +
		0.00038*e*sine(m-2*f) - 0.00024*e*sine(2*n-m) - 0.00017*sine(o) - 0.00007*sine(n+2*m) +
		0.00004*sine(2*n-2*f) + 0.00004*sine(3*m) + 0.00003*sine(n+m-2*f) + 0.00003*sine(2*n+2*f) -
		0.00003*sine(n+m+2*f) + 0.00003*sine(n-m+2*f) - 0.00002*sine(n-m-2*f) - 0.00002*sine(3*n+m) +
		0.00002*sine(4*n)
	jde += 0.000325 * sine(299.77+0.107408*k-0.009173*t*t)
	for _, p := range planetary {
		jde += p[2] * sine(p[0]+p[1]*k)
	}
	return jde
}

// planetary are the additional corrections of all phases: argument at k = 0, its change with k, days.
var planetary = [][3]float64{
	{251.88, 0.016321, 0.000165}, {251.83, 26.651886, 0.000164},
	{349.42, 36.412478, 0.000126}, {84.66, 18.206239, 0.000110}, {141.74, 53.303771, 0.000062},
	{207.14, 2.453732, 0.000060}, {154.84, 7.306860, 0.000056}, {34.52, 27.261239, 0.000047},
	{207.19, 0.121824, 0.000042}, {291.34, 1.844379, 0.000040}, {161.72, 24.198154, 0.000037},
	{239.56, 25.513099, 0.000035}, {331.55, 3.592518, 0.000023},
}

// sunLongitude is the sun's apparent longitude in degrees, 0 to 360 (Meeus, chapter 25, low accuracy).
func sunLongitude(jde float64) float64 {
	t := (jde - julian2000) / 36525
	m := 357.52911 + t*(35999.05029-t*0.0001537)
	c := (1.914602-t*(0.004817+t*0.000014))*sine(m) + (0.019993-t*0.000101)*sine(2*m) + 0.000289*sine(3*m)
	l := 280.46646 + t*(36000.76983+t*0.0003032) + c - 0.00569 - 0.00478*sine(125.04-1934.136*t)
	return math.Mod(math.Mod(l, 360)+360, 360)
}

// solsticeOf is the moment at which the sun's longitude reaches 270 degrees in a civil year, in terrestrial time.
func solsticeOf(year int) float64 {
	jde := On(year, 12, 21).julian()
	for range 5 {
		jde += math.Remainder(270-sunLongitude(jde), 360) * tropicalYear / 360
	}
	return jde
}
