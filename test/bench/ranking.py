"""
Rows held out, and the one evaluator of lists of ten items that all sides hand
in. Of users with three rows or more each one's last row in time is held out, the
others train; users with fewer rows take no part. The whole catalogue is ranked
without what the user has in the training rows, ten places count.
"""

import json

import clicks
import numpy as np
from database import load, psql, rows
from scipy.sparse import csr_matrix

K = 10


class Data:
    """Training pairs, and for each test user the items given and those to be found."""

    def __init__(self, name, train, given, wanted, fold_in):
        self.name = name
        self.train = train  # [(user, item, time or None)], users and items are integers
        self.wanted = wanted  # {user: set of items}
        self.given = given  # {user: list of items}
        self.fold_in = fold_in  # test users are not in the training rows
        self.items = sorted({i for _, i, _ in train})
        self.item_number = {i: n for n, i in enumerate(self.items)}
        self.users = sorted({u for u, _, _ in train})
        self.user_number = {u: n for n, u in enumerate(self.users)}
        self.test_users = sorted(wanted)

    def matrix(self):
        row = [self.user_number[u] for u, _, _ in self.train]
        column = [self.item_number[i] for _, i, _ in self.train]
        return csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(len(self.users), len(self.items)))

    def history(self):
        """What is known of the test users, one row each."""
        row, column = [], []
        for n, user in enumerate(self.test_users):
            for item in self.given[user]:
                if item in self.item_number:
                    row.append(n)
                    column.append(self.item_number[item])
        return csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(len(self.test_users), len(self.items)))


def last_row_out(name, interactions):
    """interactions: [(user, item, time)]."""
    by_user = {}
    for user, item, time in interactions:
        by_user.setdefault(user, []).append((time, item))
    train, given, wanted = [], {}, {}
    for user, events in by_user.items():
        if len(events) < 3:
            continue
        *before, last = sorted(events)
        wanted[user] = {last[1]}
        given[user] = [item for _, item in before]
        train += [(user, item, time) for time, item in before]
    return Data(name, train, given, wanted, False)


def movielens():
    found = clicks.movielens()
    if found:
        yield last_row_out("MovieLens latest-small", found)


def movietweetings(directory):
    found = clicks.movietweetings(directory)
    if found:
        yield last_row_out("MovieTweetings", found)


def judge(data, lists):
    """NDCG@10 and recall@10 of lists {user: items, best first}; a missing list counts nothing."""
    ndcg = hits = 0.0
    for user in data.test_users:
        wanted = data.wanted[user]
        found = [n for n, item in enumerate(lists.get(user, ())[:K]) if item in wanted]
        ideal = sum(1 / np.log2(n + 2) for n in range(min(K, len(wanted))))
        ndcg += sum(1 / np.log2(n + 2) for n in found) / ideal
        hits += len(found) / min(K, len(wanted))
    return ndcg / len(data.test_users), hits / len(data.test_users)


def top_lists(data, vectors, factors):
    """Lists from user vectors and item factors, given items left out; the lower item id wins ties."""
    history = data.history()
    lists = {}
    for start in range(0, len(data.test_users), 1000):
        scores = vectors[start : start + 1000] @ factors.T
        known = history[start : start + 1000].nonzero()
        scores[known] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        for n, best in enumerate(order):
            lists[data.test_users[start + n]] = [data.items[i] for i in best]
    return lists


def popularity(data):
    counts = np.asarray(data.matrix().sum(axis=0), dtype=np.float32)
    return judge(data, top_lists(data, np.ones((len(data.test_users), 1), dtype=np.float32), counts.T))


def recal_load(data):
    timed = data.train[0][2] is not None
    load(
        "quality_events",
        "user_id bigint, item_id bigint, at bigint",
        (f"{u}\t{i}\t{t if timed else chr(92) + 'N'}\n" for u, i, t in data.train),
    )
    psql("CREATE INDEX ON quality_events (user_id, at)", "ANALYZE quality_events")
    load(
        "quality_test",
        "user_id bigint PRIMARY KEY, given bigint[]",
        (f"{u}\t{{{','.join(map(str, data.given[u]))}}}\n" for u in data.test_users),
    )
    if int(psql("SELECT count(*) FROM recal_models WHERE model = 'quality'")):
        psql("SELECT recal_drop_model('quality')")
    time = ", time_column => 'at'" if timed else ""
    # each training starts afresh, as the library's does
    psql(f"""SELECT recal_create_model('quality', 'quality_events'{time}, options => '{{"warm_start": false}}')""")


def recal_train(options):
    psql(f"SELECT recal_alter_model('quality', '{json.dumps(options)}')")
    psql("CALL recal_train('quality')")


def recal_lists(data):
    if data.fold_in:
        call = f"recal_recommend_for_items(t.given, {K}, 'quality')"
    else:
        call = f"recal_recommend(t.user_id, {K}, 'quality')"
    lists = {}
    for user, _, item in rows(f"SELECT t.user_id, r.rank, r.item_id FROM quality_test t, {call} r ORDER BY 1, 2"):
        lists.setdefault(int(user), []).append(int(item))
    return lists
