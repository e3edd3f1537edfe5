-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION recal" to load this file. \quit

/*
 * Tables. They are closed to PUBLIC: C code reads and writes them after its own
 * rights checks, the views below show each role what concerns it. Names of
 * relations and roles are stored as names, because OIDs do not survive a dump.
 */

CREATE TABLE recal_model (
	name text COLLATE "C" NOT NULL,
	owner name NOT NULL,
	definition jsonb NOT NULL,
	is_default boolean NOT NULL DEFAULT false,
	current_version int NOT NULL DEFAULT 0,
	last_version int NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (name)
);
COMMENT ON TABLE recal_model IS
	'One row a model: who owns it, what it reads, its options, its current version. Use recal_create_model and the view recal_models.';

CREATE TABLE recal_version (
	model text COLLATE "C" NOT NULL,
	version int NOT NULL,
	owner name NOT NULL,
	status text COLLATE "C" NOT NULL,
	stamp uuid NOT NULL,
	definition jsonb NOT NULL,
	as_of float8,
	facts jsonb NOT NULL DEFAULT '{}',
	loss float8[],
	metrics jsonb NOT NULL DEFAULT '{}',
	timings jsonb NOT NULL DEFAULT '{}',
	bytes bigint NOT NULL DEFAULT 0,
	phase text COLLATE "C",
	epoch int,
	epochs int,
	fraction float8,
	sqlstate text COLLATE "C",
	message text,
	started_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	finished_at timestamptz,
	PRIMARY KEY (model, version)
);
COMMENT ON TABLE recal_version IS
	'One row a training: the definition used, status, facts, loss, metrics, timings. Use the views recal_versions and recal_progress.';

CREATE TABLE recal_weights (
	model text COLLATE "C" NOT NULL,
	version int NOT NULL,
	part text COLLATE "C" NOT NULL,
	chunk int NOT NULL,
	data bytea NOT NULL,
	PRIMARY KEY (model, version, part, chunk)
);
-- floats do not compress; out of line at once
ALTER TABLE recal_weights ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE recal_weights IS
	'Weights of versions in checked binary chunks.';

CREATE TABLE recal_answer (
	model text COLLATE "C" NOT NULL,
	user_id text COLLATE "C" NOT NULL,
	item_id text COLLATE "C" NOT NULL,
	value real,
	answered_at timestamptz NOT NULL,
	PRIMARY KEY (model, user_id, item_id)
);
COMMENT ON TABLE recal_answer IS
	'Answers to questions; a NULL value means "can''t say".';

REVOKE ALL ON recal_model, recal_version, recal_weights, recal_answer FROM PUBLIC;

-- pg_dump reads these tables, and pg_restore fills them, as the extension's owner
GRANT SELECT, INSERT, UPDATE, DELETE ON recal_model, recal_version, recal_weights, recal_answer TO @extowner@;
SELECT pg_catalog.pg_extension_config_dump('recal_model', '');
SELECT pg_catalog.pg_extension_config_dump('recal_version', '');
SELECT pg_catalog.pg_extension_config_dump('recal_weights', '');
SELECT pg_catalog.pg_extension_config_dump('recal_answer', '');

CREATE FUNCTION recal_owner_guard() RETURNS trigger
	AS 'MODULE_PATHNAME', 'recal_owner_guard' LANGUAGE C;
COMMENT ON FUNCTION recal_owner_guard() IS
	'Trigger: whoever writes a row by hand cannot make it act for a role whose privileges they lack.';

CREATE TRIGGER recal_owner_guard BEFORE INSERT OR UPDATE ON recal_model
	FOR EACH ROW EXECUTE FUNCTION recal_owner_guard();
CREATE TRIGGER recal_owner_guard BEFORE INSERT OR UPDATE ON recal_version
	FOR EACH ROW EXECUTE FUNCTION recal_owner_guard();
ALTER TABLE recal_model ENABLE ALWAYS TRIGGER recal_owner_guard;
ALTER TABLE recal_version ENABLE ALWAYS TRIGGER recal_owner_guard;

/* Define and train */

