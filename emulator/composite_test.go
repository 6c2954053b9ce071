package emulator

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

type compositeReply struct {
	Responses []struct {
		Body    json.RawMessage   `json:"body"`
		Headers map[string]string `json:"httpHeaders"`
		Status  int               `json:"httpStatusCode"`
		Ref     string            `json:"referenceId"`
	} `json:"compositeResponse"`
}

func (r *compositeReply) text() string {
	var b strings.Builder
	for _, sub := range r.Responses {
		fmt.Fprintf(&b, "%s %d %s\n", sub.Ref, sub.Status, sub.Body)
	}
	return b.String()
}

func sendComposite(t testing.TB, s *Server, allOrNone bool, subs ...string) compositeReply {
	t.Helper()
	var reply compositeReply
	sendJSON(t, s, "POST", root+"/composite", fmt.Sprintf(`{"allOrNone":%v,"compositeRequest":[%s]}`, allOrNone, strings.Join(subs, ",")), 200, &reply)
	return reply
}

func sub(method, path, ref, body string) string {
	if body == "" {
		body = "null"
	}
	return fmt.Sprintf(`{"method":%q,"url":%q,"referenceId":%q,"body":%s}`, method, root+path, ref, body)
}

func TestCompositeReferences(t *testing.T) {
	s := start(t)
	for _, allOrNone := range []bool{false, true} {
		reply := sendComposite(t, s, allOrNone,
			sub("POST", "/sobjects/Account", "acc", `{"Name":"Ref Corp"}`),
			sub("POST", "/sobjects/Contact", "con", `{"LastName":"of @{acc.id}","AccountId":"@{acc.id}"}`),
			sub("GET", "/query?q=SELECT Id, Account.Name FROM Contact WHERE AccountId = '@{acc.id}'", "q", ""),
			sub("PATCH", "/sobjects/Contact/@{q.records[0].Id}", "up", `{"Title":"@{q.records[0].Account.Name}"}`),
			sub("GET", "/sobjects/Contact/@{con.id}?fields=Title,LastName", "get", ""),
			sub("DELETE", "/sobjects/Contact/@{nope.id}", "bad", ""),
		)
		if allOrNone {
			for i, sub := range reply.Responses {
				if sub.Status != 400 || !strings.Contains(string(sub.Body), "PROCESSING_HALTED") || strings.Contains(string(sub.Body), "No value for nope.id") != (i == 5) {
					t.Errorf("%s: %d %s", sub.Ref, sub.Status, sub.Body)
				}
			}
			continue
		}
		var acc saved
		if err := json.Unmarshal(reply.Responses[0].Body, &acc); err != nil || reply.Responses[0].Headers["Location"] != root+"/sobjects/Account/"+acc.ID {
			t.Fatalf("%v, %v", err, reply.Responses[0])
		}
		var statuses []int
		for _, sub := range reply.Responses {
			statuses = append(statuses, sub.Status)
		}
		if fmt.Sprint(statuses) != "[201 201 200 204 200 400]" || !strings.Contains(string(reply.Responses[4].Body), `"Title":"Ref Corp","LastName":"of `+acc.ID+`"`) {
			t.Errorf("%s", reply.text())
		}
	}
	if n := len(values(t, s, "SELECT Id FROM Account WHERE Name = 'Ref Corp'", "Id")); n != 1 {
		t.Errorf("%d accounts; the second composite was to leave none", n)
	}
}

func TestCompositeRules(t *testing.T) {
	s := start(t)
	query := func(i int) string { return sub("GET", "/query?q=SELECT Id FROM Profile", fmt.Sprint("q", i), "") }
	var six []string
	for i := range 6 {
		six = append(six, query(i))
	}
	post := func(subs ...string) string {
		return refusal(t, s, "POST", root+"/composite", `{"compositeRequest":[`+strings.Join(subs, ",")+`]}`)
	}
	if got := post(six...); !strings.HasPrefix(got, "400 LIMIT_EXCEEDED") {
		t.Errorf("six queries: %s", got)
	}
	if got := post(query(1), query(1)); !strings.HasPrefix(got, "400 INVALID_INPUT: Duplicate referenceId") {
		t.Errorf("a reference used twice: %s", got)
	}
	free := start(t, WithQuirks(Quirks{AnyNumberOfSubqueries: true}))
	if reply := sendComposite(t, free, false, six...); len(reply.Responses) != 6 {
		t.Error("six queries under the switch")
	}
	reply := sendComposite(t, s, true, sub("POST", "/sobjects/Account", "a", `{"Name":"undone"}`),
		sub("POST", "/composite/sobjects", "b", `{"allOrNone":true,"records":[{"attributes":{"type":"Account"}}]}`))
	if !strings.Contains(string(reply.Responses[0].Body), "PROCESSING_HALTED") || !strings.Contains(string(reply.Responses[1].Body), "REQUIRED_FIELD_MISSING") {
		t.Errorf("%s", reply.text())
	}
	if len(values(t, s, "SELECT Id FROM Account WHERE Name = 'undone'", "Id")) != 0 {
		t.Error("the collection's failure left something")
	}
}

