# A newer server takes over: from a dump, on the data directory of an older minor
# version, or by pg_upgrade from an older major version. The models, answers and
# pages are the same, bit for bit.
#
# RECAL_OLD_SERVER and RECAL_NEW_SERVER name where the two are installed, each
# with recal; make check-versions does.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecalTest;
use Test::More;

my ($from, $to) = @ENV{ 'RECAL_OLD_SERVER', 'RECAL_NEW_SERVER' };
plan skip_all => 'RECAL_OLD_SERVER and RECAL_NEW_SERVER are not set (make check-versions sets them)'
  unless $from && $to;

sub version_of
{
	my ($server) = @_;
	chomp(my $version = `"$server/bin/postgres" --version`);
	return $version =~ s/^\D*([0-9.]+).*/$1/r;
}

my ($from_version, $to_version) = (version_of($from), version_of($to));
my ($from_major, $to_major) = map { int } ($from_version =~ /^(\d+)/, $to_version =~ /^(\d+)/);
my $dir = PostgreSQL::Test::Utils::tempdir();
note "from $from_version in $from to $to_version in $to";

# pg_upgrade wants clusters made alike; 18 has checksums unless told otherwise
sub server
{
	my ($name, $path, $major) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => $path);

	$node->init(extra => [ '--encoding=UTF8', '--locale=C', $major >= 18 ? '--no-data-checksums' : () ]);
	$node->append_conf('postgresql.conf', "autovacuum = off\nmax_parallel_maintenance_workers = 1");
	return $node;
}

my $old = server('old', $from, $from_major);
$old->start;
like(answer($old, 'SHOW server_version'), qr/^\Q$from_version\E/, 'the older server');

#
# What an application has after a while
#
my %shop = (db => 'shop');
answer($old, 'CREATE ROLE alice LOGIN; CREATE DATABASE shop');
answer($old, 'CREATE EXTENSION recal; GRANT CREATE ON SCHEMA public TO alice', %shop);
answer($old, <<'SQL', db => 'shop', role => 'alice');
CREATE TABLE clicks AS
	SELECT u AS user_id, i AS item_id, CASE WHEN (u + i) % 3 = 0 THEN 'purchase' ELSE 'view' END AS event, timestamptz '2026-01-01 00:00+00' + make_interval(hours => u * i) AS at
	FROM generate_series(1, 60) u, generate_series(1, 40) i WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
CREATE INDEX ON clicks (user_id);
CREATE VIEW events AS SELECT user_id, item_id, event, at FROM clicks WHERE item_id < 38;
CREATE VIEW on_sale AS SELECT DISTINCT item_id FROM clicks WHERE item_id > 4;
CREATE VIEW words AS SELECT 'user ' || user_id AS user_id, md5(item_id::text)::uuid AS item_id FROM clicks;
SELECT recal_create_model('shop', 'events', event_column => 'event', time_column => 'at', event_weights => '{"view": 1, "purchase": 5}', half_life => '60 days',
	items => 'on_sale', options => '{"factors": 8, "epochs": 4}');
SELECT recal_create_model('words', 'words', options => '{"factors": 6, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}');
SELECT recal_create_model('never trained', 'events');
CALL recal_train('shop');
CALL recal_train('words');
SELECT recal_feedback(3, 20, 1, 'shop'), recal_feedback(3, 22, 0, 'shop'), recal_feedback(3, 24, NULL, 'shop'), recal_feedback(777, 8, 1, 'shop');
SELECT recal_feedback('user 3', md5('20')::uuid, 1, 'words');
SELECT recal_alter_model('shop', '{"factors": 5}');
CALL recal_train('shop');
SELECT recal_activate('shop', 1);
SQL

