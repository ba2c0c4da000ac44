package revocation

import "net/netip"

// reach says what of a block of addresses leads to the public Internet.
type reach int

const (
	nowhere   reach = iota // not globally reachable
	global                 // globally reachable
	embedded4              // as the IPv4 address in its last 32 bits is
	embedded6              // as the IPv4 address in bits 16 to 47 is
)

// special are the blocks of the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190) with their
// column “Globally Reachable”, and multicast, which has registries of its own. The most specific block counts. Of
// addresses that carry an IPv4 address, the gateway decides where they lead, so that address is judged.
var special = blocks(
	// IPv4
	block{"0.0.0.0/8", nowhere, "this network, RFC 791"}, block{"10.0.0.0/8", nowhere, "private use, RFC 1918"},
	block{"100.64.0.0/10", nowhere, "shared address space, RFC 6598"},
	block{"127.0.0.0/8", nowhere, "loopback, RFC 1122"}, block{"169.254.0.0/16", nowhere, "link local, RFC 3927"},
	block{"172.16.0.0/12", nowhere, "private use, RFC 1918"},
	block{"192.0.0.0/24", nowhere, "IETF protocol assignments, RFC 6890"},
	block{"192.0.0.9/32", global, "PCP anycast, RFC 7723"}, block{"192.0.0.10/32", global, "TURN anycast, RFC 8155"},
	block{"192.0.2.0/24", nowhere, "documentation, RFC 5737"}, block{"192.31.196.0/24", global, "AS112, RFC 7535"},
	block{"192.52.193.0/24", global, "AMT, RFC 7450"}, block{"192.88.99.0/24", nowhere, "6to4 relay, RFC 7526"},
	block{"192.168.0.0/16", nowhere, "private use, RFC 1918"}, block{"192.175.48.0/24", global, "AS112, RFC 7534"},
	block{"198.18.0.0/15", nowhere, "benchmarking, RFC 2544"},
	block{"198.51.100.0/24", nowhere, "documentation, RFC 5737"},
	block{"203.0.113.0/24", nowhere, "documentation, RFC 5737"}, block{"224.0.0.0/4", nowhere, "multicast, RFC 5771"},
	block{"240.0.0.0/4", nowhere, "reserved and limited broadcast, RFC 1112"},
	// IPv6: global unicast is 2000::/3 (RFC 4291); all else is reserved, local or multicast, unless it says otherwise
	block{"::/0", nowhere, "not global unicast, RFC 4291"}, block{"2000::/3", global, "global unicast, RFC 4291"},
	block{"64:ff9b::/96", embedded4, "NAT64, RFC 6052"},
	block{"64:ff9b:1::/48", nowhere, "NAT64 of local use, RFC 8215"},
	block{"2001::/23", nowhere, "IETF protocol assignments and Teredo, RFC 2928, RFC 4380"},
	block{"2001:1::1/128", global, "PCP anycast, RFC 7723"}, block{"2001:1::2/128", global, "TURN anycast, RFC 8155"},
	block{"2001:1::3/128", global, "DNS-SD anycast, RFC 9665"}, block{"2001:3::/32", global, "AMT, RFC 7450"},
	block{"2001:4:112::/48", global, "AS112, RFC 7535"}, block{"2001:20::/28", global, "ORCHIDv2, RFC 7343"},
	block{"2001:30::/28", global, "drone identification, RFC 9374"},
	block{"2001:db8::/32", nowhere, "documentation, RFC 3849"}, block{"2002::/16", embedded6, "6to4, RFC 3056"},
	block{"2620:4f:8000::/48", global, "AS112, RFC 7534"}, block{"3fff::/20", nowhere, "documentation, RFC 9637"},
)

type block struct {
	prefix string
	reach  reach
	name   string
}

type parsedBlock struct {
	netip.Prefix
	reach reach
}

func blocks(all ...block) (out []parsedBlock) {
	for _, b := range all {
		out = append(out, parsedBlock{netip.MustParsePrefix(b.prefix), b.reach})
	}
	return out
}

// public reports whether an address leads to the public Internet. One that is bound to an interface does not.
func public(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	best := parsedBlock{reach: nowhere}
	if ip.Is4() {
		best.reach = global
	}
	found := -1
	for _, b := range special {
		if b.Contains(ip) && b.Bits() > found {
			best, found = b, b.Bits()
		}
	}
	switch raw := ip.As16(); best.reach {
	case global:
		return ip.IsValid()
	case embedded4:
		return public(netip.AddrFrom4([4]byte(raw[12:])))
	case embedded6:
		return public(netip.AddrFrom4([4]byte(raw[2:6])))
	}
	return false
}
