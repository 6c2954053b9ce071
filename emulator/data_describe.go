package emulator

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
)

// readDescribe makes an object of a describe: of the API's answer, or of what
// sf prints with --json, which has it as its result.
func readDescribe(file *dataFile) (*dataObject, error) {
	var wrapped struct {
		Result *json.RawMessage `json:"result"`
	}
	text, from := file.text, 0
	if err := json.Unmarshal(text, &wrapped); err != nil {
		return nil, file.failJSON(err, 0)
	}
	if wrapped.Result != nil {
		text = *wrapped.Result
		from = strings.Index(string(file.text), string(text))
	}
	g := &given{}
	if err := json.Unmarshal(text, &g.describe); err != nil {
		return nil, file.failJSON(err, from)
	}
	d := &g.describe
	switch {
	case d.Name == "" || len(d.Fields) == 0:
		return nil, file.fail("this is no describe of an object: it has no name or no fields")
	case !strings.EqualFold(d.Name, file.object()):
		return nil, file.fail("this is the describe of %s; call the file %s.json", d.Name, d.Name)
	}
	o := &Object{
		Name: d.Name, Label: d.Label, LabelPlural: d.LabelPlural, KeyPrefix: textOf(d.KeyPrefix), Custom: d.Custom, Queryable: d.Queryable,
		parent: textOf(d.AssociateParentEntity), satellite: textOf(d.AssociateEntityType),
		given: g, byName: map[string]int{}, byLink: map[string]int{},
	}
	for i := range d.Fields {
		f, err := d.Fields[i].field()
		if err != nil {
			return nil, file.fail("field %s: %v", d.Fields[i].Name, err)
		}
		if o.has(f.Name) {
			return nil, file.fail("field %s stands there twice", f.Name)
		}
		o.Fields = append(o.Fields, f)
		o.byName[strings.ToLower(f.Name)] = i
		if f.RelationshipName != "" && len(f.ReferenceTo) > 0 {
			o.byLink[strings.ToLower(f.RelationshipName)] = i
		}
	}
	if place, ok := o.field("Id"); !ok || o.Fields[place].Type != "id" {
		return nil, file.fail("there is no field Id of type id")
	}
	if len(o.KeyPrefix) != 3 && o.KeyPrefix != "" {
		return nil, file.fail("keyPrefix %q is not of three characters", o.KeyPrefix)
	}
	o.nameFromParts()
	return &dataObject{Object: o, describe: file, added: -1}, nil
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// failJSON places what the JSON package found.
func (f *dataFile) failJSON(err error, from int) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return f.failAt(max(0, int(syntax.Offset)-1), "not JSON: %v", syntax)
	case errors.As(err, &kind):
		return f.failAt(from+int(kind.Offset), "%s is a %s, which is not what describe gives", orElse(kind.Field, "this"), kind.Value)
	}
	return f.fail("not JSON: %v", err)
}

// fieldTypes are the types of fields that can be loaded.
var fieldTypes = []string{
	"id", "reference", "boolean", "int", "long", "double", "currency", "percent", "date", "datetime", "time", "string", "textarea", "picklist",
	"multipicklist", "combobox", "phone", "email", "url", "encryptedstring", "base64", "anyType", "address", "location",
	"complexvalue", "datacategorygroupreference", "json",
}

