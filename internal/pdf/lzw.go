package pdf

import "io"

// lzwReader undoes LZWDecode (§7.4.4.2).
type lzwReader struct {
	r       io.Reader
	bits    uint32
	n       uint
	prefix  [4096]uint16
	suffix  [4096]byte
	length  [4096]uint16
	next    int
	early   int // codes get longer one code early
	prev    int
	pending []byte
	done    bool
}

const (
	lzwClear = 256
	lzwEnd   = 257
)

func newLZW(r io.Reader, early bool) *lzwReader {
	l := &lzwReader{r: r, next: 258, prev: -1}
	if early {
		l.early = 1
	}
	for i := range 256 {
		l.suffix[i], l.length[i] = byte(i), 1
	}
	return l
}

func (l *lzwReader) Read(out []byte) (int, error) {
	for len(l.pending) == 0 {
		if l.done {
			return 0, io.EOF
		}
		l.step()
	}
	n := copy(out, l.pending)
	l.pending = l.pending[n:]
	return n, nil
}

func (l *lzwReader) code() int {
	width := uint(9)
	for _, limit := range []int{512, 1024, 2048} {
		if l.next+l.early >= limit {
			width++
		}
	}
	for l.n < width {
		var b [1]byte
		if _, err := io.ReadFull(l.r, b[:]); err != nil {
			return lzwEnd
		}
		l.bits, l.n = l.bits<<8|uint32(b[0]), l.n+8
	}
	l.n -= width
	return int(l.bits>>l.n) & (1<<width - 1)
}

func (l *lzwReader) step() {
	code := l.code()
	switch {
	case code == lzwEnd || code > l.next || (code == l.next && l.prev < 0):
		l.done = true
		return
	case code == lzwClear:
		l.next, l.prev = 258, -1
		return
	}
	if l.prev >= 0 && l.next < 4096 {
		first := code
		if code == l.next {
			first = l.prev
		}
		l.prefix[l.next], l.suffix[l.next], l.length[l.next] = uint16(l.prev), l.first(first), l.length[l.prev]+1
		l.next++
	}
	l.pending = make([]byte, l.length[code])
	for i, c := len(l.pending)-1, code; i >= 0; i-- {
		l.pending[i] = l.suffix[c]
		c = int(l.prefix[c])
	}
	l.prev = code
}

func (l *lzwReader) first(code int) byte {
	for l.length[code] > 1 {
		code = int(l.prefix[code])
	}
	return l.suffix[code]
}
