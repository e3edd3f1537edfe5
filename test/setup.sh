#!/usr/bin/env bash
# Sees to it that what the tests, the demo or the benchmarks need is there, and
# says where the server is. Run it, or source it and call `setup`:
#
#   test/setup.sh [test|demo|versions|bench]
#
# On Debian and Ubuntu it installs what is missing; elsewhere it names it.
# Afterwards PG_CONFIG names a server of version 15 or later.
set -euo pipefail
# shellcheck source=test/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# Version number of the server that a pg_config belongs to.
server_major() { "$1" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

# A pg_config counts when a server and the files to build for it lie beside it.
complete_server() {
	[ -x "$1" ] || return 1
	local bin pgxs
	bin=$("$1" --bindir) && pgxs=$("$1" --pgxs) || return 1
	[ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -f "$pgxs" ] && [ "$(server_major "$1")" -ge 15 ]
}

# find_server: sets PG_CONFIG to the first complete server, the newest first.
find_server() {
	if [ -n "${PG_CONFIG:-}" ]; then
		complete_server "$PG_CONFIG"
		return
	fi
	local candidate
	for candidate in "$(command -v pg_config || true)" $(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -rV); do
		# the one in PATH may be a wrapper: ask where it really lies
		if [ -n "$candidate" ] && complete_server "$candidate"; then
			PG_CONFIG=$("$candidate" --bindir)/pg_config
			return 0
		fi
	done
	return 1
}

# The server whose packages to complete, or the distribution's default.
debian_major() {
	local bin major
	for bin in $(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -rV); do
		if [ -x "$bin" ]; then
			major=${bin#/usr/lib/postgresql/}
			major=${major%%/*}
			if [ "$major" -ge 15 ]; then
				printf '%s\n' "$major"
				return
			fi
		fi
	done
	apt-cache show postgresql 2>/dev/null | sed -nE 's/^Depends:.*postgresql-([0-9]+).*/\1/p' | sort -rn | sed -n 1p
}

have_openblas() {
	pkg-config --exists openblas 2>/dev/null ||
		compgen -G '/usr/lib/*/openblas-*/pkgconfig/openblas.pc' >/dev/null
}

have_perl() { perl -e 'use Compress::Zlib; use Test::More; use Getopt::Long' 2>/dev/null && command -v prove >/dev/null; }

# A clang to build with a second time; the server's packages bring one with a number.
clang_here() { compgen -c clang | grep -E '^clang(-[0-9]+)?$' | sort -V | sed -n 1p; }

# missing WHAT: names the packages that are not there, one a line. The word
# "server" stands for the server's, whose names hold its version.
missing() {
	command -v gcc >/dev/null || say gcc
	command -v make >/dev/null || say make
	# gcc alone does not bring the C library's headers
	[ -e /usr/include/stdio.h ] || say libc6-dev
	command -v pkg-config >/dev/null || say pkg-config
	have_openblas || say libopenblas-serial-dev
	have_perl || say perl
	find_server || say server
	case $1 in
	test)
		pkg-config --exists cmocka 2>/dev/null || say libcmocka-dev
		perl -MIPC::Run -e 1 2>/dev/null || say libipc-run-perl
		[ -n "$(clang_here)" ] || say clang
		;;
	versions)
		python3 -m pip --version >/dev/null 2>&1 || say python3-pip
		perl -MIPC::Run -e 1 2>/dev/null || say libipc-run-perl
		;;
	bench)
		python3 -c 'import venv, ensurepip' 2>/dev/null || say python3-venv
		;;
	esac
}

# Draws pages as pictures; the tests of pages go without it where it cannot be had.
browser_here() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

# A browser that no test insists on, from where installing it is quick.
setup_browser() {
	local sudo=()
	if [ -n "$(browser_here)" ] || ! command -v apt-get >/dev/null; then
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		sudo=(sudo -n)
	fi
	say "Installing chromium, to look at pages with."
	# what takes long is the download, and that may be broken off
	{ timeout 150 "${sudo[@]}" apt-get -qq install -y --no-install-recommends --download-only chromium fonts-dejavu-core &&
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 ||
		say "It could not be had; pages are tested without being looked at."
}

install_packages() {
	local sudo=() packages=() package major
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "Missing: $*. Installing packages needs root or sudo."
		sudo=(sudo)
	fi
	say "Missing: $*. Bringing the package lists up to date."
	"${sudo[@]}" apt-get -qq update || say "The package lists could not be brought up to date; going on with what is known."
	for package in "$@"; do
		if [ "$package" = server ]; then
			[ -z "${PG_CONFIG:-}" ] || fail "$PG_CONFIG is not the pg_config of a PostgreSQL server 15 or later with its development files."
			major=$(debian_major)
			[ "${major:-0}" -ge 15 ] ||
				fail "This distribution's PostgreSQL is ${major:-not known}, recal needs 15 or later. Add the PostgreSQL project's package repository and install postgresql-NN and postgresql-server-dev-NN."
			packages+=("postgresql-$major" "postgresql-server-dev-$major")
		else
			packages+=("$package")
		fi
	done
	say "Installing: ${packages[*]}"
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null ||
		fail "Installing ${packages[*]} failed; the messages above say why."
}

# What only one test needs: where the distribution has it for the server in use
# it is installed, elsewhere that test says that it was skipped.
install_for_one_test() {
	local package sudo=()
	if [[ $PG_CONFIG != /usr/lib/postgresql/* ]] || ! command -v apt-get >/dev/null ||
		[ -e "$("$PG_CONFIG" --sharedir)/extension/pg_cron.control" ]; then
		return 0
	fi
	package=postgresql-$(server_major "$PG_CONFIG")-cron
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || return 0
		sudo=(sudo -n)
	fi
	apt-cache show "$package" >/dev/null 2>&1 || "${sudo[@]}" apt-get -qq update || return 0
	apt-cache show "$package" >/dev/null 2>&1 || return 0
	say "Installing: $package"
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$package" >/dev/null ||
		say "Installing $package failed; the test that needs it is skipped."
}

# setup WHAT: test, demo, versions or bench.
setup() {
	local what=$1 names
	names=$(missing "$what")
	if [ -n "$names" ]; then
		# shellcheck disable=SC2086
		if command -v apt-get >/dev/null; then
			install_packages $names
		else
			fail "Missing (by their Debian names; server stands for PostgreSQL 15 or later with its development files): $(tr '\n' ' ' <<<"$names")"
		fi
	fi
	names=$(missing "$what")
	[ -z "$names" ] || fail "Still missing: $(tr '\n' ' ' <<<"$names")"
	if [ "$what" = test ] && [ "${BROWSER:-yes}" != no ]; then
		setup_browser
	fi
	find_server
	export PG_CONFIG
	if [ "$what" = test ]; then install_for_one_test; fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	setup "${1:-test}"
	say "Ready: PostgreSQL $(server_major "$PG_CONFIG"), $PG_CONFIG"
fi
