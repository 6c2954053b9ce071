package export

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/sfsql/sfsql/internal/format"
)

// parquetSink keeps a file for each part and joins them in the end.
type parquetSink struct {
	path    string
	columns []format.Column
	at      mark
	part    *os.File // being written; nil between parts
	buf     *bufio.Writer
	rows    format.Writer
}

func openParquet(path string, at mark, o sinkOptions) (*parquetSink, error) {
	s := &parquetSink{path: path, columns: o.columns, at: at}
	for i := range at.Parts {
		if _, err := os.Stat(s.partPath(i)); err != nil {
			return nil, fmt.Errorf("%w: begin anew, without --resume", err)
		}
	}
	return s, nil
}

func (s *parquetSink) partPath(i int) string { return partPath(s.path, i) }

// partPath names the file of a part. It is needed until the checkpoint says
// that the whole file is done.
func partPath(path string, i int) string { return fmt.Sprintf("%s.%05d", path, i) }

// begin opens the file of the next part. What was left of it by an export that
// broke off is overwritten.
func (s *parquetSink) begin() error {
	f, err := os.Create(s.partPath(s.at.Parts))
	if err != nil {
		return outputError(err)
	}
	s.part = f
	s.buf = bufio.NewWriterSize(outputWriter{f}, 1<<18)
	s.rows = format.New(s.buf, format.Style{Mode: "parquet"}, true)
	return s.rows.Begin(s.columns)
}

func (s *parquetSink) row(values []any) error {
	if s.part == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.at.Rows++
	return s.rows.Row(values)
}

func (s *parquetSink) endPart() (mark, error) {
	if s.part == nil {
		if err := s.begin(); err != nil {
			return mark{}, err
		}
	}
	err := s.rows.End()
	if err == nil {
		err = s.buf.Flush()
	}
	if err == nil {
		err = outputError(s.part.Sync())
	}
	if closeErr := s.part.Close(); err == nil {
		err = outputError(closeErr)
	}
	s.part = nil
	s.at.Parts++
	return s.at, err
}

func (s *parquetSink) finish() (sum, error) {
	if err := s.join(); err != nil {
		return sum{}, outputError(err)
	}
	out, err := hashFile(s.path)
	return out, outputError(err)
}

// join writes the parts, of which there is one at least, as one file.
func (s *parquetSink) join() error {
	parts := make([]*os.File, s.at.Parts)
	for i := range parts {
		f, err := os.Open(s.partPath(i))
		if err != nil {
			return err
		}
		defer f.Close() // it was only read
		parts[i] = f
	}
	out, err := os.Create(s.path)
	if err != nil {
		return err
	}
	if len(parts) == 1 {
		_, err = io.Copy(out, parts[0])
	} else {
		err = format.JoinParquet(out, parts)
	}
	if err == nil {
		err = out.Sync()
	}
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (s *parquetSink) close() {
	if s.part != nil {
		_ = s.part.Close()
	}
}