func TestBatchHalts(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ halt, want string }{{"false", "[201 400 200]"}, {"true", "[201 400 412]"}} {
		var reply struct {
			HasErrors bool `json:"hasErrors"`
			Results   []struct {
				StatusCode int `json:"statusCode"`
			} `json:"results"`
		}
		sendJSON(t, s, "POST", root+"/composite/batch", `{"haltOnError":`+c.halt+`,"batchRequests":[
			{"method":"POST","url":"v67.0/sobjects/Account","richInput":{"Name":"batched"}},
			{"method":"POST","url":"v67.0/sobjects/Account","richInput":{}},
			{"method":"GET","url":"v67.0/limits"}]}`, 200, &reply)
		var got []int
		for _, r := range reply.Results {
			got = append(got, r.StatusCode)
		}
		if fmt.Sprint(got) != c.want || !reply.HasErrors {
			t.Errorf("haltOnError %s: %v, want %s", c.halt, got, c.want)
		}
	}
}

// outcome writes the rows of a collection's answer as one line.
func outcome(rows []saved) string {
	var parts []string
	for _, r := range rows {
		switch {
		case !r.Success:
			parts = append(parts, r.Errors[0].StatusCode)
		case r.Created != nil && *r.Created:
			parts = append(parts, "created")
		case r.Created != nil:
			parts = append(parts, "found")
		default:
			parts = append(parts, "ok")
		}
	}
	return strings.Join(parts, " ")
}

func TestCollections(t *testing.T) {
	s := start(t)
	sendJSON := func(t testing.TB, s *Server, method, path, body string, status int, rows *[]saved) {
		t.Helper()
		*rows = nil // a member that the answer leaves out must not stay
		sendJSON(t, s, method, path, body, status, rows)
	}
	many := root + "/composite/sobjects"
	var rows []saved
	body := `"records":[{"attributes":{"type":"Account"},"Name":"one"},{"attributes":{"type":"Contact"},"FirstName":"two"},{"attributes":{"type":"Account"},"Name":"three"}]}`
	sendJSON(t, s, "POST", many, `{"allOrNone":true,`+body, 200, &rows)
	if got := outcome(rows); got != "ALL_OR_NONE_OPERATION_ROLLED_BACK REQUIRED_FIELD_MISSING ALL_OR_NONE_OPERATION_ROLLED_BACK" {
		t.Error(got)
	}
	sendJSON(t, s, "POST", many, `{"allOrNone":false,`+body, 200, &rows)
	if got := outcome(rows); got != "ok REQUIRED_FIELD_MISSING ok" || rows[1].ID != "" || rows[1].Errors[0].Fields[0] != "LastName" {
		t.Errorf("%s %+v", got, rows[1])
	}
	one, three := rows[0].ID, rows[2].ID
	sendJSON(t, s, "PATCH", many, `{"records":[{"attributes":{"type":"Account"},"id":"`+three+`","Site":"x"},{"attributes":{"type":"Account"},"Name":"no id"},
		{"attributes":{"type":"Account"},"Id":"`+one+`","Site":"y"}]}`, 200, &rows)
	if got := outcome(rows); got != "ok MISSING_ARGUMENT ok" || rows[0].ID != three {
		t.Error(got)
	}
	sendJSON(t, s, "PATCH", many+"/Everything__c/CaseSensitive__c", `{"records":[
		{"attributes":{"type":"Everything__c"},"CaseSensitive__c":"c1"},{"attributes":{"type":"Everything__c"},"Text__c":"none"}]}`, 200, &rows)
	if got := outcome(rows); got != "created MISSING_ARGUMENT" {
		t.Error(got)
	}
	sendJSON(t, s, "PATCH", many+"/Everything__c/CaseSensitive__c", `{"records":[{"attributes":{"type":"Everything__c"},"CaseSensitive__c":"c1"}]}`, 200, &rows)
	if got := outcome(rows); got != "found" {
		t.Error(got)
	}
	sendJSON(t, s, "PATCH", many+"/Account/Id", `{"records":[{"attributes":{"type":"Account"},"Id":"`+one+`","Name":"by id"},{"attributes":{"type":"Account"},"Id":null,"Name":"new"}]}`, 200, &rows)
	if got := outcome(rows); got != "found created" {
		t.Error(got)
	}
	sendJSON(t, s, "DELETE", many+"?allOrNone=false&ids="+one+",bad,"+three+","+one, "", 200, &rows)
	if got := outcome(rows); got != "ok MALFORMED_ID ok ENTITY_IS_DELETED" {
		t.Error(got)
	}
}

