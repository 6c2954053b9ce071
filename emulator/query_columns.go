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
		EntityName: comp.obj.Name, GroupBy: len(q.GroupBy) > 0, KeyPrefix: comp.obj.KeyPrefix,
	}
	if comp, q, err = c.parse(statement); err != nil { // afresh: check has counted the subqueries
		return err
	}
	if list.ColumnMetadata, err = comp.columnInfos(q); err != nil {
		return err
	}
	for _, column := range list.ColumnMetadata {
		list.IDSelected = list.IDSelected || column.ColumnName == "Id"
	}
	w.json(http.StatusOK, list)
	return nil
}

// columnInfos describes what a statement selects.
func (c *compiler) columnInfos(q *soql.Query) ([]*columnInfo, error) {
	columns := []*columnInfo{}
	unnamed := 0
	for _, item := range q.Select {
		of := item.Expr
		if call, ok := of.(*soql.Call); ok && item.Alias == "" && !q.IsAggregate() && call.Name != "DISTANCE" {
			of = innerField(call) // it takes the field's place
		}
		switch x := of.(type) {
		case *soql.Field:
			r, err := c.route(x)
			if err != nil {
				return nil, err
			}
			columns = addColumn(columns, r, item.Alias)
		case *soql.Subquery:
			column, err := c.childColumn(x.Query)
			if err != nil {
				return nil, err
			}
			columns = append(columns, column)
		case *soql.TypeOf:
			columns = append(columns, newLinkColumn(strings.Join(x.Path, ".")))
		default:
			columns = append(columns, resultColumn(item, &unnamed))
		}
	}
	return columns, nil
}

// childColumn is the column of a subquery, with what it selects below.
func (c *compiler) childColumn(q *soql.Query) (*columnInfo, error) {
	link, err := c.childLookup(q.From)
	if err != nil {
		return nil, err
	}
	inner, err := c.childCompiler(link.child, q)
	if err != nil {
		return nil, err
	}
	column := newLinkColumn(link.name)
	column.Aggregate = true
	column.JoinColumns, err = inner.columnInfos(q)
	return column, err
}

func newLinkColumn(name string) *columnInfo {
	return &columnInfo{ColumnName: name, DisplayName: name, Custom: strings.HasSuffix(name, "__r"), JoinColumns: []*columnInfo{}}
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
	child := newLinkColumn(name)
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
