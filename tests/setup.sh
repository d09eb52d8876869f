#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# setup.sh PACKAGE... - install the Debian packages that are missing, or say which.
missing=
for package; do
	dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
		missing="$missing $package"
done
[ -z "$missing" ] && exit 0
sudo=
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo=sudo
	else
		echo "missing packages; run as root: apt-get install$missing" >&2
		exit 2
	fi
fi
if ! command -v apt-get >/dev/null; then
	echo "missing packages (Debian's names):$missing" >&2
	exit 2
fi
export DEBIAN_FRONTEND=noninteractive
# A fresh machine has no package lists yet.
# shellcheck disable=SC2086
$sudo apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 ||
	{ $sudo apt-get update && $sudo apt-get install -y --no-install-recommends $missing; } || {
	echo "apt-get could not install:$missing" >&2
	exit 2
}