my $same = <<'SQL';
SELECT 'model', m.* FROM recal_models m ORDER BY m.model;
SELECT 'version', v.* FROM recal_versions v ORDER BY model, version;
SELECT 'page', u, rank, item_id, float4send(score), float4send(uncertainty), source FROM generate_series(1, 61) u, recal_recommend(u, 5, 'shop') ORDER BY 2, 3;
SELECT 'page', u, rank, item_id, float4send(score), float4send(uncertainty), source FROM generate_series(1, 20) u, recal_recommend_as(NULL::uuid, 'user ' || u, 5, 'words') ORDER BY 2, 3;
SELECT 'answered', rank, item_id, score, source FROM recal_recommend(777, 5, 'shop') ORDER BY 2;
SELECT 'score', i, float4send(recal_score(3, i, 'shop')) FROM generate_series(1, 40) i ORDER BY 2;
SELECT 'similar', rank, item_id, float4send(similarity) FROM recal_similar_items(7, 5, 'shop') ORDER BY 2;
SELECT 'reason', e.* FROM recal_explain(3, 7, 'shop') e ORDER BY e::text COLLATE "C";
SELECT 'factor', recal_item_factor(7, 'shop'), recal_user_factor(3, 'shop');
SQL
my $inside = <<'SQL';
SELECT 'weights', model, version, part, chunk, md5(data) FROM recal_weights ORDER BY model, version, part, chunk;
SELECT 'answers', a.* FROM recal_answer a ORDER BY a::text COLLATE "C";
SELECT 'stamps', model, version, stamp FROM recal_version ORDER BY 2, 3;
SQL
my $utc = "SET timezone = 'UTC';\n";
my $before = answer($old, $utc . $same, %shop);
my $before_inside = answer($old, $utc . $inside, %shop);
like($before, qr/^page\|3\|1\|.*\|personal$/m, 'the pages to be found again are personal ones');
like($before, qr/^answered\|1\|.*\|personal$/m, 'one of them by an answer alone');
is(() = $before_inside =~ /^answers\|/mg, 5, 'there are answers');

# what must hold on the newer server, which goes on from there
sub taken_over
{
	my ($node, $name, $db) = @_;
	my %here = (db => $db);
	my %alice = (db => $db, role => 'alice');

	like(answer($node, 'SHOW server_version'), qr/^\Q$to_version\E/, "$name: the newer server");
	is(answer($node, $utc . $same, %here), $before, "$name: the same models, versions and pages");
	is(answer($node, $utc . $inside, %here), $before_inside, "$name: the same weights, answers and stamps");
	answer($node, q(INSERT INTO clicks SELECT 500, i, 'view', now() FROM generate_series(7, 25, 6) i), %alice);
	is(answer($node, q(SELECT DISTINCT source FROM recal_recommend(500, 3, 'shop')), %alice), 'personal', "$name: a new row counts");
	answer($node, q(SELECT recal_feedback(778, 8, 1, 'shop')), %alice);
	is(answer($node, q(SELECT DISTINCT source FROM recal_recommend(778, 3, 'shop')), %alice), 'personal', "$name: a new answer counts");
	answer($node, 'CALL recal_train()', %alice);
	is(answer($node, q(SELECT string_agg(model || ' ' || version || ' ' || (facts->>'answers'), ', ' ORDER BY model) FROM recal_versions WHERE is_current), %alice),
		'never trained 1 0, shop 3 4, words 2 1', "$name: training goes on with the next version, and with the answers");
	is(answer($node, q(SELECT recal_activate('shop', 1); SELECT count(*) FROM recal_recommend(3, 5, 'shop')), %alice), "\n5", "$name: the versions of before can be activated");
	return;
}

#
# A dump, written by the newer server's pg_dump
#
my $restored = server('restored', $to, $to_major);
$restored->start;
answer($restored, 'CREATE ROLE alice LOGIN');
foreach my $format ('plain', 'custom')
{
	my $file = "$dir/shop.$format";
	my $db = "shop_$format";

	answer($restored, "CREATE DATABASE $db");
	$restored->command_ok([ "$to/bin/pg_dump", '--format', $format, '--file', $file, '-d', $old->connstr('shop') ], "$format: pg_dump");
	$restored->command_ok(
		$format eq 'plain'
		? [ "$to/bin/psql", '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $restored->connstr($db) ]
		: [ "$to/bin/pg_restore", '--exit-on-error', '-j', 2, '-d', $restored->connstr($db), $file ],
		"$format: restore");
	taken_over($restored, "dump, $format", $db);
}
$restored->stop;

#
# The data directory itself
#
if ($from_major == $to_major)
{
	$old->stop;
	my @server = ("$to/bin/pg_ctl", '-w', '-D', $old->data_dir, '-l', $old->logfile);

	$old->command_ok([ @server, 'start' ], 'the newer minor version starts on the data directory');
	taken_over($old, 'data directory', 'shop');
	$old->command_ok([ @server, '-m', 'fast', 'stop' ], 'and stops');
}
else
{
	my $new = server('new', $to, $to_major);
	my @upgrade = (
		"$to/bin/pg_upgrade", '--no-sync', '-j', 2,
		'-d', $old->data_dir, '-D', $new->data_dir, '-b', "$from/bin", '-B', "$to/bin",
		'-s', $new->host, '-p', $old->port, '-P', $new->port);

	$old->stop;
	chdir $dir or die;
	command_ok([ @upgrade, '--check' ], 'pg_upgrade --check');
	command_ok([@upgrade], 'pg_upgrade');
	$new->start;
	taken_over($new, 'pg_upgrade', 'shop');
	$new->stop;
}
done_testing();
