"""
What recal_tune finds on MovieLens latest-small and what it takes, beside the
best of a grid, both judged by recal_evaluate.
"""

import json
import os
import re
import sys

from database import WORK, heading, milliseconds, psql, rows, table

UNOBSERVED = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
REGULARIZATION = (0.001, 0.003, 0.01, 0.03)
SEEDS = (42, 1, 2)
DECLARE = (
    "SELECT recal_create_model('tuned', 'tuned_ratings', time_column => 'at', "
    "options => '{\"warm_start\": false, \"network\": \"off\"}')"
)


def evaluate(options):
    psql(f"SELECT recal_alter_model('tuned', '{json.dumps(options)}')")
    return float(psql("SELECT value FROM recal_evaluate('tuned') WHERE metric = 'ndcg@10'"))


def training():
    return milliseconds("CALL recal_train('tuned')")[-1] / 1000


def main():
    path = os.path.join(WORK, "movielens", "ratings.tsv")
    if not os.path.exists(path):
        print("skipped: the tune part needs MovieLens")
        sys.exit(0)
    heading("Search: NDCG@10 of the last row, by recal_evaluate")
    psql("DROP TABLE IF EXISTS tuned_ratings", "CREATE TABLE tuned_ratings (user_id int, item_id int, rating real, at bigint)")
    psql("COPY tuned_ratings FROM STDIN", stdin=open(path, "rb").read())
    psql("CREATE INDEX ON tuned_ratings (user_id)", DECLARE)
    grid = {
        (u, r): evaluate({"unobserved_weight": u, "regularization": r})
        for u in UNOBSERVED
        for r in REGULARIZATION
    }
    best = max(grid, key=grid.get)
    lines = [("best of the grid", f"{grid[best]:.4f}", "", "", "unobserved_weight {}, regularization {}".format(*best))]
    # the search looks around the model as it is: a pair that is not the best of the grid
    psql("SELECT recal_alter_model('tuned', '{\"unobserved_weight\": 1, \"regularization\": 0.001}')")
    for seed in SEEDS:
        before = training()
        # milliseconds() reads what \timing prints, the rows are fetched as JSON beside
        out = psql("\\timing on", f"SELECT json_agg(t) FROM recal_tune('tuned', seed => {seed}) t")
        seconds = float(re.findall(r"^Time: ([0-9.]+) ms", out, re.M)[-1]) / 1000
        found = json.loads(out[out.index("[") : out.rindex("]") + 1])[0]
        full = (before + training()) / 2
        options = ", ".join(f"{k} {v:g}" if isinstance(v, (int, float)) else f"{k} {v}" for k, v in found["options"].items())
        lines.append((f"recal_tune, seed {seed}", f"{found['value']:.4f}", f"{seconds:.1f}", f"{seconds / full:.1f}", options))
    table(("", "NDCG", "seconds", "trainings", "options"), lines)
    psql("SELECT recal_alter_model('tuned', '{\"unobserved_weight\": null, \"regularization\": null}')")
    trials = rows("SELECT value, seconds FROM recal_tune('tuned') WHERE trial = 1 OR value IS NOT NULL ORDER BY trial")
    print(
        f"\nwith \"auto\": the model as it is {float(trials[0][0]):.4f}, the best {max(float(v) for v, _ in trials):.4f}"
    )
    psql("SELECT recal_drop_model('tuned')", "DROP TABLE tuned_ratings")


main()
