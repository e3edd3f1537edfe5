# The network where its input is odd, and where something ends its training or
# damages what it has stored: a clear message, and the version before serves.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;
use Time::HiRes qw(sleep);

my $node = recal_node('network_faults', 'dynamic_shared_memory_type = mmap', 'restart_after_crash = on', 'max_worker_processes = 8', 'max_parallel_maintenance_workers = 1');
my $segments = () = shared_segments($node);
my $small = '"factors": 8, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1, "hidden": [16], "ranker": "off", "warm_start": false';

answer($node, <<'SQL');
-- everybody walks through the items in order, from a place of their own
CREATE TABLE walks AS SELECT u AS user_id, (u * 7 + n) % 50 AS item_id, timestamptz '2026-01-01' + make_interval(hours => n) AS at
FROM generate_series(1, 200) u, generate_series(0, 7) n;
CREATE INDEX ON walks (user_id);
SQL

# Makes a model over a query and trains it; what its version says, and whether a page is full of numbers.
sub trained
{
	my ($name, $query, $more) = @_;

	answer($node, "CREATE TABLE $name AS $query; CREATE INDEX ON $name (user_id)");
	answer($node, "SELECT recal_create_model('$name', '$name', time_column => 'at', options => '{$small$more}')");
	answer($node, "CALL recal_train('$name')");
	return answer($node, "SELECT status || ' ' || (facts->>'network') FROM recal_versions WHERE model = '$name' ORDER BY version DESC LIMIT 1")
	  . ' ' . answer($node, "SELECT count(*) || ' ' || coalesce(bool_and(uncertainty > 0 AND uncertainty < 1000 AND abs(score) < 1000), true) FROM recal_recommend(3, 2, '$name', false)");
}

#
# Times and histories
#
my $on = ', "network": "on", "network_epochs": 2';
is(trained('far', q(SELECT user_id, item_id, CASE item_id % 4 WHEN 0 THEN timestamptz '9999-12-31' WHEN 1 THEN timestamptz '1000-01-01 BC' ELSE at END AS at FROM walks), $on), 'ready true 2 true', 'the year 9999');
is(trained('endless', q(SELECT user_id, item_id, CASE item_id % 4 WHEN 0 THEN timestamptz 'infinity' WHEN 1 THEN timestamptz '-infinity' ELSE at END AS at FROM walks), "$on, \"on_bad_row\": \"skip\""), 'ready true 2 true', 'infinite times, which are skipped');
is(trained('tied', q(SELECT user_id, item_id, CASE WHEN user_id % 3 = 0 THEN NULL ELSE date_trunc('day', at) END AS at FROM walks), $on), 'ready true 2 true', 'ties and NULLs');
is(trained('same', q(SELECT user_id, item_id, timestamptz '9999-12-31' AS at FROM walks), $on), 'ready true 2 true', 'one time, in the future');
is(trained('singles', q(SELECT user_id, user_id % 20 AS item_id, at FROM walks WHERE at < '2026-01-01 01:00'), ''), 'ready false 2 true', 'histories of one row: nothing to judge by');
is(trained('lone', q(SELECT user_id, user_id % 20 AS item_id, at FROM walks WHERE at < '2026-01-01 01:00'), $on), 'ready true 2 true', 'histories of one row: on trains one');
is(trained('pair', q(SELECT user_id, item_id % 2 AS item_id, min(at) AS at FROM walks GROUP BY 1, 2), $on), 'ready true 2 true', 'two items');
is(trained('single', q(SELECT user_id, 1 AS item_id, min(at) AS at FROM walks GROUP BY 1), $on), 'ready true 1 true', 'one item');
is(trained('deep', 'SELECT * FROM walks', ', "network": "on", "network_epochs": 2, "hidden": [8, 8, 8, 8, 8, 8, 8, 8]'), 'ready true 2 true', 'eight layers');
is(trained('thin', 'SELECT * FROM walks', ', "network": "on", "network_epochs": 2, "hidden": [1]'), 'ready true 2 true', 'a layer of one unit');
is(trained('linear', 'SELECT * FROM walks', ', "network": "on", "network_epochs": 2, "hidden": []'), 'ready true 2 true', 'no layer');

#
# Options
#
foreach my $hidden ('[0]', '[100000]', '[-1]', '[1.5]', '["a"]', '[1, 1, 1, 1, 1, 1, 1, 1, 1]', '16', '[[16]]')
{
	refused($node, qq(SELECT recal_create_model('x', 'walks', time_column => 'at', options => '{"hidden": $hidden}')), '22023', qr/"hidden" of model "x"/, "hidden: $hidden");
}

