package emulator

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// lastSoapLogin is the newest API version whose SOAP login works.
const lastSoapLogin = 64

// soapRequest is what the emulated org understands of the partner API: coming
// and going.
type soapRequest struct {
	Session string `xml:"Header>SessionHeader>sessionId"`
	Body    struct {
		Login *struct {
			Username string `xml:"username"`
			Password string `xml:"password"`
		} `xml:"login"`
		Logout *struct{} `xml:"logout"`
	} `xml:"Body"`
}

// soapFault is an error of the SOAP API. All of them have HTTP status 500.
type soapFault struct {
	kind    string // name of the detail element, empty where there is none
	code    string
	message string
}

// soap serves /services/Soap/u/NN.0, where clients log in with a password and
// without an app.
func (s *Server) soap(w *response, r *http.Request, path []string) {
	s.stats.path("soap")
	if len(path) < 2 || path[0] != "u" && path[0] != "c" {
		w.fail(notFound())
		return
	}
	if r.Method != http.MethodPost {
		w.fail(methodNotAllowed(r.Method, "POST"))
		return
	}
	var request soapRequest
	if err := xml.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&request); err != nil {
		writeFault(w, soapFault{code: "soapenv:Client", message: "Premature end of file or malformed XML"})
		return
	}
	version, ok := soapVersion(path[1])
	switch {
	case !ok:
		writeFault(w, soapFault{"UnexpectedErrorFault", "sf:UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"})
	case request.Body.Login != nil && version > lastSoapLogin:
		writeFault(w, soapFault{
			"UnexpectedErrorFault", "sf:UNSUPPORTED_API_VERSION",
			fmt.Sprintf("login() is not available in API version %d.0; use version %d.0 or OAuth", version, lastSoapLogin),
		})
	case request.Body.Login != nil:
		s.soapLogin(w, r, path, request.Body.Login.Username, request.Body.Login.Password)
	case request.Body.Logout != nil:
		s.soapLogout(w, request.Session)
	default:
		writeFault(w, soapFault{code: "soapenv:Client", message: "No operation available for this request"})
	}
}

func soapVersion(segment string) (int, bool) {
	major, ok := strings.CutSuffix(segment, ".0")
	n, err := strconv.Atoi(major)
	return n, ok && err == nil && n >= 31 && n <= newestVersion
}

func (s *Server) soapLogin(w *response, r *http.Request, path []string, user, password string) {
	switch {
	case s.knows(user, password):
	case strings.EqualFold(user, runningUsername) && password == s.sessions.password:
		writeFault(w, soapFault{
			"LoginFault", "sf:LOGIN_MUST_USE_SECURITY_TOKEN",
			"Invalid username, password, security token; or user locked out. From outside of your company's trusted networks, add a security token to your password.",
		})
		return
	default:
		writeFault(w, soapFault{"LoginFault", "sf:INVALID_LOGIN", "Invalid username, password, security token; or user locked out."})
		return
	}
	token := s.AccessToken()
	if s.sessions.settings.PasswordExpired {
		s.sessions.revoke(token)
	}
	base := baseURL(r)
	org15 := orgID()[:15]
	result := []pair{
		{"metadataServerUrl", base + "/services/Soap/m/" + path[1] + "/" + org15},
		{"passwordExpired", strconv.FormatBool(s.sessions.settings.PasswordExpired)},
		{"sandbox", "false"},
		{"serverUrl", base + "/services/Soap/" + path[0] + "/" + path[1] + "/" + org15},
		{"sessionId", token},
		{"userId", userID()},
	}
	var b strings.Builder
	b.WriteString("<loginResponse><result>")
	writeElements(&b, result)
	b.WriteString("<userInfo>")
	writeElements(&b, s.soapUser(base))
	b.WriteString("</userInfo></result></loginResponse>")
	writeEnvelope(w, http.StatusOK, b.String())
}

// soapUser is what a login tells of the user. sessionSecondsValid is the only
// place where Salesforce tells how long a session lives.
func (s *Server) soapUser(base string) []pair {
	u := s.user(base)
	ttl := s.sessions.ttl()
	return []pair{
		{"accessibilityMode", "false"},
		{"chatterExternal", "false"},
		{"currencySymbol", "$"},
		{"orgAttachmentFileSizeLimit", "5242880"},
		{"orgDefaultCurrencyIsoCode", "USD"},
		{"orgDefaultCurrencyLocale", "en_US"},
		{"orgDisallowHtmlAttachments", "false"},
		{"orgHasPersonAccounts", "false"},
		{"organizationId", u.OrganizationID},
		{"organizationMultiCurrency", "false"},
		{"organizationName", "Emulated Org"},
		{"profileId", string(appendID18(nil, "00e", 0))},
		{"roleId", ""},
		{"sessionSecondsValid", strconv.Itoa(int(ttl / time.Second))},
		{"userDefaultCurrencyIsoCode", ""},
		{"userEmail", u.Email},
		{"userFullName", u.Name},
		{"userId", u.UserID},
		{"userLanguage", u.Language},
		{"userLocale", u.Locale},
		{"userName", u.PreferredUsername},
		{"userTimeZone", u.Zoneinfo},
		{"userType", "Standard"},
		{"userUiSkin", "Theme3"},
	}
}

func (s *Server) soapLogout(w *response, session string) {
	if !s.sessions.revoke(session) {
		writeFault(w, soapFault{"UnexpectedErrorFault", "sf:INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session"})
		return
	}
	writeEnvelope(w, http.StatusOK, "<logoutResponse/>")
}

// writeElements writes an element each; what has no value is nil.
func writeElements(b *strings.Builder, elements []pair) {
	for _, e := range elements {
		if e.value == "" {
			fmt.Fprintf(b, `<%s xsi:nil="true"/>`, e.key)
			continue
		}
		fmt.Fprintf(b, "<%s>%s</%s>", e.key, xmlText(e.value), e.key)
	}
}

func writeFault(w *response, f soapFault) {
	message, detail := f.message, ""
	if code, ok := strings.CutPrefix(f.code, "sf:"); ok {
		detail = fmt.Sprintf(`<detail><sf:%s xsi:type="sf:%[1]s"><sf:exceptionCode>%s</sf:exceptionCode>`+
			`<sf:exceptionMessage>%s</sf:exceptionMessage></sf:%[1]s></detail>`, f.kind, code, xmlText(message))
		message = code + ": " + message
	}
	writeEnvelope(w, http.StatusInternalServerError, fmt.Sprintf(
		"<soapenv:Fault><faultcode>%s</faultcode><faultstring>%s</faultstring>%s</soapenv:Fault>", f.code, xmlText(message), detail))
}

func writeEnvelope(w *response, status int, body string) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope `+
		`xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" `+
		`xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+
		`<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`, body) // the client is gone where this fails
}
