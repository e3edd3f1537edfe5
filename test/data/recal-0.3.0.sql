SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA shop;
ALTER SCHEMA shop OWNER TO alice;
CREATE EXTENSION IF NOT EXISTS recal WITH SCHEMA public;
COMMENT ON EXTENSION recal IS 'recommendations and active learning inside the database';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE shop.events (
    user_id integer,
    item_id integer,
    event text,
    stars integer,
    at timestamp with time zone
);
ALTER TABLE shop.events OWNER TO alice;
CREATE TABLE shop.products (
    item_id integer,
    kind text,
    price double precision
);
ALTER TABLE shop.products OWNER TO alice;
CREATE VIEW shop.on_sale AS
 SELECT products.item_id
   FROM shop.products
  WHERE (products.item_id > 2);
ALTER TABLE shop.on_sale OWNER TO alice;
CREATE TABLE shop.served (
    model text,
    what text,
    about text,
    place integer,
    item text,
    score real,
    uncertainty real
);
ALTER TABLE shop.served OWNER TO alice;
CREATE VIEW shop.serving AS
 WITH models(model, u, i) AS (
         VALUES ('shop'::text,''::text,''::text), ('kinds'::text,''::text,''::text), ('stars'::text,''::text,''::text), ('words'::text,'user '::text,NULL::text)
        ), users AS (
         SELECT models.model,
            (models.u || v.n) AS u
           FROM models,
            ( VALUES (1), (2), (3), (45), (1000)) v(n)
        ), items AS (
         SELECT models.model,
                CASE
                    WHEN (models.i IS NULL) THEN ((md5((v.n)::text))::uuid)::text
                    ELSE (v.n)::text
                END AS i
           FROM models,
            ( VALUES (3), (7), (36), (40)) v(n)
        )
 SELECT users.model,
    'page'::text AS what,
    users.u AS about,
    recal_recommend.rank AS place,
    recal_recommend.item_id AS item,
    recal_recommend.score,
    recal_recommend.uncertainty
   FROM users,
    LATERAL public.recal_recommend(users.u, 6, users.model) recal_recommend(rank, item_id, score, uncertainty, source)
UNION ALL
 SELECT users.model,
    'score'::text AS what,
    users.u AS about,
    NULL::integer AS place,
    items.i AS item,
    public.recal_score(users.u, items.i, users.model) AS score,
    NULL::real AS uncertainty
   FROM (users
     JOIN items USING (model))
UNION ALL
 SELECT items.model,
    'similar'::text AS what,
    items.i AS about,
    recal_similar_items.rank AS place,
    recal_similar_items.item_id AS item,
    recal_similar_items.similarity AS score,
    NULL::real AS uncertainty
   FROM items,
    LATERAL public.recal_similar_items(items.i, 4, items.model) recal_similar_items(rank, item_id, similarity)
UNION ALL
 SELECT users.model,
    'reason'::text AS what,
    ((users.u || ', '::text) || items.i) AS about,
    NULL::integer AS place,
    ((recal_explain.kind || ' '::text) || COALESCE(recal_explain.source, ''::text)) AS item,
    recal_explain.contribution AS score,
    recal_explain.share AS uncertainty
   FROM (users
     JOIN items USING (model)),
    LATERAL public.recal_explain(users.u, items.i, users.model) recal_explain(kind, source, contribution, share)
  WHERE ((users.u ~ '^\D*3$'::text) AND (items.i <> '3'::text) AND (items.i <> ((md5('3'::text))::uuid)::text));
ALTER TABLE shop.serving OWNER TO alice;
CREATE VIEW shop.words AS
 SELECT ('user '::text || events.user_id) AS user_id,
    (md5((events.item_id)::text))::uuid AS item_id
   FROM shop.events;
