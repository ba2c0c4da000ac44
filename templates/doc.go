// Package templates turns templates that legal officers write into documents
// that pass for the real thing.
//
// The story: Parse reads a template (a YAML header with declared variables, and
// a body that reads like the document) and ParseValues the values for it, both
// keeping where each word stands. Draft checks the values, looks legal bases up
// on the document's date, fills the text in and numbers it; Document.PDF sets
// it on pages by a layout profile and writes PDF/A-2a and PDF/UA-1. Everything
// wrong is reported at once as Problems, each with a place, a sentence in
// Vietnamese and English, and a hint.
//
// Invariants: the same template, values, law data, profile and options give the
// same bytes; numbers of articles, clauses and points come from the program
// alone; no character is lost silently; a document is drafted without any
// problem or not at all. The language is described in GRAMMAR.md.
package templates
