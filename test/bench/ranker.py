"""
The ranker: how much better it ranks than what it stands on and than counting, how
long it trains, and how fast it is served.

  BENCH_RANKER=quality,training,latency   what to measure (default: each)
  BENCH_SEEDS=5                           seeds of the quality
"""

import collections
import os
import random

import clicks
from database import REPEAT, declare, heading, last_version, load, median, psql, rows, script, spread, table, warn_if_busy

SEEDS = int(os.environ.get("BENCH_SEEDS", "5"))


def load_clicks(name, interactions):
    load(name, "user_id bigint, item_id bigint, at bigint", (f"{u}\t{i}\t{t}\n" for u, i, t in interactions))
    # a page reads its user's rows by the one, and what others did since by the other
    psql(f"CREATE INDEX ON {name} (user_id, at)", f"CREATE INDEX ON {name} (at)", f"VACUUM ANALYZE {name}")


#
# Quality
#
def evaluate(protocol, seed):
    """{name: NDCG@10}, and whether ranker and network were kept."""
    declare("ranker", "ranker_clicks", {"seed": seed})
    value, baseline = {}, {}
    for metric, of_model, of_popularity in rows(f"SELECT * FROM recal_evaluate('ranker', 10, '{protocol}', {seed})"):
        value[metric], baseline[metric] = of_model, of_popularity
    # what was not kept is no row, and what serves is what is left
    served = value["ndcg@10"]
    ranker, network = (value.get(part) == "1" for part in ("ranker", "network"))
    factorization = value.get("factorization_ndcg@10", served)
    found = {
        "served": served,
        "without the ranker": value.get("network_ndcg@10", factorization if ranker else served),
        "factorization": factorization,
        "recent popularity": value["recent_popularity_ndcg@10"],
        "co-occurrence": value["co_occurrence_ndcg@10"],
        "popularity": baseline["ndcg@10"],
    }
    return {name: float(ndcg) for name, ndcg in found.items()}, ranker, network


def evaluated(protocol):
    found, rankers, networks = zip(*(evaluate(protocol, seed) for seed in range(1, SEEDS + 1)))
    lines = {name: [ndcg[name] for ndcg in found] for name in found[0]}
    total = sum(lines["served"])
    print(f"\nprotocol {protocol}, {SEEDS} seeds: ranker kept in {sum(rankers)} of {SEEDS}, network in {sum(networks)}")
    table(
        ("NDCG@10", "mean", "least", "most", "served is"),
        [
            (name, *spread(values), f"{total / sum(values):.2f} times" if name != "served" and sum(values) > 0 else "")
            for name, values in lines.items()
        ],
    )


def shuffled(interactions):
    """The same rows whose times say nothing, a shuffle for each seed: next to nothing is left to add."""
    times = [time for _, _, time in interactions]
    keys = {
        "ranker": "ranker_ndcg_10",
        "factorization": "ranker_factorization_ndcg_10",
        "network": "ranker_network_ndcg_10",
        "popularity": "ranker_popularity_ndcg_10",
        "recent popularity": "recent_popularity_ndcg_10",
        "transitions": "transition_ndcg_10",
        "co-occurrence": "co_occurrence_ndcg_10",
    }
    columns = [f"round((metrics ->> '{key}')::numeric, 4)" for key in keys.values()]
    lines, kept = [], 0
    for seed in range(1, min(3, SEEDS) + 1):
        random.Random(seed).shuffle(times)
        load_clicks("ranker_shuffled", [(u, i, time) for (u, i, _), time in zip(interactions, times)])
        declare("ranker_shuffled", "ranker_shuffled", {"seed": seed})
        psql("CALL recal_train('ranker_shuffled')")
        ranker, *ndcg = last_version("ranker_shuffled", "facts ->> 'ranker'", *columns)
        kept += ranker == "true"
        lines.append((f"seed {seed}", *ndcg))
    print(f"\ntimes shuffled, trained on all rows: ranker kept in {kept} of {len(lines)} (expected: 0)")
    table(("NDCG@10 of the gate", *keys), lines)


