# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here begins with: places, words, stamps, git.

set -eu -o pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # for those who read this file
DEV=$ROOT/tools/dev
BUILD=$ROOT/build
SERIES=$ROOT/patches/6.12
export LC_ALL=C

# What was compiled before, by any clone on this machine, is not compiled again; paths below
# ROOT count as relative. What is new is not preprocessed twice for it: make's own list of
# headers will do.
export PATH=/usr/lib/ccache:$PATH CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
# shellcheck disable=SC2034 # for those who read this file
CACHE=${XDG_CACHE_HOME:-${HOME:-}/.cache}
if ! [ -w "${HOME:-}" ]; then
	# shellcheck disable=SC2034
	CACHE=$BUILD
	export CCACHE_DIR="${CCACHE_DIR:-$BUILD/ccache}"
fi

# A kernel build must not inherit the jobs and variables of our own make.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

say() {
	printf '%s\n' "$*"
}

# base KEY: a line of patches/6.12/BASE, the source the series was made against
base() {
	sed -n "s/^$1: *//p" "$SERIES/BASE"
}

# kernel_version TREE: 6.12.117
kernel_version() {
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = *//p;4q' "$1/Makefile" |
		paste -sd.
}

# the patches of the series, in order
series() {
	sed '/^[[:space:]]*\(#\|$\)/d' "$SERIES/series"
}

# the files that are new in the kernel, by their path there
new_files() {
	[ ! -d "$ROOT/kernel" ] || (cd "$ROOT/kernel" && find . -type f -printf '%P\n' | sort)
}

# the existing files that the series changes
touched_files() {
	(cd "$SERIES" && series | xargs -r sed -n 's,^diff --git a/\(.*\) b/.*,\1,p') | sort -u
}

# digest WORD-OR-PATH...: one hash over words, files and all files in folders
digest() {
	local x
	for x; do
		printf '%s\n' "${x#"$ROOT/"}"
		[ ! -e "$x" ] || find "$x" -type f -print0 | sort -z | xargs -0r sha256sum
	done | sed "s,$ROOT/,," | sha256sum | cut -d' ' -f1
}

# fresh STAMP DIGEST: was this made from the same inputs?
fresh() {
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# One build at a time in build/; a script that another one starts is inside.
lock() {
	[ -z "${TANDEM_LOCKED:-}" ] || return 0
	mkdir -p "$BUILD"
	exec 9>"$BUILD/.lock"
	flock -n 9 || {
		say "waiting for another build here to end" >&2
		flock 9
	}
	export TANDEM_LOCKED=1
}

# clone_source SRC TREE: a copy to lay changes over. Links cost nothing, and
# sync replaces files rather than write into them; a tree of somebody else's
# is copied, since it may be edited in place.
clone_source() {
	rm -rf "$2"
	mkdir -p "$2"
	if [ -z "${KSRC:-}" ]; then
		cp -al "$1/." "$2"
	else
		tar -C "$1" --exclude=./.git -cf - . | tar -C "$2" -xf -
	fi
}

# git that behaves the same for everybody: no personal configuration
plain_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null \
		git -c user.name=tandem -c user.email=tandem@localhost \
		-c safe.directory='*' -c gc.auto=0 -c advice.detachedHead=false "$@"
}
