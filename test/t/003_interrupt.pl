# Whatever ends a training (cancel, time-out, terminate, kill -9, shutdown), in
# whatever phase: it ends soon, and nothing is lost but its own work.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;
use Time::HiRes qw(time);

my $node = recal_node('interrupt', 'dynamic_shared_memory_type = mmap', 'restart_after_crash = on',
	'max_parallel_maintenance_workers = 1', 'max_wal_size = 2GB');

# those that every running server has
my $segments = () = shared_segments($node);

answer($node, <<'SQL');
CREATE ROLE reader LOGIN;
CREATE ROLE stranger LOGIN;
CREATE TABLE events AS
	SELECT (1 + (n * 7919::bigint) % 50000)::int AS user_id, 1 + floor(15000 * power((hashint8(n) & 1048575) / 1048576.0, 2))::int AS item_id
	FROM generate_series(1, 900000) n;
CREATE INDEX ON events (user_id);
GRANT SELECT ON events TO reader;
ANALYZE events;
SELECT recal_create_model('m', 'events', options => '{"factors": 16, "epochs": 1, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false, "keep_versions": 100}');
CALL recal_train('m');

-- Waits until a training is in a phase and then ends it; says in how many
-- seconds its backend was done, or how else it went.
CREATE FUNCTION strike(trainer int, phase text, delay float8, how text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	now_in text;
	struck timestamptz;
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM pg_stat_clear_snapshot();
		SELECT CASE WHEN state = 'active' THEN query ELSE 'ended' END INTO now_in FROM pg_stat_activity WHERE pid = trainer;
		IF NOT FOUND OR now_in = 'ended' THEN
			RETURN 'the training ended before';
		ELSIF now_in LIKE 'recal: training %: ' || phase || '%' THEN
			EXIT;
		END IF;
		PERFORM pg_sleep(0.003);
	END LOOP;
	PERFORM pg_sleep(delay);
	PERFORM pg_stat_clear_snapshot();
	SELECT query INTO now_in FROM pg_stat_activity WHERE pid = trainer;
	struck := clock_timestamp();
	IF how = 'cancel' THEN
		PERFORM pg_cancel_backend(trainer);
	ELSE
		PERFORM pg_terminate_backend(trainer);
	END IF;
	FOR i IN 1..10000 LOOP
		PERFORM pg_stat_clear_snapshot();
		IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = trainer AND state = 'active') THEN
			RETURN extract(epoch FROM clock_timestamp() - struck) || ' ' || now_in;
		END IF;
		PERFORM pg_sleep(0.003);
	END LOOP;
	RETURN 'the training did not end';
END $$;
SQL
my $page_query = "SELECT string_agg(user_id || ':' || item_id || ':' || score || ':' || uncertainty, ' ' ORDER BY user_id, rank)
	FROM generate_series(1, 20) user_id, recal_recommend(user_id, 5, 'm')";
my $page = answer($node, $page_query);
my $current = 1;

