"""
Ratings: RMSE and MAE with default options beside biases alone, over five random
folds, and how well uncertainty tells the errors beforehand.

Every held-out rating counts: an item without a training row is predicted by the
mean and the user's bias. Predictions are clipped to the scale.
"""

import os

from database import WORK, heading, load, psql, read, rows, table

FOLDS, SEEDS = 5, 5


def sets():
    named = [("MovieLens latest-small", os.path.join(WORK, "movielens", "ratings.tsv"))]
    if os.environ.get("RECAL_BENCH_DATA"):
        path = os.path.join(os.environ["RECAL_BENCH_DATA"], "movietweetings", "interactions.tsv.gz")
        named.append(("MovieTweetings", path))
    return [(name, path) for name, path in named if os.path.exists(path)]


def errors(options):
    """RMSE and MAE over all folds."""
    psql(
        f"SELECT recal_create_model('folds', 'training', value_column => 'rating', time_column => 'at', objective => 'explicit', "
        f"options => '{options}'::jsonb || '{{\"warm_start\": false}}')",
        "CREATE TABLE errors (error float8)",
    )
    for fold in range(FOLDS):
        psql(
            f"SET bench.fold = {fold}",
            "CALL recal_train('folds')",
            f"""
            INSERT INTO errors SELECT least(hi, greatest(lo, coalesce(recal_score(user_id, item_id, 'folds'), bias))) - rating
            FROM (SELECT r.*, (recal_user_factor(user_id, 'folds'))[1] AS bias FROM
                    (SELECT DISTINCT user_id FROM ratings WHERE fold = {fold}) u JOIN (SELECT * FROM ratings WHERE fold = {fold}) r USING (user_id)
                  ORDER BY user_id) r,
                 (SELECT min(rating) AS lo, max(rating) AS hi FROM ratings) scale
            """,
        )
    ((rmse, mae),) = rows("SELECT sqrt(avg(error ^ 2)), avg(abs(error)) FROM errors")
    psql("SELECT recal_drop_model('folds')", "DROP TABLE errors")
    return float(rmse), float(mae)


def calibration():
    """Means over seeds of what recal_evaluate says of uncertainty."""
    psql("SELECT recal_create_model('all', 'ratings', value_column => 'rating', time_column => 'at', objective => 'explicit')")
    found = rows(
        f"SELECT avg(value) FILTER (WHERE metric = 'uncertainty_spearman'), min(value) FILTER (WHERE metric = 'uncertainty_spearman'), "
        f"avg(value) FILTER (WHERE metric = 'uncertainty_ratio') "
        f"FROM generate_series(1, {SEEDS}) seed, recal_evaluate('all', protocol => 'random', seed => seed)"
    )
    psql("SELECT recal_drop_model('all')")
    return [float(value) for value in found[0]]


def main():
    heading(f"Ratings: {FOLDS} random folds, default options")
    for name, path in sets():
        lines = ["\t".join(line[:4]) + "\n" for line in read(path)]
        load("given", "user_id int, item_id int, rating real, at bigint", lines)
        psql(
            "DROP TABLE IF EXISTS ratings CASCADE",
            f"CREATE TABLE ratings AS SELECT *, abs(hashint8(hashint8(user_id) * 1000003::bigint + hashint8(item_id))) % {FOLDS} AS fold FROM given",
            "CREATE INDEX ON ratings (user_id)",
            "CREATE VIEW training AS SELECT * FROM ratings WHERE fold <> current_setting('bench.fold')::int",
        )
        print(f"\n{name}: {rows('SELECT count(*) FROM ratings')[0][0]} ratings")
        lines = []
        for label, options in (("biases alone", '{"regularization": 1e6}'), ("recal, default options", "{}")):
            psql("ALTER DATABASE bench SET bench.fold = 0")
            rmse, mae = errors(options)
            lines.append((label, f"{rmse:.4f}", f"{mae:.4f}"))
        table(("", "RMSE", "MAE"), lines)
        mean, least, ratio = calibration()
        print(
            f"uncertainty and absolute error, {SEEDS} seeds: Spearman {mean:.3f} (least {least:.3f}); "
            f"RMSE of the most by the least uncertain tenth {ratio:.2f}"
        )


main()
