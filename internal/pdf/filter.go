package pdf

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"fmt"
	"io"
)

// Raw gives a stream's bytes as they are, still encoded.
func (s *Stream) Raw() *io.SectionReader {
	if s.src == nil {
		return io.NewSectionReader(bytes.NewReader(s.Data), 0, int64(len(s.Data)))
	}
	return io.NewSectionReader(s.src, s.Offset, s.Length)
}

// Decode undoes a stream's filters (§7.4). A result of more than limit bytes, or an intermediate one of
// more than twice that, is an error; so is a
// filter that makes samples rather than bytes (DCT, JPX, JBIG2, CCITT) or deciphers.
func (f *File) Decode(s *Stream, limit int64) ([]byte, error) {
	names, parms, err := f.filters(s.Dict)
	if err != nil {
		return nil, err
	}
	if len(names) > 8 {
		return nil, malformed(s.Offset, "a stream with %d filters", len(names))
	}
	var r io.Reader = s.Raw()
	if s.crypt != nil {
		if r, err = s.crypt.reader(s, names, limit); err != nil {
			return nil, err
		}
	}
	if err := f.Work().Scan(s.Length); err != nil {
		return nil, err
	}
	var steps []*counted
	for i, name := range names {
		if r, err = decoder(name, r, parms[i]); err != nil {
			return nil, err
		}
		step := &counted{r: r, work: f.Work(), left: 2*limit + maxWindow, at: s.Offset}
		r, steps = step, append(steps, step)
		if p := parms[i]; p != nil && (name == "FlateDecode" || name == "LZWDecode" || name == "Fl" || name == "LZW") {
			if r, err = unpredict(r, p); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	if s.src != nil && len(names) > 0 {
		out.Grow(int(min(limit, 4*s.Length, 1<<20)))
	}
	n, err := out.ReadFrom(io.LimitReader(r, limit+1))
	if n > limit {
		return nil, malformed(s.Offset, "a stream of more than %d bytes once decoded", limit)
	}
	for _, step := range steps {
		if step.err != nil {
			return nil, step.err
		}
	}
	if err != nil && n == 0 {
		return nil, fmt.Errorf("%w: at byte %d: stream: %w", ErrMalformed, s.Offset, err)
	}
	return out.Bytes(), nil
}

// filters returns the names and parameters (nil where absent) of a stream's filters.
func (f *File) filters(d Dict) ([]Name, []Dict, error) {
	filter, err := f.Resolve(d.Get("Filter"))
	if err != nil {
		return nil, nil, err
	}
	parm, err := f.Resolve(d.Get("DecodeParms"))
	if err != nil {
		return nil, nil, err
	}
	switch v := filter.(type) {
	case nil, Null:
		return nil, nil, nil
	case Name:
		filter, parm = Array{v}, Array{parm}
	}
	list, ok := filter.(Array)
	if !ok {
		return nil, nil, fmt.Errorf("%w: a Filter that is neither a name nor an array", ErrMalformed)
	}
	parmList, _ := parm.(Array)
	var names []Name
	var parms []Dict
	for i, o := range list {
		o, err := f.Resolve(o)
		if err != nil {
			return nil, nil, err
		}
		name, ok := o.(Name)
		if !ok {
			return nil, nil, fmt.Errorf("%w: a filter that is not a name", ErrMalformed)
		}
		var p Dict
		if i < len(parmList) {
			if p, err = f.Dict(parmList[i]); err != nil {
				return nil, nil, err
			}
		}
		names, parms = append(names, name), append(parms, p)
	}
	return names, parms, nil
}

func decoder(name Name, r io.Reader, parms Dict) (io.Reader, error) {
	switch name {
	case "FlateDecode", "Fl":
		var head [2]byte // the zlib header; a wrong checksum at the end is of no interest
		switch _, err := io.ReadFull(r, head[:]); {
		case err == io.EOF: // qpdf and others write nothing at all for no data
			return r, nil
		case err != nil:
			return nil, fmt.Errorf("%w: a Flate stream of one byte", ErrMalformed)
		}
		return flate.NewReader(r), nil
	case "Crypt":
		return r, nil
	case "ASCIIHexDecode", "AHx":
		return &hexReader{r: r}, nil
	case "ASCII85Decode", "A85":
		return ascii85.NewDecoder(&untilTilde{r: r}), nil
	case "RunLengthDecode", "RL":
		return &runLengthReader{r: r}, nil
	case "LZWDecode", "LZW":
		return newLZW(r, parms.Get("EarlyChange") != Integer(0)), nil
	}
	return nil, fmt.Errorf("%w: filter %q is not supported here", ErrMalformed, string(name))
}

// hexReader undoes ASCIIHexDecode (§7.4.2).
type hexReader struct {
	r    io.Reader
	done bool
}

func (h *hexReader) Read(out []byte) (int, error) {
	if h.done || len(out) == 0 {
		return 0, io.EOF
	}
	var hi byte
	half := false
	var one [1]byte
	for n := 0; ; {
		if _, err := io.ReadFull(h.r, one[:]); err != nil || one[0] == '>' {
			h.done = true
			if half {
				out[n] = hi
				n++
			}
			return n, nil
		}
		v, ok := unhex(one[0])
		if !ok {
			continue
		}
		if !half {
			hi, half = v<<4, true
			continue
		}
		out[n], half = hi|v, false
		if n++; n == len(out) {
			return n, nil
		}
	}
}

// untilTilde ends at the ~> of ASCII85 (§7.4.3).
type untilTilde struct {
	r    io.Reader
	done bool
}

func (u *untilTilde) Read(out []byte) (int, error) {
	if u.done {
		return 0, io.EOF
	}
	n, err := u.r.Read(out)
	if i := bytes.IndexByte(out[:n], '~'); i >= 0 {
		u.done = true
		return i, io.EOF
	}
	return n, err
}

// runLengthReader undoes RunLengthDecode (§7.4.5).
type runLengthReader struct {
	r       io.Reader
	pending []byte
	done    bool
}

func (l *runLengthReader) Read(out []byte) (int, error) {
	for len(l.pending) == 0 {
		if l.done {
			return 0, io.EOF
		}
		var head [1]byte
		if _, err := io.ReadFull(l.r, head[:]); err != nil || head[0] == 128 {
			l.done = true
			continue
		}
		n := int(head[0])
		if n < 128 {
			l.pending = make([]byte, n+1)
			m, _ := io.ReadFull(l.r, l.pending)
			l.pending = l.pending[:m]
			continue
		}
		var v [1]byte
		if _, err := io.ReadFull(l.r, v[:]); err != nil {
			l.done = true
			continue
		}
		l.pending = bytes.Repeat(v[:], 257-n)
	}
	n := copy(out, l.pending)
	l.pending = l.pending[n:]
	return n, nil
}

// unpredict undoes the PNG and TIFF predictors of 8-bit samples (§7.4.4.4).
func unpredict(r io.Reader, p Dict) (io.Reader, error) {
	get := func(key Name, def int) int {
		if v, ok := p.Get(key).(Integer); ok {
			return int(max(-1, min(v, 1<<20)))
		}
		return def
	}
	predictor, colors, bits, columns := get("Predictor", 1), get("Colors", 1), get("BitsPerComponent", 8),
		get("Columns", 1)
	if predictor == 1 {
		return r, nil
	}
	if colors < 1 || colors > 32 || bits < 1 || bits > 16 || columns < 1 || (predictor == 2 && bits != 8) {
		return nil, fmt.Errorf("%w: a predictor that cannot be undone", ErrMalformed)
	}
	row := (colors*bits*columns + 7) / 8
	return &predictorReader{r: r, tiff: predictor == 2, step: (colors*bits + 7) / 8, row: make([]byte, row+1),
		prior: make([]byte, row)}, nil
}

type predictorReader struct {
	r       io.Reader
	tiff    bool
	step    int
	row     []byte // tag byte and samples
	prior   []byte
	pending []byte
	err     error
}

func (p *predictorReader) Read(out []byte) (int, error) {
	if len(p.pending) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		p.nextRow()
		if len(p.pending) == 0 {
			return 0, p.err
		}
	}
	n := copy(out, p.pending)
	p.pending = p.pending[n:]
	return n, nil
}

func (p *predictorReader) nextRow() {
	buf := p.row
	if p.tiff {
		buf = p.row[1:]
	}
	n, err := io.ReadFull(p.r, buf)
	if err != nil {
		p.err = io.EOF
		if n == 0 || n == 1 && !p.tiff { // a tag alone is no row
			return
		}
		clear(buf[n:])
	}
	samples := p.row[1:]
	if p.tiff {
		for i := p.step; i < len(samples); i++ {
			samples[i] += samples[i-p.step]
		}
	} else {
		pngFilter(p.row[0], samples, p.prior, p.step)
	}
	copy(p.prior, samples)
	p.pending = p.prior
}

// pngFilter undoes one row's filter (PNG §9.2).
func pngFilter(tag byte, row, prior []byte, step int) {
	for i := range row {
		var left, upLeft byte
		if i >= step {
			left, upLeft = row[i-step], prior[i-step]
		}
		switch tag {
		case 1:
			row[i] += left
		case 2:
			row[i] += prior[i]
		case 3:
			row[i] += byte((int(left) + int(prior[i])) / 2)
		case 4:
			row[i] += paeth(left, prior[i], upLeft)
		}
	}
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
