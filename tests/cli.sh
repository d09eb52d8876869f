#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cli.sh - runs of the whole program on the bundled kernel, as a user would; prints TAP.
#
#	PVPROOF=./pvproof PVPROOF_KERNEL=build/kernels/pvkernel-6.1 tests/cli.sh
#
# (those are the defaults).  GOLDEN=write rewrites tests/golden/cli_*.out instead of comparing.
root=$(cd "$(dirname "$0")/.." && pwd)
kernel=$(realpath -m "${PVPROOF_KERNEL:-$root/build/kernels/pvkernel-6.1}")
golden=$root/tests/golden
# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"

# same_as_golden NAME FILE
same_as_golden() {
	if [ "${GOLDEN:-}" = write ]; then
		cp "$2" "$golden/$1.out"
		pass "$1 (written)"
	elif diff -u "$golden/$1.out" "$2" >stderr 2>&1; then
		pass "$1"
	else
		: >stdout
		fail "$1" "differs from tests/golden/$1.out"
	fi
}

# ---- every tracked file says its licence ----

git -C "$root" ls-files 2>/dev/null | while read -r file; do
	[ "$file" = LICENSE ] || [ -e "$root/$file.license" ] || ! [ -f "$root/$file" ] ||
		grep -q 'SPDX-License-Identifier: GPL-2.0-only' "$root/$file" || echo "$file"
done >stdout
: >stderr
if [ -n "$(git -C "$root" ls-files LICENSE 2>/dev/null)" ]; then
	holds "every file has an SPDX line or a .license file" [ ! -s stdout ]
else
	skip "every file has an SPDX line or a .license file" "not a git tree"
fi

# ---- without an image ----

exits "help" 0 --help
holds "help lists every verb" [ "$(grep -cE '^  (sites|patch|verify|diff|why|compare|mutate|lint|replay|platforms|selftest) ' stdout)" = 11 ]
exits "version" 0 --version
holds "version names the engine" grep -q '^pvproof [0-9.]* (unicorn' stdout
for verb in sites patch verify diff why compare mutate lint replay platforms selftest; do
	exits "$verb --help" 0 "$verb" --help
	holds "$verb --help shows its usage" grep -q "^Usage: pvproof $verb " stdout
	mv stdout usage
	exits "help $verb" 0 help "$verb"
	holds "help $verb: the same" cmp usage stdout
done
refuses "help of no verb" "nonesuch" help nonesuch
exits "selftest" 0 selftest
holds "selftest lists tests" grep -q '^ok ' stdout
exits "platforms" 0 platforms
same_as_golden cli_platforms stdout

refuses "no verb" "no verb"
refuses "unknown verb" prove prove
refuses "unknown option for a verb" --nonesuch --nonesuch
for verb in sites patch verify diff why compare mutate lint replay platforms selftest; do
	refuses "$verb: unknown option" --nonesuch "$verb" --nonesuch
done
refuses "verify: an option of a later version" --baseline verify --baseline x "$kernel"
refuses "sites: no image" "IMAGE" sites
refuses "patch: no platform" "--platform" patch "$kernel"
refuses "mutate: no platform" "--platform" mutate "$kernel"
refuses "mutate: a kind that is none" "nonesuch" mutate --platform native --kind nonesuch --out x "$kernel"
refuses "mutate: no image" "IMAGE" mutate --platform native
exits "mutate lists kinds" 0 mutate --kind list
holds "mutate: kinds have a name and a reason" grep -q '^missing-patch  *the linked bytes' stdout
exits "mutate" 0 mutate --platform native --max 3 --jobs 2 --out mutants "$kernel"
holds "mutate: a table" grep -qE '^neighbour +[0-9]+ +3 +3 .* 100.00$' stdout
holds "mutate: a file" grep -q '"fate": "finding"' mutants/mutants.json
cp mutants/mutants.json first.json
exits "mutate again, other jobs" 0 mutate --platform native --max 3 --jobs 1 --out mutants "$kernel"
holds "mutate: the same bytes" cmp first.json mutants/mutants.json
echo 'equivalent: [{kind: result-width, op: mmu.pte_val, text: "mov eax, edi", why: wrong}]' >lie.yaml
run mutate --platform native --max 0 --kind result-width --equivalent lie.yaml --out mutants "$kernel"
holds "mutate: a wrong rule fails" [ "$status" = 1 ]
holds "mutate: .. by name" grep -q '^lie.yaml:1: a verdict kills' stdout
holds "mutate: survivors are holes" grep -q '^hole result-width: lock.vcpu_is_preempted#' stdout
rm -rf mutants first.json lie.yaml
exits "patch --by both" 0 patch --by both --platform native "$kernel"
holds "patch --by both: rows" grep -q '	paravirt$' stdout
if command -v objcopy >where; then
	objcopy --strip-symbol=alternative_instructions "$kernel" no-patcher
	refuses "patch --by guest: no patcher" "guest patcher: the image has no alternative_instructions" \
		patch --by guest --platform native no-patcher
	rm no-patcher
else
	skip "patch --by guest: no patcher" "no binutils"
fi
refuses "patch --by nobody" "nobody" patch --by nobody --platform native "$kernel"
refuses "patch -o and --trace-site" "--trace-site" patch --platform native -o x --trace-site x "$kernel"
for verb in diff why; do
	refuses "$verb: no site" "SITE" $verb --platform native "$kernel"
	refuses "$verb: no platform" "--platform" $verb "$kernel" irq_disable#1
	refuses "$verb: all platforms" "--platform" $verb --platform all "$kernel" irq_disable#1
