# Bad input and scarce resources: a clear error, nothing lost, nothing leaked.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecalTest;
use Test::More;

my $node = recal_node('badinput');
my $options = q("factors": 4, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false);

# the last training of a model as the view shows it
sub last_training
{
	my ($model, $columns) = @_;
	return answer($node, "SELECT $columns FROM recal_versions WHERE model = '$model' ORDER BY version DESC LIMIT 1");
}

# A model over a table made for it.
my $made = 0;

sub model_over
{
	my ($select, $arguments, $more) = @_;
	my $name = 'm' . ++$made;

	answer($node, "SET client_min_messages = error; CREATE TABLE $name AS $select; CREATE INDEX ON $name (user_id);
		SELECT recal_create_model('$name', '$name'" . ($arguments ? ", $arguments" : '') . ", options => '{$options" . ($more ? ", $more" : '') . "}')");
	return $name;
}
my $plain = 'SELECT u AS user_id, i AS item_id FROM generate_series(1, 30) u, generate_series(1, 20) i WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0';
my $with_value = $plain =~ s/ FROM/, 1::real AS value FROM/r;

#
# The relation has changed since the training
#
my @serving = ("SELECT * FROM recal_recommend(2, 3, '%s')", "SELECT * FROM recal_recommend(2, 3, ARRAY[1, 2], '%s')", "SELECT recal_score(2, 2, '%s')", "CALL recal_train('%s')", "SELECT * FROM recal_evaluate('%s')");
my @changes = (
	[ 'DROP TABLE %s', '42P01', qr/relation "public\.%s", the events of model "%s", does not exist.*HINT:/s ],
	[ 'ALTER TABLE %s RENAME TO renamed_%s', '42P01', qr/relation "public\.%s", the events of model "%s", does not exist.*HINT:.*recal_alter_model/s ],
	[ 'ALTER TABLE %s RENAME item_id TO product', '42703', qr/column "item_id" of relation "%s", which model "%s" uses, does not exist.*HINT:.*product/s ],
	[ 'ALTER TABLE %s DROP user_id', '42703', qr/column "user_id" of relation "%s", which model "%s" uses, does not exist/ ],
	[ 'ALTER TABLE %s ALTER item_id TYPE numeric', '42804', qr/item column "item_id" of model "%s" cannot be of type numeric.*HINT:/s ]);
foreach my $change (@changes)
{
	my ($sql, $state, $pattern) = @$change;
	my $model = model_over($plain);
	(my $expected = "$pattern") =~ s/%s/$model/g;
	answer($node, "CALL recal_train('$model')");
	my $statement = $sql =~ s/%s/$model/gr;
	answer($node, $statement);
	refused($node, s/%s/$model/r, $state, qr/$expected/, "$statement: $_") foreach @serving;
	is(last_training($model, "version || status || sqlstate"), "2failed$state", "$statement: the training is stored as failed");
	is(answer($node, "SELECT current_version FROM recal_models WHERE model = '$model'"), 1, "$statement: the version before stays");
	answer($node, "SELECT recal_drop_model('$model')");
}
# to another kind of id: the version does not fit any more, a new one does
my $model = model_over($plain);
answer($node, "CALL recal_train('$model'); ALTER TABLE $model ALTER item_id TYPE text");
refused($node, "SELECT * FROM recal_recommend(2, 3, '$model')", '42804', qr/column "item_id" of the events of model "$model" has changed its type since the model was trained.*CALL recal_train/s, 'items of another type');
is(answer($node, "CALL recal_train('$model'); SELECT count(*) FROM recal_recommend_as(NULL::text, 2, 3, '$model')"), 3, 'training again helps');
$model = model_over($plain);
answer($node, "CALL recal_train('$model'); ALTER TABLE $model ALTER user_id TYPE text, ALTER item_id TYPE bigint");
is(answer($node, "SELECT max(source) FROM recal_recommend('2'::text, 3, '$model')"), 'personal', 'users of another type are looked up as that');
is(answer($node, "SELECT max(source) FROM recal_recommend_for_items(ARRAY[2, 4], 3, '$model')"), 'personal', 'a wider integer is no other kind of id');

#
# Rows that cannot be used
#
$model = model_over("$plain UNION ALL SELECT NULL, 3 UNION ALL SELECT 3, NULL UNION ALL SELECT NULL, NULL");
answer($node, "CALL recal_train('$model')");
my $rows = answer($node, "SELECT count(*) FROM $model");
is(last_training($model, q(concat_ws(' ', rows_read, rows_skipped, facts->>'rows_null', users, items))), "$rows 3 3 30 20", 'NULL ids are skipped and counted');

foreach my $bad ("'NaN'", "'Infinity'", "'-Infinity'", "3e38", "-3e38")
{
	# finite values become infinite by their sum
	my $many = $bad =~ /e38/ ? ' FROM generate_series(1, 9)' : '';
	$model = model_over("$with_value UNION ALL SELECT 7, 8, $bad$many", "value_column => 'value'");
	refused($node, "CALL recal_train('$model')", '22003', $many ? qr/user 7 and item 8.*HINT:/s : qr/NaN, infinite.*user_id is 7 and its item_id is 8.*on_bad_row/s, "value $bad: an error that names the row");
	is(last_training($model, 'status || sqlstate'), 'failed22003', "value $bad: stored as a failure");
	next if $many;
	answer($node, "SELECT recal_alter_model('$model', '{\"on_bad_row\": \"skip\"}'); CALL recal_train('$model')");
	is(last_training($model, q(concat_ws(' ', rows_skipped, facts->>'rows_bad', status))), '1 1 ready', "value $bad: skipped on request");
	is(answer($node, "SELECT bool_and(score BETWEEN -10 AND 10 AND uncertainty BETWEEN 0 AND 10), count(*) FROM recal_recommend(7, 5, '$model', false)"), 't|5', "value $bad: and no page suffers");
	answer($node, "SELECT recal_alter_model('$model', '{\"on_bad_row\": \"error\"}')");
	is(answer($node, "SELECT bool_and(score BETWEEN -10 AND 10), count(*) FROM recal_recommend(7, 5, '$model', false)"), 't|5', "value $bad: also where training refuses");
}
# numeric, whose values double precision may not hold; and times
foreach my $bad ("'NaN'::numeric", "'Infinity'::numeric", '1e400::numeric')
{
	$model = model_over($plain =~ s/ FROM/, 1::numeric AS value FROM/r . " UNION ALL SELECT 7, 8, $bad", "value_column => 'value'");
	refused($node, "CALL recal_train('$model')", '22003', qr/user_id is 7/, "value $bad");
}
foreach my $bad ("'infinity'::timestamptz", "'-infinity'::timestamptz")
{
	$model = model_over($plain =~ s/ FROM/, timestamptz '2026-01-01' AS at FROM/r . " UNION ALL SELECT 7, 8, $bad", "time_column => 'at', half_life => '1 day'");
	refused($node, "CALL recal_train('$model')", '22003', qr/user_id is 7/, "time $bad");
}

#
# Too little
#
$model = model_over("$plain AND false");
refused($node, "CALL recal_train('$model')", '55000', qr/there are no rows to train model "$model" on.*HINT:/s, 'an empty table');
refused($node, "SELECT * FROM recal_evaluate('$model')", '55000', qr/there are no rows/, 'an empty table, evaluated');
refused($node, "SELECT * FROM recal_recommend(1, 3, '$model')", '55000', qr/has not been trained.*CALL recal_train/s, 'an empty table, asked');
$model = model_over('SELECT NULL::int AS user_id, NULL::int AS item_id FROM generate_series(1, 5)');
refused($node, "CALL recal_train('$model')", '55000', qr/no usable rows.*5 rows, 5 have a NULL id/s, 'only NULL ids');
$model = model_over($with_value =~ s/1::real/0::real/r, "value_column => 'value'");
refused($node, "CALL recal_train('$model')", '55000', qr/no user of model "$model" likes any item.*HINT:/s, 'all weights zero');
$model = model_over($with_value =~ s/1::real/-1::real/r, "value_column => 'value'");
refused($node, "CALL recal_train('$model')", '55000', qr/no user of model "$model" likes any item/, 'nothing but dislikes');
$model = model_over($plain =~ s/ FROM/, 'view'::text AS event FROM/r, q(event_column => 'event', event_weights => '{"purchase": 1}'));
refused($node, "CALL recal_train('$model')", '55000', qr/no usable rows/, 'no event type that counts');
refused($node, "SELECT recal_create_model('x', '$model', half_life => '-1 day')", '22023', qr/half.life/, 'a negative half-life');
refused($node, "SELECT recal_alter_model('$model', '{\"half_life\": \"-1 day\"}')", '22023', qr/half.life/, 'a negative half-life, altered');

# little, and enough
foreach my $case (
	[ 'one row', 'SELECT 1 AS user_id, 7 AS item_id', 1 ],
	[ 'one row, often', 'SELECT 1 AS user_id, 7 AS item_id FROM generate_series(1, 100)', 1 ],
	[ 'one user', 'SELECT 1 AS user_id, i AS item_id FROM generate_series(1, 20) i', 20 ],
	[ 'one item', 'SELECT u AS user_id, 7 AS item_id FROM generate_series(1, 20) u', 1 ],
	[ 'everybody likes everything', 'SELECT u AS user_id, i AS item_id FROM generate_series(1, 9) u, generate_series(1, 9) i', 9 ],
	[ 'two worlds', 'SELECT u AS user_id, i AS item_id FROM generate_series(1, 8) u, generate_series(1, 8) i WHERE (u <= 4) = (i <= 4)', 8 ])
{
	my ($name, $select, $items) = @$case;

	foreach my $factors (1, 4, 100)
	{
		$model = model_over($select, '', qq("factors": $factors));
		my $got = eval { answer($node, <<"SQL") } // $@;
CALL recal_train('$model');
SELECT count(*), bool_and(score BETWEEN -10 AND 10 AND uncertainty BETWEEN 0 AND 100) FROM recal_recommend(1, 100, '$model', false);
SELECT count(*), bool_and(score BETWEEN -10 AND 10 AND uncertainty BETWEEN 0 AND 100) FROM recal_recommend(99, 100, '$model');
SQL
		is($got, "$items|t\n$items|t", "$name, $factors factors");
		# by default options, too
		next if $factors != 4;
		$got = eval { answer($node, qq(SELECT recal_alter_model('$model', '{"factors": null, "epochs": null, "regularization": null, "unobserved_weight": null}'); CALL recal_train('$model'); SELECT count(*) FROM recal_recommend(1, 100, '$model', false))) } // $@;
		is($got, "\n$items", "$name, default options");
	}
	# recal_evaluate says so, or gives figures; nothing else
	my (undef, undef, $err) = $node->psql('postgres', "SELECT * FROM recal_evaluate('$model')");
	like($err, qr/^$|there is not enough behaviour to evaluate/, "$name, evaluated");
}
# values at the ends of what is allowed
foreach my $more ('"regularization": 1e-30', '"regularization": 1e9', '"unobserved_weight": 1e-30', '"unobserved_weight": 1e9', '"confidence": "log"', '"epochs": 1', '"max_history": 1')
{
	$model = model_over($plain, '', $more);
	my (undef, $out, $err) = $node->psql('postgres', "CALL recal_train('$model'); SELECT bool_and(score = score AND abs(score) < 1e30 AND uncertainty >= 0) FROM recal_recommend(1, 100, '$model', false)");
	ok($out eq 't' || $err =~ /ERROR: .*\n(DETAIL.*\n)?HINT:/, "$more: a page or a clear error") or diag "$out $err";
}

#
# Memory
#
$model = model_over('SELECT n AS user_id, n AS item_id FROM generate_series(1, 300000) n');
refused($node, "SET recal.train_memory = '16MB'; CALL recal_train('$model')", '53400', qr/not enough memory.*takes? \d+ MB; recal\.train_memory allows 16 MB.*HINT:.*Raise recal\.train_memory/s, 'more rows than recal.train_memory allows');
$model = model_over('SELECT n AS user_id, n % 9 AS item_id FROM generate_series(1, 50000) n', '', '"factors": 1024');
refused($node, "SET recal.train_memory = '64MB'; CALL recal_train('$model')", '53400', qr/not enough memory to train with 1024 factors.*take \d+ MB; recal\.train_memory allows 64 MB.*HINT:.*factors/s, 'more factors than recal.train_memory allows');
is(last_training($model, 'status || sqlstate'), 'failed53400', 'stored as a failure');

#
# Kinds of relations: the same rows give the same model
#
answer($node, "CREATE TABLE base AS $plain; CREATE INDEX ON base (user_id);
	CREATE VIEW view_of AS SELECT * FROM base; CREATE MATERIALIZED VIEW kept AS SELECT * FROM base; CREATE INDEX ON kept (user_id);
	CREATE TABLE parted (user_id int, item_id int) PARTITION BY HASH (user_id); CREATE INDEX ON parted (user_id);
	CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 0);
	CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 1) PARTITION BY RANGE (item_id);
	CREATE TABLE parted_1_low PARTITION OF parted_1 FOR VALUES FROM (MINVALUE) TO (10);
	CREATE TABLE parted_1_high PARTITION OF parted_1 FOR VALUES FROM (10) TO (MAXVALUE);
	CREATE TABLE parted_2 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 2);
	INSERT INTO parted SELECT * FROM base;
	CREATE TABLE parent (user_id int, item_id int); CREATE TABLE child () INHERITS (parent);
	INSERT INTO parent SELECT * FROM base WHERE user_id < 10; INSERT INTO child SELECT * FROM base WHERE user_id >= 10");
