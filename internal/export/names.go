package export

import (
	"cmp"
	"strconv"
	"strings"
)

// nameOf is what the files of an object begin with.
func (t *target) nameOf(object string) string { return cmp.Or(t.names[object], object) }

// otherNames returns the objects whose files cannot have their names: Windows
// keeps some to itself, whatever follows the dot, and file systems that take
// capitals for small letters have no room for two.
func otherNames(objects []string) map[string]string {
	out, taken := map[string]string{}, map[string]bool{}
	for _, object := range objects {
		taken[strings.ToLower(object)] = true
	}
	used := map[string]bool{}
	for _, object := range objects {
		name := object
		if isDevice(name) {
			name += "_"
		}
		for n := 2; used[strings.ToLower(name)] || name != object && taken[strings.ToLower(name)]; n++ {
			name = object + "_" + strconv.Itoa(n)
		}
		used[strings.ToLower(name)] = true
		if name != object {
			out[object] = name
		}
	}
	return out
}

// isDevice reports whether Windows would open a device and no file:
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
func isDevice(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	digit, ok := strings.CutPrefix(name, "com")
	if !ok {
		digit, ok = strings.CutPrefix(name, "lpt")
	}
	return ok && len(digit) == 1 && digit[0] >= '0' && digit[0] <= '9'
}
