#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch.sh - kernels/distro/fetch, against archives made and signed here, then Debian's; prints TAP.
#
#	tests/fetch.sh
#	tests/fetch.sh --offline
#
# The first part needs apt, gpg and dpkg-deb, and no network.
set -u
export LC_ALL=C
umask 022
unset APT_CONFIG PVPROOF_KEYRING

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d /tmp/pvproof-fetch-XXXXXX)
chmod 755 "$work"
trap 'gpgconf --homedir "$work/gnupg" --kill all 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
cd "$work" || exit 2
nr=0
nr_failed=0
nr_skipped=0

# ---- TAP ----

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
	sed 's/^/# stderr: /' stderr
	sed 's/^/# stdout: /' stdout
}

skip() {
	nr=$((nr + 1))
	nr_skipped=$((nr_skipped + 1))
	echo "ok $nr $1 # SKIP $2"
	[ -z "${PVPROOF_SKIPS-}" ] || echo "$1: $2" >>"$PVPROOF_SKIPS"
}

finish() {
	echo "1..$nr"
	echo "# $nr run, $nr_failed failed, $nr_skipped SKIPs"
	[ $nr_failed = 0 ]
	exit
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

# ---- runs of fetch, in a tree of its own ----

tree=$work/tree
kernels=$tree/build/kernels/distro
mkdir -p "$tree/kernels/distro"
cp "$root/kernels/distro/fetch" "$tree/kernels/distro/fetch"
: >stdout
: >stderr

run() {
	"$tree/kernels/distro/fetch" "$@" >stdout 2>stderr </dev/null
	status=$?
}

# Nothing but kernels and the versions last seen, all whole; no folder of a run that is over.
is_tidy() {
	[ -z "$(find "$kernels" -mindepth 1 ! -type d ! -name 'vmlinuz-*-amd64' ! -name 'vmlinuz-*-686' \
		! -name 'vmlinuz-*-686-pae' ! -name 'newest-*' ! -name .lock)" ] &&
		[ -z "$(find "$kernels" -mindepth 1 \( -name '.fetch-*' -o -size 0 ! -name .lock \))" ]
}

# brings NAME FILE CONTENT ARGUMENT..: FILE is under the folder of kernels
brings() {
	name=$1 file=$2 content=$3
	shift 3
	run "$@"
	if [ $status != 0 ]; then
		fail "$name" "exit status $status"
	elif [ "$(cat stdout)" != "$kernels/$file" ]; then
		fail "$name" "did not print $kernels/$file"
	elif [ "$(cat "$kernels/$file")" != "$content" ]; then
		fail "$name" "the kernel is '$(cat "$kernels/$file")', not '$content'"
	elif ! is_tidy; then
		fail "$name" "something was left over"
	else
		pass "$name"
	fi
}

# refuses NAME NAMED ARGUMENT..: exit 2, nothing on stdout, and the last line names NAMED
refuses() {
	name=$1 named=$2
	shift 2
	before=$(find "$kernels" -type f 2>/dev/null | sort)
	run "$@"
	if [ $status != 2 ]; then
		fail "$name" "exit status $status, expected 2"
	elif [ -s stdout ]; then
		fail "$name" "something on stdout"
	elif ! tail -n 1 stderr | grep '^fetch: ' | grep -qF -- "$named"; then
		fail "$name" "the last line does not name $named"
	elif [ -d "$kernels" ] && ! is_tidy; then
		fail "$name" "something was left over"
	elif [ "$(find "$kernels" -type f ! -name .lock 2>/dev/null | sort)" != \
		"$(echo "$before" | grep -v '/[.]lock$')" ]; then
		fail "$name" "a kernel came or went"
	else
		pass "$name"
	fi
}

# shellcheck disable=SC2317 # it is holds that calls it
one_line() {
	[ "$(wc -l <stderr)" = 1 ]
}

# ---- what is said before anything is asked ----

refuses "no argument" "usage: "
refuses "unknown series" "5.4: no series '5.4'" 5.4
holds "unknown series: one line" one_line
refuses "unknown series after a known one: nothing is begun" "5.4" 6.1 5.4
holds "nothing is begun" [ ! -e "$tree/build" ]
refuses "unknown flavour" "no flavour 'lowlatency' in 6.1" 6.1:lowlatency
refuses "a flavour i386 has not got" "no flavour 'cloud'" 6.1-i386:cloud
refuses "no version" "not a version" 6.1=
refuses "a version that is a path" "not a version" 6.1=../../x

for tool in apt-get gpg dpkg-deb; do
	command -v $tool >/dev/null || {
		skip "archives" "no $tool here"
		finish
	}
done

# ---- archives ----

# deb PACKAGE VERSION ARCHITECTURE FILE CONTENT: into the pool
deb() {
	rm -rf deb
	mkdir -p "deb/DEBIAN" "deb/$(dirname "$4")" archive/pool
	[ "$5" = @link ] && ln -s /etc/passwd "deb/$4"
	[ "$5" = @link ] || echo "$5" >"deb/$4"
	printf '%s: %s\n' Package "$1" Version "$2" Architecture "$3" Maintainer 'nobody <nobody@invalid>' \
		Description 'made by a test' >deb/DEBIAN/control
	dpkg-deb --root-owner-group -b deb "archive/pool/$1_$2_$3.deb" >/dev/null
}

# suite NAME ARCHITECTURE KEY GLOB..: a suite of those debs of the pool, signed with KEY
suite() {
	name=$1 arch=$2 key=$3
	dists=archive/dists/$name
	shift 3
	mkdir -p "$dists/main/binary-$arch"
	for d in "$@"; do
		dpkg-deb -f "$d"
		echo "Filename: ${d#archive/}"
		echo "Size: $(wc -c <"$d")"
		echo "SHA256: $(sha256sum <"$d" | cut -d ' ' -f 1)"
		echo
	done >"$dists/main/binary-$arch/Packages"
	{
		echo "Origin: Test"
		echo "Suite: $name"
		echo "Codename: $name"
		echo "Date: $(date -u -R)"
		echo "Architectures: amd64 i386"
		echo "Components: main"
		echo "SHA256:"
		(cd "$dists" && find main -name Packages) | while read -r f; do
			echo " $(sha256sum <"$dists/$f" | cut -d ' ' -f 1) $(wc -c <"$dists/$f") $f"
		done
	} >"$dists/Release"
	gpg -q --homedir gnupg --batch --yes -u "$key" --clearsign -o "$dists/InRelease" "$dists/Release"
}

key() {
	gpg -q --homedir gnupg --batch --passphrase '' --quick-generate-key "$1" rsa2048 sign never 2>>gpg.log
}

# sources LINE..: what this machine's apt is set up with
sources() {
	printf '%s\n' "$@" >sources.list
}

mkdir -m 700 gnupg
key good@invalid
key evil@invalid
gpg -q --homedir gnupg --batch --export good@invalid >good.gpg
export PVPROOF_KEYRING="$work/good.gpg"
cat >apt.conf <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
APT::Update::Pre-Invoke { "touch $work/hook"; };
APT::Update::Post-Invoke { "touch $work/hook"; };
END
export APT_CONFIG="$work/apt.conf"

image() {
	deb "linux-image-$1" "$2" "${5-amd64}" "boot/vmlinuz-$3" "$4"
}
# By Debian's order 6.1.10-1 is the newest of 6.1: not by the alphabet's, nor with its ~ taken for more.
image 6.1.0-9-amd64           6.1.9-1      6.1.0-9-amd64       'nine'
image 6.1.0-10-amd64          6.1.10-1~rc1 6.1.0-10-amd64      'ten, before it was done'
image 6.1.0-11-amd64          6.1.10-1     6.1.0-11-amd64      'ten'
image 6.1.0-11-rt-amd64       6.1.10-1     6.1.0-11-rt-amd64   'ten, rt'
image 6.1.0-11-cloud-amd64    6.1.10-1     6.1.0-11-cloud-amd64 'ten, cloud'
image 6.1.0-12-amd64-dbg      6.1.11-1     6.1.0-12-amd64      'not this: debugging information'
image amd64                   6.1.12-1     6.1.0-13-amd64      'not this: depends on the newest'
image 6.10.0-1-amd64          6.10.1-1     6.10.0-1-amd64      'not this: another series'
image 6.1.0-11-686-pae        6.1.10-1     6.1.0-11-686-pae    'ten, i386' i386
image 6.1.0-11-686            6.1.10-1     6.1.0-11-686        'ten, i386, no pae' i386
image 6.12.1+deb13-amd64-unsigned 6.12.1-1 6.12.1+deb13-amd64  'unsigned'
image 6.12.2+deb13-amd64      6.12.2-1     ../usr/share/empty  'no kernel in it'
image 6.12.2+deb13-amd64-unsigned 6.12.2-1 6.12.2+deb13-amd64  'the unsigned one has it'
image 6.12.3+deb13-amd64      6.12.3-1     6.12.3+deb13-amd64  @link
image 5.10.0-1-amd64          5.10.1-1     5.10.0-1-amd64      'five ten'
image 5.10.0-2-amd64          5.10.2-1     5.10.0-2-amd64      'five ten, gone'
image 5.10.0-2-cloud-amd64    5.10.2-1     5.10.0-2-cloud-amd64 'as it was signed'
image 7.2.1+deb14-amd64       7.2.1-1      ../usr/share/empty  'depends on the binary'
deb linux-binary-7.2.1+deb14-amd64 7.2.1-1 amd64 usr/lib/modules/7.2.1+deb14-amd64/vmlinuz 'split'
pool=archive/pool
suite bookworm amd64 good@invalid $pool/linux-image-*6.1.9-1_amd64.deb $pool/linux-image-6.10*
suite bookworm i386 good@invalid $pool/linux-image-6.1.*_i386.deb
suite bookworm-security amd64 good@invalid $pool/linux-image-6.1.0-1* $pool/linux-image-amd64_*
sources "deb file:$work/archive bookworm main" "deb [trusted=yes] file:$work/archive bookworm-security main"

system_state() {
	# Contents, and when a file or its folder last changed.
	find /etc/apt /var/lib/apt/lists /var/lib/dpkg/arch -type f -exec sha256sum {} + 2>/dev/null | sort
	find /etc/apt /var/lib/apt/lists /var/lib/dpkg/arch -exec stat -c '%n %y' {} + 2>/dev/null | sort
	dpkg --print-foreign-architectures
}
system_state >system.before

brings "newest, by Debian's order, of two suites" 6.1/vmlinuz-6.1.10-1-amd64 ten 6.1
brings "flavour" 6.1/vmlinuz-6.1.10-1-rt-amd64 'ten, rt' 6.1:rt
brings "flavour by its whole name" 6.1/vmlinuz-6.1.10-1-cloud-amd64 'ten, cloud' 6.1:cloud-amd64
brings "version" 6.1/vmlinuz-6.1.9-1-amd64 nine 6.1=6.1.9-1
refuses "a version that is not there" "6.1=6.1.8-1: no version 6.1.8-1" 6.1=6.1.8-1
holds "a version that is not there: which are" grep -qF 'there are: 6.1.9-1 6.1.10-1~rc1 6.1.10-1' stderr
refuses "a version that flavour has not got" "no version 6.1.9-1" 6.1:rt=6.1.9-1
brings "i386" 6.1-i386/vmlinuz-6.1.10-1-686-pae 'ten, i386' 6.1-i386
brings "i386, flavour" 6.1-i386/vmlinuz-6.1.10-1-686 'ten, i386, no pae' 6.1-i386:686

refuses "absent suite" "sid: no suite of series sid can be had; sid: not on the mirror (an old suite moves" sid
refuses "suites without a kernel" "6.12: no kernel package of series 6.12" 6.12
holds "suites without a kernel: those that are absent" grep -qF 'trixie: not on the mirror' stderr
run sid 6.1 5.10
holds "one of three is there: status" [ $status = 2 ]
holds "one of three is there: its path" [ "$(cat stdout)" = "$kernels/6.1/vmlinuz-6.1.10-1-amd64" ]
holds "one of three is there: the others named" \
	[ "$(grep -c '^fetch: sid: no suite of\|^fetch: 5.10: no suite of' stderr)" = 2 ]

# ---- a second call ----

mv archive away
APT_CONFIG=/nonexistent brings "a second call asks nobody" 6.1/vmlinuz-6.1.10-1-amd64 ten 6.1
holds "a second call says nothing" [ ! -s stderr ]
brings "a version that is here asks nobody" 6.1/vmlinuz-6.1.9-1-amd64 nine 6.1=6.1.9-1
refuses "--refresh asks" "6.1: no suite" --refresh 6.1
brings "and what was here still is" 6.1/vmlinuz-6.1.10-1-amd64 ten 6.1
mv away archive
image 6.1.0-12-amd64          6.1.12-1     6.1.0-12-amd64      'twelve'
suite bookworm-security amd64 good@invalid $pool/linux-image-6.1.0-1* $pool/linux-image-amd64_*
brings "a newer one is not looked for" 6.1/vmlinuz-6.1.10-1-amd64 ten 6.1
brings "but with --refresh" 6.1/vmlinuz-6.1.12-1-amd64 twelve --refresh 6.1
brings "and then that is the newest" 6.1/vmlinuz-6.1.12-1-amd64 twelve 6.1

# ---- which package has it ----

suite trixie amd64 good@invalid $pool/linux-image-6.12.1+*
brings "the unsigned package alone" 6.12/vmlinuz-6.12.1-1-amd64 unsigned 6.12
suite trixie amd64 good@invalid $pool/linux-image-6.12.[12]+*
brings "the first package holds no kernel" 6.12/vmlinuz-6.12.2-1-amd64 'the unsigned one has it' --refresh 6.12
suite trixie amd64 good@invalid $pool/linux-image-6.12.*
refuses "a kernel that is a link" "6.12.3-1 cannot be had: linux-image-6.12.3+deb13-amd64: no kernel" --refresh 6.12
suite sid amd64 good@invalid $pool/linux-*-7.2.1+*
brings "linux-binary" sid/vmlinuz-7.2.1-1-amd64 split sid

# ---- cut short ----

mkdir bin
# shim COMMAND: in place of what unpacks
shim() {
	printf '#!/bin/sh\n%s\n' "$1" >bin/dpkg-deb
	chmod +x bin/dpkg-deb
}
path=$PATH
PATH=$work/bin:$PATH
shim "$(command -v dpkg-deb) \"\$@\" | head -c 1600"
refuses "a package that ends early" "6.1.10-1~rc1 cannot be had" 6.1=6.1.10-1~rc1
shim 'sleep 1'
: >stderr
"$tree/kernels/distro/fetch" 6.1=6.1.10-1~rc1 >stdout 2>stderr &
child=$!
until grep -q bringing stderr; do
	sleep 0.1
done
kill -TERM $child
wait $child
status=$?
PATH=$path
holds "stopped: status" [ $status = 2 ]
holds "stopped: no path" [ ! -s stdout ]
holds "stopped: nothing left over" is_tidy
brings "and again" "6.1/vmlinuz-6.1.10-1~rc1-amd64" 'ten, before it was done' 6.1=6.1.10-1~rc1

# ---- signatures ----

suite bullseye amd64 evil@invalid $pool/linux-image-5.10.*
sources "deb [trusted=yes] file:$work/archive bullseye main"
refuses "signed with another key" "bullseye: cannot be read: " 5.10
suite bullseye amd64 good@invalid $pool/linux-image-5.10.*
echo >>archive/dists/bullseye/main/binary-amd64/Packages
refuses "a list that is not the one signed" "bullseye: cannot be read: " 5.10
rm archive/dists/bullseye/InRelease
refuses "not signed" "bullseye: cannot be read: " 5.10
suite bullseye amd64 good@invalid $pool/linux-image-5.10.*
sed -i '/^Date:/a Valid-Until: Mon, 01 Jan 2024 00:00:00 UTC' archive/dists/bullseye/Release
gpg -q --homedir gnupg --batch --yes -u good@invalid --clearsign -o archive/dists/bullseye/InRelease \
	archive/dists/bullseye/Release
refuses "no longer valid" "bullseye: cannot be read: " 5.10
sed '$a Acquire::Check-Valid-Until "false";' apt.conf >snapshot.conf
APT_CONFIG=$work/snapshot.conf brings "no longer valid, and this machine's apt does not mind" \
	5.10/vmlinuz-5.10.1-1-amd64 'five ten' 5.10=5.10.1-1
rm "$kernels"/5.10/*
suite bullseye amd64 good@invalid $pool/linux-image-5.10.*
deb linux-image-5.10.0-2-cloud-amd64 5.10.2-1 amd64 boot/vmlinuz-5.10.0-2-cloud-amd64 'as it was siGned'
refuses "a package that is not the one signed" "5.10.2-1 cannot be had: " 5.10:cloud
rm $pool/linux-image-5.10.0-2-amd64*
brings "listed, not there: the next" 5.10/vmlinuz-5.10.1-1-amd64 'five ten' 5.10
holds "listed, not there: said so" grep -qF '5.10.2-1 cannot be had: the mirror has it in its list' stderr
refuses "listed, not there, asked for" "5.10=5.10.2-1: 5.10.2-1 cannot be had" 5.10=5.10.2-1

# ---- the machine ----

sources "deb http://127.0.0.1:9/debian bookworm main"
refuses "a mirror that cannot be reached" "bookworm: cannot be read: " --refresh 6.1
sources "deb file:$work/archive jammy main"
refuses "no mirror of Debian's" "no Debian mirror in this machine's apt sources" --refresh 6.1
sources "deb file:$work/archive bookworm main"
PVPROOF_KEYRING=/nonexistent refuses "no keyring" "no keyring of Debian's archive (/nonexistent)" --refresh 6.1
mv "$tree/build" kept
: >"$tree/build"
refuses "a folder that cannot be made" "6.1: cannot write under" 6.1
rm "$tree/build"
mv kept "$tree/build"
holds "apt's hooks are not run" [ ! -e hook ]
system_state >system.after
holds "this machine's apt is as it was" cmp system.before system.after

# ---- Debian's own ----

[ "${1-}" != --offline ] || finish
unset APT_CONFIG PVPROOF_KEYRING
rm -rf "$tree/build"
system_state >system.before
# The smallest package.
run 6.1:cloud
if [ $status != 0 ] && grep -Eq 'Could not (resolve|connect)|Temporary failure|unreachable|timed out|no Debian mirror|no keyring' stderr; then
	skip "Debian's kernel" "$(tail -n 1 stderr)"
	finish
fi
holds "Debian's kernel" [ $status = 0 ]
vmlinuz=$(cat stdout)
# The boot protocol's magic number (Documentation/arch/x86/boot.rst, 01FE and 0202).
holds "Debian's kernel is a kernel" \
	[ "$(dd if="$vmlinuz" bs=1 skip=510 count=2 2>/dev/null | od -An -tx1)" = ' 55 aa' ]
holds "Debian's kernel has a header" [ "$(dd if="$vmlinuz" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ]
holds "nothing left over" is_tidy
run 6.1:cloud
holds "a second call" [ "$status $(cat stdout)" = "0 $vmlinuz" ]
holds "a second call says nothing" [ ! -s stderr ]
system_state >system.after
holds "this machine's apt is as it was, with Debian's archive" cmp system.before system.after
finish
