#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# compare.sh - `pvproof compare' as a user runs it, on the bundled kernels; prints TAP.
#
#	PVPROOF=./pvproof tests/compare.sh
#
# GOLDEN=write rewrites tests/golden/compare_markdown.out instead of comparing.
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

built=$root/build/kernels
if ! [ -r "$built/pvkernel-6.1" ]; then
	skip "compare" "the bundled kernels are not built"
	finish
fi
cp "$built/pvkernel-6.1" image

# ---- one image ----

exits "an image with itself" 0 compare image image
holds "nothing differs" sh -c "grep -q '^native: 0 of [1-9][0-9]* sites differ$' stdout"
exits "--only behaviour" 0 compare --only behaviour --platform native image image
holds "--only behaviour: every operation" grep -qE '^  what they do: [0-9]+ same$' stdout
holds "--only behaviour: no sites" sh -c "! grep -q 'sites in both' stdout"

# ---- what cannot be compared ----

refuses "no image" "IMAGE_A and IMAGE_B" compare
refuses "one image" "IMAGE_B" compare image
refuses "three images" "3 are given" compare image image image
refuses "--only: no such part" "nonesuch" compare --only nonesuch image image
refuses "--states: too few" "--states '15'" compare --states 15 image image
refuses "two forms of output" "only one of" compare --json --markdown image image
refuses "symbols of one image" "--symbols" compare --symbols image image image
refuses "unknown platform" "pvproof: unknown platform 'nonesuch'" compare --platform nonesuch image image
refuses "a platform twice" "native" compare --platform native,native image image
refuses "a platform that is for neither" "it cannot run there" compare --platform xen-pvh image image

# either NAME FILE NAMED: whichever of the two it is, and within ten seconds
either() {
	limit="timeout 10"
	refuses "$1, as A" "$2: $3" compare --platform native "$2" image
	refuses "$1, as B" "$2: $3" compare --platform native image "$2"
	limit=
}

printf 'hello, world\n' >text
: >empty
mkdir directory
mkfifo fifo
head -c 40000 image >truncated
either "a missing file" nonesuch "No such file"
either "an empty file" empty "file is empty"
either "a folder" directory "is a directory"
either "a FIFO" fifo "is not a regular file"
either "a file that is no ELF" text "neither an ELF image nor an x86 boot image"
either "a file that was cut" truncated "section header table"
[ -c /dev/zero ] && either "a file that never ends" /dev/zero "is not a regular file"
gzip -c image >packed
either "a kernel that is packed otherwise" packed "neither an ELF image nor an x86 boot image"
if echo 'void _start(void) { for (;;) ; }' |
	${CC:-cc} -x c -nostdlib -static -fno-pie -no-pie -o program - 2>/dev/null; then
	either "a program that is no kernel" program "no pv sites"
else
	skip "a program that is no kernel" "no compiler"
fi
if strip -o nosymbols image 2>/dev/null; then
	either "no symbols" nosymbols "it has no symbols"
else
	skip "no symbols" "no strip here"
fi
if objcopy -R .parainstructions -R .altinstructions image notables 2>/dev/null; then
	either "no tables" notables "no pv sites"
else
	skip "no tables" "no objcopy here"
fi
# Where a symbol is gone what it was for goes by the name in front of it: that differs, and is no error.
if objcopy --strip-symbol=gdt_page image fewer 2>/dev/null; then
	exits "a symbol is missing" 1 compare --platform native image fewer
	holds "a symbol is missing: the operations" grep -q '^    differs    cpu.set_ldt$' stdout
	holds "a symbol is missing: its name" grep -q '^      store.gdt_page: .*  |  nothing$' stdout
else
	skip "a symbol is missing" "no objcopy here"
fi
# A platform that is for one of them only is so by name, too.
if objcopy --strip-symbol=kvm_wait image nokvm 2>/dev/null; then
	exits "a platform that is for A" 1 compare --only sites --platform kvm image nokvm
	holds "a platform that is for A: why" grep -qx "kvm: only A boots there (kvm.yaml:[0-9]*: the image has no 'kvm_wait': it cannot run there)" stdout
	exits "a platform that is for B" 1 compare --only sites --platform native,kvm nokvm image
	holds "a platform that is for B: why" grep -q "^kvm: only B boots there (kvm.yaml:[0-9]*: the image has no 'kvm_wait'" stdout
	holds "a platform that is for B: the others" grep -q "^native: 0 of [0-9]* sites differ$" stdout
	exits "platforms that are for B" 1 compare --only sites nokvm image
	holds "platforms that are for B: why" grep -q "^kvm-steal: only B boots there (kvm.yaml:[0-9]*: the image has no 'kvm_wait'" stdout
	refuses "a platform that is for neither of these" "nokvm: " compare --platform kvm nokvm nokvm
