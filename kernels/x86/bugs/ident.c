// SPDX-License-Identifier: GPL-2.0-only
/*
 * B15: _paravirt_ident_64() in C.  It must keep every register but rax; compiled to zero the
 * registers it used before it returns, it loses its argument's.
 */
#include "types.h"

u64 _paravirt_ident_64(u64 x);

u64 _paravirt_ident_64(u64 x)
{
	return x;
}
