package signing

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"covenant/internal/words"
)

// choose pairs keys with their certificates. Of several it takes the one that serial names, or the only one that is
// valid now; where that leaves more than one, or none, it asks. Which one is meant is for whoever hands the file in to
// say: the file itself says no more than what is in it.
func choose(keys []crypto.Signer, certs []*x509.Certificate, serial string, now time.Time) (Identity, error) {
	var all []Identity
	var first error
	for _, key := range keys {
		for _, cert := range certs {
			id := Identity{Signer: key, Certificate: cert, Chain: orderChain(cert, certs)}
			if err := id.check(); err != nil {
				first = cmp.Or(first, err)
				continue
			}
			all = append(all, id)
		}
	}
	if len(all) == 0 {
		return Identity{}, cmp.Or(first, errNoKey)
	}
	slices.SortFunc(all, func(a, b Identity) int { return a.Certificate.NotBefore.Compare(b.Certificate.NotBefore) })
	of := all
	switch {
	case serial != "":
		of = only(all, func(c *x509.Certificate) bool { return sameSerial(serial, c) })
	case len(all) > 1:
		of = only(all, func(c *x509.Certificate) bool { return !now.Before(c.NotBefore) && !now.After(c.NotAfter) })
	}
	if len(of) == 1 {
		return of[0], nil
	}
	return Identity{}, whichKey(all, serial, now)
}

func only(all []Identity, holds func(*x509.Certificate) bool) []Identity {
	return slices.DeleteFunc(slices.Clone(all), func(id Identity) bool { return !holds(id.Certificate) })
}

// Serial is a certificate's serial number as people are shown it, in hexadecimal digits.
func Serial(c *x509.Certificate) string { return fmt.Sprintf("%X", c.SerialNumber) }

// sameSerial compares as people copy: colons, spaces, leading zeros and capitals do not count.
func sameSerial(typed string, c *x509.Certificate) bool {
	typed = strings.NewReplacer(":", "", " ", "").Replace(strings.TrimPrefix(strings.ToUpper(typed), "0X"))
	return strings.TrimLeft(typed, "0") == strings.TrimLeft(Serial(c), "0")
}

// whichKey lists the keys of a file, and says how one of them is chosen.
func whichKey(all []Identity, serial string, now time.Time) error {
	var lines []words.Text
	for _, id := range all {
		c := id.Certificate
		state := words.Of("còn hạn", "valid")
		switch {
		case now.Before(c.NotBefore):
			state = words.Of("chưa đến hạn", "not valid yet")
		case now.After(c.NotAfter):
			state = words.Of("hết hạn", "expired")
		}
		lines = append(lines, words.F("%s – “%s”, từ %s đến %s, %s", "%s – “%s”, from %s to %s, %s", Serial(c), name(c),
			c.NotBefore.Format("02/01/2006"), c.NotAfter.Format("02/01/2006"), state))
	}
	list := words.Join("; ", lines...)
	if serial != "" {
		return keyError(nil, "tệp không có khóa nào với chứng thư số mang số sê-ri “%[1]s”. Hãy chọn một trong: %[2]s.",
			"no key of the file has a certificate with the serial number “%[1]s”. Choose one of: %[2]s.", serial, list)
	}
	return keyError(nil, "tệp có %[1]d khóa, chưa rõ dùng khóa nào: %[2]s. Hãy chọn bằng số sê-ri: --certificate SỐ "+
		"(hoặc trường certificate).",
		"the file holds %[1]d keys, and it is not clear which one is meant: %[2]s. Choose one by its serial number: "+
			"--certificate SERIAL (or the field certificate).", len(all), list)
}
