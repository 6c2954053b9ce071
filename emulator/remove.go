package emulator

import "strings"

// fate is what becomes of a record whose lookup leads to one that is deleted.
type fate int

const (
	fateCleared fate = iota // it loses the lookup
	fateDeleted             // it is deleted too
	fateBlocks              // it keeps the other from being deleted
)

// fates are those of standard lookups that may be empty and are not cleared.
var fates = map[string]fate{
	"Contact.AccountId": fateDeleted, "Opportunity.AccountId": fateDeleted, "Order.AccountId": fateDeleted,
	"Task.WhoId": fateDeleted, "Task.WhatId": fateDeleted, "Event.WhoId": fateDeleted, "Event.WhatId": fateDeleted,
	"CampaignMember.ContactId": fateDeleted, "CampaignMember.LeadId": fateDeleted,
	"Case.AccountId": fateBlocks, "Case.ContactId": fateBlocks,
}

func (o *Object) fate(f *Field) fate {
	if f.given != nil {
		switch {
		case f.given.CascadeDelete:
			return fateDeleted
		case f.given.RestrictedDelete:
			return fateBlocks
		}
		return fateCleared
	}
	if !f.Nillable && !f.DefaultedOnCreate {
		return fateDeleted
	}
	return fates[o.Name+"."+f.Name]
}

// removal is a record that is deleted, with all that goes with it.
type removal struct {
	t    *tx
	ids  []recordID // parents before their children
	gone map[recordID]bool
}

// remove puts a record into the recycle bin, or removes it for good, with the
// records that go with it.
func (t *tx) remove(id recordID, forGood bool) []rowError {
	r := &removal{t: t, gone: map[recordID]bool{}}
	r.collect(id)
	if errs := r.blocked(id); errs != nil {
		return errs
	}
	for _, id := range r.ids {
		t.drop(id, forGood)
	}
	for _, id := range r.ids {
		r.eachChild(id, func(child *Object, place, row int) bool {
			t.clear(child, place, row)
			return true
		})
	}
	return nil
}

// eachChild visits the live records that lead to one and do not go with it.
func (r *removal) eachChild(id recordID, visit func(child *Object, place, row int) bool) {
	parent := r.t.store.objects[id.object()]
	for _, l := range r.t.store.lookupsTo(parent) {
		d := r.t.data(l.child)
		for _, n := range d.maybeLinked(l.place, id) {
			row := int(n)
			if r.gone[makeRecordID(l.child.index, row)] || d.state(row) != rowLives || d.at(row, l.place) != any(id) {
				continue
			}
			if !visit(l.child, l.place, row) {
				return
			}
		}
	}
}

func (r *removal) collect(id recordID) {
	r.gone[id] = true
	r.ids = append(r.ids, id)
	r.eachChild(id, func(child *Object, place, row int) bool {
		if next := makeRecordID(child.index, row); child.fate(&child.Fields[place]) == fateDeleted && !r.gone[next] {
			r.collect(next)
		}
		return true
	})
}

// blocked finds a record that keeps those from being deleted.
func (r *removal) blocked(root recordID) (errs []rowError) {
	for _, id := range r.ids {
		r.eachChild(id, func(child *Object, place, row int) bool {
			if child.fate(&child.Fields[place]) == fateBlocks {
				errs = rowFailure("DELETE_FAILED", nil, "Your attempt to delete %s could not be completed because it is associated with the following %s.: %s",
					r.t.name(root), strings.ToLower(child.LabelPlural), r.t.name(makeRecordID(child.index, row)))
			}
			return errs == nil
		})
		if errs != nil {
			break
		}
	}
	return errs
}

// name returns what a record is called, its id where it has no name.
func (t *tx) name(id recordID) string {
	o := t.store.objects[id.object()]
	if place, ok := nameField(o, "Name"); ok {
		if s, _ := t.data(o).at(id.row(), place).(string); s != "" {
			return s
		}
	}
	return t.id(o, id.row())
}

// drop deletes one record. Objects without IsDeleted have no recycle bin.
func (t *tx) drop(id recordID, forGood bool) {
	o := t.store.objects[id.object()]
	w := t.draft(o, id.row(), false)
	state := rowPurged
	if !forGood && o.has("IsDeleted") {
		state = rowDeleted
		w.setNamed("IsDeleted", true)
		w.stamp()
	}
	w.put(state)
}

// clear empties a lookup. Where it must not be empty it is an owner, and the
// running user takes its place.
func (t *tx) clear(child *Object, place, row int) {
	w := t.draft(child, row, false)
	w.set(place, nil)
	if !child.Fields[place].Nillable {
		w.set(place, t.user)
	}
	w.setNamed("SystemModstamp", t.now)
	w.put(rowSame)
}

// parentLookup is a lookup that may lead to some object.
type parentLookup struct {
	child *Object
	place int
}

func (s *store) lookupsTo(o *Object) []parentLookup {
	var lookups []parentLookup
	for _, child := range s.objects {
		if !child.Queryable {
			continue
		}
		for place := range child.Fields {
			for _, target := range child.Fields[place].ReferenceTo {
				if target == o.Name {
					lookups = append(lookups, parentLookup{child, place})
				}
			}
		}
	}
	return lookups
}