# what diverges leaves the version before
answer($node, q(SELECT recal_alter_model('deep', '{"learning_rate": 1, "dropout": 0, "hidden": [512, 512, 512, 512], "network_epochs": 50}')));
my $page_of_deep = answer($node, q(SELECT string_agg(item_id || ' ' || score || ' ' || uncertainty, ' ' ORDER BY rank) FROM recal_recommend(3, 5, 'deep')));
refused($node, q(CALL recal_train('deep')), '22003', qr/the training of the network of model "deep" diverges.*learning_rate", which is 1/s, 'divergence: an error');
is(answer($node, q(SELECT string_agg(item_id || ' ' || score || ' ' || uncertainty, ' ' ORDER BY rank) FROM recal_recommend(3, 5, 'deep'))), $page_of_deep, 'divergence: the version before serves');

#
# Damaged, missing and foreign chunks
#
my $ask = q(SELECT count(*) FROM recal_recommend(3, 5, 'linear'));
my $restamp = q(UPDATE recal_version SET stamp = gen_random_uuid() WHERE model = 'linear');
foreach my $part ('network_shape', 'network_dense', 'network_inputs', 'network_outputs', 'network_spread')
{
	my %damage = (
		missing => "DELETE FROM recal_weights WHERE model = 'linear' AND part = '$part'",
		damaged => "UPDATE recal_weights SET data = set_byte(data, length(data) - 1, get_byte(data, length(data) - 1) # 1) WHERE model = 'linear' AND part = '$part'",
		truncated => "UPDATE recal_weights SET data = substr(data, 1, length(data) - 4) WHERE model = 'linear' AND part = '$part'",
		empty => "UPDATE recal_weights SET data = '' WHERE model = 'linear' AND part = '$part'",
		'of another shape' => "UPDATE recal_weights w SET data = o.data FROM recal_weights o WHERE w.model = 'linear' AND w.part = '$part' AND o.model = 'other' AND o.part = w.part AND o.chunk = w.chunk");

	trained('other', 'SELECT * FROM walks WHERE item_id < 40', ', "network": "on", "network_epochs": 1, "factors": 12, "hidden": [24, 24]') if $part eq 'network_shape';
	foreach my $how (sort keys %damage)
	{
		refused($node, "BEGIN; $damage{$how}; $restamp; $ask", 'XX001', qr/weights of model "linear", version 1, part "network_\w+" are damaged.*HINT:.*recal_activate/s, "$part $how");
	}
}
is(answer($node, $ask), 5, 'whole again');

# a shape like that of another network, of the same factors
trained('wider', 'SELECT * FROM walks', ', "network": "on", "network_epochs": 1, "hidden": [24]');
refused($node, "BEGIN; UPDATE recal_weights w SET data = o.data FROM recal_weights o WHERE w.model = 'linear' AND w.part = 'network_shape' AND o.model = 'wider' AND o.part = w.part; $restamp; $ask", 'XX001', qr/are damaged/, 'the shape of another network');

# what an earlier build stored: the scalar that tells of network_spread is 0
sub crc32c
{
	my $crc = 0xFFFFFFFF;

	foreach my $byte (unpack('C*', $_[0]))
	{
		$crc ^= $byte;
		$crc = ($crc >> 1) ^ ($crc & 1 ? 0x82F63B78 : 0) foreach 1 .. 8;
	}
	return $crc ^ 0xFFFFFFFF;
}

# A chunk of one row with these floats: header of 80 bytes, then the payload
sub rewritten
{
	my ($part, $chunk, $payload) = @_;
	my $header = substr($chunk, 0, 80);

	substr($header, 72, 8) = pack('L', crc32c($payload)) . pack('L', 0);
	substr($header, 76, 4) = pack('L', crc32c($part . $header));
	return $header . $payload;
}

my $scalars = pack('H*', answer($node, q(SELECT encode(data, 'hex') FROM recal_weights WHERE model = 'linear' AND part = 'scalars')));
my $payload = substr($scalars, 80);
is(rewritten('scalars', $scalars, $payload), $scalars, 'the same chunk made anew');
is(unpack('f', substr($payload, 4 * 11, 4)), 1, 'the scalar in question');
substr($payload, 4 * 11, 4) = pack('f', 0);
my $earlier = unpack('H*', rewritten('scalars', $scalars, $payload));
my $all = q(SELECT bool_and(%s) FROM whole w JOIN (SELECT u, (recal_recommend(u, 5, 'linear')).* FROM generate_series(1, 20) u) r USING (u, item_id));
is(answer($node, "CREATE TEMP TABLE whole AS SELECT u, (recal_recommend(u, 5, 'linear')).* FROM generate_series(1, 20) u;
	BEGIN; DELETE FROM recal_weights WHERE model = 'linear' AND part = 'network_spread';
	UPDATE recal_weights SET data = decode('$earlier', 'hex') WHERE model = 'linear' AND part = 'scalars'; $restamp;
	" . sprintf($all, 'r.score = w.score AND r.uncertainty > 0 AND r.uncertainty < w.uncertainty')), 't', 'a version without network_spread serves, and is less unsure');

#
# What ends a training, at moments spread over it
#
answer($node, <<'SQL');
CREATE TABLE events AS
	SELECT 1 + n % 2000 AS user_id, 1 + floor(3000 * power((hashint8(n) & 1048575) / 1048576.0, 2))::int AS item_id, timestamptz '2026-01-01' + n * interval '1 minute' AS at
	FROM generate_series(1, 60000) n;
CREATE INDEX ON events (user_id);
SELECT recal_create_model('m', 'events', time_column => 'at', options => '{"factors": 32, "epochs": 20, "regularization": 0.01, "unobserved_weight": 0.1, "history_decay": 1, "hidden": [64], "network": "on", "network_epochs": 6, "ranker": "off", "warm_start": false, "keep_versions": 100}');
CALL recal_train('m');
SQL
my $page_query = q(SELECT string_agg(user_id || ':' || item_id || ':' || score || ':' || uncertainty, ' ' ORDER BY user_id, rank) FROM generate_series(1, 20) user_id, recal_recommend(user_id, 5, 'm'));
my $page = answer($node, $page_query);
my $takes = answer($node, q(SELECT (timings->>'network')::float8 FROM recal_versions WHERE model = 'm'));
note "the network takes $takes s";
is(answer($node, q(SELECT facts->>'network' FROM recal_versions WHERE model = 'm')), 'true', 'a network to compare with');

sub as_before
{
	my ($name, $pid, $status) = @_;

	ok(wait_until(sub { !workers_of($pid) }, 5), "$name: its workers are gone");
	ok(wait_until(sub { (() = shared_segments($node)) == $segments }, 5), "$name: no shared memory is left");
	is(answer($node, $page_query), $page, "$name: the version before serves as before");
	like(answer($node, "SELECT status FROM recal_versions WHERE model = 'm' ORDER BY version DESC LIMIT 1"), qr/^($status)$/, "$name: its row says so");
	is(answer($node, "SELECT count(*) FROM recal_weights w JOIN recal_versions v USING (model, version) WHERE v.status <> 'ready'"), 0, "$name: no weights of it are stored");
	return;
}

# A training, and its backend some time after the phase has begun
sub begin_training
{
	my ($phase, $delay) = @_;
	my $session = start_session($node, q(CALL recal_train('m')));
	my $pid = session_pid($session);

	ok(wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND query LIKE '%: $phase%'") }, 60), "a training is in phase $phase");
	sleep($delay) if $delay > 0;
	return ($session, $pid);
}

my %seen;
foreach my $moment (0 .. 5)
{
	my ($session, $pid) = begin_training('network', $takes * $moment / 6);
	my $where = answer($node, "SELECT query FROM pg_stat_activity WHERE pid = $pid");
	my $name = "cancelled at moment $moment";

	answer($node, "SELECT pg_cancel_backend($pid)");
	my $seconds = wait_until(sub { answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND state = 'active'") == 0 }, 10);
	my ($status, undef, $err) = finish_session($session);
	note "$name: $where";
	$seen{$1} = 1 if $where =~ /network (\d+)/;
	if ($status == 0)
	{
		# machines differ: it was faster this time
		note "$name: too late";
		answer($node, "SELECT recal_activate('m', 1)");
		next;
	}
	cmp_ok($seconds, '<', 1, "$name: within a second");
	like($err, qr/ERROR:  57014/, "$name: for the right reason");
	as_before($name, $pid, 'aborted');
}
cmp_ok(scalar(keys %seen), '>=', 3, 'in different epochs');

foreach my $victim ('leader', 'worker')
{
	foreach my $moment (1, 2)
	{
		my ($session, $pid) = begin_training('network', $takes * $moment / 6);
		my $name = "kill -9 of the $victim at moment $moment";
		my $worker;
		my $log_start = -s $node->logfile;

		ok(wait_until(sub { ($worker) = workers_of($pid) }, 5), "$name: there is a worker");
		kill 'KILL', $victim eq 'leader' ? $pid : $worker;
		isnt((finish_session($session))[0], 0, "$name: the session is lost");
		$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log_start);
		ok($node->poll_query_until('postgres', 'SELECT true'), "$name: the server comes back");
		as_before($name, $pid, 'aborted');
	}
}
answer($node, q(CALL recal_train('m')));
is(answer($node, q(SELECT status || ' ' || (facts->>'network') FROM recal_versions WHERE model = 'm' AND is_current)), 'ready true', 'the next training works');
is(answer($node, $page_query), $page, 'and makes the same network');

$node->stop;
done_testing();
