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

// cursor is our sqlite3_vtab_cursor's other half. It is an engine.Result too:
// it fills in what xColumn gives to SQLite.
type cursor struct {
	impl engine.Cursor

	out     *C.sf_value    // of the xColumn call that runs
	scratch unsafe.Pointer // in C's memory: SQLite copies from there
	size    int
}

func cursorOf(handle C.uintptr_t) *cursor { return cgo.Handle(handle).Value().(*cursor) }

// https://sqlite.org/vtab.html#the_xopen_method
//
//export sfsqlOpen
func sfsqlOpen(table C.uintptr_t, handle *C.uintptr_t, pzErr **C.char) C.int {
	impl, err := tableOf(table).Open()
	if err != nil {
		return setError(pzErr, err)
	}
	*handle = C.uintptr_t(cgo.NewHandle(&cursor{impl: impl}))
	return C.SQLITE_OK
}

//export sfsqlClose
func sfsqlClose(handle C.uintptr_t) {
	c := cursorOf(handle)
	c.impl.Close()
	C.free(c.scratch)
	cgo.Handle(handle).Delete()
}

// https://sqlite.org/vtab.html#the_xfilter_method
//
//export sfsqlFilter
func sfsqlFilter(handle C.uintptr_t, idxNum C.int, idxStr *C.char, argc C.int, argv *C.sf_arg, pzErr **C.char) C.int {
	args := make([]planner.Arg, argc)
	for i, a := range unsafe.Slice(argv, argc) {
		if a.count < 0 {
			args[i] = planner.Arg{Value: value(&a.value)}
			continue
		}
		args[i].IsIn = true
		for _, v := range unsafe.Slice(a.list, a.count) {
			args[i].List = append(args[i].List, value(&v))
		}
	}
	if err := cursorOf(handle).impl.Filter(int(idxNum), C.GoString(idxStr), args); err != nil {
		return setError(pzErr, err)
	}
	return C.SQLITE_OK
}

//export sfsqlNext
func sfsqlNext(handle C.uintptr_t, pzErr **C.char) C.int {
	if err := cursorOf(handle).impl.Next(); err != nil {
		return setError(pzErr, err)
	}
	return C.SQLITE_OK
}

//export sfsqlEOF
func sfsqlEOF(handle C.uintptr_t) C.int { return boolInt(cursorOf(handle).impl.EOF()) }

//export sfsqlColumn
func sfsqlColumn(handle C.uintptr_t, col C.int, out *C.sf_value, pzErr **C.char) C.int {
	c := cursorOf(handle)
	c.out = out
	if err := c.impl.Column(c, int(col)); err != nil {
		return setError(pzErr, err)
	}
	return C.SQLITE_OK
}

//export sfsqlRowid
func sfsqlRowid(handle C.uintptr_t, id *C.int64_t, pzErr **C.char) C.int {
	n, err := cursorOf(handle).impl.Rowid()
	if err != nil {
		return setError(pzErr, err)
	}
	*id = C.int64_t(n)
	return C.SQLITE_OK
}

func (c *cursor) Null()             { c.out._type = C.SQLITE_NULL }
func (c *cursor) Int64(n int64)     { c.out._type, c.out.i = C.SQLITE_INTEGER, C.int64_t(n) }
func (c *cursor) Float64(f float64) { c.out._type, c.out.r = C.SQLITE_FLOAT, C.double(f) }
func (c *cursor) Text(b []byte)     { c.lend(C.SQLITE_TEXT, b) }
func (c *cursor) Blob(b []byte)     { c.lend(C.SQLITE_BLOB, b) }

// lend copies b to C's memory. It is never NULL there, which would mean NULL.
func (c *cursor) lend(kind C.int, b []byte) {
	if c.scratch == nil || len(b) > c.size {
		C.free(c.scratch)
		c.size = max(256, 2*len(b))
		c.scratch = C.malloc(C.size_t(c.size))
	}
	copy(unsafe.Slice((*byte)(c.scratch), c.size), b)
	c.out._type, c.out.p, c.out.n = kind, c.scratch, C.int(len(b))
}
