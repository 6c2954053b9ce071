package executor

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/soql"
)

// notBulk says why a scan cannot be read by Bulk; empty where it can, as far
// as is known. What it overlooks, Salesforce refuses when the job is made.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
func (e *Executor) notBulk(scan Scan) string {
	q := scan.Query
	switch {
	case q.Limit != nil:
		return "a LIMIT would keep Bulk from working in chunks"
	case len(q.OrderBy) > 0:
		return "ORDER BY would keep Bulk from working in chunks"
	case q.Offset != nil:
		return "Bulk has no OFFSET"
	case q.IsAggregate():
		return "Bulk has no GROUP BY and no aggregates"
	case q.For != "" || q.Update != "" || q.ForUpdate || q.AllRows || q.With != nil || q.Scope != "":
		return "the query has a clause that Bulk may not know"
	case neverBulk[strings.ToLower(q.From.Object)] || strings.HasSuffix(strings.ToLower(q.From.Object), "__tag"):
		return "Bulk does not support " + q.From.Object
	}
	if reason := e.seen.refusal(q.From.Object); reason != "" {
		return reason
	}
	for _, item := range q.Select {
		if reason := e.notBulkItem(q.From.Object, item.Expr); reason != "" {
			return reason
		}
	}
	for _, c := range scan.Columns {
		if reason := notBulkKind(strings.Join(c.Path, "."), c.Kind); reason != "" {
			return reason
		}
	}
	return ""
}

// notBulkItem looks at an item of the select list.
func (e *Executor) notBulkItem(object string, item soql.Operand) string {
	switch item := item.(type) {
	case *soql.Subquery:
		return "Bulk selects no children"
	case *soql.TypeOf:
		return "Bulk has no TYPEOF"
	case *soql.Call, *soql.FieldSet:
		return fmt.Sprintf("Bulk may name %s otherwise", item)
	case *soql.Field:
		if len(item.Path) == 1 {
			return e.notBulkField(object, item.Path[0])
		}
	}
	return ""
}

// notBulkField looks at a field's type, where the sObject is described.
func (e *Executor) notBulkField(object, name string) string {
	known := e.object(object)
	if known == nil {
		return ""
	}
	for i := range known.Fields {
		f := &known.Fields[i]
		if !strings.EqualFold(f.Name, name) {
			continue
		}
		switch f.Type {
		case "base64", "address", "location", "json", "complexvalue", "anyType":
			return fmt.Sprintf("Bulk does not give the same value for %s (%s)", f.Name, f.Type)
		}
	}
	return ""
}

// notBulkKind looks at the kind of a value that is wanted: a compound one has
// no place in CSV, and what has no type of its own may be written otherwise.
func notBulkKind(name string, kind soql.Kind) string {
	switch kind {
	case soql.KindJSON:
		return "Bulk does not select compound values (" + name + ")"
	case soql.KindAny:
		return "Bulk may write values without a type otherwise (" + name + ")"
	}
	return ""
}

func (e *Executor) object(name string) *catalog.Object {
	if e.opts.Catalog == nil {
		return nil
	}
	return e.opts.Catalog.Known(name)
}

// cannotSwitch says why a scan that has begun on REST cannot go on in Bulk:
// the records that were given already must be known again.
func (e *Executor) cannotSwitch(scan Scan) string {
	if idColumn(scan.Columns) < 0 {
		return "without Id among its columns a scan cannot go on in Bulk"
	}
	if o := e.object(scan.Query.From.Object); o == nil || !uniqueIDs(o) {
		return "the Ids of " + scan.Query.From.Object + " may not be unique, so that the scan cannot go on in Bulk"
	}
	// The page in hand, and one that is on its way, come before the job.
	if !scan.Drained && e.opts.Threshold > mostLeftOut-2*restPageRows {
		return fmt.Sprintf("more than %s cannot be left out of what Bulk brings", count(mostLeftOut))
	}
	return ""
}

func idColumn(columns []soql.Column) int {
	for i, c := range columns {
		if len(c.Path) == 1 && strings.EqualFold(c.Path[0], "Id") {
			return i
		}
	}
	return -1
}

