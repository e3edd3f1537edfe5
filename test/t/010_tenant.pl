# Tenants of one table: each with a view and a model, by grants alone and under
# row-level security.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;

my $node = recal_node('tenant');
my $options = q(options => '{"factors": 4, "epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');

# north: users 1 to 40, items 1 to 20; south: users 101 to 140, items 101 to 120
answer($node, <<'SQL');
CREATE ROLE shop LOGIN;
CREATE ROLE north_app LOGIN;
CREATE ROLE south_app LOGIN;
GRANT CREATE ON SCHEMA public TO shop;
SQL
answer($node, <<"SQL", role => 'shop');
CREATE TABLE all_events AS
	SELECT tenant, u + shift AS user_id, i + shift AS item_id, timestamptz '2026-01-01' + make_interval(hours => u * i) AS at
	FROM (VALUES ('north', 0), ('south', 100)) t(tenant, shift), generate_series(1, 40) u, generate_series(1, 20) i
	WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
CREATE INDEX ON all_events (user_id, at);
CREATE VIEW north_events WITH (security_barrier) AS SELECT user_id, item_id, at FROM all_events WHERE tenant = 'north';
CREATE VIEW south_events WITH (security_barrier) AS SELECT user_id, item_id, at FROM all_events WHERE tenant = 'south';
GRANT SELECT ON north_events TO north_app;
GRANT SELECT ON south_events TO south_app;
SELECT recal_create_model('north', 'north_events', time_column => 'at', $options);
SELECT recal_create_model('south', 'south_events', time_column => 'at', $options);
CALL recal_train();
SQL
is(answer($node, 'SELECT model, rows_read, users, items FROM recal_versions ORDER BY model'), "north|320|40|20\nsouth|320|40|20", 'each model has learnt from its tenant alone');

# asks(MODEL): what can be asked of a model about users and items of the south
sub asks
{
	my ($model) = @_;

	return (
		"SELECT * FROM recal_recommend(102, 3, '$model')",
		"SELECT * FROM recal_recommend(102, 3, ARRAY[101, 102, 103], '$model')",
		"SELECT * FROM recal_recommend(NULL::bigint, 3, '$model')",
		"SELECT * FROM recal_recommend_as(NULL::int, 102, 3, '$model')",
		"SELECT * FROM recal_recommend_for_items(ARRAY[102], 3, '$model')",
		"SELECT recal_score(102, 102, '$model')",
		"SELECT * FROM recal_similar_items(102, 3, '$model')",
		"SELECT recal_item_factor(102, '$model')",
		"SELECT recal_user_factor(102, '$model')",
		"SELECT * FROM recal_explain(102, 102, '$model')",
		"SELECT recal_feedback(102, 102, 1, '$model')",
		"SELECT * FROM recal_recommend_all(3, '$model')",
		"SELECT * FROM recal_recommend_all_for(ARRAY[102], NULL::int[], 3, '$model')",
		"SELECT * FROM recal_evaluate('$model', 3, 'random')", "SELECT * FROM recal_tune('$model', 2)",
		"SELECT recal_report('$model')");
}

sub closed_to_north
{
	my ($name, $model, $pattern) = @_;

	refused($node, $_, '42501', $pattern, "$name: $_", role => 'north_app') foreach asks($model);
	refused($node, "CALL recal_train('$model')", '42501', qr/must be owner of model "$model"/, "$name: no training", role => 'north_app');
	refused($node, "SELECT * FROM recal_forget_user(102, '$model')", '42501', qr/must be owner of model "$model"/, "$name: no forgetting", role => 'north_app');
	refused($node, "SELECT recal_drop_model('$model')", '42501', qr/must be owner of model "$model"/, "$name: no dropping", role => 'north_app');
	return;
}

#
# Views with their owner's rights
#
my %north = (role => 'north_app');
is(answer($node, 'SELECT model FROM recal_models', %north), 'north', 'a tenant sees its own model');
is(answer($node, 'SELECT DISTINCT model FROM recal_versions', %north), 'north', 'and its versions');
closed_to_north('another tenant\'s model', 'south', qr/permission denied for view south_events/);
refused($node, 'SELECT * FROM all_events', '42501', qr/permission denied for table all_events/, 'nor is the table open', %north);

is(answer($node, q(SELECT count(*), max(item_id), min(source), max(source) FROM generate_series(1, 40) u, recal_recommend(u, 5, 'north')), %north), '200|20|personal|personal', 'its users get its items');
is(answer($node, q(SELECT min(user_id), max(user_id), max(item_id) FROM recal_recommend_all(3, 'north')), %north), '1|40|20', 'pages of all are those of its users');
is(answer($node, q(SELECT count(*) > 3 FROM recal_evaluate('north', 5, 'random')), %north), 't', 'its model can be evaluated');
is(answer($node, q(SELECT source, max(item_id) <= 20 FROM recal_recommend(102, 5, 'north') GROUP BY source), %north), 'cold|t', 'a user of another tenant is a stranger to its model');
is(answer($node, q(SELECT recal_score(2, 102, 'north') IS NULL), %north), 't', 'and an item of another is unknown to it');
answer($node, q(SELECT recal_feedback(2, 7, 1, 'north'), recal_feedback(902, 6, 1, 'north')), %north);
is(answer($node, q(SELECT DISTINCT source FROM recal_recommend(902, 3, 'north')), %north), 'personal', 'its answers count');
is(answer($node, q(SELECT DISTINCT source FROM recal_recommend(902, 3, 'south')), role => 'south_app'), 'cold', 'and for no other tenant');

