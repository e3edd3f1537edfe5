"""Prints what the figures were measured on."""

import os

from database import HAVE_PEER, heading, psql, warn_if_busy

heading("Machine")
name = "unknown processor"
with open("/proc/cpuinfo") as f:
    for line in f:
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
print(f"{name}, {os.cpu_count()} cores, PostgreSQL {psql('SHOW server_version').strip()}")
warn_if_busy()
if HAVE_PEER:
    import implicit
    from peer import CORES, corename

    print(f"implicit {implicit.__version__} on {CORES} threads, BLAS kernels: {corename()}")
