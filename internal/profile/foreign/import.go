package foreign

import (
	"errors"
	"io"

	"github.com/sfsql/sfsql/internal/profile"
)

// Import is what a configuration of another tool says.
type Import struct {
	Org     profile.Org // without a name; its words are those of a DSN
	Format  string      // what the file was taken for, in words for people
	Ignored []string    // keys of the file, with their paths, that are not used, and why
}

// Read reads a configuration.
func Read(r io.Reader) (*Import, error) {
	return nil, errors.New("foreign: nothing in the file is known")
}
