package workflow

import "covenant/internal/words"

// Line is what an event tells people, the same on pages, at the command line and in whatever else shows a log.
type Line struct {
	Text   words.Text // one sentence without a full stop
	Detail words.Text // what else there is to say; often nothing
	Tone   Tone
}

// Tell puts an event into words. An event of a covenant is told with what is known now: names, and texts of the
// process. One of the directory says what it changes in the directory as it was before.
func (s State) Tell(e Event) Line { return e.line(s) }

// DoneBy says who did what an event tells, and who sat at the console where it was entered there.
func (d *Directory) DoneBy(by Doer, e Event) words.Text {
	person := d.Acting(by.Person, AuthorityOf(e))
	console := words.F("nhập tại máy chủ bởi %s", "entered at the console by %s", by.Console)
	if by.Console == UnknownUser {
		console = words.Of("nhập tại máy chủ", "entered at the console")
	}
	switch {
	case by.Program:
		return words.Of("Chương trình", "The program")
	case by.Console == "":
		return person
	case by.Person == "":
		return console.Upper()
	}
	return words.F("%s (%s)", "%s (%s)", person, console)
}

// phrases puts what there is to say one after the other; what says nothing is left out.
func phrases(texts ...words.Text) words.Text {
	var out words.Text
	for _, t := range texts {
		switch {
		case t.IsZero():
		case out.IsZero():
			out = t
		default:
			out = words.Join(" · ", out, t)
		}
	}
	return out
}

// tallyWords is how the votes on a motion fell.
func tallyWords(c Count) words.Text {
	return words.F("Tán thành %d, không tán thành %d, không có ý kiến %d", "For %d, against %d, abstained %d",
		c.For, c.Against, c.Abstain)
}

// noQuorum says why a vote or a poll came to nothing.
var noQuorum = words.Of("không đủ số người tham gia", "no quorum")

// fileWent is how the newest version of the document changed.
func fileWent(before, after Digest) words.Text {
	return words.F("Tệp chuyển từ %s sang %s", "File went from %s to %s", before.Short(), after.Short())
}