else
	skip "a platform that is for one of them" "no objcopy here"
fi
kernels=${PVPROOF_KERNELS:-$root/../shared/kernels}
i386=$built/pvkernel-6.1-i386
[ -r "$i386" ] || i386=$kernels/vmlinuz-6.1.176-i386
if [ -r "$i386" ]; then
	refuses "another architecture" "${i386##*/} is i386" compare image "$i386"
	refuses "another architecture, as A" "image is amd64" compare "$i386" image
else
	skip "another architecture" "no i386 kernel here"
fi

# ---- two builds of one series ----

earlier=$built/bugs/pvkernel-6.1-AB_EARLIER
later=$built/bugs/pvkernel-6.1-AB_LATER
exits "two builds" 1 compare "$earlier" "$later"
both=$(sed -n 's/^\([0-9]*\) sites in both, 2 only in A, 2 only in B$/\1/p' stdout)
holds "two builds: how many" [ "$(grep -c ", $((both + 2)) sites\$" stdout)" = 2 ]
# listed FROM TO: the lines between
listed() {
	sed -n "/^$1\$/,/^\$/p" stdout | sed '1d;$d;s/^ *//' | tr '\n' ,
}
holds "two builds: what is gone" [ "$(listed 'only in A')" = "mmu.read_cr2  ab_flags #1,mmu.read_cr3  ab_helper #1," ]
holds "two builds: what is new" [ "$(listed 'only in B')" = "irq.save_fl  ab_flags #2,mmu.read_cr3  ab_quiet #1," ]
holds "two builds: what is patched otherwise" grep -qx '    class  call>call  |  call>inline' stdout
holds "two builds: once, not for each platform" [ "$(grep -c '^  irq.irq_disable  ab_quiet #1$' stdout)" = 1 ]
holds "two builds: .. the others name it" grep -qE "^native: 1 of $both sites differ, .*, as on hyperv\$" stdout
holds "two builds: not under Xen" grep -qx "xen-pv: 0 of $both sites differ" stdout
holds "two builds: the operations do the same" sh -c "! grep -qE '^    (differs|only|undecided)' stdout"
cp stdout first.txt
exits "two builds again" 1 compare "$earlier" "$later"
holds "the same bytes" cmp first.txt stdout
exits "--counts" 1 compare --counts --only sites "$earlier" "$later"
holds "--counts: no names" sh -c "! grep -q ab_quiet stdout"
exits "--json" 1 compare --json --platform native "$earlier" "$later"
holds "--json: the site" grep -q '"symbol": "ab_quiet"' stdout
exits "--markdown" 1 compare --markdown --only sites "$earlier" "$later"
if [ "${GOLDEN:-}" = write ]; then
	sed 's/sha256 `[0-9a-f]*`/sha256 `..`/' stdout >"$root/tests/golden/compare_markdown.out"
fi
sed 's/sha256 `[0-9a-f]*`/sha256 `..`/' stdout >markdown
holds "--markdown: what a pull request shows" cmp "$root/tests/golden/compare_markdown.out" markdown
exits "the same sites in the other order" 1 compare --only sites --platform native "$later" "$earlier"
holds "the same sites in the other order: new is gone" \
	[ "$(listed 'only in A')" = "irq.save_fl  ab_flags #2,mmu.read_cr3  ab_quiet #1," ]

# ---- forms ----

exits "two forms" 0 compare --only behaviour --platform native,xen-pv "$built/pvkernel-5.10" "$built/pvkernel-7.2"
holds "two forms: a reason" grep -q '^        excused: ab234a260b1f (v5.12) dropped restore_fl' stdout
# Rows for states that few seeds draw: whether they are used, and whether all is excused, does not depend on that.
for seed in 1 2 3 4 5; do
	exits "two forms, seed $seed" 0 compare --only behaviour --platform xen-pv --seed $seed --states 16 "$built/pvkernel-6.12" "$built/pvkernel-7.2"
	exits "two forms, seed $seed, more states" 0 compare --only behaviour --platform xen-pv --seed $seed --states 64 "$built/pvkernel-6.12" "$built/pvkernel-7.2"
