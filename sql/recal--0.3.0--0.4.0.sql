-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION recal UPDATE TO '0.4.0'" to load this file. \quit

-- The ranker is in the library, in options and in further parts of weights, so no object is new.
