#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# features.sh - runs every command of the feature table of kernels/README.md, and looks in its output for
# what the table says; prints TAP.
#
#	PVPROOF=./pvproof tests/features.sh
#
# Debian's kernels are looked for in PVPROOF_KERNELS, by default ../shared/kernels.
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

kernels=${PVPROOF_KERNELS:-$root/../shared/kernels}
ln -s "$root/build" build

# says TEXT: the last output does, blanks counted as one
says() {
	tr -s ' \t' ' ' <stdout | grep -qF -- "$1"
}

# row PART COMMAND TEXTS: TEXTS is a line each
row() {
	part=$1
	texts=$3
	image=$(echo "$2" | grep -o 'vmlinuz-[^ ]*')
	if [ -n "$image" ] && ! [ -r "$kernels/$image" ]; then
		skip "$part" "$image is not here"
		return
	fi
	# shellcheck disable=SC2086,SC2046 # words are what they are for
	set -- ${2#./pvproof }
	for word; do
		shift
		case $word in
		vmlinuz-*) set -- "$@" "$kernels/$word" ;;
		*) set -- "$@" "$word" ;;
		esac
	done
	run "$@"
	[ "$status" != 2 ] || {
		fail "$part" "it cannot run"
		return
	}
	missing=$(echo "$texts" | while read -r text; do says "$text" || echo "$text"; done)
	if [ -z "$texts" ]; then
		fail "$part" "the table does not say what to look for"
	elif [ -n "$missing" ]; then
		fail "$part" "the output has no: $missing"
	else
		pass "$part"
	fi
}

# Rows have three cells; code is between backticks.
sed -n '/^## The cleanup, part by part$/,/^## Layout$/p' "$root/kernels/README.md" |
	grep '^| .* | `./pvproof ' >rows
[ "$(wc -l <rows)" -ge 20 ] || fail "the table has rows" "$(wc -l <rows) are found"
while IFS= read -r line <&3; do
	part=$(echo "$line" | sed 's/^| \(.*\) | `.\/pvproof .*/\1/')
	command=$(echo "$line" | sed 's/.* | `\(.\/pvproof [^`]*\)` | .*/\1/')
	texts=$(echo "$line" | sed 's/.* | `.\/pvproof [^`]*` | //' | grep -o '`[^`]*`' | tr -d '`')
	row "$part" "$command" "$texts"
done 3<rows

# It can say no.
run diff build/kernels/pvkernel-6.1 site_irq_disable --platform xen-pv
holds "another platform's output does not have it" sh -c "! tr -s ' ' <stdout | grep -qF 'fa cli'"
(row "no" "./pvproof diff build/kernels/pvkernel-6.1 site_irq_disable --platform xen-pv" "fa cli") >said
holds "a text that is not there fails" grep -q '^not ok .* no$' said
(row "no" "./pvproof diff build/kernels/pvkernel-6.1 nonesuch --platform xen-pv" "nonesuch") >said
holds "a command that cannot run fails" grep -q '^not ok .* no$' said

finish
