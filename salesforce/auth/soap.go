package auth

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lastSOAPLogin is the newest API version that has a login.
const lastSOAPLogin = 64

// soapEnd is what users of the SOAP login should know.
const soapEnd = "SOAP login works up to API version 64.0 only and ends with Salesforce's Summer '27 release (June 2027); " +
	"move to the client credentials, the JWT bearer or the browser login"

// SOAP logs in with a user's name and password, and the security token behind
// it where the caller's address is not a trusted one. It needs no app.
// Salesforce will end it: see Notices.
func SOAP(cfg Config) (Source, error) {
	u, err := cfg.login(flowSOAP, "Username", "Password")
	if err != nil {
		return nil, err
	}
	version, err := soapVersion(cfg.APIVersion)
	if err != nil {
		return nil, err
	}
	body, err := soapRequest(cfg.Username, cfg.Password+cfg.SecurityToken)
	if err != nil {
		return nil, err
	}
	e := &exchange{flow: flowSOAP, host: u.Host, client: loginClient(cfg.HTTPClient), secrets: cfg.secrets}
	e.ask = func(ctx context.Context) (Token, error) {
		return soapLogin(ctx, e.client, u.String()+soapPath+version, body)
	}
	s := e.source(cfg)
	s.spare = lockoutPause
	s.tell = func() []string { return []string{soapEnd} }
	return s, nil
}

// soapVersion returns the version to log in with. The data calls may use a
// newer one.
func soapVersion(text string) (string, error) {
	if text == "" {
		return strconv.Itoa(lastSOAPLogin) + ".0", nil
	}
	major, ok := strings.CutSuffix(text, ".0")
	n, err := strconv.Atoi(major)
	if !ok || err != nil || n <= 0 {
		return "", fmt.Errorf("auth: soap: %q is not an API version such as 64.0", text)
	}
	return strconv.Itoa(min(n, lastSOAPLogin)) + ".0", nil
}

func soapRequest(username, password string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` +
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com">` +
		`<soapenv:Body><urn:login>`)
	for _, part := range []struct{ name, value string }{{"username", username}, {"password", password}} {
		// EscapeText would replace such a character, and the login fail.
		if strings.ContainsFunc(part.value, notInXML) || !utf8.ValidString(part.value) {
			return nil, fmt.Errorf("auth: soap: the %s has a character that XML cannot carry; use another way to log in", part.name)
		}
		fmt.Fprintf(&b, "<urn:%s>", part.name)
		if err := xml.EscapeText(&b, []byte(part.value)); err != nil {
			return nil, fmt.Errorf("auth: soap: %w", err)
		}
		fmt.Fprintf(&b, "</urn:%s>", part.name)
	}
	b.WriteString("</urn:login></soapenv:Body></soapenv:Envelope>")
	return b.Bytes(), nil
}

// notInXML reports whether a character is outside https://www.w3.org/TR/xml/#charsets.
func notInXML(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

func soapLogin(ctx context.Context, client *http.Client, endpoint string, body []byte) (Token, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return Token{}, fmt.Errorf("auth: soap: %w", err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=UTF-8")
	req.Header.Set("SOAPAction", "login")
	status, answer, err := send(client, req)
	if err != nil {
		return Token{}, err
	}
	return readSOAP(status, answer)
}

// soapAnswer is what may come back: a login, or a fault.
type soapAnswer struct {
	Login *struct {
		ServerURL       string `xml:"serverUrl"`
		SessionID       string `xml:"sessionId"`
		PasswordExpired string `xml:"passwordExpired"`
	} `xml:"Body>loginResponse>result"`
	Fault *struct {
		Code   string `xml:"faultcode"`
		Text   string `xml:"faultstring"`
		Detail struct {
			Faults []struct {
				Code    string `xml:"exceptionCode"`
				Message string `xml:"exceptionMessage"`
			} `xml:",any"` // LoginFault, UnexpectedErrorFault and others
		} `xml:"detail"`
	} `xml:"Body>Fault"`
}

// readSOAP takes the token out of an answer.
func readSOAP(status int, body []byte) (Token, error) {
	var a soapAnswer
	if err := xml.Unmarshal(body, &a); err != nil || a.Login == nil && a.Fault == nil {
		return Token{}, strange(status, body)
	}
	if a.Fault != nil {
		return Token{}, a.refusal(status)
	}
	if strings.TrimSpace(a.Login.PasswordExpired) == "true" {
		return Token{}, &Error{
			Code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", Description: "the user's password has expired", Status: status,
		}
	}
	instance, err := instanceOf(strings.TrimSpace(a.Login.ServerURL))
	session := strings.TrimSpace(a.Login.SessionID)
	if err != nil || session == "" {
		return Token{}, &Error{Code: CodeInvalidResponse, Description: "the answer has no usable serverUrl or sessionId", Status: status}
	}
	return Token{AccessToken: session, InstanceURL: instance}, nil
}

// instanceOf returns the base of the data calls: what comes before the path of
// the SOAP API.
func instanceOf(serverURL string) (string, error) {
	base, _, found := strings.Cut(serverURL, "/services/Soap/")
	if !found {
		return "", errors.New("auth: soap: not a server URL")
	}
	if _, err := url.Parse(base); err != nil {
		return "", errors.New("auth: soap: not a server URL")
	}
	return base, nil
}

// refusal prefers the detail, which has the code alone.
func (a *soapAnswer) refusal(status int) *Error {
	f := a.Fault
	for _, d := range f.Detail.Faults {
		if d.Code != "" {
			return &Error{Code: strings.TrimSpace(d.Code), Description: d.Message, Status: status}
		}
	}
	code := strings.TrimSpace(f.Code)
	if _, local, found := strings.Cut(code, ":"); found {
		code = local
	}
	if code == "" {
		code = CodeInvalidResponse
	}
	return &Error{Code: code, Description: strings.TrimPrefix(strings.TrimSpace(f.Text), code+": "), Status: status}
}
