package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// theKey is the private key of the app. Making one takes a moment.
var theKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func inPEM(kind string, der []byte, headers map[string]string) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der, Headers: headers})
}

func TestPrivateKeysAreReadInEveryForm(t *testing.T) {
	key := theKey()
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PrivateKey(key)
	oneLine := strings.ReplaceAll(string(inPEM("PRIVATE KEY", pkcs8, nil)), "\n", `\n`)
	for name, text := range map[string][]byte{
		"PKCS #8": inPEM("PRIVATE KEY", pkcs8, nil), "PKCS #1": inPEM("RSA PRIVATE KEY", pkcs1, nil), "in one line": []byte(oneLine),
		"behind a comment": append([]byte("Bag Attributes\n    friendlyName: x\n"), inPEM("PRIVATE KEY", pkcs8, nil)...),
		"with CRLF":        []byte(strings.ReplaceAll(string(inPEM("PRIVATE KEY", pkcs8, nil)), "\n", "\r\n")),
	} {
		if got, err := parseKey(text); err != nil || !got.Equal(key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec8, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for want, texts := range map[string][][]byte{
		"not in PEM":      {[]byte("hidden-key"), pkcs8, {}},
		"passphrase":      {inPEM("ENCRYPTED PRIVATE KEY", pkcs8, nil), inPEM("RSA PRIVATE KEY", pkcs1, map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"})},
		"CERTIFICATE":     {inPEM("CERTIFICATE", pkcs8, nil)},
		"PUBLIC KEY":      {inPEM("PUBLIC KEY", pkcs8, nil)},
		"RSA keys only":   {inPEM("PRIVATE KEY", ec8, nil), inPEM("EC PRIVATE KEY", ec, nil)},
		"damaged":         {inPEM("PRIVATE KEY", pkcs8[:100], nil), inPEM("RSA PRIVATE KEY", []byte("hidden-key"), nil)},
		"jwt needs Priva": nil,
	} {
		for _, text := range texts {
			if _, err := parseKey(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden-key") {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
	if _, err := JWT(Config{LoginURL: "https://login.salesforce.com", ClientID: "key", Username: "u"}); err == nil || !strings.Contains(err.Error(), "PrivateKey") {
		t.Errorf("without a key: %v", err)
	}
}

func TestTheAudienceFollowsTheHost(t *testing.T) {
	const production, sandbox = "https://login.salesforce.com", "https://test.salesforce.com"
	for host, want := range map[string]string{
		"login.salesforce.com": production, "acme.my.salesforce.com": production, "acme-dev-ed.develop.my.salesforce.com": production, "127.0.0.1:8080": production,
		"test.salesforce.com": sandbox, "TEST.salesforce.com": sandbox, "acme--uat.sandbox.my.salesforce.com": sandbox, "acme--uat.my.salesforce.com": sandbox,
		"x.scratch.my.salesforce.com": sandbox, "x.sandbox.my.salesforce.com": sandbox, "acme.my.site.com": "https://acme.my.site.com",
	} {
		u, err := ParseURL("https://" + host)
		if err != nil {
			t.Fatal(err)
		}
		if got := audienceOf(u); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

func TestAnAssertionSaysWhatSalesforceDemands(t *testing.T) {
	key := inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(theKey()), nil)
	synctest.Test(t, func(t *testing.T) {
		var sent url.Values
		cfg := config(func(r *http.Request) (*http.Response, error) {
			sent = form(t, r)
			return granted("tok", "https://a.my.salesforce.com", ""), nil
		})
		cfg.Username, cfg.PrivateKey, cfg.Audience = "ü@example.com", key, "https://site.example.com/x"
		if _, err := must(t)(JWT(cfg)).Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(sent) != 2 || sent.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
			t.Errorf("sent %v", sent)
		}
		parts := strings.Split(sent.Get("assertion"), ".")
		claims := map[string]any{}
		text, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil || json.Unmarshal(text, &claims) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		expires, _ := claims["exp"].(float64)
		if claims["iss"] != "key" || claims["sub"] != "ü@example.com" || claims["aud"] != "https://site.example.com/x" || int64(expires) != time.Now().Add(3*time.Minute).Unix() {
			t.Errorf("claims %s", text)
		}
	})
}