my @relations = ('view_of', 'kept', 'parted', 'parent');
SKIP:
{
	skip 'no postgres_fdw', 1 unless answer($node, "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'");
	my ($host, $port) = ($node->host, $node->port);
	answer($node, "CREATE EXTENSION postgres_fdw; CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
		CREATE USER MAPPING FOR CURRENT_USER SERVER loopback; CREATE FOREIGN TABLE far (user_id int, item_id int) SERVER loopback OPTIONS (table_name 'base')");
	push @relations, 'far';
	pass('foreign table of another server');
}
SKIP:
{
	skip 'no file_fdw', 1 unless answer($node, "SELECT count(*) FROM pg_available_extensions WHERE name = 'file_fdw'");
	my $file = PostgreSQL::Test::Utils::tempdir() . '/base.csv';
	answer($node, "COPY base TO '$file' CSV; CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
		CREATE FOREIGN TABLE filed (user_id int, item_id int) SERVER files OPTIONS (filename '$file', format 'csv')");
	push @relations, 'filed';
	pass('foreign table of a file');
}
my $pages = "SELECT md5(string_agg(u || r::text, ' ' ORDER BY u, rank)) FROM generate_series(1, 32) u, recal_recommend(u, 5, '%s') r";
my %weights;
my %pages;
foreach my $relation ('base', @relations)
{
	answer($node, "SET client_min_messages = error; SELECT recal_create_model('$relation', '$relation', options => '{$options}'); CALL recal_train('$relation')");
	$weights{$relation} = weights_of($node, $relation);
	$pages{$relation} = answer($node, sprintf $pages, $relation);
	is($weights{$relation}, $weights{base}, "$relation: the weights of the base table");
	is($pages{$relation}, $pages{base}, "$relation: the pages of the base table");
}
# what is in a partition or a child counts, at once
answer($node, "INSERT INTO parted_1_low SELECT user_id, 8 FROM parted_1_high LIMIT 1; INSERT INTO child VALUES (1000, 4)");
is(answer($node, q(SELECT max(source) FROM recal_recommend(1000, 3, 'parent'))), 'personal', 'a new row of a child counts');

#
# Backends: threads and memory
#
my $backend = start_session($node, <<"SQL");
LOAD 'recal';
SELECT pg_sleep(3);
SQL
my $pid = session_pid($backend);
wait_until(sub { answer($node, "SELECT query LIKE '%pg_sleep%' AND state = 'active' FROM pg_stat_activity WHERE pid = $pid") eq 't' }, 10);
my @threads = glob "/proc/$pid/task/*";
SKIP:
{
	skip 'no /proc', 1 unless -d "/proc/$pid";
	is(scalar @threads, 1, 'loading recal starts no thread');
}
answer($node, "SELECT pg_terminate_backend($pid)");
finish_session($backend);

# resident memory is that of a backend that has served for a while and trained
answer($node, <<'SQL');
CREATE FUNCTION resident() RETURNS bigint LANGUAGE sql AS $$
	SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'VmRSS:\s+(\d+)')::bigint $$;
CREATE FUNCTION threads() RETURNS bigint LANGUAGE sql AS $$
	SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'Threads:\s+(\d+)')::bigint $$;
