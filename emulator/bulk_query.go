package emulator

import (
	"net/http"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// createQueryJob checks a statement and finds its rows. What the statement is
// to blame for fails here, as it does in Salesforce; the state of the job only
// pretends to work on it. The rows are those of this moment.
func (c *call) createQueryJob(w *response, r *http.Request) error {
	request, err := readRecord(w, r)
	if err != nil {
		return err
	}
	operation, statement := request.text("operation"), request.text("query")
	if operation != "query" && operation != "queryAll" {
		return badProperty("operation", operation)
	}
	format, err := newCSVFormat(request)
	if err != nil {
		return err
	}
	c.stats.query(statement)
	result, err := c.compileBulk(statement, operation == "queryAll", format)
	if err != nil {
		return err
	}
	if err := c.bulk.spend(bulkSpend{queries: 1, kb: result.kilobytes()}); err != nil {
		return err
	}
	job := &bulkJob{
		operation: operation, object: result.table.obj, version: c.jobVersion(),
		created: c.bulk.now(), format: format, result: result, state: stateUploaded,
	}
	job.modified, job.uploaded = job.created, job.created
	c.bulk.add(job)
	w.json(http.StatusOK, job.fresh())
	return nil
}

// bulkUnsupported are sObjects that Bulk does not query though REST does.
var bulkUnsupported = nameSet(`
	AcceptedEventRelation AccountBrandShare AccountFeed AggregateResult AssetFeed AssetTokenEvent AttachedContentDocument
	AttachedContentNote Attachment CaseStatus CaseTeamMember CaseTeamRole CaseTeamTemplate CaseTeamTemplateMember
	CaseTeamTemplateRecord ChannelProgramLevelShare CombinedAttachment ContentFolderItem ContractStatus
	DeclinedEventRelation EventWhoRelation FieldSecurityClassification FolderedContentDocument KnowledgeArticle
	KnowledgeArticleVersion KnowledgeArticleVersionHistory KnowledgeArticleViewStat KnowledgeArticleVoteStat
	LookedUpFromActivity Name NoteAndAttachment OpenActivity OrderStatus OwnedContentDocument PartnerRole
	QuoteTemplateRichTextData RecentlyViewed ServiceAppointmentStatus ShiftStatus SolutionStatus TaskPriority TaskStatus
	TaskWhoRelation UndecidedEventRelation UserRecordAccess WorkOrderLineItemStatus WorkOrderStatus WorkStepStatus`)

func nameSet(names string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(names) {
		set[strings.ToLower(name)] = true
	}
	return set
}

// The texts of Salesforce for what Bulk does not select.
const (
	noChildren  = "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
	noCompounds = "Selecting compound data not supported in Bulk Query"
	noBlobs     = "Blob field not supported in Bulk V2 Query with CSV content type"
)

func bulkRefusal(format string, args ...any) error {
	return fail(http.StatusBadRequest, "API_ERROR", format, args...)
}

// refuseBulk refuses what is good SOQL, but not for Bulk.
func refuseBulk(statement string) error {
	q, err := soql.Parse(statement)
	if err != nil {
		return nil // the compiler tells it better
	}
	switch {
	case bulkUnsupported[strings.ToLower(q.From.Object)]:
		return fail(http.StatusBadRequest, "INVALIDENTITY", "Entity '%s' is not supported by the Bulk API", q.From.Object)
	case q.IsCount():
		return bulkRefusal("COUNT() is not supported in Bulk V2 Query")
	case len(q.GroupBy) > 0:
		return bulkRefusal("GROUP BY is not supported in Bulk V2 Query")
	case q.Offset != nil:
		return bulkRefusal("OFFSET is not supported in Bulk V2 Query")
	}
	for _, item := range q.Select {
		if err := refuseItem(item.Expr); err != nil {
			return err
		}
	}
	return nil
}

// refuseItem refuses an item of the select list.
func refuseItem(item soql.Operand) error {
	switch item := item.(type) {
	case *soql.Subquery:
		return bulkRefusal(noChildren)
	case *soql.TypeOf:
		return bulkRefusal("TYPEOF is not supported in Bulk V2 Query")
	case *soql.FieldSet:
		if item.Name != "STANDARD" { // the others are not bounded
			return bulkRefusal("%s is not supported in Bulk V2 Query", item)
		}
	case *soql.Call:
		if item.IsAggregate() {
			return bulkRefusal("%s is not supported in Bulk V2 Query", item)
		}
	}
	return nil
}

// compileBulk finds the rows of a statement and prepares to write them.
func (c *call) compileBulk(statement string, deleted bool, format csvFormat) (*bulkResult, error) {
	if err := refuseBulk(statement); err != nil {
		return nil, err
	}
	comp, q, err := c.parse(statement)
	if err != nil {
		return nil, err
	}
	comp.deleted = deleted
	result := &bulkResult{table: comp.org.table(comp.obj), format: format}
	if err := result.choose(comp, q); err != nil {
		return nil, err
	}
	if err := comp.spend(0); err != nil { // however many rows: they are what Bulk is for
		return nil, err
	}
	keys, err := comp.orderKeys(q.OrderBy)
	if err != nil {
		return nil, err
	}
	if result.rows, err = comp.matching(q.Where, deleted); err != nil {
		return nil, err
	}
	sortRows(&result.rows, keys, comp)
	result.rows.cut(bounds(q))
	return result, nil
}

// choose compiles the select list: the header, and a writer for each column.
func (b *bulkResult) choose(c *compiler, q *soql.Query) error {
	var names []string
	seen := map[string]bool{}
	for _, item := range q.Select {
		name, cell, err := c.bulkColumn(item)
		if err != nil {
			return err
		}
		key := strings.ToLower(name)
		if seen[key] {
			return malformed("duplicate field selected: %s", name)
		}
		seen[key] = true
		names, b.cells = append(names, name), append(b.cells, cell)
	}
	b.header = b.format.appendCSVRow(nil, names)
	return nil
}

// bulkColumn compiles one item of the select list. Its name is the schema's
// spelling of the whole path, or the alias of a function.
func (c *compiler) bulkColumn(item soql.SelectItem) (name string, cell csvCell, err error) {
	if call, ok := item.Expr.(*soql.Call); ok {
		of, err := c.operand(call)
		switch {
		case err != nil:
			return "", nil, err
		case item.Alias != "":
			return item.Alias, c.org.datumCell(of), nil
		case call.Name == "DISTANCE":
			return "expr0", c.org.datumCell(of), nil
		}
		r, err := c.route(innerField(call))
		if err != nil {
			return "", nil, err
		}
		return r.path(), c.org.datumCell(of), nil
	}
	r, err := c.route(item.Expr.(*soql.Field)) // all else was refused or written out
	if err != nil {
		return "", nil, err
	}
	switch r.field().Type {
	case "address", "location":
		return "", nil, bulkRefusal(noCompounds)
	case "base64":
		return "", nil, bulkRefusal(noBlobs)
	}
	return r.path(), r.csvCell(c.org), nil
}

// path is the route as the schema spells it: Account.Owner.Name.
func (r *route) path() string {
	path := ""
	for i := range r.hops {
		path += r.hops[i].field.RelationshipName + "."
	}
	return path + r.field().Name
}

// datumCell writes what a function computes.
func (s *store) datumCell(of *operand) csvCell {
	return func(dst []byte, row int) []byte {
		d := of.get(row)
		switch {
		case d.null:
			return append(dst, `""`...)
		case of.kind == "datetime":
			return appendCSVWhole(dst, of.kind, d.n)
		}
		text := s.appendDatum(nil, of.kind, d)
		switch {
		case text[0] != '"':
			return append(append(append(dst, '"'), text...), '"')
		case isText(of.kind):
			return appendCSVText(dst, d.s)
		}
		return append(dst, text...) // an id, a date or a time
	}
}

// csvCell writes the route's field, nothing where there is no parent.
func (r *route) csvCell(s *store) csvCell {
	if r.polymorphic() {
		return r.nameCell(s)
	}
	cell := newCSVCell(r.table.column(r.place))
	if len(r.hops) == 0 {
		return cell
	}
	return func(dst []byte, row int) []byte {
		_, at, ok := r.at(row)
		if !ok {
			return append(dst, `""`...)
		}
		return cell(dst, at)
	}
}

// nameCell writes a field of the pseudo-object Name.
func (r *route) nameCell(s *store) csvCell {
	name := r.field().Name
	last := &r.hops[len(r.hops)-1]
	cells := map[*table]csvCell{}
	for _, target := range last.field.ReferenceTo {
		o, ok := s.object(target)
		if !ok {
			continue
		}
		t := s.table(o)
		if name == "Type" {
			cells[t] = func(dst []byte, _ int) []byte { return appendCSVText(dst, t.obj.Name) }
		} else if place, ok := nameField(o, name); ok {
			cells[t] = newCSVCell(t.column(place))
		}
	}
	return func(dst []byte, row int) []byte {
		t, at, ok := r.at(row)
		if cell := cells[t]; ok && cell != nil {
			return cell(dst, at)
		}
		return append(dst, `""`...)
	}
}