CREATE FUNCTION recal_create_model(
	model text,
	events regclass,
	user_column name = 'user_id',
	item_column name = 'item_id',
	event_column name = NULL,
	value_column name = NULL,
	time_column name = NULL,
	event_weights jsonb = NULL,
	half_life interval = NULL,
	objective text = 'implicit',
	items regclass = NULL,
	item_id_column name = NULL,
	item_features name[] = NULL,
	users regclass = NULL,
	user_id_column name = NULL,
	user_features name[] = NULL,
	options jsonb = '{}')
	RETURNS void
	AS 'MODULE_PATHNAME', 'recal_create_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION recal_create_model(text, regclass, name, name, name, name, name, jsonb, interval, text, regclass, name, name[], regclass, name, name[], jsonb) IS
	'Declares a model over a table or view of behaviour rows; checks columns, types and options at once.';

CREATE FUNCTION recal_alter_model(model text, options jsonb) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_alter_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION recal_alter_model(text, jsonb) IS
	'Merges options, or arguments of recal_create_model under their names, into a model; null resets one. Acts from the next training.';

CREATE FUNCTION recal_drop_model(model text) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_drop_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION recal_drop_model(text) IS
	'Removes a model with its versions, weights and answers.';

CREATE FUNCTION recal_activate(model text, version int) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_activate' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION recal_activate(text, int) IS
	'Makes a stored version the current one.';

-- no SET clause and not SECURITY DEFINER: either would forbid it to commit its progress
CREATE PROCEDURE recal_train(model text = NULL)
	AS 'MODULE_PATHNAME', 'recal_train' LANGUAGE C;
COMMENT ON PROCEDURE recal_train(text) IS
	'Trains one model, or every model whose owner''s privileges the caller has, and makes the new version current.';

/* What exists */

CREATE FUNCTION recal_usable(owner name, definition jsonb) RETURNS boolean
	AS 'MODULE_PATHNAME', 'recal_usable' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION recal_usable(name, jsonb) IS
	'Whether the current user has the privileges of a model''s owner, or may read its behaviour rows.';

