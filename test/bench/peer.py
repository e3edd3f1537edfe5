"""The library implicit, used as its documentation advises: BLAS on one thread, its own threads over rows."""

import os
import time

import numpy as np

CORES = min(2, os.cpu_count() or 1)


def model(alpha, regularization, factors=64, iterations=12, threads=CORES):
    from implicit.cpu.als import AlternatingLeastSquares

    return AlternatingLeastSquares(
        factors=factors,
        regularization=regularization,
        alpha=alpha,
        iterations=iterations,
        num_threads=threads,
        random_state=42,
    )


def fit(matrix, alpha=1.0, regularization=0.01, **options):
    """A fitted model and the seconds that fit took."""
    from threadpoolctl import threadpool_limits

    als = model(alpha, regularization, **options)
    with threadpool_limits(1, "blas"):
        start = time.perf_counter()
        als.fit(matrix, show_progress=False)
        return als, time.perf_counter() - start


def fold_in(als, history):
    """User vectors for the rows of a matrix, as the library makes them for users it has not seen."""
    return np.asarray(als.recalculate_user(np.arange(history.shape[0]), history))


def corename():
    """The kernels that its BLAS runs on."""
    import scipy.linalg  # noqa: F401  loads the library
    from threadpoolctl import threadpool_info

    return ", ".join(sorted({str(i.get("architecture")) for i in threadpool_info() if i["user_api"] == "blas"}))
