package content

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
)

// Encoding is one that a text was written in before it came here as Unicode, unread.
type Encoding struct {
	Name words.Text
	Text string // what was meant, in Unicode
}

// Words say what is wrong and what to do.
func (e Encoding) Words() words.Text {
	short := []rune(e.Text)
	if len(short) > 60 {
		short = append(short[:60], '…')
	}
	return words.F("được gõ bằng %s, nên không phải chữ Unicode; có phải là “%s”? Hãy gõ lại hoặc chuyển mã sang "+
		"Unicode", "is written in %s, which is not Unicode; is “%s” meant? Type it again, or convert it to Unicode",
		e.Name, string(short))
}

// OldEncoding recognises text in TCVN 5712:1993 (TCVN3, fonts whose names begin with .Vn) or in VNI Windows, whose
// letters stand in the places of others, and UTF-8 that was taken for Windows-1252 and encoded again. It goes by words
// that are no Vietnamese syllables as they stand, are shaped as no word of a neighbouring language is, and are
// syllables when they are read so. A word that could be both is left alone.
func OldEncoding(text string) (Encoding, bool) {
	if meant, ok := encodedTwice(text); ok {
		return Encoding{words.Of("UTF-8 bị mã hóa hai lần", "UTF-8 encoded twice"), meant}, true
	}
	ascii := true
	for i := 0; i < len(text) && ascii; i++ {
		ascii = text[i] < utf8.RuneSelf
	}
	if ascii {
		return Encoding{}, false
	}
	three, vni := weigh(text, fromTCVN3, oddTCVN3), weigh(text, fromVNI, oddVNI)
	switch {
	case three >= enough && three >= vni:
		return Encoding{words.Of("bảng mã TCVN3 (phông .VnTime)", "TCVN3 (fonts such as .VnTime)"),
			rewrite(text, fromTCVN3)}, true
	case vni >= enough:
		return Encoding{words.Of("bảng mã VNI (phông VNI-Times)", "VNI (fonts such as VNI-Times)"),
			rewrite(text, fromVNI)}, true
	}
	return Encoding{}, false
}

// enough is the weight from which a text counts as one in an old encoding: one word that is shaped like nothing else,
// or two that are rare elsewhere. Text with letters that only Unicode has must have twice as much.
const enough = 2

// weigh adds up how much speaks for an encoding. Words that are rare elsewhere count only where none is left that the
// encoding cannot read: in a text of another language there always are.
func weigh(text string, read func(string) string, odd func(string) int) int {
	strong, weak, unread, unicodeText := 0, 0, false, false
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !wordy(r) }) {
		word = strings.Trim(word, "«»¡¿")
		unicodeText = unicodeText || strings.ContainsFunc(word, vietnameseOnly)
		switch w := odd(word); {
		case w == 0 || syllable(word):
		case !syllable(read(word)):
			unread = true
		case w >= enough:
			strong += w
		default:
			weak += w
		}
	}
	if unread {
		weak = 0
	}
	if unicodeText {
		return (strong + weak) / 2
	}
	return strong + weak
}

func rewrite(text string, read func(string) string) string {
	var out, word strings.Builder
	for _, r := range text + "\x00" {
		if wordy(r) {
			word.WriteRune(r)
			continue
		}
		out.WriteString(read(word.String()))
		out.WriteRune(r)
		word.Reset()
	}
	return norm.NFC.String(strings.TrimSuffix(out.String(), "\x00"))
}

// tcvn3 are the letters of TCVN 5712:1993, VN3, at 0xA1 to 0xFE; a space where there is none. Capitals with a tone are
// not among them: fonts whose names end in H show the small ones as capitals.
var tcvn3 = []rune("ĂÂÊÔƠƯĐăâêôơưđ      àảãáạ ằẳẵắ       ặầẩẫấậè ẻẽéẹềểễếệìỉ   ĩíịò ỏõóọồổỗốộờởỡớợù ủũúụừửữứựỳỷỹýỵ")

func fromTCVN3(word string) string {
	return strings.Map(func(r rune) rune {
		if r < 0xA1 || int(r)-0xA1 >= len(tcvn3) || tcvn3[r-0xA1] == ' ' {
			return r
		}
		return tcvn3[r-0xA1]
	}, word)
}

// oddTCVN3 is how unlike other languages a word is that may be in TCVN3: a sign, or a capital with a mark, amid small
// letters is in no word at all (Tµi, ViÖt, x·); letters that Vietnamese lacks are in few of its length.
func oddTCVN3(word string) int {
	runes, weight := []rune(word), 0
	for i, r := range runes {
		if r > 0xFF || r == '\u00BA' {
			return 0
		}
		switch sign := r >= 0xA1 && !unicode.IsLetter(r) || r == 'µ' || r == 'ª'; {
		case len(runes) == 1, sign && len(runes) == 2 && strings.ContainsRune("µ§×¹", r): // a sign, µm, §a, b¹
		case sign && len(runes) == 3 && r == '×': // m×n
		case sign, r == 'ß':
			weight = enough
		case i > 0 && r >= 0xC0 && unicode.IsUpper(r) && unicode.IsLower(runes[i-1]):
			weight = enough
		case strings.ContainsRune("ÄÅÆÇËÎÏÑÖØÛÜÞäåæçëîïñöøûüþðÐ", r):
			weight = max(weight, 1)
		}
	}
	return weight
}

