#!/usr/bin/env bash
# make bench: what recal reaches, beside the library "implicit" on the same data,
# cores and machine.
#
#   BENCH=quality,ratings,train,serve,all,tune,network,ranker,active
#                               the parts to run (default: each of them)
#   BENCH_REPEAT=3              runs of each measurement; medians are reported
#   BENCH_ROWS=1M,20M           the sizes of the training part; 100M, too
#   BENCH_NETWORK=throughput,quality,latency
#                               what of the part network (default: all of it)
#   BENCH_RANKER=quality,training,latency
#                               what of the part ranker (default: all of it)
#   BENCH_SEEDS=5               seeds of the network's and the ranker's quality and of active;
#                               means are reported
#   RECAL_BENCH_DATA=DIR        more data for quality, ratings, network, ranker and active:
#                               DIR/movietweetings and DIR/msweb with their .tsv.gz files
#   BENCH_PYTHON=PYTHON         an interpreter that has implicit and jax, instead of
#                               a virtual environment made for the purpose
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/cluster.sh
source "$here/../cluster.sh"

# both sides choose their kernels alike
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
export OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

setup bench
work=$(scratch_dir bench)
clean_up() {
	cluster_stop "$work/server" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT

# The peer in a virtual environment of its own, made once.
find_peer() {
	local venv=${XDG_CACHE_HOME:-${HOME:-$work}/.cache}/recal/bench-venv
	if [ -z "${BENCH_PYTHON:-}" ]; then
		BENCH_PYTHON=$venv/bin/python venv_python=$venv/bin/python
		if ! "$BENCH_PYTHON" -c 'import implicit, numpy, scipy, threadpoolctl' 2>/dev/null; then
			say "Installing implicit 0.7 into $venv"
			if python3 -m venv "$venv"; then
				"$BENCH_PYTHON" -m pip install --quiet --disable-pip-version-check \
					'implicit==0.7.*' numpy scipy threadpoolctl || true
			fi
		fi
	fi
	"$BENCH_PYTHON" -c 'import implicit, numpy, scipy, threadpoolctl' 2>/dev/null
}

# What the training of the network is compared with, in the same environment.
find_jax() {
	if ! "$BENCH_PYTHON" -c 'import jax' 2>/dev/null && [ "$BENCH_PYTHON" = "${venv_python:-}" ]; then
		say "Installing jax into ${venv_python%/bin/python}"
		"$BENCH_PYTHON" -m pip install --quiet --disable-pip-version-check jax || true
	fi
	"$BENCH_PYTHON" -c 'import jax' 2>/dev/null
}

parts=${BENCH:-quality,ratings,train,serve,all,tune,network,ranker,active}
if find_peer; then
	export BENCH_PEER=yes
else
	say "skipped: the library implicit cannot be had here, so recal's figures stand alone"
	export BENCH_PEER=no
	command -v "$BENCH_PYTHON" >/dev/null || BENCH_PYTHON=python3
fi
export BENCH_JAX=no
if [[ ,$parts, == *,network,* && ${BENCH_NETWORK:-throughput} == *throughput* ]]; then
	if find_jax; then
		BENCH_JAX=yes
	else
		say "skipped: JAX cannot be had here, so the network's throughput stands alone"
	fi
fi

copy_sources "$work/recal"
build_and_install "$work/recal"
mkdir "$work/server"
# the second core is a worker beside the leader; the rest is what a small server would set
cluster_start "$work/server" "shared_buffers = '1GB'" "max_worker_processes = 16" "max_parallel_workers = 8" \
	"max_parallel_maintenance_workers = 1" "maintenance_work_mem = '512MB'" "max_wal_size = '16GB'"
# shellcheck source=/dev/null
source "$work/server/env"
PATH=$("$PG_CONFIG" --bindir):$PATH
export PGDATABASE=bench PSQLRC=/dev/null BENCH_WORK=$work
createdb bench
psql -X -q -c 'CREATE EXTENSION recal'

"$BENCH_PYTHON" "$here/machine.py"
for part in ${parts//,/ }; do
	if [[ $part =~ ^(quality|ratings|tune|network|ranker|active)$ ]] && [ ! -e "$work/movielens/ratings.tsv" ]; then
		perl "$here/../demo/fetch-movielens.pl" "$work/movielens" || say "skipped: MovieLens cannot be had here"
	fi
	"$BENCH_PYTHON" "$here/$part.py"
done
