// Package notify writes the mails of Covenant and hands them to a mail server.
//
// A Letter is a plain struct; Compose turns it into subject and text in Vietnamese or English from the templates in
// letters/. Calendar makes the calendar file of a deadline. Sender speaks SMTP.
//
// The invariant is the sender's verdict. Send returns nil only once the server has taken the mail; otherwise an
// error that is one of three things: ErrRetry (the server certainly did not take it; try again later), ErrRefused
// (it certainly did not and will not), or ErrInDoubt (the connection broke after the text of the mail had begun, so
// it may have been taken). A mail in doubt must not be sent again without somebody's decision.
//
// Links in mails only open pages: they carry no right to sign, approve or vote, and the texts say so.
package notify
