package path

import (
	"crypto/x509"
	"fmt"
)

// state is the state of RFC 5280 §6.1.2 while a path is walked from the anchor down.
type state struct {
	graph     *policyGraph
	explicit  int // explicit_policy
	mapping   int // policy_mapping
	inhibit   int // inhibit_anyPolicy
	depth     int // max_path_length
	permitted [][]generalName
	excluded  []generalName
	work      *Work
	limit     int // of work.Steps
}

// newState is initialization (§6.1.2) for n certificates below the anchor. What the anchor's own certificate says of
// the length of paths and of names confines them as well (RFC 5937 §3.2): it is part of what was trusted.
func newState(n int, anchor *Certificate, in Inputs, work *Work, limit int) *state {
	count := func(zero bool) int {
		if zero {
			return 0
		}
		return n + 1
	}
	s := &state{graph: newPolicyGraph(), explicit: count(in.RequireExplicit), mapping: count(in.InhibitMapping),
		inhibit: count(in.InhibitAny), depth: n, work: work, limit: limit}
	if anchor.ext.ca && anchor.ext.pathLen >= 0 {
		s.depth = min(s.depth, anchor.ext.pathLen)
	}
	s.constrain(&anchor.ext)
	return s
}

// validate is RFC 5280 §6.1 for the certificates of a path, its end first, below an anchor. Signatures were verified
// when the path was found, names compared then, too; periods and revocation are judged by the caller.
func validate(certs []*Certificate, anchor *Certificate, in Inputs, work *Work, limit int) (policies []string,
	err error) {
	s := newState(len(certs), anchor, in, work, limit)
	for i := len(certs) - 1; i >= 0; i-- {
		c, last := certs[i], i == 0
		if err := s.process(c, last); err != nil {
			return nil, err
		}
		if last {
			break
		}
		if err := s.prepare(c); err != nil {
			return nil, err
		}
	}
	return s.wrapUp(certs[0], in)
}

// process is basic processing (§6.1.3 (b) to (f)).
func (s *state) process(c *Certificate, last bool) error {
	s.work.Steps++
	if c.problem != nil {
		return c.problem
	}
	if last || !c.SelfIssued() {
		if err := s.checkNames(c); err != nil {
			return err
		}
	}
	s.graph.descend(&c.ext, s.inhibit > 0 || !last && c.SelfIssued(), s.work)
	if s.work.Steps > s.limit {
		return fail(TooMany, c, "its names or policies take more work than %d steps", s.limit)
	}
	if s.explicit == 0 && s.graph.null() {
		return fail(Policies, c, "a policy is asked for and none is left")
	}
	return nil
}

// prepare is the preparation for the certificate below c (§6.1.4).
func (s *state) prepare(c *Certificate) error {
	for _, m := range c.ext.mappings {
		if m.issuer == anyPolicy || m.subject == anyPolicy {
			return fail(Policies, c, "it maps anyPolicy")
		}
	}
	s.graph.remap(c.ext.mappings, s.mapping > 0, s.work)
	s.constrain(&c.ext)
	if !c.SelfIssued() {
		s.explicit, s.mapping, s.inhibit = max(s.explicit-1, 0), max(s.mapping-1, 0), max(s.inhibit-1, 0)
	}
	lower(&s.explicit, c.ext.requireExplicit)
	lower(&s.mapping, c.ext.inhibitMapping)
	lower(&s.inhibit, c.ext.inhibitAny)
	if err := checkAuthority(c); err != nil {
		return err
	}
	if !c.SelfIssued() {
		if s.depth == 0 {
			return fail(Constraint, c, "there are more authorities on the path than one of them permits")
		}
		s.depth--
	}
	lower(&s.depth, c.ext.pathLen)
	return nil
}

// lower takes a limit over that is set and smaller.
func lower(n *int, to int) {
	if to >= 0 && to < *n {
		*n = to
	}
}

// checkAuthority: c may issue certificates (§6.1.4 (k), (n)).
func checkAuthority(c *Certificate) error {
	switch {
	case c.X.Version != 3 || !c.ext.basic:
		return fail(Constraint, c, "it has issued another, and does not say that it is an authority's")
	case !c.ext.ca:
		return fail(Constraint, c, "it has issued another, and is no authority's")
	case c.ext.hasUsage && c.ext.usage&x509.KeyUsageCertSign == 0:
		return fail(Constraint, c, "it has issued another, and its key is not for that")
	}
	return nil
}

// wrapUp is §6.1.5, with the policies of RFC 9618 §5.4.
func (s *state) wrapUp(c *Certificate, in Inputs) ([]string, error) {
	s.explicit = max(s.explicit-1, 0)
	if c.ext.requireExplicit == 0 {
		s.explicit = 0
	}
	policies := constrained(s.graph.authority(s.work), in.Policies)
	if s.explicit == 0 && len(policies) == 0 {
		return nil, fail(Policies, c,
			"a policy is asked for, and the path is valid for none of those that are accepted")
	}
	return policies, nil
}

// constrain takes name constraints over (§6.1.4 (g)): permitted subtrees by intersection, excluded ones by union.
func (s *state) constrain(ext *extensions) {
	if len(ext.permitted) > 0 {
		s.permitted = append(s.permitted, ext.permitted)
	}
	s.excluded = append(s.excluded, ext.excluded...)
}

// checkNames holds every name of c against the constraints (§6.1.3 (b), (c)).
func (s *state) checkNames(c *Certificate) error {
	if len(s.permitted) == 0 && len(s.excluded) == 0 {
		return nil
	}
	names := c.ext.alt
	if !c.Subject.Empty() {
		names = append(names[:len(names):len(names)], generalName{form: formDirectory, name: c.Subject})
	}
	if !c.ext.hasAlt {
		for _, address := range c.Subject.emails { // §4.2.1.10: the older place of addresses
			names = append(names[:len(names):len(names)], generalName{form: formEmail, text: address})
		}
	}
	for _, g := range names {
		if why := s.checkName(g); why != "" {
			code := Names
			if s.work.Steps > s.limit {
				code = TooMany
			}
			return fail(code, c, "%s", why)
		}
	}
	return nil
}

// checkName says what speaks against one name; "" for nothing.
func (s *state) checkName(g generalName) string {
	in, touched, why := s.anyOf(g, s.excluded)
	switch {
	case why != "":
		return why
	case touched && in:
		return fmt.Sprintf("its %s is among the excluded ones", g.form)
	}
	for _, set := range s.permitted {
		in, touched, why := s.anyOf(g, set)
		switch {
		case why != "":
			return why
		case touched && !in:
			return fmt.Sprintf("its %s is not among the permitted ones", g.form)
		}
	}
	return ""
}

// anyOf reports whether g is in one of the subtrees, and whether there are any of its form.
func (s *state) anyOf(g generalName, bases []generalName) (in, touched bool, why string) {
	for _, base := range bases {
		if s.work.Steps++; s.work.Steps > s.limit {
			return false, true, fmt.Sprintf("its names take more work than %d steps to compare", s.limit)
		}
		if base.form != g.form {
			continue
		}
		touched = true
		if !g.form.supported() {
			return false, true, fmt.Sprintf("names of the form %q are constrained, which is not supported", g.form)
		}
		is, ok := g.within(base)
		if !ok {
			return false, true, fmt.Sprintf("its %s is malformed, and such names are constrained", g.form)
		}
		if is {
			return true, true, ""
		}
	}
	return in, touched, ""
}
