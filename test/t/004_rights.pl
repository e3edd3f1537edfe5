# Attempts to read, change or act as one must not; each by a session of the role
# itself, not by a superuser who pretends.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use RecalTest;
use Test::More;

my $node = recal_node('rights');
my $options = q(options => '{"factors": 4, "epochs": 2, "regularization": 0.01, "unobserved_weight": 0.1, "warm_start": false}');

# roles of this name see only what PUBLIC may
answer($node, <<'SQL');
CREATE ROLE stranger LOGIN;
CREATE ROLE owner LOGIN;
CREATE ROLE reader LOGIN;
CREATE ROLE columns LOGIN;
CREATE ROLE tenant LOGIN;
CREATE ROLE weak LOGIN;
CREATE SCHEMA shop AUTHORIZATION owner;
GRANT USAGE ON SCHEMA shop TO PUBLIC;
GRANT CREATE ON SCHEMA public TO PUBLIC;
SQL
clicks_of_two_groups($node, 'shop.clicks', 40, 20, role => 'owner');
answer($node, <<"SQL", role => 'owner');
GRANT SELECT ON shop.clicks TO reader, tenant;
GRANT SELECT (user_id) ON shop.clicks TO columns;
SELECT recal_create_model('m', 'shop.clicks', $options);
CALL recal_train('m');
SQL

#
# Every function, by roles that may not read the rows
#
my @serving = (
	q(SELECT * FROM recal_recommend(2, 3, 'm')),
	q(SELECT * FROM recal_recommend('2'::text, 3, 'm')),
	q(SELECT * FROM recal_recommend(NULL::bigint, 3, 'm')),
	q(SELECT * FROM recal_recommend(99999, 3, 'm')),
	q(SELECT * FROM recal_recommend(2, 3, ARRAY[1, 2], 'm')),
	q(SELECT * FROM recal_recommend('2', 3, ARRAY[1, 2], 'm')),
	q(SELECT * FROM recal_recommend(2, 3, ARRAY[]::int[], 'm')),
	q(SELECT * FROM recal_recommend_as(NULL::int, 2, 3, 'm')),
	q(SELECT * FROM recal_recommend_as(NULL::int, '2', 3, 'm')),
	q(SELECT * FROM recal_recommend_for_items(ARRAY[2], 3, 'm')),
	q(SELECT * FROM recal_recommend_for_items(ARRAY[]::int[], 3, 'm')),
	q(SELECT recal_score(2, 2, 'm')),
	q(SELECT recal_score(2, '2', 'm')),
	q(SELECT recal_score('2', 2, 'm')),
	q(SELECT recal_score('2', '2', 'm')),
	q(SELECT * FROM recal_evaluate('m', 3)),
	# by the default mark
	q(SELECT * FROM recal_recommend(2)),
	q(SELECT recal_score(2, 2)),
	q(SET recal.default_model = 'm'; SELECT recal_score(2, 2)));

