package workflow

import (
	"covenant/internal/words"
)

// Describe says in one line what an event changes in the directory as it is before.
func (d *Directory) Describe(e Event, lang words.Language) string {
	say := func(vi, en string, args ...any) string { return words.F(vi, en, args...).In(lang) }
	switch e := e.(type) {
	case AgencyRegistered:
		if have, ok := d.Agencies[e.Agency]; ok {
			return say("~ đơn vị %s: %s %s → %s %s", "~ agency %s: %s %s → %s %s", e.Agency, have.Name, address(have.Email, have.Language), e.Name, address(e.Email, e.Language))
		}
		return say("+ đơn vị %s: %s %s", "+ agency %s: %s %s", e.Agency, e.Name, address(e.Email, e.Language))
	case PersonRegistered:
		if have, ok := d.People[e.Person]; ok {
			return say("~ người %s: %s %s → %s %s", "~ person %s: %s %s → %s %s", e.Person, have.Name.Text, address(have.Email.Text, have.Language), e.Name.Text, address(e.Email.Text, e.Language))
		}
		return say("+ người %s: %s %s", "+ person %s: %s %s", e.Person, e.Name.Text, address(e.Email.Text, e.Language))
	case PositionAssigned:
		mark := "+"
		if _, ok := d.Positions[e.Position]; ok {
			mark = "~"
		}
		return say("%s chức vụ %s: %s (%s)%s", "%s position %s: %s (%s)%s", mark, e.Position, e.Title,
			dutyWords(e.Duties), span(e.From, e.Until))
	case PositionEnded:
		return say("− chức vụ %s: đến hết ngày %s", "− position %s: until the end of %s", e.Position, e.LastDay.Display())
	case BlockFormed:
		if have, ok := d.Blocks[e.Block]; ok {
			return say("~ khối %s: %d → %d đơn vị", "~ block %s: %d → %d agencies", e.Block, len(have.Members), len(e.Members))
		}
		return say("+ khối %s: %s, %d đơn vị", "+ block %s: %s, %d agencies", e.Block, e.Name, len(e.Members))
	case DutiesDelegated:
		return say("+ ủy quyền %s: %s → %s %s, %s%s", "+ delegation %s: %s → %s %s, %s%s", e.ID,
			d.PersonName(d.Positions[e.From].Person), d.PersonName(e.To), e.Form, dutyWords(e.Duties),
			span(e.Start, e.End))
	case DelegationRevoked:
		return say("− ủy quyền %s: đến hết ngày %s (%s)", "− delegation %s: until the end of %s (%s)", e.Delegation, e.LastDay.Display(), e.Reason)
	case RightGranted:
		return say("+ quyền %s: %s", "+ right to %s: %s", words.Each(e.Right.word), d.PersonName(e.Person))
	case RightRevoked:
		return say("− quyền %s: %s (%s)", "− right to %s: %s (%s)", words.Each(e.Right.word), d.PersonName(e.Person), e.Reason)
	}
	return d.describeCertificate(e, say)
}

// address is where mails go, with their language where there is one.
func address(email string, lang words.Language) string {
	if lang == "" {
		return "<" + email + ">"
	}
	return "<" + email + "> (" + string(lang) + ")"
}

func (d *Directory) describeCertificate(e Event, say func(vi, en string, args ...any) string) string {
	switch e := e.(type) {
	case CertificateBound:
		return say("+ chứng thư số %s → %s%s", "+ certificate %s → %s%s", e.Serial, d.PersonName(e.Person), e.Agency)
	case CertificateConfirmed:
		return say("~ chứng thư số %s: đã xác nhận", "~ certificate %s: confirmed", e.Serial)
	case CertificateUnbound:
		return say("− chứng thư số %s: %s", "− certificate %s: %s", e.Serial, e.Reason)
	case BindingRuleSet:
		return say("+ quy tắc %s: %s → %s%s", "+ rule %s: %s → %s%s", e.ID, e.Attribute, d.PersonName(e.Person), e.Agency)
	case BindingRuleEnded:
		return say("− quy tắc %s: %s", "− rule %s: %s", e.ID, e.Reason)
	}
	return e.Kind()
}

// span is a stretch of days in words; nothing when it has no ends.
func span(from, until Date) words.Text {
	switch {
	case from.IsZero() && until.IsZero():
		return words.Text{}
	case until.IsZero():
		return words.F(", từ %s", ", from %s", from.Display())
	case from.IsZero():
		return words.F(", đến hết %s", ", until %s", until.Display())
	}
	return words.F(", từ %s đến hết %s", ", from %s until %s", from.Display(), until.Display())
}
