package emulator

import "strings"

// digits62 are the digits of record ids in ascending order, which is also
// their order as bytes.
const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// checkDigits maps five case bits to a letter of an id's suffix.
const checkDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

const (
	idPod  = "Kj0" // characters 4 to 6: the instance where the record was made
	idBase = 1_000_003
)

// recordID is a record's place in the store: the object's number in the upper
// half and the row in the lower. noRecord stands for null.
type recordID int64

const noRecord recordID = -1

func makeRecordID(object, row int) recordID { return recordID(object)<<32 | recordID(row) }

func (id recordID) object() int { return int(id >> 32) }
func (id recordID) row() int    { return int(id & 0xffffffff) }

// appendID15 appends the case-sensitive form of the id of an object's row.
// Consecutive rows get consecutive numbers, so that some ids of any object
// with more than 26 rows differ in nothing but case.
func appendID15(dst []byte, prefix string, row int) []byte {
	dst = append(dst, prefix...)
	dst = append(dst, idPod...)
	var tail [9]byte
	n := idBase + row
	for i := len(tail) - 1; i >= 0; i-- {
		tail[i] = digits62[n%62]
		n /= 62
	}
	return append(dst, tail[:]...)
}

// appendID18 appends the 18-character form.
func appendID18(dst []byte, prefix string, row int) []byte {
	start := len(dst)
	dst = appendID15(dst, prefix, row)
	suffix := idSuffix(dst[start:])
	return append(dst, suffix[:]...)
}

// idSuffix computes the three check characters of a 15-character id.
func idSuffix(id15 []byte) [3]byte {
	var out [3]byte
	for group := range out {
		bits := 0
		for i := range 5 {
			if c := id15[group*5+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		out[group] = checkDigits[bits]
	}
	return out
}

// parseID checks the shape of an id as a statement writes it, 15 characters or
// 18 with check characters that fit, and returns its first 15.
func parseID(text string) (id15 string, ok bool) {
	if len(text) != 15 && len(text) != 18 {
		return "", false
	}
	for i := range len(text) {
		if strings.IndexByte(digits62, text[i]) < 0 {
			return "", false
		}
	}
	if len(text) == 18 {
		suffix := idSuffix([]byte(text[:15]))
		if string(suffix[:]) != strings.ToUpper(text[15:]) {
			return "", false
		}
	}
	return text[:15], true
}

// idNumber returns the row that a 15-character id of this emulator stands for.
func idNumber(id15 string) (row int, ok bool) {
	if len(id15) != 15 || id15[3:6] != idPod {
		return 0, false
	}
	n := 0
	for i := 6; i < 15; i++ {
		n = n*62 + strings.IndexByte(digits62, id15[i])
	}
	if n < idBase || n-idBase > 1<<31 {
		return 0, false
	}
	return n - idBase, true
}
