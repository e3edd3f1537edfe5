#!/usr/bin/env bash
# make report: the demo's model as one page with pictures.
#
# Takes the newest demo that runs, or makes one as `make demo` does, and writes
# report.html beside its server, or where RECAL_REPORT says.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/common.sh
source "$here/../common.sh"

# The newest demo of ours whose server answers: sets demo and its variables.
find_demo() {
	local dir
	while read -r dir; do
		# what lies in /tmp may be somebody else's
		if [ -O "$dir" ] && [ -O "$dir/server/env" ]; then
			# shellcheck source=/dev/null
			source "$dir/server/env"
			psql_of "$dir/server"
			if "$psql" -X -q -d demo -c 'SELECT 1' </dev/null >/dev/null 2>&1; then
				demo=$dir
				return 0
			fi
		fi
	done < <(find /tmp -maxdepth 1 -name 'recal-demo.*' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2)
	return 1
}

# The client beside the server of a data directory.
psql_of() {
	local bin
	bin=$(sed -n '1s|/postgres .*||p' "$1/data/postmaster.opts" 2>/dev/null || true)
	psql=${bin//\"/}/psql
	[ -x "$psql" ] || psql=psql
}

if ! find_demo; then
	bash "$here/run.sh"
	find_demo || fail "The demo's server does not answer."
fi

page=${RECAL_REPORT:-$demo/report.html}
PGDATABASE=demo PSQLRC=/dev/null "$psql" -X -q -A -t -v ON_ERROR_STOP=1 -c 'SELECT recal_report()' >"$page.new"
mv "$page.new" "$page"
say "The report of the demo's model: $page"
