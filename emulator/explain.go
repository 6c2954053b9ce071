package emulator

import (
	"net/http"

	"github.com/sfsql/sfsql/soql"
)

type explanation struct {
	Plans       []explainPlan `json:"plans"`
	SourceQuery string        `json:"sourceQuery"`
}

type explainPlan struct {
	Cardinality          int           `json:"cardinality"`
	Fields               []string      `json:"fields"`
	LeadingOperationType string        `json:"leadingOperationType"`
	Notes                []explainNote `json:"notes"`
	RelativeCost         float64       `json:"relativeCost"`
	SobjectCardinality   int           `json:"sobjectCardinality"`
	SobjectType          string        `json:"sobjectType"`
}

type explainNote struct {
	Description   string   `json:"description"`
	Fields        []string `json:"fields"`
	TableEnumOrID string   `json:"tableEnumOrId"`
}

// explain checks a statement and tells how it would be executed, without
// executing it.
func (c *call) explain(w *response, statement string) error {
	comp, q, err := c.parse(statement)
	if err != nil {
		return err
	}
	if err := comp.check(q); err != nil {
		return err
	}
	if err := c.checkLevels(comp.limits.levels); err != nil {
		return err
	}
	size := c.store.table(comp.obj).live()
	scan := explainPlan{
		Cardinality: size, Fields: []string{}, LeadingOperationType: "TableScan", RelativeCost: 1.5,
		SobjectCardinality: size, SobjectType: comp.obj.Name,
		Notes: []explainNote{{
			Description: "Not considering filter for optimization because unindexed", Fields: []string{"IsDeleted"},
			TableEnumOrID: comp.obj.Name,
		}},
	}
	plans := []explainPlan{scan}
	if rows, field, ok := comp.candidates(q.Where); ok {
		index := scan
		index.Cardinality, index.LeadingOperationType = len(rows), "Index"
		index.RelativeCost = float64(len(rows)) / float64(max(size, 1))
		index.Fields = []string{field}
		plans = []explainPlan{index, scan}
	}
	w.json(http.StatusOK, explanation{Plans: plans, SourceQuery: statement})
	return nil
}

// check compiles a statement without looking at rows.
func (c *compiler) check(q *soql.Query) error {
	if q.IsAggregate() {
		g := &grouping{compiler: c, byKey: map[string]*group{}}
		if err := g.groupBy(q.GroupBy); err != nil {
			return err
		}
		if _, err := g.outputs(q.Select); err != nil {
			return err
		}
		if _, err := g.having(q.Having); err != nil {
			return err
		}
	} else if _, err := c.selection(q); err != nil {
		return err
	} else if _, err := c.orderKeys(q.OrderBy); err != nil {
		return err
	}
	if q.Where == nil {
		return nil
	}
	_, err := c.condition(q.Where)
	return err
}
