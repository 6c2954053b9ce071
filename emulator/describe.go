package emulator

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The structs below are the answers of describe, their members in the order in
// which Salesforce writes them. All keys are always there.

type describeObject struct {
	ActionOverrides       []any             `json:"actionOverrides"`
	Activateable          bool              `json:"activateable"`
	AssociateEntityType   *string           `json:"associateEntityType"`
	AssociateParentEntity *string           `json:"associateParentEntity"`
	ChildRelationships    []childLink       `json:"childRelationships"`
	CompactLayoutable     bool              `json:"compactLayoutable"`
	Createable            bool              `json:"createable"`
	Custom                bool              `json:"custom"`
	CustomSetting         bool              `json:"customSetting"`
	DeepCloneable         bool              `json:"deepCloneable"`
	DefaultImplementation *string           `json:"defaultImplementation"`
	Deletable             bool              `json:"deletable"`
	DeprecatedAndHidden   bool              `json:"deprecatedAndHidden"`
	ExtendedBy            *string           `json:"extendedBy"`
	ExtendsInterfaces     *string           `json:"extendsInterfaces"`
	FeedEnabled           bool              `json:"feedEnabled"`
	Fields                []describeField   `json:"fields"`
	HasSubtypes           bool              `json:"hasSubtypes"`
	ImplementedBy         *string           `json:"implementedBy"`
	ImplementsInterfaces  *string           `json:"implementsInterfaces"`
	IsInterface           bool              `json:"isInterface"`
	IsSubtype             bool              `json:"isSubtype"`
	KeyPrefix             *string           `json:"keyPrefix"`
	Label                 string            `json:"label"`
	LabelPlural           string            `json:"labelPlural"`
	Layoutable            bool              `json:"layoutable"`
	Listviewable          *bool             `json:"listviewable"`
	LookupLayoutable      *bool             `json:"lookupLayoutable"`
	Mergeable             bool              `json:"mergeable"`
	MruEnabled            bool              `json:"mruEnabled"`
	Name                  string            `json:"name"`
	NamedLayoutInfos      []any             `json:"namedLayoutInfos"`
	NetworkScopeFieldName *string           `json:"networkScopeFieldName"`
	Queryable             bool              `json:"queryable"`
	RecordTypeInfos       []recordTypeInfo  `json:"recordTypeInfos"`
	Replicateable         bool              `json:"replicateable"`
	Retrieveable          bool              `json:"retrieveable"`
	SearchLayoutable      bool              `json:"searchLayoutable"`
	Searchable            bool              `json:"searchable"`
	SobjectDescribeOption string            `json:"sobjectDescribeOption"`
	SupportedScopes       []scope           `json:"supportedScopes"`
	Triggerable           bool              `json:"triggerable"`
	Undeletable           bool              `json:"undeletable"`
	Updateable            bool              `json:"updateable"`
	Urls                  map[string]string `json:"urls"`
}

type childLink struct {
	CascadeDelete       bool     `json:"cascadeDelete"`
	ChildSObject        string   `json:"childSObject"`
	DeprecatedAndHidden bool     `json:"deprecatedAndHidden"`
	Field               string   `json:"field"`
	JunctionIDListNames []string `json:"junctionIdListNames"`
	JunctionReferenceTo []string `json:"junctionReferenceTo"`
	RelationshipName    *string  `json:"relationshipName"`
	RestrictedDelete    bool     `json:"restrictedDelete"`
}

type recordTypeInfo struct {
	Active                   bool              `json:"active"`
	Available                bool              `json:"available"`
	DefaultRecordTypeMapping bool              `json:"defaultRecordTypeMapping"`
	DeveloperName            string            `json:"developerName"`
	Master                   bool              `json:"master"`
	Name                     string            `json:"name"`
	RecordTypeID             string            `json:"recordTypeId"`
	Urls                     map[string]string `json:"urls"`
}

type scope struct {
	Label string `json:"label"`
	Name  string `json:"name"`
}

