package revocation

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// Every block of the registries is judged as its column “Globally Reachable” says: its first and last address, and,
// where it lies in the open, the addresses next to it.
func TestPublicAddresses(t *testing.T) {
	reachable := strings.Fields(`1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
		169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.0.9 192.0.0.10 192.0.1.0 192.0.3.0
		192.31.196.1 192.52.193.1 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.48.1
		198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
		::ffff:8.8.8.8 2000:: 2001:200:: 2001:1::1 2001:1::2 2001:1::3 2001:3::1 2001:4:112::1 2001:20::1
		2001:30::1 2001:4860:4860::8888 2620:4f:8000::1 2a00:1450::1 3ffe:: 64:ff9b::808:808 2002:808:808::1`)
	unreachable := strings.Fields(`0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1
		127.255.255.255 169.254.0.1 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0
		192.0.0.8 192.0.0.11 192.0.0.170 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.1 192.168.0.0
		192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.0
		254.1.1.1 255.255.255.255 :: ::1 ::7f00:1 ::8.8.8.8 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:0:8.8.8.8
		64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b::c612:1 64:ff9b::1 64:ff9b:1::808:808
		64:ff9b:1:ffff::1 100:: 100:0:0:1::1 1fff::1 2001::1 2001:0:808:808::1 2001:2::1 2001:10::1 2001:1::4
		2001:1ff::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 2002:a9fe:a9fe::1 2002:c0a8:101::1 2002::1
		2002:6440:1::1 3fff::1 3fff:fff:ffff::1 4000:: 5f00::1 fc00::1 fdff::1 fe80::1 fe80::1%eth0 2a00::1%eth0
		fec0::1 ff02::1 ff0e::1`)
	for want, addresses := range map[bool][]string{true: reachable, false: unreachable} {
		for _, text := range addresses {
			if got := public(netip.MustParseAddr(text)); got != want {
				t.Errorf("%s: public = %v", text, got)
			}
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// The client asks before it connects, whatever form the address has.
func TestGuardedClientRefuses(t *testing.T) {
	for _, host := range []string{"0.0.0.0:9", "[::ffff:127.0.0.1]:9", "[64:ff9b::7f00:1]:9", "[2002:7f00:1::1]:9",
		"192.0.0.8:9", "198.18.0.1:9", "240.0.0.1:9"} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := GuardedHTTP(nil).Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "not a public one") {
			t.Errorf("%s: %v", host, err)
		}
	}
}