done
refuses "verify: no image" "IMAGE" verify
refuses "verify: no platform in --platform" "--platform names nothing" verify --platform '' "$kernel"
refuses "verify: too few states" "--states '15'" verify --states 15 "$kernel"
refuses "verify: states is no number" "--states '32x'" verify --states 32x "$kernel"
refuses "verify: negative seed" "--seed '-1'" verify --seed=-1 "$kernel"
refuses "verify: no jobs" "--jobs '0'" verify --jobs 0 "$kernel"
refuses "verify: unknown format" "xml" verify --format xml "$kernel"
refuses "verify: two formats on stdout" "--format" verify --format json --format ktap "$kernel"
refuses "verify: unknown failure" "warnings" verify --fail-on divergent,warnings "$kernel"
refuses "verify: not a day" "2026-02-30" verify --today 2026-02-30 "$kernel"
refuses "verify: --patched on two platforms" "--patched" verify --patched x "$kernel"
refuses "verify: a platform twice" "native" verify --platform native,native "$kernel"
refuses "replay: no file" "FILE" replay
refuses "replay: missing file" "nonesuch.json" replay nonesuch.json

# Every input is a regular file: nobody waits for one that never writes.
mkdir directory
mkfifo fifo fifo.yaml
mkdir odd-corpus
cp -r "$root/corpus/platforms" "$root/corpus/contracts" odd-corpus/
rm odd-corpus/contracts/irq.yaml
mkfifo odd-corpus/platforms/odd.yaml odd-corpus/contracts/irq.yaml
command -v timeout >stdout && limit="timeout 20"
for input in fifo directory; do
	refuses "sites: $input" "$input: is " sites $input
	refuses "replay: $input" "$input: is " replay $input
	if [ -r "$kernel" ]; then
		refuses "sites --symbols: $input" "$input: is " sites --symbols $input "$kernel"
		refuses "verify --expect: $input" "$input: is " verify --out out --expect $input "$kernel"
		refuses "lint --allow: $input" "$input: is " lint --allow $input "$kernel"
		for option in patched caps; do
			refuses "verify --$option: $input" "$input: is " verify --out out \
				--platform native --$option $input "$kernel"
		done
	fi
done
if [ -r "$kernel" ]; then
	refuses "patch: a platform that is a FIFO" "fifo.yaml: is not a regular file" patch \
		--platform ./fifo.yaml "$kernel"
	PVPROOF_CORPUS=$PWD/odd-corpus
	export PVPROOF_CORPUS
	refuses "verify: a platform of the corpus that is a FIFO" "odd.yaml: is not a regular file" \
		verify --out out --platform odd "$kernel"
	refuses "verify: a contract of the corpus that is a FIFO" "irq.yaml: is not a regular file" \
		verify --out out --platform native "$kernel"
	run platforms
	holds "platforms: one that is a FIFO" [ "$status" != 124 ]
	unset PVPROOF_CORPUS
fi
limit=

# ---- what is no kernel ----

printf 'hello, world\n' >text
: >empty
printf '\177ELF' >short-elf
refuses "sites: missing file" "nonesuch" sites nonesuch
for input in text empty short-elf; do
	refuses "sites: $input" "$input" sites "$input"
	refuses "verify: $input" "$input" verify --out out "$input"
done
if echo 'int init_module(void) { return 0; }' | ${CC:-cc} -c -x c -o module.ko - 2>/dev/null; then
	refuses "verify: a module" "module.ko" verify --out out module.ko
else
	skip "verify: a module" "no compiler"
fi
if echo 'void _start(void) { for (;;) ; }' |
	${CC:-cc} -x c -nostdlib -static -fno-pie -no-pie -o no-tables - 2>/dev/null; then
	refuses "verify: no patch tables" "no-tables" verify --out out no-tables
else
	skip "verify: no patch tables" "no compiler"
fi
printf 'text\n' >unreadable
chmod 000 unreadable
chmod 755 .
if ! [ -r unreadable ]; then
	refuses "sites: unreadable" "unreadable" sites unreadable
elif setpriv --reuid=65534 --regid=65534 --clear-groups "$pvproof" --version >/dev/null 2>&1; then
	setpriv --reuid=65534 --regid=65534 --clear-groups "$pvproof" sites unreadable \
		>stdout 2>stderr
	status=$?
	holds "sites: unreadable" [ "$status" = 2 ]
	holds "sites: unreadable, in words" grep -q '^pvproof: unreadable: Permission denied$' stderr
else
	skip "sites: unreadable" "root reads everything, and another user cannot run $pvproof"
fi

if ! [ -r "$kernel" ]; then
	skip "the bundled kernel" "$(basename "$kernel") is not built"
	finish
fi
cp "$kernel" image
head -c $(($(stat -c %s image) / 2)) image >truncated
refuses "sites: truncated" "truncated" sites truncated
refuses "verify: truncated" "truncated" verify --out out truncated
refuses "verify: a good image and a bad one" "truncated" verify --out out image truncated

# ---- sites, platforms, patch ----

refuses "sites: two formats" "--tables" sites --json --tables image
exits "sites --tables" 0 sites --tables image
holds "sites --tables: as many as sites lists" \
	[ "$(sed -n 's/^.parainstructions	\([0-9]*\)	yes$/\1/p' stdout)" = \
	"$("$pvproof" sites image | grep -c '	paravirt	')" ]
