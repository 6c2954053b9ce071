package modernc

import (
	"fmt"
	"unsafe"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// table is our sqlite3_vtab's other half.
type table struct {
	conn    *conn
	impl    engine.Table
	cursors map[*cursor]struct{} // keeps them alive for SQLite
}

// cVtab is a sqlite3_vtab with the address of its table behind it.
type cVtab struct {
	base  sqlite3.Tsqlite3_vtab
	table uintptr
}

// https://sqlite.org/vtab.html#the_xconnect_method
func xConnect(tls *libc.TLS, db, aux uintptr, argc int32, argv, ppVtab, pzErr uintptr) int32 {
	m := object[module](aux)
	words := make([]string, argc)
	for i := range words {
		words[i] = libc.GoString(*(*uintptr)(unsafe.Pointer(argv + uintptr(i)*unsafe.Sizeof(argv))))
	}
	impl, declaration, err := m.impl.Connect(words[1], words[2], words[3:])
	if err == nil {
		err = declare(tls, db, declaration)
	}
	if err != nil {
		setString(tls, pzErr, err.Error())
		return sqlite3.SQLITE_ERROR
	}
	p := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(cVtab{})))
	if p == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	t := &table{conn: m.conn, impl: impl, cursors: make(map[*cursor]struct{})}
	m.conn.tables[t] = struct{}{}
	*(*cVtab)(unsafe.Pointer(p)) = cVtab{table: address(t)}
	*(*uintptr)(unsafe.Pointer(ppVtab)) = p
	return sqlite3.SQLITE_OK
}

func declare(tls *libc.TLS, db uintptr, declaration string) error {
	z := mustCString(declaration)
	defer libc.Xfree(tls, z)
	if rc := sqlite3.Xsqlite3_declare_vtab(tls, db, z); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("vtab: SQLite refused the declaration: %s", libc.GoString(sqlite3.Xsqlite3_errmsg(tls, db)))
	}
	return nil
}

func tableOf(pVtab uintptr) *table { return object[table]((*cVtab)(unsafe.Pointer(pVtab)).table) }

func xDisconnect(tls *libc.TLS, pVtab uintptr) int32 {
	t := tableOf(pVtab)
	t.impl.Disconnect()
	delete(t.conn.tables, t)
	if z := (*cVtab)(unsafe.Pointer(pVtab)).base.FzErrMsg; z != 0 {
		sqlite3.Xsqlite3_free(tls, z)
	}
	sqlite3.Xsqlite3_free(tls, pVtab)
	return sqlite3.SQLITE_OK
}

// fail leaves the error's text where SQLite looks for it.
func fail(tls *libc.TLS, pVtab uintptr, err error) int32 {
	v := (*cVtab)(unsafe.Pointer(pVtab))
	setString(tls, uintptr(unsafe.Pointer(&v.base.FzErrMsg)), err.Error())
	return sqlite3.SQLITE_ERROR
}