func (d *describeField) field() (Field, error) {
	if !slices.Contains(fieldTypes, d.Type) {
		return Field{}, errors.New("there is no type " + d.Type)
	}
	f := Field{
		Name: d.Name, Label: d.Label, Type: d.Type, Length: d.Length, Precision: d.Precision, Scale: d.Scale, Digits: d.Digits,
		ReferenceTo: d.ReferenceTo, RelationshipName: textOf(d.RelationshipName), CompoundFieldName: textOf(d.CompoundFieldName),
		ExtraTypeInfo: textOf(d.ExtraTypeInfo), NameField: d.NameField, Filterable: d.Filterable, Sortable: d.Sortable, Groupable: d.Groupable,
		Aggregatable: d.Aggregatable, CaseSensitive: d.CaseSensitive, Nillable: d.Nillable, Calculated: d.Calculated, AutoNumber: d.AutoNumber,
		Unique: d.Unique, ExternalID: d.ExternalID, IDLookup: d.IDLookup, HTMLFormatted: d.HTMLFormatted,
		Polymorphic: d.PolymorphicForeignKey || len(d.ReferenceTo) > 1, Restricted: d.RestrictedPicklist, Custom: d.Custom,
		Createable: d.Createable, Updateable: d.Updateable, DefaultedOnCreate: d.DefaultedOnCreate, Permissionable: d.Permissionable,
		given: d, labels: map[string]string{},
	}
	if f.Type == "int" && f.Digits == 0 {
		f.Digits = 10
	}
	for _, v := range d.PicklistValues {
		f.Picklist, f.labels[v.Value] = append(f.Picklist, v.Value), v.Label
		if v.DefaultValue && f.Type != "multipicklist" {
			f.Default = v.Value
		}
	}
	if len(f.Picklist) >= math.MaxUint16 {
		return f, errors.New("the list has too many values")
	}
	switch v := d.DefaultValue.(type) {
	case bool:
		f.Default = map[bool]string{true: "true"}[v]
	case string:
		if f.Default == "" && f.isText() {
			f.Default = v
		}
	}
	return f, nil
}

func (f *Field) isText() bool {
	return f.Type == "string" || f.Type == "picklist" || f.Type == "combobox"
}

// nameFromParts lets the name of a person follow its parts where describe says
// that nobody writes it.
func (o *Object) nameFromParts() {
	place, ok := o.field("Name")
	if !ok || o.Fields[place].Createable || !o.has("FirstName") || !o.has("LastName") {
		return
	}
	o.Fields[place] = o.Fields[place].after("FirstName", "LastName").by(func(c *cell) any {
		return strings.TrimSpace(c.text("FirstName") + " " + c.text("LastName"))
	})
}

// givenDescribe answers with the describe that was loaded, its URLs and
// relationships made those of this org.
func (c *call) givenDescribe(o *Object) describeObject {
	d := o.given.describe
	d.Urls, d.ChildRelationships = o.urls(c.root), c.children(o)
	c.addPages(o, d.Urls)
	for _, list := range []*[]any{&d.ActionOverrides, &d.NamedLayoutInfos} {
		if *list == nil {
			*list = []any{}
		}
	}
	if d.RecordTypeInfos == nil {
		d.RecordTypeInfos = c.recordTypes(o)
	}
	if d.SupportedScopes == nil {
		d.SupportedScopes = scopes(o)
	}
	d.Fields = slices.Clone(d.Fields)
	for i := range d.Fields {
		if f := &d.Fields[i]; f.ReferenceTo == nil {
			f.ReferenceTo = []string{}
		}
		if f := &d.Fields[i]; f.PicklistValues == nil {
			f.PicklistValues = []picklistValue{}
		}
	}
	return d
}

func (g *given) summary(urls map[string]string) objectSummary {
	d := &g.describe
	return objectSummary{
		Activateable: d.Activateable, AssociateEntityType: d.AssociateEntityType, AssociateParentEntity: d.AssociateParentEntity,
		Createable: d.Createable, Custom: d.Custom, CustomSetting: d.CustomSetting, DeepCloneable: d.DeepCloneable, Deletable: d.Deletable,
		DeprecatedAndHidden: d.DeprecatedAndHidden, FeedEnabled: d.FeedEnabled, HasSubtypes: d.HasSubtypes, IsInterface: d.IsInterface,
		IsSubtype: d.IsSubtype, KeyPrefix: d.KeyPrefix, Label: d.Label, LabelPlural: d.LabelPlural, Layoutable: d.Layoutable,
		Mergeable: d.Mergeable, MruEnabled: d.MruEnabled, Name: d.Name, Queryable: d.Queryable, Replicateable: d.Replicateable,
		Retrieveable: d.Retrieveable, Searchable: d.Searchable, Triggerable: d.Triggerable, Undeletable: d.Undeletable,
		Updateable: d.Updateable, Urls: urls,
	}
}