# what must hold after each training that was ended
sub as_before
{
	my ($name, $status, $pid) = @_;

	ok(wait_until(sub { !workers_of($pid) }, 5), "$name: its workers are gone");
	ok(wait_until(sub { (() = shared_segments($node)) == $segments }, 5), "$name: no shared memory is left");
	is(answer($node, $page_query), $page, "$name: the version before serves as before");
	is(answer($node, "SELECT current_version FROM recal_models WHERE model = 'm'"), $current, "$name: and is current");
	is(answer($node, 'SELECT count(*) FROM recal_progress'), 0, "$name: no training is shown");
	is(answer($node, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0, "$name: no lock is held");
	like(answer($node, "SELECT status FROM recal_versions WHERE model = 'm' ORDER BY version DESC LIMIT 1"), qr/^($status)$/, "$name: its row says so");
	is(answer($node, "SELECT count(*) FROM recal_weights w JOIN recal_versions v USING (model, version) WHERE v.status <> 'ready'"), 0, "$name: no weights of it are stored");
	return;
}

#
# Cancel and terminate in each phase
#
my $hard = '{"factors": 64, "epochs": 300, "regularization": 0.01, "unobserved_weight": 0.1}';
my $search = '{"factors": 64, "epochs": 300, "regularization": "auto", "unobserved_weight": "auto"}';
my $wide = '{"factors": 192, "epochs": 1, "regularization": 0.01, "unobserved_weight": 0.1}';
my @strikes = (
	[ 'read', 0.05, $hard ],
	[ 'index', 0, $hard ],
	[ 'tune', 0.5, $search ],
	[ 'factorize 2', 0.7, $hard ],
	[ 'posterior', 0.01, $wide ],
	[ 'store', 0.1, $wide ]);

foreach my $how ('cancel', 'terminate')
{
	foreach my $strike (@strikes)
	{
		my ($phase, $delay, $options) = @$strike;
		my ($result, $session, $pid, $status, $err);

		answer($node, "SELECT recal_alter_model('m', '$options')");
		# a short phase may end before the signal comes: once more, earlier
		foreach my $try (1 .. 4)
		{
			$session = start_session($node, q(CALL recal_train('m')));
			$pid = session_pid($session);
			$result = answer($node, "SELECT strike($pid, '$phase', @{[$delay / $try]}, '$how')");
			($status, undef, $err) = finish_session($session);
			last if $status != 0;
			$current = answer($node, "SELECT current_version FROM recal_models WHERE model = 'm'");
			$page = answer($node, $page_query);
			note "$how in phase $phase came too late ($result)";
		}
		my ($seconds, $struck_in) = split / /, $result, 2;
		note "$how in phase $phase: $result";
		like($seconds, qr/^[0-9.]+$/, "$how in phase $phase: it was running");
		cmp_ok($seconds, '<', 1, "$how in phase $phase: it ended within a second") if $seconds =~ /^[0-9.]+$/;
		isnt($status, 0, "$how in phase $phase: the CALL failed");
		like($err, $how eq 'cancel' ? qr/ERROR:  57014/ : qr/FATAL:  57P01/, "$how in phase $phase: for the right reason");

		as_before("$how in phase $phase", 'aborted', $pid);
	}
}

# a time-out is a cancel
answer($node, "SELECT recal_alter_model('m', '$hard')");
my $start = time;
my $session = start_session($node, q(SET statement_timeout = '3s'; CALL recal_train('m')));
my $pid = session_pid($session);
my ($status, $out, $err) = finish_session($session);
like($err, qr/57014: canceling statement due to statement timeout/, 'statement_timeout ends a training');
cmp_ok(time() - $start, '<', 4.5, 'in time');
as_before('statement_timeout', 'aborted', $pid);
is(answer($node, "SELECT sqlstate FROM recal_versions WHERE model = 'm' ORDER BY version DESC LIMIT 1"), '57014', 'the row has the SQLSTATE');
# who is terminated cannot write down that they were; the next training does
is(answer($node, "SELECT count(*) FROM recal_version WHERE status = 'running'"), 0, 'terminated trainings are marked aborted by the next one');

# the session that was cancelled goes on, and holds nothing
(undef, $out, $err) = $node->psql('postgres', <<'SQL', on_error_stop => 0);
SET statement_timeout = '2s';
CALL recal_train('m');
RESET statement_timeout;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
SELECT recal_alter_model('m', '{"factors": 4, "epochs": 1}');
SELECT count(*) FROM recal_recommend(1, 3, 'm');
CALL recal_train();
SELECT status || ' ' || is_current FROM recal_versions WHERE model = 'm' ORDER BY version DESC LIMIT 1;
SQL
like($err, qr/^psql:<stdin>:\d+: ERROR:  canceling statement due to statement timeout\s*$/, 'cancelled at top level');
is($out =~ s/\n+/ /gr, '0 3 ready true', 'the session holds no lock, serves and trains again');
answer($node, "SELECT recal_activate('m', $current); SELECT recal_alter_model('m', '$hard')");

# in a transaction block nothing remains, not even a row
my $versions = answer($node, 'SELECT max(version) FROM recal_versions');
$session = start_session($node, q(BEGIN; CALL recal_train('m'); COMMIT));
$pid = session_pid($session);
like(answer($node, "SELECT strike($pid, 'factorize', 0.3, 'cancel')"), qr/^0[0-9.]+ /, 'cancelled in a transaction block');
like((finish_session($session))[2], qr/57014/, 'the CALL failed');
as_before('in a transaction block', 'ready', $pid);
is(answer($node, 'SELECT max(version) FROM recal_versions'), $versions, 'in a transaction block: no row is left');

# under an exception handler the session goes on
answer($node, q(SET statement_timeout = '2s'; DO $$ BEGIN CALL recal_train('m'); EXCEPTION WHEN query_canceled THEN NULL; END $$;
	SELECT recal_recommend(1, 1, 'm')));
as_before('under an exception handler', 'ready', 0);

# cancelling a CALL for all models does not go on with the next one
answer($node, q(SELECT recal_create_model('n', 'events', options => '{"factors": 2, "epochs": 1}')));
$session = start_session($node, 'CALL recal_train()');
$pid = session_pid($session);
answer($node, "SELECT strike($pid, 'factorize', 0.2, 'cancel')");
like((finish_session($session))[2], qr/57014/, 'cancelled with all models');
is(answer($node, "SELECT count(*) FROM recal_versions WHERE model = 'n'"), 0, 'the next model was not begun');
answer($node, q(SELECT recal_drop_model('n')));

#
# Progress, and what a training holds back
#
answer($node, q(CREATE TABLE t AS SELECT generate_series(1, 10000) AS a));
$session = start_session($node, q(CALL recal_train('m')));
$pid = session_pid($session);
ok(wait_until(sub { answer($node, "SELECT count(*) FROM recal_progress WHERE phase = 'factorize'", role => 'reader') }, 60),
	'a reader sees the training');
is(answer($node, 'SELECT count(*) FROM recal_progress', role => 'stranger'), 0, 'a stranger does not');
my %fractions;
my @rows;
ok(wait_until(
		sub {
			my $row = answer($node, 'SELECT model, pid, phase, epoch, epochs, fraction, extract(epoch FROM elapsed), extract(epoch FROM remaining) FROM recal_progress', role => 'reader');
			my @row = split /\|/, $row;
			# the first row has none on a slow machine
			push @rows, \@row if $row[5] && !$fractions{ $row[5] }++;
			return @rows >= 4;
		},
		30),
	'progress is written while training runs');
note join ' ', @$_ foreach @rows;
my $last = [ 'm', $pid, '', 0, 300, 0, 0, 0 ];
foreach my $row (@rows)
{
	is($row->[0] . $row->[1], "m$pid", 'the row names model and process');
	is($row->[2], 'factorize', 'the row names the phase');
	ok($row->[3] > $last->[3] && $row->[3] <= 300 && $row->[4] == 300, 'epochs are counted');
	ok($row->[5] > $last->[5] && $row->[5] < 0.5, 'the fraction grows');
	ok($row->[6] > $last->[6], 'time passes');
	# a tenth of the epochs have not passed yet
	ok($row->[7] > 3 * $row->[6] && $row->[7] < 1000, 'the rest is estimated');
	$last = $row;
}

# the trainer holds no snapshot: dead rows go while it runs
is(answer($node, <<"SQL"), '', 'no snapshot is held between epochs');
DO \$\$
DECLARE
	held int := 0;
BEGIN
	FOR i IN 1..200 LOOP
		PERFORM pg_stat_clear_snapshot();
		held := held + (SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL));
		PERFORM pg_sleep(0.01);
	END LOOP;
	IF held > 20 THEN
		RAISE EXCEPTION 'a snapshot or transaction id in % of 200 samples', held;
	END IF;
