# A newer release takes over from older ones: its upgrade scripts lead to what it
# makes afresh, and it serves, trains and forgets what they left behind.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Utils;
use RecalTest;
use Test::More;

my $node = recal_node('release');
my $release = answer($node, q(SELECT extversion FROM pg_extension WHERE extname = 'recal'));
my @older = split /\n/, answer($node, qq(SELECT version FROM pg_available_extension_versions WHERE name = 'recal' AND version <> '$release' ORDER BY string_to_array(version, '.')::int[]));
my $tree = "$FindBin::Bin/../..";

#
# One number everywhere
#
like(slurp_file("$tree/META.json"), qr/"version": "\Q$release\E",\n\t"maintainer"/, "META.json is of $release");
like(slurp_file("$tree/META.json"), qr/"file": "sql\/recal--\Q$release\E\.sql",.*"version": "\Q$release\E"/s, 'and provides it');
like(slurp_file("$tree/CHANGELOG.md"), qr/\A# Changes\n\n## \Q$release\E\b/, 'CHANGELOG.md begins with it');
like(slurp_file("$tree/doc/reference.md"), qr/^recal \Q$release\E\. /m, 'the reference is about it');
is_deeply([ sort map { m{recal--([0-9.]+)\.sql$} ? $1 : () } glob "$tree/sql/recal--*.sql" ], [ sort @older, $release ], 'every release can be made');
is_deeply([ sort map { m{recal-([0-9.]+)\.sql$} ? $1 : () } glob "$tree/test/data/recal-*.sql" ], [ sort @older ], 'every older one has left its models');

#
# Updated from an older one, or made afresh: the same catalogs
#
my $made = <<'SQL';
SET search_path = pg_catalog;
WITH ext AS (SELECT * FROM pg_extension WHERE extname = 'recal'),
	member AS (SELECT d.classid, d.objid FROM pg_depend d JOIN ext ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = ext.oid WHERE d.deptype = 'e'),
	func AS (SELECT p.* FROM pg_proc p JOIN member ON classid = 'pg_proc'::regclass AND objid = p.oid),
	rel AS (SELECT c.* FROM pg_class c JOIN member ON classid = 'pg_class'::regclass AND objid = c.oid)
SELECT line FROM (
	SELECT concat_ws(' | ', 'extension', extversion, extrelocatable, extnamespace::regnamespace, extowner::regrole, obj_description(oid),
		(SELECT string_agg(format('%s: %s', o::regclass, c), ', ' ORDER BY n) FROM unnest(extconfig, extcondition) WITH ORDINALITY e(o, c, n))) FROM ext
	UNION ALL
	SELECT concat_ws(' | ', 'member', i.type, i.identity) FROM member, pg_identify_object(classid, objid, 0) i
	UNION ALL
	SELECT concat_ws(' | ', 'function', pg_get_functiondef(oid), proowner::regrole, prosupport, 'grants: ' || proacl::text, obj_description(oid, 'pg_proc')) FROM func
	UNION ALL
	SELECT concat_ws(' | ', 'relation', oid::regclass, relkind, relpersistence, relrowsecurity, relowner::regrole, 'options: ' || reloptions::text, 'grants: ' || relacl::text, obj_description(oid, 'pg_class')) FROM rel
	UNION ALL
	SELECT concat_ws(' | ', 'view', oid::regclass, pg_get_viewdef(oid)) FROM rel WHERE relkind = 'v'
	UNION ALL
	SELECT concat_ws(' | ', 'column', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), 'collation: ' || nullif(attcollation, 0)::regcollation, attnotnull, attstorage, attcompression, attidentity, attgenerated,
			'default: ' || pg_get_expr(adbin, adrelid), 'grants: ' || attacl::text, col_description(attrelid, attnum))
		FROM rel JOIN pg_attribute a ON attrelid = rel.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped
	UNION ALL
	SELECT concat_ws(' | ', 'index', pg_get_indexdef(indexrelid), indisclustered, indisreplident) FROM rel JOIN pg_index ON indrelid = rel.oid
	UNION ALL
	SELECT concat_ws(' | ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid)) FROM rel JOIN pg_constraint ON conrelid = rel.oid
	UNION ALL
	SELECT concat_ws(' | ', 'trigger', pg_get_triggerdef(pg_trigger.oid), tgenabled) FROM rel JOIN pg_trigger ON tgrelid = rel.oid
	UNION ALL
	SELECT concat_ws(' | ', 'first grants', pg_describe_object(classoid, objoid, objsubid), privtype, initprivs) FROM pg_init_privs JOIN member ON classid = classoid AND objid = objoid
) made(line) ORDER BY line COLLATE "C";
SQL

my $fresh = answer($node, $made);
cmp_ok(scalar(() = $fresh =~ /^function \|/mg), '>', 40, 'functions are compared');
cmp_ok(scalar(() = $fresh =~ /^column \|/mg), '>', 40, 'columns are compared');
like($fresh, qr/^trigger \| .*recal_owner_guard.* \| A$/m, 'triggers are compared');
like($fresh, qr/^extension \| .*\brecal_weights: , /m, 'what is dumped is compared');

# each of these has to show
foreach my $change (
	q(COMMENT ON FUNCTION recal_activate(text, int) IS 'something else'),
	q(ALTER FUNCTION recal_activate(text, int) COST 7),
	q(REVOKE EXECUTE ON FUNCTION recal_activate(text, int) FROM PUBLIC),
	q(CREATE OR REPLACE VIEW recal_progress AS TABLE recal_progress LIMIT 1),
	q(REVOKE SELECT ON recal_models FROM PUBLIC),
	q(ALTER TABLE recal_version ADD COLUMN further int),
	q(ALTER TABLE recal_weights ALTER COLUMN data SET STORAGE EXTENDED),
	q(ALTER TABLE recal_model ENABLE TRIGGER recal_owner_guard),
	q(ALTER EXTENSION recal DROP FUNCTION recal_report(text)))
{
	isnt(answer($node, "BEGIN; $change; $made"), $fresh, "differs: $change");
}

foreach my $from (@older)
{
	my $db = 'updated_' . $from =~ tr/./_/r;

	answer($node, "CREATE DATABASE $db");
	answer($node, "CREATE EXTENSION recal VERSION '$from'", db => $db);
	isnt(answer($node, $made, db => $db), $fresh, "$from: not yet");
	answer($node, 'ALTER EXTENSION recal UPDATE', db => $db);
	my $updated = answer($node, $made, db => $db);
	is($updated, $fresh, "$from updated: the same as $release made afresh");
}

#
# Models of older releases (test/data/release.sql)
#

# what is served otherwise than that release served it; equals may change places
my $differs = <<'SQL';
SELECT 'row', s.*, n.score FROM shop.served s FULL JOIN shop.serving n USING (model, what, about, item)
	WHERE s.score IS DISTINCT FROM n.score AND NOT coalesce(abs(s.score - n.score) < 1e-4, false)
		OR s.uncertainty IS DISTINCT FROM n.uncertainty AND NOT coalesce(abs(s.uncertainty - n.uncertainty) < 1e-4, false)
UNION ALL
SELECT 'place', s.*, n.score FROM shop.served s JOIN shop.serving n USING (model, what, about, place)
	WHERE abs(s.score - n.score) >= 1e-4;
SQL
my $kept = <<'SQL';
SELECT 'model', to_jsonb(m) FROM recal_model m ORDER BY name;
SELECT 'version', model, version, status, stamp, facts FROM recal_version ORDER BY model, version;
SELECT 'weights', model, version, part, chunk, md5(data) FROM recal_weights ORDER BY model, version, part, chunk;
SELECT 'answer', to_jsonb(a) FROM recal_answer a ORDER BY model, user_id, item_id;
SQL

answer($node, 'CREATE ROLE alice LOGIN');

sub restore
{
	my ($from, $db) = @_;
	my ($out, $err) = ('', '');
	local %ENV = $node->_get_env();

	my $ok = IPC::Run::run(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$tree/test/data/recal-$from.sql", '-d', $node->connstr($db) ],
		'<', \undef, '>', \$out, '2>', \$err);
	ok($ok, "$db: a dump of $from is restored") or diag $err;
	is(answer($node, 'SELECT count(*) > 300 FROM shop.served', db => $db), 't', "$db: with what it served");
	return;
}

# Life goes on with models that an older release trained.
sub goes_on
{
	my ($db) = @_;
	my %alice = (db => $db, role => 'alice');

	is(answer($node, q(SELECT model, version, status, is_current FROM recal_versions ORDER BY 1, 2), %alice),
		"kinds|1|ready|t\nshop|1|ready|t\nshop|2|ready|f\nstars|1|ready|t\nwords|1|ready|t", "$db: its versions are seen");
	answer($node, q(SELECT recal_activate('shop', 2)), %alice);
	is(answer($node, q(SELECT bool_or(abs(s.score - n.score) > 1e-4) FROM shop.served s JOIN shop.serving n USING (model, what, about, item) WHERE model = 'shop'), %alice),
		't', "$db: its other version can be activated");
	answer($node, q(SELECT recal_activate('shop', 1)), %alice);
	is(answer($node, $differs, %alice), '', "$db: and back");

	answer($node, q(SELECT recal_alter_model('shop', '{"network": "on"}'); CALL recal_train('shop'); CALL recal_train('kinds'); CALL recal_train('stars'); CALL recal_train('words'); CALL recal_train('new')), %alice);
	is(answer($node, q(SELECT model, version, status, facts->'warm_start', facts->'warm_version', facts->'warm_items', facts->'answers' FROM recal_versions WHERE is_current ORDER BY 1), %alice),
		"kinds|2|ready|true|1|36|0\nnew|1|ready|false|0|0|0\nshop|3|ready|true|1|36|2\nstars|2|ready|true|1|36|0\nwords|2|ready|true|1|36|0",
		"$db: training starts from its factors and counts its answers");
	is(answer($node, q(SELECT model, count(*) FROM shop.serving WHERE what = 'page' GROUP BY 1 ORDER BY 1), %alice),
		"kinds|30\nshop|30\nstars|30\nwords|30", "$db: the new versions serve");

	is(answer($node, q(SELECT facts->'network' FROM recal_versions WHERE model = 'shop' AND is_current), %alice), 'true', "$db: one of them with a network");
	is(answer($node, <<'SQL', %alice) =~ tr/\n/ /sr, ' t t', "$db: in one session the new version, the old one and the new again");
CREATE TABLE shop.pages AS SELECT r.* FROM recal_recommend(3, 5, 'shop') r;
SELECT recal_activate('shop', 2);
SELECT array_agg(score ORDER BY rank) <> (SELECT array_agg(score ORDER BY rank) FROM shop.pages) FROM recal_recommend(3, 5, 'shop');
SELECT recal_activate('shop', 3);
SELECT array_agg(item_id ORDER BY rank) = (SELECT array_agg(item_id ORDER BY rank) FROM shop.pages) FROM recal_recommend(3, 5, 'shop');
SQL
	is(answer($node, q(SELECT * FROM recal_forget_user(1, 'shop')), %alice), "answers|2\nids|2\nfactors|2",
		"$db: a person is forgotten in the old version and the new");
	is(answer($node, q(SELECT count(*), min(user_id) FROM recal_answer), db => $db), '1|2', "$db: with their answers");
	answer($node, q(SELECT recal_activate('kinds', 1); SELECT recal_feedback(3, 5, 1, 'kinds'); SELECT recal_drop_model('stars')), %alice);
	is(answer($node, q(SELECT count(*) FROM recal_recommend(3, 5, 'kinds')), %alice), 5, "$db: and used as any other");
	return;
}

foreach my $from (@older)
{
	my $number = $from =~ tr/./_/r;
	my ($restored, $updated) = ("restored_$number", "served_$number");

	# where the new release is
	answer($node, "CREATE DATABASE $restored");
	restore($from, $restored);
	is(answer($node, q(SELECT extversion FROM pg_extension WHERE extname = 'recal'), db => $restored), $release, "$restored: as $release");
	is(answer($node, $made, db => $restored), $fresh, "$restored: with the objects of $release");
	is(answer($node, $differs, db => $restored, role => 'alice'), '', "$restored: serves as $from did");

	# and where it comes later
	answer($node, "CREATE DATABASE $updated");
	answer($node, "CREATE EXTENSION recal VERSION '$from'", db => $updated);
	restore($from, $updated);
	my $before = answer($node, $kept, db => $updated);
	like($before, qr/^weights\|words\|/m, "$updated: has weights");
	is(answer($node, $differs, db => $updated, role => 'alice'), '', "$updated: the library of $release serves it before the update");
	is(answer($node, 'SELECT count(*) > 300 FROM shop.serving; ALTER EXTENSION recal UPDATE; ' . $differs, db => $updated), 't',
		"$updated: and after it, in a session that has it in use");
	is(answer($node, $made, db => $updated), $fresh, "$updated: with the objects of $release, while views stand on them");
	is(answer($node, $kept, db => $updated), $before, "$updated: models, versions, weights and answers are kept");
	is(answer($node, $differs, db => $updated, role => 'alice'), '', "$updated: serves as $from did");

	goes_on($restored);
	goes_on($updated);
}

$node->stop;
done_testing();