// vniMarks are the characters that follow a vowel in VNI Windows and change it, in the order of the marks in NFD.
var vniMarks = map[rune]string{
	'ù': "\u0301", 'ø': "\u0300", 'û': "\u0309", 'õ': "\u0303", 'ï': "\u0323",
	'â': "\u0302", 'á': "\u0302\u0301", 'à': "\u0302\u0300", 'å': "\u0302\u0309", 'ã': "\u0302\u0303",
	'ä': "\u0302\u0323",
	'ê': "\u0306", 'é': "\u0306\u0301", 'è': "\u0306\u0300", 'ú': "\u0306\u0309", 'ü': "\u0306\u0303",
	'ë': "\u0306\u0323",
}

// vniLetters are the letters that VNI Windows has in one piece.
var vniLetters = map[rune]rune{'ô': 'ơ', 'ö': 'ư', 'ñ': 'đ', 'æ': 'ỉ', 'ó': 'ĩ', 'ò': 'ị', 'î': 'ỵ'}

// vniPair reports whether mark after vowel is a letter of VNI Windows, as it is typed in small letters.
func vniPair(vowel, mark rune) bool {
	switch vowel {
	case 'a':
		return vniMarks[mark] != ""
	case 'e', 'o':
		return strings.ContainsRune("ùøûõïâáàåãä", mark)
	case 'u', 'y', 'ô', 'ö':
		return strings.ContainsRune("ùøûõï", mark)
	}
	return false
}

func fromVNI(word string) string {
	var out strings.Builder
	runes := []rune(word)
	for i := 0; i < len(runes); i++ {
		low := unicode.ToLower(runes[i])
		letter := low
		if one, ok := vniLetters[low]; ok {
			letter = one
		}
		if unicode.IsUpper(runes[i]) {
			letter = unicode.ToUpper(letter)
		}
		out.WriteRune(letter)
		if i+1 < len(runes) && vniPair(low, unicode.ToLower(runes[i+1])) {
			i++
			out.WriteString(vniMarks[unicode.ToLower(runes[i])])
		}
	}
	return norm.NFC.String(out.String())
}

// oddVNI is how unlike other languages a word is that may be in VNI: a vowel and a mark after it (Nguyeãn, hoøa). Those
// pairs that French, Spanish or Ê Đê have (laïc, où, aún, aê) weigh half.
func oddVNI(word string) int {
	runes := []rune(strings.ToLower(word))
	weight := 0
	if strings.HasPrefix(word, "ñ") || strings.HasPrefix(word, "Ñ") {
		weight = 1
	}
	for i, r := range runes {
		if r > 0xFF {
			return 0
		}
		if i+1 == len(runes) || !vniPair(r, runes[i+1]) {
			continue
		}
		switch string(runes[i : i+2]) {
		case "aï", "oï", "où", "aú", "oû", "aû", "aé", "oá", "oà", "oé":
			weight = max(weight, 1)
		case "aê":
			if len(runes) == 2 {
				weight = max(weight, 1)
				continue
			}
			weight = enough
		default:
			weight = enough
		}
	}
	return weight
}

// encodedTwice undoes one reading of UTF-8 as Windows-1252, where the text has a sequence that is nothing else: Tá»‰nh,
// Ä‘Æ°á»£c, thÃ´ng. Ã before a mark of punctuation is also the end of a word in capitals (XÃ…), and counts only after
// a small letter.
func encodedTwice(text string) (string, bool) {
	runes := []rune(text)
	found := false
	for i := 0; i+1 < len(runes) && !found; i++ {
		second, ok := as1252(runes[i+1])
		if !ok || second < 0x80 || second > 0xBF {
			continue
		}
		punctuation := unicode.In(runes[i+1], unicode.Pi, unicode.Pf, unicode.Pd, unicode.Po) || runes[i+1] == 0xA0
		afterSmall := i > 0 && unicode.IsLower(runes[i-1])
		switch runes[i] {
		case 'á':
			found = i+2 < len(runes) && (second == 0xBA || second == 0xBB) && continuation(runes[i+2])
		case 'â':
			found = second == 0x80 && i+2 < len(runes) && continuation(runes[i+2])
		case 'Ä', 'Æ', 'Å':
			found = strings.ContainsRune("\u0090\u2018\u201A\u0192°¡¯©¨", runes[i+1])
		case 'Ã':
			found = !punctuation || afterSmall || runes[i+1] == '¡' || // á
				runes[i+1] == 0xA0 && i > 0 && unicode.IsLetter(runes[i-1]) && (i+2 == len(runes) || runes[i+2] == ' ')
		}
	}
	if !found {
		return "", false
	}
	return decodedOnce(runes), true
}

func continuation(r rune) bool {
	b, ok := as1252(r)
	return ok && b >= 0x80 && b <= 0xBF
}

// as1252 is a character's byte in Windows-1252, whose five empty places stand for themselves, as browsers have it.
func as1252(r rune) (byte, bool) {
	if r >= 0x80 && r < 0xA0 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// decodedOnce puts the bytes back together; what is no UTF-8 stays as it is.
func decodedOnce(runes []rune) string {
	var out strings.Builder
	for i := 0; i < len(runes); {
		var bytes []byte
		for _, r := range runes[i:min(i+4, len(runes))] {
			b, ok := as1252(r)
			if !ok {
				break
			}
			bytes = append(bytes, b)
		}
		r, size := utf8.DecodeRune(bytes)
		if size == 0 || r == utf8.RuneError {
			r, size = runes[i], 1
		}
		out.WriteRune(r)
		i += size
	}
	return norm.NFC.String(out.String())
}
