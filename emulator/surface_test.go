package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// surface has a request to each endpoint: method, target, body and headers, a
// line each. {names} stand for what surfaceNames knows.
var surface = [][4]string{
	{"GET", "/services/data", "", ""},
	{"GET", "//services/data/v67.0/", "", "Accept-Encoding: gzip"},
	{"GET", "/services/data/v20.0/query?q=x", "", ""},
	{"GET", "/elsewhere", "", ""},
	{"GET", root + "/query?q=SELECT+Id,Name,(SELECT+Id+FROM+Contacts)+FROM+Account+WHERE+Name+LIKE+'a%25'", "", "Sforce-Query-Options: batchSize=200"},
	{"GET", root + "/query?q=SELECT+COUNT(Id)+n,Type+FROM+Account+GROUP+BY+ROLLUP(Type)", "", "Accept-Encoding: gzip"},
	{"HEAD", root + "/query?q=SELECT+Id+FROM+Everything__c+WHERE+Multi__c+INCLUDES('a%3Bb')", "", ""},
	{"GET", root + "/queryAll/?q=SELECT+FIELDS(ALL)+FROM+Everything__c+LIMIT+3", "", ""},
	{"GET", root + "/query/{locator}", "", "Sforce-Query-Options: batchSize=2000"},
	{"GET", root + "/query?explain=SELECT+Id+FROM+Account+WHERE+Id='{account}'", "", ""},
	{"GET", root + "/query?q=SELECT+Id,Account.Name+FROM+Contact&columns=true", "", ""},
	{"GET", root + "/limits", "", "Authorization: Bearer nobody"},
	{"GET", root + "/limits/recordCount?sObjects=Account,Nope", "", ""},
	{"GET", root + "/sobjects", "", "If-Modified-Since: Sun, 01 Sep 2024 12:00:00 GMT"},
	{"GET", root + "/sobjects/Account", "", ""},
	{"GET", root + "/sobjects/Account/describe", "", ""},
	{"GET", root + "/sobjects/Account/{account}?fields=Id,Name", "", ""},
	{"PATCH", root + "/sobjects/Account/{account}", `{"Name":"\u00e9\ud83d\ude00","AnnualRevenue":1e9}`, "Content-Type: application/json"},
	{"DELETE", root + "/sobjects/Lead/{lead}", "", ""},
	{"POST", root + "/sobjects/Account/{account}?_HttpMethod=PATCH", `{"Name":null}`, ""},
	{"PATCH", root + "/sobjects/Everything__c/CaseSensitive__c/x%2Fy", `{"Text__c":"x","Date__c":"2024-02-30"}`, ""},
	{"GET", root + "/sobjects/ContentVersion/{version}/VersionData", "", ""},
	{"GET", root + "/sobjects/Account/updated?start=2024-01-01T00:00:00Z&end=2024-01-02T00:00:00%2B00:00", "", ""},
	{"GET", root + "/sobjects/Account/deleted?start=x", "", ""},
	{"POST", root + "/sobjects/Contact", `{"LastName":"l","AccountId":"{account}"}`, "Sforce-Duplicate-Rule-Header: allowSave=true"},
	{"POST", root + "/composite", `{"allOrNone":true,"compositeRequest":[{"method":"GET","url":"` + root + `/query?q=SELECT+Id+FROM+Account","referenceId":"a"}]}`, ""},
	{"POST", root + "/composite/batch", `{"batchRequests":[{"method":"GET","url":"v67.0/sobjects/Account/describe"}]}`, ""},
	{"POST", root + "/composite/sobjects", `{"records":[{"attributes":{"type":"Account"},"Name":"a"}]}`, ""},
	{"PATCH", root + "/composite/sobjects/Everything__c/CaseSensitive__c", `{"records":[{"attributes":{"type":"Everything__c"},"CaseSensitive__c":"k"}]}`, ""},
	{"GET", root + "/composite/sobjects/Account?ids={account},nonsense&fields=Id", "", ""},
	{"DELETE", root + "/composite/sobjects?ids={lead}&allOrNone=true", "", ""},
	{"POST", root + "/composite/tree/Account", `{"records":[{"attributes":{"type":"Account","referenceId":"r"},"Name":"a"}]}`, ""},
	{"GET", root + "/jobs/query?jobType=V2Query&queryLocator=x-1", "", ""},
	{"POST", root + "/jobs/query", `{"operation":"queryAll","query":"SELECT Id, Name FROM Account","columnDelimiter":"PIPE","lineEnding":"CRLF"}`, ""},
	{"GET", root + "/jobs/query/{queryjob}", "", ""},
	{"GET", root + "/jobs/query/{queryjob}/results?maxRecords=7&locator=MjAw", "", "Accept: text/csv"},
	{"GET", root + "/jobs/query/{queryjob}/resultPages", "", ""},
	{"POST", root + "/jobs/ingest", `{"operation":"upsert","object":"Everything__c","externalIdFieldName":"CaseSensitive__c"}`, ""},
	{"POST", root + "/jobs/ingest", "--b\r\nContent-Disposition: form-data; name=\"job\"\r\nContent-Type: application/json\r\n\r\n" +
		"{\"object\":\"Lead\",\"operation\":\"insert\"}\r\n--b\r\nContent-Disposition: form-data; name=\"content\"; filename=\"c\"\r\n" +
		"Content-Type: text/csv\r\n\r\nLastName,Company\nx,y\n\r\n--b--\r\n", "Content-Type: multipart/form-data; boundary=b"},
	{"PUT", root + "/jobs/ingest/{ingestjob}/batches", "LastName,Company\n\"x\"\"\",y\n", "Content-Type: text/csv"},
	{"PATCH", root + "/jobs/ingest/{ingestjob}", closing, ""},
	{"GET", root + "/jobs/ingest/{ingestjob}/failedResults", "", ""},
	{"DELETE", root + "/jobs/ingest/{ingestjob}", "", ""},
	{"GET", "/services/oauth2/authorize?response_type=code&client_id={client}&redirect_uri=http://localhost:1/cb&state=s", "", ""},
	{"POST", "/services/oauth2/authorize", "response_type=code&client_id={client}&username=u&password=p", "Content-Type: application/x-www-form-urlencoded"},
	{"POST", "/services/oauth2/token", "grant_type=client_credentials&client_id={client}&client_secret={secret}&format=xml", "Content-Type: application/x-www-form-urlencoded"},
	{"POST", "/services/oauth2/token", "grant_type=refresh_token&client_id={client}&refresh_token=<>", "Content-Type: application/x-www-form-urlencoded\nAccept: application/xml"},
	{"POST", "/services/oauth2/token", "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=e30.e30.e30&format=urlencoded", "Content-Type: application/x-www-form-urlencoded"},
	{"POST", "/services/oauth2/introspect", "token=x&client_id={client}&client_secret={secret}", "Content-Type: application/x-www-form-urlencoded"},
	{"POST", "/services/oauth2/revoke", "token=x", "Content-Type: application/x-www-form-urlencoded"},
	{"GET", "/services/oauth2/userinfo", "", ""},
	{"GET", "/services/oauth2/success?code=<script>", "", ""},
	{"GET", "/id/00D000000000001AAA/005000000000000AAA?format=xml", "", ""},
	{"POST", "/services/Soap/u/60.0", `<Envelope><Body><login><username>u</username><password>&lt;</password></login></Body></Envelope>`, "Content-Type: text/xml\nSOAPAction: login"},
	{"POST", "/services/Soap/c/67.0/00D", `<Envelope><Body><logout/></Body></Envelope>`, "SOAPAction: logout"},
}

