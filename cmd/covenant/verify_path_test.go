package main

import "testing"

func TestParseOID(t *testing.T) {
	for text, good := range map[string]bool{"1.2.3": true, "2.5.29.32.0": true, "2.999.1": true, "0.39": true,
		"": false, "1": false, "1.": false, ".1": false, "1..2": false, "3.1": false, "1.40": false, "1.02": false,
		"1.-2": false, "1.+2": false, "1.2.99999999999": false, "1,2": false} {
		if id, ok := parseOID(text); ok != good || ok && id.String() != text {
			t.Errorf("%q: %v, %v", text, id, ok)
		}
	}
}
