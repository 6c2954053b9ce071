package modernc

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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

// tokenFunction is the SQL function by which a connection tells which one of
// SQLite's handles it has.
const tokenFunction = "sfsql_connection"

// registered is the outcome of asking SQLite to show every new handle.
// https://sqlite.org/c3ref/auto_extension.html
var registered = func() int32 {
	tls := libc.NewTLS()
	defer tls.Close()
	return sqlite3.Xsqlite3_auto_extension(tls, funcPointer(extensionInit))
}()

var (
	tokens atomic.Uint64
	live   sync.Map // token → *handle
)

// handle is an open connection of any program's part.
type handle struct {
	db uintptr

	mu         sync.Mutex // against closing
	closed     bool
	modules    []*module           // these and the others are kept alive for SQLite
	tables     map[*table]struct{} // after DETACH, too, until SQLite prepares something
	collations map[string]*collation
	functions  map[string]*function
	told       []*conn // who wants to hear of the closing
}

func extensionInit(tls *libc.TLS, db, _, _ uintptr) int32 {
	token := tokens.Add(1)
	live.Store(token, &handle{db: db, tables: make(map[*table]struct{}), collations: make(map[string]*collation), functions: make(map[string]*function)})
	name := mustCString(tokenFunction)
	defer libc.Xfree(tls, name)
	const flags = sqlite3.SQLITE_UTF8 | sqlite3.SQLITE_DIRECTONLY
	rc := sqlite3.Xsqlite3_create_function_v2(tls, db, name, 0, flags, uintptr(token), funcPointer(xToken), 0, 0, funcPointer(xForget))
	if rc != sqlite3.SQLITE_OK {
		live.Delete(token) // whoever opened it is not to suffer; Adopt will say so
	}
	return sqlite3.SQLITE_OK
}

func xToken(tls *libc.TLS, ctx uintptr, _ int32, _ uintptr) {
	sqlite3.Xsqlite3_result_int64(tls, ctx, int64(sqlite3.Xsqlite3_user_data(tls, ctx)))
}

// xForget is called when SQLite destroys the function: the connection is
// being closed.
func xForget(_ *libc.TLS, token uintptr) {
	v, ok := live.LoadAndDelete(uint64(token))
	if !ok {
		return
	}
	h := v.(*handle)
	h.mu.Lock()
	h.closed = true
	told := h.told
	h.mu.Unlock()
	for _, c := range told {
		c.hooks.Closed()
	}
}

// handleOf asks a connection which handle it has.
func handleOf(ctx context.Context, dc driver.Conn) (*handle, error) {
	if registered != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("SQLite refused the automatic extension: code %d", registered)
	}
	q, ok := dc.(driver.QueryerContext)
	if !ok {
		return nil, fmt.Errorf("%T is no connection of modernc.org/sqlite", dc)
	}
	if v, ok := dc.(driver.Validator); ok && !v.IsValid() {
		return nil, driver.ErrBadConn // whose driver would follow a nil pointer
	}
	rows, err := q.QueryContext(ctx, "SELECT "+tokenFunction+"()", nil)
	if err != nil {
		return nil, fmt.Errorf("the connection does not know this package, as one of another SQLite, or that was opened before it was initialized: %w", err)
	}
	defer rows.Close()
	dest := make([]driver.Value, 1)
	if err := rows.Next(dest); err != nil {
		return nil, err
	}
	token, _ := dest[0].(int64)
	h, ok := live.Load(uint64(token))
	if !ok {
		return nil, errors.New("the connection does not know this package")
	}
	return h.(*handle), nil
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
		return fmt.Errorf("SQLite refused the module %s: code %d", name, rc)
	}
	return nil
}

type collation struct{ compare func(a, b []byte) int }

func (c *conn) createCollation(tls *libc.TLS, name string, compare func(a, b []byte) int) error {
	l := &collation{compare}
	zName := mustCString(name)
	defer libc.Xfree(tls, zName)
	rc := sqlite3.Xsqlite3_create_collation_v2(tls, c.db, zName, sqlite3.SQLITE_UTF8, address(l), funcPointer(xCompare), 0)
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("SQLite refused the collation %s: code %d", name, rc)
	}
	c.collations[name] = l
	return nil
}

func xCompare(_ *libc.TLS, data uintptr, na int32, a uintptr, nb int32, b uintptr) int32 {
	return int32(object[collation](data).compare(bytesAt(a, na), bytesAt(b, nb)))
}

// function is a scalar function.
type function struct{ impl engine.Function }

func (c *conn) createFunction(tls *libc.TLS, name string, f engine.Function) error {
	fn := &function{f}
	zName := mustCString(name)
	defer libc.Xfree(tls, zName)
	rc := sqlite3.Xsqlite3_create_function_v2(tls, c.db, zName, int32(f.Args), sqlite3.SQLITE_UTF8, address(fn), funcPointer(xFunc), 0, 0, 0)
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("SQLite refused the function %s: code %d", name, rc)
	}
	c.functions[name] = fn
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
