-- what CREATE EXTENSION makes, seen by a stranger
SET client_min_messages = warning;
CREATE EXTENSION recal;
RESET client_min_messages;
SELECT extname, extversion, extrelocatable FROM pg_extension WHERE extname = 'recal';

-- every function, procedure and view says what it is for
SELECT p.oid::regprocedure AS uncommented
FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'recal')
	AND d.deptype = 'e' AND obj_description(p.oid, 'pg_proc') IS NULL;
SELECT c.oid::regclass AS uncommented
FROM pg_depend d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'recal')
	AND d.deptype = 'e' AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL;

-- tables travel with pg_dump and are closed to everybody else
SELECT unnest(extconfig)::regclass AS dumped FROM pg_extension WHERE extname = 'recal' ORDER BY 1;
CREATE ROLE regress_recal_nobody;
SET ROLE regress_recal_nobody;
SELECT * FROM recal_model;
SELECT * FROM recal_weights;
SELECT count(*) FROM recal_models;
SELECT count(*) FROM recal_versions;
SELECT count(*) FROM recal_progress;
RESET ROLE;
DROP ROLE regress_recal_nobody;

-- settings
SHOW recal.train_memory;
SHOW recal.cache_size;
SHOW recal.default_model;
\set VERBOSITY sqlstate
SET recal.train_memory = '1MB';
\set VERBOSITY default
SET recal.no_such_setting = 1;
SET recal.default_model = 'nothing';
SELECT * FROM recal_recommend(1);
RESET recal.default_model;
SELECT * FROM recal_recommend(1);
