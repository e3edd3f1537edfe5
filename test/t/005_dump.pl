# Models travel with pg_dump, whoever dumps and restores.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Utils;
use RecalTest;
use Test::More;

my $node = recal_node('dump');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $options = q("factors": 4, "epochs": 2, "regularization": 0.01, "unobserved_weight": 0.1);

# Dumps a database and restores it into a new one; gives what restoring said.
sub travel
{
	my ($from, $to, %how) = @_;
	my $format = $how{format} // 'plain';
	my @role = $how{role} ? ('-U', $how{role}) : ();
	my $file = "$dir/$to.$format";
	my ($out, $err) = ('', '');

	answer($node, "CREATE DATABASE $to" . ($how{role} ? " OWNER $how{role}" : ''));
	$node->command_ok(
		[ 'pg_dump', @role, '--format', $format, '--file', $file, @{ $how{options} // [] }, '-d', $node->connstr($from) ],
		"$to: pg_dump, format $format");
	my @restore =
	  $format eq 'plain'
	  ? ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', @role, '-f', $file, '-d', $node->connstr($to))
	  : ('pg_restore', '--exit-on-error', @role, '-j', 2, '-d', $node->connstr($to), $file);
	local %ENV = $node->_get_env();
	my $ok = IPC::Run::run(\@restore, '<', \undef, '>', \$out, '2>', \$err);
	ok($ok, "$to: restore") or diag $err;
	return $err;
}

# what users, owners and the extension see of a database's models
my $same = <<'SQL';
SELECT 'model', m.model, m.owner, m.is_default, m.current_version, m.trained_at, m.events, m.items, m.options, m.created_at FROM recal_models m ORDER BY m.model;
SELECT 'version', model, version, is_current, status, started_at, finished_at, as_of, rows_read, users, items, loss, metrics, timings, bytes, facts, definition, sqlstate, message FROM recal_versions ORDER BY model, version;
SELECT 'page', m.model, u, rank, item_id, score, uncertainty, source FROM recal_models m, generate_series(1, 5) u, recal_recommend(u, 4, m.model) WHERE current_version > 0 ORDER BY 2, 3, 4;
SELECT 'score', m.model, i, recal_score(1, i, m.model) FROM recal_models m, generate_series(1, 30) i WHERE current_version > 0 ORDER BY 2, 3;
SQL
my $inside = <<'SQL';
SELECT 'weights', md5(string_agg(model || version || part || chunk || md5(data), '' ORDER BY model, version, part, chunk)) FROM recal_weights;
SELECT 'answers', model, user_id, item_id, value, answered_at FROM recal_answer ORDER BY 2, 3, 4;
SELECT 'stamps', md5(string_agg(stamp::text, '' ORDER BY model, version)) FROM recal_version;
SELECT 'numbers', name, last_version FROM recal_model ORDER BY name;
SQL

#
# A superuser's database: several owners, versions, a rollback, a failure
#
answer($node, <<'SQL');
CREATE ROLE alice LOGIN;
CREATE ROLE bob LOGIN;
CREATE ROLE keeper LOGIN;
CREATE DATABASE shop;
SQL
my %shop = (db => 'shop');
answer($node, 'CREATE EXTENSION recal; GRANT CREATE ON SCHEMA public TO alice, bob', %shop);
clicks_of_two_groups($node, 'alices', 60, 40, db => 'shop', role => 'alice');
clicks_of_two_groups($node, 'bobs', 30, 30, db => 'shop', role => 'bob');
answer($node, <<"SQL", db => 'shop', role => 'alice');
SELECT recal_create_model('alice', 'alices', options => '{$options}');
CALL recal_train('alice');
SELECT recal_alter_model('alice', '{"factors": 6}');
CALL recal_train('alice');
SELECT recal_activate('alice', 1);
ALTER TABLE alices ADD COLUMN value real;
UPDATE alices SET value = CASE WHEN user_id = 1 THEN 'NaN'::real ELSE 1 END;
SELECT recal_alter_model('alice', '{"value_column": "value"}');
SQL
refused($node, q(CALL recal_train('alice')), '22003', qr/NaN/, 'a training that fails, to be dumped', db => 'shop', role => 'alice');
answer($node, <<"SQL", db => 'shop', role => 'bob');
SELECT recal_create_model('bob''s "model"', 'bobs', options => '{$options, "default": false}');
CALL recal_train('bob''s "model"');
SELECT recal_create_model('never trained', 'bobs', options => '{$options}');
SQL
answer($node, <<'SQL', %shop);
SELECT recal_alter_model('bob''s "model"', '{"default": true}');
INSERT INTO recal_answer VALUES ('alice', '1', '2', 0.5, '2026-01-01 12:00:00+00'), ('alice', '1', '3', NULL, '2026-01-02 12:00:00+00');
SQL
is(answer($node, q(SELECT model, is_default, current_version FROM recal_models ORDER BY model), %shop),
	qq(alice|f|1\nbob's "model"|t|1\nnever trained|f|), 'what is to be dumped');
my $before = answer($node, $same, %shop);
my $before_inside = answer($node, $inside, %shop);
like($before, qr/^version\|alice\|3\|f\|failed/m, 'with its failed training');

foreach my $format ('plain', 'custom', 'directory')
{
	my $said = travel('shop', "shop_$format", format => $format);
	is(answer($node, $same, db => "shop_$format"), $before, "$format: the same models, versions and pages");
	is(answer($node, $inside, db => "shop_$format"), $before_inside, "$format: the same weights, answers and stamps");
	unlike($said, qr/replaced/, "$format: the guard has nothing to say to a superuser");
}

# and life goes on there
answer($node, q(SELECT recal_alter_model('alice', '{"value_column": null}'); CALL recal_train('alice')), db => 'shop_custom', role => 'alice');
is(answer($node, q(SELECT version, status FROM recal_versions WHERE model = 'alice' AND is_current), db => 'shop_custom'), '4|ready', 'numbers go on after those that were given');
refused($node, q(CALL recal_train('alice')), '42501', qr/must be owner/, 'rights are as before', db => 'shop_custom', role => 'bob');
is(answer($node, q(SELECT count(*) FROM recal_recommend(1, 3)), db => 'shop_plain', role => 'bob'), 3, 'the default model is the same');
# the extension's own objects are restored as the extension makes them
is(answer($node, "SELECT count(*) FROM pg_trigger WHERE tgname = 'recal_owner_guard' AND tgenabled = 'A'", db => 'shop_plain'), 2, 'the guards are there');
is(answer($node, "SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'recal')", db => 'shop_plain'),
	answer($node, "SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'recal')", %shop), 'as many objects');

# dumped and restored again
travel('shop_custom', 'shop_again');
is(answer($node, $same, db => 'shop_again'), answer($node, $same, db => 'shop_custom'), 'a dump of the restored one');

# schema only: no model comes along
travel('shop', 'shop_schema', options => ['--schema-only']);
is(answer($node, 'SELECT (SELECT count(*) FROM recal_models), (SELECT count(*) FROM recal_weights)', db => 'shop_schema'), '0|0', 'schema only: no models');

#
# An owner who is not there
#
answer($node, <<'SQL', db => 'shop_directory');
UPDATE recal_model SET owner = 'gone' WHERE name = 'alice';
UPDATE recal_version SET owner = 'gone' WHERE model = 'alice';
SQL
travel('shop_directory', 'shop_gone');
is(answer($node, q(SELECT owner FROM recal_models WHERE model = 'alice'), db => 'shop_gone'), 'gone', 'an owner who is no role here keeps the model');
is(answer($node, q(SELECT count(*) FROM recal_recommend(1, 3, 'alice')), db => 'shop_gone'), 3, 'which is served');
refused($node, q(CALL recal_train('alice')), '42704', qr/role "gone", the owner of model "alice", does not exist.*A superuser can give/s, 'and not trained', db => 'shop_gone');
answer($node, q(UPDATE recal_model SET owner = 'alice' WHERE name = 'alice'; UPDATE recal_version SET owner = 'alice' WHERE model = 'alice'), db => 'shop_gone');
is(answer($node, q(SELECT count(*) FROM recal_recommend(1, 3, 'alice')), db => 'shop_gone', role => 'alice'), 3, 'until a superuser gives it to somebody');

#
# An owner of the extension who is no superuser
#
answer($node, 'CREATE DATABASE kept OWNER keeper');
answer($node, 'CREATE EXTENSION recal; GRANT CREATE ON SCHEMA public TO alice', db => 'kept', role => 'keeper');
clicks_of_two_groups($node, 'keepers', 40, 20, db => 'kept', role => 'keeper');
answer($node, <<"SQL", db => 'kept', role => 'keeper');
SELECT recal_create_model('keeper', 'keepers', options => '{$options}');
CALL recal_train('keeper');
CALL recal_train('keeper');
SELECT recal_activate('keeper', 1);
SQL
$before = answer($node, $same, db => 'kept', role => 'keeper');
my $said = travel('kept', 'kept_again', role => 'keeper');
unlike($said, qr/replaced/, 'their own models keep their owner');
is(answer($node, $same, db => 'kept_again', role => 'keeper'), $before, 'not a superuser: the same models, versions and pages');
is(answer($node, $inside, db => 'kept_again'), answer($node, $inside, db => 'kept'), 'not a superuser: the same weights');
$said = travel('kept', 'kept_custom', role => 'keeper', format => 'custom');
is(answer($node, $same, db => 'kept_custom', role => 'keeper'), $before, 'not a superuser, custom format: the same');
answer($node, 'CALL recal_train()', db => 'kept_custom', role => 'keeper');

# somebody else's model cannot be kept for them by such a role
clicks_of_two_groups($node, 'alices', 40, 20, db => 'kept', role => 'alice');
answer($node, <<"SQL", db => 'kept', role => 'alice');
GRANT SELECT ON alices TO keeper;
SELECT recal_create_model('alice', 'alices', options => '{$options}');
CALL recal_train('alice');
SQL
my $page = answer($node, q(SELECT * FROM recal_recommend(1, 5, 'alice')), db => 'kept');
$said = travel('kept', 'kept_others', role => 'keeper', options => ['--no-owner', '--no-privileges']);
like($said, qr/WARNING:  owner "alice" in table "recal_model" is replaced by "keeper"/, 'who restores becomes the owner, with a warning');
like($said, qr/WARNING:  owner "alice" in table "recal_version" is replaced by "keeper"/, 'of the versions too');
is(answer($node, q(SELECT owner FROM recal_models ORDER BY model), db => 'kept_others', role => 'keeper'), "keeper\nkeeper", 'and has them all');
is(answer($node, q(SELECT * FROM recal_recommend(1, 5, 'alice')), db => 'kept_others', role => 'keeper'), $page, 'the models serve as before');
answer($node, 'CALL recal_train()', db => 'kept_others', role => 'keeper');
is(answer($node, q(SELECT count(*) FROM recal_models), db => 'kept_others', role => 'alice'), 0, 'who owned it does not any more');

#
# Another schema
#
answer($node, 'CREATE DATABASE elsewhere');
answer($node, 'CREATE SCHEMA "re co"; CREATE EXTENSION recal SCHEMA "re co"', db => 'elsewhere');
clicks_of_two_groups($node, 'clicks', 40, 20, db => 'elsewhere');
answer($node, qq(SELECT "re co".recal_create_model('m', 'clicks', options => '{$options}'); CALL "re co".recal_train()), db => 'elsewhere');
my $elsewhere = 'SET search_path = "re co", public; ' . $same;
travel('elsewhere', 'elsewhere_again');
is(answer($node, $elsewhere, db => 'elsewhere_again'), answer($node, $elsewhere, db => 'elsewhere'), 'in a schema of its own: the same');
is(answer($node, q(CALL "re co".recal_train(); SELECT count(*) FROM "re co".recal_recommend(1, 3)), db => 'elsewhere_again'), 3, 'and it works without that schema in the path');

#
# Nothing to dump
#
answer($node, 'CREATE DATABASE empty');
answer($node, 'CREATE EXTENSION recal', db => 'empty');
travel('empty', 'empty_again');
clicks_of_two_groups($node, 'clicks', 40, 20, db => 'empty_again');
is(answer($node, qq(SELECT recal_create_model('m', 'clicks', options => '{$options}'); CALL recal_train(); SELECT count(*) FROM recal_recommend(1, 3)), db => 'empty_again'), "\n3", 'no models: a first one can be made');

#
# Dropped and made again
#
answer($node, 'CREATE VIEW page AS SELECT * FROM recal_recommend(1, 3)', db => 'empty_again');
refused($node, 'DROP EXTENSION recal', '2BP01', qr/other objects depend on it/, 'what is built on it is not dropped in passing', db => 'empty_again');
is(answer($node, <<"SQL", db => 'empty_again') =~ s/\n+/ /gr, '3 0 f f 3 3', 'dropped and made again, in one session that had it in use');
SELECT count(*) FROM page;
DROP EXTENSION recal CASCADE;
SELECT count(*) FROM pg_class WHERE relname LIKE 'recal%';
SELECT EXISTS (SELECT FROM pg_proc WHERE proname LIKE 'recal%');
CREATE EXTENSION recal;
SELECT recal_create_model('m', 'clicks', options => '{$options}');
SELECT EXISTS (SELECT FROM recal_versions);
DO \$\$ BEGIN PERFORM recal_recommend(1, 3); RAISE 'served'; EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END \$\$;
CALL recal_train();
SELECT count(*) FROM recal_recommend(1, 3);
BEGIN;
DROP EXTENSION recal;
ROLLBACK;
SELECT count(*) FROM recal_recommend(1, 3);
SQL

$node->stop;
done_testing();
