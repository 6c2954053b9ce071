package emulator

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const runningUsername = "admin@example.com"

const (
	defaultScope = "refresh_token api id"
	// defaultTTL is how long a session lives unused where nothing else is set:
	// what a new org has.
	defaultTTL = 2 * time.Hour
	codeTTL    = 15 * time.Minute
	// maxGrants is how many refresh tokens a user may hold for one app.
	maxGrants = 5
	// maxSessions and maxCodes bound what the org remembers.
	maxSessions = 100_000
	maxCodes    = 1_000
)

// sessions are the org's credentials and what was given out for them.
type sessions struct {
	clientID      string
	clientSecret  string
	password      string
	securityToken string
	settings      Auth
	now           func() time.Time // the clock, for tests

	keyOnce sync.Once
	key     *rsa.PrivateKey

	mu     sync.Mutex
	serial int // of tokens, codes and grants alike
	live   map[int]*session
	oldest int // no session has a lower serial
	grants []*grant
	codes  map[string]*authCode
}

// session is an access token that was given out.
type session struct {
	client string
	scope  string
	grant  *grant // nil where no refresh token came with it
	issued time.Time
	used   time.Time
}

// grant is a user's standing permission for an app: a refresh token.
type grant struct {
	token  string
	client string
	scope  string
	issued time.Time
}

// authCode is what the authorize endpoint gave out.
type authCode struct {
	client      string
	redirectURI string
	challenge   string // empty without PKCE
	scope       string
	issued      time.Time
}

func newSessions(seed int64, settings Auth) *sessions {
	secret := func(what string) string {
		sum := sha256.Sum256([]byte(fmt.Sprint(what, seed)))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	s := &sessions{
		clientID: "3MVG9" + secret("client"), clientSecret: cmp.Or(settings.ClientSecret, secret("secret")),
		password:      cmp.Or(settings.Password, "pw-"+secret("password")[:12]),
		securityToken: cmp.Or(settings.SecurityToken, secret("security")[:24]), settings: settings, now: time.Now,
		live: map[int]*session{}, codes: map[string]*authCode{},
	}
	s.grants = []*grant{{token: "5Aep861" + secret("refresh"), client: s.clientID, scope: defaultScope, issued: s.now()}}
	return s
}

// privateKey returns the key whose public half the org has registered for the
// JWT flow. It is made on first use: that takes a moment.
func (s *sessions) privateKey() *rsa.PrivateKey {
	s.keyOnce.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic("emulator: making a key: " + err.Error()) // no randomness, no point in going on
		}
		s.key = key
	})
	return s.key
}

// publicKey is what assertions are checked with.
func (s *sessions) publicKey() *rsa.PublicKey {
	if s.settings.PublicKey != nil {
		return s.settings.PublicKey
	}
	return &s.privateKey().PublicKey
}

func (s *sessions) next() int {
	s.serial++
	return s.serial
}

// mint returns a new access token of the org's own app.
func (s *sessions) mint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(s.clientID, defaultScope, nil)
}

// open begins a session and returns its access token: the org's id, a mark that
// cannot be guessed, and the session's number.
func (s *sessions) open(client, scope string, g *grant) string {
	serial := s.next()
	now := s.now()
	s.live[serial] = &session{client: client, scope: scope, grant: g, issued: now, used: now}
	for ; len(s.live) > maxSessions; s.oldest++ {
		delete(s.live, s.oldest)
	}
	return fmt.Sprintf("%s!%s.%d", orgID()[:15], s.mark("AQE", serial), serial)
}

func (s *sessions) mark(kind string, serial int) string {
	mac := hmac.New(sha256.New, []byte(s.clientSecret))
	fmt.Fprint(mac, kind, serial)
	return kind + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *sessions) ttl() time.Duration {
	if s.settings.SessionTTL > 0 {
		return s.settings.SessionTTL
	}
	return defaultTTL
}

// find returns the session of a token and its number. A session that was idle
// too long is over, but where no SessionTTL is set none ever is.
func (s *sessions) find(token string) (int, *session) {
	dot := strings.LastIndexByte(token, '.')
	serial, err := strconv.Atoi(token[dot+1:])
	if dot < 0 || err != nil {
		return 0, nil
	}
	found := s.live[serial]
	if found == nil || token != fmt.Sprintf("%s!%s.%d", orgID()[:15], s.mark("AQE", serial), serial) {
		return 0, nil
	}
	if s.settings.SessionTTL > 0 && s.now().Sub(found.used) >= s.settings.SessionTTL {
		delete(s.live, serial)
		return 0, nil
	}
	return serial, found
}

// valid reports whether a token is good, and prolongs its session: use counts.
func (s *sessions) valid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.find(token)
	if found == nil {
		return false
	}
	found.used = s.now()
	return true
}

func (s *sessions) expire() {
	s.mu.Lock()
	clear(s.live)
	s.mu.Unlock()
}

// grant gives out a refresh token. The oldest of the same app's goes where
// there are too many, and nobody is told.
func (s *sessions) grant(client, scope string) *grant {
	g := &grant{client: client, scope: scope, issued: s.now()}
	g.token = s.mark("5Aep861", s.next())
	count := 1
	for _, other := range s.grants {
		if other.client == client {
			count++
		}
	}
	if count > maxGrants {
		i := slices.IndexFunc(s.grants, func(other *grant) bool { return other.client == client })
		s.revokeGrant(s.grants[i])
	}
	s.grants = append(s.grants, g)
	return g
}

// revokeGrant ends a refresh token and the sessions that came of it.
func (s *sessions) revokeGrant(g *grant) {
	s.grants = slices.DeleteFunc(s.grants, func(other *grant) bool { return other == g })
	for serial, live := range s.live {
		if live.grant == g {
			delete(s.live, serial)
		}
	}
}

func (s *sessions) findGrant(token string) *grant {
	for _, g := range s.grants {
		if token != "" && g.token == token {
			return g
		}
	}
	return nil
}

// refreshToken returns a token that works: the oldest of the org's own app, or
// a new one where all were revoked.
func (s *sessions) refreshToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		if g.client == s.clientID {
			return g.token
		}
	}
	return s.grant(s.clientID, defaultScope).token
}

// revoke ends a session or a grant, and reports whether there was one.
func (s *sessions) revoke(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.findGrant(token); g != nil {
		s.revokeGrant(g)
		return true
	}
	serial, found := s.find(token)
	delete(s.live, serial)
	return found != nil
}

// code gives out an authorization code for what the user allowed.
func (s *sessions) code(c authCode) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.issued = s.now()
	for text, old := range s.codes {
		if c.issued.Sub(old.issued) > 2*codeTTL || len(s.codes) >= maxCodes {
			delete(s.codes, text)
		}
	}
	// Real ones end so too, which tells whether a client escapes them.
	text := s.mark("aPrx", s.next()) + "=="
	s.codes[text] = &c
	return text
}

// redeem takes a code, which works once.
func (s *sessions) redeem(text string) (*authCode, *oauthError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.codes[text]
	delete(s.codes, text)
	switch {
	case c == nil:
		return nil, &oauthError{"invalid_grant", "invalid authorization code"}
	case s.now().Sub(c.issued) > codeTTL:
		return nil, &oauthError{"invalid_grant", "expired authorization code"}
	}
	return c, nil
}

func orgID() string  { return string(appendID18(nil, "00D", 0)) }
func userID() string { return string(appendID18(nil, "005", 0)) }
