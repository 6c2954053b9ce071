package modernc

import (
	"testing"

	"github.com/sfsql/sfsql/vtab/engine/enginetest"
)

func TestEngine(t *testing.T) {
	enginetest.Run(t, enginetest.Engine{Open: Open, Adopt: Adopt, Driver: "sqlite"})
}
