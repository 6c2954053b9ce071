package export

import (
	"database/sql"
	"sync"
)

// Rows travel in batches from the one goroutine that reads them to the one that
// writes them: few enough that wide ones need little memory.
const (
	batchRows = 64
	batches   = 4
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
	for b.n = 0; b.n < batchRows; b.n++ {
		if !rows.Next() {
			return false, rows.Err()
		}
		if err := rows.Scan(b.rows[b.n].dest...); err != nil {
			return false, err
		}
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
