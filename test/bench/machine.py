"""Prints what the figures were measured on."""

import os

from database import HAVE_PEER, heading, psql

heading("Machine")
name = "unknown processor"
with open("/proc/cpuinfo") as f:
    for line in f:
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
print(f"{name}, {os.cpu_count()} cores, PostgreSQL {psql('SHOW server_version').strip()}")
load = os.getloadavg()[0]
if load > 0.5 * (os.cpu_count() or 1):
    print(f"something else keeps this machine busy (load {load:.1f}): do not trust the times")
if HAVE_PEER:
    import implicit
    from peer import CORES, corename

    print(f"implicit {implicit.__version__} on {CORES} threads, BLAS kernels: {corename()}")
