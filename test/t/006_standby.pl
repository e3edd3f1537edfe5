# A hot standby serves, and says clearly that it cannot train.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use RecalTest;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', 'autovacuum = off');
$primary->start;
answer($primary, 'CREATE EXTENSION recal');
make_shop($primary, users => 1500, items => 400, events => 30000, seed => 5);
answer($primary, <<'SQL');
CREATE VIEW in_stock AS SELECT id AS item_id FROM shop_products WHERE in_stock;
SELECT recal_create_model('shop', 'shop_events', event_column => 'event', time_column => 'at', event_weights => '{"view": 1, "purchase": 5}', half_life => '60 days',
	items => 'in_stock', options => '{"factors": 32, "epochs": 5, "regularization": 0.01, "unobserved_weight": 0.1, "keep_versions": 1, "warm_start": false}');
CALL recal_train('shop');
SQL

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);

my @serving = (
	q(SELECT u, r.* FROM generate_series(1, 30) u, recal_recommend(u, 5) r),
	q(SELECT * FROM recal_recommend('17'::text, 5, 'shop')),
	q(SELECT * FROM recal_recommend(17, 5, ARRAY[1, 2, 3, 40, 50, 60, 70], 'shop', false)),
	q(SELECT * FROM recal_recommend_as(NULL::int, 17, 5)),
	q(SELECT * FROM recal_recommend_for_items(ARRAY[5, 25, 45], 5)),
	q(SELECT i, recal_score(17, i) FROM generate_series(1, 50) i),
	q(SELECT * FROM recal_similar_items(17, 5)),
	q(SELECT recal_item_factor(17), recal_user_factor(17)),
	q(SELECT * FROM recal_recommend_all(3)),
	q(SELECT * FROM recal_explain(17, (SELECT item_id FROM recal_recommend(17, 1)))),
	q(SELECT * FROM recal_models), q(SELECT * FROM recal_versions), q(SELECT * FROM recal_progress));

