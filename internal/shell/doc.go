// Package shell runs what a person or a script says to sfsql: SQL statements,
// dot commands, and at a terminal the prompt around them.
//
// A [Shell] is one session on one org at a time. It knows no terminal: [Split]
// cuts a text into statements and commands, [Shell.Run] runs them and writes to
// the streams of its [Config], so that a script, a pipe and a test see what a
// person sees. [Shell.Prompt] is the thin layer around it: a line editor with
// history, completion and colour.
//
// # Statements and commands
//
// A statement ends at a semicolon. A command is a line of its own that begins
// with a dot, or for people from psql with a backslash, between statements. What
// a command finds is a result like any other and comes in the format of .mode.
//
// # Results
//
// Rows go to standard output, or to the file that .once or .output names; such
// a file gets its name when its last row is in it. On a terminal a result that
// is longer than the screen goes through a pager.
//
// # Completion
//
// [Shell.Complete] knows the tables of the org, the columns of those that the
// statement names, functions and keywords. Objects are described in the
// background on a connection of their own: a key is never waited for.
package shell
