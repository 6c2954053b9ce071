package export

import (
	"context"
	"database/sql"
	"sync"

	"github.com/sfsql/sfsql/driver"
)

// read writes the parts that are left, and then makes the file whole.
func (r *run) read(ctx context.Context, cp *checkpoint, o *object) error {
	s := &source{object: o, query: r.opts.Query, columns: columnsOf(cp.Columns), where: r.opts.Where, since: cp.Since, cursor: cp.Cursor}
	if o == nil {
		// Only when it runs does a query tell its columns; its one part is read
		// from the beginning.
		cp.At = mark{}
		return r.query(ctx, cp, s)
	}
	out, err := openSink(r.target.workPath(cp.Object, "."+r.target.format), cp.At, r.sinkOptions(cp, o))
	if err != nil {
		return err
	}
	defer out.close()
	if err := r.parts(ctx, cp, s, out); err != nil {
		return err
	}
	return r.finish(cp, out)
}

// parts reads the ranges that are left. An object without records has one part.
func (r *run) parts(ctx context.Context, cp *checkpoint, s *source, out sink) error {
	for {
		in, left, some, err := r.nextSpan(ctx, s, cp.Left)
		if err != nil {
			return err
		}
		if !some {
			return nil
		}
		if cp.SOQL == nil {
			if cp.SOQL, err = r.explain(ctx, s.sql(in)); err != nil {
				return err
			}
		}
		if err := r.part(ctx, cp, s.sql(in), out); err != nil {
			return err
		}
		cp.Left = left
		if err := r.checkpoint(cp, out); err != nil {
			return err
		}
	}
}

// part reads one range.
func (r *run) part(ctx context.Context, cp *checkpoint, query string, out sink) error {
	seen := r.watch(cp)
	rows, err := r.opts.DB.QueryContext(driver.WithProgress(ctx, seen.note), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	row, err := r.recently(cp, out.row)
	if err != nil {
		return err
	}
	if err := copyRows(rows, row); err != nil {
		return err
	}
	err = rows.Close()
	cp.API = seen.names(cp.API)
	return err
}

// checkpoint makes what has been written so far safe, and says so.
func (r *run) checkpoint(cp *checkpoint, out sink) error {
	at, err := out.endPart()
	if err != nil {
		return err
	}
	cp.At = at
	if err := r.save(cp); err != nil {
		return err
	}
	r.mu.Lock()
	r.advanced = true
	r.mu.Unlock()
	return nil
}

// finish makes the file whole.
func (r *run) finish(cp *checkpoint, out sink) error {
	whole, err := out.finish()
	if err != nil {
		return err
	}
	cp.Whole, cp.Bytes, cp.SHA256, cp.Finished = true, whole.Bytes, whole.SHA256, r.opts.Now().UTC()
	return r.save(cp)
}

// query writes the result of the user's statement.
func (r *run) query(ctx context.Context, cp *checkpoint, s *source) (err error) {
	if cp.SOQL, err = r.explain(ctx, s.query); err != nil {
		return err
	}
	seen := r.watch(cp)
	rows, err := r.opts.DB.QueryContext(driver.WithProgress(ctx, seen.note), s.query)
	if err != nil {
		return err
	}
	defer rows.Close()
	out, err := r.querySink(cp, rows)
	if err != nil {
		return err
	}
	defer out.close()
	if err := copyRows(rows, out.row); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	cp.API = seen.names(nil)
	cp.Left = nil
	if err := r.checkpoint(cp, out); err != nil {
		return err
	}
	return r.finish(cp, out)
}

func (r *run) querySink(cp *checkpoint, rows *sql.Rows) (sink, error) {
	columns, err := resultColumns(rows)
	if err != nil {
		return nil, err
	}
	cp.Columns = savedColumns(columns)
	return openSink(r.target.workPath(cp.Object, "."+r.target.format), mark{}, r.sinkOptions(cp, nil))
}

// explain returns the SOQL that a statement sends.
func (r *run) explain(ctx context.Context, query string) ([]string, error) {
	var out []string
	err := r.each(ctx, "EXPLAIN SOQL "+query, func(v []any) error {
		if text, ok := v[2].(string); ok {
			out = addNew(out, text)
		}
		return nil
	})
	return out, err
}

// watcher follows the scans of a statement.
type watcher struct {
	run    *run
	object string
	before int64 // rows of the parts before

	mu    sync.Mutex
	total int64           // rows of all scans
	rows  map[int64]int64 // of those that have not ended
	apis  []string
}

func (r *run) watch(cp *checkpoint) *watcher {
	return &watcher{run: r, object: cp.Object, before: cp.At.Rows, rows: map[int64]int64{}}
}

func (w *watcher) note(p driver.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.State == driver.ProgressReading || p.State == driver.ProgressDone {
		w.apis = addNew(w.apis, p.API)
	}
	w.total += p.Rows - w.rows[p.Scan]
	w.rows[p.Scan] = p.Rows
	if p.State == driver.ProgressDone || p.State == driver.ProgressFailed {
		delete(w.rows, p.Scan) // nothing more is told of it
	}
	w.run.report(Event{Object: w.object, State: Reading, Rows: w.before + w.total, Total: -1, API: p.API})
}

// names adds the APIs that were used to a list of them.
func (w *watcher) names(list []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, api := range w.apis {
		list = addNew(list, api)
	}
	return list
}