holds "sites --tables: what is not predicted" grep -q '^__jump_table	[0-9]*	no: ' stdout
exits "sites" 0 sites image
holds "sites: header" [ "$(head -n 1 stdout | tr '\t' ,)" = address,length,kind,op,ordinal,symbol,tables ]
tail -n +2 stdout >sites.tsv
holds "sites: some" [ "$(wc -l <sites.tsv)" -gt 50 ]
holds "sites: ascending, each once" sort -c -u -k 1,1 sites.tsv
holds "sites: seven columns" awk -F '\t' 'NF != 7 { exit 1 }' sites.tsv
cut -f 3,4 sites.tsv | sort -u >site-ops
[ -z "${PVPROOF_KERNEL:-}" ] && same_as_golden cli_site_ops site-ops
exits "sites --json" 0 sites --json image
holds "sites --json: as many" [ "$(grep -c '"addr"' stdout)" = "$(wc -l <sites.tsv)" ]
exits "platforms IMAGE" 0 platforms image
holds "platforms IMAGE: native fits" grep -q '^native	yes	' stdout
refuses "platforms --check: no IMAGE" "needs an IMAGE" platforms --check
# What Xen's values are copied from has another name than Linux's tables.
exits "platforms --check" 1 platforms --check image
holds "platforms --check: what is stored where" grep -q '^lock.wait	kvm_wait	[0-9a-f]* platform_detect+0x[0-9a-f]*	kvm,kvm-unhalt	$' stdout
holds "platforms --check: only Xen's are stored nowhere" [ -z "$(grep '	unstored$' stdout | grep -v '	xen-pv')" ]
exits "patch: a platform and a set" 0 patch --platform native+none image
refuses "patch: an unknown set" "unknown set 'nonesuch'" patch --platform native+nonesuch image
exits "patch" 0 patch --platform native image
cp stdout native.tsv
holds "patch: rows" grep -qE '^[0-9a-f]+	[0-9a-f]+	[0-9a-f]+	[a-z_]+$' native.tsv
exits "patch again" 0 patch --platform native image
holds "patch again: the same rows" cmp stdout native.tsv
refuses "patch: unknown platform" "nonesuch" patch --platform nonesuch image
refuses "patch -o over the image" "would replace" patch --platform native -o image image
refuses "patch -o into nowhere" "none/x" patch --platform native -o none/x image
refuses "patch --trace-site: unknown site" "nonesuch#1" patch --platform native --trace-site nonesuch#1 image
exits "patch -o" 0 patch --platform native -o patched.elf image
holds "patch -o: nothing printed" [ ! -s stdout ]
holds "patch -o: nothing else written" [ -z "$(find . -name 'patched.elf?*')" ]
# Every byte that differs from the file is one that a row names.
awk -F '\t' '{ for (i = 1; i < length($2); i += 2) if (substr($2, i, 2) != substr($3, i, 2)) n++ }
	END { print n }' native.tsv >changed
holds "patch -o: the bytes of the rows" [ "$(cmp -l image patched.elf | wc -l)" = "$(cat changed)" ]
holds "patch -o: nothing else in the file" [ "$(stat -c %s image)" = "$(stat -c %s patched.elf)" ]
if command -v objdump >where && command -v readelf >where; then
	objdump --disassemble=site_irq_disable patched.elf >stdout 2>stderr
	holds "patch -o: objdump reads it" grep -q '	cli' stdout
	readelf -hlSW patched.elf >stdout 2>stderr
	holds "patch -o: readelf has nothing to say" [ ! -s stderr ]
else
	skip "patch -o: objdump reads it" "no binutils"
fi
exits "patch --trace-site" 0 patch --platform native --trace-site site_irq_disable image
holds "patch --trace-site: a row for each write" \
	[ "$(cut -f 4 stdout | tr '\n' ,)" = paravirt,alternative,alternative, ]
holds "patch --trace-site: each begins where the one before it ended" \
	[ "$(sed -n '1s/.*	\([0-9a-f]*\)	paravirt$/\1/p' stdout)" = "$(sed -n 2p stdout | cut -f 2)" ]
return_site=$("$pvproof" patch --platform native image | grep '	return$' | head -1 | cut -f 1)
exits "patch --trace-site: a place that is no pv site" 0 patch --platform native \
	--trace-site "$return_site" image
holds "patch --trace-site: its write" \
	[ "$(cut -f 1,4 stdout)" = "$return_site	return" ]
refuses "patch --trace-site: no table's" "no pv site" patch --platform native \
	--trace-site site_irq_disable+1024 image
refuses "verify: unknown platform" "nonesuch" verify --out out --platform native,nonesuch image
refuses "verify: unknown function" "nonesuch_fn" verify --out out --platform native \
	--pvop irq.save_fl=nonesuch_fn image
refuses "verify: unknown field" "irq.nonesuch" verify --out out --platform native \
	--pvop irq.nonesuch=NULL image
refuses "verify: unknown static key" "nonesuch" verify --out out --platform native \
	--static-key nonesuch=on image
refuses "verify: unknown feature" "+nonesuch" verify --out out --platform native \
	--feature +nonesuch image
refuses "verify: unknown site" "nonesuch#1" verify --out out --platform native --site nonesuch#1 image
refuses "verify: a site's name misspelt" "; irq.irq_disable has sites 1 to " verify --out out \
	--platform native --site irq_disabled image
