#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh - that `make bench` runs and prints every row; prints TAP.  No number is judged.
#
#	tests/bench.sh build/opt build/kernels/pvkernel-6.1
set -u
export LC_ALL=C

build=${1:-build/opt} kernel=${2:-build/kernels/pvkernel-6.1}
work=$(mktemp -d /tmp/pvproof-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT
nr=0
nr_failed=0

# result NAME STATUS: ok when it is 0
result() {
	nr=$((nr + 1))
	if [ "$2" = 0 ]; then
		echo "ok $nr $1"
	else
		nr_failed=$((nr_failed + 1))
		echo "not ok $nr $1"
		sed 's/^/# /' "$work/stdout" "$work/stderr"
	fi
}

bench() {
	"$build/bench" --rounds 1 --states 24 --sites 4 --least 0 "$@" >"$work/stdout" 2>"$work/stderr"
}

# A row of the table: a name, four ratios above 0, three numbers.
ratio='[0-9.e+-]*[1-9][0-9.e+-]*( \([0-9.e+-]+-[0-9.e+-]+\))?'
row() {
	test "$(grep -cE "^  $1 +$ratio +$ratio +$ratio +$ratio *\|( +[1-9][0-9]*){3}\$" "$work/stdout")" = 2
}

bench "$build/pvproof" "$kernel" "$work/vmlinuz-nowhere"
result "bench ends with 0" $?
test ! -s "$work/stderr"
result "bench says nothing on stderr" $?
for name in 'plain C loop' 'engine limit' 'our loop' 'our loop, any site' verify; do
	row "$name"
	result "a row for native and one for xen-pv: $name" $?
done
for platform in native xen-pv; do
	grep -qE "on $platform: [1-9][0-9]* of [1-9][0-9]* sites .* [1-4] of them, from 24 states" \
		"$work/stdout"
	result "how many sites a loop without hooks can run: $platform" $?
done
grep -q '^SKIP vmlinuz-nowhere: ' "$work/stdout"
result "a kernel that is not here is skipped by name" $?

# refused NAME STATUS NAMED: exit status 2 and one line that says NAMED
refused() {
	test "$2" = 2 && test "$(wc -l <"$work/stderr")" = 1 && grep -qF -- "$3" "$work/stderr"
	result "$1" $?
}
bench "$build/pvproof" "$0"
refused "what is no kernel ends with 2" $? "$0"
bench "$work/no-program" "$kernel"
refused "a program that cannot be run ends with 2" $? "$work/no-program"

echo "1..$nr"
[ "$nr_failed" = 0 ]
