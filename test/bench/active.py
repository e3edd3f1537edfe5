"""
Active learning: what ten questions to a new user teach, by strategy, replayed by
recal_simulate; means over seeds, with the standard error of a seed.

Clicks: NDCG@10 of what was not asked about. Ratings: RMSE, on real ones that most
users cannot give when asked, and on dense ones that nearly all can.
"""

import os
import time

from database import REPEAT, WORK, heading, load, median, psql, read, rows, script, table
from latency import pgbench, row

SEEDS = int(os.environ.get("BENCH_SEEDS", "5"))
STRATEGIES = ("uncertainty", "variance_reduction", "entropy", "interest", "popularity", "random")
SHOWN = (0, 1, 3, 5, 7, 10)


def curves(model):
    """{strategy: {questions: (value, answers a user)}} and the largest standard error"""
    psql("DROP TABLE IF EXISTS curves")
    start = time.time()
    asked = "{" + ",".join(STRATEGIES) + "}"
    psql(f"CREATE TABLE curves AS SELECT * FROM generate_series(1, {SEEDS}) run, recal_simulate('{asked}', model => '{model}', seed => run)")
    seconds = (time.time() - start) / SEEDS
    found = {}
    for strategy, questions, value, answers in rows(
        "SELECT strategy, questions, avg(value), avg(answers / users::float8) FROM curves GROUP BY 1, 2"
    ):
        found.setdefault(strategy, {})[int(questions)] = (float(value), float(answers))
    ((error, users),) = rows("SELECT max(stderr), min(users) FROM curves")
    print(f"{users} new users a seed, standard error of a seed at most {float(error):.4f}, {seconds:.1f} s a seed")
    return found


def show(found):
    lines = [
        (strategy, *(f"{found[strategy][q][0]:.4f}" for q in SHOWN), f"{found[strategy][SHOWN[-1]][1]:.1f}")
        for strategy in STRATEGIES
    ]
    table(("questions", *SHOWN, "answers"), lines)


def clicks(name, options):
    psql(f"SELECT recal_create_model('clicks', 'clicks', options => '{options}')")
    print(f"\n{name}, clicks, {options}: NDCG@10")
    found = curves("clicks")
    show(found)
    gain = {strategy: curve[10][0] - curve[0][0] for strategy, curve in found.items()}
    for strategy in ("uncertainty", "variance_reduction"):
        print(
            f"gained by ten questions of {strategy}: {gain[strategy]:.4f}; "
            f"of what is popular {gain['popularity']:.4f}, at random {gain['random']:.4f}"
        )
    psql("SELECT recal_drop_model('clicks')")


def ratings(name, relation, options):
    psql(
        f"SELECT recal_create_model('ratings', '{relation}', value_column => 'rating', objective => 'explicit', options => '{options}')"
    )
    print(f"\n{name}, ratings, {options}: RMSE")
    found = curves("ratings")
    show(found)
    least = found["random"][10][0]
    for strategy in ("uncertainty", "variance_reduction"):
        enough = [q for q in sorted(found[strategy]) if found[strategy][q][0] <= least]
        print(f"{strategy} reaches what ten random questions do with {enough[0] if enough else 'more than ten'}")
    psql("SELECT recal_drop_model('ratings')")


def msweb(directory):
    lines = []
    for part in ("train", "test"):
        path = os.path.join(directory, "msweb", f"{part}.tsv.gz")
        if not os.path.exists(path):
            return []
        lines += [f"{part}{line[0]}\t{line[1]}\n" for line in read(path)]
    return lines


def seconds_of(statement):
    """Median over runs in one session, the first of which loads the model and is left out"""
    timed = psql("\\timing on", *[statement] * (REPEAT + 1))
    seconds = [float(line.split()[1]) / 1000 for line in timed.splitlines() if line.startswith("Time:")]
    return median(seconds[1:])


def speed():
    """All pairs of 10,000 users and as many items, and one user; the rows are read by the first, too"""
    users = 10000
    script("generate-events.sql", table="pairs", users=users, items=10000, per_user=20)
    psql("CREATE INDEX ON pairs (user_id)")
    for factors, target in ((32, 2), (64, 6)):
        psql(
            f"""SELECT recal_create_model('pairs', 'pairs', options => '{{"factors": {factors}, "unobserved_weight": 0.1, "regularization": 0.01}}')""",
            "CALL recal_train('pairs')",
        )
        every = seconds_of("SELECT count(*) FROM recal_select_uncertain(100, model => 'pairs')")
        reading = seconds_of("SELECT count(*) FROM recal_select_uncertain_for(NULL::bigint[], ARRAY[1::bigint], 1, model => 'pairs')")
        print(f"\n{factors} factors: recal_select_uncertain(100) over 10,000 users x 10,000 items {every:.2f} s (asked: {target}), of it about {reading:.2f} reading behaviour and making users")
        table(
            ("ms", "p50", "p95", "p99", "calls", "asked"),
            [row("one user's five questions", "20", pgbench(users, "SELECT * FROM recal_select_uncertain_for(ARRAY[:user::bigint], NULL::bigint[], 5, model => 'pairs')"))],
        )
        psql("SELECT recal_drop_model('pairs')")
    psql("DROP TABLE pairs")


def main():
    heading(f"Active learning: {SEEDS} seeds")
    movielens = os.path.join(WORK, "movielens", "ratings.tsv")
    given = os.environ.get("RECAL_BENCH_DATA")
    lines = msweb(given) if given else []
    if lines:
        load("clicks", "user_id text, item_id int", lines)
        psql("CREATE INDEX ON clicks (user_id)")
        clicks("MSWeb", "{}")
    if os.path.exists(movielens):
        load("sparse", "user_id int, item_id int, rating real, at bigint", ["\t".join(line[:4]) + "\n" for line in read(movielens)])
        psql("CREATE INDEX ON sparse (user_id)", "DROP TABLE IF EXISTS clicks", "CREATE TABLE clicks AS SELECT user_id, item_id FROM sparse")
        psql("CREATE INDEX ON clicks (user_id)")
        for factors in (32, 64):
            clicks("MovieLens latest-small", f'{{"factors": {factors}}}')
        ratings("MovieLens latest-small", "sparse", "{}")
    psql("DROP TABLE IF EXISTS dense")
    script("generate-ratings.sql", table="dense", users=1000, items=200)
    ratings("generated, nine in ten of all pairs", "dense", '{"factors": 16}')
    speed()


main()
