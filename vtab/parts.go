package vtab

import (
	"context"
	"slices"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// parts reads the queries of a scan one after the other, as one answer.
type parts struct {
	soql.Rows // of the part that is read
	source    Source
	scan      planner.Scan
	at        int // the part
	key       int // where the column that tells the parts apart stands
	drained   bool
	err       error
}

func openParts(c *Schema, s planner.Scan, drained bool) (soql.Rows, error) {
	p := &parts{source: c.cfg.Source, scan: s, key: slices.Index(s.Fetched, s.Split), drained: drained}
	if err := p.open(c.context()); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *parts) open(ctx context.Context) error {
	rows, err := p.source.Open(ctx, Scan{Query: p.scan.Parts[p.at].Query, Columns: p.scan.Columns, Expected: -1, Drained: p.drained})
	if err != nil {
		return err
	}
	p.Rows = rows
	return nil
}

// Next moves to the next row that belongs to its part.
func (p *parts) Next(ctx context.Context) bool {
	for p.err == nil {
		for p.Rows.Next(ctx) {
			if p.belongs() {
				return true
			}
		}
		if p.Rows.Err() != nil || p.at+1 == len(p.scan.Parts) {
			return false
		}
		_ = p.Rows.Close() // read to its end
		p.at++
		p.err = p.open(ctx)
	}
	return false
}

func (p *parts) belongs() bool {
	keys := p.scan.Parts[p.at].Keys
	if keys == nil {
		return true
	}
	return !p.Rows.Null(p.key) && keys[planner.HashKey(p.scan.Collation, string(p.Rows.Bytes(p.key)))]
}

// Err returns why the rows ended early.
func (p *parts) Err() error {
	if p.err != nil {
		return p.err
	}
	return p.Rows.Err()
}

// Total is not known before the last part.
func (p *parts) Total() int64 { return -1 }

// maxParts is how many queries cost less than reading the whole table.
func (t *table) maxParts() int {
	if t.conn.cfg.Rows == nil {
		return 0
	}
	n, known := t.conn.cfg.Rows(t.rules.Table.Object.Name)
	if !known {
		return 0
	}
	return max(1, int(float64(n)/pageRows))
}
