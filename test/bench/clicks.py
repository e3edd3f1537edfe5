"""Ratings of films taken as clicks: [(user, item, time)], empty where the data is not here."""

import os

from database import WORK, read


def clicks(path):
    return [(int(u), int(i), int(t)) for u, i, _, t in read(path)] if os.path.exists(path) else []


def movielens():
    return clicks(os.path.join(WORK, "movielens", "ratings.tsv"))


def movietweetings(directory):
    return clicks(os.path.join(directory, "movietweetings", "interactions.tsv.gz"))
