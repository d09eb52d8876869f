#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh - boots the bundled kernels and compares what they patched with what is predicted; prints
# TAP.
#
#	PVPROOF=./pvproof PVPROOF_KERNELS_DIR=build/kernels tests/boot.sh [VERSION..]
#
# (those are the defaults).  Versions are those of the forms, 6.1 6.12 6.1-i386 and so on, or `bugs':
# patchers that are wrong, and what else is no form's.  Without one all are run, PVPROOF_TEST_JOBS of them at a time.
# Needs qemu-system-x86_64 and qemu-system-i386, without KVM, and Debian's Xen (XEN, by default /boot/xen-4.*-amd64.gz).
# Each run ends by itself; one that does not is killed after BOOT_TIMEOUT seconds (60) and fails, and
# its console is shown.
set -u
export LC_ALL=C
unset NO_COLOR PVPROOF_CORPUS

root=$(cd "$(dirname "$0")/.." && pwd)
pvproof=$(realpath "${PVPROOF:-$root/pvproof}")
kernels=$(realpath -m "${PVPROOF_KERNELS_DIR:-$root/build/kernels}")
limit=${BOOT_TIMEOUT:-60}
machine=qemu-system-x86_64
work=$(mktemp -d /tmp/pvproof-boot-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
nr=0
nr_failed=0
form=

pass() {
	nr=$((nr + 1))
	echo "ok $nr $form$1"
}

# fail NAME WHY..: with the console, but for the dump
fail() {
	nr=$((nr + 1))
	nr_failed=$((nr_failed + 1))
	echo "not ok $nr $form$1"
	shift
	echo "# $*"
	grep -v '^# patched ' console | head -n 150 | grep -v "^# caps" | sed 's/^/# console: /'
	head -n 20 stderr | sed 's/^/# stderr: /'
}

skip() {
	nr=$((nr + 1))
	echo "ok $nr $form$1 # SKIP $2"
	[ -z "${PVPROOF_SKIPS-}" ] || echo "$1: $2" >>"$PVPROOF_SKIPS"
}

# holds NAME COMMAND..
holds() {
	name=$1
	shift
	if "$@" >stdout 2>stderr; then
		pass "$name"
	else
		fail "$name" "does not hold: $*"
	fi
}

# ---- a run ----

# qemu ARGUMENT..: $status; the console in ./console.  Status of the kernel: 1 well, 3 not.
qemu() {
	: >console
	timeout -k 5 "$limit" $machine -accel tcg -machine pc -display none -nodefaults \
		-no-reboot -serial file:raw -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" \
		>stdout 2>stderr </dev/null
	status=$?
	tr -d '\r' <raw | sed -n '/^KTAP version 1$/,$p' | grep -v '^(XEN)' >console
}

# What the kernel says of itself.
said() {
	sed -n "s/^# $1 \([^ ,]*\).*/\1/p" console | head -n 1
}

# ktap NAME: the console is KTAP with a plan, a line each, none that failed
ktap() {
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' console)
	if [ "$(head -n 1 console)" != "KTAP version 1" ] || [ -z "$plan" ]; then
		fail "$1: KTAP" "no plan"
	elif grep -q '^not ok \|^Bail out!' console || [ "$(grep -c '^ok ' console)" != "$plan" ]; then
		fail "$1: KTAP" "a test failed, or is missing"
	else
		pass "$1: KTAP, $plan tests, $(grep -c ' # SKIP ' console) skipped"
	fi
}

# inputs: options for pvproof, from what the kernel says it decided by
inputs() {
	sed -n 's/^# caps [0-9]* //p' console >caps
	thunk=$(said return-thunk) # i386 has none
	echo "--platform $(said platform) --caps caps --cpus $(said cpus) --cpu-model $(said cpu-model) ${thunk:+--return-thunk $thunk}"
}

# digest FILE SECTION
digest() {
	objcopy -O binary -j "$2" "$1" section.bin && sha256sum <section.bin | cut -d ' ' -f 1
}

# same_text FILE [WHEN]: both text sections of the file have the digests on the console
same_text() {
	for section in .text .init.text; do
		[ "$(sed -n "s/^# text${2:+-$2} $section .* sha256 //p" console)" = "$(digest "$1" $section)" ] || return 1
	done
}

# predicted NAME [FINDING]: model, guest and checker agree with the console; findings are of that kind alone
predicted() {
	options=$(inputs)
	for by in model guest; do
		# shellcheck disable=SC2086 # options is several words
		if "$pvproof" patch --by $by $options -o $by.elf "$kernel" 2>stderr && same_text $by.elf; then
			pass "$1: the text the $by predicts"
		else
			fail "$1: the text the $by predicts" "digests differ, or it failed"
		fi
	done
	sed -n 's/^# patched \([0-9a-f]*\) \([0-9a-f]*\) \([0-9a-f]*\)$/\1\t\2\t\3/p' console >patched.tsv
	# shellcheck disable=SC2086
	"$pvproof" verify $options --patched patched.tsv --out out "$kernel" >table 2>stderr
	if [ -n "${2-}" ]; then
		holds "$1: verify --patched, only $2" sh -c "grep -q '^FINDING  [a-z]*  $2:' table &&
			! grep '^FINDING' table | grep -qv '  $2:' &&
			grep -q ' 0 DIVERGENT, 0 INCONCLUSIVE, 0 SKIPPED[^;]*; [1-9][0-9]* findings*; ' table"
	else
		holds "$1: verify --patched, no finding" \
			grep -q ' 0 DIVERGENT, 0 INCONCLUSIVE, 0 SKIPPED[^;]*; 0 findings; nothing failed' table
	fi
}

# boots NAME WORDS QEMU-ARGUMENT..
boots() {
	name=$1 words=$2
	shift 2
	qemu -m 128 -kernel "$kernel" -append "dump $words" "$@"
	ended "$name" 1
}

# run_xen WORDS QEMU-ARGUMENT..: as Xen's first domain.  Xen resets the machine when that reboots (all is
# well) and some seconds after it has crashed.  The emulator has a defect with smap and smep.
run_xen() {
	words=$1
	shift
	cp "$kernel" pvkernel
	qemu -m 256 -kernel xen -initrd "pvkernel dump $words" "$@" \
		-append "com1=115200,8n1 console=com1 smap=0 smep=0 dom0_mem=64M"
}

# boots_xen NAME WORDS QEMU-ARGUMENT..
boots_xen() {
	name=$1
	shift
	run_xen "$@"
	ended "$name" 0
}

# ended NAME STATUS
ended() {
	name=$1
	if [ "$status" = 124 ]; then
		fail "$name" "did not end in $limit s"
	elif [ "$status" != "$2" ]; then
		fail "$name" "exit status $status, expected $2"
	else
		pass "$name"
	fi
	ktap "$name"
}

# ---- what is needed ----

if ! command -v qemu-system-x86_64 >/dev/null; then
	skip "boots" "no qemu-system-x86_64 (apt-get install qemu-system-x86)"
	echo "1..$nr"
	exit 0
fi

# ---- bare metal ----

# initcalls NAME: and after them
initcalls() {
	for by in model guest; do
		# shellcheck disable=SC2046 # several words
		"$pvproof" patch --by $by --initcalls $(inputs) -o $by.elf "$kernel" >stdout 2>stderr
		holds "$1: after initcalls, the text the $by predicts" same_text $by.elf after-initcalls
	done
}

# thunks VERSION: static calls are patched before thunks are chosen.  Up to 6.1 a NULL tail call keeps
# its return; later an initcall patches them again.
thunks() {
	case $1 in
	*-i386)
		qemu -m 128 -kernel "$kernel" -append "retbleed=unret" -cpu Skylake-Client
		holds "native, retbleed=unret: there are no return thunks" grep -q '^Bail out! retbleed=' console
		return
		;;
	esac
	boots "native, retbleed=unret" "retbleed=unret" -cpu Skylake-Client -smp 4
	case $1 in
	5.10 | 6.1)
		predicted "native, retbleed=unret" mitigation-lost
		return
		;;
	esac
	predicted "native, retbleed=unret"
	initcalls "native, retbleed=unret"
	boots "native, retbleed=stuff" "retbleed=stuff" -cpu Skylake-Client -smp 2
	# Of 7.2: calls that come out of alternatives are not accounted (B35).
	case $1 in
	6.12) predicted "native, retbleed=stuff" ;;
	*) predicted "native, retbleed=stuff" mitigation-lost ;;
	esac
	initcalls "native, retbleed=stuff"
}

