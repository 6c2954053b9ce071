package catalog

// Summary is what the global describe says of one sObject.
type Summary struct {
	Name      string
	Label     string
	KeyPrefix string // three characters, empty where the sObject has none
	Custom    bool
	Queryable bool
}

// Object is a described sObject.
type Object struct {
	Summary
	Fields   []Field // in describe's order
	Children []Child // in describe's order
}

// Child is a field that refers to the sObject.
type Child struct {
	Object       string // that has the field
	Field        string
	Relationship string // Contacts for Account; empty where there is none
}

// Field is a described field. The flags are Salesforce's own and are never
// inferred from the type.
type Field struct {
	Name              string
	Label             string
	Type              string // describe's word: string, picklist, double, …
	Length            int    // characters; 0 where it does not apply
	Precision         int    // decimal digits in all, of double, currency, percent
	Scale             int    // decimal digits after the point
	Digits            int    // decimal digits of an int
	ReferenceTo       []string
	RelationshipName  string // Account for AccountId; empty where there is none
	CompoundFieldName string
	NameField         bool
	Filterable        bool
	Sortable          bool
	Groupable         bool
	Aggregatable      bool
	CaseSensitive     bool
	Nillable          bool
	Calculated        bool
	Polymorphic       bool
	Custom            bool
	PicklistValues    []string // active values, API names
}
