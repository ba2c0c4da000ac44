package pdf

import (
	"bytes"
	"compress/zlib"
	"testing"

	"pgregory.net/rapid"
)

// encodeRow is the inverse of pngFilter (PNG §9.2).
func encodeRow(tag byte, row, prior []byte, step int) []byte {
	out := []byte{tag}
	for i, v := range row {
		var left, upLeft byte
		if i >= step {
			left, upLeft = row[i-step], prior[i-step]
		}
		switch tag {
		case 1:
			v -= left
		case 2:
			v -= prior[i]
		case 3:
			v -= byte((int(left) + int(prior[i])) / 2)
		case 4:
			v -= paeth(left, prior[i], upLeft)
		}
		out = append(out, v)
	}
	return out
}

func TestPredictorsAreUndone(t *testing.T) {
	f := mustOpen(t, minimal())
	rapid.Check(t, func(r *rapid.T) {
		colors, columns := rapid.IntRange(1, 4).Draw(r, "colors"), rapid.IntRange(1, 9).Draw(r, "columns")
		tiff := rapid.Bool().Draw(r, "tiff")
		var plain, coded []byte
		prior := make([]byte, colors*columns)
		for range rapid.IntRange(1, 8).Draw(r, "rows") {
			row := rapid.SliceOfN(rapid.Byte(), colors*columns, colors*columns).Draw(r, "row")
			plain = append(plain, row...)
			if tiff {
				diff := bytes.Clone(row)
				for i := len(diff) - 1; i >= colors; i-- {
					diff[i] -= diff[i-colors]
				}
				coded = append(coded, diff...)
			} else {
				coded = append(coded, encodeRow(rapid.ByteRange(0, 4).Draw(r, "filter"), row, prior, colors)...)
			}
			prior = row
		}
		predictor := Integer(15)
		if tiff {
			predictor = 2
		}
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(coded)
		w.Close()
		s := &Stream{Data: z.Bytes(), Dict: Dict{{"Filter", Name("FlateDecode")}, {"DecodeParms", Dict{
			{"Predictor", predictor}, {"Colors", Integer(colors)}, {"Columns", Integer(columns)}}}}}
		got, err := f.Decode(s, 1<<20)
		if err != nil || !bytes.Equal(got, plain) {
			r.Fatalf("%x, %v", got, err)
		}
	})
}

func TestDeletedObjectsAreGone(t *testing.T) {
	data := minimal()
	f := mustOpen(t, data)
	u := NewUpdate(f)
	added := u.Add(Integer(7))
	u.Delete(Ref{3, 0})
	more, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f = mustOpen(t, append(data, more...))
	if o, err := f.Get(Ref{3, 0}); err != nil || o != (Null{}) {
		t.Errorf("deleted object: %v, %v", o, err)
	}
	if o, err := f.Get(added); err != nil || o != Integer(7) {
		t.Errorf("added object: %v, %v", o, err)
	}
	if o, err := f.AsOf(0).Get(Ref{3, 0}); err != nil || o == (Null{}) {
		t.Errorf("before: %v, %v", o, err)
	}
}

func TestDuplicateKeys(t *testing.T) {
	many := Dict{}
	for i := range 40 {
		many = append(many, Entry{Name(rune('a' + i)), Null{}})
	}
	if many.Duplicate() != "" || append(many, Entry{"a", Null{}}).Duplicate() != "a" {
		t.Error("of many")
	}
	few := Dict{{"A", Integer(1)}, {"B", Null{}}, {"A", Integer(2)}}
	if few.Duplicate() != "A" || few.Get("A") != Integer(2) || few.Without("A").Duplicate() != "" {
		t.Error("of few")
	}
}