def quality():
    heading("Ranker, quality: whole catalogue ranked, default options")
    sets = {"MovieLens latest-small": clicks.movielens()}
    if os.environ.get("RECAL_BENCH_DATA"):
        sets["MovieTweetings"] = clicks.movietweetings(os.environ["RECAL_BENCH_DATA"])
    else:
        print("MovieTweetings left out: RECAL_BENCH_DATA names no directory")
    for name, found in sets.items():
        count = collections.Counter(user for user, _, _ in found)
        interactions = [row for row in found if count[row[0]] >= 3]
        if not interactions:
            continue
        users, items = (len({row[n] for row in interactions}) for n in (0, 1))
        print(f"\n{name}, users with three rows or more: {len(interactions)} rows, {users} users, {items} items")
        load_clicks("ranker_clicks", interactions)
        for protocol in ("last", "live"):
            evaluated(protocol)
        shuffled(interactions)


#
# Training and serving
#
def generate(name, **size):
    """Histories that begin on a thousand days, so that what is in demand has a time."""
    script("generate-histories.sql", table=name, **size)
    psql(f"UPDATE {name} SET at = at + 86400 * (hashint8extended(user_id, 3) & 1023)")
    psql(f"CREATE INDEX ON {name} (user_id, at)", f"CREATE INDEX ON {name} (at)", f"VACUUM ANALYZE {name}")


def training():
    heading(f"Ranker, training: seconds, default options, median of {REPEAT}")
    warn_if_busy()
    generate("ranker_generated", users=50000, items=20000, per_user=20)
    sets = {"generated": "ranker_generated"}
    interactions = clicks.movielens()
    if interactions:
        load_clicks("ranker_films", interactions)
        sets = {"MovieLens latest-small": "ranker_films"} | sets
    lines = []
    for name, relation in sets.items():
        declare("ranker_trained", relation, {})
        times = []
        for _ in range(REPEAT):
            psql("CALL recal_train('ranker_trained')")
            parts = (f"timings ->> '{part}'" for part in ("factorize", "network", "ranker", "total"))
            *seconds, examples, kept = last_version(
                "ranker_trained", *parts, "facts ->> 'ranker_examples'", "facts ->> 'ranker'"
            )
            times.append([float(t) for t in seconds])
        size = last_version("ranker_trained", f"(SELECT count(*) FROM {relation})", "users", "items")
        lines.append((name, *size, examples, *(f"{median(part):.1f}" for part in zip(*times)), kept))
    table(("", "rows", "users", "items", "examples", "factorize", "network", "ranker", "total", "kept"), lines)
    psql("SELECT recal_drop_model('ranker_trained')", "DROP TABLE ranker_generated")


def latency():
    import latency as of

    users, since = 20000, 10000
    heading("Ranker, serving: milliseconds, uncertainty with each item")
    warn_if_busy()
    generate("ranker_served", users=users, items=40000, per_user=20)
    page = "SELECT * FROM recal_recommend(:user, 10, 'ranker_served')"
    lines = []

    def measure(label, target, statement):
        lines.append(of.row(label, target, of.pgbench(users, statement)))

    for ranker, network, target in (("off", "off", ""), ("on", "off", "3"), ("on", "on", "3")):
        declare(
            "ranker_served",
            "ranker_served",
            {"factors": 64, "epochs": 4, "network_epochs": 1, "ranker": ranker, "network": network},
        )
        psql("CALL recal_train('ranker_served')", "CHECKPOINT")
        measure(f"ranker {ranker}, network {network}: recal_recommend(user, 10)", target, page)
    print("{} users, {} items, {} pairs".format(*last_version("ranker_served", "users", "items", "pairs")))
    # an item that is in the catalogue, whatever the user has of it
    item = psql("SELECT min(item_id) FROM ranker_served").strip()
    measure("the same: recal_explain(user, item)", "", f"SELECT * FROM recal_explain(:user, {item}, 'ranker_served')")
    # other people's rows, of items that are in demand, later than all that it was trained on
    psql(f"""
        INSERT INTO ranker_served
            SELECT 1 + user_id * 7919 % {users}, item_id, newest + row_number() OVER ()
            FROM (SELECT * FROM ranker_served ORDER BY hashint8extended(at + user_id, 4) LIMIT {since}) drawn,
                (SELECT max(at) AS newest FROM ranker_served) trained""")
    measure(f"the same, {since} rows since the training: recal_recommend(user, 10)", "3", page)
    # what bringing the counts up to date takes, which else is once in ten seconds
    os.environ["PGOPTIONS"] = "-c recal.ranker_refresh=0"
    measure("the same, all of them counted in each call", "", page)
    del os.environ["PGOPTIONS"]
    table(("", "p50", "p95", "p99", "calls", "target"), lines)


for part in os.environ.get("BENCH_RANKER", "quality,training,latency").split(","):
    {"quality": quality, "training": training, "latency": latency}[part]()
