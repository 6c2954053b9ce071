// Package catalog knows an org's sObjects as a database knows its tables.
//
// A [Catalog] asks a [Describer], and each thing once: the list of sObjects
// when the first name is looked up, an sObject's fields when it is first
// needed, the record counts of all sObjects in one call, the running user's
// locale. Names are looked up without regard to case, as SQL does. Callers that
// need the same thing at the same time share one request, which none of them
// owns: it is cancelled only when the last of them stops waiting. No lock is
// held while the network is asked, and what failed is asked for again, save for
// record counts: they are statistics, and a user who may not read them would
// otherwise pay a call for each statement.
//
// A catalog does not refresh itself: who wants to see new fields makes a new one.
package catalog
