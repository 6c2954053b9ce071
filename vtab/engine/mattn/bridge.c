//go:build sfsql_mattn

#include "bridge.h"

#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

void sf_read_value(sqlite3_value *v, sf_value *out) {
	memset(out, 0, sizeof *out);
	out->type = sqlite3_value_type(v);
	switch (out->type) {
	case SQLITE_INTEGER:
		out->i = sqlite3_value_int64(v);
		break;
	case SQLITE_FLOAT:
		out->r = sqlite3_value_double(v);
		break;
	case SQLITE_TEXT:
		out->p = sqlite3_value_text(v);
		out->n = sqlite3_value_bytes(v);
		break;
	case SQLITE_BLOB:
		out->p = sqlite3_value_blob(v);
		out->n = sqlite3_value_bytes(v);
		break;
	}
}

int sf_rhs_value(sqlite3_index_info *info, int i, sf_value *out) {
	sqlite3_value *v = 0;
	if (sqlite3_vtab_rhs_value(info, i, &v) != SQLITE_OK || v == 0) return 0;
	sf_read_value(v, out);
	return 1;
}

void sf_set_error(char **where, const char *text) {
	sqlite3_free(*where);
	*where = sqlite3_mprintf("%s", text);
}

void sf_set_index_string(sqlite3_index_info *info, const char *text) {
	info->idxStr = sqlite3_mprintf("%s", text);
	info->needToFreeIdxStr = 1;
}

int sf_declare(sqlite3 *db, const char *declaration, char **err) {
	int rc = sqlite3_declare_vtab(db, declaration);
	if (rc != SQLITE_OK) {
		sqlite3_free(*err);
		*err = sqlite3_mprintf("vtab: SQLite refused the declaration: %s", sqlite3_errmsg(db));
	}
	return rc;
}

static int x_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **err) {
	sf_vtab *v = sqlite3_malloc(sizeof *v);
	if (v == 0) return SQLITE_NOMEM;
	memset(v, 0, sizeof *v);
	int rc = sfsqlConnect(db, (uintptr_t)aux, argc, (char **)argv, &v->handle, err);
	if (rc != SQLITE_OK) {
		sqlite3_free(v);
		return rc;
	}
	*out = &v->base;
	return SQLITE_OK;
}

static int x_disconnect(sqlite3_vtab *base) {
	sf_vtab *v = (sf_vtab *)base;
	sfsqlDisconnect(v->handle);
	sqlite3_free(base->zErrMsg);
	sqlite3_free(v);
	return SQLITE_OK;
}

static int x_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
	return sfsqlBestIndex(((sf_vtab *)base)->handle, info, &base->zErrMsg);
}

static int x_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
	sf_cursor *c = sqlite3_malloc(sizeof *c);
	if (c == 0) return SQLITE_NOMEM;
	memset(c, 0, sizeof *c);
	int rc = sfsqlOpen(((sf_vtab *)base)->handle, &c->handle, &base->zErrMsg);
	if (rc != SQLITE_OK) {
		sqlite3_free(c);
		return rc;
	}
	*out = &c->base;
	return SQLITE_OK;
}

static int x_close(sqlite3_vtab_cursor *base) {
	sf_cursor *c = (sf_cursor *)base;
	sfsqlClose(c->handle);
	sqlite3_free(c);
	return SQLITE_OK;
}

// read_list reads an IN list that comes whole. It returns 0 without memory.
// https://sqlite.org/c3ref/vtab_in_first.html
static int read_list(sqlite3_value *v, sf_arg *arg) {
	int room = 0;
	sqlite3_value *item = 0;
	int rc = sqlite3_vtab_in_first(v, &item);
	if (rc != SQLITE_OK && rc != SQLITE_DONE) {
		sf_read_value(v, &arg->value);
		arg->count = -1;
		return 1;
	}
	for (; rc == SQLITE_OK; rc = sqlite3_vtab_in_next(v, &item)) {
		if (arg->count == room) {
			room = room ? 2 * room : 16;
			sf_value *more = realloc(arg->list, room * sizeof *more);
			if (more == 0) return 0;
			arg->list = more;
		}
		sf_value *to = &arg->list[arg->count++];
		sf_read_value(item, to);
		if (to->n > 0) { // the item is gone with the next one
			void *copy = malloc(to->n);
			if (copy == 0) {
				to->n = 0;
				return 0;
			}
			to->p = memcpy(copy, to->p, to->n);
		}
	}
	return rc == SQLITE_DONE || rc == SQLITE_OK;
}

static void free_args(sf_arg *args, int argc) {
	for (int i = 0; i < argc; i++) {
		for (int k = 0; k < args[i].count; k++) {
			if (args[i].list[k].n > 0) free((void *)args[i].list[k].p);
		}
		free(args[i].list);
	}
	free(args);
}