#
# Under row-level security: the policies hold below views that ask for the caller's rights
#
answer($node, <<"SQL", role => 'shop');
ALTER TABLE all_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenants ON all_events FOR SELECT TO north_app, south_app USING (tenant || '_app' = current_user);
GRANT SELECT ON all_events TO north_app, south_app;
CREATE VIEW north_asked WITH (security_invoker) AS SELECT user_id, item_id, at FROM all_events WHERE tenant = 'north';
CREATE VIEW south_asked WITH (security_invoker) AS SELECT user_id, item_id, at FROM all_events WHERE tenant = 'south';
GRANT SELECT ON north_asked TO north_app;
GRANT SELECT ON south_asked TO south_app;
SELECT recal_create_model('north_asked', 'north_asked', time_column => 'at', $options);
SELECT recal_create_model('south_asked', 'south_asked', time_column => 'at', $options);
SELECT recal_create_model('shared', 'all_events', time_column => 'at', $options);
CALL recal_train();
SQL
is(answer($node, q(SELECT string_agg(model || ' ' || rows_read || ' ' || row_security, ', ' ORDER BY model) FROM recal_versions WHERE is_current)),
	'north 320 false, north_asked 320 false, shared 640 false, south 320 false, south_asked 320 false', 'the table\'s owner trains on all rows of each');
is(answer($node, 'SELECT string_agg(model, \' \' ORDER BY model) FROM recal_models', %north), 'north north_asked shared', 'a tenant sees its own models and the shared one');
closed_to_north('under policies', 'south_asked', qr/permission denied for view south_asked/);

is(answer($node, q(SELECT count(*), max(item_id), min(source), max(source) FROM generate_series(1, 40) u, recal_recommend(u, 5, 'north_asked')), %north), '200|20|personal|personal', 'under policies: its users get its items');
is(answer($node, q(SELECT count(*) > 1 FROM recal_explain(2, 4, 'north_asked')), %north), 't', 'and reasons');
is(answer($node, q(SELECT cardinality(recal_user_factor(2, 'north_asked')) > 3), %north), 't', 'and their vectors');
answer($node, q(SELECT recal_feedback(2, 9, 0, 'north_asked')), %north);

# what would give out other people's ids, vectors or reasons, or speak for them
foreach my $model ('north_asked', 'shared')
{
	my $denied = qr/row-level security/i;

	refused($node, $_, '42501', $denied, "under policies: $_", %north)
	  foreach ("SELECT * FROM recal_evaluate('$model', 3)", "SELECT * FROM recal_tune('$model', 2)",
		"SELECT recal_report('$model')", "SELECT * FROM recal_recommend_all(3, '$model')",
		"SELECT * FROM recal_recommend_all_for(NULL::int[], NULL::int[], 3, '$model')",
		"SELECT recal_user_factor(102, '$model')", "SELECT * FROM recal_explain(102, 4, '$model')",
		"SELECT recal_feedback(102, 4, 1, '$model')");
	is(answer($node, "SELECT DISTINCT source FROM recal_recommend(102, 3, '$model')", %north), 'cold', "$model: users of another tenant are strangers");
	is(answer($node, "SELECT recal_score(102, 4, '$model') = recal_score(-1, 4, '$model')", %north), 't', "$model: in their scores too");
	is(answer($node, "SELECT string_agg(DISTINCT source, ' ') FROM recal_recommend(2, 3, '$model')", %north), 'personal', "$model: own users are not");
	is(answer($node, "SELECT min(user_id), max(user_id) FROM recal_recommend_all_for(ARRAY[2, 4], NULL::int[], 3, '$model')", %north), '2|4', "$model: pages of own users");
	is(answer($node, "SELECT item_id FROM recal_recommend_all_for(ARRAY[102], NULL::int[], 3, '$model') ORDER BY rank", %north),
		answer($node, "SELECT item_id FROM recal_recommend(-1, 3, '$model') ORDER BY rank", %north), "$model: and for others that of a stranger");
}
isnt(answer($node, q(SELECT recal_score(102, 104, 'shared') = recal_score(-1, 104, 'shared'))), 't', 'who sees all rows sees their scores');
# which is why the documentation wants a model for each tenant
is(answer($node, q(SELECT count(*) > 0 FROM recal_recommend_as(NULL::int, 2, 40, 'shared') WHERE item_id > 100), %north), 't', 'a shared model\'s items are not filtered');
is(answer($node, q(SELECT count(*) FROM recal_recommend_as(NULL::int, 2, 40, 'north_asked') WHERE item_id > 100), %north), 0, 'those of a tenant\'s own model need not be');
# a policy that changes counts at once
answer($node, q(ALTER POLICY tenants ON all_events USING (tenant || '_app' = current_user AND user_id <> 2)), role => 'shop');
is(answer($node, q(SELECT DISTINCT source FROM recal_recommend(2, 3, 'north_asked', false)), %north), 'cold', 'a changed policy counts at once');

$node->stop;
done_testing();
