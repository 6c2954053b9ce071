// What of SQLite's C interface the adapter uses. The layouts and signatures
// are those that SQLite promises to keep: https://sqlite.org/c3ref/intro.html.
// The functions themselves come with mattn's driver. They are declared weak,
// because cgo links this package alone before the driver is beside it.

#ifndef SFSQL_SQLITE_H
#define SFSQL_SQLITE_H

#include <stdint.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct sqlite3_value sqlite3_value;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_vtab sqlite3_vtab;
typedef struct sqlite3_vtab_cursor sqlite3_vtab_cursor;
typedef struct sqlite3_index_info sqlite3_index_info;
typedef struct sqlite3_module sqlite3_module;

struct sqlite3_vtab {
	const sqlite3_module *pModule;
	int nRef;
	char *zErrMsg;
};

struct sqlite3_vtab_cursor {
	sqlite3_vtab *pVtab;
};

struct sf_constraint {
	int iColumn;
	unsigned char op;
	unsigned char usable;
	int iTermOffset;
};

struct sf_orderby {
	int iColumn;
	unsigned char desc;
};

struct sf_usage {
	int argvIndex;
	unsigned char omit;
};

struct sqlite3_index_info {
	int nConstraint;
	struct sf_constraint *aConstraint;
	int nOrderBy;
	struct sf_orderby *aOrderBy;
	struct sf_usage *aConstraintUsage;
	int idxNum;
	char *idxStr;
	int needToFreeIdxStr;
	int orderByConsumed;
	double estimatedCost;
	int64_t estimatedRows;
	int idxFlags;
	uint64_t colUsed;
};

struct sqlite3_module {
	int iVersion;
	int (*xCreate)(sqlite3 *, void *, int, const char *const *, sqlite3_vtab **, char **);
	int (*xConnect)(sqlite3 *, void *, int, const char *const *, sqlite3_vtab **, char **);
	int (*xBestIndex)(sqlite3_vtab *, sqlite3_index_info *);
	int (*xDisconnect)(sqlite3_vtab *);
	int (*xDestroy)(sqlite3_vtab *);
	int (*xOpen)(sqlite3_vtab *, sqlite3_vtab_cursor **);
	int (*xClose)(sqlite3_vtab_cursor *);
	int (*xFilter)(sqlite3_vtab_cursor *, int, const char *, int, sqlite3_value **);
	int (*xNext)(sqlite3_vtab_cursor *);
	int (*xEof)(sqlite3_vtab_cursor *);
	int (*xColumn)(sqlite3_vtab_cursor *, sqlite3_context *, int);
	int (*xRowid)(sqlite3_vtab_cursor *, int64_t *);
	int (*xUpdate)(sqlite3_vtab *, int, sqlite3_value **, int64_t *);
	int (*xBegin)(sqlite3_vtab *);
	int (*xSync)(sqlite3_vtab *);
	int (*xCommit)(sqlite3_vtab *);
	int (*xRollback)(sqlite3_vtab *);
	int (*xFindFunction)(sqlite3_vtab *, int, const char *, void (**)(sqlite3_context *, int, sqlite3_value **), void **);
	int (*xRename)(sqlite3_vtab *, const char *);
};

enum {
	SQLITE_OK = 0,
	SQLITE_ERROR = 1,
	SQLITE_NOMEM = 7,
	SQLITE_DONE = 101,
	SQLITE_INTEGER = 1,
	SQLITE_FLOAT = 2,
	SQLITE_TEXT = 3,
	SQLITE_BLOB = 4,
	SQLITE_NULL = 5,
	SQLITE_UTF8 = 1,
	SQLITE_DIRECTONLY = 0x80000,
	SQLITE_INDEX_SCAN_UNIQUE = 1,
};

#define SQLITE_TRANSIENT ((void (*)(void *))-1)
#define SFSQL_API __attribute__((weak))

extern SFSQL_API int sqlite3_auto_extension(void (*)(void));
extern SFSQL_API int sqlite3_create_module_v2(sqlite3 *, const char *, const sqlite3_module *, void *, void (*)(void *));
extern SFSQL_API int sqlite3_create_collation_v2(sqlite3 *, const char *, int, void *, int (*)(void *, int, const void *, int, const void *), void (*)(void *));
extern SFSQL_API int sqlite3_create_function_v2(sqlite3 *, const char *, int, int, void *, void (*)(sqlite3_context *, int, sqlite3_value **), void (*)(sqlite3_context *, int, sqlite3_value **), void (*)(sqlite3_context *), void (*)(void *));
extern SFSQL_API void *sqlite3_user_data(sqlite3_context *);
extern SFSQL_API int sqlite3_declare_vtab(sqlite3 *, const char *);
extern SFSQL_API const char *sqlite3_errmsg(sqlite3 *);
extern SFSQL_API const char *sqlite3_db_filename(sqlite3 *, const char *);
extern SFSQL_API const char *sqlite3_uri_parameter(const char *, const char *);
extern SFSQL_API void sqlite3_interrupt(sqlite3 *);
extern SFSQL_API int sqlite3_is_interrupted(sqlite3 *);
extern SFSQL_API void *sqlite3_malloc(int);
extern SFSQL_API void sqlite3_free(void *);
extern SFSQL_API char *sqlite3_mprintf(const char *, ...);
extern SFSQL_API int sqlite3_vtab_distinct(sqlite3_index_info *);
extern SFSQL_API int sqlite3_vtab_in(sqlite3_index_info *, int, int);
extern SFSQL_API int sqlite3_vtab_in_first(sqlite3_value *, sqlite3_value **);
extern SFSQL_API int sqlite3_vtab_in_next(sqlite3_value *, sqlite3_value **);
extern SFSQL_API int sqlite3_vtab_rhs_value(sqlite3_index_info *, int, sqlite3_value **);
extern SFSQL_API const char *sqlite3_vtab_collation(sqlite3_index_info *, int);
extern SFSQL_API int sqlite3_value_type(sqlite3_value *);
extern SFSQL_API int64_t sqlite3_value_int64(sqlite3_value *);
extern SFSQL_API double sqlite3_value_double(sqlite3_value *);
extern SFSQL_API const unsigned char *sqlite3_value_text(sqlite3_value *);
extern SFSQL_API const void *sqlite3_value_blob(sqlite3_value *);
extern SFSQL_API int sqlite3_value_bytes(sqlite3_value *);
extern SFSQL_API void sqlite3_result_error(sqlite3_context *, const char *, int);
extern SFSQL_API void sqlite3_result_null(sqlite3_context *);
extern SFSQL_API void sqlite3_result_int64(sqlite3_context *, int64_t);
extern SFSQL_API void sqlite3_result_double(sqlite3_context *, double);
extern SFSQL_API void sqlite3_result_text(sqlite3_context *, const char *, int, void (*)(void *));
extern SFSQL_API void sqlite3_result_blob(sqlite3_context *, const void *, int, void (*)(void *));

extern SFSQL_API sqlite3_stmt *sqlite3_next_stmt(sqlite3 *, sqlite3_stmt *);
extern SFSQL_API const char *sqlite3_sql(sqlite3_stmt *);
extern SFSQL_API int sqlite3_bind_parameter_count(sqlite3_stmt *);
extern SFSQL_API const char *sqlite3_bind_parameter_name(sqlite3_stmt *, int);
extern SFSQL_API const char *sqlite3_column_decltype(sqlite3_stmt *, int);
extern SFSQL_API sqlite3_value *sqlite3_column_value(sqlite3_stmt *, int);

#endif