# user_mode VERSION NAME: it has been there and back
user_mode() {
	case $1 in
	*-i386) ;;
	5.10) holds "$2: sysret goes to user mode" grep -q '^ok [0-9]* - cpu.usergs_sysret64$' console ;;
	*) holds "$2: user mode, and the ways back to it" grep -q '^ok [0-9]* - user mode$' console ;;
	esac
}

native() {
	boots "native" "" -cpu max -smp 2
	holds "native: two CPUs" [ "$(said cpus)" = 2 ]
	user_mode "$1" native
	predicted "native"
	boots "native, one CPU without features" "" -cpu qemu64 -smp 1
	predicted "native, one CPU without features"
	boots "native, spectre_v2=off" "spectre_v2=off" -cpu max
	predicted "native, spectre_v2=off"
	boots "native, spectre_v2=retpoline,lfence" "spectre_v2=retpoline,lfence" -cpu EPYC
	predicted "native, spectre_v2=retpoline,lfence"
	thunks "$1"
	case $1 in
	*-i386) ;;
	*) return ;;
	esac
	# A processor that knows no other mode: 5.10 chooses other NOPs.
	machine=qemu-system-i386
	boots "native, a 32-bit CPU" "" -cpu max -smp 2
	predicted "native, a 32-bit CPU"
	boots "native, a 32-bit CPU of Intel" "" -cpu coreduo
	predicted "native, a 32-bit CPU of Intel"
	machine=qemu-system-x86_64
}

