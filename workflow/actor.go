package workflow

import (
	"cmp"
	"slices"
	"strings"

	"covenant/internal/words"
)

// Actor is who gives a command, or reads. What an actor says of itself is believed everywhere, so actors are made in
// four places and nowhere else, each of which has proof of who it is: a sign-in ([SignedIn]), an access token
// ([ByToken]), the peer of the control channel ([AtConsole]) and a job of the program ([Program]). A test walks the
// sources for other makers. No command holds who gives it, and nothing that comes from outside is decoded into an
// Actor. The zero value is nobody, who may do nothing.
type Actor struct {
	person PersonID
	origin Origin
	user   string // of the operating system, at the console
	token  string // that proved who it is, by its public part
	policy ConsolePolicy
}

// Origin is the way in: how the installation knows who acts. It stands in the log with each event.
type Origin string

// The ways in. Logs of v0.1 also hold "cli" (the command line, which said itself for whom it spoke), "demo" and "rule".
const (
	OriginSignIn  Origin = "web"     // somebody who signed in to the pages
	OriginToken   Origin = "token"   // an access token of a person
	OriginConsole Origin = "console" // the user who serves, or root, on the machine itself
	OriginJob     Origin = "job"     // the program itself
)

// ConsolePolicy is what the console may do in other people's name. An administrator sets it in the configuration of the
// process that serves.
type ConsolePolicy string

// The policies.
const (
	// ConsoleOff: the console administers; it does nothing in anybody's name. The zero value.
	ConsoleOff ConsolePolicy = ""
	// ConsoleClerical: it enters what people did, and never signs, seals, consents, keeps keys
	// or votes secretly for them.
	ConsoleClerical ConsolePolicy = "clerical"
	// ConsoleEverything: it may do all of that, too. For demonstrations and tests; every page says so.
	ConsoleEverything ConsolePolicy = "everything"
)

// SignedIn is a person who has signed in.
func SignedIn(person PersonID) Actor { return Actor{person: person, origin: OriginSignIn} }

// ByToken is the person who holds an access token; id is the part of the token that may be shown.
func ByToken(person PersonID, id string) Actor {
	return Actor{person: person, origin: OriginToken, token: id}
}

// AtConsole is the user of the operating system who may open the control channel or the data directory: the one that
// serves, or root. They may write to the database without the program, so the console administers.
func AtConsole(user string, policy ConsolePolicy) Actor {
	return Actor{origin: OriginConsole, user: user, policy: policy}
}

// Program is the program itself, carrying out a job.
func Program() Actor { return Actor{origin: OriginJob} }

// For is the console acting in a person's name; everybody else acts for themselves alone.
func (a Actor) For(person PersonID) (Actor, error) {
	switch {
	case a.origin != OriginConsole:
		return Actor{}, refuse(CodeForbidden, "chỉ bảng điều khiển của máy chủ mới nhập thay người khác được",
			"only the console of the server can act for somebody else")
	case a.policy == ConsoleOff:
		return Actor{}, refuse(CodeForbidden,
			"việc nhập thay người khác (--as) đang tắt; quản trị bật bằng “console: clerical” trong tệp cấu hình, "+
				"hoặc người đó tự thực hiện bằng mã truy cập của mình",
			"acting for others (--as) is switched off; the administrator switches it on with “console: clerical” in "+
				"the configuration, or the person acts with an access token of their own")
	}
	a.person = person
	return a, nil
}

// Person is who acts, or in whose name; empty for the program, and for the console by itself.
func (a Actor) Person() PersonID { return a.person }

// Origin is the way in.
func (a Actor) Origin() Origin { return a.origin }

// Policy is what the console may do for others; it says nothing of other actors.
func (a Actor) Policy() ConsolePolicy { return a.policy }

// IsZero reports whether it is nobody.
func (a Actor) IsZero() bool { return a == Actor{} }

// IsProgram reports whether the program itself acts.
func (a Actor) IsProgram() bool { return a.origin == OriginJob }

// IsConsole reports whether the console acts, by itself or for somebody.
func (a Actor) IsConsole() bool { return a.origin == OriginConsole }

// systemName stands in the log where the program itself acts; a person's id can never hold a colon.
const systemName = "system:covenant"

