"""Latencies of statements through a local connection, as pgbench sees them."""

import glob
import os
import subprocess

from database import WORK, median

SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def pgbench(users, statement, mode="simple"):
    """Latencies in milliseconds of a statement with :user drawn at random, one client."""
    path = os.path.join(WORK, "statement.sql")
    with open(path, "w") as f:
        f.write(f"\\set user random(1, {users})\n{statement};\n")
    log = os.path.join(WORK, "latency")
    command = ["pgbench", "-n", "-c", "1", "-M", mode, "-f", path, "-l", "--log-prefix", log, "-T", str(SECONDS)]
    subprocess.run(command, check=True, capture_output=True)
    latencies = []
    for name in glob.glob(log + ".*"):
        with open(name) as f:
            latencies += [int(line.split()[2]) / 1000 for line in f]
        os.remove(name)
    # the first calls fill the caches
    return latencies[max(1, len(latencies) // 20) :]


def row(label, target, latencies):
    return (
        label,
        f"{median(latencies):.2f}",
        f"{percentile(latencies, 0.95):.2f}",
        f"{percentile(latencies, 0.99):.2f}",
        len(latencies),
        target,
    )
