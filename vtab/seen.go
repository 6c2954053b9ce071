package vtab

import (
	"database/sql/driver"
	"hash/maphash"
)

// seen remembers values of a column, so that picklists, owners, dates and
// small numbers, which repeat, cost no memory for each row. A column whose
// values do not repeat is left alone after a while.
type seen struct {
	slots      []seenSlot
	looks, hit int
	off        bool
}

type seenSlot struct {
	text  string // that the value was made of
	bits  uint64 // or these
	value driver.Value
}

const (
	seenSlots   = 256 // of a column
	maxSeenText = 40  // bytes; longer texts seldom repeat
	seenTrial   = 2048
)

var seenSeed = maphash.MakeSeed()

// text returns the slot of a text, and whether it holds its value. There is no
// slot for a text that is not worth one.
func (s *seen) text(text []byte) (slot *seenSlot, ok bool) {
	if len(text) > maxSeenText || !s.worthwhile() {
		return nil, false
	}
	slot = &s.slots[maphash.Bytes(seenSeed, text)%seenSlots]
	ok = slot.value != nil && slot.text == string(text)
	return slot, s.count(ok)
}

// number returns the slot of a number by its bits, likewise.
func (s *seen) number(bits uint64) (slot *seenSlot, ok bool) {
	if !s.worthwhile() {
		return nil, false
	}
	slot = &s.slots[bits*0x9e3779b97f4a7c15>>56]
	ok = slot.value != nil && slot.bits == bits
	return slot, s.count(ok)
}

func (s *seen) count(ok bool) bool {
	if ok {
		s.hit++
	}
	return ok
}

// worthwhile reports whether values of the column are remembered: half of them
// must have been, in the last trial.
func (s *seen) worthwhile() bool {
	if s.off {
		return false
	}
	if s.slots == nil {
		s.slots = make([]seenSlot, seenSlots)
	}
	if s.looks++; s.looks < seenTrial {
		return true
	}
	s.off = s.hit < seenTrial/2
	s.looks, s.hit = 0, 0
	if s.off {
		s.slots = nil
	}
	return !s.off
}
