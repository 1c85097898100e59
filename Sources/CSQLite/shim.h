#pragma once
#include <sqlite3.h>

// A macro with a cast, which Swift does not import.
static inline sqlite3_destructor_type fileroom_sqlite_transient(void) { return SQLITE_TRANSIENT; }