type describeField struct {
	Aggregatable                 bool            `json:"aggregatable"`
	AIPredictionField            bool            `json:"aiPredictionField"`
	AutoNumber                   bool            `json:"autoNumber"`
	ByteLength                   int             `json:"byteLength"`
	Calculated                   bool            `json:"calculated"`
	CalculatedFormula            *string         `json:"calculatedFormula"`
	CascadeDelete                bool            `json:"cascadeDelete"`
	CaseSensitive                bool            `json:"caseSensitive"`
	CompoundFieldName            *string         `json:"compoundFieldName"`
	ControllerName               *string         `json:"controllerName"`
	Createable                   bool            `json:"createable"`
	Custom                       bool            `json:"custom"`
	DefaultValue                 any             `json:"defaultValue"`
	DefaultValueFormula          *string         `json:"defaultValueFormula"`
	DefaultedOnCreate            bool            `json:"defaultedOnCreate"`
	DependentPicklist            bool            `json:"dependentPicklist"`
	DeprecatedAndHidden          bool            `json:"deprecatedAndHidden"`
	Digits                       int             `json:"digits"`
	DisplayLocationInDecimal     bool            `json:"displayLocationInDecimal"`
	Encrypted                    bool            `json:"encrypted"`
	ExternalID                   bool            `json:"externalId"`
	ExtraTypeInfo                *string         `json:"extraTypeInfo"`
	Filterable                   bool            `json:"filterable"`
	FilteredLookupInfo           any             `json:"filteredLookupInfo"`
	FormulaTreatNullNumberAsZero bool            `json:"formulaTreatNullNumberAsZero"`
	Groupable                    bool            `json:"groupable"`
	HighScaleNumber              bool            `json:"highScaleNumber"`
	HTMLFormatted                bool            `json:"htmlFormatted"`
	IDLookup                     bool            `json:"idLookup"`
	InlineHelpText               *string         `json:"inlineHelpText"`
	Label                        string          `json:"label"`
	Length                       int             `json:"length"`
	Mask                         *string         `json:"mask"`
	MaskType                     *string         `json:"maskType"`
	Name                         string          `json:"name"`
	NameField                    bool            `json:"nameField"`
	NamePointing                 bool            `json:"namePointing"`
	Nillable                     bool            `json:"nillable"`
	Permissionable               bool            `json:"permissionable"`
	PicklistValues               []picklistValue `json:"picklistValues"`
	PolymorphicForeignKey        bool            `json:"polymorphicForeignKey"`
	Precision                    int             `json:"precision"`
	QueryByDistance              bool            `json:"queryByDistance"`
	ReferenceTargetField         *string         `json:"referenceTargetField"`
	ReferenceTo                  []string        `json:"referenceTo"`
	RelationshipName             *string         `json:"relationshipName"`
	RelationshipOrder            *int            `json:"relationshipOrder"`
	RestrictedDelete             bool            `json:"restrictedDelete"`
	RestrictedPicklist           bool            `json:"restrictedPicklist"`
	Scale                        int             `json:"scale"`
	SearchPrefilterable          bool            `json:"searchPrefilterable"`
	SoapType                     string          `json:"soapType"`
	Sortable                     bool            `json:"sortable"`
	Type                         string          `json:"type"`
	Unique                       bool            `json:"unique"`
	Updateable                   bool            `json:"updateable"`
	WriteRequiresMasterRead      bool            `json:"writeRequiresMasterRead"`
}

type picklistValue struct {
	Active       bool    `json:"active"`
	DefaultValue bool    `json:"defaultValue"`
	Label        string  `json:"label"`
	ValidFor     *string `json:"validFor"`
	Value        string  `json:"value"`
}

type globalDescribe struct {
	Encoding     string          `json:"encoding"`
	MaxBatchSize int             `json:"maxBatchSize"`
	Sobjects     []objectSummary `json:"sobjects"`
}