ALTER TABLE shop.words OWNER TO alice;
COPY public.recal_answer (model, user_id, item_id, value, answered_at) FROM stdin;
shop	1	7	1	2026-11-24 21:06:29.059378+00
shop	1	8	0	2026-11-24 21:06:29.059603+00
shop	2	9	\N	2026-11-24 21:06:29.059629+00
\.
COPY public.recal_model (name, owner, definition, is_default, current_version, last_version, created_at) FROM stdin;
new	alice	{"events": {"name": "events", "schema": "shop"}, "options": {}, "objective": "implicit", "item_column": "item_id", "user_column": "user_id"}	f	0	0	2026-11-24 21:06:28.999795+00
kinds	alice	{"items": {"name": "products", "schema": "shop"}, "events": {"name": "events", "schema": "shop"}, "options": {"epochs": 5, "hidden": [8], "factors": 4, "network": "on", "network_epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}, "objective": "implicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "item_features": ["kind", "price"], "item_id_column": "item_id"}	f	1	1	2026-11-24 21:06:28.98796+00
stars	alice	{"events": {"name": "events", "schema": "shop"}, "options": {"epochs": 5, "factors": 4}, "objective": "explicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "value_column": "stars"}	f	1	1	2026-11-24 21:06:28.991899+00
shop	alice	{"items": {"name": "on_sale", "schema": "shop"}, "events": {"name": "events", "schema": "shop"}, "options": {"epochs": 5, "hidden": [8], "factors": 8, "network": "on", "history_decay": 0.8, "keep_versions": 2, "network_epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}, "half_life": "60 days", "objective": "implicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "event_column": "event", "event_weights": {"view": 1, "reject": -1, "purchase": 5}, "item_id_column": "item_id"}	t	1	2	2026-11-24 21:06:28.985727+00
words	alice	{"events": {"name": "words", "schema": "shop"}, "options": {"epochs": 5, "factors": 4, "regularization": 0.01, "unobserved_weight": 0.1}, "objective": "implicit", "item_column": "item_id", "user_column": "user_id"}	f	1	1	2026-11-24 21:06:28.996016+00
\.
COPY public.recal_version (model, version, owner, status, stamp, definition, as_of, facts, loss, metrics, timings, bytes, phase, epoch, epochs, fraction, sqlstate, message, started_at, updated_at, finished_at) FROM stdin;
shop	1	alice	ready	d868da33-a431-72d7-4fb1-ab1b389231e9	{"items": {"name": "on_sale", "schema": "shop"}, "events": {"name": "events", "schema": "shop"}, "options": {"seed": 42, "epochs": 5, "hidden": [8], "dropout": 0.2, "factors": 8, "network": "on", "negatives": 0, "batch_size": 256, "confidence": "linear", "max_history": 10000, "history_decay": 0.8, "keep_versions": 2, "learning_rate": 0.001, "network_epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}, "half_life": "60 days", "objective": "implicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "event_column": "event", "event_weights": {"view": 1, "reject": -1, "purchase": 5}, "item_id_column": "item_id"}	1774407600	{"blas": "Cooperlake", "items": 36, "pairs": 499, "tuned": false, "users": 45, "answers": 0, "density": 0.308, "network": true, "workers": 0, "dislikes": 103, "rows_bad": 0, "rows_null": 0, "rows_read": 499, "item_prior": false, "user_prior": false, "warm_items": 0, "warm_start": false, "network_loss": [3.56166, 3.56188, 3.5612], "network_warm": false, "row_security": false, "rows_ignored": 0, "rows_skipped": 0, "warm_version": 0, "history_decay": 0.8, "network_blend": 1, "network_users": 0, "network_epochs": 3, "regularization": 0.01, "network_workers": 0, "unobserved_weight": 0.1, "network_positions_per_second": 1234968}	{148.4275474164767,97.8576979115199,90.2419333060559,86.30223592970471,83.84775137235269}	{}	{"read": 0.001, "tune": 0.003, "index": 0.000, "store": 0.001, "total": 0.010, "network": 0.001, "factorize": 0.000, "posterior": 0.000}	12336	\N	\N	\N	1	\N	\N	2026-11-24 21:06:29.007909+00	2026-11-24 21:06:29.01826+00	2026-11-24 21:06:29.018247+00
shop	2	alice	ready	3dce2754-eee9-758e-74ce-b2461c73574e	{"items": {"name": "on_sale", "schema": "shop"}, "events": {"name": "events", "schema": "shop"}, "options": {"seed": 42, "epochs": 5, "hidden": [8], "dropout": 0.2, "factors": 8, "network": "on", "negatives": 0, "batch_size": 256, "confidence": "linear", "max_history": 10000, "history_decay": 0.8, "keep_versions": 2, "learning_rate": 0.001, "network_epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}, "half_life": "60 days", "objective": "implicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "event_column": "event", "event_weights": {"view": 1, "reject": -1, "purchase": 5}, "item_id_column": "item_id"}	1774407600	{"blas": "Cooperlake", "items": 36, "pairs": 499, "tuned": false, "users": 45, "answers": 0, "density": 0.308, "network": true, "workers": 0, "dislikes": 103, "rows_bad": 0, "rows_null": 0, "rows_read": 499, "item_prior": false, "user_prior": false, "warm_items": 36, "warm_start": true, "network_loss": [3.56104, 3.56143, 3.56081], "network_warm": true, "row_security": false, "rows_ignored": 0, "rows_skipped": 0, "warm_version": 1, "history_decay": 0.8, "network_blend": 1, "network_users": 0, "network_epochs": 3, "regularization": 0.01, "network_workers": 0, "unobserved_weight": 0.1, "network_positions_per_second": 1247448}	{82.1773442954097,80.93977028906201,79.97161803507676,79.20182568919554,78.59339589921738}	{}	{"read": 0.001, "tune": 0.000, "index": 0.000, "store": 0.000, "total": 0.005, "network": 0.001, "factorize": 0.000, "posterior": 0.000}	12336	\N	\N	\N	1	\N	\N	2026-11-24 21:06:29.020868+00	2026-11-24 21:06:29.026339+00	2026-11-24 21:06:29.026321+00
kinds	1	alice	ready	6411e684-89aa-8755-ebdb-c87a8614f075	{"items": {"name": "products", "schema": "shop"}, "events": {"name": "events", "schema": "shop"}, "options": {"seed": 42, "epochs": 5, "hidden": [8], "dropout": 0.2, "factors": 4, "network": "on", "negatives": 0, "batch_size": 256, "confidence": "linear", "max_history": 10000, "history_decay": 1, "learning_rate": 0.001, "network_epochs": 3, "regularization": 0.01, "unobserved_weight": 0.1}, "objective": "implicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "item_features": ["kind", "price"], "item_id_column": "item_id"}	1774407600	{"blas": "Cooperlake", "items": 36, "pairs": 499, "tuned": false, "users": 45, "answers": 0, "density": 0.308, "network": true, "workers": 0, "dislikes": 0, "rows_bad": 0, "rows_null": 0, "rows_read": 499, "item_prior": true, "user_prior": false, "warm_items": 0, "warm_start": false, "network_loss": [3.56948, 3.56894, 3.5687], "network_warm": false, "row_security": false, "rows_ignored": 0, "rows_skipped": 0, "warm_version": 0, "history_decay": 1, "network_blend": 1, "network_users": 0, "network_epochs": 3, "regularization": 0.01, "network_workers": 0, "unobserved_weight": 0.1, "network_positions_per_second": 1792621}	{184.29767809522318,113.48185584381424,109.81438563829244,107.7215872257877,106.2173905823445}	{}	{"read": 0.001, "tune": 0.000, "index": 0.000, "store": 0.000, "total": 0.005, "network": 0.001, "factorize": 0.000, "posterior": 0.000}	7545	\N	\N	\N	1	\N	\N	2026-11-24 21:06:29.032509+00	2026-11-24 21:06:29.03792+00	2026-11-24 21:06:29.037908+00
stars	1	alice	ready	b425d8e1-4791-c0d1-784d-4ce2c5c5c69c	{"events": {"name": "events", "schema": "shop"}, "options": {"seed": 42, "epochs": 5, "factors": 4, "confidence": "linear", "max_history": 10000, "history_decay": 1, "regularization": 10, "unobserved_weight": "auto"}, "objective": "explicit", "item_column": "item_id", "time_column": "at", "user_column": "user_id", "value_column": "stars"}	1774407600	{"blas": "Cooperlake", "items": 36, "pairs": 499, "tuned": false, "users": 45, "answers": 0, "density": 0.308, "network": false, "workers": 0, "dislikes": 0, "rows_bad": 0, "rows_null": 0, "rows_read": 499, "item_prior": false, "max_rating": 5, "min_rating": 1, "user_prior": false, "warm_items": 0, "warm_start": false, "mean_rating": 3.47895789, "row_security": false, "rows_ignored": 0, "rows_skipped": 0, "warm_version": 0, "history_decay": 1, "regularization": 10, "rating_deviation": 1.53941476, "unobserved_weight": 0, "bias_regularization": 3}	{1083.6930073977173,1082.210578249779,1082.1822326010622,1082.175414111372,1082.1716671139864}	{}	{"read": 0.001, "tune": 0.000, "index": 0.000, "store": 0.000, "total": 0.002, "network": 0.000, "factorize": 0.000, "posterior": 0.000}	4308	\N	\N	\N	1	\N	\N	2026-11-24 21:06:29.047683+00	2026-11-24 21:06:29.049344+00	2026-11-24 21:06:29.049334+00
words	1	alice	ready	3e73f8ad-4fb0-b27b-1cfe-65926331f6e2	{"events": {"name": "words", "schema": "shop"}, "options": {"seed": 42, "epochs": 5, "factors": 4, "confidence": "linear", "max_history": 10000, "history_decay": 1, "regularization": 0.01, "unobserved_weight": 0.1}, "objective": "implicit", "item_column": "item_id", "user_column": "user_id"}	\N	{"blas": "Cooperlake", "items": 36, "pairs": 499, "tuned": false, "users": 45, "answers": 0, "density": 0.308, "network": false, "workers": 0, "dislikes": 0, "rows_bad": 0, "rows_null": 0, "rows_read": 499, "item_prior": false, "user_prior": false, "warm_items": 0, "warm_start": false, "row_security": false, "rows_ignored": 0, "rows_skipped": 0, "warm_version": 0, "history_decay": 1, "regularization": 0.01, "unobserved_weight": 0.1}	{172.38144233199276,116.79598747922739,112.97440107777169,110.97761205357227,109.75385866008382}	{}	{"read": 0.001, "tune": 0.000, "index": 0.000, "store": 0.000, "total": 0.005, "network": 0.000, "factorize": 0.000, "posterior": 0.000}	3662	\N	\N	\N	1	\N	\N	2026-11-24 21:06:29.051633+00	2026-11-24 21:06:29.056726+00	2026-11-24 21:06:29.056719+00
\.
COPY public.recal_weights (model, version, part, chunk, data) FROM stdin;
shop	1	item_ids	0	\\x7265636c010069000403020100000000240000000000000000000000000000002400000000000000f6ff0f00000000000000000001000000200100000000000000000000000000009360e874665265d90100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000
shop	1	user_ids	0	\\x7265636c0100690004030201000000002d0000000000000000000000000000002d00000000000000f6ff0f0000000000000000000100000068010000000000000000000000000000fc8e71aef35def550100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000250000000000000026000000000000002700000000000000280000000000000029000000000000002a000000000000002b000000000000002c000000000000002d00000000000000
shop	1	item_factors	0	\\x7265636c010066000403020108000000240000000000000000000000000000002400000000000000fdff0300000000000000000001000000800400000000000000000000000000005d09d3b4f698077df4444bbe3a4068bc0956443e28809dbb12c2c8be306b4d3e44d24d3ea5441fbfa379f0bdc63590bd7d5e04bed5cee5be4bc918bf86b942bccb585cbe43dc7abde3269abe2479533cd0f9b43eaa5dc7bef66382bea994d73c18d463bd5048133e0a3fbabe4fe4823e1e6e4cbd4c7c33be1f16c03e935f04becd216e3ee253cdbee5a0f1bd4b4cbc3d599258be6feee93b7eade3bed70b493ef3edc7be1b458ebe3b7809bf6a25dcbd9a457dbe6c0edd3e344fac3ef8fc1f3e2419e7bc7223e23d504de9be90791c3f8f9c833eae8a2b3e2ed7c4bdc0d2a2bed2c2f0bde6cc6b3ee04c8dbe83c645bed3e5fcbed6cd3abd2931853d75fef4bd20ea9ebeb100233e152fe5be734192befb5f54be3d9a3abe5ef380bdcedc2bbeb15b263fc49f363e663bd4be0e9815bd8614153f01c0d83cb6fc44ba1d33343ecdd8173e8a552bbd438895beaf0a39bdaeffa4be488c9ebd455101bf2d36aebed5d0fc3cb3a2c23dfe7b10bff21e37bbf77004be0f955fbdca46a73ec1fd9fbea96da63d61dcaebd26fec9be756e2bbf2f5fd7bdf352c83d98aaffbd21dc07bf6f57373d6f6cf5bdd83fb4be79bb94be080695bdaa78673d2d5ea9bb3d81babdfb6d14bf731d7abec94689bed965a83e8cb0833daed5273debd5f33d1f09263fb7950f3e628b013e4afdbdbe6cac89bc8c0df13eefccd1bed87a34beb0746fbdb5f88abee7cdf6bd138805bf0491d23df13262be29d8b23db9f0a7bd51fb133e6839a2be4501b23e5d5bbcbea59bbf3ecadc943da56514bffeca873d9098033db71914beec97803ee7c19abe06c272be1ab36d3eb9a9003e25eefd3c3b6236beb5990b3d3c6fdcbe577b86be16d8893efcbbb7bea5c0b53d0e0bf33edbe50c3ede213ebec8e4c8be8d1efdbe7db6323f5985803d3679febdda1a173c02b3c13dba949bbdde19d03bca48febe990201bf01e746bd6048efbc5a0f57bd65399e3e97f7a93d5fc8c73e291b07bfb38eaf3eb35cbdbeb23dcebddfd7db3ab991bfbe711fbabd4e4dd1bb2cfdf8beaa8a1fbe5937cd3edb4de2bd8f2e933ebc26793d6ecdd5bd2ccabf3df7e009bfa29fabbd7692433e412c643eb590c43e23199fbeb8b4bb3d14ee07be6ee5b5be09001bbd917511bd535b0abf56cdc33ce182b13ecb58b8bc9f39a9bea6f492be6d01d7bdd8dee3bdc60fb33e395d28bfc2651f3ec6679b3e5eb1683dd35a0cbfadc2d9bdac5c6e3e179cd83e0caf81bd3fc5103e7351173df5c92dbe0f40f8bd3c6484bec06308bf322ee1becf26173e3fa0923eacbd323ea200d8bd979dd3be75b2843ead789f3e6d5e133fbe5aa5bee94f11be798609bdf77ce33d2fadd3bea38589be09892c3ed41486bec781753db7fb533e94a0e23e4736b33d8c4208bfc7a1aabe71162fbe271784be21e50c3dfd48913d61d084be7063113ec0b095be9e1eed3e9bfcf2bd5a88ecbd4d68c2be58bcdebd2896bf3ee8721bbe3d372cbe454bedbefbd7e33e5fcf7d3e72ff9ebbaa39903e0eaebabe2a7d1ebbf9e47cbdd66c813dbb8705bf9138d53e9b947abe87b9af3e831a50bda64d74beffa103bf64622b3e997caabe9033c83ef2408a3dc440743e2251043e742ff13d
shop	1	user_factors	0	\\x7265636c0100660004030201080000002d0000000000000000000000000000002d00000000000000fdff0300000000000000000001000000a005000000000000000000000000000021bd15757d8a9e04528691bf5969f8bdf367153fe4a45b3d034866bf881a7fbec5bcbf3eb8c4a9be23bb62bf1c821d3ef5a756bf4a76a0be0c7cc1be97b1fb3d635d87bf4af796bd2606c1bff7b4b73e9ceffcbd72639ebe4ae50abe22e4653e785d8f3e9a73e33eae9f6abffd839ebe9b94ec3e0bfb3abf2077063ef66517bfa7f21c3feb3f5cbfd93da1bf9885c63e296cfcbe36c82abfcdb2cbbe84a74e3e1057df3d4c0becbe7ffa44bfaa27b03e4bf8ab3c4f5a10bf65815fbf0dea703fe85b453fbaf31c3ecc6b76bf03904ebf7efb4bbe45d0c93ed7d5583e9ad570bc7b7acdbe3c63ab3e50543cbf6de4bbbe2d836ebfe73eb83c80f9a53e900e8a3fce0c2abf70cac7bec1adb2bfe75c743e701a3d3e1b94b53ddd38fb3ed57310be70a576be21780a3e6aea69bf5866eebdd4c9893ef72ba53d4613013f0577d33e6915803fd94b96bc279ec5be9f4209bf6b4289beda3c7abfab5b6ebeedf5b33e27e31dbfae36e3bc8892c5beddfd20bed611163fcff22e3f58434abfcc4c653e81be633e31b0a6becbc06dbf6d65f43d0f2a94bdcf710f3f4bbf2fbcfac09cbe76b5a63e8412acbf50c88cbf800a1cbfc8ce2a3fdf045abe4cae59beb5ed2a3fc76a86be57b913bfb14f9ebfc5d8873eed79153e39d5273ebff50ebf531eb9bd36eafe3e321db1be358380bfcc41e5b9d358033e9d9fb23e806c3f3e089a723fd90f7c3f42411fbf831626bf4e4081be7168d0be5a4ee7be502842bfa39461be4cc568bf4832753e370992bf02803fbf59c8c9be67598abd40ca253ff1125bbd3807613e63e653bea48d68bf6123e5bc41ac083f03d2eb3e195d0c3f4dc2f53e4683d13db63525be511fa6be503dad3d486227be9a30c1bea159ae3cd2b1f43e2934153e0682aabf4fc6a5bfb0f7cf3e33823d3eaed8b4beab37c1befd03623e345b2e3f243cff3c6ea081bff782673eb9d2043f7dea99bdd91d5b3ee172c3be103a18bef64762bf536f84bfce7ad7bb210106be8a85f83ed33b153c439aa13fb44b62bfa6bf30bf4e6039bf77eb1e3f3e28edbee4c02c3f48ee12bf82871b3fc1fee93cb8b724be6ff636bf107387bf0c14ab3e024da8be48b6e7beb74f2f3f9608803e32ef23bf570772bf490a8fbe7dfe93bf9963cbbd5f82593a7a98513e3117a4bc4873bc3e7cc829bfdf24c93e0a75c6bea9c6a1be19252ebe1011d23e700d6b3f66fa20bf93cdcfbfeb40d03d895712bdb1bba9be3401743ef2464d3ee84e00be505874bfd4193ebf15f5523f7d5d68bd6604dc3e46ae41bf38eda6bc7b667e3e23c5b0bd2b1dd7bed07001bf67239ebe1396a93e24d862bfb789003dd56c1ebf80e642bf29ce6bbf62ac5fbf0a08193f0b3653bebe28de3d5c2e17be03faf9be013b61be74422ebfec0f8dbe20829bbfc8a706bff320d0befc0946bead8dfcbe6a0621beca1c52bfb4a4f13ea6cd1d3ed8131d3fbb41443d195e503f541cbcbec5be073f751591bf5ef2e03eccd1253fdb7c013ebaaa763ef1096e3e3a8f073ec02b75bf98ff8bbfc87ef03d6a7126bfd45019bf8ad21c3f05413a3e7c2924bf5dee143edbd77bbf9ed23b3f4eecc5be98f5d7bec2e3613d601151bea31f243f4be8dbbbf06f9bbf95cdd2bb2c4a413f93e7523e2ee434be42e1b53eabf6f2be3cc7243f152269bf03a1553d967e4bbf07fee93e05d23dbf0f393d3e3fccbcbe104610be8f7b8fbfe232723ec30767be9da3033f387edabe61023bbfba7a0f3f7aff94be65c110bf7548a2beb42ea53ea05e003f44455fbe31892c3f3b80b23e6687a1bee1f93dbf6043dcbec87c31bfb3193e3fd5d3dabedc92123f08cc33be925cdb3e2f2766bf4714553e098e0cbe6d83f83ee58100bf3602a03e07068e3e4e6f793fecea2ebfeafc27bf0364083e420e313fac910b3f521badbe817dffbe4d51ddbe0f7621bf222a293f0084f1bea07e003f81c8ca3cd3c7bd3da4085abf9a24debea81f56bf8b85703f0a9aaf3ec71a0a3e251f96be879ae43d9c082e3e46edfdbe
shop	1	gramian	0	\\x7265636c010066000403020108000000010000000000000000000000000000000100000000000000fdff030000000000000000000100000020000000000000000000000000000000cd97803d0fb3121162b6b040adc64c40674841409ce23b4084ac2d40321a0e4097ce0a400903f13f
shop	1	user_mean	0	\\x7265636c010066000403020108000000010000000000000000000000000000000100000000000000fdff0300000000000000000001000000200000000000000000000000000000001e25fba3f4f414ab250569bf2d2ae4ba15279cbdce1a263d26bc13befc7f5a3e4bf013bc0f3578be
shop	1	user_covariance	0	\\x7265636c010066000403020108000000080000000000000000000000000000000800000000000000fdff030000000000000000000100000000010000000000000000000000000000cbbeed09e28431f614f3023e909efbbc5a37dabc35c1ce3c620804bd1464b73c071dfebcb9ed8fbc909efbbc2c46933e46fa28bcd8e8a23c9bee11bdf526b0bb7b0b823d3b23503c5a37dabc46fa28bc54c7a83ef907063de7efae3cb98139bc0f6ac63d90bf5fbd35c1ce3cd8e8a23cf907063df6f58d3ea0b5a7bbf2cca73cd2ac8dbbcbd1703c620804bd9bee11bde7efae3ca0b5a7bbc598863e33d2493b73782abca6c60cbd1464b73cf526b0bbb98139bcf2cca73c33d2493bb1308d3ea290f5bbbf288c3c071dfebc7b0b823d0f6ac63dd2ac8dbb73782abca290f5bbe28dca3e510ef3bcb9ed8fbc3b23503c90bf5fbdcbd1703ca6c60cbdbf288c3c510ef3bcc4d1b43e
shop	1	item_transform	0	\\x7265636c010066000403020108000000080000000000000000000000000000000800000000000000fdff030000000000000000000100000000010000000000000000000000000000a9e14a929ff7d4afc9e652bd9dac333b1041ccbcdf20b1bdb60a82bd794e533d1b78ad3cb974903df808a73dc7ca783e56bae7bcc6c5a93d724ac4bd941632bd1770f73dd2e5963c44f7563edb78e7bd6b00963c3ff3a5bda170013d79d0b5bd6651123e648731ba21cb753d4a673f3d29f9863e7ebfa0bc78c11fbd55f4babc75aee4bde7c01d3df0b2063d5c67d3bd5dded43c6041833ec8a782bb6473c33c46ee7e3c27288b3deb6176bc5d1ac23bc6f4a23db96dbfbc663be03c86e1563ea1360b3e95399abbfecf183ebd533c3d7f6ca6bd2c7955bb63948a3d358bf43d274a07bed817e43cb84412bdb275833d108a003dccfbb33c176e5e3e2cd163bdda82f43c53bbd13c
shop	1	item_rates	0	\\x7265636c010066000403020108000000010000000000000000000000000000000100000000000000fdff03000000000000000000010000002000000000000000000000000000000026c1168ec02c1ebfcde51f3dc026033def1fde3cb5b2c03cdb5ea93c9d9da53c65b6933c875b0d3c
shop	1	item_mass	0	\\x7265636c010066000403020101000000240000000000000000000000000000002400000000000000ecff1f0000000000000000000100000090000000000000000000000000000000ff2ad22795f3bad6d67fa9416f971d41d233c4403d7f91410f7ffe4087ed864133436b41daf94041d80c3c41262b3041536bc0406562454117044741ce2c8841e838814184b926418b1b9c41bc9d074190a9234146d28141921d9c41c6fd6441d03d9841e62a2e414a024441322e58418a398441439ea541d0280841f999544169454841f7465441c828ad41cb9c29415ea395411f397341
shop	1	scalars	0	\\x7265636c01006600040302010f000000010000000000000000000000000000000100000000000000202202000000000000000000010000003c000000000000000000000000000000389ef18d3d67ff69cdcccc3d0ad7233c4ceda63f131a253dcdcc4c3f000000000000000000000000000000000000803fcdcc4c3e0000803f00003442000000000000803f
shop	1	network_shape	0	\\x7265636c010066000403020103000000010000000000000000000000000000000100000000000000a4aa0a000000000000000000010000000c000000000000000000000000000000a0a21f5878eade00000000410000803f00000041
shop	1	network_dense	0	\\x7265636c0100660004030201100000002a0000000000000000000000000000002a00000000000000feff0100000000000000000001000000800a00000000000000000000000000009460f5ee1b75f2f8337dafbd7bec2dbeaa62133ef1408bbd8c7132bd77491bbe650cfa3e52a962bd506364bd7078423c75a87fbeb40e85bdf7cc63be8a6b02be26898e3eb2886c3e61fe9ebe67e85b3e68f2e7bdc369fa3da99722bdd692b83eb4681cbeb113253d719ed0bd1191c3bd51bbc83dc4633b3edd193cbcfb7d6fbeb47815bec53eee3cd5d0e7bcc372fa3d3cd67fbdc5fe193d92e6aebd0ba7b23be39da6bdecdc78be3b5ff9bc9d7f8f3e56883a3e5300f73d6f9b9c3d8d21f2bd13eded3d1c05a0ba43f9debd083740be8fb99e3aff6b6c3ea4439ebdcdac05bdfd7981bdd4fa29befa8a753ec7d709bde208523cd5ded3bdd3ce9e3d7bc22b3ebe2f983cc44345bc1f09acbc086b69be36cb183ef1638abd969a5c3e71341d3e3cb49c3d0a3a1cbe5fc78cbcd0f2073e161268bd51a90abded6c93bd3e153ebd44b23b3e559c9cbd315be0bc53160e3ee9601abdc50a52bd2a291fbdfadbd9be9e1e14bef85b26beb440163ec7bde13de4918d3e7cb122be1b4cdb3d5fc6a43de6b81dbd60f6b2bd4c507cbd03dfb33c19a2f2bbd862e0bd39816dbe8817ebbd7e0c8d3e57f8bc3d351435be6f5f3fbd81d585be2ffb15be6aa0e2bdf519503e2721d6bda65c1f3ed2bb38be4ccd13bd0d59453cf9e748bc3709f8bd2d7a02be7c4fdf3db71d1f3ee98a463db40044bd8ff4f8bd993e833c8c0558bc47959ebd06d69e3c1cbb30bd80ac7c3e68dee83cac120dbeca2290be72cd633e5cda2ebebf1a2ebe5317503e99fd8dbdae1ed23cf07e08bc5463b13eedf9303e225e00bd4f871f3cf984c3bd93b7243d872a863b2d89093e183dbe3cb09123bedfa8ec3c1217a8bd2a25333c3667753e4250cf3d2158a33dccb7b7bc7f62f4bdd4d3833e62e0073ed3baa5bd19465ebe6a9f423e25ea2ebe246b993d24d259bec4d549be65a0fe3d390849bd53ffe1bd842c9cbe7ba3843d6237fdbcc0f98d3e742cce3cfab06c3e61096e3e974608bd4e4e873dec8410be6b86c4bc96d034be600016bc1e0f033e84b5953e85553f3e0a002b3eab29d93d5eb177bef079c73e79c8bf3ce9a7abbd7611423ef99ba83d18de90bd49d266bdb16f3cbeca0ab4bc466b05be7c5c25be8423553ecb4cdf3c2a7193be33ae4cbee8a0063ee183dbbd8102f4bdf9241fbe018c783d1504753e9e34273ef7151c3d8e8b543e4a1ddcbc4328a3beccb9a2bdde4a333e1c701ebdd23353bdb99a2b3da2d425bca5a6a43dd428833c7a9a863ece510b3ef973573e111a3abc111f1e3e971513be339f463db43aec3d9a54babd8a1b093d4c18253e0c878bbec20c4fbe2365a13cdd98e43d577d083e2083ebbe01a04d3e8eaad03cea3b8dbd8944c2bee53bedbd3d49c33ddaa6fdbd70bd7c3e5df3c03d3ddd64bdfc2bc3bd8d9b303ee58c8ebdffe320bec9fba5bd8d9ecdbe38fc733e3cadc63e2dade8bdd15ecfbd372e34bc249e7e3efff1ed3d56f582be600c923ed5963ebecdb9083ece0d43bda43415bc74bfa43d9e0036bc4d3c32bc248fbb3d87f2b5be72d9c7bdf04b953e5892343e7eee1e3e5b2996bea87e353e9a5118bd9206ccbde3fd873e0f2d5d3cb41931be8ec2143eeb9a7d3df15ed6bec73c49bd7c7fa1be6d97523e1441993ca81ef2bc5f43c7bd463ba1bde38d76be9208493b734c80be01d648bd057e2e3b23ab6c3c11c110becd66273eacc3103ecc700e3df2d6cfbd734b03be8332d1be4e80673d57603b3d5fc3923d3df6133ea93192bda9626c3c0172c6bd91818c3e4fc0e03da6379fbda48a7fbdbf1ab63d5f7beebcb99c29be6b2890be3a1a80be6036283eff9106be2bd857beec2b873e4d171c3eafa246be602a5e3c14d719be5d09043e05328dbe7e2ec3bd0673ff3dba525c3e43ae633e782da23d9833253c8831fdbdb43e57bee6607f3ea95e0d3eaf55dc3d66a202be71dd0bbe99becd3de438413d6c8fbe3d21e7603da6108fbdefac1dbd3914433ebafd09ba823eaf3dd579803e8215abbdff2567b6927882bc4a9912be847302be601539be054aed3d7ff091bd1018bfbd87aa193e625949bed9a476bc2afabdbba89a9ebea2631bbe74efaa3e9b4ddd3c47b25e3c9f7abf3e85d4d23ec2458f3c8a92b2bdf1df8f3e969119be56b1b2bd6169c4bd92e8043e9cf21f3ef57eb33d2cdd85ba0d68b7be47a8493d9a4147be0eda6b3db076b1be4cf3c83da4369a3e5069e7bd7ad311be53ff0f3ed3a5943d3eb2a03d5fdc20beecdd2cbb2d3451bc2883773e3b30c2bebf2b69be2dc429bec62a9b3e4125b3bdae3eb7bdeccf1bbef04b8dbd43611f3cc932d93b091daa3d850208be81a50bbe52b6883c09973ebe882ba1bdaf088dbd301eefbd577ab53c897694be957f32be77478bbec5cf5fbdd19b9a3d62121cbe8da819bed5d3313cd0631dbe5ac756bd469f873c0e537f3d0daa14be4376683e0d87f43d4730233d2503763e77f74f3eefc31a3ee8a1cc3d412c08bebd48963eb91b033e08548f3e98c7863ebe085dbd516b0dbed975283ebf89ad3e4c874c3e3c9e403988ed743ee0c197be0c3db5bd25d51cbe2425353d43c2903eb243c23a0200eb3cd7bbbfbef3e599bddf88c23ca9516d3d6c8e80bd5b1cc6bce30f4fbe1dda33becefad43c6c29423ecc721cbe7ba0c6bdc4b4d93d92b63d3e1c4a603d5471c0bdcdcb1abed55d96bdce672fbdacc3d5bd7ced923d6a7a633d46b678bd426fc03c17596cbe5c8d4ebe74f4a43dfce2243ea67f923ed688b5bd18226bbd59b5b63ec0b4513edc0d8bbc87f866bd047f2a3e5d70ef3dbc2b6a3e91c8323e7ffc2a3e8c8d95bc6b8d2b3e629c123ef2c34d3e9729eb3c0380e23ca9852fbee6d49b3dba31933c821a0c3e849943be44c4fcbef91a863d206301bef45c36bd8ffdf6bd02e4c6bd08b9b23da507533d4c1b413da2ae5cbd7764a5b9ebf51ebec030bbbdeed57dbd9d6587bd9cad51bdb60ab83d6456643d5f0e9a3d04a6aebd74c2c33ddf1c793d4a1e01be536ad53d4ff94e3e7c383dbeec001abd769b983d106c3f3e9238eb3d03cb8b3e61eeffbcf67011bef68e0a3ef6ba82be9df6883e8d2b72bedaba81bd45397fbef2ae4d3ec391ebbd54760dbe16abe33c3170153e5d9d223e4c6b5dbd732bc7be61edabbe5418d2bc4759833e5bef70be2cee2dbc8d9fc63d871621be2a1e1cbeb7de513dccfa923d1f8434bdfcf598bd8d777cbe8cc6c9bd825a103c0495073d58bd223d6bba673e3029f23a700503bbd909beb90c816aba42283e3bf5f74dbb44aa11391489ca3a0000000000000000000000000000000000000000000000000000000000000000162f7dbe23c38abe943dc4be6f0a4e3fad12a73e010acfbe9f78013f42be3f3e52dfd53ea73ca7bdad1e203f8dd235be03fed23e9bf593bef3560e3ebecc363fbb79953e420e04bff3eb98bd6a3137bff9a475bec67411be8f0f3a3e0ca1a8bedecc05bfbb71de3e0783de3e5b6a853eaa4b5f3dc686b0be054318beb3632dbe690cbd3eef4d753f56e13a3e8b393a3efe63eebd7ba36e3e30a281be2babc7bd5012cd3e4adb58be3bbef9bd2c5908be1b1a07bea416183f8e65963d94ccff3d4cf7c53e8af8363fd237fa3e12a785becab7f63ef96f33bddd64ca3dadd133be0ca105bea9d46dbd19ae34be07c9eebe51edd93e51b5e93ee1d564bd53f0debe8352083ae3d401baec048aba638da03ad107333a08b1c53a8e443cbaf4590b3a0000000000000000000000000000000000000000000000000000000000000000
shop	1	network_inputs	0	\\x7265636c010066000403020108000000240000000000000000000000000000002400000000000000fdff0300000000000000000001000000800400000000000000000000000000003c5bd166ee13e151ce463fbd1cc523ba0a58283ddaad82bb12ecaabdd36f353da68e413d63610ebe4b1ebcbc50704ebcb95ae9bcd866c2bd47c207be807fa0bb784334bd401f2fbcdaa982bd3e62383b2ffd983d2f6dacbd1cd759bddde7f13b1a6c19bc9cede63c38f3a8bd09db713d42f304bcc4c52abd540cad3de1e2d1bce9ea5c3df247b8bd3a74d2bc2ca8953cc36c42bd6d03803b2936c2bda5822e3d6129b2bd19c281bdc102f6bdd054c4bc88585bbd4ffec23ddb34913de6f5103d4854afbb9650c83cc5e4c7bdf428063e3c6d623dfa4d103de8cdb8bc07468fbdd868c5bc3c78453d41176bbd2bac3abdcaf1dfbd2ace29bc7046893cd6d4c2bccd8f8ebde645183d9a08c4bdc4b572bd78bd2ebd11cd16bd8f4d3fbc943223bdb500153e51f61b3d3aabb5bd05ea9dbb1abe053e6fc9a83b9ce6eb3923f9103d9ef8063d737ec1bb31b182bde2911cbcbfc095bdf44b62bc023be5bd9c1198bdfec8f13b3b89ad3c32b6f8bd23d8353b0720d7bcbdc841bc586b913d529291bd303dad3cf585b3bc4e73b6bdd0bc15bef9eab2bcbc67c23c622eddbcf042efbde4a7153cd5d5ecbc79e59bbd8d2282bdc9f99dbc868a7c3c128579bb22728abc1cd0fdbdd3c95fbd480f65bdfbc8903d67a9843c4285d33b4ecaeb3c72550e3ec473083d4e9df33c084ca8bdc721d4bb937fd33d69c3b3bd420316bdacc282bcee307cbdecc4e0bc93d7e6bd7d7ebd3c98774fbd3eedb13c2eb17abcba4a003d8e7288bdb4b19d3d914aa3bd39a0a73daea3703c658c03be48a9513c5618d83bbabfe7bc69976c3d6c3e87bd7e6455bd7a14503d0d84e53c774b843b000d2bbd40ba0b3c49a7c3bd57d162bd799c723db78aa4bd8d658c3cc99ecd3d66f6fb3c81c41bbd0e64b4bd55b3d6bd69bb1f3e1112583c9472cbbc45e6aa3b5782953cffc064bc2f464939db1ee3bdf7c0dfbd18c3f3bbdc361dbc757c57bc0921903dde29a83c9177ad3d5dafe7bd9d67973dac60acbdb040b9bc711d2fbb1135a1bd62eea2bcbe34013be34cd3bd90ce14bdb05faf3db790babc1ce1803defac2f3c38e2b6bcab3db93ca4c1f5bd89e093bcfe2c383db76c483d2e28b23d00f58ebddadd9e3c9ee1dfbcc03d9abd59d0d5bb59d403bcd1c7f8bd228aa63bbbf5993dda5cf4ba671290bdba967ebda328a3bc7df4e2bcdf0c9b3d11ab16be00dd0f3da000853ded15803c4386eebdfa7ca7bc947d523dbfd5c33d731d2dbca9faec3ca31f3a3cefb319bd89aec9bc54b271bde385eebd8903c3bd202ff93cc695843d62ff1c3dd588a6bc2f61bfbdfa9c5e3dbd7e883dd2be003e6f4791bdaa93e5bcb5f420bcc115c93cdf42bfbde75d64bdc0e0233d2e2473bd5667863c354b3d3df11bcd3d6111a83c1e86e7bd63f495bd217219bd7a2868bd6235fd3b43ad963cec0c6abd9280e83c987383bd27f3c93d0eb6d0bcde4ee6bcdd09a8bd2fa8c0bcf9dda83df8860cbdb2f609bd9911c9bd2d1dcc3d85d0503d9e78b43a0eaa703d6cf99ebd8805003b020c2fbc99075e3c5398e5bd781ac03de20f66bdb54ba03d8dea08bcea1c56bd5d6deabd09d4223dc0359bbdf756b33d05af703c2740573dc0d0dd3c5263bb3c
shop	2	item_transform	0	\\x7265636c010066000403020108000000080000000000000000000000000000000800000000000000fdff03000000000000000000010000000001000000000000000000000000000090f807555e679255383029bd2427ce3c156e58bc61fc7ebdd88acbbc7db28abcc18884bcb1ddce3d62baa63dde4b713e4153283ecbd62b3e75df1c3da6a6f5bc3fe2713d9684d83c409169be173e393ea8d1fdbde6b334bd6785013e8ceef13caeab9c3cf10717bd681d433ee7a2103e750528be947e99bdd79463bd2a07d03d0bd9adbda10ca7bc3496c83c330467bd53ca11be1a29533e3fc6ec3d9118b6bd6b6d0abe26081a3d64b9bd3d773a00bdde278a3d7e83fbbd1a01833e59696c3c0f8a76bc2c3c083da703903d0bf6f0b95ba9f0bdcc82dabc2c465b3c6f5927bee593643ea148853b5eb0393c633a80bd91b134bd9ff5d13d672f363da49f5d3e37af113ecd6d073c
shop	2	item_rates	0	\\x7265636c010066000403020108000000010000000000000000000000000000000100000000000000fdff03000000000000000000010000002000000000000000000000000000000089ddbe3022ce391f07841f3dfe2a033d5331de3c5e54cc3c24b4ac3c93f1a83c6f5c963ce0c90d3c
shop	2	item_mass	0	\\x7265636c010066000403020101000000240000000000000000000000000000002400000000000000ecff1f0000000000000000000100000090000000000000000000000000000000ff2ad22795f3bad6d67fa9416f971d41d233c4403d7f91410f7ffe4087ed864133436b41daf94041d80c3c41262b3041536bc0406562454117044741ce2c8841e838814184b926418b1b9c41bc9d074190a9234146d28141921d9c41c6fd6441d03d9841e62a2e414a024441322e58418a398441439ea541d0280841f999544169454841f7465441c828ad41cb9c29415ea395411f397341
shop	1	network_outputs	0	\\x7265636c010066000403020109000000240000000000000000000000000000002400000000000000368e0300000000000000000001000000100500000000000000000000000000009f8d1a002968393237a128bd1afc3bbbb5232f3d454783bb5234a9bd44b33e3dc20e3e3d96520ebe83885bc0e86dd9bc4a728abc42f7fabcc2f5c5bd18f605befb5590bb75d73bbdaaa850bc24b877c0dc0a83bd1fb54f3b17b59f3d697bafbdcb5f64bd03dcb63b1efa16bc71550e3d85627fc03e53a5bd40f5643d68924ebc7f1414bdf82aa43dd0a4d2bcabfa4a3d3fe6b2bd916165c05791cdbc24089f3c010a49bdf06ca73a6e3ccebd2ce2303dc0e0aebd30177bbd50f570c02b4af2bd8512dcbcbdab62bdeaf0c63dea58903dd3d5083d6be58fbb1003da3c754965c094a1d2bdd0a0093e7e075d3d27a6233db4f6c7bc66f68bbd746fecbc7033433d666f7fc011b380bd3b9a30bdf763e3bdfe4ae5bbcdb05f3c9677d7bc044b8bbdb2111a3db3b877c0a64dc7bdcfe381bdf2c040bd592027bdd0187ebc07a41dbdaa47123eb17e213dfcf86ac0cdb3b9bde23c39bcf735fe3dc089da3bd4a75bbb9c5e2b3da6f6f03c5c0446bc9b8a5bc05a9b87bd05f63bbc52e596bd5aa46fbc9beae8bd291492bd50ecde3b13ab923c96d677c0f51701bea54c5dbafafad9bc323830bcf48c933de87392bd0fef823c60ef84bc8cdd6ac00824aabd349a17be54cfc5bcadfa9e3c4a49f6bc7fc7f1bd3b59483c8942eabcfdff6ac068c89cbdf02b80bd225570bc030b413c389cbbbacda8b4bc05ee01be77ba5ebd6a685bc08c6179bd5aef973d42776f3c4175043c9bf2ef3ca467143e5c7be03c6734cd3c2e4365c059e8acbdcc543ebb9bcccd3d7df2b0bd17092bbd93f34cbcac7080bd7467ddbcd96a65c0d439e5bde0339e3c563952bd1e41933c30c0aebcd86a0c3dbec488bdcedc9b3decdf52c0dd85aabdf951ae3d05bc8b3c68a103bef7e4833cf0abb33b4f610ebd9f73543d28f170c00fd48bbdf82e52bd3e4f4f3d61f0eb3c709c0c3c2ffc28bdb66d263c697fc4bd4a6d65c0f7c360bdbcab653db5ff9fbd4c4d863cd411cf3dbd28033d3fc029bd586faabd564a65c0786addbd11e01e3e421a8c3c5117dcbca4aca93b7618953c83e481bc8d36063b1f1c57c09c02dfbda1bbe7bd057126bca10204bcf84974bc1047873d7247973c76bead3df1645bc0d1d6e6bd16fd9f3d16bfa1bd7073adbc77254f3b28c7a1bd791c98bc4b956f38ebf756c0fc31d7bd157cfbbcb80cba3dafdfc0bcd4057d3dc685783c1141cfbce9b0933cc0da77c06c10ecbd6d1cb2bc7ad21e3d0ce0533d2adda53dd9a584bdd454ba3c3505d4bc1e4f60c0c057a1bdb388a9bbe39aa1bb9ff9edbdb888013c9642953d4c2be6bb895f99bd3e4b60c0237484bd973cc2bc1e45c5bcc9fe963d0dfc12be0ccefe3c2de5873dd24a2a3cae4060c00778f9bd6741cebcbf2d4f3d47f6c23d41cd31bca593f43c6a19393ce9d50abdf34f4bc07c15dcbc5c2771bdd2ededbddefabebdaebf033dd0a8753d4e940f3d992cb2bc97f870c0c8acbebd683c683df0648b3d3fe6023e20ee8ebd9aa0f8bcda7122bc52e6ca3c4be06ac0b7a3bebdecc462bd4815253d99e860bdcc83873cbf1d313ddae4c13d6abb973ce36365c00daaeabd595e8fbd79c80fbdfbf36fbd9b92b83b31df613c276173bd7e09fb3cb1ff56c01f8189bd5e8ad53dd6a1d3bcd3deb2bce400a9bd7c14ddbc3809a63d762a09bd316465c07aa411bd4c42d5bdd5dbc03dcd20573d8d788fbb38a0833d602ea1bd89ac47ba6df870c0a9b062bc6e69803c5a5ee4bd10d5b53d967d55bd4535933d0cd623bc3a3661bd4f4565c0dc67e0bd947c163dac3895bdf390a93dc68c843cca96613d0e0bf43cc17bd23c76615bc0
shop	1	network_spread	0	\\x7265636c010066000403020108000000380000000000000000000000000000003800000000000000fdff0300000000000000000001000000000700000000000000000000000000003d7bcecd4a2d527c292f883bbda71b3985e0133b497249bbebbbec39e195283af73b643ac07d5c3abda71b39dd5d973b11e24b3be565dfb9df850a3b0785d8b70bdbe6b95a36c4ba85e0133b11e24b3b4ff1b53ba1f020bbc40e4c3bde4dadbadcfd0a3ae176353a497249bbe565dfb9a1f020bb76c5573b169483bafc3bb2b8fc0d41baab164db6ebbbec39df850a3bc40e4c3b169483ba908c2d3b7a2367ba9784a5392b5e1039e195283a0785d8b7de4dadbafc3bb2b87a2367ba6f71e43a213426b93a693abaf73b643a0bdbe6b9dcfd0a3afc0d41ba9784a539213426b91562dd394733e339c07d5c3a5a36c4bae176353aab164db62b5e10393a693aba4733e3398054143bec2b3b3be19b15ba5a705b3a713500bb513c68b8450a573a6226033ad62c703ae19b15ba0a157f3bbe581c3bbdad36b946b1f03a51d8f7b9e7ae03ba7d97c7ba5a705b3abe581c3b81436b3ba49c99baa039093b78f6a4babfc6f4375069013a713500bbbdad36b9a49c99ba90f7163bd48b22ba4a1d0aba6bc7a5b9680f3c39513c68b846b1f03aa039093bd48b22ba89771b3b172163baa37e6c393b6c7ab9450a573a51d8f7b978f6a4ba4a1d0aba172163ba3afe0c3b06ab59b9ec0705ba6226033ae7ae03babfc6f4376bc7a5b9a37e6c3906ab59b99036d539b0469039d62c703a7d97c7ba5069013a680f3c393b6c7ab9ec0705bab0469039ac871d3b29b5d23a79a66937d8541c3a885388badade8438f222e139c3037739ba56ed3979a669379eee0c3b3fd1a03a2a29d3b8caf8403a6b92cd376430bbb95feb33bad8541c3a3fd1a03a144a093ba45827ba852f813a460c53ba4d003db6cdd1043a885388ba2a29d3b8a45827bac1efc33a8883e2b969af49b9a17c53b95f46af39dade8438caf8403a852f813a8883e2b95c2cab3a0554acb9262f1239b6f791b6f222e1396b92cd37460c53ba69af49b90554acb9a33cb93a725612b91e1af1b9c30377396430bbb94d003db6a17c53b9262f1239725612b9c311813941231639ba56ed395feb33bacdd1043a5f46af39b6f791b61e1af1b9412316393bd8d23a6c8b353adf338f37357c143951a5ecb9b72eb6b732538a39625bc838f1c6c138df338f377f785f3a7a77063ad607933885e27339f6f1c637997337b9b25503b9357c14397a77063a1a5d4d3ad57a02b9b2c28639e9f597b9325c7cb8b1d9463951a5ecb9d6079338d57a02b9d9bb1f3a0f03b6b7b495e1b88c80b6b84e5c2c39b72eb6b785e27339b2c286390f03b6b7dab0023a7196ddb8174583383d79873832538a39f6f1c637e9f597b9b495e1b87196ddb84c93133a367b2fb8b6b005b9625bc838997337b9325c7cb88c80b6b817458338367b2fb805b8ef384e711038f1c6c138b25503b9b1d946394e5c2c393d798738b6b005b94e711038c549003a577b173a9b9a8637d918fd38696fc5b9b86195b7bc9e6539383fa7381de1a1389b9a86370c11433ab464f53981af8538002b5d39adc959b7cf2b10b929ffd7b8d918fd38b464f539b00a383a6d31cdb88cad75394df192b98f6329b8ec8a2739696fc5b981af85386d31cdb8e58b053a4f1e76b78decc8b8db9894b8beb90f39b86195b7002b5d398cad75394f1e76b76cb0de398f4dddb84bba6d38bb3f6438bc9e6539adc959b74df192b98decc8b88f4dddb878a2033a78da35b81c4be1b8383fa738cf2b10b98f6329b8db9894b84bba6d3878da35b8e75ecc38dc1df3371de1a13829ffd7b8ec8a2739beb90f39bb3f64381c4be1b8dc1df337a4dad539577b173a9b9a8637da18fd38696fc5b9b86195b7bd9e6539383fa7381de1a1389b9a86370c11433ab364f53981af8538002b5d39adc959b7cf2b10b92affd7b8da18fd38b364f539b00a383a6d31cdb88dad75394df192b98f6329b8ec8a2739696fc5b981af85386d31cdb8e58b053a4e1e76b78decc8b8db9894b8beb90f39b86195b7002b5d398dad75394e1e76b76db0de398e4dddb84bba6d38bb3f6438bd9e6539adc959b74df192b98decc8b88e4dddb878a2033a78da35b81d4be1b8383fa738cf2b10b98f6329b8db9894b84bba6d3878da35b8e75ecc38dd1df3371de1a1382affd7b8ec8a2739beb90f39bb3f64381d4be1b8dd1df337a3dad539577b173a9b9a8637da18fd38696fc5b9b86195b7bd9e6539383fa7381de1a1389b9a86370c11433ab364f53981af8538002b5d39adc959b7cf2b10b92affd7b8da18fd38b364f539b00a383a6d31cdb88dad75394df192b98f6329b8ec8a2739696fc5b981af85386d31cdb8e58b053a4e1e76b78decc8b8db9894b8beb90f39b86195b7002b5d398dad75394e1e76b76db0de398e4dddb84bba6d38bb3f6438bd9e6539adc959b74df192b98decc8b88e4dddb878a2033a78da35b81d4be1b8383fa738cf2b10b98f6329b8db9894b84bba6d3878da35b8e75ecc38dd1df3371de1a1382affd7b8ec8a2739beb90f39bb3f64381d4be1b8dd1df337a3dad539
shop	2	item_ids	0	\\x7265636c010069000403020100000000240000000000000000000000000000002400000000000000f6ff0f00000000000000000001000000200100000000000000000000000000009360e874665265d90100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000
shop	2	user_ids	0	\\x7265636c0100690004030201000000002d0000000000000000000000000000002d00000000000000f6ff0f0000000000000000000100000068010000000000000000000000000000fc8e71aef35def550100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000250000000000000026000000000000002700000000000000280000000000000029000000000000002a000000000000002b000000000000002c000000000000002d00000000000000
shop	2	item_factors	0	\\x7265636c010066000403020108000000240000000000000000000000000000002400000000000000fdff030000000000000000000100000080040000000000000000000000000000553971cb505f8612c57184be0ccbd8be749dc43d058bd53e29b0ecbec12da43e85cb723ebf1f10bfac5b51bef0fc28bfdafdcc3e1c74e13dba5b71bef19198bedc562dbe21c172bd5fe1a1be95be6abece07803dc7f9fc3e205acebd557bb53b10a4b4be851b193e269fdebed0a90c3d64ad003c030ebb3e12b3d23ee34daabddb46b63e574f9fbe011b89bec64ee3beb00d6b3d78926cbe2a4fa2be759766be60801fbe7cd0e0be7c4908bf70aa0f3fa0743dbe02a606bf5e8b713ee9ae553e8a75f3bd27cda73dc352d9bed3eb88be62b029bf2d1ae73d3548dfbc0e48fbbe8b451fbd461a683ee6b0a0be9249313d7529033f6e15ecbe8985f2bb3f8c3fbebde486bd86783c3ec818ffbefb629d3da721743ed51d193e0a7e493e9556c73ed78fcd3efbdf0e3fce67eebe2008473e647b61bed447033ff1551fbe7e255a3ea68641be5bc59dbd5b95a6bedb7d03bf13046d3ece48f2bd3922c7bec35007be1be60a3ee4c8aa3e8978f1bef015eb3eaa572cbecb0aabbd448ec23e3deec6be0aa5a93ee9395e3d68f2b7be5bf9c63e3a0aaf3e11025cbd38d20ebf811876be3508103f31f3423e9da8d4bee8c9793ef56c863ebb20aabe171259bee4c514bfc0cdb63ce6299cbe66f4b7bee13795be91948bbe225544be596d253e19d8073fbb8783beafad9cbef7edcfbebd0e653bd16ee8bc1636013f5dc09abef6fa03bfce322ebc256bd7bdd85316bfdc00fbbd5cf0cd3d91b4cabe8385f6bc2bd6b4bc43baffbed8c5833e1712c6be3905b2be2787933de4ea643e1852013fdf6e99bef061adbedc5a333efde99cbe8262bb3ecdc4a73c52658b3e5a7c25be83812fbd910fc03ee797cabe0314b6bed6970ebd90ff2a3ece4b95bea385073f1a232b3d49f0cc3dfd761bbfa55f0abf8912e5bea607d4be45eceb3c974a083f6091a2bd7c2934be975c4bbef79809bfb843623e3167e63e1258a63c31f67cbe8a17983eea56eebedca58e3e8cf711bf7a26cbbe554a6c3d615353beee7c243e0af9a2be4602963e1d8b1f3ec2c1c0be3187c93e0ec18abdb0f5d13e19d18e3e2efcabbd4e81f8be271ca73c78f70ebfed39d63ea41274be605a393cafeb4cbd697a28bebbe5e33e06e4fbbc52a107bff8b0b73d82c3153fbdc7c23e7bcabc3e819a5f3e74e08dbd33a03dbedbedf0be20a29ebe19880fbe11ce20be83d002bf3725053fa4da533e75915c3e27a71abff9b02a3efe4f7bbe2dc06f3dbd40d3becbc2e73d84aedabd8cecbebef99778be1e2d8dbde3443e3f8145e9bdb68eac3e79b67c3ea308243e3268cdbd843de9be93c5853d2c9243bf9580acbcedb7a7befc1ab13dd0bd43bea7932c3e53aaf1be668fcc3dac7d433ed1e8c03eb0d0023d0cf1063f2a70123ee435583e824516bf45e93c3d8f02003f4092aabd8136dbbdb4ba85becc99a2be7732923db625f1beeb8bfebe61d99abe54c1523ef6a11f3e6f44d73da5aae73e4d253b3e889849be0f10313f1cdad1bc541569bce5ecb6be8153613d36bae0bef6d98abe726b51be65e396befdb1a1bb6b1b34bfe4b31dbe666e933ed4e5ac3d055fc5beca9e19bf051ca73d2b77e5becf6f0cbf2d63e33d9cb9093ec163c63d31e4f23d
shop	2	user_factors	0	\\x7265636c0100660004030201080000002d0000000000000000000000000000002d00000000000000fdff0300000000000000000001000000a00500000000000000000000000000002295f1f8ecb130fa6f736fbfc3517cbe11d34fbe3a63f73edded73bf14eb453e4576053e714c533ee8fa57bf72ccebbe64e1143f241422bf4dea183e30e1f8be4d67a4beaeb052be65ecabbfbbc645beabadebbd52c2203e6223bb3ebcd69a3df8dd13bec0d0233f4f0a37bf9c54943ed89b503ea8b66c3f089b033d09fd09bef880543f6ded5f3d571897bfbd8936bfe6bdb03e69099a3e21073e3e8f8c31bdfd02903d07ca47be725849bfe59362bf3a3be93d99ff983edc2c233e078c573ff824a3bd90c9bf3d372e53bf37c9143ffa3f953efeb607bfbf62dfbe804040be7773b6bd83874d3ea69937bff501983e0d19413f994b4bbf6ada393e30a7b93e66c5bebe6b5f13bf4b3f73bfe274d23e8fb1e1be53d6efbb8d41043ff83ecbbe1608e2be110494bc6f2d6cbfc6a0963eafaa03bef3baaa3e32ab3b3e7c8b3f3f06b8043e25df533c751f99be213f84beb48d653fd5a8383e7d3e813dee5de7be73d7efbeb24f99bea79cd8bef90c403dcc79f0be557e3a3e79914abf1b941a3f0b840cbee59b27beaf8e69bf8505653b6daa24bebc3b0a3efff1f1bd049df43d0362463f875053bf0cb150bffe21873e850a8c3e45b6473f591ac8beb146acbbc2351cbfed0513bfe61283bf31181f3e45d20bbfd772ec3eacac6f3e6ea5453e997d143eefa5de3e288281bfae8c03bdb911cabeeaa7313dd4aae6bdbda97b3fdd77d73edfa8cabe49740ebf8a0bdbbe7b41153f746a3fbe8bf7efbe90b31abf7e92e5be06781b3ead5578bf5d23533f7917fa3ec28fd13c0224bb3e0ae59b3bddb1453e5738233e2eaf4dbf1414173f1d0088be3dc8593e01312a3e76bbff3ed5015dbe515fdfbe965ebabe607916be45c50f3fb216c43e4a8f093e2e17a33e1c3b8a3e09244dbf2d2893bf14975bbe94bb9dbe17fdf33edf31a23ef991853eabef97bb3cc0ae3ed0914fbf0e989f3eeab771be9e62fd3e0792563db3d603bf00c9e93efd89c2be4fd673bf33e5593ec434c7be711c21bf90a53bbe95bfb2bdf5f5e0be812c8ebf32103bbf6a0ae9be6bb30cbf49d421bf372b05be1268c73e4885933d991d89be128717bf5235e33eaf16293f5a14e23ee77f21bf7846363f7fc245bc2e43c4be907458bfdfd56fbeefb6453ff8cc21bf45b5ae3dbbdd8b3e322d093cd2f18c3e8ecd2dbf392fbfbe313e883a695ffe3d9990ea3e95c1003f261a353f7aba96be1abeb9bf4bd567bef1ab803e11a3483e292a683d347d31be31757a3e654e2ebf852d2abf8e5933bfc51b37bf3c0d4abe17582bbe51299fba4dc2813ed39f883dc8960dbfe91cafbea931b83ee8d1d4be744d45bfa81e8cbe4dbc573eab6b03bf76ab31bfaf02563fcabc893e7481ac3e46edeabe9cba07bf8dc964bdcfa014be38d526bf0bebf4beff54693f27a917bff51c1cbebeaeabbe32c66e3ea998ee3cbb2c25bf0620383d8e9e15bf225ef3be19f84b3eb4c5b43e4c8155bf87eb53bdb2b065bf703bda3d1647b7be3d81233f0a19773e262f843e7487e2bd8d396fbf97107abfc1f3b23d23cf043ff4a4d3be495f403fddb3fcbe8b5140bee7431b3e6c853fbf8aeb95beff6ca0be75aeccbc6cd94e3f2b128bbe4986e63e54a6dc3eff6274bf42db3c3ef17bb4be2f099f3ef932fdbe6f1faabe262f68bfabcc683eb6bb58bfa1d5f7be316d86bdc75d4bbf7bb1e9be73944abeec2ccf3bd77d35be80ef58bf355fbf3d35060bbfc342fe3bca0f4dbe518694be77a05e3f8770813eec6200bf4eacbc3d8f16b9bc572c373e5eab13bfdff3e63e0dc0b5be9683e9bebffc34bf78ebb33d0772373e50bd62bf3d4e10bf5353053fb121abbe7a9be13dd00d41bf443083bdf3b8a6be2a29c7be738b55beef5e123f16e3aebe8e012c3f58400fbf4699763f67b977bd06069bbe351a76be95b456bec5eb9f3e8b6287be23d639bf80a68ebe8d3f9ebe4daf30bffb1d5e3e12aec9be124ffdbd31851bbf657f4abf252314bf6fa127bf3ded613e9e10a1bd632e1ebe63821a3e5c99dcbe
shop	2	gramian	0	\\x7265636c010066000403020108000000010000000000000000000000000000000100000000000000fdff030000000000000000000100000020000000000000000000000000000000ce04d2d716a0fcf92c79db402f85814008c97e40813b654009235c4073ec434047bb414011e12e40
shop	2	user_mean	0	\\x7265636c010066000403020108000000010000000000000000000000000000000100000000000000fdff030000000000000000000100000020000000000000000000000000000000fddc0330b63ce7c5a2874dbf2f569dbc8bca373c276aa3bc603172bdc3ca723d434909bb18f217be
shop	2	user_covariance	0	\\x7265636c010066000403020108000000080000000000000000000000000000000800000000000000fdff030000000000000000000100000000010000000000000000000000000000def24ddbc6ed13b45230b53de4fed93bd091ae3c061c93bcd54903bd44dfa93ab2701cbcd59f9abce4fed93b7e8e6f3e198ffd3a94dc173da4f134bc67568e3ad770e3bbf1c26cbcd091ae3c198ffd3a9773863e79f903bd1216b4bb91b822bd48719dbc65056fbc061c93bc94dc173d79f903bd570e8f3e2397ac3b86f1e53cbce23a3d19c8a7bbd54903bda4f134bc1216b4bb2397ac3b00265b3ed9fb58bc8b729d3c1bc6a93c44dfa93a67568e3a91b822bd86f1e53cd9fb58bcc1e1773ec379393c4af705bbb2701cbcd770e3bb48719dbcbce23a3d8b729d3cc379393c8a99653e9a5abdbbd59f9abcf1c26cbc65056fbc19c8a7bb1bc6a93c4af705bb9a5abdbb0373773e
shop	2	scalars	0	\\x7265636c01006600040302010f000000010000000000000000000000000000000100000000000000202202000000000000000000010000003c000000000000000000000000000000d705395e82b86981cdcccc3d0ad7233c4ceda63f93d2193dcdcc4c3f000000000000000000000000000000000000803fcdcc4c3e0000803f00003442000000000000803f
shop	2	network_shape	0	\\x7265636c010066000403020103000000010000000000000000000000000000000100000000000000a4aa0a000000000000000000010000000c000000000000000000000000000000a0a21f5878eade00000000410000803f00000041
shop	2	network_dense	0	\\x7265636c0100660004030201100000002a0000000000000000000000000000002a00000000000000feff0100000000000000000001000000800a000000000000000000000000000066685bf0276671c97610acbdde182dbedbff133ec54d90bd377f3fbd305f1ebe8a47f83ebb7d6fbd98c961bdcd47433c2a3381be35e783bd178e60be02b6febd9a9c8e3eef526a3e79cf9fbefa065f3e4391e1bdea44fc3de5c624bdd285b73ec71d19beb23a2f3d3ad8d2bd6b18c3bd0ed3cf3da64e3b3e60a569bca30a6fbe10bb18be7f8ad43cf462ccbca549f43d80f980bd707a183dc8e7b4bd8e24bb3b2217acbdf5dc79be80c3e7bc58f18d3ec820373e1f2ff03d55fd9d3d78e7f2bda8f8e63df5e03e3a8569dfbd75e23cbed6c0033b333f6f3ebc6da2bd77d00fbda8ab74bd1e3027be052c753efaf912bdb6137e3c69c3dabd13079b3d3a372f3e90da7a3c0abe3abc97d69dbc9ff66bbe9673163e0b2091bd62b55c3effc21f3ea0e29a3d068a1fbe177987bcb9ed053e4ae575bd341804bd7ec28cbd58913dbdd6a43d3e1ebaa2bda645d2bcc86c113eeb461bbd673e4cbd47662abdf13edbbe5abc11be247123be5fbe143ebad8e03db00c8f3e8a5422bed52cde3de303a53d9ca629bd4aefb8bd71ef6ebd6229b03ccb822abc9a78e2bd715e70be8544f1bd0d768c3eebf2c23d03ae31be4a394dbd108d87be303619bed2f2e0bded904c3e1e9ddcbd8c41213e6ec638be19a106bdcd19443c97101dbc8c7af2bdacbc03be4715e63d2ed21f3e819b533dc07848bd094af9bd1dd7513c16f161bc0c9a9dbda8d9853c7cd230bdf83d7b3e8e03d63cade90cbeea2191bef60f613e6d992dbe004a31be3dc34c3e2f688fbd5556cd3c50dc3fbcd411b23e3c61343eb28af9bc0ad8393cf853c6bd6456223d8944f73b838b093ecfa1cf3c869526be3119d23ca292a2bd1625303cfbf4743ed1b9cf3d9cc7a93da2d9abbc8beff7bd7738843e7b37083ebb8aacbd72fe5abe5144423ec92732bef3719a3db3e95cbe1a514abe2778013e9e1943bd7312dcbdb7ac9dbe9aa57f3d6d39fcbc4be98d3e146eb33c3a79693e13bb703e48b608bdf0f28d3d774213be60c4aabc82c633be79072cbc8694063ebc5b973eb6f2413eaec32b3e61d0d83df27c7abe2d15c93e6c91d83c988fb2bd8ea2413e56bfa33d78ea8fbd5bda61bd4d833ebe98f4cabca8b903be99cf28befaa4523efac9e13c539793bee32a50be88ea083e40b3d4bd0bbdf2bd5edc1dbe452c6b3dd87d743edb842a3e2d6e1b3d9bd4553e25bae0bc7c7ca4be8af59bbd91a5333ecb4c1fbd5bc653bd3962363d1c541bbc8fc7a33d686e883c09f3843eaf0f083efd905a3ed1872ebcefa71a3e9f0c10be4cbd3c3db9dbe53dc136b8bd30050a3d5931283e3ce58bbe22b74fbe3b68873ccb4be73d3013053ef936edbe98c34d3e3435cf3c8c6686bd53d6c3be1251e6bd0aadbe3dc03d00bec90b803ea0c6c53d93de59bd3f11bcbdec36303e31ff94bd0eae21be15f69fbdb520cfbe1368743ebc02c83efd35eabdb0d9d1bdf83862bcdb7b7e3e692be73de95a83be585c903e939e3ebe7cf0053e86d84cbdc38ef6bb15d3a33d9ea912bc84fe18bcc857c13d51f4b6be8cc7c5bd3c37953e008b363e52a41c3e9bb896be606f383e4ab818bdf913cebd25bf873ebc6c8a3c015534be8e3c143e83a0853d1ecbd7be6dd643bdde3ca0be7c32543efe98833c0695f2bc1c42c8bd054d9fbd9f9a77be26a7f939eb4d80be46293cbd58e754ba522b903cfa8d0fbe7728243e84840d3e3b8d043d6d4ccabdda8effbd048ccfbefd8f723dcf2e2f3de1108f3dcf81173e367195bd88e18b3ca3d4c4bd3cfc8d3e8aa1d93df410a6bd336b71bd66ceaf3d549a02bd299329bee57d90be9eaa81be12bb243e946d07befc5354be7369853e31a51e3e97d243bef7ef5c3c062c17be9e52033e76358cbedf21c9bde90fff3d61d2583e1f28673e91ada23df5f8143cea98fbbda22457be23fa7b3ec2870e3edbf3de3d425401be0dc40abed2dbca3d169e423dde7ac13d02856e3d2e8594bdadea28bd382c463e7c7d65bb636ab43df8b27f3e9c0bb1bd3f2bbf3a50368bbc304211be43b7febd93663cbe30dde93deceb91bdd300bbbd8853183ec5cf47bee7b553bc7086b3bb6ff29cbe4aeb18be07a6ac3e9508c93c4bb4663cf1d7c03e6620d43ed016a03cca7cafbdc55b903ef63516be340fb3bdf71dc6bd136d033e3386203e7151b23d5e17a63a4eb4b6be7c8c4d3d091749bef700743d8470b1be57abc43d48349b3e2cf5e1bd794215bee2df103e73b3993d6dd99e3d97f71ebec7f43fbb9daa1bbc0ea1793ebf2bc3be502269be52282dbe30b4993ecf2ab9bd5b4abbbdaa7a1abe2b4e93bde6371e3c9397cd3b8433a73db4ad08bee7a00cbee134913c86d03bbe67859abd1f4588bde47cecbdd7689a3c303e96be1ac034be8f398bbe2c4369bdbf869b3d6b7419beaf4e1cbe700b253c5ca81cbe84ad60bd4f118b3c63c6833df2fb15be3dfa643ea54cf33d23b9203d79f6753e7c39533e12cd1d3ef4e6c73d7c0b06be8a47963ef730003e0639903ed4e9873ebcf658bd62a20cbe220c273efc47ad3eca00503e24cf49bb8830753e046096bed0a9b9bdf3d01bbe953e433d9469903e761dbabae772ee3c11fdbebed3a699bd9cc5c73c1aca603d808b86bd14c4aabc802b51be2d1231be531de93c5203403ed4f718be9d2acbbd69bee03d3dfb403e9c06553da3c1b9bdd2261ebede1f9dbdd69c2fbd9477d7bda9ac993d90836a3d251383bd2133c63c01986cbeca164fbe738aa43d2bdc213eb84e933e221db7bd300d72bde0e2b63e78cc513ef9969bbc64526bbd094f293e92faf13d885a6d3edf55323e2370283e1a92a5bc53f62e3e95fe123e5962503ea967d43cfb0dc93c844930be23bc9a3d1a3baa3c2c3f0e3e2e1b45be7debfcbe12c0883d239903bed6a142bdb0dcf7bd5af1c3bd575db93d138e453de44a353dbe815cbde6c985b8d34720be7e00c1bd56427bbdd80387bda62345bd2c4fb53d671e583d0615993d7f97b5bd025ec93d6e96833d84e303be0720dc3d6c5e523e2e633abebb2d16bd3b12993dc5163c3e96d5ec3d7b7f8d3ec6ae0cbd034814be8c840c3e840f81bec15b873e6ada74be601282bd16317fbe95144c3e4caeeabdd65e0dbec817e03c369c133e95881f3e50c553bde490c7bed48fabbe94a2c9bc4806823e2b4371bed53d4ebc92e2c63d71871fbe543d1cbe7e9a5c3d4ef2923df98629bdfd5e9ebda0a97cbe8121c5bdbb21493c6f24fa3c2aa6183daf5e683eabae773bd4d33bbbf80689b80e9bb83a15d1c13beda9acbb281b86b85c56423b000000000000000000000000000000000000000000000000000000000000000096027fbe60788abe8800c5becba94e3feca3a53e7767d0befe82013f149b3d3eb775d43e4969aabd6a891f3f209c35beb1b6d33e698b93bef7f00e3e8aaf363fd616973ea69f04bf0e619fbd78bd36bf7c1979becbc90fbeae87383eb1a6a8bed13a06bfd109e03e57a3de3ef022843e4f4f603d900cafbe3a9117be27d530be198cbe3e3607763f5139383e23533a3ee863f0bd9b746e3eb8f182beb188cdbdad6bcb3e2ebe5abe65a3f9bd7f2b06bee0ea04bebe83183f0ae9943d5e68fb3d0e75c43e2bc7373f0282fa3e416987bebd97f63ef1d626bdf8b1cb3de0c033be556f02be94d660bdcd2135befe61edbe7af9d93e1c6eeb3e437758bdbc0ee0be501b8c3a8c8e85ba007108bbb57a1e3b5bfeb33aac74423b30c5baba0b01963a0000000000000000000000000000000000000000000000000000000000000000
shop	2	network_inputs	0	\\x7265636c010066000403020108000000240000000000000000000000000000002400000000000000fdff030000000000000000000100000080040000000000000000000000000000c09c1357f3ea97623fc14bbddb04033bc843323d819decbbdbdfa6bd408c363d15ef4e3d645411be8daca4bcd59c1abcd5efe8bc8eb9bbbdb0de09beecbcf6bb406d31bd4a6028bc1bae7cbd8f41323b09a3933d3d4aaabd439851bda236153c7f5cdbbb1314ce3c00faaebd6e9c7e3d0643adbb497e38bd3c7fb13d2fd9bebc93a8683d6ca6bcbde6b6e3bc2e76843c1b7d3bbdecc2d23bde6dbdbd0bd42a3ded4fb5bdfec782bdc8a7fbbdafecc5bc3dcd5bbd92d6c43d35c48b3d0b4b163df00f8ebb085eca3c13ecc3bd5ce5023e85b7603deb51093dbbbcc9bc569d8fbd247db6bc0fdf3c3de60d5ebd122e48bdb445dcbde8952bbcef52a23cb970b0bcd53092bd522b213d1ca9bfbd498165bdb9d722bd5e2f0abd7df21bbcb35e30bda168183e1368163d9f72b9bd02a2d0ba39fd083e3041963b050c773a8533043d40c2123d6e3540bb628682bd856b18bce6099bbd2bce31bcbb39e8bd3ea897bd1e17063c270cb13c19eef5bdba6ccb3b1cb7e7bcd4ec1cbc8917913ddac796bd7233c93c9ca2cebc45e5bbbd10f715bef25ba5bcb46fd53cb6fdc5bcab80efbdff100a3c134c01bd21fa99bdf9b781bde5f0b8bc0a14983c75ed38bbb1ec61bc707ff8bdce1465bd900b5bbd8ebe8d3d25ab8e3cd9c2833b0eb9003d1d4e0b3e4395133d0030043d71c1aebd056f19bc7109d43dc502b0bdb3b210bd74e29cbc003a82bd5d55eabc4e22ebbdbdd2c43c7d3d4ebd4a2fc63ceb494dbc4a730a3d29ea82bd6c129f3def90a7bdcc36a73dab26613c543e05bee239303c859ace3be0c3ccbc736b783d3f9e87bd3bff47bdf5fd4f3d8a6ce83c955c9b3adce335bd0d57293caf5fc6bd7d305abd05b0743df2d9a8bdc8b97d3c1b9fc63dcf3d013d8e4f12bd9f94b9bd14e6cfbdde02233e08d3513cf1c5b8bc2713093cdac2833c77ec31bc8f2277babdd7e7bd8d8ae4bd93558dbbe3014fbcfa4172bc742c963d6b50ba3c1d4cac3d38aee5bd8e8f943d7504b3bd78c7bebc1261bbbb76dc9abd9d82a0bc4bf9b03b1cdaccbd204c1dbd87e6b33d40e4b3bcecbb803d9c6b293c9a25b5bc4d0ccd3c5619fabd932391bcf92f453d95c1483d326cb83d4bb393bda9489b3c0b28d2bc1e1595bd543a9bbba97024bc6872ffbdd012a63bac6c933d0c09a23acd038dbd4c447bbde33389bc806afebcea2e993df0ef19be1add123d98ab833d8cf2993ca066e7bd9f2291bcd5d4513dd197ca3d5909ecbb320edd3cefe56a3c976826bdd019b7bca1ce7cbd0857eebdbfe8c0bde638e43c0be6883d57631d3d1a3e8fbc0c2ec6bdb4cc513daded863dc997003e5f3291bd1bebcabc4b994abc9663cc3ce0d6c0bd668b57bd0e15313d3e947bbd178ea13c17f0403dcdb7d33d1f03a63cbc83e0bd66d597bd3f9e18bd3cdf69bd9d3c023c6c15ae3c95756ebdac10d33cdd0684bd2bddc43df831cdbc1b9afdbcd5d1a6bd6cd0bdbc0c44aa3d5b4711bd04f3f8bcff9ac4bdb814d13df5ec433df27f303b1c5a683d516e9bbd9cef6a3b153304bc5b4b5b3c00b5e0bd23ddc53df94b5dbd98d5a63d1a1fc0bb820458bd5352eebd0887253ddd35a1bd0483b73dec07723c4da5623d8aa0d33c1f27a43c
shop	2	network_outputs	0	\\x7265636c010066000403020109000000240000000000000000000000000000002400000000000000368e030000000000000000000100000010050000000000000000000000000000f61d392ae4f7ae588b971fbdce4c28bb6725323d1c4fe5bbf7daa2bd80e8493db96e473da66411bed9955bc0cc52dcbc728197bc16f807bd558dc3bd787706be3fb2c4bb290d37bdcffb46bc7cae77c02bce7dbdb8496e3b4a3ea13dbabfb0bd116d64bdd39daf3b0ce2cbbb62ae1b3d5a797fc0bfe2a7bdc8f2643dd90668bc9b380bbd649fa03de37ac2bc022e453dbd29b2bd8c6a65c07c34c7bc75b0993c8fa455bd50238a3aa546d5bd1a0e343dae54afbd30817dbd4de770c0766df8bd6eb4f7bcda736abd94cdcc3d01cf893d76af053d5b1e12bb86dfed3caa3a65c0d10cd9bdc56f0a3e8f91543d9b26313d8899e3bcbec789bd413503bdf551383db7927fc0438185bd8c2734bd88a1e9bd0c1384bb48c7553c122cd5bc52af8bbd2f77253da5af77c087f8c5bd9f0988bda96448bdad7c33bda57b8ebc1b0825bddf03133e2853233dc6076bc0eda4b9bd4c676ebc3493f73d14a8f83b16b7d4bb80f3383dbf92d73cdffc6fbc3d9a5bc0d1088cbd077459bc38699dbd57b749bc9e9aefbdd1af8bbdf20ce13bdddc773ce9ea77c088bf03be086b8fba150dccbc7cea19bc3be1943ddb0199bd8fce6a3c02875ebc4bd16ac05697a3bda48a19be4ce1d4bcaae88f3c8a6606bd70faf5bd79d8723c54d4fcbc96156bc011f09bbdadb87cbd044760bc378c383ceca8e6bab1bec4bccc0d02be2ab662bd46565bc0271881bdb0979c3d208a773cc7e6a53b6a5b053de39f173e3971c53c367db73c632e65c09a77b3bda88118bbf04ac93d5457aabddb1538bd1a064abc724587bdf23edfbcf27c65c09cd1e0bdd61f843c31fd5ebdf1b38b3c4badcabcf876173da77483bd9b209c3d0ad152c0d503b0bde4ccb43d14d8953ce47505be7585903c706f853b80fa1abd04be473dfcde70c0a81790bdf93a50bdc72c4f3d7f89f53c36b32d3c383e32bd4c83563cb6b2c3bdfe8165c00f3b56bddabc5a3de2589fbd0af05b3ce9c4c93d77600b3d4a5230bde03caabd8a3c65c08248ddbd1bfc213e8a10a83cfac9d9bc409a093cab73823c585779bc45d89539dc2757c07291dfbde0e6edbde80922bc76011dbcf8f295bcc034843d1b0c9a3c407bad3d534f5bc0b975e1bd0263a63d71099ebd31f4a4bcc0fec23bbe21a0bdf6d48dbc932baa3ae1df56c02acfd4bdd17cdfbce1f8c03d3f25bcbc88a47a3dd679883caa65e2bcee1d803c7ef377c030e0e6bd2734cebc4f8e123d44515f3de501a03dd9ea7cbd8297d03c6310babcf96460c0d989a3bd178f07bb733e05bbed35eabd09912d3c35328f3d15331bbc4cbc9ebd605d60c0d75688bdaa03c9bc8333c3bc2c59913d69a812bea270e63c14de873d37ce093c534860c01e93fdbd4017dbbc9a0b4e3d2458c83d194e00bc8982ea3cf2d76d3c9e0bfbbcf93a4bc024f7debc787e7bbdbed3edbd6cffb8bd8b23023da462743dca79023d6ed3a7bcaaed70c0f54ec4bd8176683df0908b3d881b053eff278dbd2aa8f4bc25954cbcec6ecf3c4bd76ac08a1ec4bdd2d654bdc934333de1db57bd9d69a33c3a2f283d08c9bd3dab81a33c4a6f65c06adce6bd6bee89bd56f806bd053279bd49915d3b01eb473c97497ebd7abce63c34ef56c06c2490bde3a0db3dd88dd1bca0e196bc97bea7bd9b71f7bc7c93a43da0770abdda6f65c03d5d0cbd78f5dabd2760ba3d09ee4f3dbf13fcbb4d36893d31e49ebd5f9e4dba60ed70c00ea165bc39978f3cc294e5bd7030b13d4c5851bd7833913db59413bc9a916cbd763265c02651dabd9330163d5d9e95bd0efca33df606903c87716d3d394b003d2097d13c9b485bc0
shop	2	network_spread	0	\\x7265636c010066000403020108000000380000000000000000000000000000003800000000000000fdff0300000000000000000001000000000700000000000000000000000000007b6c4ebe7c6d69a310a1833bf4572e39faf20b3bf32346bbc4cab339ab22203aab494f3aa5033c3af4572e398e02a13bf9ab5d3b0dde11ba4bd5163b9feed1b65297e5b93f80d4bafaf20b3bf9ab5d3b920ec03bd67a28bb9561583b0b7cb8ba2222033aa5a6133af32346bb0dde11bad67a28bb8ee75b3bbe298bba557d23b8c9ba35bab6089c38c4cab3394bd5163b9561583bbe298bba439c3b3b6b8f6eba17d2a93977b75038ab22203a9feed1b60b7cb8ba557d23b86b8f6ebab7c8e83a177f47b981f246baab494f3a5297e5b92222033ac9ba35ba17d2a939177f47b99bb9d5398915d939a5033c3a3f80d4baa5a6133ab6089c3877b7503881f246ba8915d939ba23143bbdec3a3b66962cba0805473abdedfeba8751cbb8afa0573a56f1013a4ed7733a66962cbaf00b8c3bcaf42a3b8f1e2db985c6023b94a303ba228c0cbad8fcd9ba0805473acaf42a3bdfb1783bfb76a3bac53d133b00d2aaba95d8e936aaf1d139bdedfeba8f1e2db9fb76a3ba15a8183b641b31bacc08fab91038a8b9d5620a398751cbb885c6023bc53d133b641b31baf78f263b314865ba5c987e39779399b9afa0573a94a303ba00d2aabacc08fab9314865ba727d103ba54f65b954b4f7b956f1013a228c0cba95d8e9361038a8b95c987e39a54f65b93e9cdd39f0a38f394ed7733ad8fcd9baaaf1d139d5620a39779399b954b4f7b9f0a38f39ddd21d3bc9e8d73a825c0fb66309193a209989ba29c352387953e6399a617639952ef939825c0fb6dba11c3bdba7b23ac53a02b978b4523a72462d38d885cfb90d5d4dba6309193adba7b23ab00a113bfe0c37bab492883a9b8a53ba798514b85da2f039209989bac53a02b9fe0c37ba74efc23a1d5af7b9de7421b90ed858b99ad6933929c3523878b4523ab492883a1d5af7b9beb5b63a2adca5b94a171e39031530b87953e63972462d389b8a53bade7421b92adca5b9517dba3af4ad0cb9a6bae7b99a617639d885cfb9798514b80ed858b94a171e39f4ad0cb9fa9f883940751639952ef9390d5d4dba5da2f0399ad69339031530b8a6bae7b9407516392636d43a095f393a99bd903751531239d66cefb926f4ceb72af189396a3ecd384115c23899bd903767ef783ac68f163a695d80389b668e3979a0cd37192846b9bd7f1db951531239c68f163a40045c3aeb5020b979c89339605097b9b0ce9db85fb23139d66cefb9695d8038eb5020b90c78203a7977cab7afd6c3b830e3b4b8d9d21d3926f4ceb79b668e3979c893397977cab7179e0d3a5e91dcb8c4db8e38962669382af1893979a0cd37605097b9afd6c3b85e91dcb8ca34123a76442bb85402f9b86a3ecd38192846b9b0ce9db830e3b4b8c4db8e3876442bb8bcea003988680f384115c238bd7f1db95fb23139d9d21d39962669385402f9b888680f38b0f5fc396eba1a3a544d42377125eb38831ec8b95751c5b7c8446b399d7ca738773da138544d42374353533acd25043adf7f5e38ec107b39b5566cb60a0c1db9c8d001b97125eb38cd25043a8f1b433ac31b03b9ab9686399e3f93b9cbd350b882951639831ec8b9df7f5e38c31b03b99924063a337292b75f47acb86da693b853ad03395751c5b7ec107b39ab968639337292b77f64f23985a4e5b824e9853840434738c8446b39b5566cb69e3f93b95f47acb885a4e5b87d35043ae06444b8b715d4b89d7ca7380a0c1db9cbd350b86da693b824e98538e06444b83d8ddf3853e3f437773da138c8d001b98295163953ad033940434738b715d4b853e3f437d8ddd2396eba1a3a544d42377225eb38831ec8b95751c5b7c8446b399d7ca738773da138544d42374353533acd25043ade7f5e38ed107b39b5566cb60a0c1db9c8d001b97225eb38cd25043a8f1b433ac31b03b9ab9686399e3f93b9cbd350b882951639831ec8b9de7f5e38c31b03b99924063a337292b75f47acb86da693b853ad03395751c5b7ed107b39ab968639337292b77e64f23985a4e5b824e9853840434738c8446b39b5566cb69e3f93b95f47acb885a4e5b87d35043ae06444b8b615d4b89d7ca7380a0c1db9cbd350b86da693b824e98538e06444b83d8ddf3853e3f437773da138c8d001b98295163953ad033940434738b615d4b853e3f437d8ddd2396eba1a3a544d42377225eb38831ec8b95751c5b7c8446b399d7ca738773da138544d42374353533acd25043ade7f5e38ed107b39b5566cb60a0c1db9c8d001b97225eb38cd25043a8f1b433ac31b03b9ab9686399e3f93b9cbd350b882951639831ec8b9de7f5e38c31b03b99924063a337292b75f47acb86da693b853ad03395751c5b7ed107b39ab968639337292b77e64f23985a4e5b824e9853840434738c8446b39b5566cb69e3f93b95f47acb885a4e5b87d35043ae06444b8b615d4b89d7ca7380a0c1db9cbd350b86da693b824e98538e06444b83d8ddf3853e3f437773da138c8d001b98295163953ad033940434738b615d4b853e3f437d8ddd239
kinds	1	item_ids	0	\\x7265636c010069000403020100000000240000000000000000000000000000002400000000000000f6ff0f00000000000000000001000000200100000000000000000000000000009360e874665265d90100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000
kinds	1	user_ids	0	\\x7265636c0100690004030201000000002d0000000000000000000000000000002d00000000000000f6ff0f0000000000000000000100000068010000000000000000000000000000fc8e71aef35def550100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000250000000000000026000000000000002700000000000000280000000000000029000000000000002a000000000000002b000000000000002c000000000000002d00000000000000
kinds	1	item_factors	0	\\x7265636c010066000403020104000000240000000000000000000000000000002400000000000000fbff07000000000000000000010000004002000000000000000000000000000087e026cb19c2da155268203f9dac3f3e7768ce3e6482a3bce925a23ef398eabe8261d4be180ba5bee6ed1c3f4e0a13bdc824063e67a006be599b273f1e93623e77b5853ec9b958be22b7c23e56c1bcbe4988e5bea11aa13dc349013f21ebbfbeb425d1bd1762a9bdba9b2e3f49bbe13e303aabbd843e7b3ebc08cf3e368ac83df5382abf573238bde8b5483eccd425bf55ebd83e58040dbf2fb91a3fc5bcf13e621e963e2ce53cbd550ad23e7ef4c0bd58aa06bfd4c77f3e9d7e083ff9579abe0a4f8d3e0f64a9bc54c5163ff1607a3e7cb18bbddae7c2bef68c283f2c3803be647479be4ababf3ca350023f37db86be8506e43e8d78a2bd9736203f76dd8c3e190c273e47837dbe838f143f4da8d8bde621c8be77f2593d92b9b53edd4b1bbf6906463ebe0c363e82a41e3f7d4dc33e2955433e4c9a76be9590323ffd2c053e93672abe45af783e2935033fb8db44be08627e3e8006213f93c0163f5975603eead2c3bdb3f0ebbe67d4123f754455be4e3e57bea8b5e13ef873fc3ec3198dbe5761c73ee5ed103d5d951e3f727f093fa924ffbd5a6e20be2be3093f7a11a7beb3dadabd34ae7bbe88271b3fc8764bbe23865b3e84949c3e8dff343fdb52c13e3e28d4bb5164efbc6246bd3ec1210dbf18135fbec935d2bec48f0c3f61b4f6bd3644a73e7b36f63ea5eb123f5eb6123e503e643e20fba4be5134203f403b013d50e4c9beecd7133ec2c9053fbf5c17beeab7ad3e524cf13eefd12c3f1eecd93ed54801be6036f53d443ffd3e22b83fbec3e3efbeceeb423ce666ee3e3e9b04bffe34a83d1f1e28be
kinds	1	user_factors	0	\\x7265636c0100660004030201040000002d0000000000000000000000000000002d00000000000000fbff0700000000000000000001000000d00200000000000000000000000000005af3bec3612e776ec26ba13f6d80813e08ecdcbc760693bc20024d3f959f2abf22aa6bbf569bcb3e6295a83feffe07bf5771233d6b6c86bd0b79573fcbec5b3d3a670f3ee1479cbff917ad3fd7d705bfc7cb96beac91223d2706963f5f6f26bf1b53073fb42a2abe030f973f74f19c3d69c9c0be1cd71dbf1ded573f7d231cbfe1517ebf48e86a3d64ea883f118f2fbf7a5632bc408ed33ecc1e4b3f397eb63e65e0333f559871bf23222d3f5e046fbf7b8e5ebff290863e4eed433f686ef33e7552113f5c99423fb071773f7a13d13eae49c33e987d083fe3f9a23f4dbded3c4cdc68bef4bca7bebc408d3f92e70bbfde4a1a3fdbdfb53d9eac9c3f9fbe0b3ded4cc13d872508bfcaf7883f564396befef55ebfdae4e7bdcf698f3f40a7f3bee9f2863ee3bd27bf3c8d833f26aaa53ee0e31a3fcdf11abec978993f7583e6be6c0d643eee673b3e84e6983fe7f0f0bee3b5323f99fcc5bd1c3ba13f83923e3e0bd9213ea9e82abe23e1a03f6cc1f4be9ba7a7be6431a2bea8205f3f203f87bf4e490bbe8a461b3f09b9a53f793cba3c7dd8993e776062be6849a13fda68d0beafadddbe566bd3be3ed1463f6f2d56bfdbeb423fe864323e0726a53f65fe5d3e0c3a673e379ae93d3f6d793f1b6efe3dfbb41cbfe1b8503fd420803f60a158bf4b19f2bdbe1483be686f853f8553d13e31d1613de37dc8be0b8a403f10fbd2beb4c088bf191011be4284943ffa2e1ebf4f89093e2f6fa23e866c8d3f46fdaa3e64ec173f58ffe33df8d5933fda4c17bfefe114bf77ad583cad571e3f16607ebfe3731b3fe209003f3c4c8f3f8826d93e6489a6bdb136b1be0da5833f42e3ddbe506151bf07f48ebc27e9913fdac193be368b353fd63912bd5fe92e3fce212e3f00b2b13ebc922cbfbe82933f965243bea54a1bbfa8db9abe77e3913f14b444bf2bbaa73db61a84be9042843f2c92e73e55e70dbf20eeacbe97bd5b3f639d79be67f53abf091b443f1678933ff47156beb4ae323fffe8913e
kinds	1	gramian	0	\\x7265636c010066000403020104000000010000000000000000000000000000000100000000000000fbff0700000000000000000001000000100000000000000000000000000000006ee2ec16fe92cafddd4b30411d247a405718534041b52f40
kinds	1	user_mean	0	\\x7265636c010066000403020104000000010000000000000000000000000000000100000000000000fbff070000000000000000000100000010000000000000000000000000000000cb1e56d7dde5fd0e7dc3863f3b896bbed35acfbcbe9455bd
kinds	1	user_covariance	0	\\x7265636c010066000403020104000000040000000000000000000000000000000400000000000000fbff070000000000000000000100000040000000000000000000000000000000350c18d3b6162d939e3a6f3d35d9ca3b2af3213c0960adbc35d9ca3b3a348b3eb24d5c3d3e317dbd2af3213cb24d5c3d8666b53e6d1889bc0960adbc3e317dbd6d1889bc3945813e
kinds	1	item_transform	0	\\x7265636c010066000403020104000000040000000000000000000000000000000400000000000000fbff0700000000000000000001000000400000000000000000000000000000008807ca70d9f605dc399f8a3d7f7b29bd9f79933d6c318e3d170e653efe135cbe7b2f143ebb7713bd754e643ea9ed663ea3d0cfbc7f426cbbb50394bde42dd03d9c568a3e7064dfbc
kinds	1	item_rates	0	\\x7265636c010066000403020104000000010000000000000000000000000000000100000000000000fbff070000000000000000000100000010000000000000000000000000000000ca4d92072f3b850bf2e12a3d94dff63c89f9a13cdf0efa3b
kinds	1	item_mass	0	\\x7265636c010066000403020101000000240000000000000000000000000000002400000000000000ecff1f000000000000000000010000009000000000000000000000000000000048a4e8af9c23860a000070410000304100004041000090410000304100003041000040410000304100003041000060410000304100004041000050410000a04100006041000070410000884100003041000070410000804100008041000080410000904100005041000050410000504100006041000088410000404100005041000050410000884100005041000050410000704100005041
kinds	1	scalars	0	\\x7265636c01006600040302010f000000010000000000000000000000000000000100000000000000202202000000000000000000010000003c00000000000000000000000000000098a7b1e5c3b34a30cdcccc3d0ad7233c0000803fd7284b3d0000803f000000000000000000000000000000000000803fcdcc4c3e0000803f00003442000000000000803f
kinds	1	item_vocabulary	0	\\x7265636c0100740004030201000000000300000000000000000000000000000003000000000000000000000000000000000000000100000021000000000000000000000000000000121a8eba85e9aa05070000000700000007000000016b696e642030016b696e642031016b696e642032
kinds	1	item_scales	0	\\x7265636c010066000403020104000000020000000000000000000000000000000200000000000000fbff0700000000000000000001000000200000000000000000000000000000005a6031993be949700000803f000000000000000000000000000040400000de4100000000136e833d
kinds	1	item_content	0	\\x7265636c010066000403020104000000060000000000000000000000000000000600000000000000fbff0700000000000000000001000000600000000000000000000000000000003ed1a252616778004420ce3e65a40fbdee8587b9bcfd61bb000000000000000000000000000000004540ac3c2a52783ca99b16bce5264b3d88cfa33dbb287abef43c6d3eca1dc13dc5125b3e3093aa3e1f40ac3d2ac806befd8bde3d7ccdfdbd63d0a1be37c50a3d
kinds	1	network_content	0	\\x7265636c010066000403020109000000060000000000000000000000000000000600000000000000368e0300000000000000000001000000d80000000000000000000000000000001cd606894c84703ce6fd853de445ccbb0b2158ba5302ccba960f29c099e9853d664adebb2617a6ba4401b4ba000000000000000000000000000000000000000000000000000000000000000000000000deae853b574e093bb40f4d39eade073cf0cf223de1fb803b0ac7ed3a440a87b80106053cb895643c714625bd81f31c3dd7255e3cd92073bf7a0e623cfef825bd5326213d8a24783c1c90123d43d8683d675b723cc092a6bc324a55bfe2fd093dea4e603d77106a3cffc6afbc848c803c1e35babcdeea5cbdbbfeaa3b4bd35bbf62a3923c723eacbc2adb60bd99d2a13b
kinds	1	network_shape	0	\\x7265636c010066000403020103000000010000000000000000000000000000000100000000000000a4aa0a000000000000000000010000000c000000000000000000000000000000cc1f3ed670633ef2000080400000803f00000041
kinds	1	network_dense	0	\\x7265636c010066000403020110000000160000000000000000000000000000001600000000000000feff01000000000000000000010000008005000000000000000000000000000012a8dc9b4720fd6e8c2ef7bd8fc07abe1a044c3e45d9bcbda5f15ebd84555abeb92a323fcfd29cbd9ea3abbd62cf9e3c2573b1becb7fc3bdc9faa4be40d73cbe42cbc73e5144a73ebd90e1bea9129b3e491525be58ce303e6fb070bda310043f626065be364d623dd9d113be372a0bbea82e0b3e3122843e992215bcdb14a9beb21b4bbe1926483de1ec2fbd94ce323e300faebd3449603dd8dbe8bd91f7853b7343e5bdcb9cb0be7a2a4bbd35cdce3ea45f863e3d3f303e41c2d43d6d9427be94b8293e5d3b03bcdea820be4f9488be3c26de3bb905a43eea58dfbd750233bd6b31c8bdbbb071bee0f6ac3e7f2544bd7c038c3c125e12bed1eee63d0a27703eeaca013d44176fbc67b8cfbc0ca5a4be460b563e59c9b6bd1e7f9d3e653e563ed08ddf3d1a0e5bbefccee8bcf3ef443e16289bbdfd4756bdbe7ae0bd228187bda6e6813efabadbbdec4f2bbdb5e1473ecf574abd4a849ebdcc585fbd1b5918bf60ba58bef45e69be88b3553e1efe1f3e2279c73e6c7668be60811a3e7d88e33dbbf03fbdaacdedbd65f1b7bdefc0f03ca227ffbb64891cbe1f3da4bee46b25be0830c83e2122023eb40d84be8c616fbdfc02bbbe1f7855be32af24bef04b953e526016beee365b3e814384be9d3d57bd3cdba63c7e94c1bca7c335be53e734be30a1153ee551633e78cd823d22c58dbdbed62cbe7ea3cd3cbaec80bc6b73e1bd92f20f3de7bc6bbd93edb43ec7b0153d6ca24bbe78b8c9be7dbda43eae297cbe149273bee44d943e64e3cdbd0310213da6038abb172cfa3eb64b723e2a5b38bd51500a3c9e640bbe6f535f3d42d8923b7507463e5bc6f63ca96866becc28433d27c5fcbd9318873ceb69ad3e47090f3ecc8ce23de7500bbd096e28be2402b93e4693433e0dd7dbbdd3d09ebe4d9a883e019c72be5e6eda3dda9c96bee2938dbecaa0303e112696bd03a727bee087d9bee525c13d182341bdc39cc73ea949323d6ad9a73ed7d2a43eabc64dbd476bba3d5a6445be947628bdbf1782be6cc11ebc4437313ef2d0d33e4a24843ec381713e9b001d3e9731aebe5a1c0c3fc3e6d73cceeae3bd58568b3e4c79f83df040d7bdc35eabbd67c183be75fac5bc04c142be1f6864be365f973eafef113dfadbcebee35c8ebe212b3c3e9e8c22beb0aa2cbe030466bee579b23d8aefab3e90d86a3e1faa6a3d9d42943e8b9925bd8059e3be54bff6bd625e803e3f9856bd605196bdc3f87f3d433990bccac9ee3df7b3aa3c7585c23e2bbf4c3e3de4963e3ec0a0bcd064633e4fab54be355b983d0c39283eec7c05be9228353dd93c623e0d78c3be171e92be239df63c090a1d3ec59e433e172f26bfae708f3ee389073d28d6cabd365d07bfbd572fbe1c240a3ec51333be87adae3eaf96073ef0efabbddb250dbe3a097e3e8bafc3bd736e65bea925edbdbc1311bfb57fac3e92da0b3f17ca26be357015bec64239bc651ab53e2b71293ee9ecb8bee7d4cf3e86fc87be3567473e72d585bd35f827bc0c2fe53dff2385bcdeea9abc5e6efa3d98ac00bfd18c0cbec9e3d53e52067c3e9575603e7cc8d3be94dd783e2b1a4abd6e150cbeb252c03ee3597b3c0e2376be7fd9553edfefab3d89be15bfd3858dbdf634083b419e0cbb2246daba2d03e439026d323b9dfb5abb4bf6a23ae38d18bb0000000000000000000000000000000000000000000000000000000000000000fbfe63beb38890be1b7060bfd263eb3deec9d83dbd891b3e668c983eb8f613be34cbb33c7f955cbe91a4123f2a83763e47041fbe51e50ebe675b4a3e333b69bd1f90b2be1dca19bf0a1207bf6a09b63ea5ea8ebe39ede9bec255103f76bca23eea3fd4be6a85f43c9b1ba6be26fa8c3e78e815bf6c2c45bed561883ec344ed3e0c949d39b01785ba080e39ba448806ba000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
kinds	1	network_inputs	0	\\x7265636c010066000403020104000000240000000000000000000000000000002400000000000000fbff07000000000000000000010000004002000000000000000000000000000031f0c720dec71b096bd5d23ddfd7f33cc2e2853dc248d5bb2978523d3dc693bd5faa8fbdf4ca4abdf335c93dcf8135bb18fec73c6572a2bcf4f8d53dabb2113dac86263dd3ba19bdab2b843db77678bdda069bbd65065b3ca2f5ae3d2d4383bdc959a4bcffd74fbc54a4de3d7409993d68422dbc55be193dd9718e3d6bd7733cabb9e4bdf69acabbcf00043dbc4edebd3edf943d0aadb2bdc793c53d3c809b3d3d41443dc5cd00bc9e16913d29e357bc5afcb6bde956353df03ab63d317843bdb6e1303d0d5722bbb239c03d1bf7163d8f0137bc98477fbd803be43d8966a1bc1f3330bdadfe7c3ba42da63dd69628bdeaf49c3d9c3173bcec4ace3dc2fc303d1b0fef3c5e4b26bdd22cc83d4fea9dbc959b89bd0188103c6efa793d1abbcbbdc825093dae87fe3c4748ca3dd75f733d7701f73c123a23bd038beb3db463c63c30bde7bc0425283de78ead3d307b00bd5477263dbc56da3d93a4c03d2aa5063d18844fbc0e69a1bd1f9ec73d1acb0fbd83f418bdf522953d2edca43de1d031bd0d81893df7a2173c88bed63d6c1caf3d8a1ebdbc12d7ddbcc8bbbb3d420169bd342baabc202526bd7fa5ca3dddff01bdab3a0c3df2ba5b3d7ae8e83d5fde7b3d41f6b3bab79da9bbb9b1803dd27db7bd951d1abdc2678ebdbc7eb53d05e4b5bc6e335f3da7999d3d8f9ebb3d1bafc43cc08f1f3d9bac65bd3602d93d605c7d3b02d18abd5df4db3c2957b63d62cee1bcfdcb6c3d3e98983df3d7dc3dad718d3d5393babc75979f3cc494a13d202dffbc5ec4a3bdce92213b5922a33d712cb0bd44983c3c1d3acebc
kinds	1	network_outputs	0	\\x7265636c01006600040302010500000024000000000000000000000000000000240000000000000062660600000000000000000001000000d00200000000000000000000000000009edd7f796beb408f5415d13d2b94003d446a8e3da207da38808e60c03721543d39e498bd17f38fbdec0360bd6cfa72c0e7c7cc3d9e584abb01109d3cff32c5bcb7fb6dc0c467d93d0c44173d06812f3d647f08bd1d6655c0286d793de8e082bd1f7d9cbd6c547a3cf8fe72c03e79a73d0c2482bd9a099cbcffa443bc1efd72c0a206e23d0778983d544e72bc29c0223d041e6ec047528e3d7193973c6557d9bd7e8727bc320073c06a04123d3b8dd3bd7128953dce49c0bd651773c04217cb3d7b7aa03dfcf7493d1555fdbb0ad164c054908b3ddaa156bcbf7bafbd09a42b3d3a1b73c07430b43d054b48bdce003d3d2b867bbb52db6dc08f13ca3d7727323d1ebc1dbc36c084bd1c3f69c09143d73d0304c7bc9cc32ebd2c4be63b381d4fc091b1a43d5a0e31bd74b6923d708420bc119d64c0d6eed83db809473d76f5f43c6f4f33bd06aa60c0f4fbc33de733a7bc271e84bd7ae00e3cdd0759c044b1793d102fc7bdeed90b3da3c5d73c491973c0f199d03dfc1a873dcb970b3df80624bda2b060c04cdce53dd8a8963cb633f9bc320b2e3d92b15cc09abfae3d1ed3edbc03f22e3dbf28d13dc6c85cc04c32c73da44a083da8aa85bc831b9cbd54b05cc0bd45bd3d8b6d1abd41781bbd3d5a993d098955c06a2da63d566e3fbd3184843d6f74033c1a3a69c0cd44cd3dd93db53dd96ab3bc5067d1bc183f69c062eeb73db0c860bdd2358ebcf2591dbd5d3d69c04eadd03d94880fbdd3d5053db247443dfcc764c0dbd7f13d48c1853dc2e931bb2a1ef3bb1f0259c0de3d793db977c0bde12f1fbd026d84bd29e06dc0daaab83d67cda2bcb407503d1795a13d303a69c0e8cbc03d71c6cf3cc18e203d7a5857bdb93569c03de0d13df6bb093cf48c7dbdb1fbc23c670859c083b7b13d545ec2bc6900683d5d2b9d3d753869c08a96e43d2cac8f3db9198ebc0d069c3cbc3769c08f36a43de1da05bd8381a1bd5fea473b4b8f60c02a06a23d736eaabd50a0833c7166f0bc131669c0
kinds	1	network_spread	0	\\x7265636c0100660004030201040000001c0000000000000000000000000000001c00000000000000fbff0700000000000000000001000000c0010000000000000000000000000000871d02b2012b54f36b20a23b3ee7833b34aa9e3b982286bb3ee7833bc310913be85aa93bae5369bb34aa9e3be85aa93bb96cda3b05b988bb982286bbae5369bb05b988bb66e1623bd460de3a56bfa53afb27b93adcbfadba56bfa53adaa6093b07a1cc3a8130a1bafb27b93a07a1cc3a2a091d3bad6593badcbfadba8130a1baad6593ba2536933a6243733a4206723a2120523a1a1e49ba4206723a72f7083b5f19883ad48083ba2120523a5f19883a22f2cc3ac86922ba1a1e49bad48083bac86922bacd0e3c3ae16f493adee05d3a5a06823a0fd617badee05d3aecdfb03ad429ad3a151b37ba5a06823ad429ad3a0562183b5a5821ba0fd617ba151b37ba5a5821bacbd4fe398dbd293a49523c3a5d635e3a433200ba49523c3a7d8a963a2ba4953a8f961bba5d635e3a2ba4953a9ad0033b533b0bba433200ba8f961bba533b0bbac362d7398dbd293a49523c3a5d635e3a433200ba49523c3a7d8a963a2ba4953a8f961bba5d635e3a2ba4953a9ad0033b533b0bba433200ba8f961bba533b0bbac362d7398dbd293a49523c3a5d635e3a433200ba49523c3a7d8a963a2ba4953a8f961bba5d635e3a2ba4953a9ad0033b533b0bba433200ba8f961bba533b0bbac362d739
stars	1	item_ids	0	\\x7265636c010069000403020100000000240000000000000000000000000000002400000000000000f6ff0f00000000000000000001000000200100000000000000000000000000009360e874665265d90100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000
stars	1	user_ids	0	\\x7265636c0100690004030201000000002d0000000000000000000000000000002d00000000000000f6ff0f0000000000000000000100000068010000000000000000000000000000fc8e71aef35def550100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f0000000000000010000000000000001100000000000000120000000000000013000000000000001400000000000000150000000000000016000000000000001700000000000000180000000000000019000000000000001a000000000000001b000000000000001c000000000000001d000000000000001e000000000000001f0000000000000020000000000000002100000000000000220000000000000023000000000000002400000000000000250000000000000026000000000000002700000000000000280000000000000029000000000000002a000000000000002b000000000000002c000000000000002d00000000000000
stars	1	item_factors	0	\\x7265636c0100660004030201060000002400000000000000000000000000000024000000000000005255050000000000000000000100000060030000000000000000000000000000217af2f0222cdd470000803fda980c3d8ef1193ce17ec5ba7ca2aa3a3d9ea5b80000803f3d48823efb1843bbf8af223b6b259a3a7e988fba0000803f66ce0bbf692163bb7b0557bbac3c67bbe0c00e3b0000803ff9200abc5130863c647a35bb89350a3b32f622b80000803f47f9ed3e943f6ebbf169463b4827bd3a658aaeba0000803f0de1cdbe7be6083a6ea326bb9a66f9ba5616b23a0000803f4d513dbf8f3f033c48edfabacf33333a001c8c390000803ff553ee3e633288bb094f0d3bf44f113a11c748ba0000803f6c8a933ee6bf04bbde1304bbc57a09bb96ccaa3a0000803fca5e843ea2d1d93bfa906bbadbef8b3a23f81eb90000803f36828cbd68607dbb107a123b2d46413acb4c63ba0000803f935b2d3da53a2cbb6323d7bae16906bb82e79a3a0000803f71289cbdcbf0c83be785ad38bc85e83a7ec92dba0000803f4e247cbdcdb333bcfd5afb3bfe9f4d3b9f9d51bb0000803f8d5aeb3b20399dbb128207bbc5d143bbda98da3a0000803fe4e881bd52843d3c516242bbec59373ade4f093a0000803ff716abbc4bf217bc47c0ba3b324d073bef3315bb0000803f41d5b63e77db123b687694bbfad64abb98ed193b0000803f29c8b33eacf51e3c520aeeba0fe69c3a53a8ca370000803f5739b13d293c39bc8c33a93b7a098d3ae524e2ba0000803f6c86b3bc822db7ba09156dbb3a9e54bb60c30d3b0000803f2c8507be49ae2a3c95da30bb644f273a7630fd390000803f5961283e02f7f2bb3774bf3b892c303b8f3326bb0000803f0ae7e33e33916aba6c6017bb980109bb6297b63a0000803f5d00a43eb81ac13b95343ebbd74744bacc05893a0000803f81e201bf0200d8bbe011963bd386003b2408ffba0000803f4ec71e3e4df705bb07a359bb62e14bbbe9a8023b0000803faf367fbe292c393c4a3567bb48825b3948c15b3a0000803f4f4af9bc8676bfbb38f3483b06ab7c3a36999bba0000803f53fc88bd2d0d59bb0cbd62ba6d8fcbba7f68513a0000803fc7b4023c2d45d73b440b5139845ffc3af67148ba0000803fa111c7bdfb064abc3bf8e83b3e5e1b3b9e7e33bb0000803f0c96fe3dd60557bb5bb603bb608b20bb3ddeb93a0000803fa41d93bcfe3be83b8c57ecba3730ee393ea3a6390000803faf7e8ebd659de3bb371e993b3374ea3a0ad2f8ba0000803f9a028abe904737b8964c3cbb04521bbbcde1d53a
stars	1	user_factors	0	\\x7265636c0100660004030201060000002d0000000000000000000000000000002d0000000000000052550500000000000000000001000000380400000000000000000000000000001bf5e416ee7295ce25b639bd0000803f2947223c2929d1ba4573b13af35e83b85e85a43e0000803f8d8408bb82f42d3b2fedcc3a582aaaba378341be0000803f716cb83aa409bebb8f928ebb053f4c3bfc9e223e0000803fc9f2033ca68dbfbac87a623a1836b438e15788be0000803f5b675fbc3200f83bb5d4243bf91341bb19d9dd3c0000803fa7ffccbb6e9351bba48d8abbc6c31e3b93776e3d0000803f5835153c4aff46bba025be382aec4b3a2f53fe3e0000803f052814bb2e07123b90029a3afba285baf565d03d0000803f298ac239a71c09bb055ad0ba6b58953a6e3f873e0000803f55baa63b6eab9f39344ed13a899032bac1531b3f0000803f353d7dbbedf26a3b5e81f93a4897daba6e84fdbe0000803f5eed7ebb4fb6dab94e9bafba74e6163ab2e840be0000803fdc7f063c599c01bb864d133a8890a3396b3b27bf0000803f71a029bcbd438e3bfe443b3a24cab5baa836033e0000803f8aac533999a102bb8cc4c9ba7c468c3a19011abd0000803f5d25133ca0970ebb6234563a2e5e93396a61803e0000803feca9d9bb03f5903b2f66db3a4f72eeba8e67edbe0000803f01364abba67d22bb4e9e37bbafbadb3af9415ebe0000803f095bde3b8a7988bac58d883a6e5821b9bcb899be0000803f38b00bbca0c2a43b25bde93a873304bb9dfd67bd0000803f2333b1bb8db120bb6a7e5abbf558f53adfedb6be0000803f7ea64d3c064569bbe697033a718e4d3a3d2131bf0000803f356cbcbb5ec3a13b67991d3bf70b0fbbbf62bbbd0000803f9d39e53a21eb89bbd5d23abb74140e3b9d0786bd0000803fe34b203c71673dbab484f53ab8efe1b923949fba0000803fd6e022bcdef7b33bd4e2d43a415005bbffa3a33d0000803fdb0247ba06f0bfba5131bfba8faa783a9d418bbd0000803f8210533c6fb37bbbaf1fda39a6b9573ad79c88bd0000803fdb9fbdbbb202c83bfdab503bce5234bbf6e62bbf0000803fc2e69d3a807c3dbbed04f7ba5b15be3aa450d83e0000803fb926a63bfb15d6bab741ee38d6c3d639f098e93e0000803ffc350dbb611d743a8fa42c39e5d6a9b900c8923e0000803f99a73c3ad7d838bb4e9407bbc409c53a7983b5bc0000803febdb273c40066fba793c023bb1d30eba6e2e863e0000803fceacf9bbf025d93b3ee35c3b32ae44bbe7139b3e0000803f5232bf3aa8e31bbb8270c9ba17d49c3adf77c23e0000803fa133123c827f0bbb6b2c343aa657a239baaa463e0000803fa261fbbbd7d58b3b6eaeb53ad391d7ba4f8f06bc0000803f39d7aabb67e6a3baa2d927bbf699a73a063f213f0000803f01bdfd3ac255c0b90fc95c39b45db33788e19bbe0000803fece512bc6105ab3b26a9db3a6f04feba603291bd0000803f8df7273a64d390bbf60c58bb351e1e3b743e143e0000803f35b0f03b6cf0ffba7d09123aac1fad3943d9aa3e0000803fd29871bb9d0e263b3c957d3aeaad88ba063d03be0000803f9a8721bc3db1e4babde283bb811a003b
stars	1	gramian	0	\\x7265636c0100660004030201060000000100000000000000000000000000000001000000000000005255050000000000000000000100000018000000000000000000000000000000eeecfb845744fbc8000000000000000000000000000000000000000000000000
stars	1	user_mean	0	\\x7265636c0100660004030201060000000100000000000000000000000000000001000000000000005255050000000000000000000100000018000000000000000000000000000000b675b904d2431c043fa75e400000803f00000000000000000000000000000000
stars	1	user_covariance	0	\\x7265636c01006600040302010600000006000000000000000000000000000000060000000000000052550500000000000000000001000000900000000000000000000000000000001f2e1247ce3e3a46bfe54c3ea70816b3245d1b3ac87ad037d49c38398ce598b8a70816b3e5703a37b227e2ae33f09fac322b07aeb5db602d245d1b3ab227e2ae956756394b7585b881f084355d168a37c87ad03733f09fac4b7585b8079e7338fd5dab374250a7b7d49c3839322b07ae81f08435fd5dab37784ce837ee2241b78ce598b8b5db602d5d168a374250a7b7ee2241b74b10ad37
stars	1	item_transform	0	\\x7265636c01006600040302010600000006000000000000000000000000000000060000000000000052550500000000000000000001000000900000000000000000000000000000007c4875d4b87fa6065ebb703514c10a3c218e43b8106597b7ae568e331ec39033c3e8c63e740eb0b8e5655335c5a86534f22d06322d369e2fa86005ba3f29cc38f5e7853c6d775f3b1660e2ba210b86b9f7800f3956faa7b73a99cdbb6d2bdf3be2b6b9bb8e51a03a7c7222b854a82737d44f25badf01d03b0c83bb3b8dc2733b9db3b2b7e44dd03521e0f73a4da887bb1f2c01bb05f2f53b
stars	1	item_rates	0	\\x7265636c010066000403020106000000010000000000000000000000000000000100000000000000525505000000000000000000010000001800000000000000000000000000000024c3cc56cb1676bd528d1a3e58ca7037691699334095e23179695b3086255b30
stars	1	item_mass	0	\\x7265636c010066000403020101000000240000000000000000000000000000002400000000000000ecff1f000000000000000000010000009000000000000000000000000000000048a4e8af9c23860a000070410000304100004041000090410000304100003041000040410000304100003041000060410000304100004041000050410000a04100006041000070410000884100003041000070410000804100008041000080410000904100005041000050410000504100006041000088410000404100005041000050410000884100005041000050410000704100005041
stars	1	scalars	0	\\x7265636c01006600040302010f000000010000000000000000000000000000000100000000000000202202000000000000000000010000003c0000000000000000000000000000007bcd1630aa7ef800000000006e4e76410000803fabf407400000803f000040403fa75e408b0bc53f0000000000000000000080bf00000000000034420000803f00000000
stars	1	item_chance	0	\\x7265636c010066000403020101000000240000000000000000000000000000002400000000000000ecff1f000000000000000000010000009000000000000000000000000000000073c14c35c909acd0414cae3e31b9823ef59d8d3e8eface3e31b9823e31b9823ef59d8d3e31b9823e31b9823e7d67a33e31b9823ef59d8d3eb982983e16c4e43e7d67a33e414cae3eca15c43e31b9823e414cae3e0531b93e0531b93e0531b93e8eface3eb982983eb982983eb982983e7d67a33eca15c43ef59d8d3eb982983eb982983eca15c43eb982983eb982983e414cae3eb982983e
words	1	item_ids	0	\\x7265636c010075000403020100000000240000000000000000000000000000002400000000000000fbff070000000000000000000100000040020000000000000000000000000000579caf0090e4bbd702e74f10e0327ad868d138f2b4fdd6f01679091c5a880faf6fb5e6087eb1b2dc182be0c5cdcd5072bb1864cdee4d3d6e19ca14e7ea6328a42e0eb13d585e4c221c383cd30b7c298ab50293adfecb7b181f0e3dad99908345f7439f8ffabdffc41ff1de774005f8da13f42943881c655f33e75ff09dd601bbe69f35103915218934173cb38f07f89ddbebc2ac9128303f37693cfc748049e45d87b8c7d8b9aacd3c59dc048e8850243be8079a5c74d07945c48cce2e2d7fbdea1afc51c7c6ad264e732ced3463d06de0ca9a15b61536776364d3f0f495b6ab9dcf8d3b5c6e0b016512bd43d9caa6e02c990b0a82652dca6ea9ab1baa0efb9e19094440c317e21b6f4922f45568161a8cdf4ad2299f6d2370efdf2ec9b086079795c442636b55fb8e296a067a37563370ded05f5a3bf3ec8f14e45fceea167a5a36dedd4bea254398f13708210194c475687be6106a3b849bf31c7ff062936a96d3c8bd1f8f2ff3a87ff679a2f3e71d9181a67b7542122caab3238922bcc25a6f606eb525ffdc56b6d767d2f8ed5d21a44b0e5886680cb9c16a5320fa475530d9583c34fd356ef5c20ad4d76fe97759aa27a0c99bff6710c4ca4238a0b923820dcc509a6f75849bc51ce410c124a10e0db5e4b97fc2af39c74d97b01eae257e44aa9d5bade97bafc81e728d9d4c2f636f067f89cc14862cc9f0f895fb98ab9159f51fd0297e236dd3d9446802a44259755d38e6d163e820e369853df766fa44e1ed0ff613f563bde4da3b7fbbce2345d7772b0674a318d5eccbc87e4b5ce2fe28308fd9f2a7baf3
words	1	user_ids	0	\\x7265636c0100740004030201000000002d0000000000000000000000000000002d0000000000000000000000000000000000000001000000e60100000000000000000000000000006a2a92cfd1cb95a6060000000700000007000000070000000700000007000000070000000700000007000000070000000700000006000000070000000700000007000000070000000700000007000000070000000700000007000000070000000600000007000000070000000700000007000000070000000700000007000000070000000700000007000000060000000700000007000000070000000700000007000000070000000600000006000000060000000600000006000000757365722031757365722031307573657220313175736572203132757365722031337573657220313475736572203135757365722031367573657220313775736572203138757365722031397573657220327573657220323075736572203231757365722032327573657220323375736572203234757365722032357573657220323675736572203237757365722032387573657220323975736572203375736572203330757365722033317573657220333275736572203333757365722033347573657220333575736572203336757365722033377573657220333875736572203339757365722034757365722034307573657220343175736572203432757365722034337573657220343475736572203435757365722035757365722036757365722037757365722038757365722039
words	1	item_factors	0	\\x7265636c010066000403020104000000240000000000000000000000000000002400000000000000fbff070000000000000000000100000040020000000000000000000000000000b75d264d2579c9b57c7a103ff86e7d3e3a0956be651143beade3093fbf728b3dbbac6fbe9e7f893ddee5fa3e12559e3e8a3f76be69ff8ebee2b6103ff972e63d7db88bbe5c4f67bd4932d83e7d1f0fbe0b9a8fbe4532c93ef709093f08fb19be62f5013f7782c9bcebc9073f4559693e3747cbbd25aaaabecf1c213fe99f9dbe916a3e3d978918bdc1410d3f54648cbdab98aebefc45ebbebe86f83ee21a553e30899bbe01cd5c3e2141083f5f7c2b3e17cfc7be346189be4bc5993e2b6a343f7a2cb63e2f1fa7bd5cedca3ecba1113fc0b03d3e4703443e7f4a053f77c89abd9dee5ebe5364983e5cd2943ee3b834be3b81a9be0ebaf83efc508c3e39101c3f94b05e3e8428b53e66e2a63ea4a32a3fe421acbd7bc72fbdb057fd3ec6b1e5bd34367ebedd43b33e5da7073f26f15dbe6f51b73e2b391a3e51e91d3f258ba3be5b08bbbd1b8423bd5e971a3fc32b18be8b821bbe349c053e12cb163f9e0778bda99152be35e203bf80cc173f3a97bebc10d0d13ec0fa5bbd8f8a123f30f69c3d03fbb2bd047c783e6867043f8e4c03be0a54013fa74d353ed78a083f840739bdc390e83ebb7b95bd08450a3fded48e3eabdbdfbda2b534be90c6213fac6098bd4f86bc3d41229dbef836fa3e9233e5bd3faa043f83c1563e5edb143f2c252dbe7f44b33ebd672abdf95d953e3f7f943e17e3c13db0bdf53e9e0a903e7e576ebe0a550ebee6c0103f075f133f78359ebe1f752a3e5f89a2be02d9083f592314bf726641bee3b6a4bd6c61a03e16b48b3de7eccbbea669c93e8efa163f7159b5bc0c874c3edd1b02ba
words	1	user_factors	0	\\x7265636c0100660004030201040000002d0000000000000000000000000000002d00000000000000fbff0700000000000000000001000000d00200000000000000000000000000008f0f22225700881df702a33fc3f51fbf771b193e9ff4413efcc2763f69b6f1bc22cc6c3fcb720cbf12892e3fae133f3f9eff17bf9f46943f17f3633f6b45b5be03acdebee26848bffbee9a3f6a74a4bc6ffc783d5de333bd4625b33f3bdd4cbdd88e073e96e4ff3e1589973ffc771c3ffea46abe2d49edbe70f5a53ff4a3f4bed9f0193e98f3bb3d3c3b8c3fdd5c9b3d8d6a68bd26839c3fdb5e9b3f4e772c3f845dfa3e18f9d43d0ddd873fb77f11bfd4f6b43eeebbfbbe2adc543f2992023f767145bf27eb893fa045a63f626fdb3e160c9bbe001e363cd699ab3ffae0113f1ecd2d3ecc54cfbe559cae3f251f5d3e0d6ad43e998f383d7220ab3ff27a3fbefabeecbe2301d33eb92d6b3fe9f8683eb522a6bfc6f9083e0978b23f34587c3e158fd33e76db32be6bca9a3f7858ab3e0b189a3ecd21903fb82b593fe10a7e3fdf9c55be474c2cbf2c4eb63f29fc8abe1fb0ba3d578e303dc8ed9d3ff8618abc527a25bfa44d143fc3ffb53f2682073fff6cd23bbf70873e5357863fae67513f3cdf85be225c1b3f6fbb923f9e5dbbbe34c4ef3ebf1bef3d8cdf2d3f429c8a3e5ab4a5bd298bbb3f2db68a3f4c9da63da51b6ebf01894abed2f49d3f887bc0beb9a25e3ed8ade1bea300953fe0c5103fed7997be81ce7a3f31123b3f989b8b3feab418bf88a99bbeab57963fa49424bfb13b903e6b82613e8572893f5aaf0e3dc53006bff2fe7f3fea64a23f0981fc3ef024993eee83e4bede59363fbd86e13e5bc89e3f6c66a93e34cc463fc3f3fbbe1823593f6bea37bebbea9e3ff3b57ebd78da5c3cee4e5d3ff3f8af3ff5cfe33e9ab4fdbdb58ea13dea3b883f0b0e52bf6197843eb4f11d3f77176c3f32b881befe4f86bf24d1043f2904aa3f3de8c03e0b3586bdab66dfbeba98b63f7997fe3e982217bef53a2b3fd9f8a33fce133f3f40046c3e4c289bbe083d9f3fd3e7cdbe8092663eb55e2d3f7b6f5f3f0752ee3e9e5ff0be31c19f3f3cb08b3f99cdf13ee2de57bfdcc086bc
words	1	gramian	0	\\x7265636c010066000403020104000000010000000000000000000000000000000100000000000000fbff07000000000000000000010000001000000000000000000000000000000094ee713405cc7eeb6433144127734140138a3a407f652e40
words	1	user_mean	0	\\x7265636c010066000403020104000000010000000000000000000000000000000100000000000000fbff07000000000000000000010000001000000000000000000000000000000088b1b6fa7ffc27c53498903f46071e3e8c6271bd21a96d3e
words	1	user_covariance	0	\\x7265636c010066000403020104000000040000000000000000000000000000000400000000000000fbff07000000000000000000010000004000000000000000000000000000000015c26f04234a2d99bf71953da3516bbcb917cf3cbd53b1bca3516bbccfc1953e146e85bd8bcdbf3bb917cf3c146e85bdf4e3ad3e9ee893bdbd53b1bc8bcdbf3b9ee893bd60c5d73e
words	1	item_transform	0	\\x7265636c010066000403020104000000040000000000000000000000000000000400000000000000fbff070000000000000000000100000040000000000000000000000000000000bddd046e695aaa71ced3a1bdc40c16bbd4ad75bd8a6b893d0ba8c73d6c2651be8e5e513e3e2f123db64434be8832f83d921f5a3e1784843c1430543ea0223b3ee7cb973d7af4b43c
words	1	item_rates	0	\\x7265636c010066000403020104000000010000000000000000000000000000000100000000000000fbff070000000000000000000100000010000000000000000000000000000000d2c3eeb4bbba792880e6293de8b1fc3c9822bf3c20d2043c
words	1	item_mass	0	\\x7265636c010066000403020101000000240000000000000000000000000000002400000000000000ecff1f00000000000000000001000000900000000000000000000000000000006342ac799100daa300006041000030410000504100005041000070410000704100005041000088410000504100009041000080410000304100005041000088410000304100004041000030410000884100005041000040410000804100006041000090410000a041000080410000504100004041000070410000504100007041000030410000304100006041000050410000304100004041
words	1	scalars	0	\\x7265636c01006600040302010f000000010000000000000000000000000000000100000000000000202202000000000000000000010000003c00000000000000000000000000000056abbfcd839b68d3cdcccc3d0ad7233c0000803f261a4c3d0000803f0000000000000000000000000000000000000000000080bf0000000000003442000000000000803f
\.
COPY shop.events (user_id, item_id, event, stars, at) FROM stdin;
1	1	purchase	5	2026-03-22 14:00:00+00
1	3	view	1	2026-03-07 15:00:00+00
1	4	reject	5	2026-02-27 15:00:00+00
1	10	view	5	2026-03-21 07:00:00+00
1	11	view	1	2026-03-24 01:00:00+00
1	13	view	5	2026-03-06 15:00:00+00
1	16	view	4	2026-01-07 01:00:00+00
1	17	view	1	2026-01-11 04:00:00+00
1	25	view	4	2026-01-25 05:00:00+00
1	28	view	4	2026-03-23 12:00:00+00
1	30	purchase	1	2026-02-14 19:00:00+00
1	31	view	4	2026-02-09 02:00:00+00
1	34	reject	4	2026-01-26 14:00:00+00
2	2	view	4	2026-01-20 20:00:00+00
2	8	purchase	4	2026-03-02 06:00:00+00
2	11	view	4	2026-01-09 16:00:00+00
2	14	purchase	5	2026-01-19 18:00:00+00
2	17	purchase	4	2026-03-21 07:00:00+00
2	21	view	1	2026-03-17 06:00:00+00
2	23	view	4	2026-02-03 17:00:00+00
2	26	view	5	2026-02-02 22:00:00+00
2	32	view	4	2026-03-08 23:00:00+00
2	35	view	4	2026-01-17 23:00:00+00
3	3	view	5	2026-02-26 02:00:00+00
3	6	view	4	2026-03-20 12:00:00+00
3	7	purchase	2	2026-01-05 17:00:00+00
3	12	view	5	2026-01-20 15:00:00+00
3	13	reject	1	2026-02-19 18:00:00+00
3	17	view	2	2026-02-03 01:00:00+00
3	18	view	5	2026-03-02 17:00:00+00
3	23	purchase	2	2026-03-15 23:00:00+00
3	24	view	5	2026-01-18 18:00:00+00
3	26	view	1	2026-02-07 18:00:00+00
3	27	view	5	2026-03-04 07:00:00+00
3	31	purchase	2	2026-01-15 02:00:00+00
3	32	view	1	2026-03-11 19:00:00+00
3	36	view	4	2026-03-03 05:00:00+00
4	4	purchase	5	2026-03-08 16:00:00+00
4	9	purchase	1	2026-02-17 16:00:00+00
4	13	view	4	2026-03-23 12:00:00+00
4	16	purchase	5	2026-01-01 22:00:00+00
4	19	view	5	2026-03-22 01:00:00+00
4	22	reject	5	2026-03-19 21:00:00+00
4	25	view	4	2026-03-17 16:00:00+00
4	26	view	1	2026-03-22 05:00:00+00
4	29	reject	2	2026-01-08 13:00:00+00
4	31	view	5	2026-02-26 21:00:00+00
5	2	view	5	2026-03-22 07:00:00+00
5	4	purchase	1	2026-01-13 12:00:00+00
5	5	view	4	2026-02-16 17:00:00+00
5	11	view	4	2026-02-24 16:00:00+00
5	14	reject	5	2026-03-14 11:00:00+00
5	16	view	1	2026-01-23 22:00:00+00
5	17	view	5	2026-02-04 10:00:00+00
5	18	view	1	2026-02-25 05:00:00+00
5	20	view	4	2026-01-10 23:00:00+00
5	21	view	2	2026-01-01 00:00:00+00
5	22	view	2	2026-01-30 16:00:00+00
5	23	purchase	4	2026-01-05 00:00:00+00
5	26	view	4	2026-02-02 10:00:00+00
5	28	view	1	2026-02-06 23:00:00+00
5	29	view	5	2026-01-03 16:00:00+00
5	32	view	4	2026-01-25 01:00:00+00
5	33	purchase	2	2026-01-18 23:00:00+00
6	2	view	2	2026-01-17 09:00:00+00
6	3	view	4	2026-02-05 00:00:00+00
6	4	reject	1	2026-01-04 16:00:00+00
6	9	view	5	2026-02-23 06:00:00+00
6	15	purchase	5	2026-03-24 22:00:00+00
6	18	view	5	2026-01-13 19:00:00+00
6	19	reject	2	2026-03-11 00:00:00+00
6	21	view	5	2026-02-01 06:00:00+00
6	24	reject	5	2026-03-07 23:00:00+00
6	26	view	1	2026-03-01 16:00:00+00
6	27	purchase	5	2026-03-14 00:00:00+00
6	30	reject	4	2026-02-07 18:00:00+00
6	31	view	1	2026-02-06 23:00:00+00
6	33	purchase	5	2026-02-27 16:00:00+00
7	2	reject	2	2026-03-07 15:00:00+00
7	4	reject	4	2026-03-13 09:00:00+00
7	7	reject	5	2026-01-16 02:00:00+00
7	13	purchase	5	2026-03-21 06:00:00+00
7	16	reject	5	2026-02-04 23:00:00+00
7	17	view	2	2026-03-02 10:00:00+00
7	19	reject	4	2026-02-12 18:00:00+00
7	25	view	5	2026-03-04 08:00:00+00
7	28	view	4	2026-01-16 16:00:00+00
7	32	purchase	1	2026-02-08 07:00:00+00
7	34	view	4	2026-02-11 04:00:00+00
7	36	view	1	2026-02-07 06:00:00+00
8	2	reject	5	2026-03-21 23:00:00+00
8	6	purchase	1	2026-03-18 07:00:00+00
8	8	view	4	2026-03-21 17:00:00+00
8	14	view	4	2026-03-08 10:00:00+00
8	17	view	5	2026-03-12 20:00:00+00
8	20	view	4	2026-01-13 08:00:00+00
8	23	reject	5	2026-03-23 02:00:00+00
8	26	purchase	4	2026-01-21 10:00:00+00
8	29	purchase	4	2026-01-08 22:00:00+00
8	32	view	4	2026-03-22 18:00:00+00
8	35	purchase	5	2026-02-18 23:00:00+00
9	5	reject	2	2026-01-21 13:00:00+00
9	6	purchase	4	2026-01-01 20:00:00+00
9	12	purchase	4	2026-02-28 04:00:00+00
9	18	view	5	2026-01-27 07:00:00+00
9	21	purchase	4	2026-01-29 16:00:00+00
9	24	purchase	5	2026-02-02 01:00:00+00
9	28	view	2	2026-01-25 18:00:00+00
9	30	view	5	2026-02-01 20:00:00+00
9	32	view	2	2026-02-05 03:00:00+00
10	4	view	4	2026-03-17 12:00:00+00
10	9	purchase	1	2026-01-07 00:00:00+00
10	10	view	5	2026-03-17 15:00:00+00
10	15	view	2	2026-03-06 20:00:00+00
10	16	reject	4	2026-01-13 20:00:00+00
10	19	reject	5	2026-01-15 20:00:00+00
10	22	view	5	2026-02-21 21:00:00+00
10	25	view	4	2026-03-13 09:00:00+00
10	28	view	4	2026-03-06 08:00:00+00
10	31	purchase	5	2026-01-21 17:00:00+00
11	2	purchase	5	2026-01-16 18:00:00+00
11	11	reject	4	2026-01-26 01:00:00+00
11	14	view	5	2026-01-19 11:00:00+00
11	17	reject	5	2026-01-03 14:00:00+00
11	18	view	1	2026-02-07 12:00:00+00
11	23	reject	5	2026-03-07 15:00:00+00
11	29	view	5	2026-02-14 07:00:00+00
11	32	purchase	5	2026-01-05 13:00:00+00
12	1	view	2	2026-02-28 20:00:00+00
12	7	reject	1	2026-01-29 03:00:00+00
12	10	view	2	2026-02-02 07:00:00+00
12	21	reject	4	2026-01-14 20:00:00+00
12	27	purchase	5	2026-01-07 02:00:00+00
12	30	purchase	4	2026-01-25 14:00:00+00
12	34	view	1	2026-01-01 00:00:00+00
13	1	view	4	2026-02-17 17:00:00+00
13	4	purchase	5	2026-03-07 16:00:00+00
13	19	purchase	5	2026-03-03 00:00:00+00
13	20	view	2	2026-03-16 05:00:00+00
13	23	view	1	2026-02-14 19:00:00+00
13	27	view	1	2026-02-09 08:00:00+00
13	28	purchase	5	2026-02-12 06:00:00+00
14	1	view	2	2026-03-17 06:00:00+00
14	5	view	5	2026-01-05 00:00:00+00
14	8	reject	4	2026-01-10 00:00:00+00
14	10	purchase	1	2026-01-29 09:00:00+00
14	16	purchase	1	2026-01-05 23:00:00+00
14	19	view	2	2026-01-07 12:00:00+00
14	20	reject	4	2026-03-04 13:00:00+00
14	22	view	2	2026-03-08 22:00:00+00
14	24	purchase	2	2026-03-09 17:00:00+00
14	26	purchase	4	2026-01-29 03:00:00+00
14	28	purchase	1	2026-02-08 00:00:00+00
14	32	view	5	2026-02-08 20:00:00+00
15	6	view	4	2026-02-03 20:00:00+00
15	9	view	5	2026-03-05 03:00:00+00
15	10	view	2	2026-02-17 03:00:00+00
15	15	reject	4	2026-03-25 03:00:00+00
15	20	reject	2	2026-01-26 19:00:00+00
15	21	view	4	2026-01-04 12:00:00+00
15	24	view	4	2026-02-03 11:00:00+00
15	26	view	2	2026-03-11 00:00:00+00
15	30	purchase	4	2026-02-23 23:00:00+00
15	33	purchase	5	2026-02-06 07:00:00+00
15	36	view	4	2026-02-09 08:00:00+00
16	1	purchase	5	2026-03-18 22:00:00+00
16	10	view	5	2026-02-07 01:00:00+00
16	13	reject	5	2026-01-15 14:00:00+00
16	14	reject	1	2026-02-21 14:00:00+00
16	15	purchase	1	2026-03-02 04:00:00+00
16	16	reject	4	2026-01-24 23:00:00+00
16	25	view	4	2026-03-23 07:00:00+00
16	28	purchase	4	2026-03-10 14:00:00+00
16	31	purchase	5	2026-03-06 08:00:00+00
16	34	reject	4	2026-03-03 06:00:00+00
16	35	view	1	2026-01-17 22:00:00+00
16	36	purchase	2	2026-03-04 06:00:00+00
17	2	purchase	5	2026-03-21 11:00:00+00
17	3	view	1	2026-01-27 01:00:00+00
17	5	view	5	2026-02-24 12:00:00+00
17	7	reject	1	2026-01-10 22:00:00+00
17	8	view	4	2026-03-20 22:00:00+00
17	11	view	4	2026-03-13 23:00:00+00
17	14	view	5	2026-03-13 10:00:00+00
17	17	view	5	2026-02-05 00:00:00+00
17	20	reject	4	2026-03-01 06:00:00+00
17	22	view	1	2026-01-05 04:00:00+00
17	23	view	5	2026-01-07 14:00:00+00
17	29	reject	4	2026-03-06 22:00:00+00
17	35	reject	5	2026-02-25 07:00:00+00
18	4	view	2	2026-03-02 04:00:00+00
18	6	purchase	4	2026-03-15 12:00:00+00
18	9	purchase	5	2026-01-27 19:00:00+00
18	12	purchase	5	2026-02-26 08:00:00+00
18	13	view	1	2026-01-21 08:00:00+00
18	14	view	1	2026-03-15 23:00:00+00
18	22	view	1	2026-03-23 13:00:00+00
18	24	view	5	2026-03-12 09:00:00+00
18	27	reject	4	2026-03-17 21:00:00+00
18	29	view	2	2026-01-10 21:00:00+00
18	31	view	2	2026-02-12 05:00:00+00
19	1	reject	4	2026-03-19 04:00:00+00
19	10	purchase	4	2026-01-18 12:00:00+00
19	15	view	1	2026-01-17 16:00:00+00
19	19	view	5	2026-02-28 14:00:00+00
19	20	view	1	2026-03-16 12:00:00+00
19	22	view	4	2026-01-10 18:00:00+00
19	28	view	4	2026-01-30 07:00:00+00
19	30	view	2	2026-01-26 06:00:00+00
19	31	view	4	2026-01-25 15:00:00+00
20	1	purchase	1	2026-03-05 20:00:00+00
20	4	view	1	2026-01-07 00:00:00+00
20	14	reject	5	2026-02-02 20:00:00+00
20	15	reject	2	2026-02-15 20:00:00+00
20	17	reject	5	2026-03-14 18:00:00+00
20	20	view	4	2026-03-20 15:00:00+00
20	21	reject	2	2026-01-07 12:00:00+00
20	23	reject	5	2026-03-24 21:00:00+00
20	24	reject	2	2026-03-22 11:00:00+00
20	26	purchase	4	2026-03-10 15:00:00+00
21	3	view	4	2026-02-06 02:00:00+00
21	4	view	1	2026-01-24 04:00:00+00
21	6	view	4	2026-01-04 10:00:00+00
21	9	purchase	4	2026-01-06 17:00:00+00
21	10	view	2	2026-02-16 09:00:00+00
21	14	reject	2	2026-02-23 21:00:00+00
21	16	view	2	2026-01-09 02:00:00+00
21	18	view	5	2026-03-18 16:00:00+00
21	21	purchase	5	2026-02-21 15:00:00+00
21	24	view	4	2026-01-03 09:00:00+00
21	27	view	5	2026-03-01 22:00:00+00
21	31	view	2	2026-03-02 16:00:00+00
21	33	purchase	4	2026-02-27 04:00:00+00
21	36	view	4	2026-02-03 21:00:00+00
22	4	view	5	2026-03-20 22:00:00+00
22	7	view	4	2026-01-26 20:00:00+00
22	10	view	4	2026-02-26 12:00:00+00
22	12	view	1	2026-03-07 15:00:00+00
22	14	view	1	2026-03-05 01:00:00+00
22	16	view	5	2026-02-08 16:00:00+00
22	19	view	4	2026-01-12 02:00:00+00
22	22	reject	4	2026-02-11 04:00:00+00
22	25	purchase	4	2026-03-21 12:00:00+00
22	26	view	1	2026-01-31 05:00:00+00
22	31	reject	4	2026-01-11 00:00:00+00
22	32	reject	1	2026-01-15 20:00:00+00
22	33	view	1	2026-01-04 03:00:00+00
23	3	reject	1	2026-01-28 15:00:00+00
23	5	purchase	5	2026-03-02 23:00:00+00
23	6	purchase	1	2026-02-22 02:00:00+00
23	8	reject	5	2026-01-24 11:00:00+00
23	12	view	2	2026-01-23 15:00:00+00
23	14	purchase	4	2026-03-11 03:00:00+00
23	15	purchase	1	2026-01-30 23:00:00+00
23	16	view	1	2026-01-20 13:00:00+00
23	20	purchase	5	2026-02-21 23:00:00+00
23	34	purchase	1	2026-02-07 06:00:00+00
23	35	purchase	4	2026-02-28 16:00:00+00
23	36	purchase	1	2026-01-30 11:00:00+00
24	5	view	2	2026-03-01 03:00:00+00
24	6	view	4	2026-02-21 04:00:00+00
24	11	reject	1	2026-01-24 11:00:00+00
24	15	view	5	2026-01-11 19:00:00+00
24	21	view	5	2026-01-22 17:00:00+00
24	23	view	2	2026-01-03 15:00:00+00
24	27	purchase	4	2026-01-12 08:00:00+00
24	30	view	4	2026-02-25 01:00:00+00
24	33	view	5	2026-02-01 13:00:00+00
24	35	purchase	1	2026-03-14 04:00:00+00
24	36	purchase	4	2026-01-23 12:00:00+00
25	1	purchase	5	2026-01-06 06:00:00+00
25	4	reject	5	2026-02-09 01:00:00+00
25	10	view	4	2026-01-03 03:00:00+00
25	13	view	4	2026-03-09 20:00:00+00
25	19	view	4	2026-03-05 14:00:00+00
25	22	view	5	2026-02-12 13:00:00+00
25	25	reject	5	2026-03-05 22:00:00+00
25	26	purchase	2	2026-01-08 01:00:00+00
25	27	view	1	2026-01-03 15:00:00+00
25	29	view	1	2026-02-04 09:00:00+00
25	30	reject	2	2026-01-13 06:00:00+00
25	31	purchase	4	2026-01-19 18:00:00+00
25	33	reject	1	2026-01-31 17:00:00+00
25	34	purchase	5	2026-01-09 14:00:00+00
26	3	reject	1	2026-03-21 23:00:00+00
26	4	reject	2	2026-02-12 17:00:00+00
26	8	purchase	5	2026-01-03 22:00:00+00
26	9	view	2	2026-02-24 10:00:00+00
26	11	view	4	2026-03-23 13:00:00+00
26	14	reject	4	2026-01-12 05:00:00+00
26	17	view	4	2026-02-19 19:00:00+00
26	19	reject	1	2026-03-04 12:00:00+00
26	20	view	5	2026-03-09 12:00:00+00
26	22	purchase	2	2026-02-25 05:00:00+00
26	23	view	5	2026-03-22 05:00:00+00
26	29	view	4	2026-03-10 08:00:00+00
26	32	view	5	2026-03-11 03:00:00+00
26	35	view	5	2026-01-09 15:00:00+00
27	1	view	2	2026-03-03 05:00:00+00
27	9	view	4	2026-01-26 03:00:00+00
27	12	view	4	2026-01-28 03:00:00+00
27	15	view	5	2026-01-15 03:00:00+00
27	18	reject	5	2026-03-05 15:00:00+00
27	21	view	4	2026-02-23 00:00:00+00
27	29	view	1	2026-03-10 18:00:00+00
27	30	reject	4	2026-02-24 05:00:00+00
27	33	purchase	4	2026-02-14 02:00:00+00
28	1	purchase	5	2026-02-03 21:00:00+00
28	4	view	5	2026-01-26 13:00:00+00
28	10	view	4	2026-02-22 16:00:00+00
28	13	view	4	2026-01-23 18:00:00+00
28	14	view	2	2026-03-20 03:00:00+00
28	15	view	2	2026-02-25 05:00:00+00
28	16	view	4	2026-02-23 15:00:00+00
28	19	view	5	2026-02-21 08:00:00+00
28	20	purchase	1	2026-03-17 19:00:00+00
28	21	purchase	2	2026-03-01 15:00:00+00
28	23	purchase	2	2026-03-01 22:00:00+00
28	25	view	5	2026-03-18 10:00:00+00
28	28	view	4	2026-02-27 22:00:00+00
28	31	view	4	2026-01-26 14:00:00+00
28	32	purchase	2	2026-02-25 11:00:00+00
28	34	reject	4	2026-03-21 17:00:00+00
29	7	purchase	2	2026-03-17 12:00:00+00
29	8	reject	5	2026-01-02 01:00:00+00
29	11	view	4	2026-02-22 09:00:00+00
29	14	reject	5	2026-01-10 23:00:00+00
29	20	reject	5	2026-02-17 09:00:00+00
29	21	purchase	1	2026-01-06 12:00:00+00
29	23	reject	5	2026-01-23 22:00:00+00
29	25	view	2	2026-01-01 06:00:00+00
29	27	view	1	2026-02-06 05:00:00+00
29	32	reject	5	2026-01-08 09:00:00+00
29	33	purchase	2	2026-03-01 22:00:00+00
29	35	view	4	2026-03-03 18:00:00+00
30	1	view	2	2026-02-22 08:00:00+00
30	2	view	2	2026-02-14 19:00:00+00
30	5	view	2	2026-03-08 10:00:00+00
30	9	reject	5	2026-03-18 23:00:00+00
30	14	purchase	1	2026-03-07 15:00:00+00
30	26	reject	2	2026-02-10 09:00:00+00
30	27	view	5	2026-02-01 21:00:00+00
30	35	view	2	2026-02-16 21:00:00+00
31	7	reject	4	2026-01-27 20:00:00+00
31	12	view	2	2026-03-17 18:00:00+00
31	13	purchase	4	2026-01-12 07:00:00+00
31	14	view	2	2026-03-14 22:00:00+00
31	16	purchase	4	2026-02-08 08:00:00+00
31	19	view	5	2026-01-16 03:00:00+00
31	22	view	5	2026-03-19 10:00:00+00
31	25	view	5	2026-02-05 12:00:00+00
31	34	purchase	5	2026-01-10 16:00:00+00
32	2	view	5	2026-01-09 03:00:00+00
32	5	view	5	2026-03-17 06:00:00+00
32	8	purchase	4	2026-02-22 04:00:00+00
32	11	view	4	2026-03-11 07:00:00+00
32	13	view	2	2026-02-25 18:00:00+00
32	17	view	4	2026-02-02 07:00:00+00
32	23	purchase	5	2026-01-11 04:00:00+00
32	29	purchase	5	2026-01-23 09:00:00+00
33	6	view	4	2026-02-15 03:00:00+00
33	12	reject	4	2026-02-08 21:00:00+00
33	15	purchase	5	2026-02-06 04:00:00+00
33	17	purchase	2	2026-02-21 13:00:00+00
33	21	view	5	2026-03-22 18:00:00+00
33	24	view	5	2026-01-03 21:00:00+00
33	30	view	4	2026-02-05 05:00:00+00
33	32	reject	2	2026-02-04 21:00:00+00
33	33	reject	5	2026-02-22 08:00:00+00
33	34	view	2	2026-01-04 09:00:00+00
33	36	purchase	4	2026-01-31 13:00:00+00
34	1	purchase	4	2026-01-10 10:00:00+00
34	3	view	1	2026-02-21 01:00:00+00
34	4	purchase	5	2026-03-09 19:00:00+00
34	10	view	4	2026-02-09 02:00:00+00
34	16	reject	5	2026-01-20 15:00:00+00
34	19	view	5	2026-02-07 21:00:00+00
34	20	view	1	2026-01-05 10:00:00+00
34	21	purchase	2	2026-03-12 20:00:00+00
34	24	view	1	2026-03-03 11:00:00+00
34	25	view	4	2026-01-25 01:00:00+00
34	28	purchase	5	2026-03-21 23:00:00+00
34	34	view	5	2026-01-01 19:00:00+00
35	5	reject	5	2026-02-10 10:00:00+00
35	8	purchase	4	2026-01-12 11:00:00+00
35	12	view	2	2026-01-15 08:00:00+00
35	14	view	5	2026-03-06 22:00:00+00
35	17	purchase	4	2026-02-12 12:00:00+00
35	18	purchase	2	2026-03-07 02:00:00+00
35	20	view	5	2026-03-20 16:00:00+00
35	23	view	5	2026-03-15 18:00:00+00
35	25	view	1	2026-01-12 17:00:00+00
35	26	view	5	2026-03-06 04:00:00+00
35	29	view	5	2026-03-10 14:00:00+00
35	32	view	5	2026-01-24 07:00:00+00
35	35	reject	5	2026-03-18 01:00:00+00
35	36	view	1	2026-02-08 07:00:00+00
36	9	view	5	2026-02-22 17:00:00+00
36	12	purchase	4	2026-01-02 02:00:00+00
36	18	view	5	2026-03-17 03:00:00+00
36	21	purchase	4	2026-02-08 14:00:00+00
36	23	purchase	1	2026-02-15 14:00:00+00
36	27	reject	4	2026-01-19 21:00:00+00
36	33	purchase	4	2026-02-25 12:00:00+00
36	36	view	5	2026-02-20 14:00:00+00
37	1	reject	5	2026-03-10 14:00:00+00
37	3	view	1	2026-01-16 22:00:00+00
37	4	reject	5	2026-02-16 02:00:00+00
37	7	purchase	5	2026-03-05 14:00:00+00
37	10	purchase	5	2026-01-10 21:00:00+00
37	16	view	4	2026-03-22 11:00:00+00
37	17	purchase	2	2026-02-02 07:00:00+00
37	22	purchase	5	2026-01-11 05:00:00+00
37	28	purchase	4	2026-01-02 20:00:00+00
37	32	view	2	2026-02-22 20:00:00+00
37	34	view	4	2026-03-24 22:00:00+00
38	2	view	4	2026-02-09 15:00:00+00
38	5	view	5	2026-01-26 14:00:00+00
38	11	view	4	2026-03-10 01:00:00+00
38	14	view	5	2026-01-05 04:00:00+00
38	23	view	5	2026-02-18 06:00:00+00
38	28	view	1	2026-02-21 14:00:00+00
38	29	reject	5	2026-02-25 14:00:00+00
38	32	view	5	2026-01-02 22:00:00+00
38	34	reject	1	2026-02-11 16:00:00+00
38	35	purchase	4	2026-03-01 16:00:00+00
38	36	purchase	2	2026-02-03 08:00:00+00
39	3	reject	4	2026-03-15 13:00:00+00
39	7	purchase	1	2026-01-14 07:00:00+00
39	12	purchase	4	2026-01-04 10:00:00+00
39	13	purchase	1	2026-01-17 10:00:00+00
39	15	reject	5	2026-03-03 05:00:00+00
39	18	reject	5	2026-03-14 00:00:00+00
39	19	view	1	2026-02-21 01:00:00+00
39	24	reject	4	2026-03-05 15:00:00+00
39	27	view	4	2026-01-21 01:00:00+00
39	33	purchase	4	2026-01-05 05:00:00+00
39	36	view	5	2026-03-22 20:00:00+00
40	1	view	4	2026-02-20 08:00:00+00
40	4	reject	5	2026-02-12 00:00:00+00
40	13	reject	4	2026-02-02 20:00:00+00
40	22	view	5	2026-02-18 19:00:00+00
40	28	purchase	4	2026-01-26 19:00:00+00
41	2	reject	4	2026-01-03 23:00:00+00
41	6	purchase	1	2026-01-08 07:00:00+00
41	8	view	5	2026-02-11 13:00:00+00
41	17	view	5	2026-02-26 03:00:00+00
41	20	reject	5	2026-01-12 19:00:00+00
41	22	purchase	1	2026-03-08 22:00:00+00
41	27	purchase	1	2026-03-16 18:00:00+00
41	28	view	1	2026-01-23 22:00:00+00
41	31	reject	2	2026-01-17 22:00:00+00
41	32	view	5	2026-01-13 19:00:00+00
41	35	purchase	4	2026-02-02 07:00:00+00
42	3	reject	5	2026-01-04 17:00:00+00
42	9	view	5	2026-03-19 14:00:00+00
42	14	reject	1	2026-01-17 10:00:00+00
42	15	view	5	2026-02-24 17:00:00+00
42	17	purchase	1	2026-02-24 23:00:00+00
42	22	view	1	2026-02-12 11:00:00+00
42	24	reject	5	2026-01-12 23:00:00+00
42	27	purchase	4	2026-02-03 15:00:00+00
42	30	purchase	4	2026-01-25 19:00:00+00
42	35	reject	2	2026-01-15 14:00:00+00
42	36	view	4	2026-01-04 05:00:00+00
43	6	purchase	1	2026-01-10 21:00:00+00
43	7	reject	4	2026-01-27 16:00:00+00
43	8	view	1	2026-01-01 00:00:00+00
43	10	reject	5	2026-01-15 10:00:00+00
43	13	view	5	2026-03-17 12:00:00+00
43	19	view	5	2026-03-20 23:00:00+00
43	22	reject	5	2026-01-14 20:00:00+00
43	25	purchase	4	2026-02-21 23:00:00+00
43	28	view	4	2026-02-13 00:00:00+00
43	34	view	5	2026-03-23 00:00:00+00
43	35	reject	1	2026-03-16 12:00:00+00
44	5	view	4	2026-02-11 17:00:00+00
44	7	view	1	2026-01-17 23:00:00+00
44	11	reject	5	2026-01-13 20:00:00+00
44	14	view	5	2026-01-03 21:00:00+00
44	17	view	5	2026-02-16 10:00:00+00
44	20	purchase	4	2026-03-08 00:00:00+00
44	23	view	5	2026-02-12 04:00:00+00
44	30	view	2	2026-01-14 13:00:00+00
44	35	view	4	2026-01-16 18:00:00+00
45	1	view	1	2026-03-11 00:00:00+00
45	3	reject	5	2026-03-10 01:00:00+00
45	4	view	1	2026-01-27 08:00:00+00
45	7	purchase	1	2026-02-06 11:00:00+00
45	12	reject	5	2026-01-15 23:00:00+00
45	15	view	5	2026-02-09 03:00:00+00
45	16	view	1	2026-02-02 13:00:00+00
45	18	view	5	2026-01-10 16:00:00+00
45	21	view	5	2026-03-11 14:00:00+00
45	23	view	2	2026-02-14 07:00:00+00
45	24	reject	4	2026-02-28 02:00:00+00
45	28	view	2	2026-03-14 09:00:00+00
45	30	view	4	2026-03-15 17:00:00+00
45	33	view	5	2026-02-20 08:00:00+00
\.
COPY shop.products (item_id, kind, price) FROM stdin;
1	kind 1	1.5
2	kind 2	3
3	kind 0	4.5
4	kind 1	6
5	kind 2	7.5
6	kind 0	9
7	kind 1	10.5
8	kind 2	12
9	kind 0	13.5
10	kind 1	15
11	kind 2	16.5
12	kind 0	18
13	kind 1	19.5
14	kind 2	21
15	kind 0	22.5
16	kind 1	24
17	kind 2	25.5
18	kind 0	27
19	kind 1	28.5
20	kind 2	30
21	kind 0	31.5
22	kind 1	33
23	kind 2	34.5
24	kind 0	36
25	kind 1	37.5
26	kind 2	39
27	kind 0	40.5
28	kind 1	42
29	kind 2	43.5
30	kind 0	45
31	kind 1	46.5
32	kind 2	48
33	kind 0	49.5
34	kind 1	51
35	kind 2	52.5
36	kind 0	54
37	kind 1	55.5
38	kind 2	57
39	kind 0	58.5
40	kind 1	60
\.
COPY shop.served (model, what, about, place, item, score, uncertainty) FROM stdin;
kinds	page	1	1	14	-2.460178	0.14293496
kinds	page	1	2	40	-2.4996462	0.28932062
kinds	page	1	3	37	-2.520676	0.288979
kinds	page	1	4	20	-2.5400696	0.13926004
kinds	page	1	5	32	-2.5936515	0.14880097
kinds	page	1	6	23	-2.6661553	0.1697133
kinds	page	1000	1	14	-2.5084553	0.2423229
kinds	page	1000	2	4	-2.6920335	0.32937077
kinds	page	1000	3	23	-2.7021852	0.33150303
kinds	page	1000	4	28	-2.7319422	0.28908277
kinds	page	1000	5	32	-2.7369885	0.2917061
kinds	page	1000	6	17	-2.7484837	0.29478973
kinds	page	2	1	38	-2.561604	0.36869463
kinds	page	2	2	20	-2.7359123	0.16208471
kinds	page	2	3	5	-2.8280754	0.17799123
kinds	page	2	4	27	-3.0086594	0.17117704
kinds	page	2	5	29	-3.0238805	0.21013193
kinds	page	2	6	39	-3.0253007	0.3816995
kinds	page	3	1	14	-2.3194623	0.10932447
kinds	page	3	2	4	-2.5710325	0.14399427
kinds	page	3	3	20	-2.610684	0.12239864
kinds	page	3	4	28	-2.6453028	0.13712041
kinds	page	3	5	38	-2.6545775	0.19900157
kinds	page	3	6	40	-2.684485	0.20545194
kinds	page	45	1	14	-2.6030684	0.1715396
kinds	page	45	2	27	-2.6318352	0.1264446
kinds	page	45	3	40	-2.664538	0.30702624
kinds	page	45	4	37	-2.6850872	0.30685
kinds	page	45	5	39	-2.693119	0.30149147
kinds	page	45	6	20	-2.696566	0.14905478
kinds	reason	3, 36	\N	bias item	-3.6419723	-0.7680603
kinds	reason	3, 36	\N	item 12	0.100979075	0.02129561
kinds	reason	3, 36	\N	item 13	0.025437612	0.0053645717
kinds	reason	3, 36	\N	item 17	0.045220327	0.009536575
kinds	reason	3, 36	\N	item 18	0.13821468	0.029148275
kinds	reason	3, 36	\N	item 23	0.009762145	0.0020587516
kinds	reason	3, 36	\N	item 24	0.08355405	0.017620824
kinds	reason	3, 36	\N	item 26	0.14408672	0.030386638
kinds	reason	3, 36	\N	item 27	0.028106187	0.005927351
kinds	reason	3, 36	\N	item 3	0.05646964	0.011908957
kinds	reason	3, 36	\N	item 31	0.03970789	0.008374049
kinds	reason	3, 36	\N	item 32	-0.002054852	-0.00043335045
kinds	reason	3, 36	\N	item 36	0.17410305	0.036716823
kinds	reason	3, 36	\N	item 6	0.12826547	0.027050074
kinds	reason	3, 36	\N	item 7	-0.11738578	-0.024755642
kinds	reason	3, 36	\N	prior empty history	3.885082e-05	8.1933e-06
kinds	reason	3, 36	\N	prior mean user	0.00642023	0.0013539707
kinds	reason	3, 40	\N	bias item	-3.3924737	-0.76490915
kinds	reason	3, 40	\N	item 12	0.03769636	0.008499488
kinds	reason	3, 40	\N	item 13	0.14826323	0.033429265
kinds	reason	3, 40	\N	item 17	0.02280526	0.0051419563
kinds	reason	3, 40	\N	item 18	-0.07634643	-0.017214011
kinds	reason	3, 40	\N	item 23	0.014448137	0.003257656
kinds	reason	3, 40	\N	item 24	0.049770672	0.011221912
kinds	reason	3, 40	\N	item 26	-0.007707971	-0.0017379347
kinds	reason	3, 40	\N	item 27	0.06628987	0.014946535
kinds	reason	3, 40	\N	item 3	0.10206517	0.023012877
kinds	reason	3, 40	\N	item 31	0.15120836	0.03409331
kinds	reason	3, 40	\N	item 32	0.06265217	0.014126334
kinds	reason	3, 40	\N	item 36	-0.052871615	-0.011921089
kinds	reason	3, 40	\N	item 6	-0.029977882	-0.0067591844
kinds	reason	3, 40	\N	item 7	0.20828111	0.04696164
kinds	reason	3, 40	\N	prior empty history	-0.00043134525	-9.7256445e-05
kinds	reason	3, 40	\N	prior mean user	0.011843667	0.0026704199
kinds	reason	3, 7	\N	bias item	-3.720582	-0.73606265
kinds	reason	3, 7	\N	item 12	-0.0017464439	-0.00034550834
kinds	reason	3, 7	\N	item 13	0.08968484	0.017742831
kinds	reason	3, 7	\N	item 17	0.06660733	0.013177285
kinds	reason	3, 7	\N	item 18	-0.08501491	-0.016818954
kinds	reason	3, 7	\N	item 23	0.124297194	0.024590379
kinds	reason	3, 7	\N	item 24	0.0148025155	0.002928461
kinds	reason	3, 7	\N	item 26	-0.06796557	-0.013445992
kinds	reason	3, 7	\N	item 27	0.11213205	0.022183683
kinds	reason	3, 7	\N	item 3	0.06647972	0.013152039
kinds	reason	3, 7	\N	item 31	0.075781845	0.014992327
kinds	reason	3, 7	\N	item 32	0.13619512	0.02694421
kinds	reason	3, 7	\N	item 36	-0.12077941	-0.023894437
kinds	reason	3, 7	\N	item 6	-0.05587861	-0.0110547645
kinds	reason	3, 7	\N	item 7	0.30440715	0.060222495
kinds	reason	3, 7	\N	prior empty history	-0.0003263143	-6.45565e-05
kinds	reason	3, 7	\N	prior mean user	0.012027335	0.002379432
kinds	score	1	\N	3	-3.0004697	\N
kinds	score	1	\N	36	-3.2464824	\N
kinds	score	1	\N	40	-2.4996462	\N
kinds	score	1	\N	7	-2.7436244	\N
kinds	score	1000	\N	3	-3.0615609	\N
kinds	score	1000	\N	36	-3.0260718	\N
kinds	score	1000	\N	40	-2.773711	\N
kinds	score	1000	\N	7	-3.114891	\N
kinds	score	2	\N	3	-3.3644025	\N
kinds	score	2	\N	36	-3.0505686	\N
kinds	score	2	\N	40	-3.1544085	\N
kinds	score	2	\N	7	-3.302848	\N
kinds	score	3	\N	3	-2.893362	\N
kinds	score	3	\N	36	-2.781047	\N
kinds	score	3	\N	40	-2.684485	\N
kinds	score	3	\N	7	-3.0498781	\N
kinds	score	45	\N	3	-2.9787853	\N
kinds	score	45	\N	36	-3.0353427	\N
kinds	score	45	\N	40	-2.6645381	\N
kinds	score	45	\N	7	-2.9854956	\N
kinds	similar	3	1	4	0.9280675	\N
kinds	similar	3	2	31	0.923061	\N
kinds	similar	3	3	16	0.90061563	\N
kinds	similar	3	4	37	0.8685361	\N
kinds	similar	36	1	6	0.931179	\N
kinds	similar	36	2	26	0.92335683	\N
kinds	similar	36	3	12	0.8968311	\N
kinds	similar	36	4	18	0.8654893	\N
kinds	similar	40	1	37	0.9998003	\N
kinds	similar	40	2	28	0.98972595	\N
kinds	similar	40	3	34	0.9490722	\N
kinds	similar	40	4	10	0.9483091	\N
kinds	similar	7	1	34	0.98866373	\N
kinds	similar	7	2	28	0.9340313	\N
kinds	similar	7	3	40	0.91464305	\N
kinds	similar	7	4	20	0.9089034	\N
shop	page	1	1	27	-2.697733	0.30982697
shop	page	1	2	33	-2.8316262	0.26958328
shop	page	1	3	21	-2.857647	0.26900455
shop	page	1	4	23	-2.9341426	0.25554627
shop	page	1	5	19	-3.0222695	0.25661185
shop	page	1	6	14	-3.1626067	0.35269108
shop	page	1000	1	28	-2.597968	0.36495775
shop	page	1000	2	17	-2.838558	0.42208314
shop	page	1000	3	32	-2.8938756	0.4065841
shop	page	1000	4	21	-2.9039998	0.4524968
shop	page	1000	5	36	-2.9069972	0.39322782
shop	page	1000	6	23	-2.9327524	0.4347405
shop	page	2	1	36	-2.9520295	0.28006566
shop	page	2	2	22	-3.020603	0.30887297
shop	page	2	3	28	-3.063938	0.29559356
shop	page	2	4	6	-3.105296	0.3036814
shop	page	2	5	20	-3.1108844	0.35668984
shop	page	2	6	18	-3.1484375	0.312703
shop	page	3	1	21	-2.715025	0.27977628
shop	page	3	2	28	-2.8279827	0.2834974
shop	page	3	3	22	-2.9041066	0.28628734
shop	page	3	4	9	-3.1216714	0.3951897
shop	page	3	5	25	-3.1288633	0.34458187
shop	page	3	6	33	-3.1387808	0.28494835
shop	page	45	1	10	-2.9910455	0.29033294
shop	page	45	2	36	-3.009416	0.29816282
shop	page	45	3	27	-3.0428345	0.33649454
shop	page	45	4	17	-3.0537574	0.32374483
shop	page	45	5	25	-3.1891317	0.33709577
shop	page	45	6	19	-3.2931023	0.28913048
shop	reason	3, 36	\N	bias item	-3.4278235	-0.80999094
shop	reason	3, 36	\N	item 12	0.0004662755	0.00011018039
shop	reason	3, 36	\N	item 13	0.0007557821	0.00017859049
shop	reason	3, 36	\N	item 17	0.015721578	0.0037149917
shop	reason	3, 36	\N	item 18	-0.008509079	-0.002010686
shop	reason	3, 36	\N	item 23	0.16651624	0.039347608
shop	reason	3, 36	\N	item 24	-0.0016936673	-0.00040021172
shop	reason	3, 36	\N	item 26	-0.00029689266	-7.015541e-05
shop	reason	3, 36	\N	item 27	0.103884794	0.024547862
shop	reason	3, 36	\N	item 3	-0.02316944	-0.005474913
shop	reason	3, 36	\N	item 31	0.014566169	0.0034419699
shop	reason	3, 36	\N	item 32	-0.012487584	-0.0029508024
shop	reason	3, 36	\N	item 36	0.13566627	0.03205779
shop	reason	3, 36	\N	item 6	0.2993469	0.07073534
shop	reason	3, 36	\N	item 7	0.0069276257	0.0016369903
shop	reason	3, 36	\N	prior empty history	0.00039250558	9.274864e-05
shop	reason	3, 36	\N	prior mean user	0.013703899	0.0032382165
shop	reason	3, 7	\N	bias item	-3.9911742	-0.8182424
shop	reason	3, 7	\N	item 12	0.00065503025	0.00013428969
shop	reason	3, 7	\N	item 13	0.0006594605	0.00013519793
shop	reason	3, 7	\N	item 17	0.0149772065	0.0030705212
shop	reason	3, 7	\N	item 18	0.05879757	0.012054264
shop	reason	3, 7	\N	item 23	0.46025872	0.094358996
shop	reason	3, 7	\N	item 24	0.009230528	0.0018923777
shop	reason	3, 7	\N	item 26	-0.03380082	-0.0069296057
shop	reason	3, 7	\N	item 27	0.021000735	0.004305423
shop	reason	3, 7	\N	item 3	0.047762726	0.009791977
shop	reason	3, 7	\N	item 31	-0.01779939	-0.0036491056
shop	reason	3, 7	\N	item 32	-0.10049197	-0.020602155
shop	reason	3, 7	\N	item 36	0.022899905	0.004694777
shop	reason	3, 7	\N	item 6	-0.0021143449	-0.00043346806
shop	reason	3, 7	\N	item 7	0.089711554	0.01839203
shop	reason	3, 7	\N	prior empty history	-1.3364277e-05	-2.7398498e-06
shop	reason	3, 7	\N	prior mean user	0.00639325	0.001310699
shop	score	1	\N	3	-3.4709914	\N
shop	score	1	\N	36	-3.192288	\N
shop	score	1	\N	40	\N	\N
shop	score	1	\N	7	-3.2917404	\N
shop	score	1000	\N	3	-3.751566	\N
shop	score	1000	\N	36	-2.9069972	\N
shop	score	1000	\N	40	\N	\N
shop	score	1000	\N	7	-3.6990383	\N
shop	score	2	\N	3	-3.7662995	\N
shop	score	2	\N	36	-2.9520295	\N
shop	score	2	\N	40	\N	\N
shop	score	2	\N	7	-3.6137855	\N
shop	score	3	\N	3	-3.7534046	\N
shop	score	3	\N	36	-2.7160323	\N
shop	score	3	\N	40	\N	\N
shop	score	3	\N	7	-3.4130476	\N
shop	score	45	\N	3	-3.8041494	\N
shop	score	45	\N	36	-3.009416	\N
shop	score	45	\N	40	\N	\N
shop	score	45	\N	7	-3.3303509	\N
shop	similar	3	1	16	0.8598534	\N
shop	similar	3	2	18	0.6906911	\N
shop	similar	3	3	10	0.6045249	\N
shop	similar	3	4	24	0.5557147	\N
shop	similar	36	1	6	0.85817224	\N
shop	similar	36	2	17	0.6791613	\N
shop	similar	36	3	35	0.6109565	\N
shop	similar	36	4	15	0.6000846	\N
shop	similar	7	1	21	0.7869598	\N
shop	similar	7	2	30	0.7722854	\N
shop	similar	7	3	23	0.6258545	\N
shop	similar	7	4	33	0.51156175	\N
stars	page	1	1	8	3.898757	0.4189447
stars	page	1	2	5	3.8980691	0.41894525
stars	page	1	3	24	3.878427	0.41140905
stars	page	1	4	18	3.7904303	0.4189464
stars	page	1	5	19	3.7845337	0.40480328
stars	page	1	6	9	3.7214606	0.4189434
stars	page	1000	1	8	3.9444423	0.5345004
stars	page	1000	2	5	3.9437504	0.53450143
stars	page	1000	3	24	3.92408	0.5286158
stars	page	1000	4	18	3.8360536	0.53450465
stars	page	1000	5	19	3.8300943	0.52349836
stars	page	1000	6	25	3.7992733	0.52862287
stars	page	2	1	5	4.26476	0.4345113
stars	page	2	2	24	4.245067	0.42724967
stars	page	2	3	18	4.1570272	0.43451285
stars	page	2	4	19	4.1510677	0.42089355
stars	page	2	5	25	4.120248	0.4272536
stars	page	2	6	9	4.088113	0.43450966
stars	page	3	1	8	3.755105	0.41448158
stars	page	3	2	5	3.7544057	0.41448212
stars	page	3	3	19	3.6407943	0.4001818
stars	page	3	4	25	3.609981	0.40686613
stars	page	3	5	9	3.577821	0.41448006
stars	page	3	6	10	3.548185	0.40341744
stars	page	45	1	8	3.8159733	0.4145176
stars	page	45	2	5	3.8152728	0.41451818
stars	page	45	3	19	3.7015128	0.40021878
stars	page	45	4	25	3.6707313	0.4069028
stars	page	45	5	9	3.638651	0.4145163
stars	page	45	6	10	3.6089368	0.40345436
stars	reason	3, 36	\N	bias item	-0.2695511	-0.06845131
stars	reason	3, 36	\N	bias mean rating	3.478958	0.88346595
stars	reason	3, 36	\N	bias user	-0.18931818	-0.048076514
stars	reason	3, 36	\N	item 12	1.0529432e-06	2.6739025e-07
stars	reason	3, 36	\N	item 13	1.0068045e-06	2.5567354e-07
stars	reason	3, 36	\N	item 17	2.3901814e-06	6.0697596e-07
stars	reason	3, 36	\N	item 18	1.7714415e-06	4.4984972e-07
stars	reason	3, 36	\N	item 23	2.9496466e-06	7.4904966e-07
stars	reason	3, 36	\N	item 24	9.256992e-07	2.3507721e-07
stars	reason	3, 36	\N	item 26	2.7345577e-06	6.944288e-07
stars	reason	3, 36	\N	item 27	1.7390503e-06	4.416241e-07
stars	reason	3, 36	\N	item 3	2.797957e-06	7.1052875e-07
stars	reason	3, 36	\N	item 31	7.0797813e-07	1.797879e-07
stars	reason	3, 36	\N	item 32	4.7396265e-06	1.2036071e-06
stars	reason	3, 36	\N	item 36	8.154485e-07	2.0707954e-07
stars	reason	3, 36	\N	item 6	8.0061574e-07	2.0331282e-07
stars	reason	3, 36	\N	item 7	-1.5886734e-07	-4.0343657e-08
stars	reason	3, 7	\N	bias item	-0.7395218	-0.16777343
stars	reason	3, 7	\N	bias mean rating	3.478958	0.7892623
stars	reason	3, 7	\N	bias user	-0.18931818	-0.04295013
stars	reason	3, 7	\N	item 12	-8.3675855e-07	-1.8983327e-07
stars	reason	3, 7	\N	item 13	-9.409109e-06	-2.1346204e-06
stars	reason	3, 7	\N	item 17	7.019573e-06	1.5925125e-06
stars	reason	3, 7	\N	item 18	2.6780942e-06	6.075724e-07
stars	reason	3, 7	\N	item 23	6.312911e-06	1.4321939e-06
stars	reason	3, 7	\N	item 24	4.5301954e-07	1.0277538e-07
stars	reason	3, 7	\N	item 26	6.4632436e-06	1.4662995e-06
stars	reason	3, 7	\N	item 27	-1.1773331e-07	-2.6709854e-08
stars	reason	3, 7	\N	item 3	-1.7492657e-06	-3.9685145e-07
stars	reason	3, 7	\N	item 31	-6.1470764e-06	-1.3945715e-06
stars	reason	3, 7	\N	item 32	1.565928e-05	3.5525807e-06
stars	reason	3, 7	\N	item 36	7.3187243e-07	1.6603802e-07
stars	reason	3, 7	\N	item 6	1.1032758e-06	2.5029738e-07
stars	reason	3, 7	\N	item 7	-3.7782438e-06	-8.571605e-07
stars	score	1	\N	3	2.8871655	\N
stars	score	1	\N	36	3.1637619	\N
stars	score	1	\N	40	\N	\N
stars	score	1	\N	7	2.693861	\N
stars	score	1000	\N	3	2.9328399	\N
stars	score	1000	\N	36	3.2094069	\N
stars	score	1000	\N	40	\N	\N
stars	score	1000	\N	7	2.7394361	\N
stars	score	2	\N	3	3.2538266	\N
stars	score	2	\N	36	3.53039	\N
stars	score	2	\N	40	\N	\N
stars	score	2	\N	7	3.0604112	\N
stars	score	3	\N	3	2.743548	\N
stars	score	3	\N	36	3.020113	\N
stars	score	3	\N	40	\N	\N
stars	score	3	\N	7	2.5501363	\N
stars	score	45	\N	3	2.804386	\N
stars	score	45	\N	36	3.08092	\N
stars	score	45	\N	40	\N	\N
stars	score	45	\N	7	2.6108706	\N
stars	similar	3	1	9	0.9998187	\N
stars	similar	3	2	12	0.98591053	\N
stars	similar	3	3	33	0.9833995	\N
stars	similar	3	4	27	0.980448	\N
stars	similar	36	1	6	0.9861327	\N
stars	similar	36	2	21	0.9691396	\N
stars	similar	36	3	24	0.96909255	\N
stars	similar	36	4	18	0.92910886	\N
stars	similar	7	1	34	0.9996188	\N
stars	similar	7	2	16	0.9995057	\N
stars	similar	7	3	22	0.999468	\N
stars	similar	7	4	19	0.9976236	\N
words	page	user 1	1	8f14e45f-ceea-167a-5a36-dedd4bea2543	0.9534681	0.14300223
words	page	user 1	2	98f13708-2101-94c4-7568-7be6106a3b84	0.8543946	0.13586214
words	page	user 1	3	b6d767d2-f8ed-5d21-a44b-0e5886680cb9	0.8452544	0.14739688
words	page	user 1	4	1f0e3dad-9990-8345-f743-9f8ffabdffc4	0.8443047	0.1434244
words	page	user 1	5	6364d3f0-f495-b6ab-9dcf-8d3b5c6e0b01	0.72533065	0.15220904
words	page	user 1	6	aab32389-22bc-c25a-6f60-6eb525ffdc56	0.70739645	0.15319632
words	page	user 1000	1	aab32389-22bc-c25a-6f60-6eb525ffdc56	0.719936	0.23706734
words	page	user 1000	2	98f13708-2101-94c4-7568-7be6106a3b84	0.69846034	0.23026963
words	page	user 1000	3	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.6589182	0.24479958
words	page	user 1000	4	6364d3f0-f495-b6ab-9dcf-8d3b5c6e0b01	0.6584158	0.28407374
words	page	user 1000	5	33e75ff0-9dd6-01bb-e69f-351039152189	0.652044	0.28004014
words	page	user 1000	6	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.6509179	0.24436137
words	page	user 2	1	e4da3b7f-bbce-2345-d777-2b0674a318d5	0.9710188	0.18711261
words	page	user 2	2	6ea9ab1b-aa0e-fb9e-1909-4440c317e21b	0.7448438	0.2143494
words	page	user 2	3	1679091c-5a88-0faf-6fb5-e6087eb1b2dc	0.7302936	0.15076791
words	page	user 2	4	98f13708-2101-94c4-7568-7be6106a3b84	0.6829673	0.15880652
words	page	user 2	5	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.68066204	0.15836838
words	page	user 2	6	6f4922f4-5568-161a-8cdf-4ad2299f6d23	0.6356081	0.22482054
words	page	user 3	1	aab32389-22bc-c25a-6f60-6eb525ffdc56	0.9131884	0.110508524
words	page	user 3	2	98f13708-2101-94c4-7568-7be6106a3b84	0.822604	0.115262374
words	page	user 3	3	a87ff679-a2f3-e71d-9181-a67b7542122c	0.81151485	0.13943464
words	page	user 3	4	c4ca4238-a0b9-2382-0dcc-509a6f75849b	0.7801008	0.14926088
words	page	user 3	5	182be0c5-cdcd-5072-bb18-64cdee4d3d6e	0.7714872	0.13700409
words	page	user 3	6	3c59dc04-8e88-5024-3be8-079a5c74d079	0.76894736	0.1428522
words	page	user 45	1	02e74f10-e032-7ad8-68d1-38f2b4fdd6f0	0.91910744	0.12039817
words	page	user 45	2	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.82813734	0.13021824
words	page	user 45	3	d3d94468-02a4-4259-755d-38e6d163e820	0.77076364	0.14677368
words	page	user 45	4	1679091c-5a88-0faf-6fb5-e6087eb1b2dc	0.7284111	0.14409594
words	page	user 45	5	98f13708-2101-94c4-7568-7be6106a3b84	0.71287036	0.14883915
words	page	user 45	6	aab32389-22bc-c25a-6f60-6eb525ffdc56	0.70035815	0.15040992
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 02e74f10-e032-7ad8-68d1-38f2b4fdd6f0	0.111217126	0.11371436
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 1679091c-5a88-0faf-6fb5-e6087eb1b2dc	0.09293119	0.095017835
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.11183596	0.114347085
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 1ff1de77-4005-f8da-13f4-2943881c655f	0.09980868	0.10204975
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 37693cfc-7480-49e4-5d87-b8c7d8b9aacd	0.08777115	0.08974194
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 4e732ced-3463-d06d-e0ca-9a15b6153677	-0.0025906898	-0.0026488604
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 6364d3f0-f495-b6ab-9dcf-8d3b5c6e0b01	0.07056951	0.07215405
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 6f4922f4-5568-161a-8cdf-4ad2299f6d23	0.053291686	0.054488283
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 70efdf2e-c9b0-8607-9795-c442636b55fb	0.0689199	0.070467405
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item 8f14e45f-ceea-167a-5a36-dedd4bea2543	0.08510321	0.08701409
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item c16a5320-fa47-5530-d958-3c34fd356ef5	-0.013613757	-0.013919436
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item c20ad4d7-6fe9-7759-aa27-a0c99bff6710	0.090658784	0.09269441
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item c51ce410-c124-a10e-0db5-e4b97fc2af39	-0.05085533	-0.051997222
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	item eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.03009266	0.030768352
words	reason	user 3, 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	\N	prior mean user	0.00877978	0.008976919
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 02e74f10-e032-7ad8-68d1-38f2b4fdd6f0	0.056891248	0.047172364
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 1679091c-5a88-0faf-6fb5-e6087eb1b2dc	0.07804559	0.06471285
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.08510321	0.0705648
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 1ff1de77-4005-f8da-13f4-2943881c655f	0.06404274	0.053102147
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 37693cfc-7480-49e4-5d87-b8c7d8b9aacd	0.019997038	0.01658089
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 4e732ced-3463-d06d-e0ca-9a15b6153677	-0.12404768	-0.10285628
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 6364d3f0-f495-b6ab-9dcf-8d3b5c6e0b01	0.09061411	0.075134255
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 6f4922f4-5568-161a-8cdf-4ad2299f6d23	-0.12155515	-0.100789554
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 70efdf2e-c9b0-8607-9795-c442636b55fb	0.09319802	0.07727675
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item 8f14e45f-ceea-167a-5a36-dedd4bea2543	0.19992709	0.165773
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item c16a5320-fa47-5530-d958-3c34fd356ef5	0.07802201	0.0646933
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item c20ad4d7-6fe9-7759-aa27-a0c99bff6710	0.03627994	0.03008214
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item c51ce410-c124-a10e-0db5-e4b97fc2af39	0.05649593	0.04684458
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	item eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.090116195	0.0747214
words	reason	user 3, 8f14e45f-ceea-167a-5a36-dedd4bea2543	\N	prior mean user	0.011693278	0.009695684
words	score	user 1	\N	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.59080803	\N
words	score	user 1	\N	8f14e45f-ceea-167a-5a36-dedd4bea2543	0.9534681	\N
words	score	user 1	\N	d645920e-395f-edad-7bbb-ed0eca3fe2e0	\N	\N
words	score	user 1	\N	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.7899245	\N
words	score	user 1000	\N	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.6589182	\N
words	score	user 1000	\N	8f14e45f-ceea-167a-5a36-dedd4bea2543	0.64363384	\N
words	score	user 1000	\N	d645920e-395f-edad-7bbb-ed0eca3fe2e0	\N	\N
words	score	user 1000	\N	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.6509179	\N
words	score	user 2	\N	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.680662	\N
words	score	user 2	\N	8f14e45f-ceea-167a-5a36-dedd4bea2543	0.39752758	\N
words	score	user 2	\N	d645920e-395f-edad-7bbb-ed0eca3fe2e0	\N	\N
words	score	user 2	\N	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.36154276	\N
words	score	user 3	\N	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.8439199	\N
words	score	user 3	\N	8f14e45f-ceea-167a-5a36-dedd4bea2543	0.7148236	\N
words	score	user 3	\N	d645920e-395f-edad-7bbb-ed0eca3fe2e0	\N	\N
words	score	user 3	\N	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.8239405	\N
words	score	user 45	\N	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	0.82813734	\N
words	score	user 45	\N	8f14e45f-ceea-167a-5a36-dedd4bea2543	0.73325443	\N
words	score	user 45	\N	d645920e-395f-edad-7bbb-ed0eca3fe2e0	\N	\N
words	score	user 45	\N	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	0.76394325	\N
words	similar	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	1	1679091c-5a88-0faf-6fb5-e6087eb1b2dc	0.9771221	\N
words	similar	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	2	02e74f10-e032-7ad8-68d1-38f2b4fdd6f0	0.9552762	\N
words	similar	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	3	3c59dc04-8e88-5024-3be8-079a5c74d079	0.94198626	\N
words	similar	19ca14e7-ea63-28a4-2e0e-b13d585e4c22	4	c20ad4d7-6fe9-7759-aa27-a0c99bff6710	0.91551024	\N
words	similar	8f14e45f-ceea-167a-5a36-dedd4bea2543	1	33e75ff0-9dd6-01bb-e69f-351039152189	0.9804555	\N
words	similar	8f14e45f-ceea-167a-5a36-dedd4bea2543	2	e369853d-f766-fa44-e1ed-0ff613f563bd	0.93653667	\N
words	similar	8f14e45f-ceea-167a-5a36-dedd4bea2543	3	98f13708-2101-94c4-7568-7be6106a3b84	0.93488985	\N
words	similar	8f14e45f-ceea-167a-5a36-dedd4bea2543	4	d3d94468-02a4-4259-755d-38e6d163e820	0.86290425	\N
words	similar	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	1	a87ff679-a2f3-e71d-9181-a67b7542122c	0.95900065	\N
words	similar	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	2	c74d97b0-1eae-257e-44aa-9d5bade97baf	0.95426065	\N
words	similar	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	3	c16a5320-fa47-5530-d958-3c34fd356ef5	0.9239531	\N
words	similar	eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3	4	8e296a06-7a37-5633-70de-d05f5a3bf3ec	0.9018493	\N
\.
CREATE INDEX events_user_id_idx ON shop.events USING btree (user_id);
