"""
The network: how fast it trains beside the same network in JAX, how much better
it ranks than the factorization, and how fast it is served.

  BENCH_NETWORK=throughput,quality,latency   what to measure (default: each)
  BENCH_SEEDS=5                              seeds of the quality
"""

import json
import os
import subprocess
import sys

from database import HERE, REPEAT, declare, heading, last_version, median, psql, rows, script, spread, table, warn_if_busy

SEEDS = int(os.environ.get("BENCH_SEEDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
HIDDEN, FACTORS, BATCH, DROPOUT = [256, 128], 64, 256, 0.2
# batches that JAX has on its device; they are gone through again and again
BATCHES = 100
CASES = (
    ("softmax over all items", {"users": 6000, "items": 10000, "per_user": 20}, 0),
    ("1,024 shared negatives", {"users": 15000, "items": 50000, "per_user": 20}, 1024),
)


#
# Throughput
#
def recal_pace(size, negatives):
    """Positions a second of each run, the batches alone, and what the last one was."""
    script("generate-histories.sql", table="network_events", **size)
    declare(
        "network",
        "network_events",
        {
            "network": "on",
            "network_epochs": 2,
            "factors": FACTORS,
            "hidden": HIDDEN,
            "dropout": DROPOUT,
            "batch_size": BATCH,
            "negatives": negatives,
            # the factorization that it starts from is not what is measured
            "epochs": 2,
            "unobserved_weight": 0.1,
            "regularization": 0.01,
            "history_decay": 1,
        },
    )
    paces = []
    for _ in range(REPEAT):
        psql("CALL recal_train('network')")
        pace, workers, items, pairs, seconds = last_version(
            "network",
            "facts ->> 'network_positions_per_second'",
            "facts ->> 'network_workers'",
            "items",
            "pairs",
            "timings ->> 'network'",
        )
        paces.append(float(pace))
    return paces, f"{pairs} pairs, {items} items; {workers} worker beside the leader, {float(seconds):.1f} s with the ranking of held-out rows"


def jax_pace(negatives):
    """What network_jax.py says of the same histories, or None."""
    if os.environ.get("BENCH_JAX") != "yes":
        return None
    of_user = {}
    items = {}
    for user, item in rows("SELECT user_id, item_id FROM network_events ORDER BY user_id, at"):
        of_user.setdefault(user, {})[items.setdefault(item, len(items))] = None
    spec = {
        # a pair that comes again counts once, as it does in the model
        "histories": [list(history) for history in of_user.values()],
        "items": len(items),
        "factors": FACTORS,
        "hidden": HIDDEN,
        "dropout": DROPOUT,
        "batch": BATCH,
        "batches": BATCHES,
        "negatives": negatives,
        "repeat": REPEAT,
        "seconds": SECONDS,
    }
    command = [sys.executable, os.path.join(HERE, "network_jax.py")]
    done = subprocess.run(command, input=json.dumps(spec), capture_output=True, text=True)
    if done.returncode != 0:
        print("JAX is left out: " + (done.stderr.strip().splitlines() or ["it failed"])[-1])
        return None
    return json.loads(done.stdout)


def throughput():
    heading(
        f"Network, throughput: {FACTORS} factors, layers of {', '.join(map(str, HIDDEN))}, "
        f"dropout {DROPOUT}, batches of {BATCH}, two cores on both sides"
    )
    warn_if_busy()
    for name, size, negatives in CASES:
        ours, what = recal_pace(size, negatives)
        print(f"\n{name}: {what}")
        lines = [("recal, epochs", ours)]
        theirs = jax_pace(negatives)
        if theirs is not None:
            print(f"JAX {theirs['version']} on {theirs['cores']} cores: its compiled step alone, {BATCHES} batches ready on the device")
            lines += [
                ("JAX, dense Adam", theirs["dense"]),
                ("JAX, Adam on the rows touched", theirs["touched"]),
            ]
        table(
            (f"median of {REPEAT}", "positions/s", "least", "most", "recal is"),
            [
                (
                    label,
                    f"{median(paces):.0f}",
                    f"{min(paces):.0f}",
                    f"{max(paces):.0f}",
                    f"{median(ours) / median(paces):.2f} times as fast" if n > 0 else "",
                )
                for n, (label, paces) in enumerate(lines)
            ],
        )
    (kernels,) = last_version("network", "facts ->> 'blas'")
    print(f"\nrecal's BLAS kernels: {kernels}")


#
# Quality
#
VARIANTS = (
    ("network \"auto\"", {"network": "auto"}),
    ("network \"off\"", {"network": "off"}),
    ("the same, history_decay 1", {"network": "off", "history_decay": 1}),
)


def quality_of(ranking, data):
    ranking.recal_load(data)
    base = ranking.popularity(data)
    lines = [("popularity", [base[0]], [base[1]], "")]
    for label, options in VARIANTS:
        found, kept = [], []
        for seed in range(1, SEEDS + 1):
            ranking.recal_train({"history_decay": None} | options | {"seed": seed})
            found.append(ranking.judge(data, ranking.recal_lists(data)))
            kept.append(last_version("quality", "facts ->> 'network'", "facts ->> 'network_blend'"))
        remark = ""
        if options["network"] == "auto":
            blends = sorted({blend for network, blend in kept if network == "true"})
            remark = f"kept {sum(network == 'true' for network, _ in kept)} of {SEEDS}, blend {', '.join(blends) or 'none'}"
        lines.append((label, [n for n, _ in found], [h for _, h in found], remark))
    off = sum(lines[2][1]) / SEEDS
    table(
        (f"{SEEDS} seeds", "NDCG@10", "least", "most", "HR@10", "least", "most", "of \"off\"", ""),
        [
            (label, *spread(ndcg), *spread(hits), f"{sum(ndcg) / len(ndcg) / off:.2f}", remark)
            for label, ndcg, hits, remark in lines
        ],
    )


def quality():
    heading("Network, quality: last row of each user held out, whole catalogue ranked, default options")
    try:
        import ranking
    except ImportError:
        print("skipped: it needs numpy and scipy")
        return
    sets = list(ranking.movielens())
    if os.environ.get("RECAL_BENCH_DATA"):
        sets += list(ranking.movietweetings(os.environ["RECAL_BENCH_DATA"]))
    else:
        print("MovieTweetings left out: RECAL_BENCH_DATA names no directory")
    for data in sets:
        print(
            f"\n{data.name}: {len(data.users)} users, {len(data.items)} items, "
            f"{len(data.train)} training rows, {len(data.test_users)} ranked"
        )
        quality_of(ranking, data)


#
# Latency
#
def latency():
    import latency as of

    size = {"users": 20000, "items": 40000, "per_user": 20}
    heading("Network, serving: milliseconds, uncertainty with each item")
    warn_if_busy()
    script("generate-histories.sql", table="network_served", **size)
    psql("CREATE INDEX ON network_served (user_id, at)", "VACUUM ANALYZE network_served")
    options = {"factors": FACTORS, "epochs": 4, "network_epochs": 1}
    lines = []
    for mode in ("on", "off"):
        declare("network_served", "network_served", options | {"network": mode})
        psql("CALL recal_train('network_served')", "CHECKPOINT")
        if mode == "on":
            print("{} users, {} items, {} pairs".format(*last_version("network_served", "users", "items", "pairs")))
        # an item that is in the catalogue, whatever the user has of it
        item = psql("SELECT min(item_id) FROM network_served").strip()
        for label, target, statement in (
            ("recal_recommend(user, 10)", "", "SELECT * FROM recal_recommend(:user, 10, 'network_served')"),
            ("recal_explain(user, item)", "", f"SELECT * FROM recal_explain(:user, {item}, 'network_served')"),
        ):
            lines.append(of.row(f"network {mode}: {label}", target, of.pgbench(size["users"], statement)))
    table(("", "p50", "p95", "p99", "calls", ""), lines)


for part in os.environ.get("BENCH_NETWORK", "throughput,quality,latency").split(","):
    {"throughput": throughput, "quality": quality, "latency": latency}[part]()
