package modernc

import (
	"unsafe"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// cursor is our sqlite3_vtab_cursor's other half. It is an engine.Result too:
// xColumn fills in where the value goes.
type cursor struct {
	table *table
	impl  engine.Cursor

	tls     *libc.TLS
	ctx     uintptr // of the xColumn call that runs
	scratch uintptr // in C's memory: package lib may not read Go's
	size    int
}

// cCursor is a sqlite3_vtab_cursor with the address of its cursor behind it.
type cCursor struct {
	base   sqlite3.Tsqlite3_vtab_cursor
	cursor uintptr
}

func cursorOf(p uintptr) *cursor { return object[cursor]((*cCursor)(unsafe.Pointer(p)).cursor) }

// https://sqlite.org/vtab.html#the_xopen_method
func xOpen(tls *libc.TLS, pVtab, ppCursor uintptr) int32 {
	t := tableOf(pVtab)
	impl, err := t.impl.Open()
	if err != nil {
		return fail(tls, pVtab, err)
	}
	p := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(cCursor{})))
	if p == 0 {
		impl.Close()
		return sqlite3.SQLITE_NOMEM
	}
	c := &cursor{table: t, impl: impl, tls: tls}
	t.cursors[c] = struct{}{}
	*(*cCursor)(unsafe.Pointer(p)) = cCursor{cursor: address(c)}
	*(*uintptr)(unsafe.Pointer(ppCursor)) = p
	return sqlite3.SQLITE_OK
}

func xClose(tls *libc.TLS, pCursor uintptr) int32 {
	c := cursorOf(pCursor)
	c.impl.Close()
	delete(c.table.cursors, c)
	if c.scratch != 0 {
		libc.Xfree(tls, c.scratch)
	}
	sqlite3.Xsqlite3_free(tls, pCursor)
	return sqlite3.SQLITE_OK
}

func failCursor(tls *libc.TLS, pCursor uintptr, err error) int32 {
	return fail(tls, (*cCursor)(unsafe.Pointer(pCursor)).base.FpVtab, err)
}

// https://sqlite.org/vtab.html#the_xfilter_method
func xFilter(tls *libc.TLS, pCursor uintptr, idxNum int32, idxStr uintptr, argc int32, argv uintptr) int32 {
	args := make([]planner.Arg, argc)
	for i := range args {
		args[i] = argument(tls, *(*uintptr)(unsafe.Pointer(argv + uintptr(i)*unsafe.Sizeof(argv))))
	}
	if err := cursorOf(pCursor).impl.Filter(int(idxNum), libc.GoString(idxStr), args); err != nil {
		return failCursor(tls, pCursor, err)
	}
	return sqlite3.SQLITE_OK
}

// argument reads a value, or a whole IN list where one was asked for.
// https://sqlite.org/c3ref/vtab_in_first.html
func argument(tls *libc.TLS, v uintptr) planner.Arg {
	pp := tls.Alloc(int(unsafe.Sizeof(uintptr(0))))
	defer tls.Free(int(unsafe.Sizeof(uintptr(0))))
	rc := sqlite3.Xsqlite3_vtab_in_first(tls, v, pp)
	if rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_DONE {
		return planner.Arg{Value: value(tls, v)}
	}
	arg := planner.Arg{IsIn: true}
	for ; rc == sqlite3.SQLITE_OK; rc = sqlite3.Xsqlite3_vtab_in_next(tls, v, pp) {
		arg.List = append(arg.List, value(tls, *(*uintptr)(unsafe.Pointer(pp))))
	}
	return arg
}

func xNext(tls *libc.TLS, pCursor uintptr) int32 {
	if err := cursorOf(pCursor).impl.Next(); err != nil {
		return failCursor(tls, pCursor, err)
	}
	return sqlite3.SQLITE_OK
}

func xEof(_ *libc.TLS, pCursor uintptr) int32 { return boolInt(cursorOf(pCursor).impl.EOF()) }

func xColumn(tls *libc.TLS, pCursor, ctx uintptr, col int32) int32 {
	c := cursorOf(pCursor)
	c.ctx = ctx
	if err := c.impl.Column(c, int(col)); err != nil {
		return failCursor(tls, pCursor, err)
	}
	return sqlite3.SQLITE_OK
}

func xRowid(tls *libc.TLS, pCursor, pRowid uintptr) int32 {
	id, err := cursorOf(pCursor).impl.Rowid()
	if err != nil {
		return failCursor(tls, pCursor, err)
	}
	*(*int64)(unsafe.Pointer(pRowid)) = id
	return sqlite3.SQLITE_OK
}

// transient tells SQLite to copy. https://sqlite.org/c3ref/c_static.html
const transient = ^uintptr(0)

func (c *cursor) Null()             { sqlite3.Xsqlite3_result_null(c.tls, c.ctx) }
func (c *cursor) Int64(n int64)     { sqlite3.Xsqlite3_result_int64(c.tls, c.ctx, n) }
func (c *cursor) Float64(f float64) { sqlite3.Xsqlite3_result_double(c.tls, c.ctx, f) }

func (c *cursor) Text(b []byte) {
	sqlite3.Xsqlite3_result_text(c.tls, c.ctx, c.lend(b), int32(len(b)), transient)
}

func (c *cursor) Blob(b []byte) {
	sqlite3.Xsqlite3_result_blob(c.tls, c.ctx, c.lend(b), int32(len(b)), transient)
}

// lend copies b to where package lib may read it. It is never 0, which would
// mean NULL.
func (c *cursor) lend(b []byte) uintptr {
	if c.scratch == 0 || len(b) > c.size {
		if c.scratch != 0 {
			libc.Xfree(c.tls, c.scratch)
		}
		c.size = max(256, 2*len(b))
		if c.scratch = libc.Xmalloc(c.tls, libc.Tsize_t(c.size)); c.scratch == 0 {
			panic("vtab: out of memory")
		}
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(c.scratch)), c.size), b)
	return c.scratch
}
