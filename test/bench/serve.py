"""Serving: latencies through a local connection, as pgbench and psql see them."""

from database import REPEAT, heading, milliseconds, psql, script, table
from latency import pgbench, row


def prepare(name, **size):
    script("generate-events.sql", table=name, **size)
    psql(
        f"CREATE INDEX ON {name} (user_id)",
        f"DROP TABLE IF EXISTS {name}_products",
        f"CREATE TABLE {name}_products AS SELECT i::bigint AS id FROM generate_series(1, {size['items']}) i",
        f"ALTER TABLE {name}_products ADD PRIMARY KEY (id)",
        f"VACUUM ANALYZE {name}",
        f"VACUUM ANALYZE {name}_products",
        f"SELECT recal_create_model('{name}', '{name}', options => '{{\"factors\": 64}}')",
        f"CALL recal_train('{name}')",
    )
    return psql(f"SELECT format('%s users, %s items, %s pairs', users, items, pairs) FROM recal_versions WHERE model = '{name}'").strip()


def first_calls(count):
    """recal_recommend in sessions that have just begun."""
    return [milliseconds(f"SELECT * FROM recal_recommend({user}, 10, 'serve')")[-1] for user in range(1, count + 1)]


def scores(count):
    """A session's later queries: the first one loads the model."""
    query = "SELECT id FROM serve_wide_products ORDER BY recal_score({}, id, 'serve_wide') DESC NULLS LAST LIMIT 10"
    return milliseconds(*(query.format(user) for user in range(1, count + 2)))[1:]


def main():
    heading("Serving: milliseconds")
    print("serve:      " + prepare("serve", users=60000, items=40000, per_user=20))
    print("serve_wide: " + prepare("serve_wide", users=60000, items=100000, per_user=40))
    psql(
        "DROP TABLE IF EXISTS serve_candidates",
        "CREATE TABLE serve_candidates AS SELECT array_agg(id) AS ids FROM serve_products WHERE id % 4 = 0",
        "VACUUM ANALYZE serve_candidates",
        "CHECKPOINT",
    )
    users = 60000
    recommend = "SELECT * FROM recal_recommend(:user, 10, 'serve')"
    held = "SELECT r.* FROM serve_candidates c, recal_recommend(:user, 10, c.ids, 'serve') r"
    listed = "SELECT * FROM recal_recommend(:user, 10, ARRAY(SELECT id FROM serve_products WHERE id % 4 = 0), 'serve')"
    lines = [
        row("recal_recommend(user, 10), 40,000 items", "p50 < 1", pgbench(users, recommend)),
        row("the same, prepared", "", pgbench(users, recommend, "prepared")),
        row("first call in a new session", "< 50", first_calls(max(20, REPEAT))),
        row("within 10,000 candidates, a stored array", "< 5", pgbench(users, held)),
        row("within 10,000 candidates, ARRAY(SELECT ...)", "", pgbench(users, listed)),
        row("ORDER BY recal_score over 100,000 products", "< 100", scores(max(20, REPEAT))),
    ]
    table(("", "p50", "p95", "p99", "calls", "target"), lines)


main()
