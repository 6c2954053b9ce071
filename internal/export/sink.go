package export

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"io"
	"os"

	"github.com/sfsql/sfsql/internal/format"
)

// mark is how far a file is: what a checkpoint says of it.
type mark struct {
	Parts int    `json:"parts"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes,omitempty"` // of a text file
	Hash  []byte `json:"hash,omitempty"`  // of a text file, as it stands after so many bytes
}

// sum is what a whole file has.
type sum struct {
	Bytes  int64
	SHA256 string
}

// sink is a file that rows are written to in parts. One that is opened with a
// mark holds exactly the rows that it held when the mark was taken.
type sink interface {
	row(values []any) error
	// endPart puts the rows of a part on the disk.
	endPart() (mark, error)
	// finish makes the file whole and puts it on the disk, at the path it was
	// opened with.
	finish() (sum, error)
	// close leaves what is on the disk for another time.
	close()
}

// sinkOptions say what a file is like.
type sinkOptions struct {
	format  string
	table   string
	columns []format.Column
	ddl     []string // of an SQLite file: the columns' declarations
	key     string   // of an SQLite file: the column whose values are unique, or ""
	bom     bool
}

func openSink(path string, at mark, o sinkOptions) (sink, error) {
	var s sink
	var err error
	switch o.format {
	case "sqlite":
		s, err = openSQLite(path, at, o)
	case "parquet":
		s, err = openParquet(path, at, o)
	default:
		s, err = openText(path, at, o)
	}
	return s, outputError(err)
}

// outputWriter marks the errors of a file.
type outputWriter struct{ io.Writer }

func (w outputWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, outputError(err)
}

// hashFile reads a file back for its sum.
func hashFile(path string) (sum, error) {
	f, err := os.Open(path)
	if err != nil {
		return sum{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return sum{}, err
	}
	return sum{n, hex.EncodeToString(h.Sum(nil))}, nil
}

// syncFile puts a closed file's bytes on the disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// hashed is sha256 as the standard library has it: its state can be kept.
type hashed interface {
	io.Writer
	Sum([]byte) []byte
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}
