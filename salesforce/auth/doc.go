// Package auth obtains the access tokens that every call to Salesforce needs.
//
// A [Source] hands out a [Token] and learns through Invalidate that Salesforce
// refused one. There is one constructor for each way in:
//
//   - [ClientCredentials]: a server's own identity. Works on a My Domain host
//     only (https://acme.my.salesforce.com); login.salesforce.com and
//     test.salesforce.com are refused before anything is sent.
//   - [RefreshToken]: a user who has signed in before. When the org rotates
//     refresh tokens, Config.Keeper keeps each new one, because the old one is
//     dead from then on.
//   - [AccessToken]: a token from elsewhere. It cannot be renewed: once it has
//     expired, Token fails and says so.
//
// Salesforce does not say how long a token lives (there is no expires_in), so
// nothing here runs on a clock: a token serves until a data call answers 401,
// the caller passes it to Invalidate, and the next Token logs in again. The
// instance URL is read afresh at each login, for an org can move.
//
// Concurrent callers share one login. It does not belong to any of them: a
// caller whose context ends stops waiting and leaves the login to the others;
// when nobody waits any more it is cancelled. The refresh flow is the exception
// and runs to its end, at most Config.Timeout, because a cancelled exchange can
// lose a rotated refresh token for good. This sharing is written here with a
// mutex and a channel; golang.org/x/sync/singleflight would bring a dependency
// and know nothing of the waiters that decide when to cancel.
//
// Refusals are *[Error] with Salesforce's own code and description. Neither an
// error nor the printed form of any type here contains a secret.
package auth
