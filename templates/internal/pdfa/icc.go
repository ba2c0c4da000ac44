package pdfa

import (
	"encoding/binary"
	"math"
	"sync"

	"covenant/internal/pdf"
)

// sRGB is a small ICC profile of the colour space IEC 61966-2-1 (ICC.1:2001-04,
// version 2, display device, matrix and tone curves), computed once.
var sRGB = sync.OnceValue(func() []byte {
	curve := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), 256)
	for i := range 256 {
		v := float64(i) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		curve = binary.BigEndian.AppendUint16(curve, uint16(v*65535+0.5))
	}
	desc := "sRGB IEC61966-2.1"
	description := append([]byte("desc\x00\x00\x00\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(desc)+1))...)
	description = append(description, desc...)
	description = append(description, make([]byte, 1+4+4+2+1+67)...)
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", description},
		{"cprt", []byte("text\x00\x00\x00\x00Public domain\x00")},
		{"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.4361, 0.2225, 0.0139)},
		{"gXYZ", xyz(0.3851, 0.7169, 0.0971)},
		{"bXYZ", xyz(0.1431, 0.0606, 0.7141)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	base := 128 + 4 + 12*len(tags)
	at := map[string]int{}
	for _, t := range tags {
		key := t.name
		if len(key) == 4 && key[1:] == "TRC" {
			key = "TRC" // the three share one curve
		}
		if _, ok := at[key]; !ok {
			at[key] = base + len(body)
			body = append(body, t.data...)
			for len(body)%4 != 0 {
				body = append(body, 0)
			}
		}
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(at[key]))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
	}
	head := make([]byte, 128)
	binary.BigEndian.PutUint32(head, uint32(base+len(body)))
	binary.BigEndian.PutUint32(head[8:], 0x02100000)
	copy(head[12:], "mntrRGB XYZ ")
	for i, v := range []uint16{2020, 1, 1, 0, 0, 0} {
		binary.BigEndian.PutUint16(head[24+2*i:], v)
	}
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	return append(append(head, table...), body...)
})

// deflatedProfile is the profile compressed, once a process.
var deflatedProfile = sync.OnceValue(func() []byte { return pdf.Deflate(sRGB()) })

func xyz(x, y, z float64) []byte {
	b := []byte("XYZ \x00\x00\x00\x00")
	for _, v := range []float64{x, y, z} {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}