CREATE FUNCTION recal_lock_key(model text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'recal_lock_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION recal_lock_key(text) IS
	'The key under which a model''s lock stands in pg_locks (locktype advisory, objsubid 3).';

CREATE FUNCTION recal_lock_holder(model text) RETURNS int
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	AS $$
	SELECT l.pid FROM pg_catalog.pg_locks l
	WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'
		AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
		AND l.objsubid OPERATOR(pg_catalog.=) 3
		AND l.granted
		AND ((l.classid::pg_catalog.int8 OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) l.objid::pg_catalog.int8) OPERATOR(pg_catalog.=) @extschema@.recal_lock_key(model)
	LIMIT 1
	$$;
COMMENT ON FUNCTION recal_lock_holder(text) IS
	'The process that trains or changes a model now, or NULL.';

CREATE VIEW recal_models WITH (security_barrier) AS
	SELECT m.name AS model,
		m.owner,
		m.is_default,
		NULLIF(m.current_version, 0) AS current_version,
		v.finished_at AS trained_at,
		pg_catalog.format('%I.%I', m.definition OPERATOR(pg_catalog.#>>) '{events,schema}', m.definition OPERATOR(pg_catalog.#>>) '{events,name}') AS events,
		m.definition OPERATOR(pg_catalog.->>) 'user_column' AS user_column,
		m.definition OPERATOR(pg_catalog.->>) 'item_column' AS item_column,
		m.definition OPERATOR(pg_catalog.->>) 'event_column' AS event_column,
		m.definition OPERATOR(pg_catalog.->>) 'value_column' AS value_column,
		m.definition OPERATOR(pg_catalog.->>) 'time_column' AS time_column,
		m.definition OPERATOR(pg_catalog.->) 'event_weights' AS event_weights,
		m.definition OPERATOR(pg_catalog.->>) 'half_life' AS half_life,
		COALESCE(m.definition OPERATOR(pg_catalog.->>) 'objective', 'implicit') AS objective,
		CASE WHEN m.definition OPERATOR(pg_catalog.?) 'items' THEN pg_catalog.format('%I.%I', m.definition OPERATOR(pg_catalog.#>>) '{items,schema}', m.definition OPERATOR(pg_catalog.#>>) '{items,name}') END AS items,
		m.definition OPERATOR(pg_catalog.->) 'options' AS options,
		m.created_at
	FROM @extschema@.recal_model m
	LEFT JOIN @extschema@.recal_version v ON v.model OPERATOR(pg_catalog.=) m.name AND v.version OPERATOR(pg_catalog.=) m.current_version
	WHERE @extschema@.recal_usable(m.owner, m.definition);
COMMENT ON VIEW recal_models IS
	'Models that the current user may use.';

CREATE VIEW recal_versions WITH (security_barrier) AS
	SELECT v.model,
		v.version,
		v.version OPERATOR(pg_catalog.=) m.current_version AS is_current,
		-- a session that was killed could not say so itself; a standby does not know the primary's locks
		CASE WHEN v.status OPERATOR(pg_catalog.=) 'running' AND @extschema@.recal_lock_holder(v.model) IS NULL
			AND NOT pg_catalog.pg_is_in_recovery()
			THEN 'aborted' ELSE v.status END AS status,
		v.started_at,
		v.finished_at,
		CASE WHEN v.as_of OPERATOR(pg_catalog.<) 'infinity'::pg_catalog.float8 THEN pg_catalog.to_timestamp(v.as_of) END AS as_of,
		(v.facts OPERATOR(pg_catalog.->>) 'rows_read')::pg_catalog.int8 AS rows_read,
		(v.facts OPERATOR(pg_catalog.->>) 'rows_skipped')::pg_catalog.int8 AS rows_skipped,
		(v.facts OPERATOR(pg_catalog.->>) 'users')::pg_catalog.int8 AS users,
		(v.facts OPERATOR(pg_catalog.->>) 'items')::pg_catalog.int8 AS items,
		(v.facts OPERATOR(pg_catalog.->>) 'pairs')::pg_catalog.int8 AS pairs,
		(v.facts OPERATOR(pg_catalog.->>) 'row_security')::pg_catalog.bool AS row_security,
		v.loss,
		v.metrics,
		v.timings,
		v.bytes,
		v.facts,
		v.definition,
		v.sqlstate,
		v.message
	FROM @extschema@.recal_version v
	JOIN @extschema@.recal_model m ON m.name OPERATOR(pg_catalog.=) v.model
	WHERE @extschema@.recal_usable(m.owner, m.definition);
COMMENT ON VIEW recal_versions IS
	'What each training produced: rows, loss per epoch, metrics, seconds per phase, bytes, or its error.';

CREATE VIEW recal_progress WITH (security_barrier) AS
	SELECT v.model,
		v.version,
		h.pid,
		v.phase,
		v.epoch,
		v.epochs,
		v.fraction,
		pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) v.started_at AS elapsed,
		CASE WHEN v.fraction OPERATOR(pg_catalog.>) 0 THEN
			(v.updated_at OPERATOR(pg_catalog.-) v.started_at)
			OPERATOR(pg_catalog.*) ((1 OPERATOR(pg_catalog.-) v.fraction) OPERATOR(pg_catalog./) v.fraction) END AS remaining,
		v.started_at,
		v.updated_at
	FROM @extschema@.recal_version v
	JOIN @extschema@.recal_model m ON m.name OPERATOR(pg_catalog.=) v.model
	CROSS JOIN LATERAL (SELECT @extschema@.recal_lock_holder(v.model) AS pid) h
	WHERE v.status OPERATOR(pg_catalog.=) 'running'
		AND h.pid IS NOT NULL
		AND @extschema@.recal_usable(m.owner, m.definition);
COMMENT ON VIEW recal_progress IS
	'Trainings that run now: phase, epoch, fraction done, elapsed and estimated remaining time.';

GRANT SELECT ON recal_models, recal_versions, recal_progress TO PUBLIC;

/* Recommend */

CREATE FUNCTION recal_recommend_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'recal_recommend_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION recal_recommend_support(internal) IS
	'Planner support: k rows, and the cost of scoring a catalogue.';

CREATE FUNCTION recal_recommend(user_id bigint, k int = 10, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id bigint, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend(bigint, int, text, boolean) IS
	'The k best items for a user, best first; never an empty page for lack of history.';

CREATE FUNCTION recal_recommend(user_id text, k int = 10, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id text, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend(text, int, text, boolean) IS
	'The k best items for a user; ids of any type as text.';

CREATE FUNCTION recal_recommend(user_id uuid, k int = 10, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id uuid, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend(uuid, int, text, boolean) IS
	'The k best items for a user, where user and item ids are uuids.';

CREATE FUNCTION recal_recommend(user_id text, k int, candidates anyarray, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id anyelement, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend_candidates' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend(text, int, anyarray, text, boolean) IS
	'The k best items within a set, exactly.';

CREATE FUNCTION recal_recommend(user_id "any", k int, candidates anyarray, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id anyelement, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend_candidates' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend("any", int, anyarray, text, boolean) IS
	'The k best items within a set, exactly.';

CREATE FUNCTION recal_recommend_as(item_type anyelement, user_id text, k int = 10, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id anyelement, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend_as' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend_as(anyelement, text, int, text, boolean) IS
	'recal_recommend where user and item ids differ in type; the first argument (a typed NULL) gives the type of item_id.';

CREATE FUNCTION recal_recommend_as(item_type anyelement, user_id "any", k int = 10, model text = NULL, exclude_seen boolean = true)
	RETURNS TABLE(rank int, item_id anyelement, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend_as' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend_as(anyelement, "any", int, text, boolean) IS
	'recal_recommend where user and item ids differ in type; the first argument (a typed NULL) gives the type of item_id.';

CREATE FUNCTION recal_recommend_for_items(items anyarray, k int = 10, model text = NULL)
	RETURNS TABLE(rank int, item_id anyelement, score real, uncertainty real, source text)
	AS 'MODULE_PATHNAME', 'recal_recommend_for_items' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_recommend_for_items(anyarray, int, text) IS
	'The k best items for an anonymous visitor whose history is the array, newest last.';

CREATE FUNCTION recal_recommend_all(k int = 10, model text = NULL)
	RETURNS TABLE(user_id bigint, rank int, item_id bigint, score real)
	AS 'MODULE_PATHNAME', 'recal_recommend_all' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 100000 COST 1000000;
COMMENT ON FUNCTION recal_recommend_all(int, text) IS
	'The k best items for everybody who has behaviour rows: what recal_recommend gives each of them, in one go.';

CREATE FUNCTION recal_recommend_all_for(users anyarray, items anycompatiblearray, k int = 10, model text = NULL)
	RETURNS TABLE(user_id anyelement, rank int, item_id anycompatible, score real)
	AS 'MODULE_PATHNAME', 'recal_recommend_all_for' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 100000 COST 1000000;
COMMENT ON FUNCTION recal_recommend_all_for(anyarray, anycompatiblearray, int, text) IS
	'recal_recommend_all for ids of other types, or for a part of the users and items; a typed NULL array means all.';

CREATE FUNCTION recal_score(user_id text, item_id text, model text = NULL) RETURNS real
	AS 'MODULE_PATHNAME', 'recal_score' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION recal_score(text, text, text) IS
	'The score of one item for one user; NULL for an item the model does not know.';

CREATE FUNCTION recal_score(user_id text, item_id "any", model text = NULL) RETURNS real
	AS 'MODULE_PATHNAME', 'recal_score' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION recal_score(text, "any", text) IS
	'The score of one item for one user; NULL for an item the model does not know.';

CREATE FUNCTION recal_score(user_id "any", item_id text, model text = NULL) RETURNS real
	AS 'MODULE_PATHNAME', 'recal_score' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION recal_score("any", text, text) IS
	'The score of one item for one user; NULL for an item the model does not know.';

CREATE FUNCTION recal_score(user_id "any", item_id "any", model text = NULL) RETURNS real
	AS 'MODULE_PATHNAME', 'recal_score' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION recal_score("any", "any", text) IS
	'The score of one item for one user; NULL for an item the model does not know.';

/* Learn actively */

CREATE FUNCTION recal_select_uncertain(n int, strategy text = 'uncertainty', threshold real = NULL, model text = NULL, per_user int = NULL)
	RETURNS TABLE(user_id bigint, item_id bigint, score real, uncertainty real, gain real)
	AS 'MODULE_PATHNAME', 'recal_select_uncertain' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 100 COST 1000000;
COMMENT ON FUNCTION recal_select_uncertain(int, text, real, text, int) IS
	'The n pairs of a user and an item about which an answer would teach most, at most per_user (5) of each user; threshold is the least standard deviation of a score that counts.';

CREATE FUNCTION recal_select_uncertain_for(users anyarray, items anycompatiblearray, n int = 10, strategy text = 'uncertainty', threshold real = NULL, model text = NULL, per_user int = NULL)
	RETURNS TABLE(user_id anyelement, item_id anycompatible, score real, uncertainty real, gain real)
	AS 'MODULE_PATHNAME', 'recal_select_uncertain_for' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 10000;
COMMENT ON FUNCTION recal_select_uncertain_for(anyarray, anycompatiblearray, int, text, real, text, int) IS
	'recal_select_uncertain for ids of other types, or for a part of the users and items, known or not; a typed NULL array means all.';

CREATE FUNCTION recal_feedback(user_id text, item_id text, value real, model text = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION recal_feedback(text, text, real, text) IS
	'Stores a user''s answer about an item, from 0 (no) to 1 (yes), or NULL for "can''t say"; the last one counts, at once and in training.';

CREATE FUNCTION recal_feedback(user_id text, item_id "any", value real, model text = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION recal_feedback(text, "any", real, text) IS
	'Stores a user''s answer about an item, from 0 (no) to 1 (yes), or NULL for "can''t say"; the last one counts, at once and in training.';

CREATE FUNCTION recal_feedback(user_id "any", item_id text, value real, model text = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION recal_feedback("any", text, real, text) IS
	'Stores a user''s answer about an item, from 0 (no) to 1 (yes), or NULL for "can''t say"; the last one counts, at once and in training.';

CREATE FUNCTION recal_feedback(user_id "any", item_id "any", value real, model text = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'recal_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION recal_feedback("any", "any", real, text) IS
	'Stores a user''s answer about an item, from 0 (no) to 1 (yes), or NULL for "can''t say"; the last one counts, at once and in training.';

CREATE FUNCTION recal_similar_items(item_id bigint, k int = 10, model text = NULL)
	RETURNS TABLE(rank int, item_id bigint, similarity real)
	AS 'MODULE_PATHNAME', 'recal_similar_items' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_similar_items(bigint, int, text) IS
	'The k items most similar to an item, by the cosine of their vectors.';

CREATE FUNCTION recal_similar_items(item_id text, k int = 10, model text = NULL)
	RETURNS TABLE(rank int, item_id text, similarity real)
	AS 'MODULE_PATHNAME', 'recal_similar_items' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_similar_items(text, int, text) IS
	'The k items most similar to an item; ids of any type as text.';

CREATE FUNCTION recal_similar_items(item_id uuid, k int = 10, model text = NULL)
	RETURNS TABLE(rank int, item_id uuid, similarity real)
	AS 'MODULE_PATHNAME', 'recal_similar_items' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 10 COST 1000 SUPPORT recal_recommend_support;
COMMENT ON FUNCTION recal_similar_items(uuid, int, text) IS
	'The k items most similar to an item, where item ids are uuids.';

CREATE FUNCTION recal_item_factor(item_id text, model text = NULL) RETURNS real[]
	AS 'MODULE_PATHNAME', 'recal_item_factor' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION recal_item_factor(text, text) IS
	'An item''s vector with its bias: the dot product with recal_user_factor is recal_score. NULL for an item the model does not know.';

CREATE FUNCTION recal_item_factor(item_id "any", model text = NULL) RETURNS real[]
	AS 'MODULE_PATHNAME', 'recal_item_factor' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION recal_item_factor("any", text) IS
	'An item''s vector with its bias: the dot product with recal_user_factor is recal_score. NULL for an item the model does not know.';

CREATE FUNCTION recal_user_factor(user_id text, model text = NULL) RETURNS real[]
	AS 'MODULE_PATHNAME', 'recal_user_factor' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000;
COMMENT ON FUNCTION recal_user_factor(text, text) IS
	'A user''s vector as of now, made of their own rows: the dot product with recal_item_factor is recal_score.';

CREATE FUNCTION recal_user_factor(user_id "any", model text = NULL) RETURNS real[]
	AS 'MODULE_PATHNAME', 'recal_user_factor' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000;
COMMENT ON FUNCTION recal_user_factor("any", text) IS
	'A user''s vector as of now, made of their own rows: the dot product with recal_item_factor is recal_score.';

/* Understand */

CREATE FUNCTION recal_explain(user_id text, item_id text, model text = NULL)
	RETURNS TABLE(kind text, source text, contribution real, share real)
	AS 'MODULE_PATHNAME', 'recal_explain' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 50 COST 1000;
COMMENT ON FUNCTION recal_explain(text, text, text) IS
	'Why this score: what each past item of the user adds to it, largest first; contributions sum to recal_score.';

CREATE FUNCTION recal_explain(user_id text, item_id "any", model text = NULL)
	RETURNS TABLE(kind text, source text, contribution real, share real)
	AS 'MODULE_PATHNAME', 'recal_explain' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 50 COST 1000;
COMMENT ON FUNCTION recal_explain(text, "any", text) IS
	'Why this score: what each past item of the user adds to it, largest first; contributions sum to recal_score.';

CREATE FUNCTION recal_explain(user_id "any", item_id text, model text = NULL)
	RETURNS TABLE(kind text, source text, contribution real, share real)
	AS 'MODULE_PATHNAME', 'recal_explain' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 50 COST 1000;
COMMENT ON FUNCTION recal_explain("any", text, text) IS
	'Why this score: what each past item of the user adds to it, largest first; contributions sum to recal_score.';

CREATE FUNCTION recal_explain(user_id "any", item_id "any", model text = NULL)
	RETURNS TABLE(kind text, source text, contribution real, share real)
	AS 'MODULE_PATHNAME', 'recal_explain' LANGUAGE C STABLE PARALLEL RESTRICTED
	ROWS 50 COST 1000;
COMMENT ON FUNCTION recal_explain("any", "any", text) IS
	'Why this score: what each past item of the user adds to it, largest first; contributions sum to recal_score.';

CREATE FUNCTION recal_evaluate(model text = NULL, k int = 10, protocol text = 'auto', seed int = 42)
	RETURNS TABLE(metric text, value float8, baseline float8)
	AS 'MODULE_PATHNAME', 'recal_evaluate' LANGUAGE C STABLE PARALLEL UNSAFE
	ROWS 12 COST 1000000;
COMMENT ON FUNCTION recal_evaluate(text, int, text, int) IS
	'Holds rows out, trains without them, ranks the whole catalogue by what would serve; the baseline is popularity. Stores nothing.';

CREATE FUNCTION recal_forget_user(user_id text, model text = NULL)
	RETURNS TABLE(what text, removed bigint)
	AS 'MODULE_PATHNAME', 'recal_forget_user' LANGUAGE C VOLATILE PARALLEL UNSAFE
	ROWS 3 COST 1000000;
COMMENT ON FUNCTION recal_forget_user(text, text) IS
	'Removes a person''s answers, and their id and factor from every stored version. Their behaviour rows are for the owner of that table to delete; item factors forget them at the next training.';

CREATE FUNCTION recal_forget_user(user_id "any", model text = NULL)
	RETURNS TABLE(what text, removed bigint)
	AS 'MODULE_PATHNAME', 'recal_forget_user' LANGUAGE C VOLATILE PARALLEL UNSAFE
	ROWS 3 COST 1000000;
COMMENT ON FUNCTION recal_forget_user("any", text) IS
	'Removes a person''s answers, and their id and factor from every stored version. Their behaviour rows are for the owner of that table to delete; item factors forget them at the next training.';

CREATE FUNCTION recal_report(model text = NULL) RETURNS text
	AS 'MODULE_PATHNAME', 'recal_report' LANGUAGE C STABLE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION recal_report(text) IS
	'A model as one self-contained HTML page: loss, quality, phases, popularity, histories, what questions are worth, and a map of items.';

CREATE FUNCTION recal_tune(model text = NULL, trials int = 20, options jsonb = NULL, seed int = 42)
	RETURNS TABLE(trial int, options jsonb, metric text, value float8, seconds float8)
	AS 'MODULE_PATHNAME', 'recal_tune' LANGUAGE C STABLE PARALLEL UNSAFE
	ROWS 20 COST 10000000;
COMMENT ON FUNCTION recal_tune(text, int, jsonb, int) IS
	'Searches hyper-parameters on held-out rows, best first; trial 1 is the model as it is. Changes nothing.';

CREATE FUNCTION recal_simulate(strategies text[] = NULL, rounds int = 10, batch int = 1, model text = NULL, seed int = 42)
	RETURNS TABLE(strategy text, questions int, answers int, metric text, value float8, stderr float8, users int)
	AS 'MODULE_PATHNAME', 'recal_simulate' LANGUAGE C STABLE PARALLEL UNSAFE
	ROWS 55 COST 10000000;
COMMENT ON FUNCTION recal_simulate(text[], int, int, text, int) IS
	'Replays history: users whom training has not seen are asked, and answer with what they have; learning curves of strategies beside random and popularity. Stores nothing.';
