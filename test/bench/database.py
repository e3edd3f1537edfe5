"""psql as the way to the database, and small helpers for measuring."""

import gzip
import json
import os
import re
import statistics
import subprocess
import sys

REPEAT = int(os.environ.get("BENCH_REPEAT", "3"))
WORK = os.environ.get("BENCH_WORK", "/tmp")
HERE = os.path.dirname(os.path.abspath(__file__))
HAVE_PEER = os.environ.get("BENCH_PEER") == "yes"


def psql(*statements, stdin=None, options=(), variables=None):
    """Runs statements in one session, each by itself; returns what they print."""
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *options]
    for name, value in (variables or {}).items():
        command += ["-v", f"{name}={value}"]
    for statement in statements:
        command += ["-c", statement]
    done = subprocess.run(command, input=stdin, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{statements}\n{done.stderr.decode()}")
    return done.stdout.decode()


def script(path, **variables):
    return psql(options=["-f", os.path.join(HERE, path)], variables=variables)


def rows(query):
    return [line.split("|") for line in psql(query).splitlines()]


def pairs(query):
    """A query's two integer columns as numpy arrays."""
    import numpy as np

    done = subprocess.run(
        ["psql", "-X", "-q", "-c", f"COPY ({query}) TO STDOUT (FORMAT binary)"],
        capture_output=True,
        check=True,
    )
    record = np.dtype([("fields", ">i2"), ("length_a", ">i4"), ("a", ">i4"), ("length_b", ">i4"), ("b", ">i4")])
    data = np.frombuffer(done.stdout, dtype=record, offset=19, count=(len(done.stdout) - 21) // record.itemsize)
    return data["a"].astype(np.int32), data["b"].astype(np.int32)


def declare(model, source, options):
    """A model anew, whose every training starts afresh."""
    if int(psql(f"SELECT count(*) FROM recal_models WHERE model = '{model}'")):
        psql(f"SELECT recal_drop_model('{model}')")
    psql(
        f"SELECT recal_create_model('{model}', '{source}', time_column => 'at', "
        f"options => '{json.dumps(options)}'::jsonb || '{{\"warm_start\": false, \"keep_versions\": 1}}')"
    )


def last_version(model, *columns):
    """What a model's newest version says."""
    return rows(f"SELECT {', '.join(columns)} FROM recal_versions WHERE model = '{model}' ORDER BY version DESC LIMIT 1")[0]


def load(table, columns, lines):
    """Makes a table and fills it with COPY."""
    psql(f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} ({columns})")
    psql(f"COPY {table} FROM STDIN", stdin="".join(lines).encode())


def read(path):
    """A tab-separated file as lists of fields."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f]


def milliseconds(*statements):
    """Times that psql reports for the statements, in one new session."""
    out = psql("\\timing on", *statements)
    return [float(t) for t in re.findall(r"^Time: ([0-9.]+) ms", out, re.M)]


def median(values):
    return statistics.median(values)


def spread(values):
    """Mean, least and most."""
    return f"{sum(values) / len(values):.4f}", f"{min(values):.4f}", f"{max(values):.4f}"


def warn_if_busy():
    load = os.getloadavg()[0]
    if load > 0.5 * (os.cpu_count() or 1):
        print(f"something else keeps this machine busy (load {load:.1f}): do not trust the times")


def heading(text):
    print(f"\n== {text}", flush=True)


def table(names, lines):
    """Prints rows in columns, numbers to the right."""
    cells = [[str(c) for c in names]] + [[str(c) for c in line] for line in lines]
    width = [max(len(line[i]) for line in cells) for i in range(len(names))]
    for line in cells:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, width))).rstrip())
    sys.stdout.flush()
