# What questions are worth: strategies beside random and popularity on data where
# it is known what there is to learn; cost, a cancel, and what is left behind.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;
use Time::HiRes qw(time);

my $node = recal_node('simulate', 'dynamic_shared_memory_type = mmap', 'max_parallel_maintenance_workers = 0');
my $segments = () = shared_segments($node);

# The metric by strategy and number of questions, mean over two seeds
sub curves
{
	my ($strategies, $model) = @_;
	my %value;

	foreach (split /\n/, answer($node, <<"SQL"))
		SELECT strategy, questions, avg(value) FROM generate_series(1, 2) seed, recal_simulate('$strategies', model => '$model', seed => seed)
		GROUP BY 1, 2
SQL
	{
		my ($strategy, $questions, $value) = split /\|/;
		$value{$strategy}[$questions] = $value;
	}
	note sprintf "%-20s%s", $_, join ' ', map { sprintf '%.4f', $_ } @{ $value{$_} } foreach sort keys %value;
	return \%value;
}

#
# Clicks. Users like a few of twenty sections, most items have few visitors, and
# what is most popular is visited by anybody: it tells nothing.
#
answer($node, <<'SQL');
CREATE FUNCTION chance(key bigint, purpose int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(key, purpose) & 9007199254740991) + 0.5)::float8 / 9007199254740992;
CREATE TABLE visits AS
	SELECT user_id, section * 1000 + place AS item_id
	FROM generate_series(1, 1500) user_id, generate_series(0, 20) section, generate_series(1, 40) place
	WHERE chance(user_id * 1000000 + section * 1000 + place, 1) <
		CASE WHEN section = 0 THEN CASE WHEN place <= 20 THEN 0.2 ELSE 0 END
			WHEN chance(user_id * 1000 + section, 2) < 0.25 THEN 0.9 * exp(-place / 5.0) ELSE 0.003 END;
CREATE INDEX ON visits (user_id);
SELECT recal_create_model('visits', 'visits', options => '{"factors": 24}');
SQL
my $start = time;
my $value = curves('{uncertainty,variance_reduction}', 'visits');
my $seconds = time() - $start;
my %gain = map { $_ => $value->{$_}[10] - $value->{$_}[0] } keys %$value;

cmp_ok($gain{$_}, '>', 3 * $gain{random}, "ten questions by $_ teach three times what random ones do") foreach qw(uncertainty variance_reduction);
cmp_ok($gain{$_}, '>', 1.5 * $gain{popularity}, "and more than those about what is popular") foreach qw(uncertainty variance_reduction);
cmp_ok($gain{uncertainty}, '>', 0.09, 'which is a lot');
cmp_ok($seconds, '<', 60, 'it does not take long');

#
# Ratings that nearly everybody could give
#
$node->command_ok(
	[
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-v', 'users=400', '-v', 'items=120', '-v', 'table=rated',
		'-f', "$FindBin::Bin/../bench/generate-ratings.sql"
	],
	'ratings');
answer($node, q(SELECT recal_create_model('rated', 'rated', value_column => 'rating', objective => 'explicit', options => '{"factors": 8}')));
$value = curves('{variance_reduction,uncertainty}', 'rated');
cmp_ok($value->{$_}[7], '<', $value->{random}[10], "seven questions by $_ teach what ten random ones do") foreach qw(variance_reduction uncertainty);
cmp_ok($value->{variance_reduction}[10], '<', $value->{random}[10] - 0.02, 'and ten more');
cmp_ok(
	answer(
		$node,
		q(SELECT min(answers / (questions * users)::float8) FROM recal_simulate('{variance_reduction}', model => 'rated') WHERE questions > 0)),
	'>', 0.8, 'nine in ten can be answered');

#
# A cancel, at any time
#
my $before = $node->safe_psql('postgres', 'SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE \'recal%\'');
foreach my $milliseconds (1, 30, 150, 400)
{
	$start = time;
	refused($node, "SET statement_timeout = $milliseconds; SELECT * FROM recal_simulate('{variance_reduction,committee,thompson,entropy}', 1000, model => 'visits')",
		'57014', qr/statement timeout/, "cancelled after $milliseconds ms");
	cmp_ok(time() - $start, '<', 5 + $milliseconds / 1000, 'at once');
}
is(scalar(() = shared_segments($node)), $segments, 'no shared memory is left');
is($node->safe_psql('postgres', 'SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE \'recal%\''), $before, 'nothing was stored');

done_testing();