// uniqueIDs reports whether an sObject's Ids tell its records apart. Those of
// objects without a key prefix may be made up: FieldDefinition and its like
// give the same Id to every record. The satellites of ordinary objects have
// Ids of their own all the same.
func uniqueIDs(o *catalog.Object) bool {
	if o.KeyPrefix != "" {
		return true
	}
	for _, suffix := range []string{"History", "Share", "Feed"} {
		if strings.HasSuffix(o.Name, suffix) {
			return true
		}
	}
	return false
}

// ordersByID reports whether a result can go on by Id where a locator is lost.
func (e *Executor) ordersByID(object string) bool {
	o := e.object(object)
	if o == nil || !uniqueIDs(o) {
		return false
	}
	for i := range o.Fields {
		if f := &o.Fields[i]; f.Type == "id" && strings.EqualFold(f.Name, "Id") {
			return f.Filterable && f.Sortable
		}
	}
	return false
}

// neverBulk are sObjects that Bulk is known to refuse. Others that it refuses
// are learnt.
var neverBulk = func() map[string]bool {
	set := make(map[string]bool)
	for _, name := range strings.Fields(`
		AcceptedEventRelation AccountBrandShare AccountFeed AggregateResult AssetFeed AssetTokenEvent AttachedContentDocument
		AttachedContentNote Attachment CaseStatus CaseTeamMember CaseTeamRole CaseTeamTemplate CaseTeamTemplateMember
		CaseTeamTemplateRecord ChannelProgramLevelShare CombinedAttachment ContentFolderItem ContractStatus DeclinedEventRelation
		EventWhoRelation FieldSecurityClassification FolderedContentDocument KnowledgeArticle KnowledgeArticleVersion
		KnowledgeArticleVersionHistory KnowledgeArticleViewStat KnowledgeArticleVoteStat LookedUpFromActivity Name
		NoteAndAttachment OpenActivity OrderStatus OwnedContentDocument PartnerRole QuoteTemplateRichTextData RecentlyViewed
		ServiceAppointmentStatus ShiftStatus SolutionStatus TaskPriority TaskStatus TaskWhoRelation UndecidedEventRelation
		UserRecordAccess WorkOrderLineItemStatus WorkOrderStatus WorkStepStatus`) {
		set[strings.ToLower(name)] = true
	}
	return set
}()

// statistics is what the scans of an executor have taught.
type statistics struct {
	mu      sync.Mutex
	total   map[string]int64   // rows, by what was asked
	refused map[string]refusal // by folded name of an sObject
}

// refusal is why Bulk will not read an sObject, and until when.
type refusal struct {
	reason string
	until  time.Time // zero means for good
}

// usedUp is how long Bulk is not asked again after its allowance of a day was
// used up. Jobs count for 24 hours, so some come back all the time.
const usedUp = 30 * time.Minute

// mostStatistics bounds what is remembered.
const mostStatistics = 1000

func scanKey(scan Scan) string {
	q := *scan.Query
	q.Select = nil
	return fmt.Sprintf("%v %s", scan.All, q.String())
}

func (s *statistics) get(scan Scan) (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.total[scanKey(scan)]
	return n, ok
}

// note remembers how many rows a scan has, as the server counted them.
func (s *statistics) note(scan Scan, n int64) {
	if n < 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total == nil || len(s.total) >= mostStatistics {
		s.total = make(map[string]int64)
	}
	s.total[scanKey(scan)] = n
}

func (s *statistics) refusal(object string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.refused[strings.ToLower(object)]
	if !r.until.IsZero() && time.Now().After(r.until) {
		return ""
	}
	return r.reason
}

// refuse remembers that Bulk will not read an sObject.
func (s *statistics) refuse(object string, answer *salesforce.Error) {
	r := refusal{reason: "Bulk refused it: " + answer.Message}
	if answer.Code == "LIMIT_EXCEEDED" {
		r.until = time.Now().Add(usedUp)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = make(map[string]refusal)
	}
	s.refused[strings.ToLower(object)] = r
}