refuses "verify: no such entry code" "entry.iret has sites 1 to 1" verify --out out --platform native \
	--site entry.iret#2 image
refuses "diff: an op with several sites" "say which, as in irq.irq_disable#1" diff image irq_disable \
	--platform native
refuses "diff: entry code" "entry.iret#1 is of kind entry" diff image entry.iret --platform native
refuses "why: a transfer" "return#2 is of kind return" why image return#2 --platform native
refuses "verify: --caps without words" "empty" verify --out out --platform native --caps empty image
refuses "verify: --expect without list" "empty" verify --out out --platform native --expect empty image
refuses "verify: --patched that is none" "text" verify --out out --platform native --patched text image
refuses "verify: --format into nowhere" "none/x" verify --out out --platform native \
	--format ktap=none/x image
refuses "verify: --out is a file" "text" verify --out text --platform native image
cat >bad.yaml <<-EOF2
	name: bad
	description: a platform of nothing
	nonesuch: 1
EOF2
refuses "verify: a platform file with an unknown key" "bad.yaml:3" verify --out out \
	--platform ./bad.yaml image
sed 's/: xen_write_cr3$/: nonesuch_fn/' "$root/corpus/platforms/xen-pv.yaml" >wrong.yaml
refuses "verify: a platform file with an unknown function" \
	"wrong.yaml:$(grep -n nonesuch_fn wrong.yaml | cut -d : -f 1)" verify --out out \
	--platform ./wrong.yaml image

# ---- sites --instructions, lint ----

refuses "sites: instructions and tables" "--instructions" sites --instructions --tables image
exits "sites --instructions" 0 sites --instructions image
cp stdout instructions
holds "sites --instructions: header" \
	[ "$(head -n 1 instructions | tr '\t' ,)" = instruction,class,ops,platforms,sites ]
holds "sites --instructions: each once" [ -z "$(cut -f 1 instructions | sort | uniq -d)" ]
holds "sites --instructions: a sensitive one" grep -q '^cli	cli	irq.irq_disable	[a-z,-]*native[a-z,-]*	[0-9]*$' instructions
holds "sites --instructions: a call by name" \
	grep -q '^call xen_irq_disable_direct	plain	irq.irq_disable	xen-pv,xen-pv-up	[0-9]*$' instructions
exits "sites --instructions again" 0 sites --instructions image
holds "sites --instructions: the same bytes" cmp stdout instructions
exits "sites --instructions --json" 0 sites --instructions --json image
holds "sites --instructions --json: as many" \
	[ "$(grep -c '"instruction"' stdout)" = "$(($(wc -l <instructions) - 1))" ]

refuses "lint: no image" "IMAGE" lint
refuses "lint: two platforms" "--platform" lint --platform xen-pv,native image
refuses "lint: a kernel in ring 0" "ring 0" lint --platform native image
refuses "lint: every platform" "one platform" lint --platform all image
exits "lint --help" 0 lint --help
holds "lint --help: one platform" grep -q -- '--platform=P  ' stdout
exits "patch --help" 0 patch --help
holds "patch --help: one platform" grep -q -- '--platform=P  ' stdout
echo 'allow: [{symbols: [power_off], insn: bogus, why: x}]' >bogus.yaml
refuses "lint: no such kind" "bogus.yaml:1: no sensitive instruction is called 'bogus'; there are cli, sti, hlt" lint --allow bogus.yaml image
echo 'allow: [{symbols: [power_off], insn: cli, finding: maybe, why: x}]' >maybe.yaml
refuses "lint: neither true nor false" "maybe.yaml:1: invalid ENUM value: maybe" lint --allow maybe.yaml image
i386=$root/build/kernels/pvkernel-6.1-i386
if [ -r "$i386" ]; then
	refuses "lint: of i386" "for i386: no 32-bit one has been able to since v5.9" lint "$i386"
else
	skip "lint: of i386" "pvkernel-6.1-i386 is not built"
fi
refuses "lint: no such list" "nonesuch.yaml" lint --allow nonesuch.yaml image
exits "lint" 0 lint image
holds "lint: all allowed" grep -q ' allowed, 0 not; 0 stale rows$' stdout
holds "lint: by reason" grep -q '^ *1  reads CR4, which Xen answers' stdout
exits "lint --all" 0 lint --all image
holds "lint --all: each with its reason" \
	grep -qE '^  [0-9a-f]{16}  .* cli  *cli  *faults  *the end of a run' stdout
exits "lint --json" 0 lint --json image
holds "lint --json: no findings" grep -q '"findings": 0' stdout
echo 'allow: [{symbols: [nonesuch], insn: cli, why: nothing}]' >stale.yaml
exits "lint: a stale row" 1 lint --allow stale.yaml image
holds "lint: .. by name" grep -q '^stale.yaml:1: allows nothing in this image$' stdout
echo 'allow: [{symbols: [power_off], insn: cli, finding: true, why: it stops the machine}]' >wrong.yaml
exits "lint: what is wrong" 1 lint --allow wrong.yaml image
holds "lint: what is wrong: why" grep -q '^    known: it stops the machine$' stdout
holds "lint: what is wrong: it is counted" grep -q ' allowed, 1 not (1 known): 1 faults; 0 stale rows$' stdout
exits "lint --json: what is wrong" 1 lint --json --allow wrong.yaml image
holds "lint --json: why" grep -q '"known": "it stops the machine"' stdout
seeded=$root/build/kernels/bugs/pvkernel-6.1-LINT
if [ -z "${PVPROOF_KERNEL:-}" ] && [ -r "$seeded" ]; then
	exits "lint: seeded" 1 lint "$seeded"
	sed -n 's/^  [0-9a-f]\{16\}  [^ ]* *\([a-z]*\).* \(faults\|silent\) .*/\1 \2/p' stdout |
		tr '\n' , >seeds
	holds "lint: the five that were seeded" [ "$(cat seeds)" = \
		"cli faults,pushfq silent,popfq silent,sidt silent,invlpg faults," ]
	echo 'allow: [{symbols: ["lint_*"], insn: "*", why: a test}]' >seeds.yaml
	exits "lint: seeded and allowed" 0 lint --allow seeds.yaml "$seeded"
