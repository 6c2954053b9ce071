//go:build sfsql_mattn

package mattn

// #include <stdlib.h>
// #include "bridge.h"
import "C"

import (
	"runtime/cgo"
	"unsafe"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"
)

// module is what the handle behind a sqlite3_module stands for.
type module struct {
	conn *conn
	impl engine.Module
}

// setError leaves an error's text where SQLite looks for it.
func setError(where **C.char, err error) C.int {
	text := C.CString(err.Error())
	defer C.free(unsafe.Pointer(text))
	C.sf_set_error(where, text)
	return C.SQLITE_ERROR
}

// https://sqlite.org/vtab.html#the_xconnect_method
//
//export sfsqlConnect
func sfsqlConnect(db *C.sqlite3, aux C.uintptr_t, argc C.int, argv **C.char, handle *C.uintptr_t, pzErr **C.char) C.int {
	m := cgo.Handle(aux).Value().(*module)
	words := make([]string, argc)
	for i, z := range unsafe.Slice(argv, argc) {
		words[i] = C.GoString(z)
	}
	t, declaration, err := m.impl.Connect(words[1], words[2], words[3:])
	if err != nil {
		return setError(pzErr, err)
	}
	text := C.CString(declaration)
	defer C.free(unsafe.Pointer(text))
	if C.sf_declare(db, text, pzErr) != C.SQLITE_OK {
		return C.SQLITE_ERROR
	}
	*handle = C.uintptr_t(cgo.NewHandle(t))
	return C.SQLITE_OK
}

func tableOf(handle C.uintptr_t) engine.Table { return cgo.Handle(handle).Value().(engine.Table) }

//export sfsqlDisconnect
func sfsqlDisconnect(handle C.uintptr_t) {
	tableOf(handle).Disconnect()
	cgo.Handle(handle).Delete()
}

// sfsqlBestIndex copies SQLite's question, asks the table, and copies the
// answer. https://sqlite.org/vtab.html#the_xbestindex_method
//
//export sfsqlBestIndex
func sfsqlBestIndex(handle C.uintptr_t, in *C.sqlite3_index_info, pzErr **C.char) C.int {
	info := engine.IndexInfo{ColUsed: uint64(in.colUsed), Distinct: int(C.sqlite3_vtab_distinct(in))}
	for i, c := range unsafe.Slice(in.aConstraint, in.nConstraint) {
		info.Constraints = append(info.Constraints, readConstraint(in, c, C.int(i)))
	}
	for _, o := range unsafe.Slice(in.aOrderBy, in.nOrderBy) {
		info.OrderBy = append(info.OrderBy, planner.OrderKey{Column: int(o.iColumn), Desc: o.desc != 0})
	}
	if err := tableOf(handle).BestIndex(&info); err != nil {
		return setError(pzErr, err)
	}
	usage := unsafe.Slice(in.aConstraintUsage, in.nConstraint)
	for i, c := range info.Constraints {
		usage[i].argvIndex, usage[i].omit = C.int(c.Arg), C.uchar(boolInt(c.Omit))
		if c.CanIn {
			C.sqlite3_vtab_in(in, C.int(i), boolInt(c.In))
		}
	}
	in.idxNum = C.int(info.IdxNum)
	text := C.CString(info.IdxStr)
	defer C.free(unsafe.Pointer(text))
	C.sf_set_index_string(in, text)
	in.orderByConsumed = boolInt(info.OrderByConsumed)
	in.estimatedCost = C.double(info.Cost)
	in.estimatedRows = C.int64_t(info.Rows)
	if info.Unique {
		in.idxFlags = C.SQLITE_INDEX_SCAN_UNIQUE
	}
	return C.SQLITE_OK
}

func boolInt(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// ops are SQLite's codes of constraints. https://sqlite.org/c3ref/c_index_constraint_eq.html
var ops = map[C.uchar]planner.Op{
	2: planner.OpEQ, 68: planner.OpNE, 16: planner.OpLT, 8: planner.OpLE, 4: planner.OpGT, 32: planner.OpGE,
	72: planner.OpIS, 69: planner.OpISNOT, 71: planner.OpISNULL, 70: planner.OpNOTNULL,
	65: planner.OpLIKE, 66: planner.OpGLOB, 73: planner.OpLIMIT, 74: planner.OpOFFSET,
}

func readConstraint(in *C.sqlite3_index_info, c C.struct_sf_constraint, i C.int) engine.Constraint {
	out := engine.Constraint{Column: int(c.iColumn), Op: ops[c.op], Usable: c.usable != 0}
	if out.Op == planner.OpLIMIT || out.Op == planner.OpOFFSET {
		out.Column = -1 // SQLite leaves a 0 there, which is a column
	} else if z := C.sqlite3_vtab_collation(in, i); z != nil {
		out.Collation = C.GoString(z)
	}
	if out.Usable && out.Op == planner.OpEQ {
		out.CanIn = C.sqlite3_vtab_in(in, i, -1) != 0
	}
	var v C.sf_value
	if C.sf_rhs_value(in, i, &v) != 0 {
		known := value(&v)
		out.Value = &known
	}
	return out
}

// value copies a value that SQLite gave.
func value(v *C.sf_value) planner.Value {
	switch v._type {
	case C.SQLITE_INTEGER:
		return planner.Value{Kind: planner.IntValue, Int: int64(v.i)}
	case C.SQLITE_FLOAT:
		return planner.Value{Kind: planner.RealValue, Real: float64(v.r)}
	case C.SQLITE_TEXT:
		return planner.Value{Kind: planner.TextValue, Text: string(bytesAt(v.p, v.n))}
	case C.SQLITE_BLOB:
		return planner.Value{Kind: planner.BlobValue, Text: string(bytesAt(v.p, v.n))}
	}
	return planner.Value{}
}

// bytesAt returns SQLite's own memory; it must not be kept.
func bytesAt(p unsafe.Pointer, n C.int) []byte {
	if p == nil || n <= 0 {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

//export sfsqlCompare
func sfsqlCompare(handle C.uintptr_t, na C.int, a unsafe.Pointer, nb C.int, b unsafe.Pointer) C.int {
	compare := cgo.Handle(handle).Value().(func(a, b []byte) int)
	return C.int(compare(bytesAt(a, na), bytesAt(b, nb)))
}

//export sfsqlCall
func sfsqlCall(handle C.uintptr_t, argc C.int, argv *C.sf_value, out *C.sf_value, pzErr **C.char) C.int {
	args := make([]planner.Value, argc)
	for i := range args {
		args[i] = value(&unsafe.Slice(argv, argc)[i])
	}
	v, err := cgo.Handle(handle).Value().(engine.Function).Call(args)
	if err != nil {
		return setError(pzErr, err)
	}
	switch v.Kind {
	case planner.IntValue:
		out._type, out.i = C.SQLITE_INTEGER, C.int64_t(v.Int)
	case planner.RealValue:
		out._type, out.r = C.SQLITE_FLOAT, C.double(v.Real)
	case planner.TextValue:
		out._type, out.p, out.n = C.SQLITE_TEXT, C.CBytes([]byte(v.Text+"\x00")), C.int(len(v.Text))
	case planner.BlobValue:
		out._type, out.p, out.n = C.SQLITE_BLOB, C.CBytes([]byte(v.Text+"\x00")), C.int(len(v.Text))
	default:
		out._type = C.SQLITE_NULL
	}
	return C.SQLITE_OK
}
