#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# predictors.sh - what the two predictors of patched bytes link, and what they share; prints TAP.
#
#	tests/predictors.sh build/opt
#
# From each predictor's objects every symbol is followed, by nm(1), to the object that defines it.
# The model must not reach the emulator; neither must reach the other; what both reach are readers
# and types, and is listed.
set -u
export LC_ALL=C

cd "${1:-build/opt}" || exit 2
work=$(mktemp -d /tmp/pvproof-predictors-XXXXXX)
trap 'rm -rf "$work"' EXIT
nr=0
nr_failed=0

# What both may have: no code that decides a patched byte.
shared='^(emu/(error|alloc)|harness/(image|scan|platform)/[a-z_]+|harness/patch/(patched|patchable))\.o$'

# result NAME FILE: ok when FILE is empty, else what is in it
result() {
	nr=$((nr + 1))
	if [ -s "$2" ]; then
		nr_failed=$((nr_failed + 1))
		echo "not ok $nr $1"
		sed 's/^/# /' "$2"
	else
		echo "ok $nr $1"
	fi
}

find emu harness -name '*.o' -exec nm -A -P {} + >"$work/nm" || exit 2

# reach FOLDER: the objects that those of FOLDER need, and what no object defines
reach() {
	awk -v folder="$1/" '
	{
		sub(/:$/, "", $1)
		if ($3 == "U" || $3 == "w" || $3 == "v")
			need[$1] = need[$1] " " $2
		else if ($3 ~ /^[A-Z]$/)
			home[$2] = $1
		all[$1]
	}
	END {
		for (o in all)
			if (index(o, folder) == 1)
				queue[++n] = o
		for (i = 1; i <= n; i++) {
			if (queue[i] in seen)
				continue
			seen[queue[i]]
			print queue[i]
			k = split(need[queue[i]], s, " ")
			for (j = 1; j <= k; j++)
				if (s[j] in home)
					queue[++n] = home[s[j]]
				else
					print "extern " s[j]
		}
	}' "$work/nm" | sort -u
}

reach harness/patch/model >"$work/model"
reach harness/patch/guest >"$work/guest"

grep '^emu/' "$work/model" | grep -Ev "$shared" >"$work/bad"
result "the model links nothing of the emulator" "$work/bad"
grep '^extern uc_' "$work/model" >"$work/bad"
result "the model links nothing of Unicorn" "$work/bad"
grep '^harness/patch/guest/' "$work/model" >"$work/bad"
result "the model links nothing of the guest" "$work/bad"
grep '^harness/patch/model/' "$work/guest" >"$work/bad"
result "the guest links nothing of the model" "$work/bad"

# Teeth: if symbols were not followed, all of the above would pass.
: >"$work/bad"
grep -qx 'emu/x86/machine.o' "$work/guest" || echo "emu/x86/machine.o is not reached" >>"$work/bad"
grep -qx 'extern uc_emu_start' "$work/guest" || echo "uc_emu_start is not reached" >>"$work/bad"
grep -q '^harness/patch/model/' "$work/model" || echo "the model has no objects" >>"$work/bad"
result "the guest runs on Unicorn, and this test would see it" "$work/bad"

comm -12 "$work/model" "$work/guest" | grep -v '^extern' >"$work/both"
grep -Ev "$shared" "$work/both" >"$work/bad"
result "what both link are readers and types" "$work/bad"
sed 's/^/# both: /' "$work/both"

echo "1..$nr"
[ $nr_failed = 0 ]
