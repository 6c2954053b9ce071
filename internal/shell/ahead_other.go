//go:build !unix

package shell

import "os"

// typedAhead leaves keys to the line editor, which reads them as events here.
func typedAhead(*os.File) []rune { return nil }