sub same_pages
{
	my ($name) = @_;

	is(answer($standby, $_), answer($primary, $_), "$name: $_") foreach @serving;
	return;
}
same_pages('standby');
my $page = answer($standby, $serving[0]);
like($page, qr/personal/, 'the pages are personal ones');
is(answer($standby, q(SELECT recal_score(17, 5); SELECT pg_is_in_recovery())) =~ s/.*\n//sr, 't', 'it is a standby');
my $figures = q(SELECT metric, round(value::numeric, 6) FROM recal_evaluate('shop', 10, 'random'));
is(answer($standby, $figures), answer($primary, $figures), 'evaluating stores nothing, so it works too');
my $trials = q(SELECT trial, options, metric, round(value::numeric, 6) FROM recal_tune('shop', 3));
is(answer($standby, $trials), answer($primary, $trials), 'and so does tuning');

# whatever writes
my @writing = (
	[ q(CALL recal_train()), qr/cannot execute CALL recal_train\(\)/ ],
	[ q(CALL recal_train('shop')), qr/cannot execute CALL recal_train\(\)/ ],
	[ q(SELECT recal_create_model('x', 'shop_events')), qr/cannot execute recal_create_model\(\)/ ],
	[ q(SELECT recal_alter_model('shop', '{"factors": 3}')), qr/cannot execute recal_alter_model\(\)/ ],
	[ q(SELECT recal_activate('shop', 1)), qr/cannot execute recal_activate\(\)/ ],
	[ q(SELECT recal_feedback(17, 5, 1)), qr/cannot execute recal_feedback\(\)/ ],
	[ q(SELECT recal_drop_model('shop')), qr/cannot execute recal_drop_model\(\)/ ],
	[ q(SELECT recal_forget_user(17, 'shop')), qr/cannot execute recal_forget_user\(\)/ ]);
refused($standby, $$_[0], '25006', $$_[1], "standby: $$_[0]") foreach @writing;
refused($primary, "BEGIN READ ONLY; $$_[0]", '25006', qr/$$_[1] in a read-only transaction/, "READ ONLY: $$_[0]") foreach @writing;
is(answer($primary, join ';', 'BEGIN READ ONLY', @serving, 'COMMIT'), answer($primary, join ';', @serving), 'serving works in a READ ONLY transaction');
is(answer($primary, join ';', 'SET default_transaction_read_only = on', @serving), answer($primary, join ';', @serving), 'and in a READ ONLY session');

# behaviour of the primary counts on the standby at once
answer($primary, q(INSERT INTO shop_events SELECT 100000, id, 'purchase', NULL, '2026-06-30' FROM shop_products WHERE category = 'photo' ORDER BY id LIMIT 3));
$primary->wait_for_catchup($standby);
is(answer($standby, q(SELECT DISTINCT source FROM recal_recommend(100000, 5))), 'personal', 'a new row of a new user counts at once');

# and so do answers that the primary was given
my $somebody = q(SELECT * FROM recal_recommend(100001, 5));
is(answer($standby, q(SELECT DISTINCT source FROM recal_recommend(100001, 5))), 'cold', 'who has neither rows nor answers');
answer($primary, q(SELECT recal_feedback(100001, id, 1) FROM shop_products WHERE category = 'photo' AND in_stock ORDER BY id LIMIT 3));
answer($primary, q(SELECT recal_feedback(17, item_id, 0) FROM recal_recommend(17, 1)));
$primary->wait_for_catchup($standby);
is(answer($standby, q(SELECT DISTINCT source FROM recal_recommend(100001, 5))), 'personal', 'an answer counts at once');
is(answer($standby, $somebody), answer($primary, $somebody), 'as on the primary');
same_pages('with answers');

# while the primary trains
$page = answer($standby, $serving[0]);
answer($primary, q(SELECT recal_alter_model('shop', '{"epochs": 500, "factors": 96, "seed": 7}')));
my $session = start_session($primary, q(CALL recal_train('shop')));
ok(wait_until(sub { answer($primary, 'SELECT count(*) FROM recal_progress WHERE epoch > 0') }, 60), 'the primary trains');
$primary->wait_for_catchup($standby);
my $different = 0;
foreach (1 .. 10)
{
	$different++ if answer($standby, $serving[0]) ne $page;
}
# an answer given while the model is being trained is no part of that training, and counts all the same
answer($primary, q(SELECT recal_feedback(100002, id, 1) FROM shop_products WHERE category = 'photo' AND in_stock ORDER BY id LIMIT 3));
$primary->wait_for_catchup($standby);
is(answer($standby, q(SELECT DISTINCT source FROM recal_recommend(100002, 5))), 'personal', 'an answer given during a training counts on the standby');
is(answer($primary, 'SELECT count(*) FROM recal_progress'), 1, 'and trains still');
is($different, 0, 'the standby serves the version before');
is(answer($standby, 'SELECT count(*) FROM recal_progress'), 0, 'the lock of a training is the primary\'s alone');
is(answer($standby, q(SELECT version || ' ' || (status = 'ready') FROM recal_versions ORDER BY version DESC LIMIT 1)), '2 false', 'but its row is seen');
answer($primary, q(SELECT pg_cancel_backend(pid) FROM recal_progress));
finish_session($session);

# one session on the standby sees the change of versions, though the one before is gone (keep_versions 1)
answer($primary, q(SELECT recal_alter_model('shop', '{"epochs": 5, "factors": 16, "network": "off", "ranker": "off"}')));
my $reader = start_session($standby, "SELECT md5(string_agg(r::text, '')) FROM generate_series(1, 30) u, recal_recommend(u, 5) r;\n" . "SELECT pg_sleep(0.05);\n" . <<'SQL');
DO $$
BEGIN
	FOR i IN 1..2000 LOOP
		EXIT WHEN (SELECT current_version FROM recal_models) > 2;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
SELECT md5(string_agg(r::text, '')) FROM generate_series(1, 30) u, recal_recommend(u, 5) r;
SQL
answer($primary, q(CALL recal_train('shop')));
$primary->wait_for_catchup($standby);
my ($status, $out, $err) = finish_session($reader);
my @digests = $out =~ /^([0-9a-f]{32})$/mg;
is($err, '', 'no conflict with recovery') or diag $err;
is(scalar @digests, 2, 'two pages were served');
isnt($digests[0], $digests[1], 'the second by the new version') if @digests == 2;
same_pages('after training');
is(answer($primary, q(SELECT (facts->>'answers')::int FROM recal_versions WHERE is_current)), 7, 'the training has read the answers');
is(answer($standby, q(SELECT DISTINCT source FROM recal_recommend(100001, 5))), 'personal', 'and they count still');

# what was the standby trains once it is promoted
$primary->stop;
$standby->promote;
answer($standby, 'CALL recal_train()');
is(answer($standby, q(SELECT count(*) FROM recal_versions WHERE is_current AND status = 'ready')), 1, 'a promoted standby trains');
isnt(answer($standby, $serving[0]), '', 'and serves');
is(answer($standby, q(SELECT recal_feedback(100003, 5, 1); SELECT DISTINCT source FROM recal_recommend(100003, 5))), "\npersonal", 'and takes answers');

$standby->stop;
done_testing();
