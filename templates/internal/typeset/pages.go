package typeset

// pager fills pages with chunks.
type pager struct {
	geometry, upright Geometry
	result            *Result
	queue             []chunk // of the page being filled
	y                 float64 // height used by queue
	fresh             bool    // nothing has been queued on this page
	keep              bool    // the last element stays with the next
	first             int     // index in queue of the page's first chunk that is no repeated header
}

func (p *pager) start() {
	p.result.Pages = append(p.result.Pages, Page{Width: p.geometry.Width, Height: p.geometry.Height})
	p.queue = p.queue[:0]
	p.y, p.first = 0, 0
	p.fresh = true
}

func (p *pager) room() float64 { return p.geometry.Height - p.geometry.Top - p.geometry.Bottom }

// add queues c; when the page is full it is emitted up to the last place where
// it may end and the rest goes over.
func (p *pager) add(c chunk) {
	space := c.space
	if p.fresh {
		space = 0
	}
	if p.y+space+c.height > p.room()+0.01 && len(p.queue) > 0 {
		p.turn(c)
		return
	}
	p.push(c, space)
}

func (p *pager) push(c chunk, space float64) {
	c.space = space
	p.queue = append(p.queue, c)
	p.y += space + c.height
	p.fresh = false
}

// turn ends the page before the last breakable chunk among those queued and next.
func (p *pager) turn(next chunk) {
	all := append(append([]chunk(nil), p.queue...), next)
	cut := len(all) - 1
	for cut > p.first && !all[cut].breakable {
		cut--
	}
	if cut <= p.first { // nothing behind the first chunk allows a break: end where the page is full
		cut = len(all) - 1
	}
	rest := all[cut:]
	p.emit(all[:cut], rest[0].closing)
	p.start()
	if h := rest[0].header; h != nil && h.height+rest[0].height <= p.room() {
		p.push(*h, 0)
		p.first = 1
	}
	p.push(rest[0], 0) // even where it is taller than the page
	for _, c := range rest[1:] {
		p.add(c)
	}
}

func (p *pager) emit(chunks []chunk, closing []Mark) {
	n := len(p.result.Pages) - 1
	page := &p.result.Pages[n]
	y := p.geometry.Top
	for i := range chunks {
		c := &chunks[i]
		y += c.space
		for _, a := range c.anchors {
			a.Page, a.Y = n, a.Y+y
			p.result.Anchors = append(p.result.Anchors, a)
		}
		for _, b := range c.baselines {
			page.Lines = append(page.Lines, b+y)
		}
		page.Marks = appendAt(page.Marks, c.marks, p.geometry.Left, y)
		y += c.height
	}
	page.Marks = appendAt(page.Marks, closing, p.geometry.Left, y)
}

func appendAt(to, marks []Mark, dx, dy float64) []Mark {
	for _, m := range marks {
		m.X += dx
		m.Y += dy
		to = append(to, m)
	}
	return to
}

func (p *pager) pageBreak(b *PageBreak) {
	if len(p.queue) > 0 {
		p.emit(p.queue, nil)
	}
	empty := p.fresh && len(p.result.Pages) > 0 && len(p.queue) == 0
	if b.Turn {
		p.geometry = p.upright
		if b.Landscape {
			p.geometry = p.upright.turned()
		}
	}
	if empty {
		p.result.Pages = p.result.Pages[:len(p.result.Pages)-1]
	}
	p.start()
}

func (p *pager) finish() {
	if len(p.queue) > 0 {
		p.emit(p.queue, nil)
		p.queue = nil
	}
	if n := len(p.result.Pages); n > 1 && len(p.result.Pages[n-1].Marks) == 0 {
		p.result.Pages = p.result.Pages[:n-1]
	}
}