CREATE FUNCTION allocated() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(total_bytes)::bigint / 1024 FROM pg_backend_memory_contexts $$;
CREATE PROCEDURE serve(n int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..n LOOP
		PERFORM recal_recommend(i % 40, 10, 'base');
		PERFORM recal_score(i % 40, i % 20, 'base');
		PERFORM recal_recommend(i % 40, 3, ARRAY[1, 2, 3, 4], 'parted');
		IF i % 10 = 0 THEN
			COMMIT;
		END IF;
		IF i % 50 = 0 THEN
			BEGIN
				PERFORM recal_recommend(1, 0, 'base');
			EXCEPTION WHEN invalid_parameter_value THEN NULL;
			END;
		END IF;
	END LOOP;
END $$;
SQL
SKIP:
{
	skip 'no /proc', 5 unless -d "/proc/$$";
	my ($threads, $resident, $allocated, $resident_later, $allocated_later) = split /\n/, answer($node, <<'SQL');
CALL serve(1000);
SELECT threads(), resident(), allocated() \gset
CALL serve(7000);
SELECT :threads; SELECT :resident; SELECT :allocated; SELECT resident(); SELECT allocated();
SQL
	is($threads, 1, 'a backend that serves has one thread');
	note "after 1000 rounds: $resident kB resident, $allocated kB in contexts; after 8000: $resident_later, $allocated_later";
	cmp_ok($resident_later - $resident, '<', 2048, 'serving 21,000 times more takes no more memory');
	cmp_ok($allocated_later - $allocated, '<', 256, 'nor do memory contexts grow');

	# training again and again, and serving each new version; old ones stay up to the size of the cache
	my $again = join ' ', map { 'CALL recal_train(\'base\'); SELECT count(*) FROM recal_recommend(2, 3, \'base\') \g /dev/null' . "\n" } 1 .. 90;
	($threads, $resident, $allocated, $resident_later, $allocated_later) = split /\n/, answer($node, <<"SQL");
SET max_parallel_maintenance_workers = 0;
SET recal.cache_size = '1MB';
$again
SELECT threads(), resident(), allocated() \\gset
$again
SELECT :threads; SELECT :resident; SELECT :allocated; SELECT resident(); SELECT allocated();
SQL
	is($threads, 1, 'a backend that trains has one thread');
	note "after 90 trainings: $resident kB resident, $allocated kB in contexts; after 180: $resident_later, $allocated_later";
	cmp_ok($resident_later - $resident, '<', 2048, 'training again and again takes no more memory');
	cmp_ok($allocated_later - $allocated, '<', 512, 'nor do memory contexts grow');
}

#
# Many at once
#
answer($node, q(SELECT recal_drop_model(model) FROM recal_models WHERE model ~ '^m[0-9]+$'));
my @models = map { model_over($plain) } 1 .. 5;
my @sessions = map { start_session($node, "CALL recal_train('$_'); " x 3) } @models;
my @readers = map { start_session($node, "SET client_min_messages = error; DO \$\$ BEGIN FOR i IN 1..300 LOOP PERFORM recal_recommend(i % 30, 5, 'base'); PERFORM recal_recommend(i % 30, 5, 'kept'); END LOOP; END \$\$") } 1 .. 2;
foreach my $session (@sessions, @readers)
{
	my ($status, $out, $err) = finish_session($session);
	is("$status$err", '0', 'a session among many ended well');
}
is(answer($node, "SELECT count(*) FROM recal_versions WHERE status = 'ready' AND model IN (" . join(', ', map { "'$_'" } @models) . ')'), 15, 'all trained three times');
is(answer($node, "SELECT string_agg(DISTINCT md5(data), ' ') FROM recal_weights w JOIN recal_versions v USING (model, version) WHERE part = 'item_factors' AND is_current AND model IN (" . join(', ', map { "'$_'" } @models) . ')'),
	answer($node, "SELECT md5(data) FROM recal_weights w JOIN recal_versions v USING (model, version) WHERE part = 'item_factors' AND is_current AND model = 'base'"), 'each to the same weights');
# all at once: each model is trained by one of them, the others say why not
@sessions = map { start_session($node, 'CALL recal_train()') } 1 .. 3;
foreach my $session (@sessions)
{
	my ($status, $out, $err) = finish_session($session);
	like($err, qr/^$|ERROR:  \S+: trainings? of \d+ of \d+ models failed/, 'CALL recal_train() beside others');
}
is(answer($node, "SELECT count(*) FROM recal_versions WHERE status = 'running'"), 0, 'nothing is left running');
is(answer($node, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0, 'no lock is held');

# one that fails does not keep the others from being trained
$model = model_over("$plain AND false");
my $before = answer($node, "SELECT version FROM recal_versions WHERE model = 'view_of' AND is_current");
my (undef, undef, $err) = $node->psql('postgres', 'CALL recal_train()');
like($err, qr/ERROR:  training of 1 of \d+ models failed: "$model"\nDETAIL:.*there are no rows to train.*\nHINT:/s, 'a CALL for all ends with an error that names those that failed');
cmp_ok(answer($node, "SELECT version FROM recal_versions WHERE model = 'view_of' AND is_current"), '>', $before, 'those after them in the order were trained');
$node->stop;

#
# Not enough shared memory: a limit on the size of files counts for /dev/shm too
#
SKIP:
{
	skip 'no prlimit', 4 if !-x '/usr/bin/prlimit';
	my $small = PostgreSQL::Test::Cluster->new('small');
	$small->init(extra => [ '--wal-segsize', '1' ]);
	$small->append_conf('postgresql.conf', "max_parallel_maintenance_workers = 2\nautovacuum = off");
	$small->start;
	answer($small, <<'SQL');
CREATE EXTENSION recal;
CREATE TABLE events AS SELECT DISTINCT u AS user_id, (hashint8(u * 97 + i) & 2047) AS item_id FROM generate_series(1, 6000) u, generate_series(1, 60) i;
CREATE INDEX ON events (user_id);
SELECT recal_create_model('m', 'events', options => '{"factors": 32, "epochs": 12, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');
CALL recal_train('m');
CHECKPOINT;
SQL
	my $roomy = weights_of($small, 'm');
	cmp_ok(answer($small, q(SELECT facts->>'workers' FROM recal_versions WHERE is_current)), '>=', 1, 'with enough shared memory: workers');
	open(my $file, '<', $small->data_dir . '/postmaster.pid') or die;
	chomp(my $postmaster = <$file>);
	close $file;
	PostgreSQL::Test::Utils::system_or_bail('prlimit', '--pid', $postmaster, '--fsize=4194304');
	my (undef, undef, $said) = $small->psql('postgres', "\\set VERBOSITY verbose\nCALL recal_train('m')");
	like($said, qr/WARNING:  53\S+: training without parallel workers, because there is not enough shared memory.*HINT:.*dev\/shm/s, 'with too little: a warning');
	is(answer($small, q(SELECT version || ' ' || (facts->>'workers') FROM recal_versions WHERE is_current)), '2 0', 'and the leader trains alone');
	is(weights_of($small, 'm'), $roomy, 'the same weights');
	$small->stop;
}
done_testing();