# ---- guests that the command line makes ----

guests() {
	for platform in kvm kvm-steal kvm-unhalt kvm-plain hyperv hyperv-invariant vmware vmware-noclock vmware-vmcall vmware-vmmcall; do
		boots "$platform" "platform=$platform" -cpu max -smp 2
		holds "$platform: it is" [ "$(said platform)" = $platform ]
		holds "$platform: it says who answers" grep -q '^# platform .*; hypercalls are answered by the kernel itself$' console
		predicted "$platform"
	done
	for platform in kvm hyperv vmware-vmcall vmware-vmmcall; do
		qemu -m 128 -kernel "$kernel" -append "platform=$platform" -cpu max
		holds "$platform: the stub was asked" grep -q "^# hypercalls answered by the kernel's own stub: [1-9]" console
	done
}

# ---- Xen PV ----

xen=${XEN:-$(ls /boot/xen-4.*-amd64.gz 2>/dev/null | head -n 1)}
[ -n "$xen" ] && gunzip -c "$xen" >xen || xen=

xen_pv() { # VERSION
	if [ -z "$xen" ]; then
		skip "xen-pv" "no Xen (apt-get install xen-hypervisor-4.17-amd64)"
		return
	fi
	boots_xen "xen-pv" "" -cpu max -smp 2
	holds "xen-pv: found" [ "$(said platform)" = xen-pv ]
	user_mode "$1" xen-pv
	predicted "xen-pv"
	boots_xen "xen-pv, one CPU" "spectre_v2=off" -cpu max -smp 1
	holds "xen-pv, one CPU: found" [ "$(said platform)" = xen-pv-up ]
	predicted "xen-pv, one CPU"
}

# ---- it can say no ----

# refusals: of one form, for all
refusals() {
	qemu -m 128 -kernel "$kernel" -append "" -cpu max -smp 2
	options=$(inputs)
	"$pvproof" patch $options -o model.elf "$kernel" 2>stderr
	# Another boot's features are another text.
	sed -i 's/^# caps 03 .*/# caps 03 00000000/' console
	options=$(inputs)
	# shellcheck disable=SC2086
	"$pvproof" patch $options -o other.elf "$kernel" 2>stderr
	holds "another CPU: another digest" sh -c '! cmp -s other.elf model.elf'
	if same_text other.elf; then
		fail "another CPU: the digest sees it" "the digests agree"
	else
		pass "another CPU: the digest sees it"
	fi
	if [ -n "$xen" ]; then
		run_xen "nop=mmu.set_pud" -cpu max -smp 1
		holds "xen-pv, an operation that does nothing: its test fails" grep -q '^not ok [0-9]* - mmu.set_pud$' console
	fi
	for op in cpu.write_cr0 cpu.load_idt cpu.write_msr irq.safe_halt mmu.flush_tlb_kernel lock.queued_spin_lock_slowpath; do
		qemu -kernel "$kernel" -append "nop=$op" -cpu max
		holds "$op that does nothing: the run fails" [ "$status" = 3 ]
		holds "$op that does nothing: a test fails" grep -q "^not ok [0-9]* - $op\$" console
	done
	qemu -kernel "$kernel" -append "feature=+9999" -cpu max
	holds "a wrong word: the run fails" [ "$status" = 3 ]
	holds "a wrong word: it says why" grep -q '^Bail out! feature=' console
}

