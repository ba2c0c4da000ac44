package signing

import (
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"slices"

	"covenant/internal/pdf"
)

// dss is the document security store (ISO 32000-2 §12.8.4.3): what the file has, and what is to be added.
type dss struct {
	file   *pdf.File
	ref    pdf.Ref // zero when it lies directly in the catalogue or does not exist
	dict   pdf.Dict
	lists  map[pdf.Name]pdf.Array
	values map[pdf.Name][][]byte // what the file has, decoded
	added  map[pdf.Name][][]byte
	refs   map[item]pdf.Object // where each object is; nil until it is written
	vri    []vri
}

// item is a DER object of one of the store's lists, by its SHA-256.
type item struct {
	list pdf.Name
	sum  [32]byte
}

// vri is the data that one signature needs.
type vri struct {
	contents pdf.String
	items    []item
}

var dssLists = []pdf.Name{"Certs", "OCSPs", "CRLs"}

// maxDSS bounds the decoded bytes read from a file's store.
const maxDSS = 64 << 20

func readDSS(f *pdf.File) (*dss, error) {
	d := &dss{file: f, lists: map[pdf.Name]pdf.Array{}, values: map[pdf.Name][][]byte{}, added: map[pdf.Name][][]byte{},
		refs: map[item]pdf.Object{}}
	_, catalog, err := f.Catalog()
	if err != nil {
		return nil, err
	}
	d.ref, _ = catalog.Get("DSS").(pdf.Ref)
	if d.dict, err = f.Dict(catalog.Get("DSS")); err != nil {
		return nil, fmt.Errorf("document security store: %w", err)
	}
	left := int64(maxDSS)
	for _, name := range dssLists {
		if err := d.readList(name, &left); err != nil {
			return nil, fmt.Errorf("document security store: %s: %w", name, err)
		}
	}
	return d, nil
}

func (d *dss) readList(name pdf.Name, left *int64) error {
	list, err := d.file.Array(d.dict.Get(name))
	if err != nil {
		return err
	}
	d.lists[name] = list
	for _, entry := range list {
		o, err := d.file.Resolve(entry)
		if err != nil {
			return err
		}
		s, ok := o.(*pdf.Stream)
		if !ok {
			continue
		}
		data, err := d.file.Decode(s, *left)
		if err != nil {
			return err
		}
		*left -= int64(len(data))
		d.refs[item{name, sha256.Sum256(data)}] = entry
		d.values[name] = append(d.values[name], data)
	}
	return nil
}

// add puts a DER object into a list unless it is there.
func (d *dss) add(name pdf.Name, der []byte) {
	it := item{name, sha256.Sum256(der)}
	if _, ok := d.refs[it]; !ok {
		d.refs[it] = nil
		d.added[name] = append(d.added[name], der)
	}
}

// write puts what was added into the update. A store that is complete is not touched.
func (d *dss) write(u *pdf.Update, done *Extended) error {
	done.Certificates, done.OCSPs, done.CRLs = len(d.added["Certs"]), len(d.added["OCSPs"]), len(d.added["CRLs"])
	if done.Certificates+done.OCSPs+done.CRLs+len(d.vri) == 0 {
		return nil
	}
	dict := d.dict
	if dict == nil {
		dict = pdf.Dict{{Key: "Type", Value: pdf.Name("DSS")}}
	}
	for _, name := range dssLists {
		if len(d.added[name]) == 0 {
			continue
		}
		list := slices.Clone(d.lists[name])
		for _, der := range d.added[name] {
			ref := u.Add(pdf.Flate(nil, der))
			d.refs[item{name, sha256.Sum256(der)}] = ref
			list = append(list, ref)
		}
		dict = dict.With(name, list)
	}
	dict, err := d.writeVRI(u, dict)
	if err != nil {
		return err
	}
	if d.ref != (pdf.Ref{}) {
		u.Set(d.ref, dict)
		return nil
	}
	root, catalog, err := d.file.Catalog()
	if err != nil {
		return err
	}
	u.Set(root, catalog.With("DSS", u.Add(dict)))
	return nil
}

// writeVRI adds an entry for each signature under the SHA-1 of its Contents, padding included, in capital hexadecimal
// digits. The hash is a name here, not a protection.
func (d *dss) writeVRI(u *pdf.Update, dict pdf.Dict) (pdf.Dict, error) {
	if len(d.vri) == 0 {
		return dict, nil
	}
	all, err := d.file.Dict(dict.Get("VRI"))
	if err != nil {
		return nil, fmt.Errorf("document security store: VRI: %w", err)
	}
	singular := map[pdf.Name]pdf.Name{"Certs": "Cert", "OCSPs": "OCSP", "CRLs": "CRL"}
	for _, v := range d.vri {
		key := pdf.Name(fmt.Sprintf("%X", sha1.Sum([]byte(v.contents.Bytes))))
		if all.Has(key) {
			continue // entries once written stay as they are
		}
		entry := pdf.Dict{{Key: "Type", Value: pdf.Name("VRI")}}
		for _, list := range dssLists {
			var refs pdf.Array
			for _, it := range v.items {
				if ref := d.refs[it]; it.list == list && !slices.Contains(refs, ref) {
					refs = append(refs, ref)
				}
			}
			if refs != nil {
				entry = entry.With(singular[list], refs)
			}
		}
		all = all.With(key, u.Add(entry))
	}
	if ref, ok := dict.Get("VRI").(pdf.Ref); ok {
		u.Set(ref, all)
		return dict, nil
	}
	return dict.With("VRI", all), nil
}
