-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION recal UPDATE TO '0.3.0'" to load this file. \quit

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

CREATE FUNCTION recal_simulate(strategies text[] = NULL, rounds int = 10, batch int = 1, model text = NULL, seed int = 42)
	RETURNS TABLE(strategy text, questions int, answers int, metric text, value float8, stderr float8, users int)
	AS 'MODULE_PATHNAME', 'recal_simulate' LANGUAGE C STABLE PARALLEL UNSAFE
	ROWS 55 COST 10000000;
COMMENT ON FUNCTION recal_simulate(text[], int, int, text, int) IS
	'Replays history: users whom training has not seen are asked, and answer with what they have; learning curves of strategies beside random and popularity. Stores nothing.';

/* it simulates questions, which may launch workers */
ALTER FUNCTION recal_report(text) PARALLEL UNSAFE;
COMMENT ON FUNCTION recal_report(text) IS
	'A model as one self-contained HTML page: loss, quality, phases, popularity, histories, what questions are worth, and a map of items.';
