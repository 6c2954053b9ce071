package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// describeOf is the describe of an object of the built-in org, as a folder of
// data would hold it.
func describeOf(t testing.TB, object string, change func(d map[string]any)) string {
	t.Helper()
	_, body := do(t, start(t), "GET", root+"/sobjects/"+object+"/describe", "")
	var d map[string]any
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(d)
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func filesOf(files ...string) fstest.MapFS {
	dir := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		dir[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return dir
}

// house__c is what a user may save by hand.
const house = `{"name":"House__c","label":"House","labelPlural":"Houses","keyPrefix":"a00","custom":true,"queryable":true,"createable":true,
"updateable":true,"deletable":true,"fields":[
 {"name":"Id","type":"id","length":18,"filterable":true,"sortable":true,"groupable":true,"idLookup":true},
 {"name":"IsDeleted","type":"boolean","filterable":true},
 {"name":"Name","type":"string","length":20,"nameField":true,"createable":true,"updateable":true,"filterable":true,"sortable":true},
 {"name":"Key__c","type":"string","length":20,"externalId":true,"unique":true,"nillable":true,"createable":true,"filterable":true},
 {"name":"Rooms__c","type":"double","precision":4,"scale":1,"nillable":true,"createable":true,"updateable":true,"filterable":true},
 {"name":"Built__c","type":"date","nillable":true,"createable":true,"filterable":true},
 {"name":"Open__c","type":"boolean","filterable":true},
 {"name":"Next__c","type":"reference","referenceTo":["House__c"],"relationshipName":"Next__r","nillable":true,"createable":true,"filterable":true,"sortable":true},
 {"name":"OwnerId","type":"reference","referenceTo":["User"],"relationshipName":"Owner","createable":true,"filterable":true,"defaultedOnCreate":true},
 {"name":"Account__c","type":"reference","referenceTo":["Account"],"relationshipName":"Account__r","nillable":true,"filterable":true},
 {"name":"CreatedDate","type":"datetime","filterable":true}
]}`

const houses = "Id,Name,Key__c,Rooms__c,Built__c,Open__c,Next__r.Key__c,OwnerId,IsDeleted\n" +
	`"a00Dn00000AbCdE","Mill ""old""","k1","3.5","1899-12-31","true","k2","005Dn000001XyZaIAK","false"` + "\n" +
	`"","Barn","k2","","","false","","","false"` + "\n" +
	`"a00Dn00000AbCdD","Shed","K3","12","2024-02-29","","k1","#N/A","true"` + "\n"

func TestLoadedRecordsAreRead(t *testing.T) {
	s := start(t, WithData(filesOf("House__c.json", house, "House__c.csv", houses, "notes.txt", "")))
	got := records(t, s, "queryAll", "SELECT Id, Name, Rooms__c, Built__c, Open__c, Next__r.Name, OwnerId, Owner.Name, IsDeleted FROM House__c ORDER BY Id")
	var lines []string
	for _, r := range got {
		next, _ := r["Next__r"].(map[string]any)
		lines = append(lines, fmt.Sprint(r["Id"].(string)[:15], " ", r["Name"], " ", r["Rooms__c"], " ", r["Built__c"], " ", r["Open__c"], " ",
			next["Name"], " ", r["OwnerId"], " ", r["Owner"] == nil, " ", r["IsDeleted"]))
	}
	want := []string{
		"a00Dn00000AbCdD Shed 12 2024-02-29 false Mill \"old\" " + userID() + " false true",
		"a00Dn00000AbCdE Mill \"old\" 3.5 1899-12-31 true Barn 005Dn000001XyZaIAK true false",
		lines[2][:15] + " Barn <nil> <nil> false <nil> " + userID() + " false false",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	for soql, n := range map[string]int{
		"SELECT Id FROM House__c":                                          2,
		"SELECT Id FROM House__c WHERE Id = 'a00Dn00000AbCdE'":             1,
		"SELECT Id FROM House__c WHERE Id >= 'a00Dn00000AbCdE'":            2,
		"SELECT Id FROM House__c WHERE OwnerId = '005Dn000001XyZa'":        1,
		"SELECT Id FROM House__c WHERE OwnerId IN ('005Dn000001XyZaIAK')":  1,
		"SELECT Id FROM House__c WHERE Owner.Name = null":                  1,
		"SELECT Id FROM Account":                                           len(stored(t, s, "Account", nil)),
		"SELECT Id FROM House__c WHERE Next__r.Name = 'Barn'":              1,
		"SELECT Id FROM House__c WHERE CreatedDate > 2024-01-01T00:00:00Z": 2,
	} {
		if got := records(t, s, "query", soql); len(got) != n {
			t.Errorf("%s: %d records, want %d", soql, len(got), n)
		}
	}
}

func TestLoadedRecordsAreWritten(t *testing.T) {
	s := start(t, WithData(filesOf("House__c.json", house, "House__c.csv", houses)))
	_, body := do(t, s, "POST", root+"/sobjects/House__c", `{"Name":"New","Next__c":"a00Dn00000AbCdE"}`)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || len(made.ID) != 18 {
		t.Fatalf("%s: %v", body, err)
	}
	if res, body := do(t, s, "PATCH", root+"/sobjects/House__c/a00Dn00000AbCdE", `{"Rooms__c":4}`); res.StatusCode != 204 {
		t.Error(body)
	}
	got := records(t, s, "query", "SELECT Name, Next__r.Rooms__c FROM House__c WHERE Id = '"+made.ID+"'")
	if len(got) != 1 || got[0]["Next__r"].(map[string]any)["Rooms__c"] != 4.0 {
		t.Errorf("%v", got)
	}
	if res, _ := do(t, s, "DELETE", root+"/sobjects/House__c/a00Dn00000AbCdE", ""); res.StatusCode != 204 {
		t.Error(res.Status)
	}
	if res, body := do(t, s, "POST", root+"/sobjects/House__c", `{"Name":"New","Key__c":"K2"}`); !strings.Contains(body, "DUPLICATE_VALUE") {
		t.Error(res.Status, body)
	}
}

// TestTheOrgLoadsItsOwnExport: what the org says of its objects, loaded, gives
// the same records with the same ids.
func TestTheOrgLoadsItsOwnExport(t *testing.T) {
	old := start(t)
	for _, name := range []string{"Everything__c", "Contact", "User"} {
		o := old.Describe(name)
		var names []string
		var cells []csvCell
		table := old.snapshot().table(o)
		for i, f := range o.Fields {
			if f.Type != "address" && f.Type != "location" && f.Type != "base64" {
				names, cells = append(names, f.Name), append(cells, newCSVCell(table.column(i)))
			}
		}
		csv := []byte(strings.Join(names, ",") + "\r\n")
		for row := range table.size {
			for i, cell := range cells {
				if i > 0 {
					csv = append(csv, ',')
				}
				csv = cell(csv, row)
			}
			csv = append(csv, "\r\n"...)
		}
		s := start(t, WithData(filesOf(name+".json", `{"status":0,"result":`+describeOf(t, name, nil)+`}`, name+".csv", string(csv))))
		for _, deleted := range []bool{false, true} {
			want := scanned(old, name, deleted)
			if got := scanned(s, name, deleted); got != want {
				is, was := strings.Split(got, "\n"), strings.Split(want, "\n")
				for i := range min(len(is), len(was)) {
					if is[i] != was[i] {
						t.Errorf("%s: other records:\n%s\nwant\n%s", name, is[i], was[i])
						break
					}
				}
			}
		}
		_, before := do(t, old, "GET", root+"/sobjects/"+name+"/describe", "")
		_, after := do(t, s, "GET", root+"/sobjects/"+name+"/describe", "")
		if strings.ReplaceAll(after, s.URL(), "") != strings.ReplaceAll(before, old.URL(), "") && after != before {
			at := 0
			for at < min(len(after), len(before)) && after[at] == before[at] {
				at++
			}
			t.Errorf("%s: another describe:\n%.300s\nwant\n%.300s", name, after[at:], before[at:])
		}
	}
}

func scanned(s *Server, object string, deleted bool) string {
	var b strings.Builder
	s.Scan(object, deleted, func(record []any) bool {
		fmt.Fprintln(&b, record...)
		return true
	})
	return b.String()
}

func TestLoadedUsersIncludeTheOneLoggedIn(t *testing.T) {
	s := start(t, WithOnlyData(), WithData(filesOf("User.json", describeOf(t, "User", nil))))
	if got := records(t, s, "query", "SELECT Id, Username FROM User"); len(got) != 1 || got[0]["Id"] != userID() {
		t.Errorf("%v", got)
	}
	if got := strings.Join(s.Objects(), " "); strings.Contains(got, "Account") || !strings.Contains(got, "Organization") {
		t.Error(got)
	}
}

func TestDataThatDoesNotFitIsRefused(t *testing.T) {
	for _, c := range []struct{ json, csv, want string }{
		{house, "Name,Colour__c\nx,red\n", "House__c.csv:1:6: House__c has no field Colour__c"},
		{house, "Name,Rooms__c\nx,1\ny,many\n", "House__c.csv:3:3: Rooms__c: value not of required type: many (a double)"},
		{house, "Name,Rooms__c\nx,1234\n", "House__c.csv:2:3: "},
		{house, "Name,Built__c\n\"two\nlines\",31.12.2024\n", "House__c.csv:3:8: Built__c: value not of required type"},
		{house, "Name\näöü twenty-one characters\n", "House__c.csv:2:1: "},
		{house, "Name,Id\nx,a00Dn00000AbCdE\ny,a00Dn00000AbCdEIAX\n", "House__c.csv:3:3: a00Dn00000AbCdEIAX is no id"},
		{house, "Name,Id\nx,a00Dn00000AbCdE\ny,a00Dn00000AbCdE\n", "House__c.csv:3:3: the id a00Dn00000AbCdE was given before, in line 2"},
		{house, "Name,Id\nx,001Dn00000AbCdE\n", "those begin with a00"},
		{house, "Name,Key__c\nx,1\ny,1\n", "House__c.csv:3:3: Key__c is unique, and line 2 has this value too"},
		{house, "Name,Next__r.Key__c\nx,none\n", "House__c.csv:2:3: Foreign key external ID: none not found"},
		{house, "Name,Account__c\nx," + userID() + "\n", "House__c.csv:2:3: Account__c leads to Account"},
		{house, "Name,name\nx,y\n", "House__c.csv:1:6: name gives Name, and so does Name"},
		{house, "Key__c\nx\n", "Name is required, and there is no column for it"},
		{house, "Name,Key__c\nx\n", "House__c.csv:2:1: 1 values, but the header names 2 fields"},
		{house, "Name\n\"x\n", "House__c.csv:2:1: a quote that is not closed"},
		{house, "Name\r\nx\n", "does not end with CRLF"},
		{house, "", "there is no header"},
		{"", "Name\nx\n", "House__c.csv: there is no House__c.json beside it"},
		{"{\"name\":\n\"House__c\",}", "", "House__c.json:2:12: not JSON"},
		{strings.ReplaceAll(house, "House__c", "Hut__c"), "", "this is the describe of Hut__c"},
		{strings.Replace(house, `"date"`, `"day"`, 1), "", "field Built__c: there is no type day"},
		{`{"name":"House__c","fields":7}`, "", "House__c.json:1:"},
	} {
		files := []string{"House__c.csv", c.csv}
		if c.json != "" {
			files = append(files, "House__c.json", c.json)
		}
		if c.json != "" && c.csv == "" && !strings.Contains(c.want, "header") {
			files = files[2:]
		}
		s, err := Start(WithData(filesOf(files...)))
		var wrong *DataError
		if err == nil {
			s.Close()
		}
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.csv, err, c.want)
		}
	}
	if _, err := Start(WithData(filesOf())); err == nil {
		t.Error("an empty folder is taken")
	}
}

// TestBuiltInObjectsLiveWithLoadedOnes: what stays of the built-in schema can
// be read whole, however little of what it leads to is left.
func TestBuiltInObjectsLiveWithLoadedOnes(t *testing.T) {
	account := describeOf(t, "Account", func(d map[string]any) {
		var few []any
		for _, f := range d["fields"].([]any) {
			if name := f.(map[string]any)["name"].(string); name == "Id" || name == "Name" || strings.HasPrefix(name, "Billing") {
				few = append(few, f)
			}
		}
		d["fields"] = few
	})
	for _, csv := range []string{"Name,BillingCity\nOne,Rome\nTwo,\n", "Name\n"} {
		s := start(t, WithRestrictedObjects(), WithData(filesOf("Account.json", account, "Account.csv", csv, "House__c.json", house)))
		for _, name := range s.Objects() {
			s.Scan(name, true, func([]any) bool { return true })
		}
		got := records(t, s, "query", "SELECT Name, Account.Name, Account.BillingAddress, (SELECT Id FROM Tasks) FROM Contact LIMIT 20")
		if len(got) != 20 {
			t.Errorf("%d contacts", len(got))
		}
		everything := s.Describe("Everything__c").KeyPrefix
		if id := idsFound(t, s, "SELECT Id FROM Everything__c LIMIT 1")[0]; everything == "a00" || id[:3] != everything {
			t.Errorf("%s is of %s, as those of House__c", id, everything)
		}
	}
}
