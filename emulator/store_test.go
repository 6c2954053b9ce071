package emulator

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sfsql/sfsql/soql"
)

// TestStoredValuesFitTheirFields checks what the generator promises of every
// value of every object.
func TestStoredValuesFitTheirFields(t *testing.T) {
	s := start(t)
	for _, name := range s.Objects() {
		o := s.Describe(name)
		s.Scan(name, true, func(record []any) bool {
			for i, v := range record {
				if complaint := misfit(s, &o.Fields[i], v); complaint != "" {
					t.Errorf("%s.%s: %v %s", name, o.Fields[i].Name, v, complaint)
				}
			}
			return true
		})
	}
}

func misfit(s *Server, f *Field, v any) string {
	if v == nil {
		if !f.Nillable {
			return "is null"
		}
		return ""
	}
	ok := true
	switch f.Type {
	case "id", "reference":
		id15, valid := parseID(v.(string))
		id, known := s.snapshot().record(id15)
		if ok = valid && known; f.Type == "reference" && ok {
			ok = slices.Contains(f.ReferenceTo, s.snapshot().objects[id.object()].Name)
		}
	case "boolean":
		_, ok = v.(bool)
	case "int":
		n := v.(int64)
		ok = n > -100_000_000 && n < 100_000_000
	case "long":
		_, ok = v.(int64)
	case "double", "currency", "percent":
		n := v.(float64)
		// Eighteen nines are 1.0E18 already as a double, in Salesforce too.
		ok = !math.Signbit(n) && n == 0 || math.Abs(n) <= math.Pow(10, float64(f.Precision-f.Scale)) && n != 0
	case "datetime":
		_, ok = v.(time.Time)
	case "date":
		_, err := time.Parse(time.DateOnly, v.(string))
		ok = err == nil
	case "time":
		_, err := time.Parse("15:04:05.000Z", v.(string))
		ok = err == nil
	case "address", "location":
		_, ok = v.(map[string]any)
	case "base64":
		_, ok = v.([]byte)
	case "anyType":
	default:
		text := v.(string)
		switch {
		case text == "" || strings.TrimSpace(text) != text || strings.ContainsRune(text, 0) || !utf8.ValidString(text):
			return "would not be stored"
		case f.Length == 0 || len(utf16.Encode([]rune(text))) > f.Length:
			return "is too long"
		case f.Type == "email" && strings.ToLower(text) != text:
			return "is not lower-case"
		}
	}
	if !ok {
		return "does not fit " + f.Type
	}
	return ""
}

// TestEveryNillableFieldHasBoth checks that the field of every type holds
// nulls and values, so that tests over it can fail.
func TestEveryNillableFieldHasBoth(t *testing.T) {
	s := start(t)
	for _, name := range []string{"Everything__c", "Wide__c", "Account", "Contact"} {
		o := s.Describe(name)
		filled := make([]int, len(o.Fields))
		rows := 0
		s.Scan(name, true, func(record []any) bool {
			rows++
			for i, v := range record {
				if v != nil {
					filled[i]++
				}
			}
			return true
		})
		for i, f := range o.Fields {
			if f.Nillable && filled[i] == rows || filled[i] == 0 && f.Name != "MasterRecordId" {
				t.Errorf("%s.%s: %d of %d are filled", name, f.Name, filled[i], rows)
			}
		}
	}
}

func TestEveryTypeIsThere(t *testing.T) {
	s := start(t)
	seen := map[string]bool{}
	for _, name := range s.Objects() {
		for _, f := range s.Describe(name).Fields {
			seen[f.Type] = true
		}
	}
	for _, kind := range strings.Fields("id reference string textarea phone email url picklist multipicklist combobox boolean int long " +
		"double currency percent date datetime time address location base64 encryptedstring anyType") {
		if !seen[kind] {
			t.Errorf("no field of type %s", kind)
		}
	}
}

// TestSameSeedSameBytes checks that data depends on nothing but seed and
// scale, the order of questions included.
func TestSameSeedSameBytes(t *testing.T) {
	dump := func(seed int64, objects []string) []byte {
		s := start(t, WithSeed(seed))
		parts := map[string][]byte{}
		for _, name := range objects {
			s.Scan(name, true, func(record []any) bool {
				text, err := json.Marshal(record)
				if err != nil {
					t.Fatal(err)
				}
				parts[name] = append(parts[name], text...)
				return true
			})
		}
		return bytes.Join([][]byte{parts["Account"], parts["Opportunity"], parts["Everything__c"]}, nil)
	}
	a := dump(7, []string{"Account", "Opportunity", "Everything__c"})
	if b := dump(7, []string{"Everything__c", "Opportunity", "Account"}); !bytes.Equal(a, b) {
		t.Error("the same seed gave other data")
	}
	if c := dump(8, []string{"Account", "Opportunity", "Everything__c"}); bytes.Equal(a, c) {
		t.Error("another seed gave the same data")
	}
}

