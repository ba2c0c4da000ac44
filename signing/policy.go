package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"

	"covenant/internal/words"
	"covenant/signing/internal/cms"
)

// SignaturePolicy says which mechanisms signatures are made with, and what is said of those made elsewhere. It comes
// from the installation's configuration or the command line, never from a file that is signed or judged.
type SignaturePolicy string

// The policies.
const (
	PolicyAny SignaturePolicy = "" // whatever this package can make
	// PolicyVN2025 is Annex I of circular 15/2025/TT-BKHCN: RSASSA-PSS with RSA of 2,048 bits and more, or ECDSA of 256
	// and more, with SHA-256, SHA-384 or SHA-512. PKCS#1 v1.5, Ed25519 and ML-DSA are not among its mechanisms.
	PolicyVN2025 SignaturePolicy = "vn-2025"
)

// ParsePolicy reads "vn-2025" or "any".
func ParsePolicy(name string) (SignaturePolicy, error) {
	switch name {
	case string(PolicyVN2025):
		return PolicyVN2025, nil
	case "any":
		return PolicyAny, nil
	}
	return "", keyError(nil, "không có chính sách chữ ký “%[1]s”: hãy chọn vn-2025 hoặc any",
		"there is no signature policy “%[1]s”: use vn-2025 or any", name)
}

// annexHashes are the hashes of Annex I that this package signs with.
var annexHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

const (
	whichVI = "TT 15/2025/TT-BKHCN, phụ lục I: RSASSA-PSS với RSA từ 2.048 bit, hoặc ECDSA từ 256 bit"
	whichEN = "circular 15/2025/TT-BKHCN, Annex I: RSASSA-PSS with RSA of 2,048 bits and more, or ECDSA of 256 " +
		"and more"
)

// Check refuses a certificate whose key cannot sign as the policy asks, with a [*KeyError].
func (p SignaturePolicy) Check(cert *x509.Certificate) error {
	if p != PolicyVN2025 {
		return nil
	}
	switch key := cms.PublicKey(cert).(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 {
			return nil
		}
	case *ecdsa.PublicKey:
		if key.Params().BitSize >= 256 {
			return nil
		}
	}
	return keyError(nil, "khóa của “%[1]s” không thuộc cơ chế mà chính sách vn-2025 cho phép (%[2]s). Hãy xin "+
		"chứng thư số "+
		"với khóa như vậy, hoặc chọn chính sách any.",
		"the key of “%[1]s” is not of a mechanism that the policy vn-2025 permits (%[2]s). Get a certificate with "+
			"such a "+
			"key, or choose the policy any.", name(cert), words.Of(whichVI, whichEN))
}

// algorithm chooses how a certificate's key signs under opt.Policy.
func (o *Options) algorithm(cert *x509.Certificate) (cms.Algorithm, error) {
	if err := o.Policy.Check(cert); err != nil {
		return cms.Algorithm{}, err
	}
	_, isRSA := cms.PublicKey(cert).(*rsa.PublicKey)
	alg, err := cms.AlgorithmOf(cert, o.Hash, o.PSS || o.Policy == PolicyVN2025 && isRSA)
	if able, other := cms.AlgorithmOf(cert, 0, false); err != nil && other == nil {
		return alg, keyError(err, "khóa của “%[1]s” ký bằng %[2]s, không theo cách đã chọn. Hãy bỏ tùy chọn về "+
			"hàm băm và PSS.",
			"the key of “%[1]s” signs by %[2]s, not in the way that was asked for. Leave the options for hash and "+
				"PSS out.",
			name(cert), able)
	}
	if err != nil {
		return alg, keyError(err, "khóa của “%[1]s” không ký được theo cách đã chọn. Hãy bỏ tùy chọn về hàm băm "+
			"và PSS, hoặc "+
			"dùng khóa RSA từ 2.048 bit hay ECDSA P-256, P-384, P-521.",
			"the key of “%[1]s” cannot sign in the way that was asked for. Leave the options for hash and PSS "+
				"out, or use "+
				"a key of RSA 2,048 bits and more, or ECDSA P-256, P-384, P-521.", name(cert))
	}
	return alg, nil
}

// refused says that a key did not sign. A token that knows PKCS#1 v1.5 only cannot follow the policy; that is said
// rather than signing by what the policy excludes.
func (o *Options) refused(alg cms.Algorithm, err error) error {
	if o.Policy != PolicyVN2025 || alg.Scheme != cms.RSAPSS {
		return keyError(err, "thiết bị giữ khóa không ký. Hãy kiểm tra thiết bị và mã PIN rồi thử lại.",
			"the device that holds the key did not sign. Look at the device and its PIN, and try again.")
	}
	return keyError(err, "khóa không ký được bằng RSASSA-PSS như chính sách vn-2025 đòi hỏi. Hãy cập nhật thiết "+
		"bị giữ khóa, "+
		"hoặc chọn chính sách any để ký bằng PKCS#1 v1.5, ngoài phụ lục I của TT 15/2025/TT-BKHCN.",
		"the key cannot sign by RSASSA-PSS, which the policy vn-2025 asks for. Update the device that holds it, "+
			"or choose "+
			"the policy any to sign by PKCS#1 v1.5, outside Annex I of circular 15/2025/TT-BKHCN.")
}

// follows reports whether a signature was made as the policy asks. What it was made with is said by its signed data
// and its certificate's key.
func (p SignaturePolicy) follows(r *Result) bool {
	if p != PolicyVN2025 {
		return true
	}
	if r.Certificate == nil || p.Check(r.Certificate) != nil {
		return false
	}
	for _, h := range annexHashes {
		for _, scheme := range []cms.Scheme{cms.RSAPSS, cms.ECDSA} {
			if (cms.Algorithm{Scheme: scheme, Hash: h}).String() == r.Algorithm {
				return true
			}
		}
	}
	return false
}

// judgePolicy adds a finding to people's and agencies' signatures that depart from the policy. It is a warning: the
// verdict on the signature is another matter, and much is signed by PKCS#1 v1.5.
func (r *Report) judgePolicy(p SignaturePolicy) {
	for i := range r.Results {
		if s := &r.Results[i]; s.Kind == KindSignature && s.Certificate != nil && !p.follows(s) {
			s.Reasons = append(s.Reasons, Reason{Code: ReasonPolicy, Name: s.Signer, Detail: s.Algorithm})
		}
	}
}