foreach my $query (@serving)
{
	refused($node, $query, '42501', qr/permission denied for table clicks/, "stranger: $query", role => 'stranger');
	refused($node, $query, '42501', qr/permission denied for table clicks/, "columns: $query", role => 'columns');
	is((eval { answer($node, $query, role => 'reader') }) // $@, answer($node, $query, role => 'owner'), "reader: $query")
	  if $query !~ /evaluate/;
}
my @changing = (
	q(CALL recal_train('m')),
	q(BEGIN; CALL recal_train('m')),
	q(SELECT recal_alter_model('m', '{"factors": 5}')),
	q(SELECT recal_alter_model('m', '{"default": true}')),
	q(SELECT recal_activate('m', 1)),
	q(SELECT recal_forget_user(2, 'm')),
	q(SELECT recal_drop_model('m')));

foreach my $role ('reader', 'stranger')
{
	refused($node, $_, '42501', qr/must be owner of model "m"/, "$role: $_", role => $role) foreach @changing;
}
is(answer($node, "SELECT count(*), max(version) FROM recal_versions"), '1|1', 'nothing of that has left a trace');

# without an argument one trains one's own and nobody else's
is(answer($node, 'CALL recal_train(); SELECT count(*) FROM recal_versions', role => 'reader'), '1', 'recal_train() of a reader trains nothing');
answer($node, "CREATE TABLE own AS SELECT * FROM shop.clicks; SELECT recal_create_model('own', 'own', $options)", role => 'reader');
answer($node, 'CALL recal_train()', role => 'reader');
is(answer($node, "SELECT string_agg(model || version, ',' ORDER BY model, version) FROM recal_versions"), 'm1,own1', 'recal_train() trains one\'s own');
answer($node, 'CALL recal_train()');
is(answer($node, "SELECT string_agg(model || version, ',' ORDER BY model, version) FROM recal_versions"), 'm1,m2,own1,own2', 'a superuser\'s trains all');

# recal's own tables
foreach my $table ('recal_model', 'recal_version', 'recal_weights', 'recal_answer')
{
	refused($node, "SELECT * FROM $table", '42501', qr/permission denied for table $table/, "$table is closed", role => 'owner');
	refused($node, "DELETE FROM $table", '42501', qr/permission denied for table $table/, "$table is closed to writers", role => 'owner');
}
is(answer($node, 'SELECT (SELECT count(*) FROM recal_models), (SELECT count(*) FROM recal_versions)', role => 'stranger'), '0|0', 'a stranger sees no model');
# a function that leaks its arguments does not see through the views
answer($node, <<'SQL', role => 'stranger');
CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN true; END $$;
SQL
my (undef, undef, $err) = $node->psql('postgres', 'SELECT * FROM recal_models WHERE leak(model); SELECT * FROM recal_versions WHERE leak(model)', extra_params => [ '-U', 'stranger' ]);
unlike($err, qr/leaked/, 'a leaky function sees no model that its caller may not use');

#
# Views
#
answer($node, <<"SQL", role => 'owner');
CREATE VIEW shop.all_clicks AS SELECT * FROM shop.clicks;
CREATE VIEW shop.asked WITH (security_invoker) AS SELECT * FROM shop.clicks;
GRANT SELECT ON shop.all_clicks, shop.asked TO PUBLIC;
SELECT recal_create_model('view', 'shop.all_clicks', $options);
SELECT recal_create_model('asked', 'shop.asked', $options);
CALL recal_train();
SQL
is(answer($node, q(SELECT count(*) FROM recal_recommend(2, 3, 'view', false)), role => 'stranger'), '3', 'a view opens what its owner may read');
is(answer($node, q(SELECT count(*) FROM recal_recommend(2, 3, 'asked', false)), role => 'reader'), '3', 'a security_invoker view asks for the caller\'s rights, which suffice');
refused($node, q(SELECT * FROM recal_recommend(2, 3, 'asked', false)), '42501', qr/permission denied for table clicks/, 'or do not', role => 'stranger');
refused($node, q(SELECT recal_score(2, 2, 'asked')), '42501', qr/permission denied for table clicks/, 'nor for a score', role => 'stranger');
answer($node, "CREATE VIEW shop.broken AS SELECT * FROM own; GRANT SELECT ON shop.broken TO PUBLIC", role => 'owner');
refused($node, "SELECT recal_create_model('x', 'shop.broken')", '42501', qr/permission denied for table own/, 'a view whose base table its owner may not read', role => 'stranger');
# a right withdrawn counts at once, for plans that were kept too
is((eval { answer($node, <<'SQL') }) // $@, "3", 'rights of now count in a running session');
SET SESSION AUTHORIZATION reader;
SELECT count(*) FROM recal_recommend(2, 3, 'm', false);
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON shop.clicks FROM reader;
SET SESSION AUTHORIZATION reader;
DO $$ BEGIN PERFORM recal_recommend(2, 3, 'm', false); RAISE 'was served'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
DO $$ BEGIN PERFORM recal_score(2, 3, 'm'); RAISE 'was served'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
SQL
answer($node, 'GRANT SELECT ON shop.clicks TO reader');

#
# Row-level security
#
answer($node, <<'SQL', role => 'owner');
ALTER TABLE shop.clicks ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenants ON shop.clicks FOR SELECT TO tenant USING (user_id <= 10);
SQL
is(answer($node, <<'SQL', role => 'tenant'), 'personal|0', 'a tenant is served for users they see');
SELECT max(source), count(*) FILTER (WHERE item_id IN (SELECT item_id FROM shop.clicks WHERE user_id = 2)) FROM recal_recommend(2, 20, 'm')
SQL
is(answer($node, q(SELECT max(source) FROM recal_recommend(12, 20, 'm')), role => 'tenant'), 'cold', 'others are strangers to them');
is(answer($node, q(SELECT recal_score(12, 4, 'm') = recal_score(999, 4, 'm')), role => 'tenant'), 't', 'in their score too');
isnt(answer($node, q(SELECT recal_score(12, 4, 'm') = recal_score(999, 4, 'm'))), 't', 'though they have a history');
refused($node, q(SELECT * FROM recal_evaluate('m', 3)), '42501', qr/row-level security/, 'evaluating would show others\' rows', role => 'tenant');
refused($node, q(SELECT * FROM recal_evaluate('m', 3)), '42501', qr/row-level security/, 'to whom no policy shows a row, too', role => 'reader');
refused($node, q(SET row_security = off; SELECT * FROM recal_recommend(2, 3, 'm')), '42501', qr/row-level security/, 'row_security = off refuses', role => 'tenant');
# through a security_invoker view as well
is(answer($node, q(SELECT max(source) FROM recal_recommend(12, 20, 'asked')), role => 'tenant'), 'cold', 'policies hold below a view');
refused($node, q(SELECT * FROM recal_evaluate('asked', 3)), '42501', qr/row-level security/, 'and for evaluating', role => 'tenant');

my $rows = "SELECT rows_read || ' ' || row_security FROM recal_versions WHERE is_current AND model =";
my $all = answer($node, 'SELECT count(*) FROM shop.clicks');
answer($node, q(CALL recal_train('m')), role => 'owner');
is(answer($node, "$rows 'm'"), "$all false", 'who owns the table trains on all of it');
answer($node, 'ALTER TABLE shop.clicks FORCE ROW LEVEL SECURITY; CREATE POLICY half ON shop.clicks FOR SELECT TO owner USING (user_id <= 20)', role => 'owner');
my $half = answer($node, 'SELECT count(*) FROM shop.clicks WHERE user_id <= 20');
answer($node, q(CALL recal_train('m')), role => 'owner');
is(answer($node, "$rows 'm'"), "$half true", 'an owner under a policy trains on what they see, and the version says so');
answer($node, q(CALL recal_train('m')));
is(answer($node, "$rows 'm'"), "$half true", 'and so does a superuser for them');
answer($node, "SELECT recal_create_model('tenant', 'shop.clicks', $options)", role => 'tenant');
answer($node, q(CALL recal_train('tenant')), role => 'tenant');
is(answer($node, "SELECT users FROM recal_versions WHERE model = 'tenant'"), '10', 'a tenant trains on their own rows');
answer($node, 'ALTER TABLE shop.clicks DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', role => 'owner');

#
# A superuser trains what a weak role has laid out
#
answer($node, 'CREATE SCHEMA trap AUTHORIZATION weak');
answer($node, <<"SQL", role => 'weak');
CREATE TABLE trap.log (what text, result text);
CREATE TABLE trap.later (a int);
CREATE FUNCTION trap.note_later() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	INSERT INTO trap.log VALUES ('deferred trigger', current_user);
	RETURN NULL;
END \$\$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON trap.later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap.note_later();
CREATE FUNCTION trap.attempt(command text) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	EXECUTE command;
	INSERT INTO trap.log VALUES (command, 'done');
EXCEPTION WHEN OTHERS THEN
	INSERT INTO trap.log VALUES (command, SQLSTATE || ' ' || SQLERRM);
END \$\$;
CREATE FUNCTION trap.spring() RETURNS int LANGUAGE plpgsql AS \$\$
BEGIN
	INSERT INTO trap.log VALUES ('user', current_user), ('search_path', current_setting('search_path'));
	PERFORM trap.attempt('CREATE TEMP TABLE pg_class (a int)');
	PERFORM trap.attempt('SET ROLE NONE');
	PERFORM trap.attempt('SET SESSION AUTHORIZATION DEFAULT');
	PERFORM trap.attempt('RESET SESSION AUTHORIZATION');
	PERFORM trap.attempt('ALTER ROLE weak SUPERUSER');
	PERFORM trap.attempt('INSERT INTO trap.later VALUES (1)');
	PERFORM trap.attempt('COPY shop.clicks TO PROGRAM ''cat''');
	PERFORM trap.attempt('SELECT user_id FROM public.own');
	RETURN 1;
END \$\$;
CREATE VIEW trap.events AS SELECT u AS user_id, i AS item_id, CASE WHEN u = 1 AND i = 1 THEN trap.spring() ELSE 1 END AS value
	FROM generate_series(1, 20) u, generate_series(1, 12) i WHERE (u * 7 + i * i) % 5 < 2 OR u = 1;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
SELECT recal_create_model('trap', 'trap.events', value_column => 'value', $options);
SQL

foreach my $call (q(CALL recal_train('trap')), q(CALL recal_train()), q(BEGIN; CALL recal_train('trap'); COMMIT))
{
	answer($node, 'TRUNCATE trap.log');
	(undef, undef, $err) = $node->psql('postgres', $call);
	my $log = answer($node, 'SELECT what, result FROM trap.log ORDER BY ctid');
	like($log, qr/^user\|weak$/m, "$call: code of the weak role runs as the weak role");
	like($log, qr/^search_path\|(pg_catalog, pg_temp|"")$/m, "$call: with a search_path of ours");
	unlike($log, qr/done$/m, "$call: none of its attempts succeeds");
	unlike($log, qr/^deferred trigger/m, "$call: nor later");
	like($log, qr/^CREATE TEMP.*42501 cannot create temporary table within security-restricted operation/m, "$call: no temporary table");
	like($log, qr/^SET ROLE.*42501 cannot set parameter "role" within security-/m, "$call: no other role");
	is(answer($node, "SELECT rolsuper FROM pg_roles WHERE rolname = 'weak'"), 'f', "$call: it is as weak as before");
	note $log;
}
my $who_where = q(SELECT current_user || ' ' || session_user || ' ' || current_setting('search_path'));
is(answer($node, "CALL recal_train('trap'); $who_where"), answer($node, $who_where), 'the caller is who they were');
# also after an error in the restricted part
answer($node, q(CREATE OR REPLACE FUNCTION trap.spring() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'sprung'; END $$), role => 'weak');
is(answer($node, <<"SQL"), answer($node, $who_where), 'after an error as well');
DO \$\$ BEGIN CALL recal_train('trap'); EXCEPTION WHEN raise_exception THEN NULL; END \$\$;
$who_where;
SQL
(undef, my $out) = $node->psql('postgres', "CALL recal_train('trap');\n$who_where", on_error_stop => 0);
is($out, answer($node, $who_where), 'and after one at top level');
answer($node, q(SELECT recal_drop_model('trap')));

#
# Names in the search path that look like those of pg_catalog or recal
#
answer($node, 'CREATE SCHEMA evil AUTHORIZATION weak; GRANT USAGE ON SCHEMA evil TO PUBLIC');
answer($node, <<'SQL', role => 'weak');
DO $$
DECLARE
	t text;
	o text;
BEGIN
	FOREACH t IN ARRAY ARRAY['bigint', 'integer', 'smallint', 'text', 'varchar', 'name', 'oid', 'uuid', 'jsonb', 'float8', 'timestamptz', 'regclass'] LOOP
		EXECUTE format('CREATE FUNCTION evil.same(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS %2$L', t, 'BEGIN RAISE ''hijacked by an operator''; END');
		FOREACH o IN ARRAY ARRAY['=', '<>', '<', '>', '<=', '>='] LOOP
			EXECUTE format('CREATE OPERATOR evil.%2$s (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = evil.same)', t, o);
		END LOOP;
		EXECUTE format('CREATE FUNCTION evil.count(%1$s) RETURNS bigint LANGUAGE plpgsql AS %2$L', t, 'BEGIN RAISE ''hijacked by a function''; END');
		EXECUTE format('CREATE FUNCTION evil.abs(%1$s) RETURNS float8 LANGUAGE plpgsql AS %2$L', t, 'BEGIN RAISE ''hijacked by a function''; END');
	END LOOP;
	FOREACH t IN ARRAY ARRAY['now()', 'quote_ident(text)', 'format_type(oid, integer)', 'row_security_active(text)', 'current_setting(text)', 'set_config(text, text, boolean)', 'jsonb_typeof(jsonb)'] LOOP
		EXECUTE format('CREATE FUNCTION evil.%s RETURNS text LANGUAGE plpgsql AS %L', t, 'BEGIN RAISE ''hijacked by a function''; END');
	END LOOP;
	FOREACH t IN ARRAY ARRAY['pg_class', 'pg_attribute', 'pg_extension', 'pg_namespace', 'pg_locks', 'recal_model', 'recal_version', 'recal_weights', 'recal_answer'] LOOP
		EXECUTE format('CREATE TABLE evil.%I (nothing text)', t);
	END LOOP;
	EXECUTE 'CREATE DOMAIN evil.int8 AS pg_catalog.int8 CHECK (VALUE IS NULL)';
	EXECUTE 'CREATE DOMAIN evil.int4 AS pg_catalog.int4 CHECK (VALUE IS NULL)';
	EXECUTE 'CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE IS NULL)';
	EXECUTE 'CREATE DOMAIN evil.regclass AS pg_catalog.regclass CHECK (VALUE IS NULL)';
END $$;
-- better matches for varchar than what pg_catalog has, in the schema that all have in their path
CREATE FUNCTION public.same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked by an operator'; END $$;
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.same);
CREATE FUNCTION public.same(varchar, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked by an operator'; END $$;
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = public.same);
SQL
refused($node, 'SET search_path = evil, pg_catalog, public; SELECT 1::pg_catalog.int8 = 2::pg_catalog.int8', 'P0001', qr/hijacked/, 'the trap works for who walks into it');
refused($node, q(SELECT 'a'::varchar = 'b'::varchar), 'P0001', qr/hijacked/, 'the other one too');

# the same work by a superuser with the traps in the path, and with tables of these names in pg_temp
answer($node, <<'SQL');
CREATE TABLE words (user_id varchar(10), item_id varchar(10), kind varchar(10), at timestamptz, value numeric);
INSERT INTO words SELECT 'u' || u, 'i' || i, 'view', timestamptz '2026-01-01' + make_interval(hours => u * i), 1
FROM generate_series(1, 20) u, generate_series(1, 12) i WHERE i % 2 = u % 2;
CREATE INDEX ON words (user_id);
CREATE TABLE in_stock AS SELECT DISTINCT item_id FROM words;
SQL
foreach my $path ('"$user", public', 'evil, pg_catalog, public', 'evil, public, pg_catalog, pg_temp', 'pg_temp, evil, pg_catalog, public')
{
	my $got = eval { answer($node, <<"SQL") } // $@;
CREATE TEMP TABLE pg_class (a int);
CREATE TEMP TABLE recal_model (a int);
CREATE TEMP TABLE recal_weights (a int);
CREATE TEMP TABLE words (user_id varchar, item_id varchar);
SET search_path = $path;
SELECT public.recal_create_model('words', 'public.words', event_column => 'kind', value_column => 'value', time_column => 'at', event_weights => '{"view": 2}', half_life => '10 days',
	items => 'public.in_stock', options => '{"factors": 4, "epochs": 2, "seen_events": ["view"]}');
SELECT public.recal_alter_model('words', '{"epochs": 3}');
CALL public.recal_train('words');
CALL public.recal_train('words');
SELECT 'as text', pg_catalog.count(*) FROM public.recal_recommend('u2'::pg_catalog.text, 3, 'words');
SELECT 'within', pg_catalog.count(*) FROM public.recal_recommend('u2'::pg_catalog.text, 3, ARRAY['i1', 'i2', 'i3', 'i4', 'i5']::pg_catalog.text[], 'words', false);
SELECT 'as', pg_catalog.count(*) FROM public.recal_recommend_as(NULL::pg_catalog.varchar, 'u2'::pg_catalog.varchar, 3, 'words', false);
SELECT 'for items', pg_catalog.count(*) FROM public.recal_recommend_for_items(ARRAY['i2']::pg_catalog.varchar[], 3, 'words');
SELECT 'integers', pg_catalog.count(*) FROM public.recal_recommend(2::pg_catalog.int8, 3, 'm', false);
SELECT 'scores', public.recal_score('u2'::pg_catalog.varchar, 'i2'::pg_catalog.varchar, 'words') IS NOT NULL, public.recal_score(2, 2, 'm') IS NOT NULL;
SELECT 'metrics', pg_catalog.count(*) FROM public.recal_evaluate('words', 3);
SELECT 'models', pg_catalog.count(*) FROM public.recal_models WHERE model OPERATOR(pg_catalog.=) 'words'::pg_catalog.text;
SELECT 'versions', pg_catalog.count(*) FROM public.recal_versions WHERE model OPERATOR(pg_catalog.=) 'words'::pg_catalog.text;
SELECT 'progress', pg_catalog.count(*) FROM public.recal_progress;
SELECT public.recal_activate('words', 1);
SELECT public.recal_drop_model('words');
SQL
	$got =~ s/\n+/ /g;
	is($got =~ s/^ +| +$//gr, 'as text|3 within|3 as|3 for items|3 integers|3 scores|t|t metrics|13 models|1 versions|2 progress|0', "search_path $path: recal means what it says")
	  or answer($node, q(SELECT recal_drop_model(model) FROM recal_models WHERE model::text = 'words'::text));
}

#
# Names that are code to who does not quote them
#
my $bad = q(we"ird'; DROP TABLE victim; --);
(my $quoted = $bad) =~ s/"/""/g;
(my $literal = $bad) =~ s/'/''/g;
(my $regclass = $quoted) =~ s/'/''/g;
answer($node, <<"SQL");
CREATE TABLE victim (a int);
CREATE SCHEMA "$quoted";
CREATE TABLE "$quoted"."$quoted" AS SELECT u AS "user $quoted", i AS "item $quoted", 'view'::text AS "event $quoted", 1.5::real AS "value $quoted", now() + make_interval(mins => u * i) AS "time $quoted"
FROM generate_series(1, 20) u, generate_series(1, 10) i WHERE i % 2 = u % 2;
CREATE INDEX ON "$quoted"."$quoted" ("user $quoted");
CREATE TABLE "$quoted"."items $quoted" AS SELECT i AS "id $quoted" FROM generate_series(1, 8) i;
SELECT recal_create_model('$literal', '"$regclass"."$regclass"', 'user $literal', 'item $literal', 'event $literal', 'value $literal', 'time $literal',
	event_weights => '{"view": 2}', half_life => '1 day', items => '"$regclass"."items $regclass"', item_id_column => 'id $literal', options => '{"factors": 3, "seen_events": ["view"]}');
CALL recal_train('$literal');
SQL
is(answer($node, <<"SQL"), '8|4|8|t|4|13', 'every statement over names that need quotes');
SELECT (SELECT count(*) FROM recal_recommend(2, 10, '$literal', false)), (SELECT count(*) FROM recal_recommend(2, 10, '$literal')),
	(SELECT count(*) FROM recal_recommend_for_items(ARRAY[10], 10, '$literal')), recal_score(2, 2, '$literal') IS NOT NULL,
	(SELECT count(*) FROM recal_recommend(2, 10, ARRAY[1, 2, 3, 4, 9, 10], '$literal', false)), (SELECT count(DISTINCT metric) FROM recal_evaluate('$literal'))
SQL
is(answer($node, "SELECT events FROM recal_models WHERE model = '$literal'"), qq("$quoted"."$quoted"), 'the view shows them quoted');
answer($node, "CALL recal_train(); SELECT recal_drop_model('$literal')");
is(answer($node, 'SELECT count(*) FROM victim'), 0, 'the table of the injected DROP is there');
refused($node, "SELECT recal_score(1, 1, '$literal')", '42704', qr/\Q$bad\E/, 'an unknown model is named as it was written');

#
# Who owns the extension and is no superuser
#
answer($node, 'CREATE ROLE extowner LOGIN');
answer($node, 'CREATE DATABASE guarded OWNER extowner');
my %guarded = (db => 'guarded');
my %extowner = (db => 'guarded', role => 'extowner');
answer($node, 'CREATE EXTENSION recal', %extowner);
clicks_of_two_groups($node, 'secret', 20, 10, %guarded);
answer($node, <<"SQL", %guarded);
GRANT CREATE ON SCHEMA public TO owner;
SELECT recal_create_model('super', 'secret', $options);
CALL recal_train('super');
SQL
clicks_of_two_groups($node, 'owners', 20, 10, db => 'guarded', role => 'owner');
answer($node, "SELECT recal_create_model('victim', 'owners', $options); CALL recal_train('victim')", db => 'guarded', role => 'owner');
is(answer($node, 'SELECT count(*) FROM recal_models', %extowner), 0, 'the extension\'s owner uses nobody\'s model');
refused($node, $_, '42501', qr/must be owner of|permission denied/, "extension's owner: $_", %extowner)
  foreach (
	q(CALL recal_train('super')), q(SELECT recal_drop_model('victim')), q(SELECT recal_score(2, 2, 'super')),
	'ALTER TABLE recal_model DISABLE TRIGGER ALL', 'ALTER TABLE recal_version DISABLE TRIGGER recal_owner_guard',
	'DROP TRIGGER recal_owner_guard ON recal_model', 'ALTER TABLE recal_model OWNER TO extowner',
	'SET session_replication_role = replica', 'CREATE RULE r AS ON INSERT TO recal_model DO NOTHING',
	'CREATE TRIGGER z BEFORE INSERT ON recal_model FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'TRUNCATE recal_model', 'CREATE OR REPLACE FUNCTION recal_owner_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$');

# acting for others by hand
sub warns
{
	my ($sql, $name) = @_;
	my (undef, undef, $said) = $node->psql('guarded', $sql, extra_params => [ '-U', 'extowner' ]);
	like($said, qr/WARNING:  owner "[^"]+" in table "[^"]+" is replaced by "extowner"/, $name);
	return;
}
my $plant = q(jsonb_set(definition, '{events}', '{"schema": "public", "name": "secret"}'));
foreach my $who ('postgres', 'owner')
{
	warns("INSERT INTO recal_model (name, owner, definition) SELECT 'planted for $who', '$who', $plant FROM recal_model LIMIT 1", "a model inserted for $who");
	warns("INSERT INTO recal_version (model, version, owner, status, stamp, definition, started_at, updated_at)
		SELECT 'planted for $who', 1, '$who', 'ready', stamp, $plant, started_at, updated_at FROM recal_version LIMIT 1", "a version inserted for $who");
	is(answer($node, "SELECT owner || ' ' || (SELECT owner FROM recal_version WHERE model = name) FROM recal_model WHERE name = 'planted for $who'", %guarded),
		'extowner extowner', 'both belong to who wrote them');
	answer($node, "DELETE FROM recal_version WHERE model = 'planted for $who'", %guarded);
	refused($node, "CALL recal_train('planted for $who')", '42501', qr/permission denied for table secret/, "the model planted for $who reads as its writer", %extowner);
	refused($node, "CALL recal_train('planted for $who')", '42501', qr/permission denied for table secret/, "the model planted for $who reads as its writer for a superuser too", %guarded);
	answer($node, "SELECT recal_drop_model('planted for $who')", %guarded);
}

# a definition changed under a version that others trust
foreach my $model ('super', 'victim')
{
	warns("UPDATE recal_version SET definition = $plant WHERE model = '$model'", "a version of $model changed");
	foreach my $query ("SELECT recal_score(2, 2, '$model')", "SELECT * FROM recal_recommend(2, 3, '$model')", "SELECT recal_activate('$model', 1)")
	{
		refused($node, $query, '42501', qr/not written by the model's owner/, "a planted definition is refused: $query", %guarded);
	}
}
answer($node, q(CALL recal_train()), %guarded);
is(answer($node, q(SELECT recal_score(2, 2, 'super') IS NOT NULL AND recal_score(2, 2, 'victim') IS NOT NULL), %guarded), 't', 'training again helps');

# a model taken over acts for who took it
warns("UPDATE recal_model SET definition = $plant WHERE name = 'victim'", 'a model of the victim changed');
refused($node, "SELECT recal_score(2, 2, 'victim')", '42501', qr/not written by the model's owner/, 'its versions are not served any more', %guarded);
refused($node, "CALL recal_train('victim')", '42501', qr/permission denied for table secret/, 'and it is trained with the rights of who took it', %guarded);
# renaming a row is writing it
warns("UPDATE recal_model SET name = 'renamed' WHERE name = 'super'", 'a model renamed');

$node->stop;
done_testing();
