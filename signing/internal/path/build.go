package path

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// Anchors say what is trusted.
type Anchors interface {
	// Trusted reports whether a certificate is an anchor itself.
	Trusted(c *Certificate) bool
	// Above are anchors with the name of c's issuer, whose keys need not have signed c. Times are those of
	// [Builder.Find]: anchors whose period has none of them may be left out. It may verify a few signatures by keys of
	// anchors.
	Above(c *Certificate, times []time.Time) []*x509.Certificate
}

// Limits bound what one [Builder.Find] may cost. The zero value of each field means its default.
type Limits struct {
	Depth      int // certificates of a path, the anchor among them; default 20
	Candidates int // issuers tried, of all certificates together; default 5,000
	// verifications by their keys, reckoned in those by RSA of 2048 bits; default 200. Those by anchors come on top.
	Signatures int
	Steps      int // everything else: parts of paths, comparisons of names, nodes of policies; default 50,000
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, def int) {
		if *n <= 0 {
			*n = def
		}
	}
	set(&l.Depth, 20)
	set(&l.Candidates, 5000)
	set(&l.Signatures, 200)
	set(&l.Steps, 50_000)
	return l
}

// Work is what a [Builder.Find] has cost, in the units of [Limits].
type Work struct{ Candidates, Signatures, Steps int }

// Path is a valid path.
type Path struct {
	Certificates []*x509.Certificate // the one that was asked for first, the anchor last; one, if it is an anchor
	Policies     []string            // user-constrained-policy-set: contents of object identifiers in DER, sorted
	rank         int                 // the index of the time at which all is in its period
}

// Builder finds paths through a set of certificates. What it has found out about a certificate and its issuers it
// remembers. It is not for concurrent use.
type Builder struct {
	anchors   Anchors
	limits    Limits
	nodes     map[[sha256.Size]byte]*node
	bySubject map[string][]*node // those that may stand between; key: Name.Key

	work *Work // of the Find that is running
}

// node is a certificate and who signed it.
type node struct {
	*Certificate
	subjectKey, issuerKey string
	tried                 int // of bySubject[issuerKey]
	issuers               []*node
	asked                 bool // whether it is an anchor
	trusted               bool
	rooted                bool              // there is an anchor among its issuers
	refused               *Error            // why the likeliest issuer is none
	verified              map[string]*Error // what came of the signature on it, by the DER of public keys
	distance              int               // certificates to an anchor, itself among them; 0: not known
}

// NewBuilder returns a Builder without certificates.
func NewBuilder(anchors Anchors, limits Limits) *Builder {
	return &Builder{anchors: anchors, limits: limits.withDefaults(), nodes: map[[sha256.Size]byte]*node{},
		bySubject: map[string][]*node{}}
}

// Add makes a certificate available as an issuer. One that cannot be read is left out.
func (b *Builder) Add(x *x509.Certificate) {
	if n := b.node(x); n != nil && !slices.Contains(b.bySubject[n.subjectKey], n) {
		b.bySubject[n.subjectKey] = append(b.bySubject[n.subjectKey], n)
	}
}

func (b *Builder) node(x *x509.Certificate) *node {
	sum := sha256.Sum256(x.Raw)
	n := b.nodes[sum]
	if n == nil {
		c := Of(x)
		if c == nil {
			return nil
		}
		n = &node{Certificate: c, subjectKey: c.Subject.Key(), issuerKey: c.Issuer.Key()}
		b.nodes[sum] = n
	}
	return n
}

// Named are the certificates with a subject, by [Name.Key], in the order in which they were added.
func (b *Builder) Named(key string) (out []*Certificate) {
	for _, n := range b.bySubject[key] {
		out = append(out, n.Certificate)
	}
	return out
}

// Top are the certificates above x, or x itself, whose issuers are not there: what is to be fetched.
func (b *Builder) Top(x *x509.Certificate) (out []*x509.Certificate) {
	seen := map[*node]bool{}
	queue := []*node{b.node(x)}
	for len(queue) > 0 && queue[0] != nil && len(seen) < b.limits.Depth {
		n := queue[0]
		queue = queue[1:]
		if seen[n] {
			continue
		}
		seen[n] = true
		if len(n.issuers) == 0 && !n.trusted {
			out = append(out, n.X)
		}
		queue = append(queue, n.issuers...)
	}
	return out
}

