package signing

import (
	"strings"

	"covenant/internal/words"
)

// The findings.
const (
	ReasonByteRange            ReasonCode = "byte-range"
	ReasonCMS                  ReasonCode = "malformed-signature"
	ReasonDigest               ReasonCode = "content-changed"
	ReasonSignatureValue       ReasonCode = "signature-value"
	ReasonNoCertificate        ReasonCode = "no-certificate"
	ReasonAttributes           ReasonCode = "attributes"
	ReasonSubFilter            ReasonCode = "unknown-format"
	ReasonAlgorithm            ReasonCode = "unknown-algorithm"
	ReasonWeak                 ReasonCode = "weak-algorithm"
	ReasonUsage                ReasonCode = "key-usage"
	ReasonModified             ReasonCode = "modified-afterwards"
	ReasonUntrusted            ReasonCode = "untrusted-root"
	ReasonChain                ReasonCode = "broken-chain"
	ReasonExpired              ReasonCode = "expired"
	ReasonNotYetValid          ReasonCode = "not-yet-valid"
	ReasonRevoked              ReasonCode = "revoked"
	ReasonNoRevocation         ReasonCode = "no-revocation-data"
	ReasonRevocationSkipped    ReasonCode = "revocation-not-checked"
	ReasonTimestampInvalid     ReasonCode = "timestamp-invalid"
	ReasonTimestampUntrusted   ReasonCode = "timestamp-untrusted"
	ReasonTimestampUnconfirmed ReasonCode = "timestamp-unconfirmed"
	ReasonFuture               ReasonCode = "timestamp-from-the-future"
	ReasonOrder                ReasonCode = "timestamp-order"
	ReasonDamaged              ReasonCode = "damaged-file"
	ReasonBER                  ReasonCode = "not-der"
	ReasonPolicy               ReasonCode = "outside-policy"
	ReasonTrailing             ReasonCode = "bytes-after-signature"
	ReasonContentCopy          ReasonCode = "holds-copy"
	ReasonContentDigest        ReasonCode = "holds-digest"
	ReasonContentOther         ReasonCode = "holds-other-content"
	ReasonEmptyAttributes      ReasonCode = "empty-unsigned-attributes"
	ReasonUnsorted             ReasonCode = "attributes-unsorted"
	ReasonDigestOID            ReasonCode = "digest-algorithm-misnamed"
	ReasonHidden               ReasonCode = "hidden-signature"
	ReasonPKCS1                ReasonCode = "pkcs1-signature"
	ReasonSavedAnew            ReasonCode = "saved-anew"
	ReasonMerged               ReasonCode = "merged"
	ReasonTransferred          ReasonCode = "changed-in-transfer"
	ReasonCutOff               ReasonCode = "cut-off"
	ReasonRootNotForSignatures ReasonCode = "root-not-for-signatures"
	ReasonRootNotForSeals      ReasonCode = "root-not-for-seals"
	ReasonRootNotForTimestamps ReasonCode = "root-not-for-timestamps"
	ReasonRootNotYet           ReasonCode = "root-not-yet-relied-on"
	ReasonRootOver             ReasonCode = "root-no-longer-relied-on"
)