done
mkdir corpus
cp -r "$root"/corpus/* corpus/
rm corpus/compare/pvkernel.yaml
PVPROOF_CORPUS=$work/corpus
export PVPROOF_CORPUS
exits "two forms without the rows" 1 compare --only behaviour --platform native "$built/pvkernel-5.10" "$built/pvkernel-7.2"
holds "two forms without the rows: which" [ "$(grep -E '^    (differs|only in .|undecided)  ' stdout | tr -s ' ' | tr '\n' ,)" = \
	" only in A cpu.io_delay, only in A cpu.swapgs, only in A cpu.usergs_sysret64, only in A mmu.lazy_mode.flush, only in B mmu.make_p4d, only in B mmu.p4d_val, only in B mmu.set_pgd," ]
cp "$root/corpus/compare/pvkernel.yaml" corpus/compare/
cat >>corpus/compare/pvkernel.yaml <<-EOF2
	- op: mmu.read_cr3
	  field: result
	  since: "6.2"
	  why: it is not so
EOF2
exits "a row that excuses nothing" 1 compare --only behaviour --platform native "$built/pvkernel-5.10" "$built/pvkernel-7.2"
holds "a row that excuses nothing: where" grep -q '^unused excuse: .*pvkernel.yaml:[0-9]*: mmu.read_cr3, result$' stdout
cp "$root/corpus/compare/pvkernel.yaml" corpus/compare/
echo 'renames: [{from: mmu.read_cr2, to: mmu.read_cr3, since: "6.2", why: it is not so}]' >>corpus/compare/pvkernel.yaml
exits "a new name of what both have" 1 compare --only behaviour --platform native "$built/pvkernel-5.10" "$built/pvkernel-7.2"
holds "a new name of what both have: where" grep -q '^unused rename: .*pvkernel.yaml:[0-9]*: mmu.read_cr2 = mmu.read_cr3$' stdout
holds "a new name of what both have: nothing else" sh -c "! grep -qE '^    (differs|only|undecided)' stdout"
cp "$root/corpus/compare/pvkernel.yaml" corpus/compare/
echo 'renames: [{from: mmu.nonesuch, to: mmu.no_such, since: "6.2", why: it is not so}]' >>corpus/compare/pvkernel.yaml
exits "a new name of what neither has" 0 compare --only behaviour --platform native "$built/pvkernel-5.10" "$built/pvkernel-7.2"

# ---- per-CPU data without a name ----

# unnamed AT SIZE: the files' only row of that kind
unnamed() {
	cp "$root/corpus/compare/pvkernel.yaml" corpus/compare/
	printf 'unnamed:\n- {at: percpu-of(%s), name: steal_time, size: %s, why: a test}\n' "$1" "$2" >>corpus/compare/pvkernel.yaml
}
# Of each image another symbol lies before steal_time, which neither lists.
if objcopy --strip-symbol=steal_time "$built/pvkernel-5.10-i386" one &&
	objcopy --strip-symbol=steal_time --strip-symbol=hv_clock_per_cpu "$built/pvkernel-6.1-i386" other; then
	cp "$root/corpus/compare/pvkernel.yaml" corpus/compare/
	exits "no name" 1 compare --only behaviour --platform kvm one other
	holds "no name: what lies before it" grep -q '^      store.hv_clock_per_cpu: 0x. to hv_clock_per_cpu+0x48  |  nothing$' stdout
	unnamed kvm_steal_clock 64
	exits "a name by a function" 0 compare --only behaviour --platform kvm one other
	exits "a name by a function, in the other order" 0 compare --only behaviour --platform kvm other one
	exits "a name that both list" 0 compare --only behaviour --platform kvm "$built/pvkernel-5.10-i386" "$built/pvkernel-6.1-i386"
	exits "a name that one lists" 0 compare --only behaviour --platform kvm one "$built/pvkernel-6.1-i386"
	# Shorter than what is stored: the rest goes by what lies before it, as without the row.
	unnamed kvm_steal_clock 16
	exits "a name that is too short" 1 compare --only behaviour --platform kvm one other
	unnamed kvm_wait 64
	exits "a function that uses none" 1 compare --only behaviour --platform native one other
	row=$(wc -l <corpus/compare/pvkernel.yaml)
	holds "a function that uses none: where" grep -q "^unused place: .*pvkernel.yaml:$row: percpu-of(kvm_wait) = steal_time\$" stdout
	holds "a function that uses none: nothing else" sh -c "! grep -qE '^    (differs|only|undecided)' stdout"
	exits "a function that uses none, --json" 1 compare --only behaviour --json --platform native one other
	holds "a function that uses none, --json" grep -q "pvkernel.yaml:$row\"" stdout
	exits "a function that uses none, --markdown" 1 compare --only behaviour --markdown --platform native one other
	holds "a function that uses none, --markdown" grep -q "^Unused place: .*pvkernel.yaml:$row" stdout
	unnamed kvm_steal_clock 0
	refuses "no size" "pvkernel.yaml:$row: size is 0" compare --platform native one other
else
	skip "per-CPU data without a name" "no objcopy here"
fi
unset PVPROOF_CORPUS
exits "a spoiled function" 1 compare --only behaviour --platform native image "$built/bugs/pvkernel-6.1-B25"
holds "a spoiled function: which" grep -q '^    differs    lock.vcpu_is_preempted$' stdout
holds "a spoiled function: the others" grep -q '^    same       mmu.read_cr3$' stdout

finish