type objectSummary struct {
	Activateable          bool              `json:"activateable"`
	AssociateEntityType   *string           `json:"associateEntityType"`
	AssociateParentEntity *string           `json:"associateParentEntity"`
	Createable            bool              `json:"createable"`
	Custom                bool              `json:"custom"`
	CustomSetting         bool              `json:"customSetting"`
	DeepCloneable         bool              `json:"deepCloneable"`
	Deletable             bool              `json:"deletable"`
	DeprecatedAndHidden   bool              `json:"deprecatedAndHidden"`
	FeedEnabled           bool              `json:"feedEnabled"`
	HasSubtypes           bool              `json:"hasSubtypes"`
	IsInterface           bool              `json:"isInterface"`
	IsSubtype             bool              `json:"isSubtype"`
	KeyPrefix             *string           `json:"keyPrefix"`
	Label                 string            `json:"label"`
	LabelPlural           string            `json:"labelPlural"`
	Layoutable            bool              `json:"layoutable"`
	Mergeable             bool              `json:"mergeable"`
	MruEnabled            bool              `json:"mruEnabled"`
	Name                  string            `json:"name"`
	Queryable             bool              `json:"queryable"`
	Replicateable         bool              `json:"replicateable"`
	Retrieveable          bool              `json:"retrieveable"`
	Searchable            bool              `json:"searchable"`
	Triggerable           bool              `json:"triggerable"`
	Undeletable           bool              `json:"undeletable"`
	Updateable            bool              `json:"updateable"`
	Urls                  map[string]string `json:"urls"`
}

// schemaChanged is when the org's schema last changed, which is what
// If-Modified-Since is held against.
var schemaChanged = time.Date(2024, 9, 1, 12, 0, 0, 0, time.UTC)

// describeCache keeps the answers of describe: they never change.
type describeCache struct {
	mu    sync.Mutex
	texts map[string][]byte
}

func (c *describeCache) get(key string, text func() []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.texts[key]
	if !ok {
		if c.texts == nil {
			c.texts = map[string][]byte{}
		}
		known = text()
		c.texts[key] = known
	}
	return known
}

