# Behaviour on another server, and in partitions that come and go.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecalTest;
use Test::More;

my $node = recal_node('near', 'max_parallel_maintenance_workers = 1');
my $options = q(options => '{"factors": 4, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');
my $pages = "SELECT u, r.* FROM generate_series(1, 40) u, recal_recommend(u, 5, '%s') r";
my $rows = "SELECT rows_read FROM recal_versions WHERE is_current AND model = '%s'";

sub said { my ($query, @names) = @_; return answer($node, sprintf($query, @names)); }

#
# Partitions by month
#
answer($node, <<"SQL");
CREATE TABLE events (user_id int, item_id int, at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE INDEX ON events (user_id);
CREATE TABLE events_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE events_03 PARTITION OF events FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
INSERT INTO events SELECT u, i, timestamptz '2026-01-01 00:00+00' + make_interval(days => (u * 5 + i * 11) % 90)
FROM generate_series(1, 40) u, generate_series(1, 24) i WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
-- one user and one item that only the first month knows
INSERT INTO events SELECT 500, i, '2026-01-10' FROM generate_series(1, 9, 2) i;
INSERT INTO events SELECT u, 900, '2026-01-11' FROM generate_series(1, 9, 2) u;
SELECT recal_create_model('months', 'events', time_column => 'at', half_life => '60 days', $options);
CALL recal_train();
CREATE VIEW january AS SELECT * FROM events_01;
SQL

# the model of the partitioned table is that of a table with the same rows
sub like_a_table
{
	my ($name) = @_;

	answer($node, <<"SQL");
CREATE TABLE same AS SELECT * FROM events;
CREATE INDEX ON same (user_id);
SELECT recal_create_model('same', 'same', time_column => 'at', half_life => '60 days', $options);
CALL recal_train('same');
SQL
	is(said($rows, 'months'), said('SELECT count(*) FROM events'), "$name: the training reads all of them");
	is(weights_of($node, 'months'), weights_of($node, 'same'), "$name: the weights are those of a table with these rows");
	is(said($pages, 'months'), said($pages, 'same'), "$name: the pages too");
	answer($node, q(SELECT recal_drop_model('same'); DROP TABLE same));
	return;
}
like_a_table('three months');
is(said(q(SELECT DISTINCT source FROM recal_recommend(500, 3, 'months'))), 'personal', 'a user of the first month');
is(said(q(SELECT recal_score(1, 900, 'months') IS NOT NULL)), 't', 'an item of the first month');

# a month goes, in the usual way and concurrently
my $before = said($rows, 'months');
answer($node, 'ALTER TABLE events DETACH PARTITION events_01 CONCURRENTLY');
is(said(q(SELECT DISTINCT source FROM recal_recommend(500, 3, 'months'))), 'cold', 'detached: who has rows only there is a stranger at once');
is(said(q(SELECT recal_score(1, 900, 'months') IS NOT NULL)), 't', 'detached: its items stay until the next training');
is(said($rows, 'months'), $before, 'detached: the version is that of before');
answer($node, 'CALL recal_train()');
like_a_table('without the first month');
is(said(q(SELECT recal_score(1, 900, 'months') IS NULL)), 't', 'trained without it: its items are gone');

# and a new one comes
answer($node, <<'SQL');
CREATE TABLE events_04 (LIKE events);
INSERT INTO events_04 SELECT 600, i, '2026-04-10' FROM generate_series(1, 9, 2) i;
INSERT INTO events_04 SELECT u, 901, '2026-04-11' FROM generate_series(1, 9, 2) u;
SQL
is(said(q(SELECT DISTINCT source FROM recal_recommend(600, 3, 'months'))), 'cold', 'rows of a partition that is not attached do not count');
answer($node, q(ALTER TABLE events ATTACH PARTITION events_04 FOR VALUES FROM ('2026-04-01') TO ('2026-05-01')));
is(said(q(SELECT DISTINCT source FROM recal_recommend(600, 3, 'months'))), 'personal', 'attached: they count at once');
answer($node, 'CALL recal_train()');
like_a_table('with a new month');
is(said(q(SELECT recal_score(1, 901, 'months') IS NOT NULL)), 't', 'trained with it: its items are there');

# while a model is trained its relation is free, except while rows are read
answer($node, q(SELECT recal_alter_model('months', '{"epochs": 500, "factors": 160}')));
my $session = start_session($node, 'CALL recal_train()');
ok(wait_until(sub { said('SELECT count(*) FROM recal_progress WHERE epoch > 0') }, 60), 'a long training');
is((eval { answer($node, q(SET lock_timeout = '2s'; ALTER TABLE events DETACH PARTITION events_02; SELECT count(*) FROM recal_progress)) }) // $@, 1, 'a partition can be detached meanwhile');
is((finish_session($session))[2], '', 'and the training ends well');
answer($node, q(SELECT recal_alter_model('months', '{"epochs": 3, "factors": 4}'); ALTER TABLE events ATTACH PARTITION events_02 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')));

#
# Another server
#
SKIP:
{
	skip 'no postgres_fdw', 1 unless said("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'");

	my $far = PostgreSQL::Test::Cluster->new('far');
	$far->init;
	$far->append_conf('postgresql.conf', 'autovacuum = off');
	$far->start;
	answer($far, 'CREATE ROLE shop LOGIN');
	clicks_of_two_groups($far, 'clicks', 40, 24);
	answer($far, <<'SQL');
GRANT SELECT ON clicks TO shop;
CREATE TABLE archive (user_id int, item_id int, at timestamptz);
INSERT INTO archive SELECT 700, i, '2025-12-10' FROM generate_series(1, 9, 2) i;
GRANT SELECT ON archive TO shop;
SQL
	my ($host, $port) = ($far->host, $far->port);
	answer($node, <<"SQL");
CREATE ROLE shop LOGIN;
CREATE ROLE app LOGIN;
GRANT CREATE ON SCHEMA public TO shop;
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres', connect_timeout '5');
GRANT USAGE ON FOREIGN SERVER far TO shop;
CREATE USER MAPPING FOR shop SERVER far OPTIONS (user 'shop', password_required 'false');
CREATE USER MAPPING FOR CURRENT_USER SERVER far;
SQL
	clicks_of_two_groups($node, 'here', 40, 24);
	answer($node, <<"SQL", role => 'shop');
CREATE FOREIGN TABLE clicks (user_id int, item_id int) SERVER far;
CREATE VIEW clicks_view AS SELECT * FROM clicks;
GRANT SELECT ON clicks, clicks_view TO app;
SELECT recal_create_model('far', 'clicks', $options);
SELECT recal_create_model('view', 'clicks_view', $options);
CALL recal_train();
SQL
	answer($node, "SELECT recal_create_model('here', 'here', $options); CALL recal_train('here')");
	foreach my $model ('far', 'view')
	{
		is(weights_of($node, $model), weights_of($node, 'here'), "$model: the weights of the rows here");
		is((eval { answer($node, sprintf($pages, $model), role => 'shop') }) // $@, said($pages, 'here'), "$model: the pages of the rows here");
	}

	# a page asks the other server for one user's rows, not for all
	my $from = -s $far->logfile;
	said(q(SELECT count(*) FROM recal_recommend(7, 5, 'far')));
	my $log = slurp_file($far->logfile, $from);
	like($log, qr/FROM public\.clicks WHERE \(\(user_id = 7\)\)/, 'the other server looks for the user');
	my @reads = $log =~ /SELECT [^\n]* FROM public\.clicks[^\n]*/g;
	is(scalar(grep { !/WHERE|LIMIT 0|LIMIT 1\b/ } @reads), 0, 'and reads nothing else') or diag join "\n", @reads;

	# who asks needs a way there: a user mapping, or a view of somebody who has one
	refused($node, q(SELECT * FROM recal_recommend(7, 3, 'far')), '42704', qr/user mapping not found for "app"/, 'no user mapping', role => 'app');
	is((eval { answer($node, sprintf($pages, 'view'), role => 'app') }) // $@, said($pages, 'here'), 'through a view its owner\'s counts');

	# what happens there counts here at once
	answer($far, 'INSERT INTO clicks SELECT 600, i FROM generate_series(1, 9, 2) i');
	is(said(q(SELECT DISTINCT source FROM recal_recommend(600, 3, 'far'))), 'personal', 'a new user there counts here');

	# a partition may lie there
	answer($node, q(CREATE FOREIGN TABLE archive PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') SERVER far OPTIONS (table_name 'archive');
		CALL recal_train('months')));
	like_a_table('with a partition on the other server');
	is(said(q(SELECT DISTINCT source FROM recal_recommend(700, 3, 'months'))), 'personal', 'a user of the partition there');

	# the other server goes and comes back
	my $page = said($pages, 'far');
	$far->stop;
	refused($node, q(SELECT * FROM recal_recommend(7, 3, 'far')), '08001', qr/could not connect to server "far"/, 'without the other server: no page, and it says why');
	refused($node, q(CALL recal_train('far')), '08001', qr/could not connect to server "far"/, 'without the other server: no training');
	is(said(q(SELECT version, status, sqlstate FROM recal_versions WHERE model = 'far' ORDER BY version)), "1|ready|\n2|failed|08001", 'which is recorded');
	is(said(q(SELECT recal_item_factor(3, 'here') IS NOT NULL)), 't', 'other models serve');
	$far->start;
	is(said($pages, 'far'), $page, 'when it is back: the same pages');
	answer($node, q(CALL recal_train('far')));
	is(said(q(SELECT version, status FROM recal_versions WHERE model = 'far' AND is_current)), '3|ready', 'and trainings');
	$far->stop;
}
$node->stop;
done_testing();
