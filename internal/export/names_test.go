package export

import (
	"maps"
	"testing"
)

func TestNamesThatAFileSystemWouldMix(t *testing.T) {
	for _, tt := range []struct {
		objects []string
		want    map[string]string
	}{
		{[]string{"Account", "Contact", "Console__c", "Com", "Community", "COM10"}, nil},
		{[]string{"Con", "aux", "LPT1", "Com9"}, map[string]string{"Con": "Con_", "aux": "aux_", "LPT1": "LPT1_", "Com9": "Com9_"}},
		{[]string{"Foo__c", "FOO__c", "foo__C"}, map[string]string{"FOO__c": "FOO__c_2", "foo__C": "foo__C_3"}},
		{[]string{"NUL", "nul", "nul_"}, map[string]string{"NUL": "NUL_2", "nul": "nul_3"}},
	} {
		got := otherNames(tt.objects)
		if !maps.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.objects, got, tt.want)
		}
	}
}

// The files of such an object have another name, and the manifest tells it.
func TestReservedNameInTheManifest(t *testing.T) {
	target := newTarget(&Options{Out: "out", Format: "csv", Objects: []string{"Con", "Lead"}})
	target.begun(plan{Objects: []string{"Con", "Lead"}})
	for object, want := range map[string]string{"Con": "Con_.csv", "Lead": "Lead.csv"} {
		if got := target.fileOf(object); got != want {
			t.Errorf("%s: %s, want %s", object, got, want)
		}
	}
}