// Find looks for valid paths from x to anchors, and tells what that cost; of very many it finds the shortest. Those
// come first whose certificates are all in their period at the first of the times, then at the second and so on, and
// among them the shortest. One whose anchor is out of its period at all times is none. The error is an [*Error]: that
// of the shortest path, or where none leads to an anchor, why the likeliest issuer is none.
func (b *Builder) Find(x *x509.Certificate, in Inputs, times []time.Time) ([]*Path, Work, error) {
	b.work = &Work{}
	leaf := b.node(x)
	if leaf == nil {
		return nil, *b.work, &Error{Code: Malformed, Certificate: x, Detail: "it cannot be read"}
	}
	reached := b.explore(leaf, times)
	switch {
	case leaf.distance == 0 && b.spent():
		return nil, *b.work, fail(TooMany, leaf.Certificate,
			"there are more certificates with the names of issuers above "+
				"it than are tried")
	case leaf.distance == 0:
		return nil, *b.work, untrusted(leaf, reached)
	case leaf.distance > b.limits.Depth:
		return nil, *b.work, fail(TooMany, leaf.Certificate,
			"the path to a trusted authority has %d certificates, and no "+
				"more than %d are followed", leaf.distance, b.limits.Depth)
	}
	s := &search{b: b, in: in, times: times}
	s.run(leaf)
	slices.SortStableFunc(s.found, func(p, q *Path) int { return p.rank - q.rank })
	return s.found, *b.work, s.failure(leaf)
}

// untrusted says why no anchor was reached. A key or algorithm on the way that is not relied on tells more than that
// nothing was found. A signature that does not hold does not: anybody can give a certificate the name of the issuer.
func untrusted(leaf *node, reached []*node) *Error {
	for _, n := range reached {
		if n.refused != nil && len(n.issuers) == 0 && (n.refused.Code == BadKey || n.refused.Code == Weak) {
			return n.refused
		}
	}
	return fail(Untrusted, leaf.Certificate, "no path leads from it to a trusted authority")
}

// explore finds the issuers of all certificates above leaf, level by level, and how far each is from an anchor. Where
// the limits end that, what was found until then is used.
func (b *Builder) explore(leaf *node, times []time.Time) (reached []*node) {
	seen := map[*node]bool{leaf: true}
	children := map[*node][]*node{}
	var near []*node // anchors, then what is one certificate further away, …
	reached = []*node{leaf}
	for i := 0; i < len(reached); i++ {
		n := reached[i]
		n.distance = 0
		if b.expand(n, times); n.trusted {
			n.distance = 1
			near = append(near, n)
		}
		for _, up := range n.issuers {
			children[up] = append(children[up], n)
			if !seen[up] {
				seen[up] = true
				reached = append(reached, up)
			}
		}
	}
	for i := 0; i < len(near); i++ {
		for _, down := range children[near[i]] {
			if down.distance == 0 && !down.trusted {
				down.distance = near[i].distance + 1
				near = append(near, down)
			}
		}
	}
	return reached
}

// spent: the limits leave no issuer to be tried.
func (b *Builder) spent() bool {
	return b.work.Candidates >= b.limits.Candidates || b.work.Signatures >= b.limits.Signatures
}

// expand finds who signed n.
func (b *Builder) expand(n *node, times []time.Time) {
	if !n.asked {
		n.asked, n.trusted = true, b.anchors.Trusted(n.Certificate)
	}
	if n.trusted && n.SelfIssued() {
		return // above other anchors there may be more, and who asks may rely on those alone
	}
	b.root(n, times)
	candidates := b.bySubject[n.issuerKey]
	fresh := slices.Clone(candidates[min(n.tried, len(candidates)):])
	slices.SortStableFunc(fresh, func(x, y *node) int { return hint(n, y) - hint(n, x) })
	for _, up := range fresh {
		if b.spent() {
			return // what is fresh stays so: another Find has its own limits
		}
		b.work.Candidates++
		b.try(n, up, &b.work.Signatures)
	}
	n.tried = len(candidates)
}

// root finds the anchors that signed n, until there are any.
func (b *Builder) root(n *node, times []time.Time) {
	if n.rooted {
		return
	}
	for _, x := range b.anchors.Above(n.Certificate, times) {
		if up := b.node(x); up != nil {
			up.asked, up.trusted = true, true
			b.try(n, up, new(int))
			n.rooted = n.rooted || slices.Contains(n.issuers, up)
		}
	}
}

// hint is 1 where key identifiers speak for issuer, -1 where they speak against it (RFC 5280 §4.2.1.1: a hint).
func hint(n, issuer *node) int {
	want, has := n.ext.authorityID, issuer.ext.keyID
	switch {
	case len(want) == 0 || len(has) == 0:
		return 0
	case bytes.Equal(want, has):
		return 1
	}
	return -1
}

