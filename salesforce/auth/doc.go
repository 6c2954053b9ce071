// Package auth obtains the access tokens that every call to Salesforce needs.
//
// A [Source] hands out a [Token] and learns through Invalidate that Salesforce
// refused one. There is one constructor for each way in:
//
//   - [ClientCredentials]: a server's own identity. Works on a My Domain host
//     only (https://acme.my.salesforce.com); login.salesforce.com and
//     test.salesforce.com are refused before anything is sent.
//   - [JWT]: a user, by an assertion that a private key signs. The app holds the
//     key's certificate, and an administrator lets the user use the app.
//   - [RefreshToken]: a user who has signed in before.
//   - [CLI]: a login that the Salesforce CLI keeps.
//   - [Password], [SOAP]: a user's name, password and security token. Salesforce
//     is putting an end to both; [Notices] says when.
//   - [AccessToken]: a token from elsewhere. It cannot be renewed: once it has
//     expired, Token fails and says so.
//
// [Authorize] lets a user sign in with a browser and returns, as a [Grant], the
// refresh token for later. [Introspect] tells about a token, [Revoke] ends it.
// [ParseHost] completes the host of a login as people paste it.
//
// # Sessions
//
// Salesforce does not say how long a token lives (there is no expires_in), so
// nothing here runs on a clock: a token serves until a data call answers 401,
// the caller passes it to Invalidate, and the next Token logs in again. The
// instance URL is read afresh at each login, for an org can move.
//
// Concurrent callers share one login. It does not belong to any of them: a
// caller whose context ends stops waiting and leaves the login to the others;
// when nobody waits any more it is cancelled. The refresh flow and the
// Salesforce CLI are exceptions and run to their end, at most Config.Timeout,
// because a cancelled exchange can lose a rotated refresh token for good. This
// sharing is written here with a mutex and a channel;
// golang.org/x/sync/singleflight would bring a dependency and know nothing of
// the waiters that decide when to cancel.
//
// A login is tried once more where Salesforce asks for it or fails, and never
// where it refuses. A refused password is not sent again for a minute,
// whoever asks: repeating it locks the user out.
//
// # Refresh tokens
//
// An org may rotate refresh tokens: each works once and the answer brings the
// next. A [Keeper] keeps the newest and lets one user at a time have it, so
// that several processes can share a login without losing it. Without one the
// token is kept in memory. Where a new token cannot be kept, the session goes
// on with it, and [Notices] says so.
//
// # Errors
//
// Refusals are *[Error] with Salesforce's own code and description. [Hint] says
// what to do next, about those and about hosts that cannot be reached. Neither
// an error nor the printed form of any type here contains a secret: what a
// server repeats of one is blanked.
package auth
