// Package profile keeps the orgs that a user has saved: a name such as prod,
// and what it takes to connect to it.
//
// A [Store] is a folder, by default sfsql in the user's configuration folder
// ($XDG_CONFIG_HOME, else what the system says), that holds orgs.toml:
//
//	default = "prod"
//
//	[orgs.prod]
//	host = "acme.my.salesforce.com"
//	client_id = "3MVG9…"
//	keychain = ["refresh_token"]
//
// The keys of an org are the words of a DSN; what they mean is package
// driver's to say. Those that are secret go to the system's keychain, under the
// service "sfsql", and are listed as keychain. Where there is no keychain, or
// SFSQL_KEYCHAIN=off says not to use it, they stand in the file, and [Kept]
// tells so. People may edit the file; its comments do not survive the next
// change that a program makes.
//
// # Who may read it
//
// The folder is made for its owner alone (0700) and so is the file (0600),
// whatever the umask. A file that others may read, or a folder that others may
// write, is refused with the chmod to run.
//
// # Several processes
//
// Every change reads the file, changes it and puts a new one in its place in
// one step, under a lock that other processes respect; a reader never meets
// half a file. Two programs that save different orgs at once both succeed.
//
// A refresh token that Salesforce rotates dies with its first use. A [Keeper]
// therefore holds a second lock, one for each org, from reading the token until
// its successor is on the disk. What no lock can help is a process that dies
// in between, or an answer that is lost on its way: the successor is then known
// to Salesforce alone. The keeper leaves a mark on the disk during each
// exchange, so that the refusal that follows such an accident says what
// happened, and that logging in again is the remedy.
package profile
