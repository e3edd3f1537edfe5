"""
Training time and memory: CALL recal_train() from the table to the stored
version, beside implicit's fit on a matrix that is already in memory.
64 factors, 12 epochs, two cores on both sides.
"""

import glob
import json
import os
import threading
import time

from database import HAVE_PEER, REPEAT, heading, median, milliseconds, pairs, psql, rows, script, table

SIZES = {
    "1M": {"users": 60000, "items": 20000, "per_user": 17},
    "20M": {"users": 500000, "items": 50000, "per_user": 40},
    "100M": {"users": 2000000, "items": 200000, "per_user": 50},
}
PHASES = ("read", "index", "tune", "factorize", "posterior", "store")
MB = 1024 * 1024


class Memory(threading.Thread):
    """
    Watches the server's processes while it trains. The peak is what all of them
    hold privately and in dynamic shared memory, shared buffers apart; and, as
    the system counts it, the most that the largest process ever had resident.
    """

    def __init__(self):
        super().__init__(daemon=True)
        with open(os.path.join(psql("SHOW data_directory").strip(), "postmaster.pid")) as f:
            self.postmaster = int(f.readline())
        self.before = self.processes()
        self.segments = set(glob.glob("/dev/shm/PostgreSQL.*"))
        self.peak = self.high_water = 0
        self.stopping = threading.Event()

    def processes(self):
        with open(f"/proc/{self.postmaster}/task/{self.postmaster}/children") as f:
            return set(f.read().split())

    @staticmethod
    def status(process):
        try:
            with open(f"/proc/{process}/status") as f:
                fields = dict(line.split(":", 1) for line in f)
            return {k: int(fields[k].split()[0]) * 1024 for k in ("RssAnon", "VmHWM")}
        except (OSError, KeyError):
            return {"RssAnon": 0, "VmHWM": 0}

    def run(self):
        while not self.stopping.wait(0.02):
            found = [self.status(p) for p in self.processes() - self.before]
            shared = 0
            for segment in set(glob.glob("/dev/shm/PostgreSQL.*")) - self.segments:
                try:
                    shared += os.stat(segment).st_blocks * 512
                except OSError:
                    pass
            self.peak = max(self.peak, shared + sum(s["RssAnon"] for s in found))
            self.high_water = max([self.high_water] + [s["VmHWM"] for s in found])

    def stop(self):
        self.stopping.set()
        self.join()


def train(workers):
    """One training: seconds in all, seconds by phase, peak memory, high-water mark."""
    memory = Memory()
    memory.start()
    seconds = milliseconds(f"SET max_parallel_maintenance_workers = {workers}", "CALL recal_train('bench')")[-1] / 1000
    memory.stop()
    timings = rows("SELECT timings FROM recal_versions WHERE model = 'bench' ORDER BY version DESC LIMIT 1")[0][0]
    return seconds, json.loads(timings), memory.peak, memory.high_water


def fit():
    import numpy as np
    import peer
    from scipy.sparse import csr_matrix

    user, item = pairs("SELECT user_id::int4, item_id::int4 FROM bench_events")
    matrix = csr_matrix((np.ones(len(user), dtype=np.float32), (user, item)))
    del user, item
    return [peer.fit(matrix)[1] for _ in range(REPEAT)]


def measure(name):
    start = time.perf_counter()
    script("generate-events.sql", table="bench_events", **SIZES[name])
    facts = rows("SELECT count(*), count(DISTINCT user_id), count(DISTINCT item_id) FROM bench_events")[0]
    heading(f"Training {name}: {facts[0]} rows, {facts[1]} users, {facts[2]} items (made in {time.perf_counter() - start:.0f} s)")
    psql("CREATE INDEX ON bench_events (user_id)", "VACUUM ANALYZE bench_events", "CHECKPOINT")
    if int(psql("SELECT count(*) FROM recal_models WHERE model = 'bench'")):
        psql("SELECT recal_drop_model('bench')")
    # no warm start and no search: each run does the work of the first
    options = {"factors": 64, "epochs": 12, "warm_start": False, "keep_versions": 1}
    options |= json.loads(os.environ.get("BENCH_TRAIN_OPTIONS", "{}"))
    psql(f"SELECT recal_create_model('bench', 'bench_events', options => '{json.dumps(options)}')")

    runs = {1: [], 0: []}
    for _ in range(REPEAT):
        for workers in runs:
            runs[workers].append(train(workers))
    theirs = fit() if HAVE_PEER else []

    lines = []
    for workers, label in ((1, "recal, two cores"), (0, "recal, one core")):
        of = runs[workers]
        lines.append(
            [label, f"{median([r[0] for r in of]):.2f}"]
            + [f"{median([r[1].get(p, 0) for r in of]):.2f}" for p in PHASES]
            + [f"{max(r[2] for r in of) / MB:.0f}", f"{max(r[3] for r in of) / MB:.0f}"]
        )
    if theirs:
        lines.append(["implicit, two threads, fit", f"{median(theirs):.2f}"] + [""] * (len(PHASES) + 2))
    table(["seconds, median of %d" % REPEAT, "total", *PHASES, "peak MB", "VmHWM MB"], lines)

    def factorize(workers):
        return median([r[1].get("factorize", float("nan")) for r in runs[workers]])

    kernels = rows("SELECT facts ->> 'blas' FROM recal_versions WHERE model = 'bench' ORDER BY version DESC LIMIT 1")[0][0]
    print(f"recal's BLAS kernels: {kernels}")
    print(f"the second core makes factorize {factorize(0) / factorize(1):.2f} times as fast")
    if theirs:
        print(f"recal_train takes {median([r[0] for r in runs[1]]) / median(theirs):.2f} of implicit's fit")


for size in os.environ.get("BENCH_ROWS", "1M,20M").split(","):
    measure(size)
