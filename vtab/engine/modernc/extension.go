package modernc

import (
	"fmt"
	"unsafe"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// funcPointer returns a Go function as the number that package lib calls it
// by: the address of the function's descriptor.
func funcPointer[F any](f F) uintptr {
	return **(**uintptr)(unsafe.Pointer(&struct{ p *F }{&f}))
}

// registerExtension asks SQLite to show every new handle to extensionInit.
// https://sqlite.org/c3ref/auto_extension.html
func registerExtension() error {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := sqlite3.Xsqlite3_auto_extension(tls, funcPointer(extensionInit)); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("vtab: SQLite refused the automatic extension: code %d", rc)
	}
	return nil
}

func extensionInit(tls *libc.TLS, db, pzErrMsg, _ uintptr) int32 {
	c := connOf(tls, db)
	if c == nil {
		return sqlite3.SQLITE_OK // not one of ours
	}
	c.db = db
	for name, m := range c.hooks.Modules {
		if c.err = c.createModule(tls, name, m); c.err != nil {
			break
		}
	}
	for name, compare := range c.hooks.Collations {
		if c.err != nil {
			break
		}
		c.err = c.createCollation(tls, name, compare)
	}
	for name, f := range c.hooks.Functions {
		if c.err != nil {
			break
		}
		c.err = c.createFunction(tls, name, f)
	}
	if c.err != nil {
		setString(tls, pzErrMsg, c.err.Error())
		return sqlite3.SQLITE_ERROR
	}
	return sqlite3.SQLITE_OK
}

// connOf finds the connection that is being opened, by its URI's parameter.
func connOf(tls *libc.TLS, db uintptr) *conn {
	main, parameter := mustCString("main"), mustCString(tokenParameter)
	defer libc.Xfree(tls, main)
	defer libc.Xfree(tls, parameter)
	file := sqlite3.Xsqlite3_db_filename(tls, db, main)
	if file == 0 {
		return nil
	}
	token := sqlite3.Xsqlite3_uri_parameter(tls, file, parameter)
	if token == 0 {
		return nil
	}
	c, ok := opening.Load(libc.GoString(token))
	if !ok {
		return nil
	}
	return c.(*conn)
}

// module is a sqlite3_module, with what its callbacks need.
type module struct {
	conn *conn
	impl engine.Module
}

// nativeModule is the one sqlite3_module that all modules share: callbacks
// tell them apart by the client data. It lives as long as the process.
var nativeModule = func() uintptr {
	tls := libc.NewTLS()
	defer tls.Close()
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Sqlite3_module{})))
	if p == 0 {
		panic("vtab: out of memory")
	}
	m := (*sqlite3.Sqlite3_module)(unsafe.Pointer(p))
	m.FiVersion = 1
	m.FxCreate = funcPointer(xConnect)
	m.FxConnect = funcPointer(xConnect)
	m.FxBestIndex = funcPointer(xBestIndex)
	m.FxDisconnect = funcPointer(xDisconnect)
	m.FxDestroy = funcPointer(xDisconnect)
	m.FxOpen = funcPointer(xOpen)
	m.FxClose = funcPointer(xClose)
	m.FxFilter = funcPointer(xFilter)
	m.FxNext = funcPointer(xNext)
	m.FxEof = funcPointer(xEof)
	m.FxColumn = funcPointer(xColumn)
	m.FxRowid = funcPointer(xRowid)
	return p
}()

func (c *conn) createModule(tls *libc.TLS, name string, impl engine.Module) error {
	m := &module{conn: c, impl: impl}
	c.modules = append(c.modules, m)
	zName := mustCString(name)
	defer libc.Xfree(tls, zName)
	if rc := sqlite3.Xsqlite3_create_module_v2(tls, c.db, zName, nativeModule, address(m), 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("vtab: SQLite refused the module %s: code %d", name, rc)
	}
	return nil
}

type collation struct{ compare func(a, b []byte) int }

func (c *conn) createCollation(tls *libc.TLS, name string, compare func(a, b []byte) int) error {
	l := &collation{compare}
	c.colls = append(c.colls, l)
	zName := mustCString(name)
	defer libc.Xfree(tls, zName)
	rc := sqlite3.Xsqlite3_create_collation_v2(tls, c.db, zName, sqlite3.SQLITE_UTF8, address(l), funcPointer(xCompare), 0)
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("vtab: SQLite refused the collation %s: code %d", name, rc)
	}
	return nil
}

func xCompare(_ *libc.TLS, data uintptr, na int32, a uintptr, nb int32, b uintptr) int32 {
	return int32(object[collation](data).compare(bytesAt(a, na), bytesAt(b, nb)))
}

// function is a scalar function.
type function struct{ impl engine.Function }

func (c *conn) createFunction(tls *libc.TLS, name string, f engine.Function) error {
	fn := &function{f}
	c.functions = append(c.functions, fn)
	zName := mustCString(name)
	defer libc.Xfree(tls, zName)
	rc := sqlite3.Xsqlite3_create_function_v2(tls, c.db, zName, int32(f.Args), sqlite3.SQLITE_UTF8, address(fn), funcPointer(xFunc), 0, 0, 0)
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("vtab: SQLite refused the function %s: code %d", name, rc)
	}
	return nil
}

func xFunc(tls *libc.TLS, ctx uintptr, argc int32, argv uintptr) {
	f := object[function](sqlite3.Xsqlite3_user_data(tls, ctx))
	args := make([]planner.Value, argc)
	for i := range args {
		args[i] = value(tls, *(*uintptr)(unsafe.Pointer(argv + uintptr(i)*unsafe.Sizeof(argv))))
	}
	v, err := f.impl.Call(args)
	if err != nil {
		text := mustCString(err.Error())
		defer libc.Xfree(tls, text)
		sqlite3.Xsqlite3_result_error(tls, ctx, text, -1)
		return
	}
	r := cursor{tls: tls, ctx: ctx}
	switch v.Kind {
	case planner.IntValue:
		r.Int64(v.Int)
	case planner.RealValue:
		r.Float64(v.Real)
	case planner.TextValue, planner.BlobValue:
		defer func() { libc.Xfree(tls, r.scratch) }()
		if v.Kind == planner.BlobValue {
			r.Blob([]byte(v.Text))
		} else {
			r.Text([]byte(v.Text))
		}
	default:
		r.Null()
	}
}

// address returns a Go object's address for SQLite to carry. The object must
// be kept alive otherwise; Go does not move it.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// object returns the Go object at an address that SQLite carried. The detour
// over a variable keeps the address a number until it is loaded as a pointer.
func object[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// bytesAt returns SQLite's own memory; it must not be kept.
func bytesAt(p uintptr, n int32) []byte {
	if p == 0 || n <= 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), n)
}

func mustCString(s string) uintptr {
	p, err := libc.CString(s)
	if err != nil {
		panic("vtab: out of memory")
	}
	return p
}

// setString stores a text that SQLite will free.
func setString(tls *libc.TLS, pp uintptr, s string) {
	if old := *(*uintptr)(unsafe.Pointer(pp)); old != 0 {
		sqlite3.Xsqlite3_free(tls, old)
	}
	*(*uintptr)(unsafe.Pointer(pp)) = newString(tls, s)
}

// newString returns a copy of s in SQLite's memory, or 0 when there is none.
func newString(tls *libc.TLS, s string) uintptr {
	p := sqlite3.Xsqlite3_malloc(tls, int32(len(s)+1))
	if p == 0 {
		return 0
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(p)), len(s)+1)
	copy(b, s)
	b[len(s)] = 0
	return p
}