else
	skip "lint: seeded" "pvkernel-6.1-LINT is not built"
fi

# ---- diff, why ----

# Without what depends on the compiler: addresses, displacements, and the widths they make.
abstract() {
	sed -E 's/(0x)?ffffffff8[0-9a-f]{7}/ADDRESS/g; s/(ff 15|e8|e9)( [0-9a-f]{2}){4}/\1 REL32/g
		s/rip [-+] 0x[0-9a-f]+/rip + REL32/g; s/#[0-9]+ on/#N on/; s/-( +)no entry/- no entry/
		s/ +/ /g; s/ $//' "$@"
}

for verb in diff why; do
	: >"$verb.all"
	for row in site_irq_disable:native site_irq_disable:xen-pv site_save_fl:native \
		site_set_pgd:xen-pv site_pgd_val:native sched_clock_tail:native sched_clock_tail:xen-pv; do
		exits "$verb $row" 0 $verb image "${row%:*}" --platform "${row#*:}"
		abstract stdout >>"$verb.all"
		echo >>"$verb.all"
	done
	[ -z "${PVPROOF_KERNEL:-}" ] && same_as_golden "cli_$verb" "$verb.all"
	refuses "$verb: unknown site" "nonesuch#1" $verb image nonesuch#1 --platform native
	refuses "$verb: unknown platform" "nonesuch" $verb image site_irq_disable --platform nonesuch
done
exits "diff --feature" 0 diff image site_irq_disable --platform native --feature +XENPV
holds "diff --feature: the other bytes" grep -q ': call>call$' stdout
exits "why --feature" 0 why image site_irq_disable --platform native --feature +XENPV
holds "why --feature: the other reason" grep -q 'does not apply: XENPV .* is set' stdout

# ---- verify ----

exits "verify" 0 verify --out out --platform native image
cp stdout table
holds "verify: nothing failed" grep -q 'nothing failed$' table
holds "verify: no escapes in a pipe" [ "$(tr -d '\033' <table | wc -c)" = "$(wc -c <table)" ]
holds "verify: results.json says so" grep -q '"pass": true' out/results.json
holds "verify: every site has a cell" \
	[ "$(grep -c '"verdict": "EQUIVALENT"' out/results.json)" = "$(wc -l <sites.tsv)" ]
holds "verify: nothing else in out" [ "$(ls out)" = results.json ]
holds "verify: the table counts classes" grep -q '^change  *call>call  *call>inline  *call>nop ' table
# The counts of the row add up to the sites.
holds "verify: every site has a class" [ "$(awk '/^change / { getline; print $2 + $3 + $4 + $5 + $6 + $7 + $8 }' table)" = \
	"$(wc -l <sites.tsv)" ]
holds "verify: results.json has the class" \
	[ "$(grep -c '"change": "[a-z>0-9]*"' out/results.json)" = "$(wc -l <sites.tsv)" ]
