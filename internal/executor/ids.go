package executor

// mostLeftOut is how many records that REST gave may be left out of what Bulk
// brings. Their Ids are kept until they are met again: some five megabytes.
const mostLeftOut = 100_000

// idLength is the part of an Id that tells records apart; three check digits
// may follow.
const idLength = 15

// idSet holds the Ids of records that were given to the reader.
type idSet map[[idLength]byte]struct{}

// add reports whether an Id is one, was not there, and has room.
func (s idSet) add(id []byte) bool {
	if len(id) < idLength || len(s) >= mostLeftOut {
		return false
	}
	key := [idLength]byte(id)
	if _, there := s[key]; there {
		return false
	}
	s[key] = struct{}{}
	return true
}

// take reports whether an Id was there, and removes it.
func (s idSet) take(id []byte) bool {
	if len(id) < idLength {
		return false
	}
	key := [idLength]byte(id)
	_, there := s[key]
	delete(s, key)
	return there
}
