"""
Quality with default and with chosen options, beside implicit's best over a grid.

Who is ranked and how is in ranking.py. MSWeb has no time: half of each test
visitor's areas are given, and the other half is to be found.
"""

import os
import random
import sys

from database import HAVE_PEER, heading, psql, read, table

try:
    from ranking import K, Data, judge, movielens, movietweetings, popularity, recal_lists, recal_load, recal_train, top_lists
except ImportError:
    print("skipped: the quality part needs numpy and scipy")
    sys.exit(0)

FACTORS, EPOCHS = 64, 12
ALPHA = (1, 5, 20, 60)
REGULARIZATION = (0.1, 1, 10, 50)
# what "options chosen" is chosen from, and around the best of these once more in finer steps
TUNE_UNOBSERVED = (0.003, 0.01, 0.03, 0.1, 0.3, 1)
TUNE_REGULARIZATION = (0.001, 0.003, 0.01, 0.03)
FINER = (0.6, 1, 1.7)


def msweb(directory):
    path = os.path.join(directory, "msweb")
    if not os.path.exists(os.path.join(path, "train.tsv.gz")):
        return
    train = [(int(line[0]), int(line[1]), None) for line in read(os.path.join(path, "train.tsv.gz"))]
    visits = {}
    for line in read(os.path.join(path, "test.tsv.gz")):
        visits.setdefault(int(line[0].lstrip("t")), set()).add(int(line[1]))
    chance = random.Random(42)
    given, wanted = {}, {}
    for visitor in sorted(visits):
        areas = sorted(visits[visitor])
        if len(areas) >= 2:
            chance.shuffle(areas)
            half = len(areas) // 2
            given[visitor], wanted[visitor] = areas[:half], set(areas[half:])
    yield Data("MSWeb", train, given, wanted, True)


def implicit_best(data):
    """The best NDCG of the grid, with its recall and settings."""
    import peer

    matrix = data.matrix()
    history = data.history()
    best = None
    for alpha in ALPHA:
        for regularization in REGULARIZATION:
            als, _ = peer.fit(matrix, alpha, regularization, factors=FACTORS, iterations=EPOCHS)
            if data.fold_in:
                vectors = peer.fold_in(als, history)
            else:
                vectors = als.user_factors[[data.user_number[u] for u in data.test_users]]
            ndcg, recall = judge(data, top_lists(data, vectors, als.item_factors))
            if best is None or ndcg > best[0]:
                best = (ndcg, recall, f"alpha {alpha}, reg {regularization}")
    return best


def recal(data):
    """NDCG and recall with the defaults, with the order of rows left out, and the best of the grid."""
    recal_load(data)
    psql("CALL recal_train('quality')")
    default = judge(data, recal_lists(data))
    # the library does not know the order, so this is what compares the factorizations
    recal_train({"history_decay": 1})
    unordered = judge(data, recal_lists(data))
    psql("""SELECT recal_alter_model('quality', '{"history_decay": null}')""")

    tried = {}

    def attempt(unobserved, regularization):
        options = {"unobserved_weight": float(f"{unobserved:.3g}"), "regularization": float(f"{regularization:.3g}")}
        key = ", ".join(f"{k} {v:g}" for k, v in options.items())
        if key not in tried:
            recal_train(options)
            tried[key] = (*judge(data, recal_lists(data)), unobserved, regularization)

    for unobserved in TUNE_UNOBSERVED:
        for regularization in TUNE_REGULARIZATION:
            attempt(unobserved, regularization)
    _, _, unobserved, regularization = max(tried.values())
    for u in FINER:
        for r in FINER:
            attempt(unobserved * u, regularization * r)
    best = max(tried, key=tried.get)
    return default, unordered, (*tried[best][:2], best)


def main():
    heading(f"Quality: NDCG@{K} and recall@{K}, {FACTORS} factors, {EPOCHS} epochs")
    sets = list(movielens())
    directory = os.environ.get("RECAL_BENCH_DATA")
    if directory:
        sets += list(movietweetings(directory)) + list(msweb(directory))
    else:
        print("MovieTweetings and MSWeb left out: RECAL_BENCH_DATA names no directory")
    for data in sets:
        print(
            f"\n{data.name}: {len(data.users)} users, {len(data.items)} items, "
            f"{len(data.train)} training rows, {len(data.test_users)} test users"
        )
        lines = [("popularity", *popularity(data), "")]
        if HAVE_PEER:
            lines.append(("implicit, best of the grid", *implicit_best(data)))
        if "BENCH_NO_RECAL" not in os.environ:
            default, unordered, tuned = recal(data)
            lines += [
                ("recal, default options", *default, ""),
                ("recal, order left out", *unordered, "history_decay 1"),
                ("recal, options chosen", *tuned),
            ]
        target = lines[1][1] if HAVE_PEER else None
        table(
            ("", "NDCG", "recall", "of implicit", "options"),
            [
                (name, f"{ndcg:.4f}", f"{recall:.4f}", f"{100 * ndcg / target:.1f} %" if target else "", options)
                for name, ndcg, recall, options in lines
            ],
        )


main()
