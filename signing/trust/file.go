package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
)

// form names the form of the file; another one gets another number, and this one stays readable.
const form = "covenant-trust/1"

// fileJSON is a store as it is written.
type fileJSON struct {
	Form  string      `json:"form"`
	Roots []EntryJSON `json:"roots"`
}

// EntryJSON is an entry as a store has it, and as it is listed.
type EntryJSON struct {
	SHA256      string    `json:"sha256"`
	Kind        Kind      `json:"kind"`
	Purposes    []Purpose `json:"purposes"`
	Source      string    `json:"source"`
	Since       Day       `json:"since,omitempty"`
	Until       Day       `json:"until,omitempty"`
	Added       Day       `json:"added,omitempty"`
	Certificate string    `json:"certificate"` // PEM
}

// JSON is the entry as data.
func (e *Entry) JSON() EntryJSON {
	return EntryJSON{SHA256: e.SHA256().String(), Kind: e.Kind, Purposes: e.Purposes, Source: e.Source,
		Since: e.Since, Until: e.Until, Added: e.Added,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: e.Certificate.Raw}))}
}

// Encode writes the store in the one form that there is: the same roots give the same bytes.
func (s *Store) Encode() ([]byte, error) {
	file := fileJSON{Form: form, Roots: make([]EntryJSON, len(s.entries))}
	for i := range s.entries {
		file.Roots[i] = s.entries[i].JSON()
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	err := out.Encode(file)
	return b.Bytes(), err
}

// IsStore tells, by its content, a trust store from a file of certificates.
func IsStore(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) }

// Parse reads a trust store, or a file of certificates (PEM, or one in DER) as one, which its content tells. Every
// error is a [*Refusal].
func Parse(data []byte) (*Store, error) {
	switch {
	case len(data) > maxFile:
		return nil, refuse("tệp lớn hơn %[1]d MiB nên không phải kho tin cậy: hãy xem lại đường dẫn",
			"the file is larger than %[1]d MiB, which no trust store is: look at the path", maxFile>>20)
	case IsStore(data):
		return parseStore(data)
	}
	certs, err := parseCertificates(data)
	if err != nil {
		return nil, err
	}
	s := &Store{}
	for _, cert := range certs {
		if err := s.Add(Bare(cert)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// parseStore reads the JSON form. That it is the one form is checked by writing it again: so nothing is there twice,
// under another name, in another order or behind the end.
func parseStore(data []byte) (*Store, error) {
	var file fileJSON
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	if err := in.Decode(&file); err != nil {
		return nil, refuse("tệp không phải kho tin cậy (JSON hỏng, hoặc có mục lạ). Hãy lấy lại bản đã lưu; kho chỉ "+
			"được thay đổi bằng covenant trust",
			"the file is no trust store (broken JSON, or something unknown in it). Bring back a copy that was kept; "+
				"a store is changed by covenant trust only")
	}
	if file.Form != form {
		return nil, refuse("kho tin cậy có dạng “%[1]s”, chương trình này chỉ đọc được %[2]s: hãy dùng bản mới hơn",
			"the trust store has the form “%[1]s”, and this program reads %[2]s only: use a newer one",
			Clean(file.Form), form)
	}
	s := &Store{}
	for _, root := range file.Roots {
		e, err := root.entry()
		if err != nil {
			return nil, err
		}
		if err := s.Add(e); err != nil {
			return nil, err
		}
	}
	again, err := s.Encode()
	if err != nil || !bytes.Equal(again, data) {
		return nil, refuse("kho tin cậy bị sửa ngoài covenant trust nên không dùng: hãy lấy lại bản đã lưu rồi "+
			"thay đổi bằng covenant trust add và remove",
			"the trust store was changed by something else than covenant trust and is not used: bring back a copy "+
				"that was kept, and change it by covenant trust add and remove")
	}
	return s, nil
}

func (j EntryJSON) entry() (Entry, error) {
	certs, err := parseCertificates([]byte(j.Certificate))
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Certificate: certs[0], Kind: j.Kind, Purposes: j.Purposes, Source: j.Source, Since: j.Since,
		Until: j.Until, Added: j.Added}
	if own := e.SHA256().String(); len(certs) != 1 || own != j.SHA256 {
		return Entry{}, refuse("chứng thư gốc ghi là %[1]s lại có mã SHA-256 %[2]s: tệp bị hỏng hoặc bị sửa. Hãy "+
			"lấy lại bản đã lưu.",
			"the root that is named %[1]s has the SHA-256 %[2]s: the file is damaged or was altered. Bring back a "+
				"copy that was kept.", Clean(j.SHA256), own)
	}
	return e, nil
}

const blockType = "CERTIFICATE"

// ParseCertificates reads the certificates of a file, in PEM form or one in DER. Every error is a [*Refusal].
func ParseCertificates(data []byte) ([]*x509.Certificate, error) {
	if len(data) > maxFile {
		return nil, refuse("tệp lớn hơn %[1]d MiB nên không phải tệp chứng thư: hãy xem lại đường dẫn",
			"the file is larger than %[1]d MiB, which no file of certificates is: look at the path", maxFile>>20)
	}
	return parseCertificates(data)
}

func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	if cert, err := x509.ParseCertificate(data); err == nil {
		return []*x509.Certificate{cert}, nil
	}
	var certs []*x509.Certificate
	begun := bytes.Count(data, []byte("-----BEGIN "+blockType+"-----"))
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != blockType {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, unreadable(len(certs) + 1)
		}
		certs = append(certs, cert)
	}
	switch {
	case len(certs) != begun: // what pem.Decode skips would be a root that is missing unnoticed
		return nil, unreadable(len(certs) + 1)
	case len(certs) == 0:
		return nil, refuse("tệp không có chứng thư nào, cả ở dạng PEM lẫn DER: hãy xem lại đường dẫn, hoặc xuất "+
			"chứng thư ở dạng PEM (.pem, .crt)",
			"the file holds no certificate, neither in PEM form nor in DER: look at the path, or export the "+
				"certificate in PEM form (.pem, .crt)")
	}
	return certs, nil
}

func unreadable(n int) error {
	return refuse("không đọc được chứng thư thứ %[1]d trong tệp: hãy tải lại từ nguồn",
		"certificate %[1]d of the file cannot be read: fetch it again from its source", n)
}