// try adds up to n's issuers if its key signed n. A key is tried once, whatever certificates it is in.
func (b *Builder) try(n, up *node, cost *int) {
	if up == n || slices.Contains(n.issuers, up) {
		return
	}
	key := string(up.X.RawSubjectPublicKeyInfo)
	err, known := n.verified[key]
	if !known {
		*cost += up.verifyCost()
		err = n.signedBy(up.Certificate)
		if n.verified == nil {
			n.verified = map[string]*Error{}
		}
		n.verified[key] = err
	}
	if err == nil {
		n.issuers = append(n.issuers, up)
	} else if n.refused == nil {
		n.refused = err
	}
}

// search goes through the paths from a certificate to anchors, the shortest first.
type search struct {
	b     *Builder
	in    Inputs
	times []time.Time
	found []*Path
	first *Error // of the first path that was tried
	over  bool   // the limit of steps
}

// maxFound is how many valid paths are found; certificates that are renewed give two or three.
const maxFound = 16

func (s *search) run(leaf *node) {
	for length := leaf.distance; length <= s.b.limits.Depth && !s.done(); length++ {
		s.walk([]*node{leaf}, length)
	}
}

func (s *search) done() bool {
	s.over = s.over || s.b.work.Steps > s.b.limits.Steps
	return s.over || len(s.found) >= maxFound
}

// walk tries every path of exactly length certificates that begins as way does.
func (s *search) walk(way []*node, length int) {
	if s.done() {
		return
	}
	n := way[len(way)-1]
	s.b.work.Steps++
	if n.trusted && len(way) == length {
		s.judge(way)
		return
	}
	for _, up := range n.issuers {
		if up.distance > 0 && len(way)+up.distance <= length && !repeats(way, up) {
			s.walk(append(way[:len(way):len(way)], up), length)
		}
	}
}

// repeats: a certificate with the name and key of one that is on the way already leads nowhere new (RFC 4158 §2.4.2).
func repeats(way []*node, up *node) bool {
	return slices.ContainsFunc(way, func(n *node) bool {
		return n.subjectKey == up.subjectKey && bytes.Equal(n.X.RawSubjectPublicKeyInfo, up.X.RawSubjectPublicKeyInfo)
	})
}

// judge validates one path and keeps it if it is valid.
func (s *search) judge(way []*node) {
	certs := make([]*Certificate, len(way))
	for i, n := range way {
		certs[i] = n.Certificate
	}
	anchor := certs[len(certs)-1]
	rank := slices.IndexFunc(s.times, func(t time.Time) bool { return allAt(certs, t) })
	var policies []string
	err := s.anchorPeriod(anchor)
	if err == nil && len(certs) > 1 && anchor.X.Version == 3 {
		err = checkAuthority(anchor) // who trusts a person's certificate does not trust whom that person certifies
	}
	if err == nil && len(certs) > 1 {
		policies, err = validate(certs[:len(certs)-1], anchor, s.in, s.b.work, s.b.limits.Steps)
	}
	if err != nil {
		var e *Error
		if errors.As(err, &e) && s.first == nil {
			s.first = e
		}
		return
	}
	if rank < 0 {
		rank = len(s.times)
	}
	found := &Path{Policies: policies, rank: rank}
	for _, c := range certs {
		found.Certificates = append(found.Certificates, c.X)
	}
	s.found = append(s.found, found)
}

// anchorPeriod: an anchor that was over before, or began after, all the times vouches for nothing at them.
func (s *search) anchorPeriod(anchor *Certificate) error {
	if len(s.times) > 0 && !slices.ContainsFunc(s.times, func(t time.Time) bool { return in(anchor, t) }) {
		return fail(Period, anchor, "the authority is trusted from %s to %s only",
			anchor.X.NotBefore.Format(time.DateOnly),
			anchor.X.NotAfter.Format(time.DateOnly))
	}
	return nil
}

func in(c *Certificate, t time.Time) bool { return !t.Before(c.X.NotBefore) && !t.After(c.X.NotAfter) }

func allAt(certs []*Certificate, t time.Time) bool {
	return !slices.ContainsFunc(certs, func(c *Certificate) bool { return !in(c, t) })
}

func (s *search) failure(leaf *node) error {
	switch {
	case len(s.found) > 0:
		return nil
	case s.over && s.first != nil:
		return fail(TooMany, leaf.Certificate, "there are more ways from it to a trusted authority than are tried; "+
			"the first one fails: %v", s.first)
	case s.over:
		return fail(TooMany, leaf.Certificate, "there are more ways from it to a trusted authority than are tried")
	case s.first != nil:
		return s.first
	}
	return fail(Untrusted, leaf.Certificate, "no path leads from it to a trusted authority")
}
