// Package web holds the pages of Covenant: where every covenant stands, who acts next, the document itself, the verdict
// on each signature, the reports owed, the mails sent and the record of what happened.
//
// The pages are rendered on the server (html/template). A page is a struct, a handler and a template of the same name
// in pages/; every route stands in [server.routes], by the table of package address, and whatever a page shows is
// asked for in read.go. Scripts add the document viewer (pdf.js) and keep a page up to date that is left open: it is
// told that something has changed (live.go), and replaces those of its parts that have (htmx). Without JavaScript
// each page still says all it has to say and links to the PDF.
//
// Invariants:
//
//   - Nothing is loaded from another host, and the Content-Security-Policy says so to the browser.
//   - A page only reads, in the name of whoever asks for it. It shows what the engine gives, and decides nothing: who
//     may do what and what the status sentence says belong to package workflow.
//   - No page asks again while nothing changes, and what it is told is that something has, never what.
//   - Every text stands in both languages where it is used (package words).
//   - Status is words first, colour second.
//   - A failure reaches the reader as a sentence with a reference number; its cause goes to the log under that number.
package web