static int x_filter(sqlite3_vtab_cursor *base, int idxNum, const char *idxStr, int argc, sqlite3_value **argv) {
	sf_arg *args = calloc(argc > 0 ? argc : 1, sizeof *args);
	if (args == 0) return SQLITE_NOMEM;
	int whole = 1;
	for (int i = 0; i < argc && whole; i++) whole = read_list(argv[i], &args[i]);
	int rc = SQLITE_NOMEM;
	if (whole) rc = sfsqlFilter(((sf_cursor *)base)->handle, idxNum, (char *)idxStr, argc, args, &base->pVtab->zErrMsg);
	free_args(args, argc);
	return rc;
}

static int x_next(sqlite3_vtab_cursor *base) {
	return sfsqlNext(((sf_cursor *)base)->handle, &base->pVtab->zErrMsg);
}

static int x_eof(sqlite3_vtab_cursor *base) { return sfsqlEOF(((sf_cursor *)base)->handle); }

// give hands a value to SQLite, which copies its bytes.
static void give(sqlite3_context *ctx, const sf_value *v) {
	switch (v->type) {
	case SQLITE_INTEGER:
		sqlite3_result_int64(ctx, v->i);
		break;
	case SQLITE_FLOAT:
		sqlite3_result_double(ctx, v->r);
		break;
	case SQLITE_TEXT:
		sqlite3_result_text(ctx, v->p, v->n, SQLITE_TRANSIENT);
		break;
	case SQLITE_BLOB:
		sqlite3_result_blob(ctx, v->p, v->n, SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_result_null(ctx);
	}
}

static int x_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int col) {
	sf_value v;
	memset(&v, 0, sizeof v);
	int rc = sfsqlColumn(((sf_cursor *)base)->handle, col, &v, &base->pVtab->zErrMsg);
	if (rc != SQLITE_OK) return rc;
	give(ctx, &v);
	return SQLITE_OK;
}

static int x_rowid(sqlite3_vtab_cursor *base, int64_t *id) {
	return sfsqlRowid(((sf_cursor *)base)->handle, id, &base->pVtab->zErrMsg);
}

// All modules share this one: callbacks tell them apart by their handle.
static const sqlite3_module module = {
	.iVersion = 1,
	.xCreate = x_connect,
	.xConnect = x_connect,
	.xBestIndex = x_best_index,
	.xDisconnect = x_disconnect,
	.xDestroy = x_disconnect,
	.xOpen = x_open,
	.xClose = x_close,
	.xFilter = x_filter,
	.xNext = x_next,
	.xEof = x_eof,
	.xColumn = x_column,
	.xRowid = x_rowid,
};

int sf_create_module(sqlite3 *db, const char *name, uintptr_t handle) {
	return sqlite3_create_module_v2(db, name, &module, (void *)handle, 0);
}

static int x_compare(void *handle, int na, const void *a, int nb, const void *b) {
	return sfsqlCompare((uintptr_t)handle, na, (void *)a, nb, (void *)b);
}

int sf_create_collation(sqlite3 *db, const char *name, uintptr_t handle) {
	return sqlite3_create_collation_v2(db, name, SQLITE_UTF8, (void *)handle, x_compare, 0);
}

static void x_function(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
	sf_value *args = calloc(argc > 0 ? argc : 1, sizeof *args);
	if (args == 0) {
		sqlite3_result_error(ctx, "out of memory", -1);
		return;
	}
	for (int i = 0; i < argc; i++) sf_read_value(argv[i], &args[i]);
	sf_value out;
	memset(&out, 0, sizeof out);
	char *err = 0;
	if (sfsqlCall((uintptr_t)sqlite3_user_data(ctx), argc, args, &out, &err) == SQLITE_OK) {
		give(ctx, &out);
	} else {
		sqlite3_result_error(ctx, err != 0 ? err : "out of memory", -1);
	}
	sqlite3_free(err);
	free((void *)out.p);
	free(args);
}

int sf_create_function(sqlite3 *db, const char *name, int args, uintptr_t handle) {
	return sqlite3_create_function_v2(db, name, args, SQLITE_UTF8, (void *)handle, x_function, 0, 0, 0);
}

int sf_drop_module(sqlite3 *db, const char *name) { return sqlite3_create_module_v2(db, name, 0, 0, 0); }

static void x_token(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
	sqlite3_result_int64(ctx, (int64_t)(uintptr_t)sqlite3_user_data(ctx));
}

static void x_forget(void *token) { sfsqlForget((uintptr_t)token); }

// sf_mark gives a connection a function that returns its token. SQLite
// destroys the function, and says so, when the connection is closed.
int sf_mark(sqlite3 *db, const char *function, uintptr_t token) {
	return sqlite3_create_function_v2(db, function, 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, (void *)token, x_token, 0, 0, x_forget);
}

static int extension_init(sqlite3 *db, char **err, const void *api) {
	return sfsqlInit(db);
}

// sf_register asks SQLite to show every new handle to extension_init.
// https://sqlite.org/c3ref/auto_extension.html
int sf_register(void) { return sqlite3_auto_extension((void (*)(void))extension_init); }
