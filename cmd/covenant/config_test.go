package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What an operator got wrong about trust, time and address stops the program at once, with what to do in both
// languages.
func TestConfigurationOfTrustAndTime(t *testing.T) {
	for name, c := range map[string]struct {
		config config
		want   string
	}{
		"no file":        {config{Trust: filepath.Join(t.TempDir(), "none.pem")}, "none.pem"},
		"no scheme":      {config{TSA: "tsa.example/tsr"}, "tsa.example/tsr"},
		"a host's name":  {config{TSA: "http://a.example tsa.example:318"}, "tsa.example:318"},
		"another scheme": {config{TSA: "ftp://tsa.example"}, "ftp://tsa.example"},
		"no host":        {config{TSA: "http:///tsr"}, "http:///tsr"},
		"good":           {config{TSA: "http://a.example/tsr https://b.example"}, ""},
		"pages under a path": {config{PublicURL: "https://tangiang.example/giao-uoc/"},
			"https://tangiang.example/giao-uoc/"},
		"pages at no address": {config{PublicURL: "tangiang.example"}, "tangiang.example"},
		"pages with a question": {config{PublicURL: "https://tangiang.example/?a=1"},
			"https://tangiang.example/?a=1"},
		"pages on a host":                {config{PublicURL: "https://tangiang.example"}, ""},
		"pages on a host, with a stroke": {config{PublicURL: "https://tangiang.example:8443/"}, ""},
		"nothing":                        {config{}, ""},
	} {
		err := c.config.checkOutside()
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		text := speaker(err)
		if !strings.Contains(text.Vietnamese, c.want) || !strings.Contains(text.English, c.want) ||
			!strings.Contains(text.Vietnamese, "hãy") && !strings.Contains(text.Vietnamese, "Hãy") {
			t.Errorf("%s: %q, %q", name, text.Vietnamese, text.English)
		}
	}
}
