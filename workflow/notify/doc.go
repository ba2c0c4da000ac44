// Package notify writes the mails of Covenant and hands them to a mail server.
//
// A Letter is a plain struct; Compose turns it into subject and text in Vietnamese or English from the templates in
// letters/. Calendar makes the calendar file of a deadline. Sender speaks SMTP.
//
// The invariant is the sender's verdict. Send returns nil only once the server has taken the mail; otherwise an error
// that is one of four things: ErrUnavailable (the server takes no mail at all now, which says nothing about this
// one), ErrRetry (the server certainly did not take it; try again later), ErrRefused (it certainly did not and will
// not), or ErrInDoubt (the final dot was on its way and no answer came, so it may have been taken). A mail in doubt
// must not be sent again without somebody's decision, or a long pause by policy.
//
// Links in mails only open pages: they carry no right to sign, approve or vote, and the texts say so.
package notify
