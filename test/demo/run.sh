#!/usr/bin/env bash
# make demo: recal on real data, from CREATE EXTENSION to a live recommendation.
#
# Builds and installs recal, starts a private cluster in a scratch directory,
# loads MovieLens (or, where that cannot be had, a generated shop), and leaves
# the cluster running for you to look around. DEMO=shop takes the generated
# shop in any case, DEMO_KEEP=no stops and removes the cluster at the end.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/cluster.sh
source "$here/../cluster.sh"

# how to name the server to scripts that we tell you to call
given=${PG_CONFIG:+PG_CONFIG=$PG_CONFIG }
setup demo
work=$(scratch_dir demo)
keep=no

clean_up() {
	if [ "$keep" = no ]; then
		cluster_stop "$work/server" 2>/dev/null || true
		rm -rf "$work"
	fi
}
trap clean_up EXIT

say "Building and installing recal for $("$PG_CONFIG" --version)"
copy_sources "$work/recal"
build_and_install "$work/recal"

mkdir "$work/server"
cluster_start "$work/server"
# shellcheck source=/dev/null
source "$work/server/env"
PATH=$("$PG_CONFIG" --bindir):$PATH
createdb demo
export PGDATABASE=demo PSQLRC=/dev/null PAGER=

data=shop
if [ "${DEMO:-}" != shop ]; then
	if perl "$here/fetch-movielens.pl" "$work/movielens"; then
		data=movielens
	else
		say "MovieLens cannot be had here; a generated shop takes its place."
	fi
fi

if [ "$data" = movielens ]; then
	say "Data: MovieLens latest-small (GroupLens; for research, not for commercial use), out of Debian's package r-cran-dslabs"
	(cd "$work/movielens" && psql -X -q -v ON_ERROR_STOP=1 -f "$here/load-movielens.sql")
else
	say "Data: generated behaviour in a shop, 5,000 users and 2,000 products"
	psql -X -q -v ON_ERROR_STOP=1 -f "$here/generate-shop.sql"
fi
psql -X -q -v ON_ERROR_STOP=1 -f "$here/$data.sql"

if [ "${DEMO_KEEP:-yes}" = no ]; then
	exit 0
fi
keep=yes
rm -rf "$work/recal" "$work/movielens"
heading "Your turn"
cat <<TEXT
The cluster is still running. Connect, and try your own questions:

    $(command -v psql) -h $PGHOST -p $PGPORT -U postgres demo

doc/tutorial.md goes through all of this step by step. To stop and remove the cluster:

    ${given}test/cluster.sh stop $work/server && rm -r $work
TEXT