// sobjects serves the global describe and hands over to what serves an object.
func (c *call) sobjects(w *response, r *http.Request, path []string) error {
	if len(path) == 0 {
		if !reads(r) {
			return methodNotAllowed(r.Method, "HEAD,GET")
		}
		c.count("globalDescribe")
		return c.described(w, r, "", func() []byte { return appendJSONValue(nil, c.global()) })
	}
	o, ok := c.store.object(path[0])
	if !ok {
		return notFound()
	}
	switch len(path) {
	case 1:
		return c.wholeObject(w, r, o)
	case 2:
		return c.underObject(w, r, o, path[1])
	case 3:
		return c.underField(w, r, o, path[1], path[2])
	}
	return notFound()
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// wholeObject serves /sobjects/X.
func (c *call) wholeObject(w *response, r *http.Request, o *Object) error {
	switch {
	case r.Method == http.MethodPost:
		return c.createRecord(w, r, o)
	case !reads(r):
		return methodNotAllowed(r.Method, "HEAD,GET,POST")
	}
	w.json(http.StatusOK, map[string]any{"objectDescribe": c.summary(o), "recentItems": []any{}})
	return nil
}

// underObject serves describe, what changed in a time, and records by id.
func (c *call) underObject(w *response, r *http.Request, o *Object, name string) error {
	switch {
	case name == "updated" || name == "deleted":
		return c.replicate(w, r, o, name)
	case name == "describe" && !reads(r):
		return methodNotAllowed(r.Method, "HEAD,GET")
	case name == "describe":
		c.count("describe")
		return c.described(w, r, o.Name, func() []byte { return appendJSONValue(nil, c.describe(o)) })
	case strings.EqualFold(name, "Id") && r.Method == http.MethodPost:
		return c.createRecord(w, r, o) // an upsert by Id that has none
	}
	return c.oneRecord(w, r, o, name)
}

// underField serves records by external id, and the base64 fields of records
// by id.
func (c *call) underField(w *response, r *http.Request, o *Object, name, value string) error {
	if strings.EqualFold(name, "Id") {
		return c.oneRecord(w, r, o, value)
	}
	place, ok := o.field(name)
	switch {
	case ok && o.Fields[place].findsRecords():
		return c.byExternalID(w, r, o, &o.Fields[place], value)
	case ok:
		return noExternalID(name)
	case !reads(r):
		return methodNotAllowed(r.Method, "HEAD,GET")
	}
	return c.blob(w, o, name, value)
}

func noExternalID(name string) *apiError {
	return fail(http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s", name)
}

func (c *call) described(w *response, r *http.Request, name string, text func() []byte) error {
	if since, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !schemaChanged.After(since) {
		w.plain()
		w.Header().Del("Sforce-Limit-Info")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Last-Modified", schemaChanged.Format(http.TimeFormat))
	w.body(http.StatusOK, c.texts.get(c.root+"/"+name, text))
	return nil
}

func (c *call) global() globalDescribe {
	all := globalDescribe{Encoding: "UTF-8", MaxBatchSize: 200}
	for _, o := range c.store.objects {
		if o.isStrangers() {
			continue
		}
		all.Sobjects = append(all.Sobjects, c.summary(o))
	}
	return all
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// writable reports whether records of the object can be made and changed.
func (o *Object) writable() bool { return o.Queryable && o.satellite == "" }

// createable and deletable know the objects whose records are the org's own.
func (o *Object) createable() bool {
	if o.given != nil {
		return o.given.describe.Createable
	}
	return o.writable() && o.Name != "Organization" && (o.rule == nil || o.Name == "ContentDocumentLink")
}

func (o *Object) updateable() bool {
	if o.given != nil {
		return o.given.describe.Updateable
	}
	return o.createable() || o.Name == "Organization"
}

func (o *Object) deletable() bool {
	if o.given != nil {
		return o.given.describe.Deletable
	}
	return o.createable() && o.Name != "User"
}

func (o *Object) undeletable() bool { return o.deletable() && o.has("IsDeleted") }

func (o *Object) urls(root string) map[string]string {
	base := root + "/sobjects/" + o.Name
	urls := map[string]string{
		"rowTemplate": base + "/{ID}", "describe": base + "/describe", "sobject": base,
	}
	if o.writable() {
		urls["compactLayouts"] = base + "/describe/compactLayouts"
		urls["approvalLayouts"] = base + "/describe/approvalLayouts"
		urls["listviews"] = base + "/listviews"
		urls["quickActions"] = base + "/quickActions"
		urls["layouts"] = base + "/describe/layouts"
	}
	return urls
}

func (c *call) summary(o *Object) objectSummary {
	if o.given != nil {
		return o.given.summary(o.urls(c.root))
	}
	can := o.writable()
	return objectSummary{
		AssociateEntityType: orNull(o.satellite), AssociateParentEntity: orNull(o.parent),
		Createable: o.createable(), Custom: o.Custom, Deletable: o.deletable(), KeyPrefix: orNull(o.KeyPrefix), Label: o.Label, LabelPlural: o.LabelPlural,
		Layoutable: can, MruEnabled: can, Name: o.Name, Queryable: o.Queryable, Replicateable: o.Queryable, Retrieveable: o.Queryable,
		Searchable: can, Triggerable: can, Undeletable: can && o.has("IsDeleted"), Updateable: can, Urls: o.urls(c.root),
	}
}

func (c *call) describe(o *Object) describeObject {
	if o.given != nil {
		return c.givenDescribe(o)
	}
	can := o.writable()
	d := describeObject{
		ActionOverrides: []any{}, AssociateEntityType: orNull(o.satellite), AssociateParentEntity: orNull(o.parent),
		ChildRelationships: c.children(o), CompactLayoutable: can, Createable: o.createable(), Custom: o.Custom, Deletable: o.deletable(),
		KeyPrefix: orNull(o.KeyPrefix), Label: o.Label, LabelPlural: o.LabelPlural, Layoutable: can, MruEnabled: can, Name: o.Name,
		NamedLayoutInfos: []any{}, Queryable: o.Queryable, RecordTypeInfos: c.recordTypes(o), Replicateable: o.Queryable,
		Retrieveable: o.Queryable, SearchLayoutable: can, Searchable: can, SobjectDescribeOption: "FULL",
		SupportedScopes: scopes(o), Triggerable: can, Undeletable: can && o.has("IsDeleted"), Updateable: can, Urls: o.urls(c.root),
	}
	c.addPages(o, d.Urls)
	for i := range o.Fields {
		d.Fields = append(d.Fields, o.Fields[i].describe())
	}
	return d
}

// addPages adds where people would see and edit records.
func (c *call) addPages(o *Object, urls map[string]string) {
	if o.writable() {
		urls["uiDetailTemplate"], urls["uiEditTemplate"] = c.url+"/{ID}", c.url+"/{ID}/e"
		urls["uiNewRecord"] = c.url + "/" + o.KeyPrefix + "/e"
	}
}

func scopes(o *Object) []scope {
	all := []scope{{Label: "All " + strings.ToLower(o.LabelPlural), Name: "everything"}}
	if o.has("OwnerId") {
		all = append(all, scope{Label: "My " + strings.ToLower(o.LabelPlural), Name: "mine"})
	}
	switch o.Name {
	case "Contact", "Event", "Lead", "Opportunity":
		all = append(all, scope{Label: "Filter by scope", Name: "scopingRule"})
		fallthrough
	case "Account":
		all = append(all, scope{Label: "My team's " + strings.ToLower(o.LabelPlural), Name: "team"})
	}
	return all
}

// children lists the lookups of other objects that lead here.
func (c *call) children(o *Object) []childLink {
	links := []childLink{}
	for _, l := range c.store.childLookups(o) {
		links = append(links, childLink{
			ChildSObject: l.child.Name, Field: l.child.Fields[l.place].Name, JunctionIDListNames: []string{},
			JunctionReferenceTo: []string{}, CascadeDelete: l.child.fate(&l.child.Fields[l.place]) == fateDeleted,
			RestrictedDelete: l.child.fate(&l.child.Fields[l.place]) == fateBlocks, RelationshipName: orNull(l.name),
		})
	}
	return links
}

// childName is the object's name for the children that a lookup makes.
func (parent *Object) childName(child *Object, f *Field) string {
	if l := parent.childLink(child, f); l != nil {
		if l.RelationshipName == nil {
			return ""
		}
		return *l.RelationshipName
	}
	switch {
	case parent.Name == "User" || parent.Name == "Group":
		return ""
	case child.satellite == "History":
		return "Histories"
	case parent == child:
		return "Child" + strings.ReplaceAll(child.LabelPlural, " ", "")
	case f.Custom:
		return strings.TrimSuffix(child.Name, "__c") + "s__r"
	}
	return strings.ReplaceAll(child.LabelPlural, " ", "")
}

// recordTypes lists the master type, which every object has.
func (c *call) recordTypes(o *Object) []recordTypeInfo {
	const master = "012000000000000AAA"
	return []recordTypeInfo{{
		Active: true, Available: true, DefaultRecordTypeMapping: true, DeveloperName: "Master", Master: true, Name: "Master",
		RecordTypeID: master,
		Urls:         map[string]string{"layout": c.root + "/sobjects/" + o.Name + "/describe/layouts/" + master},
	}}
}

// soapTypes are the wire types where they are not xsd:string.
var soapTypes = map[string]string{
	"id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "long": "xsd:long",
	"double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime",
	"time": "xsd:time", "base64": "xsd:base64Binary", "anyType": "xsd:anyType", "address": "urn:address", "location": "urn:location",
}

func (f *Field) describe() describeField {
	if f.given != nil {
		return *f.given
	}
	soap := soapTypes[f.Type]
	if soap == "" {
		soap = "xsd:string"
	}
	d := describeField{
		Aggregatable: f.Aggregatable, AutoNumber: f.AutoNumber, ByteLength: f.byteLength(), Calculated: f.Calculated,
		CaseSensitive: f.CaseSensitive, CompoundFieldName: orNull(f.CompoundFieldName), Createable: f.Createable, Custom: f.Custom,
		DefaultedOnCreate: f.DefaultedOnCreate, Digits: f.Digits, DisplayLocationInDecimal: f.Type == "location",
		Encrypted: f.Type == "encryptedstring", ExternalID: f.ExternalID, ExtraTypeInfo: orNull(f.ExtraTypeInfo),
		Filterable: f.Filterable, Groupable: f.Groupable, HTMLFormatted: f.HTMLFormatted, IDLookup: f.IDLookup, Label: f.Label,
		Length: f.Length, Name: f.Name, NameField: f.NameField, NamePointing: f.Polymorphic, Nillable: f.Nillable,
		Permissionable: f.Permissionable, PicklistValues: []picklistValue{}, PolymorphicForeignKey: f.Polymorphic,
		Precision: f.Precision, QueryByDistance: f.Type == "location" || f.Type == "address", ReferenceTo: f.ReferenceTo,
		RelationshipName: orNull(f.RelationshipName), RestrictedPicklist: f.Restricted, Scale: f.Scale,
		SearchPrefilterable: f.Type == "reference" && f.Createable, SoapType: soap, Sortable: f.Sortable, Type: f.Type,
		Unique: f.Unique, Updateable: f.Updateable,
	}
	if d.ReferenceTo == nil {
		d.ReferenceTo = []string{}
	}
	if f.Type == "boolean" {
		d.DefaultValue = false
	}
	if f.Type == "encryptedstring" {
		mask, maskType := "*", "lastFour"
		d.Mask, d.MaskType = &mask, &maskType
	}
	if f.Calculated {
		formula := "/* " + f.Name + " */"
		d.CalculatedFormula = &formula
	}
	for _, v := range f.Picklist {
		label := v
		if l, ok := f.labels[v]; ok {
			label = l
		}
		d.PicklistValues = append(d.PicklistValues, picklistValue{Active: true, DefaultValue: v == f.Default, Label: label, Value: v})
	}
	return d
}

// byteLength is three bytes a character for text, as Salesforce reckons.
func (f *Field) byteLength() int {
	if f.Type == "id" || f.Type == "reference" {
		return f.Length
	}
	return 3 * f.Length
}

type recordCount struct {
	Count int    `json:"count"`
	Name  string `json:"name"`
}

// limits serves the org's limits and recordCount.
func (c *call) limits(w *response, r *http.Request, path []string) error {
	if len(path) == 0 {
		c.count("limits")
		c.writeLimits(w)
		return nil
	}
	if len(path) > 1 || path[0] != "recordCount" {
		return notFound()
	}
	c.count("recordCount")
	asked := map[string]bool{}
	for _, name := range strings.Split(r.URL.Query().Get("sObjects"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			asked[name] = true
		}
	}
	counts := []recordCount{}
	for i, o := range c.store.objects {
		// Objects without rows and satellites are left out without a word.
		if n := c.store.tables[i].live(); n > 0 && o.writable() && (len(asked) == 0 || asked[strings.ToLower(o.Name)]) {
			counts = append(counts, recordCount{Count: n, Name: o.Name})
		}
	}
	w.json(http.StatusOK, map[string]any{"sObjects": counts})
	return nil
}

func (c *call) writeLimits(w *response) {
	type limit struct{ Max, Remaining int }
	caps, used := c.bulk.config.caps, c.bulk.used()
	all := map[string]limit{
		"DailyApiRequests":       {c.budget.max, c.budget.remaining()},
		"DailyBulkApiBatches":    {caps.IngestBatches, caps.IngestBatches - used.batches},
		"DailyBulkV2QueryJobs":   {caps.QueryJobs, caps.QueryJobs - used.queries},
		"DataStorageMB":          {1024, 512},
		"FileStorageMB":          {1024, 1000},
		"SingleEmail":            {5000, 5000},
		"HourlyODataCallout":     {10000, 10000},
		"Package2VersionCreates": {6, 6},

		"DailyBulkV2QueryFileStorageMB":     {int(caps.QueryKB / 1024), int(max(0, caps.QueryKB-used.kb) / 1024)},
		"DailyAsyncApexExecutions":          {250000, 250000},
		"ConcurrentAsyncGetReportInstances": {200, 200},
	}
	w.json(http.StatusOK, all)
}

// versions serves the list of API versions, for which no login is needed.
func (s *Server) versions(w *response, r *http.Request) {
	s.stats.path("versions")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.fail(methodNotAllowed(r.Method, "HEAD,GET"))
		return
	}
	type version struct {
		Label   string `json:"label"`
		URL     string `json:"url"`
		Version string `json:"version"`
	}
	seasons := []string{"Winter", "Spring", "Summer"}
	var all []version
	for n := oldestVersion; n <= newestVersion; n++ {
		// Version 52 came in Summer '21; three follow each other every year.
		season := seasons[(n+1)%3]
		year := 21 + (n-50)/3
		if season == "Winter" {
			year = 21 + (n-49)/3
		}
		number := strconv.Itoa(n) + ".0"
		all = append(all, version{
			Label: season + " '" + strconv.Itoa(year), URL: "/services/data/v" + number, Version: number,
		})
	}
	w.json(http.StatusOK, all)
}

// resources serves the root of a version.
func (c *call) resources(w *response, r *http.Request) error {
	c.count("resources")
	w.json(http.StatusOK, map[string]string{
		"sobjects": c.root + "/sobjects", "query": c.root + "/query", "queryAll": c.root + "/queryAll",
		"limits": c.root + "/limits", "composite": c.root + "/composite",
		"identity": baseURL(r) + "/id/" + orgID() + "/" + userID(),
	})
	return nil
}