// TestRESTAgreesWithTheStore reads every object over HTTP and compares it,
// field by field, with what the store says.
func TestRESTAgreesWithTheStore(t *testing.T) {
	s := start(t)
	for _, name := range []string{"Everything__c", "AccountHistory", "Opportunity", "Order", "User"} {
		o := s.Describe(name)
		var fields []string
		for _, f := range o.Fields {
			fields = append(fields, f.Name)
		}
		got := records(t, s, "queryAll", "SELECT "+strings.Join(fields, ", ")+" FROM "+name)
		i := 0
		s.Scan(name, true, func(record []any) bool {
			for f, v := range record {
				if rest := got[i][fields[f]]; !sameValue(o.Fields[f].Type, rest, v) {
					t.Errorf("%s.%s: REST says %v, the store %v", name, fields[f], rest, v)
				}
			}
			i++
			return true
		})
		if i != len(got) {
			t.Errorf("%s: %d records over REST, %d in the store", name, len(got), i)
		}
	}
}

func sameValue(kind string, rest, stored any) bool {
	switch v := stored.(type) {
	case int64:
		return rest == float64(v)
	case time.Time:
		return rest == v.Format("2006-01-02T15:04:05.000-0700")
	case map[string]any:
		members, ok := rest.(map[string]any)
		for key, part := range v {
			ok = ok && members[key] == part
		}
		return ok && len(members) == len(v)
	}
	return rest == stored
}

func TestNestedParents(t *testing.T) {
	s := start(t, WithPageSize(2000))
	names := map[string]row{}
	for _, r := range stored(t, s, "Account", nil) {
		names[r["Id"].(string)] = r
	}
	filled, empty := 0, 0
	for _, r := range records(t, s, "query", "SELECT account.PARENT.name, accountid, Account.Name FROM Contact") {
		id, _ := r["AccountId"].(string)
		parent, _ := r["Account"].(map[string]any)
		if id == "" {
			if v, ok := r["Account"]; !ok || v != nil {
				t.Errorf("no account: %v", r)
			}
			empty++
			continue
		}
		if parent["Name"] != names[id]["Name"] || parent["attributes"].(map[string]any)["type"] != "Account" {
			t.Errorf("account %s: %v", id, parent)
		}
		above, _ := parent["Parent"].(map[string]any)
		if grand, _ := names[id]["ParentId"].(string); grand != "" {
			filled++
			if above["Name"] != names[grand]["Name"] {
				t.Errorf("parent of %s: %v", id, above)
			}
		}
	}
	if filled == 0 || empty == 0 {
		t.Errorf("%d with two levels, %d without an account", filled, empty)
	}
}

func TestPolymorphicParents(t *testing.T) {
	s := start(t, WithPageSize(2000))
	got := records(t, s, "query", "SELECT WhatId, What.Name, What.Type, What.Id FROM Task WHERE What.Type IN ('case', 'Campaign')")
	if len(got) == 0 {
		t.Fatal("no record")
	}
	for _, r := range got {
		what := r["What"].(map[string]any)
		prefix := map[string]string{"500": "Case", "701": "Campaign"}[r["WhatId"].(string)[:3]]
		if what["Type"] != prefix || what["Id"] != r["WhatId"] || what["Name"] == nil {
			t.Errorf("%v", r)
		}
	}
}

