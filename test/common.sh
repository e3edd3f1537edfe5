# Sourced by the scripts of this directory: small things that several of them do.
# shellcheck shell=bash

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8
# a make that called us must not steer the ones that we call
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

say() { printf '%s\n' "$*"; }
heading() { printf '\n== %s\n' "$*"; }
fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

# Runs a command as who may run a PostgreSQL server: oneself, or postgres for root.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

# Hands a directory of ours over to that user.
give_to_server() {
	if [ "$(id -u)" -eq 0 ]; then
		chown -R postgres: "$@"
	fi
}

# Runs a command with the right to write into the server's directories.
as_installer() {
	if [ "$(id -u)" -eq 0 ] || [ -w "$("$PG_CONFIG" --pkglibdir)" ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo env "PATH=$PATH" "$@"
	else
		fail "Installing into $("$PG_CONFIG" --pkglibdir) needs root or sudo."
	fi
}

# scratch_dir NAME: a new directory with a short path that every user may enter.
scratch_dir() {
	local dir
	dir=$(mktemp -d "/tmp/recal-$1.XXXXXX")
	chmod 755 "$dir"
	printf '%s\n' "$dir"
}

# copy_sources DIR: the tree without history and build products.
copy_sources() {
	mkdir -p "$1"
	tar -C "$ROOT" --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.d' --exclude='*.bc' --exclude='*.so' \
		--exclude=./results --exclude=./output_iso --exclude=./tmp_check --exclude=./log -cf - . | tar -C "$1" --no-same-owner -xf -
}

# build_and_install DIR [make arguments]: quiet unless it fails.
build_and_install() {
	local dir=$1
	shift
	make -s -C "$dir" -j"$(nproc)" PG_CONFIG="$PG_CONFIG" "$@" all &&
		as_installer make -s -C "$dir" PG_CONFIG="$PG_CONFIG" "$@" install
}

#
# Counting. Each part of a run records how many tests passed and failed.
#
passed=0
failed=0
summary=()

# record PART PASSED FAILED [remark]
record() {
	passed=$((passed + $2))
	failed=$((failed + $3))
	summary+=("$(printf '%-34s %5d passed %5d failed  %s' "$1" "$2" "$3" "${4:-}")")
}

# finish: the summary and, as the last line, the totals; false if a test failed.
finish() {
	heading Summary
	printf '%s\n' "${summary[@]}"
	printf '\n%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ]
}

count() { grep -cE -- "$1" "$2" || true; }

# record_regress PART LOG STATUS: counts what pg_regress or pg_isolation_regress
# wrote, as up to 15 ("test name ... ok") or as since 16 ("ok 1 - name").
record_regress() {
	local good bad
	good=$(count '^(test .* \.\.\. ok|ok +[0-9]+ )' "$2")
	bad=$(count '^(test .* \.\.\. FAILED|not ok +[0-9]+ )' "$2")
	if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	record "$1" "$good" "$bad"
}

# record_tap PART LOG STATUS: counts what prove wrote.
record_tap() {
	local total bad
	total=$(sed -nE 's/^Files=[0-9]+, Tests=([0-9]+),.*/\1/p' "$2")
	bad=$(sed -nE 's/.*\(Wstat: .* Tests: [0-9]+ Failed: ([0-9]+)\).*/\1/p' "$2" | awk '{ n += $1 ? $1 : 1 } END { print n + 0 }')
	total=${total:-0}
	if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	# a file that died counts as failed though each of its tests passed
	[ "$total" -ge "$bad" ] || total=$bad
	record "$1" "$((total - bad))" "$bad"
}

# What the failed files of a TAP run in DIR wrote, and their servers.
tap_logs() {
	local name file
	sed -nE 's|^test/t/([^ ]+)\.pl +\(Wstat: .*|\1|p' "$2" | while read -r name; do
		for file in "$1/tmp_check/log/regress_log_$name" "$1/tmp_check/log/$name"_*.log; do
			if [ -f "$file" ]; then
				say "--- end of ${file##*/}"
				tail -n 60 "$file"
			fi
		done
	done
}

# run_tap PART DIR PG_CONFIG [NAME=VALUE ...] [file ...]: runs TAP tests of the
# tree in DIR, all by default, with the test modules of that server.
run_tap() {
	local part=$1 tree=$2 config=$3 pgxs log=$2/$1.log status=0 variables=() files=()
	shift 3
	pgxs=$(dirname "$("$config" --pgxs)")/../..
	while [ "$#" -gt 0 ]; do
		if [[ $1 == *=* ]]; then variables+=("$1"); else files+=("$1"); fi
		shift
	done
	(cd "$tree" && { [ "${#files[@]}" -gt 0 ] || files=(test/t/*.pl); } && as_server env -u PGHOST -u PGPORT -u PGUSER "${variables[@]}" \
		PATH="$("$config" --bindir):$PATH" PG_CONFIG="$config" \
		PG_REGRESS="$pgxs/src/test/regress/pg_regress" \
		TESTDIR="$tree" TESTDATADIR="$tree/tmp_check" TESTLOGDIR="$tree/tmp_check/log" top_builddir="$tree" \
		prove --timer -I "$pgxs/src/test/perl" -I test/t "${files[@]}") 2>&1 | tee "$log" || status=$?
	if [ "$status" -ne 0 ]; then
		tap_logs "$tree" "$log"
	fi
	record_tap "$part" "$log" "$status"
}

# Whether a server comes with PostgreSQL's own test modules.
has_tap_modules() { [ -f "$(dirname "$("$1" --pgxs)")/../../src/test/perl/PostgreSQL/Test/Cluster.pm" ]; }

# run_regress PART DIR [isolation]: runs the scripts of the tree in DIR against
# the server of the environment, and prints the differences if there are any.
run_regress() {
	local part=$1 dir=$2 status=0 without=ISOLATION= diffs=regression.diffs
	local log=$dir/$part.log
	if [ "${3:-}" = isolation ]; then
		without=REGRESS=
		diffs=output_iso/regression.diffs
	fi
	(cd "$dir" && as_server env PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" \
		make -s installcheck PG_CONFIG="$PG_CONFIG" "$without") 2>&1 | tee "$log" || status=$?
	if [ "$status" -ne 0 ] && [ -s "$dir/$diffs" ]; then
		cat "$dir/$diffs"
	fi
	record_regress "$part" "$log" "$status"
}
