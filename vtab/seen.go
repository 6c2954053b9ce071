package vtab

import (
	"database/sql/driver"
	"hash/maphash"
)

// seen remembers values of a column by their text, so that picklists, owners
// and dates, which repeat, cost no memory for each row. A column whose texts
// do not repeat is left alone after a while.
type seen struct {
	slots      []seenSlot
	looks, hit int
	off        bool
}

type seenSlot struct {
	text  string
	value driver.Value
}

const (
	seenSlots   = 256 // of a column
	maxSeenText = 40  // bytes; longer texts seldom repeat
	seenTrial   = 2048
)

var seenSeed = maphash.MakeSeed()

// find returns the slot of a text, and whether it holds its value. There is no
// slot for a text that is not worth one.
func (s *seen) find(text []byte) (slot *seenSlot, ok bool) {
	if s.off || len(text) > maxSeenText {
		return nil, false
	}
	if s.slots == nil {
		s.slots = make([]seenSlot, seenSlots)
	}
	if s.looks++; s.looks == seenTrial {
		if s.hit < seenTrial/2 {
			s.off, s.slots = true, nil
			return nil, false
		}
		s.looks, s.hit = 0, 0
	}
	slot = &s.slots[maphash.Bytes(seenSeed, text)%seenSlots]
	if slot.value == nil || slot.text != string(text) {
		return slot, false
	}
	s.hit++
	return slot, true
}