// Recorded is how the log names the actor: who acted, and, at the console, in whose name.
func (a Actor) Recorded() (actor, onBehalf string) {
	switch a.origin {
	case OriginJob:
		return systemName, ""
	case OriginConsole:
		return "console:" + a.user, string(a.person)
	}
	return string(a.person), ""
}

// identity tells actors apart where two must do something: at the console the user counts, not in whose name, unless it
// may do everything.
func (a Actor) identity() string {
	if a.policy == ConsoleEverything && a.person != "" {
		return string(a.person)
	}
	actor, _ := a.Recorded()
	return actor
}

// program refuses everybody but the program itself: what its jobs record is nobody's to claim.
func (a Actor) program() error {
	if a.IsProgram() {
		return nil
	}
	return refuse(CodeForbidden, "việc này do chương trình tự thực hiện", "the program does this by itself")
}

// personally refuses the console where a person has to act in person: to sign, seal, consent,
// keep a key, vote secretly.
func (a Actor) personally() error {
	if a.origin != OriginConsole || a.policy == ConsoleEverything {
		return nil
	}
	return refuse(CodeForbidden,
		"ký, đóng dấu, đồng ý ký, giữ khóa và bỏ phiếu kín phải do chính người đó thực hiện, không nhập thay được",
		"signing, sealing, consenting, keeping keys and secret ballots are done in person, "+
			"never by the console for somebody")
}

// UnknownUser stands for the user at the console where the log does not tell.
const UnknownUser = "?"

// Doer is who did something, as the log tells of it later. It gives no right: an [Actor] cannot be made from it.
type Doer struct {
	Person  PersonID // who acted, or for whom the console entered it
	Program bool
	Console string // who sat at the console, as the operating system knows them; empty: nobody did
}

// DoerOf reads what [Actor.Recorded] wrote. Events of v0.1 that came by the command line name the person alone, with
// the origin "cli": it was the console, whose user they do not tell.
func DoerOf(actor, onBehalf string, origin Origin) Doer {
	user, console := strings.CutPrefix(actor, "console:")
	switch {
	case actor == systemName:
		return Doer{Program: true}
	case console:
		return Doer{Person: PersonID(onBehalf), Console: user}
	case origin == "cli":
		return Doer{Person: PersonID(actor), Console: UnknownUser}
	}
	return Doer{Person: PersonID(actor)}
}

// actor is who a log says gave a command, with all that it may be believed to have been allowed to do. It is for
// deciding
// the past anew, see [Rejudge]: nothing is done in its name.
func (p Past) actor() Actor {
	switch by := DoerOf(p.Actor, p.OnBehalf, p.Origin); {
	case by.Program:
		return Program()
	case by.Console != "":
		return Actor{person: by.Person, origin: OriginConsole, user: by.Console, policy: ConsoleEverything}
	default:
		return SignedIn(by.Person)
	}
}

// ConsoleEntries says how much of a log was entered at the console by one user.
type ConsoleEntries struct {
	User   string `json:"user"` // as the operating system knows them; [UnknownUser] where the log does not tell
	Events int    `json:"events"`
	Others int    `json:"for_others"` // of the events, those entered in somebody's name
}

// AddConsole counts one more event that somebody did, by users in order.
func AddConsole(all []ConsoleEntries, by Doer) []ConsoleEntries {
	if by.Console == "" {
		return all
	}
	i, found := slices.BinarySearchFunc(all, by.Console,
		func(e ConsoleEntries, user string) int { return cmp.Compare(e.User, user) })
	if !found {
		all = slices.Insert(all, i, ConsoleEntries{User: by.Console})
	}
	all[i].Events++
	if by.Person != "" {
		all[i].Others++
	}
	return all
}

// Text says it in words.
func (e ConsoleEntries) Text() words.Text {
	if e.User == UnknownUser {
		return words.F("nhập tại máy chủ: %d sự kiện, trong đó %d thay người khác (nhật ký không ghi người nhập)",
			"entered at the console: events: %d, of them in other people’s names: %d (the log does not tell by whom)",
			e.Events, e.Others)
	}
	return words.F("nhập tại máy chủ bởi %[3]s: %[1]d sự kiện, trong đó %[2]d thay người khác",
		"entered at the console by %[3]s: events: %[1]d, of them in other people’s names: %[2]d", e.Events,
		e.Others, e.User)
}