func TestCollectionRules(t *testing.T) {
	s := start(t)
	repeat := func(n int, of ...string) string {
		var list []string
		for i := range n {
			list = append(list, of[i%len(of)])
		}
		return `{"records":[` + strings.Join(list, ",") + `]}`
	}
	account, lead := `{"attributes":{"type":"Account"},"Name":"x"}`, `{"attributes":{"type":"Lead"},"LastName":"x","Company":"y"}`
	for body, want := range map[string]string{
		repeat(201, account):      "400 EXCEEDED_ID_LIMIT",
		repeat(11, account, lead): "400 LIMIT_EXCEEDED: Cannot have more than 10 chunks",
		repeat(1, `{"Name":"x"}`): "400 INVALID_INPUT",
		`{"records":1}`:           "400 JSON_PARSER_ERROR",
		`[]`:                      "400 JSON_PARSER_ERROR",
	} {
		if got := refusal(t, s, "POST", root+"/composite/sobjects", body); !strings.HasPrefix(got, want) {
			t.Errorf("%.80s: %s, want %s", body, got, want)
		}
	}
	free := start(t, WithQuirks(Quirks{AnyNumberOfChunks: true}))
	var rows []saved
	sendJSON(t, free, "POST", root+"/composite/sobjects", repeat(11, account, lead), 200, &rows)
	if len(rows) != 11 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestRetrieveMany(t *testing.T) {
	s := start(t)
	all := stored(t, s, "Account", nil)
	a, b := all[0]["Id"].(string), all[1]["Id"].(string)
	var got []map[string]any
	sendJSON(t, s, "POST", root+"/composite/sobjects/Account", `{"ids":["`+b+`","001Kj0zzzzzzzzz","`+a+`"],"fields":["id","Name"]}`, 200, &got)
	if len(got) != 3 || got[0]["Id"] != b || got[1] != nil || got[2]["Name"] != all[0]["Name"] {
		t.Errorf("%v", got)
	}
	sendJSON(t, s, "GET", root+"/composite/sobjects/Account?ids="+a+","+b+"&fields=Id", "", 200, &got)
	if len(got) != 2 || got[1]["Id"] != b {
		t.Errorf("%v", got)
	}
	if got := refusal(t, s, "POST", root+"/composite/sobjects/Account", `{"ids":["`+a+`"],"fields":["Nope"]}`); got != "400 INVALID_FIELD: No such column 'Nope' on sobject of type Account" {
		t.Error(got)
	}
}

func TestTree(t *testing.T) {
	s := start(t)
	body := `{"records":[{"attributes":{"type":"Account","referenceId":"a"},"Name":"Tree A","Contacts":{"records":[
		{"attributes":{"type":"Contact","referenceId":"c1"},"LastName":"Leaf 1"},{"attributes":{"type":"Contact","referenceId":"c2"},"LastName":%q}]}},
		{"attributes":{"type":"Account","referenceId":"b"},"Name":"Tree B"}]}`
	var answer treeAnswer
	sendJSON(t, s, "POST", root+"/composite/tree/Account", fmt.Sprintf(body, ""), 400, &answer)
	if !answer.HasErrors || len(answer.Results) != 1 || answer.Results[0].ReferenceID != "c2" || answer.Results[0].Errors[0].StatusCode != "REQUIRED_FIELD_MISSING" {
		t.Errorf("%+v", answer)
	}
	if n := len(values(t, s, "SELECT Id FROM Account WHERE Name LIKE 'Tree %'", "Id")); n != 0 {
		t.Errorf("%d records of a tree that failed", n)
	}
	answer = treeAnswer{}
	sendJSON(t, s, "POST", root+"/composite/tree/Account", fmt.Sprintf(body, "Leaf 2"), 201, &answer)
	if answer.HasErrors || len(answer.Results) != 4 || answer.Results[0].ReferenceID != "a" {
		t.Errorf("%+v", answer)
	}
	found := records(t, s, "query", "SELECT LastName, Account.Name FROM Contact WHERE LastName LIKE 'Leaf _' ORDER BY Id")
	if len(found) != 2 || found[1]["Account"].(map[string]any)["Name"] != "Tree A" {
		t.Errorf("%v", found)
	}
	for body, want := range map[string]string{
		`{"records":[{"attributes":{"type":"Account"},"Name":"x"}]}`:                                                             "Include a reference ID",
		strings.Replace(fmt.Sprintf(body, "x"), `"c1"`, `"a"`, 1):                                                                "Duplicate ReferenceId",
		`{"records":[{"attributes":{"type":"Account","referenceId":"a"},"Name":"x","Contacts":{"records":[{"LastName":"x"}]}}]}`: "should be Contact",
	} {
		if res, text := do(t, s, "POST", root+"/composite/tree/Account", body); res.StatusCode != 400 || !strings.Contains(text, want) {
			t.Errorf("%d %s, want %s", res.StatusCode, text, want)
		}
	}
}

// FuzzWrites sends bodies to everything that writes: the answer is JSON and no
// server error, and the counts still fit the rows.
func FuzzWrites(f *testing.F) {
	paths := []string{"/sobjects/Everything__c", "/composite", "/composite/batch", "/composite/sobjects", "/composite/tree/Account", "/sobjects/Contact/Email/a@b.example"}
	for i, seed := range []string{
		`{"Text__c":"x","Double__c":"1e400","Date__c":"2024-02-30","Multi__c":";;Ω;","Self__r":{"CaseSensitive__c":"key-0"},"Location__Latitude__s":-0.0}`,
		`{"allOrNone":true,"compositeRequest":[{"method":"POST","url":"/services/data/v60.0/sobjects/Account","referenceId":"a","body":{"Name":"n"}},
			{"method":"GET","url":"/services/data/v60.0/query?q=SELECT Id FROM Account WHERE Id='@{a.id}'","referenceId":"b"},
			{"method":"DELETE","url":"/services/data/v60.0/sobjects/Account/@{b.records[0].Id}","referenceId":"c"}]}`,
		`{"haltOnError":true,"batchRequests":[{"method":"PATCH","url":"v60.0/sobjects/Everything__c/CaseSensitive__c/x%2Fy","richInput":{"Time__c":"24:00"}}]}`,
		`{"allOrNone":true,"records":[{"attributes":{"type":"Account"},"Name":"a"},{"attributes":{"type":"Task"},"WhoId":"003000000000000"}]}`,
		`{"records":[{"attributes":{"type":"Account","referenceId":"r"},"Name":"a","Contacts":{"records":[{"attributes":{"type":"Contact","referenceId":"s"},"LastName":"l"}]}}]}`,
		`{"LastName":"l"}`,
	} {
		f.Add(uint8(i), seed)
	}
	s := start(f)
	token := s.AccessToken()
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		path := paths[int(which)%len(paths)]
		method := "POST"
		if strings.Contains(path, "@") {
			method = "PATCH"
		}
		req := httptest.NewRequest(method, root+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		res := httptest.NewRecorder()
		s.Handler().ServeHTTP(res, req)
		if text := res.Body.Bytes(); res.Code >= 500 || len(text) > 0 && !json.Valid(text) {
			t.Fatalf("%s %q: %d %s", path, body, res.Code, text)
		}
		for _, table := range s.snapshot().tables[:2] {
			live, hidden := 0, table.hidden(false)
			for row := range table.size {
				if hidden == nil || !hidden(row) {
					live++
				}
			}
			if live != table.live() {
				t.Fatalf("%s counts %d live rows of %d", table.obj.Name, table.live(), live)
			}
		}
	})
}
