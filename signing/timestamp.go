package signing

import (
	"context"
	"crypto"
	"fmt"
	"io"

	"covenant/internal/pdf"
	"covenant/signing/internal/tsp"
	"covenant/signing/trust"
)

// TimestampOptions says how a document time-stamp is made.
type TimestampOptions struct {
	TSA    Timestamper // required
	Hash   crypto.Hash // default SHA-256
	Field  string      // name of the new field; default the next free "Timestamp1", "Timestamp2", …
	Room   int         // bytes reserved for the token; default what the authority's tokens need
	Limits Limits
}

// AddTimestamp appends a document time-stamp (ISO 32000-2 §12.8.5, EN 319 142-1 §5.4.3): a statement by the authority
// that the file existed as it is. It is allowed whatever earlier signatures permit. Output and errors are as [Sign]'s.
func AddTimestamp(
	ctx context.Context, in io.ReaderAt, size int64, out io.Writer, opt TimestampOptions,
) (*Signed, error) {
	doc, err := newDocument(in, size, out, opt.Limits)
	if err != nil {
		return nil, err
	}
	done, err := addTimestamp(ctx, doc, opt)
	if err != nil {
		return nil, doc.partial(err)
	}
	if err := doc.flush(); err != nil {
		return nil, err
	}
	done.Size, done.Appended = doc.Len(), int64(len(doc.tail))
	return done, nil
}

func addTimestamp(ctx context.Context, doc *document, opt TimestampOptions) (*Signed, error) {
	if opt.Hash == 0 {
		opt.Hash = crypto.SHA256
	}
	room, err := timestampRoom(ctx, opt)
	if err != nil {
		return nil, err
	}
	before := len(doc.tail)
	s, name, err := appendTimestamp(doc, opt.Field, room)
	if err != nil {
		return nil, err
	}
	token, err := stampSlot(ctx, doc, s, opt)
	if err != nil {
		doc.tail = doc.tail[:before]
		return nil, err
	}
	return &Signed{Field: name, Level: BLTA, Time: token.Time, Timestamp: token.Time, ByteRange: s.byteRange(),
		Test: markedToken(token)}, nil
}

// markedToken: a token's certificate calls itself a test.
func markedToken(t *tsp.Token) bool { return t.Certificate != nil && trust.Marked(t.Certificate) }

func stampSlot(ctx context.Context, doc *document, s slot, opt TimestampOptions) (*tsp.Token, error) {
	digest, err := doc.digest(s, opt.Hash)
	if err != nil {
		return nil, err
	}
	token, err := timestamp(ctx, opt.TSA, digest, opt.Hash)
	if err != nil {
		return nil, err
	}
	return token, doc.fill(s, token.Raw)
}

func timestampRoom(ctx context.Context, opt TimestampOptions) (int, error) {
	if opt.Room > 0 {
		if opt.Room > maxContents {
			return 0, &RoomError{Need: opt.Room, Room: maxContents}
		}
		return opt.Room, nil
	}
	room, err := tokenRoom(ctx, opt.TSA, opt.Hash)
	if err == nil && room > maxContents {
		err = &RoomError{Need: room, Room: maxContents}
	}
	return room, err
}

// appendTimestamp appends the update with the document time-stamp dictionary, which has no M (EN 319 142-1 §6.3).
func appendTimestamp(doc *document, name string, room int) (slot, string, error) {
	f, err := doc.open()
	if err != nil {
		return slot{}, "", err
	}
	u := pdf.NewUpdate(f)
	if name == "" {
		form, err := f.Form()
		if err != nil {
			return slot{}, "", err
		}
		for i := 1; name == "" || form.Field(name) != nil; i++ {
			name = fmt.Sprintf("Timestamp%d", i)
		}
	}
	create := &NewField{}
	t, err := findTarget(f, u, name, create)
	if err != nil {
		return slot{}, "", err
	}
	byteRange, contents := placeholders(room)
	ref := u.Add(pdf.Dict{
		{Key: "Type", Value: pdf.Name("DocTimeStamp")},
		{Key: "Filter", Value: pdf.Name("Adobe.PPKLite")},
		{Key: "SubFilter", Value: pdf.SubFilterTimestamp},
		{Key: "ByteRange", Value: byteRange},
		{Key: "Contents", Value: contents},
	})
	if err := t.sign(ref, nil, create, nil); err != nil {
		return slot{}, "", err
	}
	s, err := doc.appendSignature(u, byteRange, contents)
	return s, name, err
}
