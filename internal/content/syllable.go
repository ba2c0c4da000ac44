package content

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// onsets and rhymes of written Vietnamese (Hoàng Phê, Chính tả tiếng Việt), without marks of tone. A rhyme after “q”
// begins with its u.
var (
	onsets = list("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q r s t th tr v x")
	rhymes = list("a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây " +
		"e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu " +
		"o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo " +
		"oet ooc oong ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung " +
		"uôc uôi uôm uôn uông uôt up ut uy uya uych uyên uyêt uynh uyt uyu uơ ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn " +
		"ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu")
	afterQ = list("ua uac uach uai uan uang uanh uao uat uau uay uăc uăm uăn uăng uăp uăt ue uen ueo uet uê uêch uên " +
		"uênh uêt ui uit uơ uy uych uyên uyêt uynh uyt uân uât uây uôc")
)

func list(items string) map[string]bool {
	out := map[string]bool{}
	for _, item := range strings.Fields(items) {
		out[item] = true
	}
	return out
}

// The marks of tone, as NFD has them.
const tones = "\u0300\u0301\u0303\u0309\u0323"

// syllable reports whether a word, which must be in NFC, is a syllable of written Vietnamese: onset, rhyme and a tone
// that the rhyme can bear. Syllables are what Vietnamese text consists of, so a word that is none of them and becomes
// one when it is read in an old encoding was written in that.
func syllable(word string) bool {
	var bare []rune
	tone, at := rune(0), 0
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		if strings.ContainsRune(tones, r) {
			if tone != 0 {
				return false
			}
			tone, at = r, len(bare)
			continue
		}
		bare = append(bare, r)
	}
	text := norm.NFC.String(string(bare))
	if tone != 0 && at == len(bare) && glides(text) {
		return false
	}
	for cut := min(3, len(text)); cut >= 0; cut-- {
		onset, rhyme := text[:cut], text[cut:]
		if cut > 0 && !onsets[onset] {
			continue
		}
		if stopped(rhyme) && tone != '\u0301' && tone != '\u0323' {
			continue // a rhyme that is stopped bears two tones alone
		}
		switch {
		case onset == "q":
			if afterQ[rhyme] {
				return true
			}
		case onset == "gi" && rhyme == "", rhymes[rhyme]:
			return true
		case onset == "g" && (rhyme == "iêc" || rhyme == "iêng"):
			return true
		}
	}
	return false
}

// glides reports whether a syllable ends in a vowel that bears no tone, as in “mào”; oa, oe and uy are written either
// way, and the u of qu is none.
func glides(text string) bool {
	end := []rune(text)
	if len(end) < 2 || !strings.ContainsRune("aeiouyăâêôơư", end[len(end)-2]) {
		return false
	}
	switch string(end[len(end)-2:]) {
	case "oa", "oe", "uy", "uê", "uơ":
		return false
	}
	return strings.ContainsRune("aeiouy", end[len(end)-1]) && !strings.HasPrefix(text, "qu") &&
		!strings.HasPrefix(text, "gi")
}

func stopped(rhyme string) bool {
	for _, end := range []string{"c", "ch", "p", "t"} {
		if strings.HasSuffix(rhyme, end) {
			return true
		}
	}
	return false
}

// wordy are the characters that words are made of in any of the encodings: letters, and what stands in their place.
func wordy(r rune) bool {
	return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || r >= 0xA1 && r <= 0xFF
}

// vietnameseOnly are letters that only text in Unicode has: none of the old encodings shows them.
func vietnameseOnly(r rune) bool {
	return r >= 0x1EA0 && r <= 0x1EF9 || strings.ContainsRune("ĂăĐđĨĩŨũƠơƯư", r)
}