func TestRecordText(t *testing.T) {
	s := start(t)
	_, body := do(t, s, "GET", queryPath("query", "select name, ID from pricebook2 where id = '"+string(appendID15(nil, "01s", 0))+"'"), "")
	want := `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Pricebook2","url":"/services/data/v67.0/sobjects/Pricebook2/` +
		`01sKj0000004C95IAE"},"Name":"Standard Price Book","Id":"01sKj0000004C95IAE"}]}`
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

func TestDoubleText(t *testing.T) {
	for v, want := range map[float64]string{
		300: "300.0", 0.5: "0.5", 1.39e8: "1.39E8", 99213206: "9.9213206E7", 0: "0.0", -1.5: "-1.5", 1e7: "1.0E7", 9999999: "9999999.0",
		0.001: "0.001", 0.0001: "1.0E-4", 9007199254740993: "9.007199254740992E15", 1.6147805824397e13: "1.6147805824397E13", -12345678.9: "-1.23456789E7",
	} {
		if got := string(appendDouble(nil, v)); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestFolding(t *testing.T) {
	f := newFolder("en_US")
	for _, pair := range [][2]string{
		{"straße", "STRASSE"}, {"ﬀord", "FFORD"}, {"É", "é"}, {"ΣΊΣΥΦΟΣ", "σίσυφος"}, {"\u212a", "k"}, {"ſ", "S"}, {"İ", "i"}, {"Ǆ", "ǆ"}, {"ǅ", "ǆ"},
	} {
		if f.fold(pair[0]) != f.fold(pair[1]) || !f.equal(pair[0], f.fold(pair[1])) {
			t.Errorf("%s and %s differ", pair[0], pair[1])
		}
	}
	turkic := newFolder("tr_TR")
	if turkic.fold("I") != turkic.fold("ı") || turkic.fold("İ") != "i" || turkic.equal("I", turkic.fold("i")) {
		t.Error("tr_TR folds i as English does")
	}
}

// TestDescribeKeys pins the keys of a describe and their order.
func TestDescribeKeys(t *testing.T) {
	s := start(t)
	_, body := do(t, s, "GET", root+"/sobjects/Account/describe", "")
	const field = "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive " +
		"compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist " +
		"deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo " +
		"formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType name " +
		"nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance " +
		"referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale " +
		"searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead"
	var d struct {
		Fields []json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal([]byte(body), &d); err != nil || len(d.Fields) != len(s.Describe("Account").Fields) {
		t.Fatal(err, len(d.Fields))
	}
	if got := strings.Join(keysOf(t, d.Fields[0]), " "); got != field {
		t.Errorf("field keys:\n%s\nwant\n%s", got, field)
	}
	const object = "actionOverrides activateable associateEntityType associateParentEntity childRelationships compactLayoutable createable " +
		"custom customSetting deepCloneable defaultImplementation deletable deprecatedAndHidden extendedBy extendsInterfaces feedEnabled " +
		"fields hasSubtypes implementedBy implementsInterfaces isInterface isSubtype keyPrefix label labelPlural layoutable listviewable " +
		"lookupLayoutable mergeable mruEnabled name namedLayoutInfos networkScopeFieldName queryable recordTypeInfos replicateable " +
		"retrieveable searchLayoutable searchable sobjectDescribeOption supportedScopes triggerable undeletable updateable urls"
	if got := strings.Join(keysOf(t, json.RawMessage(body)), " "); got != object {
		t.Errorf("object keys:\n%s\nwant\n%s", got, object)
	}
}

// keysOf returns the keys of a JSON object in their order.
func keysOf(t *testing.T, text json.RawMessage) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	var keys []string
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// TestScale reads a large object: counts grow, and a locator leads to the far
// end of a result.
func TestScale(t *testing.T) {
	s := start(t, WithScale(50), WithPageSize(2000))
	p := getPage(t, s, queryPath("query", "SELECT Id, Name FROM Account"))
	if want := 50_000 - 1352; p.TotalSize != want { // every 37th is deleted
		t.Fatalf("%d Accounts, want %d", p.TotalSize, want)
	}
	far := strings.TrimSuffix(p.NextRecordsURL, "-2000") + "-48000"
	last := getPage(t, s, far)
	if !last.Done || len(last.Records) != 648 || last.TotalSize != p.TotalSize {
		t.Errorf("the last page has %d records", len(last.Records))
	}
	id := last.Records[647]["Id"].(string)
	if got := idsFound(t, s, "SELECT Id FROM Account WHERE Id = '"+id[:15]+"'"); len(got) != 1 {
		t.Errorf("the last id finds %v", got)
	}
	s.Scan("Contact", false, func([]any) bool { return false })
	if n := getPage(t, s, queryPath("query", "SELECT COUNT() FROM Group")).TotalSize; n != 12 {
		t.Errorf("small objects grow with the scale: %d Groups", n)
	}
}

// BenchmarkPages measures what the emulator itself takes for ten columns, so
// that a benchmark over it can tell.
func BenchmarkPages(b *testing.B) {
	s := start(b, WithScale(20))
	p, err := s.newCall("", "").compile("SELECT Id, Name, Type, Industry, AnnualRevenue, NumberOfEmployees, Phone, CreatedDate, OwnerId, Rating FROM Account", false)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	rows := 0
	for b.Loop() {
		buf = buf[:0]
		for i := range 2000 {
			buf = p.write.appendRecord(buf, root, p.table, p.rows.at(i))
		}
		rows += 2000
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkFirstPage measures what a statement takes to its first page over a
// million Accounts whose columns are there already.
func BenchmarkFirstPage(b *testing.B) {
	s := start(b, WithScale(1000), WithPageSize(2000))
	last := string(appendID18(nil, "001", 999_999))
	text := values(b, s, "SELECT Name FROM Account WHERE Id = '"+last+"'", "Name")[0].(string)
	for _, q := range []struct{ name, where string }{
		{"plain", ""},
		{"id", "Id = '" + last + "'"},
		{"ids", "Id IN (" + quotedIDs("001", 200) + ")"},
		{"lookup", "ParentId = '" + string(appendID18(nil, "001", 7)) + "'"},
		{"created", "CreatedDate >= 2024-03-01T00:00:00Z AND CreatedDate < 2024-03-02T00:00:00Z"},
		{"name", "Name = " + soql.QuoteString(text)},
	} {
		b.Run(q.name, func(b *testing.B) {
			statement := "SELECT Id, Name, CreatedDate FROM Account"
			if q.where != "" {
				statement += " WHERE " + q.where
			}
			path := queryPath("query", statement)
			total := getPage(b, s, path).TotalSize
			for b.Loop() {
				do(b, s, "GET", path, "")
			}
			b.ReportMetric(float64(total), "rows")
		})
	}
}
