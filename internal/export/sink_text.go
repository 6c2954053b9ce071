package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/sfsql/sfsql/internal/format"
)

// textSink is CSV or JSON Lines: a file that is cut back to the length it had.
type textSink struct {
	file *os.File
	hash hashed
	buf  *bufio.Writer
	rows format.Writer
	at   mark
}

func openText(path string, at mark, o sinkOptions) (*textSink, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	s := &textSink{file: f, hash: sha256.New().(hashed), at: at}
	s.buf = bufio.NewWriterSize(s, 1<<18)
	if err := s.cutBack(); err != nil {
		s.close()
		return nil, err
	}
	style := format.Style{Mode: o.format, Header: at.Parts == 0, BOM: o.bom}
	s.rows = format.New(s.buf, style, at.Parts == 0)
	if err := s.rows.Begin(o.columns); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// cutBack leaves of the file what the mark knows.
func (s *textSink) cutBack() error {
	if s.at.Parts == 0 {
		s.at = mark{}
	} else if err := s.hash.UnmarshalBinary(s.at.Hash); err != nil {
		return fmt.Errorf("the checkpoint's sum: %w", err)
	}
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < s.at.Bytes {
		return fmt.Errorf("%s has %d bytes and had %d: begin anew, without --resume", s.file.Name(), info.Size(), s.at.Bytes)
	}
	if err := s.file.Truncate(s.at.Bytes); err != nil {
		return err
	}
	_, err = s.file.Seek(s.at.Bytes, io.SeekStart)
	return err
}

// Write takes what the buffer lets go.
func (s *textSink) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	_, _ = s.hash.Write(p[:n]) // a hash returns no error
	s.at.Bytes += int64(n)
	return n, outputError(err)
}

func (s *textSink) row(values []any) error {
	s.at.Rows++
	return s.rows.Row(values)
}

func (s *textSink) endPart() (mark, error) {
	if err := s.flush(); err != nil {
		return mark{}, err
	}
	state, err := s.hash.MarshalBinary()
	if err != nil {
		return mark{}, err
	}
	s.at.Parts++
	s.at.Hash = state
	return s.at, nil
}

func (s *textSink) flush() error {
	if err := s.buf.Flush(); err != nil {
		return err
	}
	return outputError(s.file.Sync())
}

func (s *textSink) finish() (sum, error) {
	if err := s.rows.End(); err != nil {
		return sum{}, err
	}
	if err := s.flush(); err != nil {
		return sum{}, err
	}
	return sum{s.at.Bytes, hex.EncodeToString(s.hash.Sum(nil))}, outputError(s.file.Close())
}

func (s *textSink) close() { _ = s.file.Close() }
