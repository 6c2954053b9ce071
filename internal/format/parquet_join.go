package format

import (
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
)

// JoinParquet writes Parquet files of the same columns as one, row after row.
func JoinParquet(w io.Writer, parts []*os.File) error {
	var out *parquet.GenericWriter[any]
	for _, part := range parts {
		info, err := part.Stat()
		if err != nil {
			return err
		}
		file, err := parquet.OpenFile(part, info.Size(), parquet.SkipBloomFilters(true))
		if err != nil {
			return fmt.Errorf("parquet: %s: %w", part.Name(), err)
		}
		if out == nil {
			out = parquet.NewGenericWriter[any](w, file.Schema(), parquet.Compression(newSmallZstd()))
		}
		for _, group := range file.RowGroups() {
			if _, err := out.WriteRowGroup(group); err != nil {
				return fmt.Errorf("parquet: joining %s: %w", part.Name(), err)
			}
		}
	}
	if out == nil {
		return fmt.Errorf("parquet: no files to join")
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}