cp out/results.json first.json
exits "verify again, one job" 0 verify --out out --platform native --jobs 1 image
holds "verify: byte-identical" cmp first.json out/results.json
mkdir elsewhere
cp image elsewhere/image
exits "verify elsewhere" 0 verify --out out --platform native --jobs 3 elsewhere/image
holds "verify: independent of where it lies" cmp first.json out/results.json
run verify --out out --states 16 image
holds "verify on all platforms" [ "$status" = 0 ]
holds "verify on all platforms: one line names those that are not for it" \
	[ "$(grep -c "^pvproof: image: [0-9]* platforms .* passed over: hyperv-msr, .*xen-pvh (" stderr)" = 1 ]
holds "verify on all platforms: nothing else" [ "$(wc -l <stderr)" = 1 ]
holds "verify on all platforms: both" \
	[ "$(grep -cE '^(native|xen-pv) ' stdout)" -ge 2 ]
exits "verify --format json" 0 verify --out out --platform native --format json image
holds "verify --format json: the record" cmp stdout out/results.json
exits "verify --format ktap=FILE" 0 verify --out out --platform native --format ktap=ktap \
	--format json=copy.json image
holds "verify --format ktap=FILE: a plan" grep -q "^  1..$(($(wc -l <sites.tsv) + 4))$" ktap
holds "verify --format ktap=FILE: a test a site, and a kind of transfer" \
	[ "$(grep -c '^  ok ' ktap)" = "$(($(wc -l <sites.tsv) + 4))" ]
holds "verify --format json=FILE" cmp copy.json out/results.json
holds "verify --format F=FILE: the table still" grep -q '^platform ' stdout
exits "verify --site" 0 verify --out out --platform native --site irq_disable#1 image
holds "verify --site: the rest is SKIPPED" \
	[ "$(grep -c '"verdict": "SKIPPED"' out/results.json)" = "$(($(wc -l <sites.tsv) - 1))" ]
exits "verify --site: an op is all its sites" 0 verify --out out --platform native --site irq_disable image
holds "verify --site: an op is all its sites: no others" \
	[ "$(grep -c '"verdict": "EQUIVALENT"' out/results.json)" = "$(grep -c '	irq.irq_disable	' sites.tsv)" ]
exits "verify --site: entry code" 0 verify --out out --platform native --site entry.iret image
holds "verify --site: entry code: its cell" \
	grep -q '"op": "entry.iret", "ordinal": 1,.*"verdict": "EQUIVALENT"' out/results.json
exits "verify --site: a transfer" 0 verify --out out --platform native --site return#3 image
holds "verify --site: a transfer: its cell" grep -q '"op": "return", "ordinal": 3,.*"verdict": "EQUIVALENT"' out/results.json
holds "verify --site: a transfer: no other" grep -qE '^  return +[0-9]+ +1 +0 +1 +0 +0 +0 +[0-9]+ +0$' stdout
exits "verify --patched: a spoiled transfer: the text" 0 patch --platform native image
awk -F'\t' -v OFS='\t' '$4 == "return" && !n++ { sub(/^c3/, "c2", $3) } 1' stdout >transfer.tsv
exits "verify --patched: a spoiled transfer" 1 verify --out out --platform native --patched transfer.tsv image
holds "verify --patched: a spoiled transfer: the line" \
	grep -qE '^DIVERGENT  native  0x[0-9a-f]+  return#1  ' stdout
holds "verify --patched: a spoiled transfer: counted apart" \
	grep -q '; [0-9]* transfers: [0-9]* EQUIVALENT, 1 DIVERGENT, 0 INCONCLUSIVE, 0 SKIPPED; ' stdout
witness=$(echo out/witnesses/native-*.json)
exits "replay: a transfer" 1 replay "$witness"
holds "replay: a transfer: what it means, and what is wrong" \
	[ "$(grep -cE '^(means +goes where the stack says|wrong +[a-z0-9]+ )' stdout)" = 2 ]
holds "replay: a transfer: it has one side" [ "$(grep -cE '^K[01] stop' stdout)" = 1 ]
sed '/"new":/s/"c2/"c3/' "$witness" >mended.json
exits "replay: a transfer, mended" 0 replay mended.json
sed 's/"left_out": 0/"left_out": 5/' mended.json >bad.json
exits "replay: rows that the file leaves out" 1 replay bad.json
holds "replay: rows that the file leaves out: how many" grep -q '^INCONCLUSIVE: .* the 5 rows ' stdout
exits "replay --asm: a transfer" 1 replay --asm out.S "$witness"
holds "replay --asm: a transfer: what it means" grep -q '^ \* means    goes where the stack says' out.S
holds "replay --asm: a transfer: assembles" gcc -c out.S -o out.o
sed 's/"addr": "0xffffffff8/"addr": "0xffffffff9/' "$witness" >bad.json
exits "replay: no transfer is there" 2 replay bad.json
holds "replay: no transfer is there: the field" grep -q '"site.addr"' stderr
sed '/"meaning"/d' "$witness" >bad.json
exits "replay: nothing to compare with" 2 replay bad.json
holds "replay: nothing to compare with: the field" grep -q '"meaning" is missing' stderr
exits "verify --patched: entry code: the text" 0 patch --platform xen-pv image
iret=$(awk -F'\t' '$4 == "entry.iret" { print $1 }' sites.tsv)
awk -F'\t' -v OFS='\t' -v at="$iret" '$1 == at { sub(/^e9/, "e8", $3) } 1' stdout >iret.tsv
exits "verify --patched: entry code" 1 verify --out out --platform xen-pv --patched iret.tsv image
exits "replay: entry code" 1 replay "out/witnesses/xen-pv-$iret.json"
holds "replay: entry code: what it means" grep -q '^means     goes where the frame says' stdout
printf 'expect:\n- op: return\n  verdict: DIVERGENT\n  why: spoiled\n' >transfer.yaml
exits "verify --expect: a transfer" 0 verify --out out --platform native --patched transfer.tsv \
	--expect transfer.yaml image
exits "verify --expect: a transfer that was not run" 0 verify --out out --platform native \
	--site irq_disable#1 --expect transfer.yaml image
exits "verify --by-op" 0 verify --out out --platform native --by-op image
holds "verify --by-op: rows" grep -qE '^irq.irq_disable +[0-9]' stdout
exits "verify twice in one command" 0 verify --out out --platform native image elsewhere/image
holds "verify twice in one command: both" [ "$(grep -c '"container"' out/results.json)" = 2 ]

# ---- what cannot be run is never a quiet pass ----

# With vmcall a plain fault on bare metal, no state of xen_hypercall reaches an end; entry evidence
# is taken only where a contract declares it.
mkdir corpus
cp -r "$root/corpus/platforms" "$root/corpus/contracts" corpus/
sed -i 's/^  end: /  fault: /; s/^  fault: \[syscall\]$//' corpus/platforms/native.yaml
PVPROOF_CORPUS=$PWD/corpus
export PVPROOF_CORPUS
exits "no end, no verdict" 1 verify --out out --platform native image
holds "no end, no verdict: the reason" grep -q 'all-fault' stdout
holds "no end, no verdict: every hypercall" \
	[ "$(grep -c '"verdict": "INCONCLUSIVE"' out/results.json)" = \
	"$(grep -c 'static_call.xen_hypercall' sites.tsv)" ]
sed -i '/op: static_call.xen_hypercall/a\    congruent: {native: nobody answers}' \
	corpus/contracts/static_call.yaml
exits "declared entry evidence" 0 verify --out out --platform native image
holds "declared entry evidence: counted apart" \
	[ "$(grep -c '"evidence": "congruent"' out/results.json)" = \
	"$(grep -c 'static_call.xen_hypercall' sites.tsv)" ]
unset PVPROOF_CORPUS

# ---- it can say no ----

# A native irq_disable is cli (fa); sti (fb) in its place enables interrupts.
# The site is one in a function that is no op's, or every call of that function diverges too.
address=$(awk -F '\t' '$4 == "irq.irq_disable" && $6 ~ /^site_/ { print $1; exit }' sites.tsv)
sed "/^$address	/s/	fa/	fb/" native.tsv >spoiled.tsv
holds "a patch is spoiled" [ "$(cmp -l native.tsv spoiled.tsv | wc -l)" = 1 ]
exits "verify --patched, unchanged" 0 verify --out out --platform native --patched native.tsv image
exits "verify --patched, spoiled" 1 verify --out out --platform native --patched spoiled.tsv image
witness=out/witnesses/native-$address.json
holds "spoiled: one DIVERGENT" [ "$(grep -c '"verdict": "DIVERGENT"' out/results.json)" = 1 ]
holds "spoiled: a witness" [ -s "$witness" ]
holds "spoiled: the table tells how to see it again" grep -qF "replay $witness" stdout
exits "replay" 1 replay "$witness"
holds "replay: both sides" [ "$(grep -cE '^K[01] stop' stdout)" = 2 ]
exits "replay, image given" 1 replay "$witness" elsewhere/image
holds "replay: what matters" grep -q 'made plain' stdout
# What was found by chance is shrunk to a state in which only what is said to matter is not plain.
holds "replay: the witness is the same whatever --jobs is" sh -c "'$pvproof' verify --jobs 3 --out jobs3 \
	--platform native --patched spoiled.tsv image >/dev/null; cmp '$witness' 'jobs3/witnesses/native-$address.json'"
holds "one platform: its witness names none" grep -q '"also": \[\]' "$witness"
exits "replay --asm" 1 replay --asm out.S "$witness"
for side in 0 1; do
	bytes=$(sed -n "s/^ *\"k$side\": \"\([0-9a-f]*\)\",*$/\1/p" "$witness")
	holds "replay --asm: K$side is in it" sh -c "gcc -c out.S -o out.o && \
		objcopy -O binary -j .text.k$side out.o out.bin && \
		[ \"\$(od -An -v -tx1 out.bin | tr -d ' \n')\" = '$bytes' ] && [ -n '$bytes' ]"
done
cp "$witness" witness.json
# A witness of before there were shrunk states.
sed -n '1h;1!H;${g;s/,\n "shrunk": {.*\n },\n "site"/,\n "site"/;p}' witness.json >older.json
holds "an older witness: no shrunk state" sh -c "! grep -q shrunk older.json"
exits "replay of an older witness" 1 replay older.json
holds "replay of an older witness: the state as drawn" sh -c "! grep -q 'made plain' stdout"
# rows_of WITNESS ROW..: the witness with other rows of --patched, each address:old:new, ascending
rows_of() {
	rows=
	for row in $(shift; echo "$@"); do
		rows="$rows${rows:+,}{\"addr\": \"0x${row%%:*}\", \"new\": \"${row##*:}\","
		row=${row#*:}
		rows="$rows \"old\": \"${row%:*}\"}"
	done
	awk -v rows="$rows" '/^ "patched": \[/ { print " \"patched\": [" rows "],"; skip = 1 }
		!skip { print } /^ ]/ { skip = 0 }' "$1"
}
# Text that the engine cannot live through: a far branch through a register (ff eb), which nothing
# leads to but push and ret.
site_old=$(awk -v at="$address" '$1 == at { print $2 }' native.tsv)
far=$(awk -v at="$address" '$1 > at && length($2) == 12 { print $1 ":" $2; exit }' native.tsv)
lead=68$(echo "${far%:*}" | sed 's/.*\(..\)\(..\)\(..\)\(..\)$/\4\3\2\1/')c3
rows_of witness.json "$address:$site_old:$lead" "$far:ffeb${far#*:????}" >deadly.json
run replay deadly.json # (a sanitizer build lets the worker say its last words)
holds "replay: text that ends the engine" [ "$status" = 1 ]
holds "replay: text that ends the engine: why" \
	grep -q '^INCONCLUSIVE: it could not be decided: worker-died: .* ended by ' stdout
holds "replay: K1 is what ran" grep -q "^K1  *$(echo "$lead" | sed 's/../& /g; s/ $//')$" stdout
holds "replay: K1 is what ran, not what the file says" \
	grep -q "^K1 then  *$(sed -n 's/^ *"k1": "\([0-9a-f]*\)".*/\1/p' witness.json | sed 's/../& /g; s/ $//')$" stdout
sed 's/"rflags": "0x[0-9a-f]*"/"rflags": "0x102"/' witness.json >bad.json
exits "replay: a start state with the trap flag" 2 replay bad.json
holds "replay: a start state with the trap flag: its name" grep -q 'shrunk.registers.rflags' stderr
# Without its row the site has its linked bytes: K1 is the file, not the prediction.
grep -v "^$address	" native.tsv >missing.tsv
exits "verify --patched, a row missing" 1 verify --out out --platform native --patched missing.tsv image
holds "a row missing: a finding" grep -q 'missing-patch: ' stdout
# Another NOP behind the cli: equal, and noted.
sed "/^$address	/s/	fa[0-9a-f]*/	fa9090909090/" native.tsv >nops.tsv
exits "verify --patched, other NOPs" 0 verify --out out --platform native --patched nops.tsv image
holds "other NOPs: a note" grep -q '"severity": "note"' out/results.json
sed "s/^\(ffffffff[0-9a-f]*\)	\([0-9a-f][0-9a-f]\)/\1	00/;1q" native.tsv >stale.tsv
mv out kept
if [ -c /dev/zero ]; then
	refuses "a --patched file that never ends" /dev/zero verify --out out --platform native --patched /dev/zero image
	refuses "a --caps file that never ends" /dev/zero verify --out out --platform native --caps /dev/zero image
fi
refuses "a --patched file of another image" stale.tsv verify --out out --platform native --patched stale.tsv image
# A slot of pv_ops that makes the unpatched call as wrong as the patched one.
rel=$(echo "$site_old" | sed 's/^ff15\(..\)\(..\)\(..\)\(..\)$/\4\3\2\1/')
slot=$(printf 'ffffffff%08x' $((0x${address#ffffffff} + 6 + 0x$rel)))
printf '%s\t%s\t%s\n' "$address" "$site_old" fb9090909090 "$slot" 00 ff >slot.tsv
refuses "a --patched file that changes pv_ops" "slot.tsv:2: 0x$slot (pv_ops+" verify --out out \
	--platform native --patched slot.tsv image
rows_of witness.json "$address:$site_old:fb9090909090" "$slot:00:ff" >bad.json
refuses "replay: a witness that changes pv_ops" 'bad.json: field "patched[1].addr": ' replay bad.json
mv kept out
exits "verify --patched, spoiled again" 1 verify --out out --platform native --patched spoiled.tsv image
mv out kept # refuses() wants no report
(cat image && printf x) >other
refuses "replay: another image" "other" replay witness.json other
sed 's/"path": "image"/"path": "nonesuch"/' witness.json >bad.json
refuses "replay: an image that is gone" 'bad.json: field "image": nonesuch: ' replay bad.json
sed 's/"name": "native"/"name": "nonesuch"/' witness.json >bad.json
refuses "replay: a platform there is not" 'bad.json: field "platform": unknown' replay bad.json
sed 's/"caps": \[\]/"caps": ["x"]/' witness.json >bad.json
refuses "replay: caps that are none" 'bad.json: field "platform.caps", row 1: ' replay bad.json
sed 's/"op": "irq.irq_disable"/"op": "irq.irq_enable"/' witness.json >bad.json
refuses "replay: another op" 'bad.json: field "site.op"' replay bad.json
sed 's/"state": [0-9]*/"state": 9999/' witness.json >bad.json
refuses "replay: a state there is not" 'bad.json: field "state"' replay bad.json
sed 's/"schema": 1/"schema": 9/' witness.json >bad.json
refuses "replay: a later schema" 'bad.json: field "schema"' replay bad.json
mv kept out
cat >known.yaml <<-EOF2
	expect:
	- op: irq_disable
	  platform: native
	  verdict: DIVERGENT
	  why: spoiled on purpose
	  expires: 2026-05-01
	- op: irq_disable
	  platform: native
	  finding: byte-mismatch
	  why: spoiled on purpose
	  expires: 2026-05-01
EOF2
spoiled="--out out --platform native --patched spoiled.tsv image"
# shellcheck disable=SC2086 # spoiled is several words
{
exits "expected" 0 verify --expect known.yaml --today 2026-05-01 $spoiled
exits "expected until yesterday" 1 verify --expect known.yaml --today 2026-05-02 $spoiled
exits "not looked for" 0 verify --fail-on inconclusive $spoiled
exits "only the finding looked for" 1 verify --fail-on finding $spoiled
exits "nothing looked for" 0 verify --fail-on none $spoiled
}
exits "an expectation that matches nothing" 1 verify --expect known.yaml --today 2026-05-01 \
	--out out --platform native image
holds "an expectation that matches nothing: its line" grep -q 'line 2: .*matches nothing' stdout
holds "witnesses of an earlier run are gone" [ ! -e "$witness" ]

# ---- it stops cleanly ----

cp out/results.json before.json
"$pvproof" verify --out out --platform native --states 100000 image >stdout 2>stderr &
child=$!
sleep 0.3
kill -TERM $child 2>/dev/null
wait $child 2>/dev/null
holds "a run that is stopped leaves the report before it" cmp before.json out/results.json
holds "a run that is stopped leaves nothing else" [ "$(ls -A out)" = results.json ]
if [ -w /dev/full ]; then
	"$pvproof" sites image >/dev/full 2>stderr
	status=$?
	holds "a full disk is trouble" [ "$status" = 2 ]
	holds "a full disk is trouble, in words" grep -q '^pvproof: standard output: No space' stderr
fi

finish
