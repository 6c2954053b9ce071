package export

import (
	"database/sql"
	"sync"

	"github.com/sfsql/sfsql/internal/format"
)

// Rows travel in batches from the one goroutine that reads them to the one that
// writes them: few enough that wide ones need little memory, and fewer where
// they hold whole files.
const (
	batchRows  = 64
	batchBytes = 1 << 20 // of texts, after which a batch takes no more rows
	batches    = 4
)

type batch struct {
	rows [batchRows]struct{ values, dest []any }
	n    int
}

func newBatch(width int) *batch {
	b := new(batch)
	values, dest := make([]any, batchRows*width), make([]any, batchRows*width)
	for i := range values {
		dest[i] = &values[i]
	}
	for i := range b.rows {
		b.rows[i].values, b.rows[i].dest = values[i*width:(i+1)*width], dest[i*width:(i+1)*width]
	}
	return b
}

// fill reads rows until the batch is full.
func (b *batch) fill(rows *sql.Rows) (more bool, err error) {
	held, bytes := b.n, 0
	for b.n = 0; b.n < batchRows && bytes < batchBytes; b.n++ {
		if !rows.Next() {
			return false, rows.Err()
		}
		row := b.rows[b.n]
		if err := rows.Scan(row.dest...); err != nil {
			return false, err
		}
		bytes += format.TextBytes(row.values)
	}
	for i := b.n; i < held; i++ {
		clear(b.rows[i].values) // or what was large would stay
	}
	return true, nil
}

func (b *batch) each(write func(values []any) error) error {
	for i := range b.n {
		if err := write(b.rows[i].values); err != nil {
			return err
		}
	}
	return nil
}

// copyRows writes each row of a result, reading on meanwhile.
func copyRows(rows *sql.Rows, write func(values []any) error) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	full, free, failed := make(chan *batch, batches), make(chan *batch, batches), make(chan error, 1)
	for range batches {
		free <- newBatch(len(names))
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for b := range full {
			if err := b.each(write); err != nil {
				failed <- err
				return
			}
			free <- b
		}
	})
	err = readBatches(rows, full, free, failed)
	close(full)
	writer.Wait()
	select {
	case writeErr := <-failed:
		return writeErr
	default:
		return err
	}
}

// readBatches fills batches until there are no more rows, or writing fails.
func readBatches(rows *sql.Rows, full chan<- *batch, free <-chan *batch, failed chan error) error {
	for more := true; more; {
		select {
		case err := <-failed:
			return err
		case b := <-free:
			var err error
			if more, err = b.fill(rows); err != nil {
				return err
			}
			full <- b // it has room for all
		}
	}
	return nil
}
