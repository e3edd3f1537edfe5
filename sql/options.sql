-- options: what each takes, and what is said of anything else
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS recal;
DROP SCHEMA IF EXISTS opts CASCADE;
CREATE SCHEMA opts;
CREATE TABLE opts.clicks (user_id int PRIMARY KEY, item_id int, kind text);
SELECT recal_create_model('opt', 'opts.clicks', event_column => 'kind');
RESET client_min_messages;

-- every option that this version has, at the ends of its range
SELECT recal_alter_model('opt', o::jsonb) FROM unnest(ARRAY[
	'{"factors": 1}', '{"factors": 1024}', '{"epochs": 1}', '{"epochs": 500}',
	'{"regularization": 1e-30}', '{"regularization": "auto"}', '{"unobserved_weight": 0.5}', '{"unobserved_weight": "auto"}',
	'{"confidence": "linear"}', '{"confidence": "log"}', '{"confidence": "binary"}',
	'{"network": "auto"}', '{"network": "off"}', '{"hidden": []}', '{"hidden": [1, 8192, 3, 4, 5, 6, 7, 8]}',
	'{"dropout": 0}', '{"dropout": 0.9}', '{"learning_rate": 1e-30}', '{"learning_rate": 1}', '{"batch_size": 16}', '{"batch_size": 8192}',
	'{"network_epochs": 1}', '{"network_epochs": 500}', '{"network_epochs": "auto"}',
	'{"negatives": 0}', '{"negatives": 65536}', '{"negatives": "auto"}', '{"ranker": "auto"}', '{"ranker": "off"}',
	'{"warm_start": true}', '{"warm_start": false}',
	'{"seen_events": []}', '{"seen_events": ["purchase", "return"]}',
	'{"max_history": 1}', '{"max_history": 1000000}',
	'{"no_weight": 0}', '{"no_weight": 0.3}', '{"explore": 0}', '{"explore": 0.1}', '{"sample": "none"}', '{"sample": {"fraction": 0.3}}',
	'{"on_bad_row": "error"}', '{"on_bad_row": "skip"}', '{"keep_versions": 1}', '{"keep_versions": 1000}',
	'{"seed": 9223372036854775807}', '{"seed": -9223372036854775808}', '{"default": false}']) o;
SELECT options FROM recal_models WHERE model = 'opt';

-- null resets
SELECT recal_alter_model('opt', '{"factors": null, "network": null, "ranker": null, "sample": null, "seen_events": null, "hidden": null, "dropout": null, "learning_rate": null, "batch_size": null, "network_epochs": null, "negatives": null}');
SELECT options FROM recal_models WHERE model = 'opt';

-- out of range, of the wrong type: each message names the option and says what is valid
CREATE FUNCTION opts.try(options jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text;
BEGIN
	PERFORM recal_alter_model('opt', options);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', state, message, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT o, opts.try(o::jsonb) FROM unnest(ARRAY[
	'{"factors": 0}', '{"factors": 1025}', '{"factors": 1e400}', '{"factors": 99999999999999999999}', '{"factors": 2.5}', '{"factors": "8"}', '{"factors": true}', '{"factors": [8]}', '{"factors": {}}',
	'{"epochs": 0}', '{"epochs": 501}', '{"epochs": "many"}',
	'{"regularization": 0}', '{"regularization": -1}', '{"regularization": 1e-100}', '{"regularization": 1e300}', '{"regularization": 1e400}', '{"regularization": "NaN"}', '{"regularization": "Auto"}', '{"regularization": true}',
	'{"unobserved_weight": 0}', '{"unobserved_weight": "none"}',
	'{"confidence": "Linear"}', '{"confidence": 1}', '{"confidence": ["log"]}',
	'{"network": "maybe"}', '{"network": true}', '{"network": "on"}', '{"ranker": "maybe"}',
	'{"hidden": [0]}', '{"hidden": [8193]}', '{"hidden": [64.5]}', '{"hidden": ["64"]}', '{"hidden": 64}', '{"hidden": "auto"}', '{"hidden": {}}', '{"hidden": [1, 1, 1, 1, 1, 1, 1, 1, 1]}',
	'{"dropout": -0.1}', '{"dropout": 0.95}', '{"dropout": "auto"}', '{"learning_rate": 0}', '{"learning_rate": 1.5}', '{"learning_rate": 1e-100}', '{"learning_rate": "NaN"}',
	'{"batch_size": 15}', '{"batch_size": 8193}', '{"batch_size": "auto"}', '{"network_epochs": 0}', '{"network_epochs": 501}', '{"network_epochs": "many"}',
	'{"negatives": -1}', '{"negatives": 65537}', '{"negatives": "all"}',
	'{"history_decay": 0}', '{"history_decay": 1.5}', '{"history_decay": "on"}',
	'{"warm_start": 1}', '{"warm_start": "yes"}',
	'{"seen_events": "purchase"}', '{"seen_events": {"purchase": true}}', '{"seen_events": ["purchase", 3]}', '{"seen_events": [null]}',
	'{"max_history": 0}', '{"max_history": 1000001}',
	'{"no_weight": -0.1}', '{"no_weight": "high"}', '{"explore": -1}', '{"explore": 1e9}', '{"sample": 0}', '{"sample": {"fraction": 0}}',
	'{"on_bad_row": "ignore"}', '{"on_bad_row": false}', '{"keep_versions": 0}', '{"keep_versions": 1001}',
	'{"seed": 0.5}', '{"seed": 9223372036854775808}', '{"seed": "random"}', '{"default": "yes"}', '{"default": 1}']) o;

-- what a model without times cannot have
SELECT o, opts.try(o::jsonb) FROM unnest(ARRAY[
	'{"ranker": "on"}']) o;

-- unknown ones, whatever their value
SELECT o, opts.try(o::jsonb) FROM unnest(ARRAY['{"factor": 3}', '{"": null}', '{"FACTORS": 3}']) o;
SELECT opts.try('{"event_column": null, "seen_events": ["purchase"]}');

-- the same at creation
SELECT recal_create_model('x', 'opts.clicks', options => '{"factor": 3}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'opts.clicks', options => '{"factors": 0}');
\echo :SQLSTATE
SELECT recal_create_model('x', 'opts.clicks', options => '{"user_column": "id"}');
SELECT recal_create_model('x', 'opts.clicks', options => '[]');
SELECT recal_create_model('x', 'opts.clicks', options => '"factors"');
\echo :SQLSTATE
SELECT recal_create_model('x', 'opts.clicks', options => '{"seen_events": ["purchase"]}');
SELECT recal_create_model('x', 'opts.clicks', options => ('{"factors": "' || repeat('long', 100) || '"}')::jsonb);
-- NULL and JSON null are the defaults
SELECT recal_create_model('x', 'opts.clicks', options => NULL);
SELECT recal_create_model('y', 'opts.clicks', options => '{"factors": null, "epochs": 3}');
SELECT model, options FROM recal_models WHERE model IN ('x', 'y') ORDER BY model;
SELECT recal_drop_model(model) FROM recal_models WHERE model IN ('opt', 'x', 'y');

SET client_min_messages = warning;
DROP SCHEMA opts CASCADE;
