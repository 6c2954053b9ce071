package emulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// writtenRow returns a record as Scan shows it, nil where it does not.
func writtenRow(t testing.TB, s *Server, object, id string, deleted bool) row {
	t.Helper()
	o := s.Describe(object)
	var found row
	s.Scan(object, deleted, func(rec []any) bool {
		for i := range o.Fields {
			if o.Fields[i].Name == "Id" && rec[i] != id {
				return true
			}
		}
		found = row{}
		for i := range o.Fields {
			found[o.Fields[i].Name] = rec[i]
		}
		return false
	})
	return found
}

func one(t testing.TB, s *Server, op rowOp) rowResult {
	t.Helper()
	return s.write([]rowOp{op}, false)[0]
}

func mustWrite(t testing.TB, s *Server, op rowOp) string {
	t.Helper()
	result := one(t, s, op)
	if len(result.errs) > 0 {
		t.Fatalf("writing %s: %v", op.object, result.errs)
	}
	return result.id
}

func TestInsertFillsWhatTheOrgKnows(t *testing.T) {
	s := New()
	defer s.Close()
	s.db.clock = func() time.Time { return time.Date(2026, 5, 1, 10, 20, 30, 400, time.UTC) }
	id := mustWrite(t, s, rowOp{object: "opportunity", values: map[string]any{
		"name": "  Big deal ", "StageName": "Closed Won", "CloseDate": "2026-06-30", "Amount": json.Number("12345.678"), "NextStep": "",
	}})
	got := writtenRow(t, s, "Opportunity", id, false)
	at := time.Date(2026, 5, 1, 10, 20, 30, 0, time.UTC)
	for field, want := range map[string]any{
		"Id": id, "Name": "Big deal", "StageName": "Closed Won", "CloseDate": "2026-06-30", "Amount": 12345.68, "NextStep": nil,
		"Probability": 100.0, "IsWon": true, "IsClosed": true, "ForecastCategory": "Closed", "ExpectedRevenue": 12345.68,
		"FiscalQuarter": int64(2), "FiscalYear": int64(2026), "IsDeleted": false, "IsPrivate": false, "OwnerId": userID(),
		"CreatedDate": at, "SystemModstamp": at, "LastModifiedById": userID(), "AccountId": nil,
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
}

// TestDerivedFromOthers writes records that show something of others.
func TestDerivedFromOthers(t *testing.T) {
	s := New()
	defer s.Close()
	product := mustWrite(t, s, rowOp{object: "Product2", values: map[string]any{"Name": "Lamp", "ProductCode": "L-1"}})
	deal := mustWrite(t, s, rowOp{object: "Opportunity", values: map[string]any{"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-01-01"}})
	item := mustWrite(t, s, rowOp{object: "OpportunityLineItem", values: map[string]any{
		"OpportunityId": deal, "Product2Id": product, "Quantity": json.Number("3"), "UnitPrice": json.Number("2.5"),
	}})
	if got := writtenRow(t, s, "OpportunityLineItem", item, false); got["Name"] != "Deal Lamp" || got["ProductCode"] != "L-1" || got["TotalPrice"] != 7.5 {
		t.Errorf("the line is %v, %v, %v", got["Name"], got["ProductCode"], got["TotalPrice"])
	}
	closed := mustWrite(t, s, rowOp{object: "Case", values: map[string]any{"Status": "Closed"}})
	if got := writtenRow(t, s, "Case", closed, false); got["IsClosed"] != true || got["ClosedDate"] != got["CreatedDate"] || got["CaseNumber"] != "00002500" {
		t.Errorf("the case is %v", got)
	}
	file := mustWrite(t, s, rowOp{object: "ContentVersion", values: map[string]any{
		"Title": "notes", "PathOnClient": "notes.txt", "VersionData": base64.StdEncoding.EncodeToString([]byte("hello")),
	}})
	got := writtenRow(t, s, "ContentVersion", file, false)
	if got["ContentSize"] != int64(5) || got["FileExtension"] != "txt" || string(got["VersionData"].([]byte)) != "hello" || got["IsLatest"] != true {
		t.Errorf("the file is %v", got)
	}
	if _, body := do(t, s, "GET", root+"/sobjects/ContentVersion/"+file+"/VersionData", ""); body != "hello" {
		t.Errorf("its data is %q", body)
	}
}

func TestUpdateDerivesAndStamps(t *testing.T) {
	s := New()
	defer s.Close()
	before := stored(t, s, "Everything__c", nil)[3]
	id := before["Id"].(string)
	mustWrite(t, s, rowOp{kind: opUpdate, object: "Everything__c", id: id, values: map[string]any{
		"Text__c": "new", "Picklist__c": nil, "Multi__c": "Ω;alpha;alpha", "Email__c": "A.B@Example.COM", "Double__c": json.Number("8"),
		"Small__c": json.Number("1"), "Date__c": "2024-02-29", "DateTime__c": "2024-02-29T10:00:00.5+0200", "Time__c": "10:15:00.000Z",
	}})
	got := writtenRow(t, s, "Everything__c", id, false)
	for field, want := range map[string]any{
		"Text__c": "new", "FormulaText__c": "new /", "Multi__c": "alpha;Ω", "Email__c": "a.b@example.com", "Formula__c": 2.0,
		"Date__c": "2024-02-29", "DateTime__c": time.Date(2024, 2, 29, 8, 0, 0, 5e8, time.UTC), "Time__c": "10:15:00.000Z",
		"Name": before["Name"], "CreatedDate": before["CreatedDate"], "LongText__c": before["LongText__c"],
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if !got["SystemModstamp"].(time.Time).After(before["SystemModstamp"].(time.Time)) {
		t.Error("SystemModstamp did not move")
	}
}

// TestWriteErrors has a row for every way in which a record is refused.
func TestWriteErrors(t *testing.T) {
	s := New()
	defer s.Close()
	account := stored(t, s, "Account", nil)[0]["Id"].(string)
	contact := stored(t, s, "Contact", nil)[0]["Id"].(string)
	everything := stored(t, s, "Everything__c", nil)
	taken := everything[0]["CaseSensitive__c"].(string)
	var gone string
	for _, r := range storedWith(s, "Account") {
		if r["IsDeleted"] == true {
			gone = r["Id"].(string)
		}
	}
	num := func(s string) json.Number { return json.Number(s) }
	for _, c := range []struct {
		code, message string
		op            rowOp
	}{
		{"REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", rowOp{object: "Account"}},
		{"REQUIRED_FIELD_MISSING", "[LastName]", rowOp{kind: opUpdate, object: "Contact", id: contact, values: map[string]any{"LastName": " "}}},
		{"INVALID_FIELD", "No such column 'foo' on sobject of type Account", rowOp{object: "Account", values: map[string]any{"foo": "x"}}},
		{"INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate", rowOp{object: "Account", values: map[string]any{"Name": "x", "CreatedDate": "2024-01-01T00:00:00Z"}}},
		{"INVALID_FIELD_FOR_INSERT_UPDATE", "Formula__c", rowOp{object: "Everything__c", values: map[string]any{"Formula__c": num("1")}}},
		{"INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", rowOp{object: "Account", id: account, values: map[string]any{"Name": "x"}}},
		{"STRING_TOO_LONG", "(max length=255)", rowOp{object: "Account", values: map[string]any{"Name": strings.Repeat("é", 256)}}},
		{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Mars", rowOp{object: "Account", values: map[string]any{"Name": "x", "BillingGeocodeAccuracy": "Mars"}}},
		{"MALFORMED_ID", "id value of incorrect type: 123", rowOp{object: "Contact", values: map[string]any{"LastName": "x", "AccountId": "123"}}},
		{"MALFORMED_ID", "id value of incorrect type", rowOp{object: "Contact", values: map[string]any{"LastName": "x", "AccountId": contact}}},
		{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", rowOp{object: "Contact", values: map[string]any{"LastName": "x", "AccountId": "001Kj0zzzzzzzzz"}}},
		{"ENTITY_IS_DELETED", "entity is deleted", rowOp{object: "Contact", values: map[string]any{"LastName": "x", "AccountId": gone}}},
		{"DUPLICATE_VALUE", "duplicate value found: CaseSensitive__c duplicates value on record with id: " + everything[0]["Id"].(string)[:15], rowOp{object: "Everything__c", values: map[string]any{"CaseSensitive__c": taken}}},
		{"INVALID_EMAIL_ADDRESS", "Email: invalid email address: nobody", rowOp{object: "Contact", values: map[string]any{"LastName": "x", "Email": "nobody"}}},
		{"NUMBER_OUTSIDE_VALID_RANGE", "1000.5", rowOp{object: "Everything__c", values: map[string]any{"Small__c": num("1000.5")}}},
		{"NUMBER_OUTSIDE_VALID_RANGE", "100000000", rowOp{object: "Everything__c", values: map[string]any{"Int__c": num("100000000")}}},
		{"INVALID_TYPE_ON_FIELD_IN_RECORD", "Date__c: value not of required type: 2024-02-30", rowOp{object: "Everything__c", values: map[string]any{"Date__c": "2024-02-30"}}},
		{
			"JSON_PARSER_ERROR", "Cannot deserialize instance of currency from VALUE_STRING value many or request may be missing a required field at [line:2, column:7]",
			rowOp{object: "Everything__c", values: map[string]any{"Currency__c": "many"}, places: map[string]textPlace{"Currency__c": {2, 7}}},
		},
		{
			"JSON_PARSER_ERROR", "Cannot deserialize instance of boolean from VALUE_NUMBER_INT value 3",
			rowOp{object: "Everything__c", values: map[string]any{"Checkbox__c": num("3")}, places: map[string]textPlace{}},
		},
		{"JSON_PARSER_ERROR", "from START_ARRAY value [", rowOp{object: "Account", values: map[string]any{"Name": []any{}}, places: map[string]textPlace{}}},
		{"INVALID_TYPE_FOR_OPERATION", "AccountHistory", rowOp{object: "AccountHistory"}},
		{"INVALID_TYPE_FOR_OPERATION", "User", rowOp{kind: opDelete, object: "User", id: userID()}},
		{"INVALID_TYPE", "Nope", rowOp{object: "Nope"}},
		{"MISSING_ARGUMENT", "Id not specified", rowOp{kind: opUpdate, object: "Account"}},
		{"MALFORMED_ID", "malformed id 0", rowOp{kind: opDelete, object: "Account", id: "0"}},
		{"MALFORMED_ID", "id value of incorrect type", rowOp{kind: opDelete, object: "Account", id: contact}},
		{"ENTITY_IS_DELETED", "entity is deleted", rowOp{kind: opDelete, object: "Account", id: gone}},
		{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", rowOp{kind: opDelete, object: "Account", id: "001Kj0zzzzzzzzz"}},
		{"UNDELETE_FAILED", "recycle bin", rowOp{kind: opUndelete, object: "Account", id: account}},
		{"MISSING_ARGUMENT", "CaseSensitive__c not specified", rowOp{kind: opUpsert, object: "Everything__c", extField: "CaseSensitive__c"}},
		{"INVALID_FIELD", "Text__c is not an External ID", rowOp{kind: opUpsert, object: "Everything__c", extField: "Text__c"}},
		{"INVALID_FIELD", "Foreign key external ID: none not found for field CaseSensitive__c in entity Everything__c", rowOp{object: "Everything__c", values: map[string]any{"Self__r": map[string]any{"CaseSensitive__c": "none"}}}},
	} {
		result := one(t, s, c.op)
		if len(result.errs) != 1 || result.errs[0].StatusCode != c.code || !strings.Contains(result.errs[0].Message, c.message) {
			t.Errorf("%s %v:\n got %v\nwant %s %s", c.op.object, c.op.values, result.errs, c.code, c.message)
		}
	}
	if s.snapshot().tables[0].version != s.snapshot().tables[0].data.base.version {
		t.Error("a refused write made a new version")
	}
}

// storedWith returns all records of an object, deleted ones too.
func storedWith(s *Server, object string) []row {
	o := s.Describe(object)
	var all []row
	s.Scan(object, true, func(rec []any) bool {
		r := row{}
		for i := range o.Fields {
			r[o.Fields[i].Name] = rec[i]
		}
		all = append(all, r)
		return true
	})
	return all
}

func TestUpsertByExternalID(t *testing.T) {
	s := New()
	defer s.Close()
	op := rowOp{kind: opUpsert, object: "Everything__c", extField: "casesensitive__c", values: map[string]any{"CaseSensitive__c": "mine", "Text__c": "a"}}
	made := one(t, s, op)
	op.values["Text__c"] = "b"
	found := one(t, s, op)
	if !made.created || found.created || made.id != found.id || made.errs != nil || found.errs != nil {
		t.Fatalf("made %v, then found %v", made, found)
	}
	if got := writtenRow(t, s, "Everything__c", made.id, false)["Text__c"]; got != "b" {
		t.Errorf("text is %v", got)
	}
	child := mustWrite(t, s, rowOp{object: "Everything__c", values: map[string]any{"Self__r": map[string]any{"CaseSensitive__c": "mine"}}})
	if got := writtenRow(t, s, "Everything__c", child, false)["Self__c"]; got != made.id {
		t.Errorf("parent is %v, want %s", got, made.id)
	}
	other := op
	other.values = map[string]any{"CaseSensitive__c": "MINE"}
	if r := one(t, s, other); !r.created {
		t.Error("a case-sensitive external id found a value in another case")
	}
	twice := s.write([]rowOp{op, op}, false)
	for _, r := range twice {
		if len(r.errs) != 1 || r.errs[0].StatusCode != "DUPLICATE_VALUE" {
			t.Errorf("an upsert that names a record twice: %v", r)
		}
	}
}

func TestAllOrNoneUndoes(t *testing.T) {
	s := New()
	defer s.Close()
	before := len(stored(t, s, "Account", nil))
	first := stored(t, s, "Account", nil)[0]
	results := s.write([]rowOp{
		{object: "Account", values: map[string]any{"Name": "one"}},
		{kind: opUpdate, object: "Account", id: first["Id"].(string), values: map[string]any{"Name": "two"}},
		{kind: opDelete, object: "Lead", id: stored(t, s, "Lead", nil)[9]["Id"].(string)},
		{object: "Account"},
	}, true)
	for i, want := range []string{"ALL_OR_NONE_OPERATION_ROLLED_BACK", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"} {
		if len(results[i].errs) != 1 || results[i].errs[0].StatusCode != want {
			t.Errorf("row %d: %v, want %s", i, results[i].errs, want)
		}
	}
	after := stored(t, s, "Account", nil)
	if len(after) != before || after[0]["Name"] != first["Name"] || s.snapshot().tables[0].live() != before {
		t.Error("something of the transaction stayed")
	}
	id := mustWrite(t, s, rowOp{object: "Account", values: map[string]any{"Name": "three"}})
	if got := writtenRow(t, s, "Account", id, false); got["Name"] != "three" {
		t.Errorf("after a rollback the next record is %v", got)
	}
}

func TestDeleteUndeletePurge(t *testing.T) {
	s := New()
	defer s.Close()
	parent := mustWrite(t, s, rowOp{object: "Opportunity", values: map[string]any{"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-01-01"}})
	item := mustWrite(t, s, rowOp{object: "OpportunityLineItem", values: map[string]any{"OpportunityId": parent, "Quantity": json.Number("2"), "UnitPrice": json.Number("3")}})
	task := mustWrite(t, s, rowOp{object: "Task", values: map[string]any{"WhatId": parent}})
	other := mustWrite(t, s, rowOp{object: "Everything__c", values: map[string]any{}})
	child := mustWrite(t, s, rowOp{object: "Everything__c", values: map[string]any{"Self__c": other}})
	live := s.snapshot().tables[s.Describe("Opportunity").index].live()
	mustWrite(t, s, rowOp{kind: opDelete, object: "Opportunity", id: parent[:15]})
	if writtenRow(t, s, "Opportunity", parent, false) != nil || writtenRow(t, s, "Opportunity", parent, true)["IsDeleted"] != true {
		t.Error("a deleted record is to be seen by queryAll only")
	}
	if writtenRow(t, s, "OpportunityLineItem", item, false) != nil {
		t.Error("a record that cannot be without its parent outlived it")
	}
	if writtenRow(t, s, "Task", task, false) != nil {
		t.Error("a task outlived what it is about")
	}
	mustWrite(t, s, rowOp{kind: opDelete, object: "Everything__c", id: other})
	if got := writtenRow(t, s, "Everything__c", child, false)["Self__c"]; got != nil {
		t.Errorf("a lookup to a deleted record is %v", got)
	}
	if got := s.snapshot().tables[s.Describe("Opportunity").index].live(); got != live-1 {
		t.Errorf("%d live records, want %d", got, live-1)
	}
	mustWrite(t, s, rowOp{kind: opUndelete, object: "Opportunity", id: parent})
	if writtenRow(t, s, "Opportunity", parent, false)["IsDeleted"] != false {
		t.Error("an undeleted record is not there")
	}
	mustWrite(t, s, rowOp{kind: opHardDelete, object: "Opportunity", id: parent})
	if writtenRow(t, s, "Opportunity", parent, true) != nil {
		t.Error("a purged record is there")
	}
}

func TestDeleteIsBlockedByCases(t *testing.T) {
	s := New()
	defer s.Close()
	account := mustWrite(t, s, rowOp{object: "Account", values: map[string]any{"Name": "Acme"}})
	contact := mustWrite(t, s, rowOp{object: "Contact", values: map[string]any{"LastName": "Doe", "AccountId": account}})
	blocker := mustWrite(t, s, rowOp{object: "Case", values: map[string]any{"ContactId": contact}})
	result := one(t, s, rowOp{kind: opDelete, object: "Account", id: account})
	want := "Your attempt to delete Acme could not be completed because it is associated with the following cases.: 00002500"
	if len(result.errs) != 1 || result.errs[0].StatusCode != "DELETE_FAILED" || result.errs[0].Message != want {
		t.Errorf("%v, want %s", result.errs, want)
	}
	mustWrite(t, s, rowOp{kind: opDelete, object: "Case", id: blocker})
	mustWrite(t, s, rowOp{kind: opDelete, object: "Account", id: account})
	if writtenRow(t, s, "Contact", contact, false) != nil {
		t.Error("a contact outlived its account")
	}
}

// TestScanSeesOneMoment reads a result in pages while its rows change.
func TestScanSeesOneMoment(t *testing.T) {
	s := New(WithPageSize(100))
	defer s.Close()
	var doomed []string
	for range 10 {
		doomed = append(doomed, mustWrite(t, s, rowOp{object: "Account", values: map[string]any{"Name": "doomed"}}))
	}
	c := s.newCall("/services/data/v67.0", "")
	p, err := c.compile("SELECT Id, Name, ParentId, Parent.Name, IsDeleted FROM Account", false)
	if err != nil {
		t.Fatal(err)
	}
	read := func() []string {
		var rows []string
		for i := range p.records() {
			rows = append(rows, string(p.appendRecord(nil, c.root, i)))
		}
		return rows
	}
	before := read()
	for i, r := range stored(t, s, "Account", nil)[:10] {
		mustWrite(t, s, rowOp{kind: opUpdate, object: "Account", id: r["Id"].(string), values: map[string]any{"Name": fmt.Sprint("new ", i)}})
		mustWrite(t, s, rowOp{kind: opDelete, object: "Account", id: doomed[i]})
	}
	mustWrite(t, s, rowOp{object: "Account", values: map[string]any{"Name": "added"}})
	if !slices.Equal(before, read()) {
		t.Error("a result changed after its query")
	}
}

// TestQueriesSeeWrites compares every column's two ways of reading and the
// index after random writes.
func TestQueriesSeeWrites(t *testing.T) {
	s := New(WithPageSize(5000))
	defer s.Close()
	account := mustWrite(t, s, rowOp{object: "Account", values: map[string]any{"Name": "parent"}})
	var ids []string
	for i := range 50 {
		ids = append(ids, mustWrite(t, s, rowOp{object: "Contact", values: map[string]any{"LastName": fmt.Sprint("n", i), "AccountId": account}}))
		if i%3 == 0 {
			mustWrite(t, s, rowOp{kind: opUpdate, object: "Contact", id: ids[i], values: map[string]any{"AccountId": nil}})
		}
		got := s.newCall("", "")
		p, err := got.compile("SELECT Id FROM Contact WHERE AccountId = '"+account+"'", false)
		if err != nil {
			t.Fatal(err)
		}
		if want := i + 1 - i/3 - 1; p.total != want {
			t.Fatalf("after %d contacts the index finds %d, want %d", i+1, p.total, want)
		}
	}
	p, err := s.newCall("", "").compile("SELECT Name, Account.Name FROM Contact WHERE Account.Name = 'PARENT' AND LastName LIKE 'n%'", false)
	if err != nil || p.total != 33 {
		t.Fatalf("the path finds %d records, %v", p.total, err)
	}
}

// TestUndoneStaysInItsResult keeps a result of a transaction that was undone:
// it goes on as it began, and nothing of it gets into what comes later.
func TestUndoneStaysInItsResult(t *testing.T) {
	s := New()
	defer s.Close()
	name := func(n string) []rowOp {
		return []rowOp{{object: "Account", values: map[string]any{"Name": n, "Site": n}}}
	}
	s.write(name("before"), false)
	c := s.newCall("", "")
	var undone *store
	c.atomically(func() bool {
		c.write(name("undone"), false)
		undone = c.store
		return false
	})
	s.write(name("after"), false)
	for i, store := range []*store{undone, s.snapshot(), c.store, undone} {
		table, want := store.tables[0], [][]string{{"before", "undone"}, {"before", "after"}, {"before"}, {"before", "undone"}}[i]
		for _, field := range []string{"Name", "Site"} {
			col := table.columnNamed(field).(*textColumn)
			if got := col.rows[1000:]; !slices.Equal(got, want) || table.size != 1000+len(want) || table.hidden(false)(1000) {
				t.Errorf("store %d: %s is %v, want %v", i, field, got, want)
			}
		}
	}
}

func TestWritesAndReadsAtOnce(t *testing.T) {
	s := New()
	defer s.Close()
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for i := range 20 {
				s.write([]rowOp{
					{object: "Account", values: map[string]any{"Name": fmt.Sprint(w, i)}},
					{object: "Account", values: map[string]any{}},
				}, i%4 == 0)
			}
		})
		wait.Go(func() {
			for range 20 {
				p, err := s.newCall("", "").compile("SELECT Id, Name, IsDeleted FROM Account WHERE Name != null ORDER BY Name", w%2 == 0)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range p.records() {
					p.appendRecord(nil, "", i)
				}
			}
		})
	}
	wait.Wait()
	if n := s.snapshot().tables[0].size; n != 1000+4*15 {
		t.Errorf("%d rows", n)
	}
}
