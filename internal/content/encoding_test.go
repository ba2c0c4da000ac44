package content

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// inEncodings are words as they come out of old files.
var inEncodings = []struct{ text, meant string }{
	{"Së Tµi chÝnh", "Sở Tài chính"}, {"Céng hßa x· héi chñ nghÜa ViÖt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"},
	{"§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"}, {"NguyÔn V¨n Hïng", "Nguyễn Văn Hùng"},
	{"TrÇn ThÞ BÝch", "Trần Thị Bích"}, {"Lª Hång", "Lê Hồng"}, {"Bïi §øc", "Bùi Đức"},
	{"huyÖn Ch\u00ad P·h", "huyện Chư Pãh"},
	{"x·", "xã"}, {"m×nh", "mình"}, {"Phßng", "Phòng"}, {"®¬n vÞ", "đơn vị"},
	{"Sôû Taøi chính", "Sở Tài chính"},
	{"Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"},
	{"Nguyeãn Vaên Huøng", "Nguyễn Văn Hùng"}, {"Traàn Thò Bích", "Trần Thị Bích"}, {"Leâ Hoàng Phaïm", "Lê Hồng Phạm"},
	{"Ñoäc laäp - Töï do - Haïnh phuùc", "Độc lập - Tự do - Hạnh phúc"}, {"ÑOÄC LAÄP", "ĐỘC LẬP"},
	{"ñôn vò huyeän", "đơn vị huyện"},
	{"Tá»‰nh Ä\u0090á»“ng ThÃ¡p", "Tỉnh Đồng Tháp"}, {"thi Ä‘ua", "thi đua"}, {"HÃ\u00a0 Ná»™i", "Hà Nội"},
	{"Sá»Ÿ TÃ i chÃ\u00adnh", "Sở TÃ i chính"},
	{"Nguyá»…n VÄƒn A", "Nguyễn Văn A"}, {"Ä\u0090á»™c láº\u00adp", "Độc lập"}, {"quÃ½ cÆ¡ quan", "quý cơ quan"},
}

func TestOldEncodings(t *testing.T) {
	for _, c := range inEncodings {
		if got, old := OldEncoding(c.text); !old || got.Text != c.meant {
			t.Errorf("%q: %v, %q, want %q", c.text, old, got.Text, c.meant)
		}
	}
}

// good are texts of neighbouring languages, and of those that are spoken in the provinces; none of the people exists.
var good = []string{
	// Ê Đê, Gia Rai, Ba Na
	"Y Ƀăm Niê", "H’Ƀlăk Êban", "Y Ƀih Alêo", "Y Wang Mlô Duôn Du", "H’Hen Niê", "Êñuôl", "Y Ñam Byă", "Aê Diê",
	"H’Lơ̆p Kbuôr",
	"Rơ Châm H’Yéo", "Siu Y Č̆ŏ", "Ksor Phước", "Rmah Hơ̆n", "Nay Der", "Kpă Klơng", "Rahlan Ñŭ", "Puih Čhôl",
	"Ayun Hạ",
	"Đinh Núp", "Yă Pôm", "Bơ̆k Hmŭt", "A Yơ̆ng", "Y Ngơ̆t", "Kon Rẫy", "Đăk Tơ̆ Kan", "Čư̆ Păh", "Kông Čhro",
	"buôn Akŏ Dhông",
	"ƀuôn Ƀuôr", "Anôk čư̆ Yang Sin", "hră mơar klei ƀhiăn", "Ñĭk", "boñ", "hriê kơ sang",
	// French, English, German, Spanish
	"Où est le café de René ?", "été, hôtel, goût, août, naïf, laïc, maïs, Noël, Loïc",
	"L’«été» à Saint-Étienne, n° 5, 1ª, 25°C, m², µm, §3",
	"Les élèves de l’école française reçoivent une leçon de maïeutique : « voilà »",
	"Citroën, Israël, Raphaël, Thaïlande, Hanoï",
	"haï et coïncidence, garçon, sûr, mûr, île, aîné, œuvre",
	"naïve résumé, façade, fiancée – Windows®, ©2025, 5×4 m, a×b, n×m, 10µm",
	"Straße, Fuß, groß, Maß, für, Köln, Übung, Äpfel", "¿Qué? ¡Hola! ¡no! Año nuevo, aún, país, baúl", "col·lecció",
	"¼ ½ ¾ · § ¶ ±",
	"José Müller-Lüdenscheidt", "Zürich", "Ångström", "Reykjavík, Þórr, Ísland", "São Paulo, ação",
	// Vietnamese that is near to them
	"XÃ…", "UBND XÃ”", "“MÃ”", "XÃ – PHƯỜNG", "XÃ HỘI", "KHÔ”", "hoà, hoá, khoẻ, toà, xoá, thuý, uỷ ban",
	"HOÀ BÌNH, THUỶ, OÀ",
	"tôi, cô, cá, bé, công, không, thành, là, và, có, cùng", "Sở Tài chính", "Ô tô", "à, á, é, ê", "«Ngày ấy»",
	"TÂY NINH", "CÂU HÁT",
	"Đoàn Văn Toán", "loài, xoáy, khoá", "ÊĐÊ", "Ê-ban", "nhà A¹, lớp b¹", "Pôkô", "30°", "–",
	"Toà án nhân dân tỉnh", "Quà",
	"Kế hoạch số 5/KH-UBND – “Ổn định”", "Hà Thị Bé", "Quý I", "ký", "ý kiến", "ÝKIẾN", "Phụ lục I (trang 1/2): 12,5%",
}

