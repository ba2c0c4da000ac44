package workflow

// factsOf are what conditions of a process may speak of: how each is counted. A test compares them with those that the
// process definition knows.
var factsOf = map[string]func(*Covenant) int{
	"members":       func(c *Covenant) int { return len(c.Members()) },
	"parties":       func(c *Covenant) int { return len(c.Parties) },
	"witnesses":     func(c *Covenant) int { return len(c.Parties) - len(c.Members()) },
	"year":          func(c *Covenant) int { return c.Year },
	"revision":      func(c *Covenant) int { r, _ := c.Revision(); return r.Number },
	"comments":      func(c *Covenant) int { return len(c.Threads) },
	"open_comments": func(c *Covenant) int { return len(c.OpenThreads()) },
	"failed_motions": func(c *Covenant) int {
		n := 0
		for _, m := range c.Motions {
			if m.Result != nil && !m.Result.Passed {
				n++
			}
		}
		return n
	},
}

// fact is a number that conditions speak of.
func (c *Covenant) fact(name string) int { return factsOf[name](c) }