// surfaceNames makes what the targets of surface refer to.
func surfaceNames(t testing.TB, s *Server) *strings.Replacer {
	t.Helper()
	first := getPage(t, s, queryPath("query", "SELECT Id FROM Contact"))
	id := func(prefix string) string { return string(appendID18(nil, prefix, 1)) }
	return strings.NewReplacer(
		"{locator}", first.NextRecordsURL[strings.LastIndexByte(first.NextRecordsURL, '/')+1:],
		"{account}", id("001"), "{lead}", id("00Q"), "{version}", id("068"),
		"{queryjob}", askJob(t, s, 200, "POST", root+"/jobs/query", `{"operation":"query","query":"SELECT Id, Name FROM Account"}`)["id"].(string),
		"{ingestjob}", askJob(t, s, 200, "POST", ingestPath, `{"operation":"insert","object":"Lead"}`)["id"].(string),
		"{client}", s.ClientID(), "{secret}", s.ClientSecret(),
	)
}

// surfaceRequest makes a request as net/http would hand it over, nil where
// net/http would refuse it.
func surfaceRequest(method, target, body, headers string) *http.Request {
	r, err := http.NewRequest(method, "http://org.example"+target, strings.NewReader(body))
	if err != nil || !strings.HasPrefix(target, "/") || r.Host != "org.example" {
		return nil
	}
	for line := range strings.SplitSeq(headers, "\n") {
		name, value, _ := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); name == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			continue
		}
		r.Header.Add(name, value)
	}
	r.RequestURI, r.RemoteAddr = target, "127.0.0.1:1"
	return r
}

