# recal_tune finds options that are no worse than the best of a grid, at a
# bounded cost, the same whatever the number of workers, and can be watched and
# cancelled.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(max);
use RecalTest;
use Test::More;
use Time::HiRes qw(time);

my $node = recal_node('tune', 'dynamic_shared_memory_type = mmap', 'max_worker_processes = 8',
	'max_parallel_maintenance_workers = 1');
my $segments = () = shared_segments($node);

make_shop($node, users => 3000, items => 600, events => 60000, seed => 7);
answer($node, <<'SQL');
SELECT recal_create_model('shop', 'shop_events', event_column => 'event', time_column => 'at',
	event_weights => '{"view": 1, "purchase": 5, "dislike": -2, "return": -5}', half_life => '90 days',
	options => '{"regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false, "network": "off", "ranker": "off"}');
SQL

sub ndcg
{
	my ($options) = @_;

	return answer($node, "BEGIN; SELECT recal_alter_model('shop', '$options');
		SELECT value FROM recal_evaluate('shop') WHERE metric = 'ndcg\@10'; ROLLBACK") =~ s/\s+//gr;
}

sub seconds
{
	my ($sql) = @_;
	my $start = time;

	answer($node, $sql);
	return time() - $start;
}

#
# As good as a grid over the two that matter most
#
my %grid;
foreach my $pair (
	[ 3, 0.003 ], [ 1, 0.001 ], [ 1, 0.01 ], [ 0.3, 0.03 ], [ 0.1, 0.01 ], [ 0.03, 0.01 ], [ 0.01, 0.01 ], [ 0.003, 0.03 ],
	[ 1, 0.03 ], [ 0.3, 0.01 ], [ 0.3, 0.003 ], [ 0.1, 0.03 ], [ 0.1, 0.003 ], [ 0.03, 0.03 ], [ 0.01, 0.03 ])
{
	my ($unobserved, $regularization) = @$pair;
	$grid{"$unobserved, $regularization"} = ndcg(qq({"unobserved_weight": $unobserved, "regularization": $regularization}));
}
my $best_of_grid = max values %grid;
my $training = seconds(q(CALL recal_train('shop')));
my $tuning = seconds(q(CREATE TABLE found AS SELECT row_number() OVER () AS place, * FROM recal_tune('shop')));
$training = ($training + seconds(q(CALL recal_train('shop')))) / 2;
my ($found, $options) = split /\|/, answer($node, 'SELECT value, options FROM found WHERE place = 1');
my $present = answer($node, 'SELECT value FROM found WHERE trial = 1');

note sprintf 'NDCG@10: as it was %.4f, best of the grid %.4f, found %.4f with %s', $present, $best_of_grid, $found, $options;
note sprintf '%.2f s, as long as %.1f trainings', $tuning, $tuning / $training;
cmp_ok($found, '>', 1.1 * $present, 'better than the model as it was');
cmp_ok($found, '>', 0.95 * $best_of_grid, 'no worse than the best of a grid');
cmp_ok($tuning, '<', 25 * $training, 'in less time than 25 trainings');
is(answer($node, 'SELECT count(*) FROM found'), 20, 'twenty trials');
cmp_ok(abs(ndcg($options) - $found), '<', 0.002, 'the options found are as good as was said');
cmp_ok(abs(ndcg('{}') - $present), '<', 0.002, 'and so is the model as it is');

# the same by itself, where the model leaves the choice to "auto"
answer($node, q(SELECT recal_alter_model('shop', '{"regularization": "auto", "unobserved_weight": "auto"}')));
my ($auto, $better) = split /\|/, answer($node, q(SELECT max(value) FILTER (WHERE trial = 1), max(value) FROM recal_tune('shop')));
cmp_ok(abs(ndcg('{}') - $auto), '<', 0.002, 'the first trial is what "auto" finds');
cmp_ok($better, '>', 0.97 * $best_of_grid, 'around that, too, no worse than the grid');
note sprintf 'auto %.4f, found %.4f', $auto, $better;

#
# The same whatever the number of workers
#
my $figures = "SELECT string_agg(concat_ws(' ', trial, options, metric, value), ',') FROM recal_tune('shop', 10, NULL, 3)";
my $alone = answer($node, "SET max_parallel_maintenance_workers = 0; $figures");
like($alone, qr/ndcg\@10 0\.\d+/, 'without workers');
foreach my $workers (1, 3)
{
	is(answer($node, "SET max_parallel_maintenance_workers = $workers; $figures"), $alone, "the same with $workers");
}

# a candidate that cannot be solved takes its worker with it; the others go on
my $rows = answer($node, q(SELECT string_agg(trial || ' ' || (value IS NULL)::text, ',' ORDER BY trial)
	FROM recal_tune('shop', 4, '{"regularization": [1e-30, 0.01], "unobserved_weight": [1e-30, 0.1], "half_life": null, "confidence": "linear", "factors": 64}')));
note $rows;
like($rows, qr/true/, 'what cannot be solved is passed over');
like($rows, qr/[2-4] false/, 'and the others are not');

#
# Watched, cancelled, terminated
#
foreach my $how ('cancel', 'terminate')
{
	my $session = start_session($node, q(SELECT count(*) FROM recal_tune('shop', 1000, '{"factors": [128, 256]}')));
	my $pid = session_pid($session);
	my $shown = '';

	ok( wait_until(
			sub {
				$shown = answer($node, "SELECT query FROM pg_stat_activity WHERE pid = $pid");
				return $shown =~ /^recal: tuning "shop": rung 1 of 3, trial \d+\/599$/;
			},
			60), "$how: it shows where it is");
	note $shown;
	my $start = time;
	answer($node, "SELECT pg_${how}_backend($pid)");
	my ($status, undef, $err) = finish_session($session);
	cmp_ok(time() - $start, '<', 2, "$how: it ends soon");
	isnt($status, 0, "$how: with an error");
	ok(wait_until(sub { !workers_of($pid) }, 5), "$how: its workers are gone");
	ok(wait_until(sub { (() = shared_segments($node)) == $segments }, 5), "$how: no shared memory is left");
}
is(answer($node, 'SELECT count(*) FROM recal_versions'), 2, 'no version was made');

$node->stop;
done_testing();
