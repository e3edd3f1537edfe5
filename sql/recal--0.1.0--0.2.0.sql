-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION recal UPDATE TO '0.2.0'" to load this file. \quit

-- The network is in the library, in options and in further parts of weights, so no object is new.
COMMENT ON FUNCTION recal_evaluate(text, int, text, int) IS
	'Holds rows out, trains without them, ranks the whole catalogue by what would serve; the baseline is popularity. Stores nothing.';
