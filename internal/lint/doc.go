// Package lint holds the rules of this repository as Go tests, so that go
// test is the only command to remember: which package may import which, a
// comment for every package, gofmt, and no trace of the machine that a file
// was written on.
//
// It has no code of its own.
package lint
