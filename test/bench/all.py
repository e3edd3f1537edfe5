"""
Pages of everybody: recal_recommend_all from the table of events to the table
of pages, beside implicit's recommend from factors and a matrix that are already
in memory. 64 factors, 10 items a page, seen ones left out, two cores for both.
"""

import time

from database import HAVE_PEER, REPEAT, heading, median, milliseconds, pairs, psql, rows, script, table

PAGE = 10
QUERY = f"SELECT * FROM recal_recommend_all({PAGE}, 'all')"


def prepare():
    script("generate-events.sql", table="all_events", users=60000, items=20000, per_user=17)
    psql("CREATE INDEX ON all_events (user_id)", "VACUUM ANALYZE all_events")
    if int(psql("SELECT count(*) FROM recal_models WHERE model = 'all'")):
        psql("SELECT recal_drop_model('all')")
    psql("SELECT recal_create_model('all', 'all_events', options => '{\"factors\": 64}')", "CALL recal_train('all')", "CHECKPOINT")
    query = "SELECT users, items, rows_read FROM recal_versions WHERE model = 'all' ORDER BY version DESC LIMIT 1"
    heading("Pages for all of {} users, {} items, {} rows".format(*rows(query)[0]))


def calls(statement, before="SELECT 1"):
    """Seconds of a statement in new sessions, and in sessions that have the model in memory."""
    first, later = [], []
    for _ in range(REPEAT):
        times = milliseconds(before, statement, before, statement)
        first.append(times[1] / 1000)
        later.append(times[3] / 1000)
    return first, later


def recommend():
    """The peer's seconds, and its kernels. Its user factors are those of its training."""
    import numpy as np
    import peer
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    user, item = pairs("SELECT user_id::int4, item_id::int4 FROM all_events")
    matrix = csr_matrix((np.ones(len(user), dtype=np.float32), (user, item)))
    als = peer.fit(matrix)[0]
    users = np.unique(user)
    history = matrix[users]
    theirs = []
    with threadpool_limits(1, "blas"):
        for _ in range(REPEAT):
            start = time.perf_counter()
            als.recommend(users, history, N=PAGE, filter_already_liked_items=True)
            theirs.append(time.perf_counter() - start)
    return theirs, peer.corename()


def main():
    prepare()
    counted = calls(f"SELECT count(*) FROM ({QUERY}) pages")
    made = calls(f"CREATE TABLE all_pages AS {QUERY}", "DROP TABLE IF EXISTS all_pages")
    print(f"rows in the table of pages: {psql('SELECT count(*) FROM all_pages').strip()}")
    lines = [
        ("recal, CREATE TABLE AS SELECT *", f"{median(made[0]):.2f}", f"{median(made[1]):.2f}"),
        ("recal, SELECT count(*)", f"{median(counted[0]):.2f}", f"{median(counted[1]):.2f}"),
    ]
    theirs = []
    if HAVE_PEER:
        theirs, kernels = recommend()
        lines.append(("implicit, two threads, recommend", "", f"{median(theirs):.2f}"))
    table((f"seconds, median of {REPEAT}", "first call", "later call"), lines)
    blas = rows("SELECT facts ->> 'blas' FROM recal_versions WHERE model = 'all' ORDER BY version DESC LIMIT 1")[0][0]
    print(f"BLAS kernels: recal {blas}" + (f", implicit {kernels}" if theirs else ""))
    if theirs:
        print(f"CREATE TABLE takes {median(made[0]) / median(theirs):.2f} of implicit's recommend in a new session, {median(made[1]) / median(theirs):.2f} later")


main()