func TestNoFalseAlarm(t *testing.T) {
	for _, text := range good {
		for _, text := range []string{text, strings.ToUpper(text), norm.NFC.String(text)} {
			if got, old := OldEncoding(text); old {
				t.Errorf("%q is taken for %s of %q", text, got.Name, got.Text)
			}
			for word := range strings.FieldsSeq(text) {
				if got, old := OldEncoding(word); old {
					t.Errorf("%q is taken for %s of %q", word, got.Name, got.Text)
				}
			}
		}
	}
}

// everyLine visits each line and word of all that the program itself says in Vietnamese: templates, values, law, words
// of pages and of the source.
func everyLine(t *testing.T, visit func(string)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(path, "internal/content") || strings.Contains(path, "testdata/") ||
			strings.HasSuffix(path, "_test.go") ||
			!strings.Contains(".txt.yaml.html.md.go", filepath.Ext(path)) || filepath.Ext(path) == "" {
			return nil
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if !strings.Contains(lines.Text(), "//") && utf8.ValidString(lines.Text()) {
				visit(lines.Text())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoFalseAlarmInTheLibrary(t *testing.T) {
	lines := 0
	everyLine(t, func(line string) {
		lines++
		for _, text := range append(strings.Fields(line), line, strings.ToUpper(line)) {
			if got, old := OldEncoding(text); old && !strings.Contains(text, `\u`) {
				t.Errorf("%q is taken for %s of %q", text, got.Name, got.Text)
			}
		}
	})
	if lines < 20_000 {
		t.Errorf("only %d lines were read", lines)
	}
}

// What the library says in Vietnamese is recognised line by line when it is put into the old encodings, and read back.
func TestTheLibraryInOldEncodings(t *testing.T) {
	backTCVN3, backVNI := map[rune]string{}, map[rune]string{}
	for i, r := range tcvn3 {
		if r != ' ' {
			backTCVN3[r] = string(rune(0xA1 + i))
		}
	}
	for one, letter := range vniLetters {
		backVNI[letter] = string(one)
	}
	for _, vowel := range "aeouyôö" {
		for mark := range vniMarks {
			if vniPair(vowel, mark) {
				backVNI[[]rune(fromVNI(string(vowel) + string(mark)))[0]] = string(vowel) + string(mark)
			}
		}
	}
	into := map[string]func(string) string{
		"TCVN3": func(s string) string { return through(s, backTCVN3) },
		"VNI":   func(s string) string { return through(s, backVNI) },
		"twice": func(s string) string {
			var out strings.Builder
			for _, b := range []byte(s) {
				out.WriteRune(rune(b))
			}
			return out.String()
		},
	}
	for name, encode := range into {
		lines, missed := 0, 0
		err := filepath.WalkDir("../../templates/library", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" && filepath.Ext(path) != ".txt" {
				return err
			}
			data, err := os.ReadFile(path)
			for line := range strings.SplitSeq(norm.NFC.String(string(data)), "\n") {
				line = strings.ToLower(line)
				marked := strings.Count(strings.Map(func(r rune) rune {
					if vietnameseOnly(r) {
						return 'x'
					}
					return -1
				}, line), "x")
				if marked < 3 || strings.ContainsAny(line, "“”‘’–…") {
					continue
				}
				lines++
				if _, old := OldEncoding(encode(line)); !old {
					missed++
					if missed < 4 {
						t.Logf("%s: not recognised: %q", name, encode(line))
					}
				}
			}
			return err
		})
		if err != nil || lines < 200 || missed*40 > lines {
			t.Errorf("%s: %d of %d lines were not recognised; %v", name, missed, lines, err)
		}
		t.Logf("%s: %d lines, %d not recognised", name, lines, missed)
	}
}

func through(s string, table map[rune]string) string {
	var out strings.Builder
	for _, r := range s {
		if to, ok := table[r]; ok {
			out.WriteString(to)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// Every syllable of the library is one to us: what stands in good Vietnamese is never read as anything else.
func TestSyllables(t *testing.T) {
	for word := range strings.FieldsSeq("nghiêng giếng gì quốc quýnh khuya thuở tuyết ươn yêu Nguyễn " +
		"giữ gìn rượu xoong " +
		"loét hoà " +
		"khoẻ thuỷ quyển quy quẩn quăng huỳnh nghĩa gia giặc kiểm ĐỘC Ấp") {
		if !syllable(norm.NFC.String(word)) {
			t.Errorf("%s is no syllable", word)
		}
	}
	for word := range strings.FieldsSeq("tảc cùp chÝnh laïc fa zô xyz ngb ươ đđ tóàn Niêk strasse") {
		if syllable(word) {
			t.Errorf("%s is a syllable", word)
		}
	}
	words, not := 0, 0
	everyLine(t, func(line string) {
		for _, word := range strings.FieldsFunc(norm.NFC.String(line),
			func(r rune) bool { return !unicode.IsLetter(r) }) {
			if strings.ContainsFunc(word, vietnameseOnly) && strings.ToLower(word) != word == false {
				words++
				if !syllable(word) {
					not++
					if not < 60 {
						t.Logf("%s", word)
					}
				}
			}
		}
	})
	if not*100 > words {
		t.Errorf("%d of %d Vietnamese words are no syllables", not, words)
	}
}
