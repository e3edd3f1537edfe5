#!/usr/bin/env bash
# make test: builds recal without a warning by gcc and by clang, installs it,
# and runs all tests. Goes on after a failure; the last line has the totals.
#
# PG_CONFIG chooses the server. TESTS chooses among the parts:
#   TESTS="clang unit regress isolation tap" (default: all)
set -euo pipefail
# shellcheck source=test/cluster.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cluster.sh"

tests=" ${TESTS:-clang unit regress isolation tap} "
wanted() { [[ $tests == *" $1 "* ]]; }

setup test
work=$(scratch_dir test)
tree=$work/recal

# Scratch files stay only where they help to understand a failure.
clean_up() {
	cluster_stop "$work/server" 2>/dev/null || true
	if [ "$failed" -eq 0 ]; then
		rm -rf "$work"
	else
		say "Files of this run: $work" >&2
	fi
}
trap clean_up EXIT

# Objects only: whether another compiler finds something to say.
build_with_clang() {
	local clang
	clang=$(clang_here)
	heading "Build with $clang"
	copy_sources "$work/clang"
	if make -s -C "$work/clang" -j"$(nproc)" PG_CONFIG="$PG_CONFIG" CC="$clang" WERROR=1 objects; then
		record "build with $clang" 1 0
	else
		record "build with $clang" 0 1
	fi
}

run_unit() {
	heading "Unit tests"
	local log=$work/unit.log status=0 good bad
	make -C "$tree" -s -j"$(nproc)" WERROR=1 unit 2>&1 | tee "$log" || status=$?
	good=$(count '^\[       OK \]' "$log")
	# cmocka names each failed test twice: where it failed and at the end
	bad=$(($(count '^\[  FAILED  \] [A-Za-z_0-9]+$' "$log") / 2))
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	record unit "$good" "$bad"
}

tap_tests() {
	heading "TAP tests"
	if has_tap_modules "$PG_CONFIG"; then
		run_tap TAP "$tree" "$PG_CONFIG"
	else
		record TAP 0 0 "skipped: this server comes without PostgreSQL::Test::Cluster"
	fi
}

heading "Build with $("$PG_CONFIG" --cc) for PostgreSQL $(server_major "$PG_CONFIG")"
copy_sources "$tree"
if build_and_install "$tree" WERROR=1; then
	record "build and install" 1 0
	installed=yes
else
	record "build and install" 0 1
	installed=
fi
if wanted clang; then build_with_clang; fi
if wanted unit; then run_unit; fi

if [ -n "$installed" ]; then
	give_to_server "$tree"
	mkdir "$work/server"
	if wanted regress || wanted isolation; then
		cluster_start "$work/server"
		# shellcheck source=/dev/null
		source "$work/server/env"
	fi
	if wanted regress; then
		heading "Regression tests"
		run_regress regress "$tree"
	fi
	if wanted isolation && compgen -G "$tree/test/specs/*.spec" >/dev/null; then
		heading "Isolation tests"
		run_regress isolation "$tree" isolation
	fi
	cluster_stop "$work/server"
	if wanted tap; then tap_tests; fi
else
	say "Not installed: the tests that need a server are left out."
fi
finish
