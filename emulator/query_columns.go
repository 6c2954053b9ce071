package emulator

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// columnList is the answer to a query with columns=true: what the statement
// selects instead of its rows. It is not documented; the Salesforce CLI asks
// for it after every query.
type columnList struct {
	ColumnMetadata []*columnInfo `json:"columnMetadata"`
	EntityName     string        `json:"entityName"`
	GroupBy        bool          `json:"groupBy"`
	IDSelected     bool          `json:"idSelected"`
	KeyPrefix      string        `json:"keyPrefix"`
}

type columnInfo struct {
	Aggregate      bool          `json:"aggregate"`
	ApexType       string        `json:"apexType"`
	BooleanType    bool          `json:"booleanType"`
	ColumnName     string        `json:"columnName"`
	Custom         bool          `json:"custom"`
	DisplayName    string        `json:"displayName"`
	ForeignKeyName *string       `json:"foreignKeyName"`
	Insertable     bool          `json:"insertable"`
	JoinColumns    []*columnInfo `json:"joinColumns"`
	NumberType     bool          `json:"numberType"`
	TextType       bool          `json:"textType"`
	Updatable      bool          `json:"updatable"`
}

// columns serves a query with columns=true.
func (c *call) columns(w *response, statement string) error {
	comp, q, err := c.parse(statement)
	if err != nil {
		return err
	}
	if err := comp.check(q); err != nil {
		return err
	}
	list := columnList{
		ColumnMetadata: []*columnInfo{}, EntityName: comp.obj.Name, GroupBy: len(q.GroupBy) > 0, KeyPrefix: comp.obj.KeyPrefix,
	}
	unnamed := 0
	for _, item := range q.Select {
		f, ok := item.Expr.(*soql.Field)
		if !ok {
			list.ColumnMetadata = append(list.ColumnMetadata, resultColumn(item, &unnamed))
			continue
		}
		r, err := comp.route(f)
		if err != nil {
			return err
		}
		list.IDSelected = list.IDSelected || len(r.hops) == 0 && r.field().Type == "id"
		list.ColumnMetadata = addColumn(list.ColumnMetadata, r, item.Alias)
	}
	w.json(http.StatusOK, list)
	return nil
}

// addColumn adds a field below the lookups that lead to it.
func addColumn(into []*columnInfo, r *route, alias string) []*columnInfo {
	whole := &columnInfo{JoinColumns: into}
	at := whole
	for i := range r.hops {
		at = at.join(r.hops[i].field.RelationshipName)
	}
	f := r.field()
	name := f.Name
	if alias != "" {
		name = alias
	}
	at.JoinColumns = append(at.JoinColumns, &columnInfo{
		ApexType: apexType(f), BooleanType: f.Type == "boolean", ColumnName: name, Custom: f.Custom, DisplayName: name,
		Insertable: f.Createable, JoinColumns: []*columnInfo{}, NumberType: isNumber(f.Type), TextType: isText(f.Type),
		Updatable: f.Updateable,
	})
	return whole.JoinColumns
}

// join returns the column of a lookup, which it adds the first time.
func (c *columnInfo) join(name string) *columnInfo {
	for _, known := range c.JoinColumns {
		if known.ColumnName == name && len(known.JoinColumns) > 0 {
			return known
		}
	}
	child := &columnInfo{ColumnName: name, DisplayName: name, Custom: strings.HasSuffix(name, "__r"), JoinColumns: []*columnInfo{}}
	c.JoinColumns = append(c.JoinColumns, child)
	return child
}

// resultColumn is a column that is no field: expr0 and so on where it has no
// alias.
func resultColumn(item soql.SelectItem, unnamed *int) *columnInfo {
	name := item.Alias
	if name == "" {
		name = fmt.Sprintf("expr%d", *unnamed)
		*unnamed++
	}
	return &columnInfo{
		Aggregate: true, ApexType: "Double", ColumnName: name, DisplayName: item.Expr.String(), JoinColumns: []*columnInfo{},
		NumberType: true,
	}
}

func isNumber(kind string) bool {
	switch kind {
	case "int", "long", "double", "currency", "percent":
		return true
	}
	return false
}

// apexType is Apex's name for a field's type.
func apexType(f *Field) string {
	switch f.Type {
	case "id", "reference":
		return "Id"
	case "int":
		return "Integer"
	case "long":
		return "Long"
	case "double", "currency", "percent":
		return "Double"
	case "boolean", "date", "datetime", "time", "address", "location":
		return strings.ToUpper(f.Type[:1]) + f.Type[1:]
	case "base64":
		return "Blob"
	}
	return "String"
}
