# How much memory a session that serves takes, with recal.cache_size larger and
# smaller than the models.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;

plan skip_all => 'no /proc' unless -d "/proc/$$";

my $items = 40000;
my $factors = 64;
my $node = recal_node('memory', 'shared_buffers = 64MB', 'max_parallel_maintenance_workers = 1');

# what is the session's alone: shared buffers are no part of it
answer($node, <<"SQL");
CREATE FUNCTION anonymous() RETURNS bigint LANGUAGE sql AS \$\$
	SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'RssAnon:\\s+(\\d+)')::bigint \$\$;
CREATE FUNCTION models() RETURNS bigint LANGUAGE sql AS \$\$
	SELECT coalesce(sum(total_bytes)::bigint / 1024, 0) FROM pg_backend_memory_contexts WHERE name = 'recal model' \$\$;
CREATE PROCEDURE serve(models text[], n int) LANGUAGE plpgsql AS \$\$
BEGIN
	FOR i IN 1..n LOOP
		PERFORM count(*) FROM recal_recommend(i, 10, models[1 + i % cardinality(models)]);
		PERFORM recal_score(i, i, models[1 + i % cardinality(models)]);
		COMMIT;
	END LOOP;
END \$\$;
CREATE TABLE events AS SELECT DISTINCT u AS user_id, (hashint8(u * 97 + i) & 1048575) % $items AS item_id FROM generate_series(1, 20000) u, generate_series(1, 12) i;
INSERT INTO events SELECT 1 + i % 20000, i FROM generate_series(0, $items - 1) i;
CREATE INDEX ON events (user_id);
ANALYZE events;
SELECT recal_create_model(m, 'events', options => '{"factors": $factors, "epochs": 1, "regularization": 0.01, "unobserved_weight": 0.1}') FROM unnest(ARRAY['a', 'b', 'c']) m;
CALL recal_train();
SQL
is(answer($node, q(SELECT DISTINCT items FROM recal_versions)), $items, 'every item is part of the models');

# serves_with($cache_size, $models): kilobytes before, after the first pages, and
# after many more; private memory and that of the models
sub serves_with
{
	my ($cache_size, $models) = @_;
	my @figures = split /\s+/, answer($node, <<"SQL");
SET client_min_messages = error;
SET recal.cache_size = '$cache_size';
CALL serve('{a}', 0);
SELECT anonymous();
CALL serve('$models', 9);
SELECT anonymous(), models() \\gset
SELECT :anonymous; SELECT :models;
CALL serve('$models', 36);
SELECT anonymous(); SELECT models();
SQL
	my ($before, $after, $kept, $later, $kept_later) = @figures;
	note "cache_size $cache_size, models $models: private $before kB before, $after kB after 9 rounds, $later kB after 45; models $kept kB, then $kept_later kB";
	return ($after - $before, $kept, $later - $after, $kept_later);
}

# what the documentation says of one model: 4·d + 4 bytes an item, and its id
my $model = $items * (4 * $factors + 4 + 8) / 1024;
my ($grown, $kept, $later, $kept_later) = serves_with('256MB', '{a}');
cmp_ok($kept, '>', 0.95 * $model, 'a model in the cache takes what the documentation says');
cmp_ok($kept, '<', 1.10 * $model, 'and not more');
cmp_ok($grown, '<', $kept + 4096, 'beside it a session takes little');
cmp_ok($later, '<', 1024, 'and serving on takes no more');

foreach my $case ([ '256MB', '{a,b,c}', 3.3 * $model ], [ '25MB', '{a,b,c}', 25 * 1024 ], [ '16MB', '{a,b}', 16 * 1024 ])
{
	my ($cache_size, $models, $bound) = @$case;

	($grown, $kept, $later, $kept_later) = serves_with($cache_size, $models);
	cmp_ok($kept, '<=', $bound, "$cache_size, $models: the models keep to it");
	cmp_ok($kept_later, '<=', $bound, "$cache_size, $models: later too");
	cmp_ok($kept, '>', 0.95 * $model, "$cache_size, $models: what fits is kept");
	# one more is loaded, from chunks of 8 MB, before another goes
	cmp_ok($grown, '<', $bound + $model + 8192 + 4096, "$cache_size, $models: and so does the session");
	cmp_ok($later, '<', $model + 2048, "$cache_size, $models: serving on takes no more");
}

# smaller than one model: ids and one block of at most 8 MB, however many models
foreach my $models ('{a}', '{a,b,c}')
{
	($grown, $kept, $later, $kept_later) = serves_with('4MB', $models);
	cmp_ok($kept, '<', 9 * 1024 + $items * 12 / 1024, "4MB, $models: one block at a time");
	cmp_ok($kept_later, '<', 9 * 1024 + $items * 12 / 1024, "4MB, $models: later too");
	cmp_ok($grown, '<', 2 * (9 * 1024 + $items * 12 / 1024) + 4096, "4MB, $models: the session stays small");
	cmp_ok($later, '<', 2048, "4MB, $models: serving on takes no more");
}
my $pages = q(SELECT u, r.* FROM generate_series(1, 5) u, recal_recommend(u, 10, 'b') r);
is(answer($node, "SET client_min_messages = error; SET recal.cache_size = '4MB'; $pages"), answer($node, $pages), 'block by block: the same pages');

$node->stop;
done_testing();
