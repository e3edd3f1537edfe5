# pg_cron trains every night: over a connection, and in a background worker.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use RecalTest;
use Test::More;

chomp(my $share = `"$ENV{PG_CONFIG}" --sharedir`);
plan skip_all => 'pg_cron is not installed for this server (Debian: postgresql-NN-cron)'
  unless -f "$share/extension/pg_cron.control";

my $options = q("regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false);

# A server whose cron.job has what the documentation says: one job, one CALL. In
# the second database one of two models cannot be trained.
sub cron_node
{
	my ($name, $setting) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	# a socket directory of its own is where pg_cron would not look by itself
	$setting =~ s/HOST/$node->host/e;
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\nautovacuum = off\n$setting");
	$node->start;
	answer($node, 'CREATE DATABASE shop');
	answer($node, 'CREATE EXTENSION recal', db => $_) foreach 'postgres', 'shop';
	answer($node, 'CREATE EXTENSION pg_cron');
	answer($node, <<"SQL");
CREATE TABLE events AS SELECT DISTINCT u AS user_id, hashint8(u * 97 + i) & 1023 AS item_id FROM generate_series(1, 3000) u, generate_series(1, 20) i;
CREATE INDEX ON events (user_id);
SELECT recal_create_model('good', 'events', options => '{"factors": 64, "epochs": 120, $options}');
SQL
	clicks_of_two_groups($node, 'clicks', 40, 20, db => 'shop');
	answer($node, <<"SQL", db => 'shop');
CREATE VIEW nothing AS SELECT * FROM clicks WHERE false;
SELECT recal_create_model('bad', 'nothing', options => '{$options}');
SELECT recal_create_model('good', 'clicks', options => '{"factors": 4, $options}');
SQL
	answer($node, <<'SQL');
SELECT cron.schedule('recal', '* * * * *', 'CALL recal_train()');
SELECT cron.schedule_in_database('recal in shop', '* * * * *', 'CALL recal_train()', 'shop');
SQL
	return $node;
}

my %nodes = (
	'a connection' => cron_node('connection', "cron.host = 'HOST'"),
	'a background worker' => cron_node('worker', 'cron.use_background_workers = on'));

# the next minute begins on both at once
my %seen;
sleep 60 - time % 60;
wait_until(
	sub {
		foreach my $way (keys %nodes)
		{
			$seen{$way} ||= answer($nodes{$way}, 'SELECT pid FROM recal_progress WHERE epoch BETWEEN 2 AND 119');
		}
		return !grep { !$seen{$_} } keys %nodes;
	},
	90);

foreach my $way (sort keys %nodes)
{
	my $node = $nodes{$way};

	ok($seen{$way}, "$way: other sessions see its progress, so it commits");
	ok(wait_until(sub { answer($node, q(SELECT count(*) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed'))) >= 2 }, 60), "$way: both jobs end")
	  or diag answer($node, 'SELECT * FROM cron.job_run_details');
	# once is enough; a job that is unscheduled while it runs would count as canceled
	answer($node, 'SELECT cron.unschedule(jobname) FROM cron.job');
	is(answer($node, q(SELECT status FROM cron.job_run_details WHERE database = 'postgres' ORDER BY runid LIMIT 1)),
		'succeeded', "$way: pg_cron says that it succeeded");
	# a second run may have come at the turn of the minute, and its version be the current one
	is(answer($node, q(SELECT (SELECT status FROM recal_versions WHERE version = 1), count(*) FROM recal_versions WHERE is_current AND status = 'ready')),
		'ready|1', "$way: there is a version");
	is(answer($node, q(SELECT count(*) FROM recal_recommend(1, 3))), 3, "$way: which serves");

	my ($status, $message) = split /\|/, answer($node, q(SELECT status, replace(return_message, E'\n', ' ') FROM cron.job_run_details WHERE database = 'shop' ORDER BY runid LIMIT 1)), 2;
	is($status, 'failed', "$way: a model that fails makes the job fail");
	like($message, qr/training of 1 of 2 models failed: "bad"/, "$way: with its name");
	is(answer($node, q(SELECT model, status, sqlstate FROM recal_versions WHERE version = 1 ORDER BY model), db => 'shop'), "bad|failed|55000\ngood|ready|",
		"$way: it is recorded, and the other one is trained");
	note $message;
	$node->stop;
}
done_testing();
