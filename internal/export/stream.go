package export

import (
	"bufio"
	"context"
	"io"

	"github.com/sfsql/sfsql/internal/format"
)

// Stream writes one object or statement to w, which gets rows as they arrive.
// There is no manifest and nothing to resume; what a manifest would note of
// changes is reported.
func Stream(ctx context.Context, opts Options, w io.Writer) error {
	if err := opts.complete(); err != nil {
		return err
	}
	switch {
	case opts.All || len(opts.Objects) > 1:
		return usagef("a stream holds one object or query; several need a folder")
	case opts.Format == "sqlite":
		return usagef("an SQLite file cannot be written to a stream")
	case opts.Resume || opts.StateFile != "":
		return usagef("a stream can neither be resumed nor be kept for a state: name a file")
	}
	ctx = opts.within(ctx)
	r := &run{opts: opts, target: newTarget(&opts), plan: opts.plan()}
	s := &source{query: opts.Query, where: opts.Where}
	if opts.Query == "" {
		cp := &checkpoint{Left: []span{{}}}
		objects, err := r.objects(ctx)
		if err != nil {
			return err
		}
		if err := r.prepare(ctx, cp, objects[0]); err != nil {
			return err
		}
		if opts.Changes() && cp.Note != "" {
			r.report(Event{Object: objects[0].name, State: Noted, Reason: cp.Note})
		}
		s.object, s.columns, s.since, s.cursor = objects[0], columnsOf(cp.Columns), cp.Since, cp.Cursor
	}
	return r.stream(ctx, s, w)
}

func (r *run) stream(ctx context.Context, s *source, w io.Writer) error {
	rows, err := r.opts.DB.QueryContext(ctx, s.sql(span{}))
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := resultColumns(rows)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(outputWriter{w}, 1<<16)
	out := format.New(buf, format.Style{Mode: r.opts.Format, Header: true, BOM: r.opts.BOM}, true)
	if err := out.Begin(formatColumns(columns)); err != nil {
		return err
	}
	if err := copyRows(rows, out.Row); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if err := out.End(); err != nil {
		return err
	}
	return buf.Flush()
}
