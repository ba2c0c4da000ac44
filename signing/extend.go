package signing

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"covenant/signing/internal/pdf"
)

// ExtendOptions says how a signed file is raised.
type ExtendOptions struct {
	Level      Level             // BLT, or BLTA; the zero value means BLTA
	TSA        Timestamper       // required for BLTA
	Validation *ValidationSource // nil: the addresses that the certificates name, public ones only
	// Fields limits the work to the signatures in these fields; default all of the file.
	Fields []string
	// Hash of the document time-stamp; default SHA-256.
	Hash   crypto.Hash
	Limits Limits
}

// Extended tells what Extend has added.
type Extended struct {
	Level        Level
	Certificates int // added to the DSS
	OCSPs        int
	CRLs         int
	Timestamp    *Signed // the document time-stamp; nil for BLT
	Size         int64
	Appended     int64
}

// Extend adds to a signed file what its signatures need to be judged offline (B-LT): the certificates of the signers and of
// their time-stamps' authorities up to the roots, and OCSP responses or revocation lists for them, in the document security
// store (EN 319 142-1 §5.4.2); and for B-LTA a document time-stamp over all that (§5.4.3). Done again on a B-LTA file it renews
// it: do so before the newest document time-stamp's certificate ends. Signatures without a time-stamp are refused for want of
// B-T. Data that cannot be had, or that says "revoked before signing", is an error and nothing is written.
func Extend(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, opt ExtendOptions) (*Extended, error) {
	doc := newDocument(in, size, out, opt.Limits)
	done, err := extend(ctx, doc, opt)
	if err != nil {
		return nil, doc.partial(err)
	}
	if err := doc.flush(); err != nil {
		return nil, err
	}
	done.Size, done.Appended = doc.Len(), int64(len(doc.tail))
	return done, nil
}

func extend(ctx context.Context, doc *document, opt ExtendOptions) (*Extended, error) {
	if opt.Level == BB {
		opt.Level = BLTA
	}
	if opt.Level < BLT || opt.Level > BLTA {
		return nil, fmt.Errorf("a signed file is raised to B-LT or B-LTA, not to %s", opt.Level)
	}
	if opt.Level == BLTA {
		if _, err := timestampRoom(ctx, TimestampOptions{TSA: opt.TSA, Hash: hashOr(opt.Hash)}); err != nil {
			return nil, err
		}
	}
	done := &Extended{Level: opt.Level}
	if err := addValidationData(ctx, doc, opt, done); err != nil {
		return nil, err
	}
	var err error
	if opt.Level == BLTA {
		done.Timestamp, err = addTimestamp(ctx, doc, TimestampOptions{TSA: opt.TSA, Hash: opt.Hash})
	}
	return done, err
}

// addValidationData appends the revision with what the document security store lacks, if it lacks anything.
func addValidationData(ctx context.Context, doc *document, opt ExtendOptions, done *Extended) error {
	f, err := doc.open()
	if err != nil {
		return err
	}
	signatures, err := chosen(f, opt.Fields)
	if err != nil {
		return err
	}
	store, err := readDSS(f)
	if err != nil {
		return err
	}
	m := newMaterial(opt.Validation, store)
	m.times(signatures)
	for _, s := range signatures {
		if err := m.addSignature(ctx, s); err != nil {
			return fmt.Errorf("signature field %q: %w", s.Field.Name, err)
		}
	}
	u := pdf.NewUpdate(f)
	if err := store.write(u, done); err != nil || u.Empty() {
		return err
	}
	update, err := u.Bytes()
	if err != nil {
		return err
	}
	doc.append(update)
	return nil
}

func hashOr(h crypto.Hash) crypto.Hash {
	if h == 0 {
		return crypto.SHA256
	}
	return h
}

// chosen lists the signatures to be raised.
func chosen(f *pdf.File, fields []string) ([]pdf.Signature, error) {
	all, err := f.Signatures()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("the file has no signature to be raised")
	}
	if len(fields) == 0 {
		return all, nil
	}
	var out []pdf.Signature
	for _, name := range fields {
		i := slices.IndexFunc(all, func(s pdf.Signature) bool { return s.Field.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("field %q holds no signature", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// dss is the document security store (ISO 32000-2 §12.8.4.3): what the file has, and what is to be added.
type dss struct {
	file   *pdf.File
	ref    pdf.Ref // zero when it lies directly in the catalogue or does not exist
	dict   pdf.Dict
	lists  map[pdf.Name]pdf.Array
	known  map[pdf.Name]map[[32]byte]bool
	values map[pdf.Name][][]byte // what the file has, decoded
	added  map[pdf.Name][][]byte
}

var dssLists = []pdf.Name{"Certs", "OCSPs", "CRLs"}

// maxDSS bounds the decoded bytes read from a file's store.
const maxDSS = 64 << 20

func readDSS(f *pdf.File) (*dss, error) {
	d := &dss{file: f, lists: map[pdf.Name]pdf.Array{}, known: map[pdf.Name]map[[32]byte]bool{}, values: map[pdf.Name][][]byte{}, added: map[pdf.Name][][]byte{}}
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
	d.known[name] = map[[32]byte]bool{}
	list, err := d.file.Array(d.dict.Get(name))
	if err != nil {
		return err
	}
	d.lists[name] = list
	for _, o := range list {
		if o, err = d.file.Resolve(o); err != nil {
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
		d.known[name][sha256.Sum256(data)] = true
		d.values[name] = append(d.values[name], data)
	}
	return nil
}

// add puts a DER object into a list unless it is there.
func (d *dss) add(name pdf.Name, der []byte) {
	sum := sha256.Sum256(der)
	if !d.known[name][sum] {
		d.known[name][sum] = true
		d.added[name] = append(d.added[name], der)
	}
}

// write puts what was added into the update. A store that is complete is not touched.
func (d *dss) write(u *pdf.Update, done *Extended) error {
	done.Certificates, done.OCSPs, done.CRLs = len(d.added["Certs"]), len(d.added["OCSPs"]), len(d.added["CRLs"])
	if done.Certificates+done.OCSPs+done.CRLs == 0 {
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
			s, err := flateStream(nil, der)
			if err != nil {
				return err
			}
			list = append(list, u.Add(s))
		}
		dict = dict.With(name, list)
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