END \$\$
SQL
answer($node, 'DELETE FROM t');
# unless a progress row is written at this very moment
ok(wait_until(sub { answer($node, 'VACUUM t; SELECT pg_relation_size(\'t\')') eq '0' }, 5), 'vacuum is not held back');
is(answer($node, "SELECT count(*) FROM recal_progress WHERE pid = $pid"), 1, 'while the training still runs');
refused($node, q(CALL recal_train('m')), '55006', qr/being trained/, 'a second training says so');
refused($node, q(SELECT recal_drop_model('m')), '55006', qr/being trained/, 'dropping too');
is(answer($node, $page_query), $page, 'serving goes on meanwhile');

# a worker that is told to go
my ($worker) = workers_of($pid);
ok($worker, 'the training has a worker');
kill 'TERM', $worker if $worker;
($status, $out, $err) = finish_session($session);
like($err, qr/ERROR:  57P01: a training worker was terminated/, 'a worker terminated: a clear error');
as_before('a worker terminated', 'failed', $pid);

#
# kill -9 and what the server does about it
#
foreach my $victim ('leader', 'worker')
{
	$session = start_session($node, q(CALL recal_train('m')));
	$pid = session_pid($session);
	ok(wait_until(sub { answer($node, 'SELECT count(*) FROM recal_progress WHERE phase = \'factorize\'') }, 60), "kill -9 of the $victim: it is training");
	($worker) = workers_of($pid);
	my $log_start = -s $node->logfile;
	kill 'KILL', $victim eq 'leader' ? $pid : $worker;
	isnt((finish_session($session))[0], 0, "kill -9 of the $victim: the session is lost");
	$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log_start);
	ok($node->poll_query_until('postgres', 'SELECT true'), "kill -9 of the $victim: the server comes back");
	as_before("kill -9 of the $victim", 'aborted', $pid);
	my $dead = answer($node, "SELECT version FROM recal_version WHERE status = 'running'");

	answer($node, "SELECT recal_alter_model('m', '$wide')");
	answer($node, q(CALL recal_train('m')));
	is(answer($node, "SELECT status || ' ' || (message IS NOT NULL) FROM recal_version WHERE version = $dead"), 'aborted true',
		"kill -9 of the $victim: the next training marks the dead one");
	is(answer($node, "SELECT status FROM recal_versions WHERE is_current"), 'ready', "kill -9 of the $victim: and works");
	isnt(answer($node, $page_query), $page, "kill -9 of the $victim: the new version serves");
	answer($node, "SELECT recal_activate('m', $current)");
	answer($node, "SELECT recal_alter_model('m', '$hard')");
}

# a shutdown does not wait for hours of training
$session = start_session($node, q(CALL recal_train('m')));
$pid = session_pid($session);
wait_until(sub { workers_of($pid) }, 60);
$start = time;
$node->stop('fast');
cmp_ok(time() - $start, '<', 5, 'a fast shutdown ends the training');
finish_session($session);
$node->start;
# it depends on who hears first, the trainer or its worker
as_before('shutdown', 'aborted|failed', $pid);

$node->stop;
done_testing();
