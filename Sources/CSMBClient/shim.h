#pragma once
#include <libsmbclient.h>

/* Type of a callback that the library calls with the handle it belongs to. */
typedef smbc_get_auth_data_with_context_fn fileroom_auth_callback;
