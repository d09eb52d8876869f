# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
#
# tap.sh - what the tests of the whole program share; sourced from the top of a script whose $root is
# the tree.  Sets $pvproof, a scratch folder $work that is the current one and goes away at the end,
# and the functions below, which print TAP; `finish' prints the plan and exits.

set -u
export LC_ALL=C
unset NO_COLOR PVPROOF_CORPUS

pvproof=$(realpath "${PVPROOF:-$root/pvproof}")
work=$(mktemp -d /tmp/pvproof-cli-XXXXXX)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 2
nr=0
nr_failed=0
limit= # in front of the program

pass() {
	nr=$((nr + 1))
	echo "ok $nr $1"
}

# fail NAME WHY..: with what the last run said
fail() {
	nr=$((nr + 1))
	nr_failed=$((nr_failed + 1))
	echo "not ok $nr $1"
	shift
	echo "# $*"
	head -n 20 "$work/stderr" | sed 's/^/# stderr: /'
	head -n 20 "$work/stdout" | sed 's/^/# stdout: /'
}

skip() {
	nr=$((nr + 1))
	echo "ok $nr $1 # SKIP $2"
	[ -z "${PVPROOF_SKIPS-}" ] || echo "$1: $2" >>"$PVPROOF_SKIPS"
}

# run ARGUMENT..: sets $status; output in $work/stdout and $work/stderr
run() {
	# shellcheck disable=SC2086 # a command and its argument, or nothing
	$limit "$pvproof" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	status=$?
}

# exits NAME STATUS ARGUMENT..: the run says nothing on stderr
exits() {
	name=$1 want=$2
	shift 2
	run "$@"
	if [ "$status" != "$want" ]; then
		fail "$name" "exit status $status, expected $want"
	elif [ "$want" != 2 ] && [ -s stderr ]; then
		fail "$name" "something on stderr"
	else
		pass "$name"
	fi
}

# refuses NAME NAMED ARGUMENT..: exit 2, nothing on stdout, one line on stderr that names NAMED
refuses() {
	name=$1 named=$2
	shift 2
	run "$@"
	if [ "$status" != 2 ]; then
		fail "$name" "exit status $status, expected 2"
	elif [ -s stdout ]; then
		fail "$name" "something on stdout"
	elif [ "$(wc -l <stderr)" != 1 ]; then
		fail "$name" "not one line on stderr"
	elif ! grep -qF "pvproof: " stderr || ! grep -qF -- "$named" stderr; then
		fail "$name" "the line does not name $named"
	elif [ -e out ] || [ -e reports ]; then
		fail "$name" "a report was begun"
	else
		pass "$name"
	fi
}

# holds NAME COMMAND..
holds() {
	name=$1
	shift
	if "$@" >/dev/null 2>&1; then
		pass "$name"
	else
		fail "$name" "does not hold: $*"
	fi
}

# The end of a script.
finish() {
	echo "1..$nr"
	[ "$nr_failed" = 0 ]
	exit
}
