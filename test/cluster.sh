#!/usr/bin/env bash
# A private PostgreSQL cluster in a directory of its own, reached through a
# socket there and not through the network.
#
#   test/cluster.sh start DIR ['setting = value' ...]
#   test/cluster.sh env DIR        prints the variables with which psql finds it
#   test/cluster.sh stop DIR
#
# PG_CONFIG says which server (default: the one that setup.sh finds). Root runs
# it as postgres. Nothing is flushed to disk: it is for tests.
set -euo pipefail
# shellcheck source=test/setup.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

cluster_port=54321

cluster_start() {
	local dir=$1 bin socket line
	shift
	bin=$("$PG_CONFIG" --bindir)
	mkdir -p "$dir"
	dir=$(cd -- "$dir" && pwd)
	give_to_server "$dir"
	as_server test -w "$dir" || {
		say "The user postgres cannot get into $dir; choose a directory whose parents everybody may enter." >&2
		return 1
	}
	if [ ! -d "$dir/data" ]; then
		# a socket's path must stay under 108 bytes
		socket=$dir
		if [ "${#dir}" -gt 80 ]; then
			socket=$(mktemp -d /tmp/recal-socket.XXXXXX)
			give_to_server "$socket"
		fi
		(cd "$dir" && as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -N --encoding=UTF8 --locale=C >"$dir/initdb.log" 2>&1) || {
			cat "$dir/initdb.log" >&2
			return 1
		}
		{
			printf "listen_addresses = ''\nunix_socket_directories = '%s'\nunix_socket_permissions = 0700\nport = %s\n" "$socket" "$cluster_port"
			printf "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_wal_size = '4GB'\nlog_checkpoints = off\n"
		} >>"$dir/data/postgresql.conf"
		printf 'export PGHOST=%q PGPORT=%q PGUSER=postgres\n' "$socket" "$cluster_port" >"$dir/env"
	fi
	for line in "$@"; do
		printf '%s\n' "$line" >>"$dir/data/postgresql.conf"
	done
	(cd "$dir" && as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null) || {
		say "The server did not start:" >&2
		tail -n 30 "$dir/log" >&2
		return 1
	}
}

cluster_env() { cat "$1/env"; }

cluster_stop() {
	local dir
	dir=$(cd -- "$1" && pwd)
	[ -f "$dir/data/postmaster.pid" ] || return 0
	(cd "$dir" && as_server "$("$PG_CONFIG" --bindir)/pg_ctl" -D "$dir/data" -m fast -w -t 60 stop >/dev/null) ||
		(cd "$dir" && as_server "$("$PG_CONFIG" --bindir)/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null)
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	[ "$#" -ge 2 ] || fail "usage: $0 start|env|stop DIR ['setting = value' ...]"
	command=$1
	dir=$2
	shift 2
	find_server || fail "No PostgreSQL server 15 or later with its development files was found; set PG_CONFIG or run test/setup.sh."
	case $command in
	start) cluster_start "$dir" "$@" && cluster_env "$dir" ;;
	env) cluster_env "$dir" ;;
	stop) cluster_stop "$dir" ;;
	*) fail "unknown command: $command" ;;
	esac
fi