// xBestIndex copies SQLite's question, asks the table, and copies the answer.
// https://sqlite.org/vtab.html#the_xbestindex_method
func xBestIndex(tls *libc.TLS, pVtab, pInfo uintptr) int32 {
	in := (*sqlite3.Sqlite3_index_info)(unsafe.Pointer(pInfo))
	info := engine.IndexInfo{
		ColUsed:  uint64(in.FcolUsed),
		Distinct: int(sqlite3.Xsqlite3_vtab_distinct(tls, pInfo)),
	}
	for i := range int(in.FnConstraint) {
		info.Constraints = append(info.Constraints, readConstraint(tls, pInfo, in, i))
	}
	for i := range int(in.FnOrderBy) {
		o := (*sqlite3.Tsqlite3_index_orderby)(unsafe.Pointer(in.FaOrderBy + uintptr(i)*unsafe.Sizeof(sqlite3.Tsqlite3_index_orderby{})))
		info.OrderBy = append(info.OrderBy, planner.OrderKey{Column: int(o.FiColumn), Desc: o.Fdesc != 0})
	}
	if err := tableOf(pVtab).impl.BestIndex(&info); err != nil {
		return fail(tls, pVtab, err)
	}
	for i, c := range info.Constraints {
		u := (*sqlite3.Tsqlite3_index_constraint_usage)(unsafe.Pointer(in.FaConstraintUsage + uintptr(i)*unsafe.Sizeof(sqlite3.Tsqlite3_index_constraint_usage{})))
		u.FargvIndex, u.Fomit = int32(c.Arg), 0
		if c.Omit {
			u.Fomit = 1
		}
		if c.CanIn {
			sqlite3.Xsqlite3_vtab_in(tls, pInfo, int32(i), boolInt(c.In))
		}
	}
	in.FidxNum = int32(info.IdxNum)
	in.FidxStr, in.FneedToFreeIdxStr = newString(tls, info.IdxStr), 1
	in.ForderByConsumed = boolInt(info.OrderByConsumed)
	in.FestimatedCost = info.Cost
	in.FestimatedRows = info.Rows
	if info.Unique {
		in.FidxFlags = sqlite3.SQLITE_INDEX_SCAN_UNIQUE
	}
	return sqlite3.SQLITE_OK
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

var ops = map[int32]planner.Op{
	sqlite3.SQLITE_INDEX_CONSTRAINT_EQ:        planner.OpEQ,
	sqlite3.SQLITE_INDEX_CONSTRAINT_NE:        planner.OpNE,
	sqlite3.SQLITE_INDEX_CONSTRAINT_LT:        planner.OpLT,
	sqlite3.SQLITE_INDEX_CONSTRAINT_LE:        planner.OpLE,
	sqlite3.SQLITE_INDEX_CONSTRAINT_GT:        planner.OpGT,
	sqlite3.SQLITE_INDEX_CONSTRAINT_GE:        planner.OpGE,
	sqlite3.SQLITE_INDEX_CONSTRAINT_IS:        planner.OpIS,
	sqlite3.SQLITE_INDEX_CONSTRAINT_ISNOT:     planner.OpISNOT,
	sqlite3.SQLITE_INDEX_CONSTRAINT_ISNULL:    planner.OpISNULL,
	sqlite3.SQLITE_INDEX_CONSTRAINT_ISNOTNULL: planner.OpNOTNULL,
	sqlite3.SQLITE_INDEX_CONSTRAINT_LIKE:      planner.OpLIKE,
	sqlite3.SQLITE_INDEX_CONSTRAINT_GLOB:      planner.OpGLOB,
	sqlite3.SQLITE_INDEX_CONSTRAINT_LIMIT:     planner.OpLIMIT,
	sqlite3.SQLITE_INDEX_CONSTRAINT_OFFSET:    planner.OpOFFSET,
}

func readConstraint(tls *libc.TLS, pInfo uintptr, in *sqlite3.Sqlite3_index_info, i int) engine.Constraint {
	c := (*sqlite3.Tsqlite3_index_constraint)(unsafe.Pointer(in.FaConstraint + uintptr(i)*unsafe.Sizeof(sqlite3.Tsqlite3_index_constraint{})))
	out := engine.Constraint{Column: int(c.FiColumn), Op: ops[int32(c.Fop)], Usable: c.Fusable != 0}
	if out.Op == planner.OpLIMIT || out.Op == planner.OpOFFSET {
		out.Column = -1 // SQLite leaves a 0 there, which is a column
	} else if z := sqlite3.Xsqlite3_vtab_collation(tls, pInfo, int32(i)); z != 0 {
		out.Collation = libc.GoString(z)
	}
	if out.Usable && out.Op == planner.OpEQ {
		out.CanIn = sqlite3.Xsqlite3_vtab_in(tls, pInfo, int32(i), -1) != 0
	}
	if v, ok := rhsValue(tls, pInfo, i); ok {
		out.Value = &v
	}
	return out
}

// rhsValue returns the right side where the statement tells it.
// https://sqlite.org/c3ref/vtab_rhs_value.html
func rhsValue(tls *libc.TLS, pInfo uintptr, i int) (planner.Value, bool) {
	pp := tls.Alloc(int(unsafe.Sizeof(uintptr(0))))
	defer tls.Free(int(unsafe.Sizeof(uintptr(0))))
	if sqlite3.Xsqlite3_vtab_rhs_value(tls, pInfo, int32(i), pp) != sqlite3.SQLITE_OK {
		return planner.Value{}, false
	}
	return value(tls, *(*uintptr)(unsafe.Pointer(pp))), true
}

// value copies a sqlite3_value.
func value(tls *libc.TLS, v uintptr) planner.Value {
	switch sqlite3.Xsqlite3_value_type(tls, v) {
	case sqlite3.SQLITE_INTEGER:
		return planner.Value{Kind: planner.IntValue, Int: sqlite3.Xsqlite3_value_int64(tls, v)}
	case sqlite3.SQLITE_FLOAT:
		return planner.Value{Kind: planner.RealValue, Real: sqlite3.Xsqlite3_value_double(tls, v)}
	case sqlite3.SQLITE_TEXT:
		p := sqlite3.Xsqlite3_value_text(tls, v)
		return planner.Value{Kind: planner.TextValue, Text: string(bytesAt(p, sqlite3.Xsqlite3_value_bytes(tls, v)))}
	case sqlite3.SQLITE_BLOB:
		p := sqlite3.Xsqlite3_value_blob(tls, v)
		return planner.Value{Kind: planner.BlobValue, Text: string(bytesAt(p, sqlite3.Xsqlite3_value_bytes(tls, v)))}
	}
	return planner.Value{}
}