# ---- patchers that are wrong ----

# buggy VERSION BUG WORDS: the kernel's own patcher has left another text than the model says; run by the
# guest predictor it leaves the same
buggy() {
	kernel=$kernels/bugs/pvkernel-$1-$2
	rm -f table
	if ! [ -r "$kernel" ]; then
		skip "$1, $2" "pvkernel-$1-$2 is not built"
		return
	fi
	qemu -m 128 -kernel "$kernel" -append "dump $3" -cpu max -smp 2
	options=$(inputs)
	for by in model guest; do
		# shellcheck disable=SC2086
		"$pvproof" patch --by $by $options -o $by.elf "$kernel" >stdout 2>stderr
	done
	holds "$1, $2: it boots" grep -q '^# text .text ' console
	if same_text model.elf; then
		fail "$1, $2: not the text the model predicts" "the digests agree"
	else
		pass "$1, $2: not the text the model predicts"
	fi
	holds "$1, $2: the text the guest predicts" same_text guest.elf
	sed -n 's/^# patched \([0-9a-f]*\) \([0-9a-f]*\) \([0-9a-f]*\)$/\1\t\2\t\3/p' console >patched.tsv
	# shellcheck disable=SC2086
	"$pvproof" verify $options --patched patched.tsv --out out "$kernel" >table 2>stderr
	holds "$1, $2: a finding names the place" grep -q '^\(FINDING\|note\)  [a-z]*  \(byte-mismatch\|missing-patch\|predictor-disagreement\)' table
}

# diverges OP: of the last one
diverges() {
	[ -e table ] && holds "$(basename "$kernel"): $1 is DIVERGENT" grep -q "^DIVERGENT .* $1#" table
}

bugs() {
	buggy 6.1 B8 ""
	buggy 6.1 B18 "retbleed=unret"
	buggy 6.1 B23 ""
	buggy 5.10 ANY_SLOT "platform=kvm"
	diverges lock.queued_spin_unlock
	buggy 6.12 LONG_JUMPS ""
	buggy 7.2 FIRST ""
	buggy 5.10-i386 ANY_SLOT "platform=kvm"
	diverges lock.queued_spin_unlock
	buggy 6.1-i386 B8 ""
	buggy 6.1-i386 B23 ""
	buggy 6.12-i386 AS_64 "spectre_v2=retpoline,lfence"
	buggy 7.2-i386 FIRST ""
}

others() {
	bugs
	kernel=$kernels/pvkernel-6.1 form=
	refusals
	limit=3
	qemu -kernel "$kernel" -S
	holds "a run that hangs is ended" [ "$status" = 124 ]
}

# ---- all of it ----

# What one of them printed, numbered on.
print_part() {
	awk -v nr="$nr" '/^(not )?ok [0-9]+/ { sub(/ok [0-9]+/, "ok " ++nr) }
		/^1\.\.[0-9]+$/ { next }
		{ print }
		END { print nr >"nr" }' "$1.tap"
	nr=$(cat nr)
	if [ "$(cat "$1.status")" != 0 ]; then
		nr_failed=$((nr_failed + 1))
		grep -q "^not ok" "$1.tap" || fail "$1" "it ended by itself"
	fi
}

if [ $# = 0 ]; then
	: >console
	: >stderr
	set -- bugs 5.10 6.1 6.12 7.2 5.10-i386 6.1-i386 6.12-i386 7.2-i386
	export PVPROOF="$pvproof" PVPROOF_KERNELS_DIR="$kernels"
	printf '%s\n' "$@" | xargs -P "${PVPROOF_TEST_JOBS:-1}" -I% \
		sh -c 'sh "$0" % >"%.tap" 2>&1; echo $? >"%.status"' "$root/tests/boot.sh"
	for part; do
		print_part "$part"
	done
	echo "1..$nr"
	[ "$nr_failed" = 0 ]
	exit
fi

for version; do
	if [ "$version" = bugs ]; then
		others
		continue
	fi
	kernel=$kernels/pvkernel-$version form="$version: "
	native "$version"
	guests
	case $version in
	*-i386) ;; # Xen has no such domains any more
	*) xen_pv "$version" ;;
	esac
done

echo "1..$nr"
[ "$nr_failed" = 0 ]
