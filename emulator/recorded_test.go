package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// recorded reads what real orgs answered, where that lies beside the
// repository.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no recorded answers beside the repository: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDescribesAgainstRecordedOnes compares describes with those of real orgs,
// key by key.
func TestDescribesAgainstRecordedOnes(t *testing.T) {
	s := start(t)
	for _, name := range []string{"Account", "Case", "Contact", "Event", "Lead", "Opportunity"} {
		t.Run(name, func(t *testing.T) {
			var real, ours map[string]any
			if err := json.Unmarshal(recorded(t, "describe/"+name+".json"), &real); err != nil {
				t.Fatal(err)
			}
			_, body := do(t, s, "GET", root+"/sobjects/"+name+"/describe", "")
			if err := json.Unmarshal([]byte(body), &ours); err != nil {
				t.Fatal(err)
			}
			sameKeys(t, name, real, ours)
			fields := fieldsByName(real)
			met := 0
			for field, our := range fieldsByName(ours) {
				if theirs, ok := fields[field]; ok {
					met++
					sameKeys(t, name+"."+field, theirs, our)
					sameField(t, name+"."+field, theirs, our)
				}
			}
			if met < 15 {
				t.Errorf("only %d fields are in both", met)
			}
		})
	}
}

func fieldsByName(describe map[string]any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, f := range describe["fields"].([]any) {
		f := f.(map[string]any)
		out[f["name"].(string)] = f
	}
	return out
}

// sameKeys: ours is a newer version of the API, which has more keys.
func sameKeys(t *testing.T, what string, real, ours map[string]any) {
	t.Helper()
	for key := range real {
		if _, ok := ours[key]; !ok {
			t.Errorf("%s has no key %s", what, key)
		}
	}
}

// setUp are the keys of a field that depend on how an org is set up, or on
// objects that the emulated org does not have.
var setUp = map[string]bool{
	"picklistValues": true, "label": true, "permissionable": true, "searchPrefilterable": true, "byteLength": true,
	"defaultValue": true, "defaultedOnCreate": true, "referenceTo": true,
}

// otherFields are fields of which a key differs from the recorded one.
var otherFields = map[string]bool{
	"Account.IsCustomerPortal: updateable": true, "Account.IsPartner: updateable": true, // those orgs have partners
	"Case.Priority: length": true, "Case.Reason: length": true, "Case.Origin: length": true, "Case.Type: length": true,
	"Case.Status: length": true, "Case.Status: nillable": true, // 255 like all other picklists
	"Case.SuppliedEmail: idLookup": true, "Case.Comments: aggregatable": true, "Case.Comments: sortable": true,
	"Event.OwnerId: namePointing": true, "Event.OwnerId: polymorphicForeignKey": true, // there are no Calendars
	"Event.ShowAs: restrictedPicklist": true, "Event.ActivityDate: aggregatable": true,
	"Lead.IsConverted: updateable": true, "Opportunity.Name: idLookup": true, "Opportunity.ContactId: updateable": true,
}

func sameField(t *testing.T, what string, real, ours map[string]any) {
	t.Helper()
	for key, value := range real {
		same := reflect.DeepEqual(value, ours[key])
		switch known := otherFields[what+": "+key]; {
		case known && same:
			t.Errorf("%s: %s no longer differs", what, key)
		case !known && !same && !setUp[key]:
			t.Errorf("%s: %s is %v, want %v", what, key, ours[key], value)
		}
	}
}

// TestErrorsAgainstRecordedOnes provokes errors that were recorded; each is
// found by how it was provoked.
func TestErrorsAgainstRecordedOnes(t *testing.T) {
	s := start(t)
	rows := map[string][]string{}
	for line := range strings.Lines(string(recorded(t, "recorded-errors.tsv"))) {
		if parts := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(parts) >= 4 {
			rows[parts[3]] = parts
		}
	}
	for _, c := range []struct {
		trigger, path string
		headers       []string
		text          bool // the message is the recorded one
	}{
		{`GROUP BY a datetime`, queryPath("query", "SELECT LastModifiedDate FROM Account GROUP BY LastModifiedDate"), nil, false},
		{`COUNT(Id) with GROUP BY Id`, queryPath("query", "SELECT COUNT(Id)\nFROM Account GROUP BY Id"), nil, true},
		{`aggregate query with an ungrouped field`, queryPath("query", "SELECT LastModifiedDate, COUNT(Id) FROM Account GROUP BY Name"), nil, true},
		{`q = "/**/ SELECT id FROM Contact"`, queryPath("query", ""), nil, true},
		{`?q=q=SELECT ...`, queryPath("query", "q=SELECT Id FROM Account"), nil, false},
		{`malformed Id in a filter`, queryPath("query", "SELECT Id FROM Account WHERE Id = 'x'"), nil, false},
		{`stale nextRecordsUrl`, root + "/query/01gKj0000004C95IAE-2000", nil, false},
		{`bad token`, root + "/limits", []string{"Authorization", "Bearer nobody"}, true},
		{`GET /sobjects/Nope/describe`, root + "/sobjects/Nope/describe", nil, true},
	} {
		row := rows[c.trigger]
		if row == nil {
			t.Errorf("no recorded error for %q", c.trigger)
			continue
		}
		res, body := do(t, s, "GET", c.path, "", c.headers...)
		var answers []apiError
		if err := json.Unmarshal([]byte(body), &answers); err != nil || len(answers) != 1 {
			t.Errorf("%s: %s", c.trigger, body)
			continue
		}
		message := strings.ReplaceAll(row[2], `\n`, "\n")
		if e := answers[0]; fmt.Sprint(res.StatusCode) != row[0] || e.Code != row[1] || c.text && e.Message != message {
			t.Errorf("%s: %d %s %q, want %s %s %q", c.trigger, res.StatusCode, e.Code, e.Message, row[0], row[1], message)
		}
	}
}