// reasonPhrases say the findings; %[1]s stands for Reason.Name, %[2]s for its Time.
var reasonPhrases = map[ReasonCode]words.Text{
	ReasonByteRange: words.Of(
		"Chữ ký không bao trùm đúng phần nội dung phải bao trùm của tệp; tệp có thể đã bị dàn dựng.",
		"The signature does not cover the part of the file that it must; the file may have been contrived."),
	ReasonCMS: words.Of("Dữ liệu chữ ký bị hỏng hoặc sai định dạng.",
		"The signature's data is damaged or malformed."),
	ReasonDigest: words.Of("Nội dung đã ký bị thay đổi sau khi ký.",
		"The signed content was changed after signing."),
	ReasonSignatureValue: words.Of(
		"Giá trị chữ ký không khớp với chứng thư số: chữ ký không phải do khóa này tạo ra, hoặc đã bị sửa.",
		"The signature value does not fit the certificate: it was not made with this key, or was altered."),
	ReasonNoCertificate: words.Of("Không tìm thấy chứng thư số của người ký trong chữ ký.",
		"The signer's certificate is not in the signature."),
	ReasonAttributes: words.Of(
		"Chữ ký thiếu hoặc sai một thuộc tính bắt buộc, nên không gắn chắc với chứng thư số của người ký.",
		"The signature lacks a required attribute or has a wrong one, so it is not firmly bound to the signer's "+
			"certificate."),
	ReasonSubFilter: words.Of("Loại chữ ký này không được hỗ trợ.",
		"This kind of signature is not supported."),
	ReasonAlgorithm: words.Of("Thuật toán ký này không được hỗ trợ hoặc không phù hợp với khóa.",
		"The signature algorithm is not supported or does not fit the key."),
	ReasonWeak: words.Of("Thuật toán ký hoặc khóa ký đã lỗi thời và có thể bị giả mạo, mà không có bằng chứng rằng "+
		"chữ ký có từ trước đó.",
		"The signature algorithm or the key is obsolete and can be forged, and nothing proves that the signature is "+
			"older than that."),
	ReasonUsage: words.Of("Chứng thư số của %[1]s không được cấp để ký tài liệu.",
		"The certificate of %[1]s is not for signing documents."),
	ReasonModified: words.Of("Sau khi ký, tệp đã bị sửa theo cách mà chữ ký không cho phép.",
		"After signing, the file was changed in a way that the signature does not permit."),
	ReasonUntrusted: words.Of("Chứng thư số của %[1]s không dẫn tới tổ chức chứng thực nào được tin cậy.",
		"The certificate of %[1]s does not lead to any trusted authority."),
	ReasonRootNotForSignatures: words.Of("Gốc %[1]s trong kho tin cậy không dùng cho chữ ký của người. Người ký cần "+
		"chứng thư số của tổ chức được tin cậy cho việc này.",
		"The root %[1]s is not trusted for people's signatures. The signer needs a certificate of an authority that "+
			"is."),
	ReasonRootNotForSeals: words.Of("Gốc %[1]s trong kho tin cậy không dùng cho con dấu. Cơ quan cần chứng thư số "+
		"của tổ chức được tin cậy cho việc này.",
		"The root %[1]s is not trusted for agencies' seals. The agency needs a certificate of an authority that is."),
	ReasonRootNotForTimestamps: words.Of("Gốc %[1]s trong kho tin cậy không dùng cho dấu thời gian. Cần dấu thời gian "+
		"của tổ chức được tin cậy cho việc này.",
		"The root %[1]s is not trusted for time-stamps. A time-stamp of an authority that is, is needed."),
	ReasonRootNotYet: words.Of("Gốc %[1]s chỉ được tin cậy từ %[2]s, mà chữ ký hoặc dấu thời gian này có từ trước đó.",
		"The root %[1]s is relied on only from %[2]s, and this signature or time-stamp is older."),
	ReasonRootOver: words.Of("Gốc %[1]s chỉ được tin cậy đến %[2]s, và không có dấu thời gian chứng minh đã ký trước "+
		"đó.",
		"The root %[1]s is relied on only until %[2]s, and no time-stamp proves that this was signed before."),
	ReasonChain: words.Of("Chuỗi chứng thư số của %[1]s không hợp lệ.",
		"The certificate chain of %[1]s is not valid."),
	ReasonExpired: words.Of("Chứng thư số của %[1]s hết hạn ngày %[2]s, và không có dấu thời gian chứng minh đã ký "+
		"trước đó.",
		"The certificate of %[1]s ended on %[2]s, and no time-stamp proves that it was used before."),
	ReasonNotYetValid: words.Of("Chứng thư số của %[1]s chỉ có hiệu lực từ %[2]s.",
		"The certificate of %[1]s is valid only from %[2]s."),
	ReasonRevoked: words.Of("Chứng thư số của %[1]s bị thu hồi lúc %[2]s, và không có bằng chứng đã ký trước đó.",
		"The certificate of %[1]s was revoked on %[2]s, and nothing proves that it was used before."),
	ReasonNoRevocation: words.Of("Chưa biết chứng thư số của %[1]s có bị thu hồi hay không: tệp không chứa dữ liệu "+
		"này. Hãy kiểm tra lại khi có mạng.",
		"It is not known whether the certificate of %[1]s was revoked: the file does not say. Check again online."),
	ReasonRevocationSkipped: words.Of(
		"Chưa kiểm tra việc thu hồi chứng thư số của %[1]s, theo yêu cầu của người kiểm tra.",
		"Revocation of the certificate of %[1]s was not checked, as asked for."),
	ReasonTimestampInvalid: words.Of("Một dấu thời gian của chữ ký không hợp lệ nên bị bỏ qua.",
		"A time-stamp of the signature is not valid and was ignored."),
	ReasonTimestampUntrusted: words.Of("Dấu thời gian của %[1]s không được tin cậy nên bị bỏ qua.",
		"The time-stamp of %[1]s is not trusted and was ignored."),
	ReasonTimestampUnconfirmed: words.Of("Chưa biết chứng thư số của tổ chức cấp dấu thời gian %[1]s có bị thu hồi "+
		"hay không, nên chưa dùng dấu thời gian lúc %[2]s làm bằng chứng.",
		"It is not known whether the certificate of the time-stamp authority %[1]s was revoked, so its time-stamp "+
			"of %[2]s is not used as proof yet."),
	ReasonFuture: words.Of("Dấu thời gian ghi %[2]s, muộn hơn thời điểm kiểm tra.",
		"The time-stamp says %[2]s, which is after the time of checking."),
	ReasonBER: words.Of("Chữ ký được ghi theo cách mã hóa cũ (BER); điều này không ảnh hưởng tới kết luận.",
		"The signature is written in an older encoding (BER); this does not affect the verdict."),
	ReasonTrailing: words.Of("Nội dung đã ký còn nguyên, nhưng sau dữ liệu chữ ký có những byte lạ không được ký, nên "+
		"chữ ký không đúng chuẩn PAdES. Hãy xin bản gốc từ người gửi.",
		"What was signed is whole, but unsigned foreign bytes follow the signature's data, so it does not conform to "+
			"PAdES. Ask the sender for the original."),
	ReasonContentCopy: words.Of("Nội dung đã ký còn nguyên, nhưng chữ ký chứa thêm một bản sao của nội dung đó, nên "+
		"không đúng chuẩn PAdES. Hãy đề nghị người ký ký lại.",
		"What was signed is whole, but the signature also holds a copy of it, so it does not conform to PAdES. Ask "+
			"the signer to sign again."),
	ReasonContentDigest: words.Of("Nội dung đã ký còn nguyên, nhưng chữ ký chứa thêm giá trị băm của nội dung đó, nên "+
		"không đúng chuẩn PAdES. Hãy đề nghị người ký ký lại.",
		"What was signed is whole, but the signature also holds its digest, so it does not conform to PAdES. Ask "+
			"the signer to sign again."),
	ReasonContentOther: words.Of("Nội dung đã ký còn nguyên, nhưng chữ ký chứa thêm dữ liệu khác không được ký, nên "+
		"không đúng chuẩn PAdES. Hãy xin bản gốc hoặc đề nghị người ký ký lại.",
		"What was signed is whole, but the signature also holds other data that are not signed, so it does not "+
			"conform to PAdES. Ask for the original, or ask the signer to sign again."),
	ReasonEmptyAttributes: words.Of("Chữ ký có một danh sách thuộc tính không ký để trống, không đúng chuẩn PAdES; "+
		"điều này không ảnh hưởng tới kết luận.",
		"The signature has an empty list of unsigned attributes, which does not conform to PAdES; this does not "+
			"affect the verdict."),
	ReasonUnsorted: words.Of("Các thuộc tính được ký không theo thứ tự của DER, không đúng chuẩn PAdES; điều này "+
		"không ảnh hưởng tới kết luận.",
		"The signed attributes are not in the order of DER, which does not conform to PAdES; this does not affect the "+
			"verdict."),
	ReasonDigestOID: words.Of("Chữ ký ghi tên thuật toán ký ở chỗ của thuật toán băm, không đúng chuẩn PAdES; điều "+
		"này không ảnh hưởng tới kết luận.",
		"The signature names a signature algorithm where the hash algorithm belongs, which does not conform to PAdES; "+
			"this does not affect the verdict."),
	ReasonSavedAnew: words.Of("Tệp này không phải là bản đã ký: có lẽ một phần mềm đã lưu lại tệp sau khi ký (in "+
		"ra PDF, nén, sửa chữa, xuất lại). Hãy xin bản gốc từ người gửi.",
		"This file is not the one that was signed: it was likely saved anew by a program afterwards (printed to PDF, "+
			"compressed, repaired, exported). Ask the sender for the original."),
	ReasonMerged: words.Of("Tệp này không phải là bản đã ký: có lẽ nó đã được ghép với tệp khác, hoặc lưu lại, sau "+
		"khi ký. Hãy xin bản gốc từ người gửi.",
		"This file is not the one that was signed: it was likely merged with other files, or saved anew, afterwards. "+
			"Ask the sender for the original."),
	ReasonTransferred: words.Of("Tệp này không phải là bản đã ký: có lẽ nó đã bị biến đổi khi truyền (dấu xuống dòng "+
		"bị đổi, như khi truyền kiểu văn bản) hoặc bị sửa bằng trình soạn thảo. Hãy xin bản gốc từ người gửi, dưới "+
		"dạng tệp đính kèm hoặc tệp nén.",
		"This file is not the one that was signed: it was likely altered on its way (line ends changed, as by a "+
			"transfer in text mode) or by a text editor. Ask the sender for the original, as an attachment "+
			"or in an archive."),
	ReasonCutOff: words.Of("Tệp ngắn hơn bản đã ký: có lẽ nó chưa được tải về hoặc chép đầy đủ. Hãy tải lại, hoặc xin "+
		"bản gốc từ người gửi.",
		"The file is shorter than the one that was signed: it was likely cut off while it was downloaded or copied. "+
			"Download it again, or ask the sender for the original."),
	ReasonPKCS1: words.Of("Chữ ký ở dạng cũ (PKCS#1, adbe.x509.rsa_sha1), không có thuộc tính nào và không đúng chuẩn "+
		"PAdES.",
		"The signature is in an old form (PKCS#1, adbe.x509.rsa_sha1) without attributes, which does not conform to "+
			"PAdES."),
	ReasonHidden: words.Of("Chữ ký này có trong tệp nhưng không ô nào dẫn tới nó, nên phần mềm đọc không hiển thị; "+
		"tệp có thể đã bị sửa để giấu nó, và không biết sau nó còn gì bị sửa. Hãy xin bản gốc từ người gửi.",
		"This signature is in the file but no field leads to it, so readers do not show it; the file may have been "+
			"changed in order to hide it, and what else was changed after it is not known. Ask the sender for the "+
			"original."),
	ReasonDamaged: words.Of("Bảng tham chiếu của tệp bị hỏng, nên không thể chắc chắn người khác nhìn thấy đúng nội "+
		"dung đã ký.",
		"The file's table of contents (cross-references) is damaged, so it is not certain that everybody sees what "+
			"was signed."),
	ReasonPolicy: words.Of("Lưu ý: chữ ký không được tạo theo cơ chế của TT 15/2025/TT-BKHCN, phụ lục I "+
		"(RSASSA-PSS hoặc "+
		"ECDSA với SHA-256, SHA-384, SHA-512).",
		"Note: the signature was not made by a mechanism of circular 15/2025/TT-BKHCN, Annex I (RSASSA-PSS or "+
			"ECDSA with "+
			"SHA-256, SHA-384, SHA-512)."),
	ReasonOrder: words.Of("Dấu thời gian ghi %[2]s, muộn hơn dấu thời gian được đóng sau nó.",
		"The time-stamp says %[2]s, which is later than a time-stamp made after it."),
}

// Text is the finding for a lay reader.
func (r Reason) Text() words.Text {
	p, ok := reasonPhrases[r.Code]
	switch {
	case !ok:
		return words.Same(string(r.Code))
	case !strings.Contains(p.English, "%["):
		return p
	}
	who := words.Same(clean(r.Name))
	if r.Name == "" {
		who = words.Of("người ký", "the signer")
	}
	return words.F(p.Vietnamese, p.English, words.F("“%s”", "“%s”", who), timeText(r.Time))
}
