package vtab

// rowids computes the rowids of records. SQLite merges the branches of an OR
// by rowid, so they must be unique, and the same whenever a record is read.
// The last nine characters of an Id, in base 62, fit 54 bits; the first six
// (kind of record, instance) are few, and numbered as they come. Remembering
// whole Ids would cost memory for every row.
type rowids struct {
	prefixes map[string]int64
	whole    map[string]int64 // Ids past the last prefix number
}

const maxPrefixes = 512 // 9 bits beside the 54

// of returns the rowid of an Id. Numbers of whole Ids are negative.
func (r *rowids) of(id []byte) int64 {
	if len(id) >= 15 {
		if tail, ok := base62(id[6:15]); ok {
			if n, ok := r.prefix(string(id[:6])); ok {
				return n<<54 | tail
			}
		}
	}
	return r.remember(string(id))
}

func (r *rowids) prefix(p string) (int64, bool) {
	if n, ok := r.prefixes[p]; ok {
		return n, true
	}
	if len(r.prefixes) >= maxPrefixes {
		return 0, false
	}
	if r.prefixes == nil {
		r.prefixes = make(map[string]int64)
	}
	n := int64(len(r.prefixes))
	r.prefixes[p] = n
	return n, true
}

func (r *rowids) remember(id string) int64 {
	if n, ok := r.whole[id]; ok {
		return n
	}
	if r.whole == nil {
		r.whole = make(map[string]int64)
	}
	n := -1 - int64(len(r.whole))
	r.whole[id] = n
	return n
}

func base62(s []byte) (int64, bool) {
	var n int64
	for _, c := range s {
		d := int64(0)
		switch {
		case '0' <= c && c <= '9':
			d = int64(c - '0')
		case 'A' <= c && c <= 'Z':
			d = int64(c-'A') + 10
		case 'a' <= c && c <= 'z':
			d = int64(c-'a') + 36
		default:
			return 0, false
		}
		n = n*62 + d
	}
	return n, true
}
