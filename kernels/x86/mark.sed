# SPDX-License-Identifier: GPL-2.0-only
# mark.sed - what objtool does to compiled code, on the compiler's assembly: every direct call is listed in
# .call_sites, every return is a jump to the return thunk that is listed in .return_sites.  Inline assembly
# lists its own.
/^[ \t]*#APP/,/^[ \t]*#NO_APP/b
s/^\tcallq?\t([A-Za-z_][A-Za-z0-9_.]*)$/774:\tcall\t\1\n\t.pushsection .call_sites, "a"\n\t.long 774b - .\n\t.popsection/
s/^\tretq?$/775:\t.byte 0xe9\n\t.long __x86_return_thunk - . - 4\n\t.pushsection .return_sites, "a"\n\t.long 775b - .\n\t.popsection/