// checkAnswer reports what is wrong with an answer: its status, or a body that
// is not what its content type says.
func checkAnswer(method string, res *http.Response) error {
	body := res.Body
	if res.StatusCode < 200 || res.StatusCode > 599 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		body = z
	}
	text, err := io.ReadAll(body)
	switch {
	case err != nil:
		return err
	case len(text) == 0:
		if res.Header.Get("Content-Type") == "application/json;charset=UTF-8" && res.StatusCode != http.StatusNoContent && method != http.MethodHead {
			return errors.New("no JSON")
		}
		return nil
	case res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified:
		return fmt.Errorf("a body of %d bytes with status %d", len(text), res.StatusCode)
	}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if err := checkBody(kind, text); err != nil {
		return fmt.Errorf("%s: %w in %.500q", kind, err, text)
	}
	return nil
}

func checkBody(kind string, text []byte) error {
	if kind != "application/octet-stream" && !utf8.Valid(text) {
		return errors.New("invalid UTF-8")
	}
	switch kind {
	case "application/json":
		if !json.Valid(text) {
			return errors.New("invalid JSON")
		}
	case "application/xml", "text/xml":
		return checkMarkup(xml.NewDecoder(bytes.NewReader(text)))
	case "text/html":
		d := xml.NewDecoder(bytes.NewReader(text))
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		return checkMarkup(d)
	case "text/csv":
		if strings.Count(string(text), `"`)%2 != 0 || text[len(text)-1] != '\n' {
			return errors.New("a value or a row without an end")
		}
	case "application/x-www-form-urlencoded":
		_, err := url.ParseQuery(string(text))
		return err
	case "application/octet-stream":
	default:
		return errors.New("unknown content type")
	}
	return nil
}

func checkMarkup(d *xml.Decoder) error {
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// FuzzHTTP asks the org for anything: it never panics, and answers what the
// content type says.
func FuzzHTTP(f *testing.F) {
	for _, seed := range surface {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	s := start(f, WithDailyLimit(1<<40), WithRestrictedObjects())
	names, token := surfaceNames(f, s), s.AccessToken()
	f.Fuzz(func(t *testing.T, method, target, body, headers string) {
		r := surfaceRequest(method, names.Replace(target), names.Replace(body), headers)
		if r == nil {
			return
		}
		if r.Header.Get("Authorization") == "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if err := checkAnswer(method, w.Result()); err != nil {
			t.Fatalf("%s %s\n%s\n%s\nanswered %d: %v", method, target, headers, body, w.Code, err)
		}
	})
}
