package executor

import (
	"context"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/soql"
)

// Describer returns what a catalog asks, answered by a client.
func Describer(client *salesforce.Client) catalog.Describer { return describer{client} }

type describer struct{ client *salesforce.Client }

// Global implements catalog.Describer.
func (d describer) Global(ctx context.Context) ([]catalog.Summary, error) {
	objects, err := d.client.GlobalDescribe(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]catalog.Summary, len(objects))
	for i, o := range objects {
		list[i] = summary(o)
	}
	return list, nil
}

// Describe implements catalog.Describer.
func (d describer) Describe(ctx context.Context, names []string) []catalog.Described {
	described := make([]catalog.Described, len(names))
	for i, r := range d.client.DescribeMany(ctx, names) {
		if described[i].Err = r.Err; r.Err == nil {
			described[i].Object = object(r.Object)
		}
	}
	return described
}

// Counts implements catalog.Describer.
func (d describer) Counts(ctx context.Context) (map[string]int64, error) {
	return d.client.RecordCount(ctx)
}

// Locale implements catalog.Describer.
func (d describer) Locale(ctx context.Context) (string, error) {
	info, err := d.client.UserInfo(ctx)
	return info.Locale, err
}

// SeesAll implements catalog.Describer.
func (d describer) SeesAll(ctx context.Context) (bool, error) {
	const field = "PermissionsViewAllData"
	rows, err := d.client.Query(ctx, "SELECT "+field+" FROM UserPermissionAccess", salesforce.QueryOptions{
		Columns: []soql.Column{{Path: []string{field}, Kind: soql.KindBool}},
	})
	if err != nil {
		return false, err
	}
	defer rows.Close()
	return rows.Next(ctx) && !rows.Null(0) && rows.Int64(0) == 1, rows.Err()
}

func summary(o salesforce.SObject) catalog.Summary {
	return catalog.Summary{
		Name: o.Name, Label: o.Label, KeyPrefix: o.KeyPrefix, Custom: o.Custom, Queryable: o.Queryable,
	}
}

func object(o *salesforce.SObjectDescribe) *catalog.Object {
	described := &catalog.Object{Summary: summary(o.SObject), Fields: make([]catalog.Field, len(o.Fields))}
	for _, c := range o.ChildRelationships {
		if !c.DeprecatedAndHidden {
			described.Children = append(described.Children, catalog.Child{Object: c.ChildSObject, Field: c.Field, Relationship: c.RelationshipName})
		}
	}
	for i := range o.Fields {
		described.Fields[i] = field(&o.Fields[i])
	}
	return described
}

func field(f *salesforce.Field) catalog.Field {
	var values []string
	for _, v := range f.PicklistValues {
		if v.Active {
			values = append(values, v.Value)
		}
	}
	return catalog.Field{
		Name: f.Name, Label: f.Label, Type: f.Type,
		Length: f.Length, Precision: f.Precision, Scale: f.Scale, Digits: f.Digits,
		ReferenceTo: f.ReferenceTo, RelationshipName: f.RelationshipName, CompoundFieldName: f.CompoundFieldName,
		NameField: f.NameField, Filterable: f.Filterable, Sortable: f.Sortable, Groupable: f.Groupable,
		Aggregatable: f.Aggregatable, CaseSensitive: f.CaseSensitive, Nillable: f.Nillable,
		Calculated: f.Calculated, Polymorphic: f.PolymorphicForeignKey, Custom: f.Custom,
		PicklistValues: values,
	}
}
