// The C half of the adapter: SQLite's callbacks, which turn values into plain
// structures, call Go once, and put the answer where SQLite wants it.

#ifndef SFSQL_BRIDGE_H
#define SFSQL_BRIDGE_H

#include "sqlite.h"

// sf_value is a value on its way through the bridge. Its bytes belong to who
// made it.
typedef struct sf_value {
	int type; // as sqlite3_value_type
	int n;    // bytes of a text or blob
	int64_t i;
	double r;
	const void *p;
} sf_value;

// sf_arg is an argument of xFilter: a value, or a whole IN list.
typedef struct sf_arg {
	sf_value value;
	sf_value *list;
	int count; // -1 where it is no list
} sf_arg;

// sf_vtab and sf_cursor are SQLite's structures with Go's handles behind them.
typedef struct sf_vtab {
	sqlite3_vtab base;
	uintptr_t handle;
} sf_vtab;

typedef struct sf_cursor {
	sqlite3_vtab_cursor base;
	uintptr_t handle;
} sf_cursor;

int sf_register(void);
int sf_create_module(sqlite3 *db, const char *name, uintptr_t handle);
int sf_create_function(sqlite3 *db, const char *name, int args, uintptr_t handle);
int sf_create_collation(sqlite3 *db, const char *name, uintptr_t handle);
void sf_read_value(sqlite3_value *v, sf_value *out);
int sf_rhs_value(sqlite3_index_info *info, int i, sf_value *out);
void sf_set_index_string(sqlite3_index_info *info, const char *text);
void sf_set_error(char **where, const char *text);
int sf_mark(sqlite3 *db, const char *function, uintptr_t token);
int sf_drop_module(sqlite3 *db, const char *name);
int sf_declare(sqlite3 *db, const char *declaration, char **err);

#endif
