package path

import (
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Inputs are the initial values that concern policies (RFC 5280 §6.1.1 (c), (e) to (g)). They come from whoever asks,
// never from a file. The zero value accepts every path whose certificates do not themselves ask for a policy.
type Inputs struct {
	Policies        []asn1.ObjectIdentifier // user-initial-policy-set; empty: any-policy
	RequireExplicit bool                    // initial-explicit-policy
	InhibitMapping  bool                    // initial-policy-mapping-inhibit
	InhibitAny      bool                    // initial-any-policy-inhibit
}

// anyPolicy is the content of the identifier 2.5.29.32.0 (RFC 5280 §4.2.1.4).
const anyPolicy = "\x55\x1d\x20\x00"

// oidContent is the content of an object identifier in DER.
func oidContent(id asn1.ObjectIdentifier) string {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(id)
	der, err := b.Bytes()
	if err != nil || len(der) < 2 {
		return ""
	}
	return string(der[2:])
}

// policyGraph is the valid_policy_graph of RFC 9618 §5. A policy has at most one node at each depth, with edges to all
// nodes above that expect it, where the tree of RFC 5280 has a node for each way to it. Only the last depth is worked
// on; what leads nowhere further above is left out when the graph is read upwards at the end.
type policyGraph struct {
	last map[string]*policyNode // nodes of the last depth by valid_policy; empty: the graph is NULL
}

type policyNode struct {
	policy   string
	expected []string
	parents  []*policyNode
}

func newPolicyGraph() *policyGraph {
	return &policyGraph{map[string]*policyNode{anyPolicy: {policy: anyPolicy, expected: []string{anyPolicy}}}}
}

func (g *policyGraph) null() bool { return len(g.last) == 0 }

// policies are those of the last depth, in an order that does not change from run to run.
func (g *policyGraph) policies() []string {
	out := make([]string, 0, len(g.last))
	for p := range g.last {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// descend processes the certificate policies extension: RFC 9618 §5.2, steps (d) and (e) of RFC 5280 §6.1.3. With open,
// anyPolicy in the certificate stands for every policy that is expected.
func (g *policyGraph) descend(ext *extensions, open bool, work *Work) {
	if !ext.hasPolicies {
		g.last = nil
	}
	if g.null() {
		return
	}
	expecting := map[string][]*policyNode{}
	for _, p := range g.policies() {
		for _, e := range g.last[p].expected {
			expecting[e] = append(expecting[e], g.last[p])
		}
	}
	next := map[string]*policyNode{}
	add := func(policy string, parents []*policyNode) {
		work.Steps += 1 + len(parents)
		next[policy] = &policyNode{policy: policy, expected: []string{policy}, parents: parents}
	}
	for _, p := range ext.policies {
		if p == anyPolicy {
			continue
		}
		if parents := expecting[p]; len(parents) > 0 {
			add(p, parents)
		} else if above := g.last[anyPolicy]; above != nil {
			add(p, []*policyNode{above})
		}
	}
	if open && slices.Contains(ext.policies, anyPolicy) {
		for p, parents := range expecting {
			if next[p] == nil {
				add(p, parents)
			}
		}
	}
	g.last = next
}

// remap processes policy mappings (RFC 5280 §6.1.4 (b)); allowed: policy_mapping is above 0.
func (g *policyGraph) remap(mappings []mapping, allowed bool, work *Work) {
	to := map[string][]string{}
	for _, m := range mappings {
		to[m.issuer] = append(to[m.issuer], m.subject)
	}
	for from, subjects := range to {
		work.Steps += 1 + len(subjects)
		node := g.last[from]
		switch {
		case !allowed:
			delete(g.last, from)
		case node != nil:
			node.expected = unique(subjects)
		case g.last[anyPolicy] != nil:
			// The node of anyPolicy has one parent, the node of anyPolicy above it.
			g.last[from] = &policyNode{policy: from, expected: unique(subjects), parents: g.last[anyPolicy].parents}
		}
	}
}

func unique(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}

// authority is the authority-constrained-policy-set (RFC 9618 §5.4): the policies of the anchor's domain that the whole
// path is valid for. They are those just below a node of anyPolicy from which the last depth is reached.
func (g *policyGraph) authority(work *Work) (policies map[string]bool) {
	policies = map[string]bool{}
	seen := map[*policyNode]bool{}
	var up func(n *policyNode)
	up = func(n *policyNode) {
		if seen[n] {
			return
		}
		seen[n] = true
		work.Steps += 1 + len(n.parents)
		for _, p := range n.parents {
			if p.policy != anyPolicy {
				up(p)
			} else if n.policy != anyPolicy {
				policies[n.policy] = true
			}
		}
	}
	for _, n := range g.last {
		up(n)
	}
	if g.last[anyPolicy] != nil {
		policies[anyPolicy] = true
	}
	return policies
}

// constrained is the user-constrained-policy-set: of the authority's, those that the user named.
func constrained(authority map[string]bool, wanted []asn1.ObjectIdentifier) (out []string) {
	all := len(wanted) == 0
	for _, w := range wanted {
		p := oidContent(w)
		if all = all || p == anyPolicy; authority[p] || authority[anyPolicy] {
			out = append(out, p)
		}
	}
	if all {
		out = nil
		for p := range authority {
			out = append(out, p)
		}
	}
	return unique(out)
}
