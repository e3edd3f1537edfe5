"""
The network's training step in JAX, on two cores; network.py runs it.

It does what recal_network.h describes: histories in pieces of consecutive
positions, whose input vectors are gathered once a piece, four decayed means and
the last five rows, dropout before each of three layers, softmax over all items
or over negatives that the batch shares, Adam. Everything that depends on the
data alone is there before the clock starts: which rows a piece reads, how much
each counts in each slot, targets, negatives and their corrections. So the
seconds are those of one compiled function, batch after batch.

"dense" gives Adam the gradient of every row of both embeddings; "touched" gives
it those of the batch and leaves the others alone, as recal does.
"""

import json
import os
import sys
import time

CORES = 2
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])

import jax  # noqa: E402  it counts the cores when it is loaded
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

# the cheapest numbers for dropout that it has
jax.config.update("jax_default_prng_impl", "unsafe_rbg")

DECAYS = (0.5, 0.8, 0.95, 0.99)
LAST, WINDOW, PIECE = 5, 100, 8
SLOTS = len(DECAYS) + LAST
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def init(items, d, hidden):
    chance = np.random.default_rng(42)
    sizes = [SLOTS * d, *hidden, d]
    layers = [
        (chance.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in zip(sizes[:-1], sizes[1:])
    ]
    rows = [chance.normal(0, 0.5 / np.sqrt(d), (items, d)).astype(np.float32) for _ in range(2)]
    return jax.device_put({"layers": layers, "e": rows[0], "o": rows[1], "b": np.zeros(items, np.float32)})


def pieces(histories):
    """(history, first position, positions) with rows before them, in random order."""
    cut = [
        (n, p, min(PIECE, len(history) - p))
        for n, history in enumerate(histories)
        for p in range(1, len(history), PIECE)
    ]
    np.random.default_rng(1).shuffle(cut)
    return [tuple(c) for c in cut]


def numbered(parts):
    """The distinct numbers, and the parts as places among them."""
    found, at = np.unique(np.concatenate([x.ravel() for x in parts]), return_inverse=True)
    ends = np.cumsum([x.size for x in parts])[:-1]
    return found.astype(np.int32), [x.reshape(y.shape).astype(np.int32) for x, y in zip(np.split(at.ravel(), ends), parts)]


def groups_of(histories, batch, count):
    """Pieces for so many batches of so many positions; the last piece of a batch may be cut."""
    groups, group, held = [], [], 0
    for n, first, length in pieces(histories):
        length = min(length, batch - held)
        group.append((n, first, length))
        held += length
        if held == batch:
            groups.append(group)
            group, held = [], 0
            if len(groups) == count:
                break
    return groups


def inputs_of(histories, group, most, width):
    """What the slots of a batch's positions read, and its targets."""
    rows = np.zeros((most, width), np.int32)
    shares = np.zeros((most, PIECE, len(DECAYS), width), np.float32)
    place, targets, last, has = [], [], [], []
    for s, (n, first, length) in enumerate(group):
        begin = max(0, first - WINDOW)
        rows[s, : first + length - 1 - begin] = histories[n][begin : first + length - 1]
        for p in range(first, first + length):
            known = p - begin
            for g, decay in enumerate(DECAYS):
                weights = decay ** np.arange(known)[::-1]
                shares[s, p - first, g, :known] = weights / weights.sum()
            before = histories[n][max(0, p - LAST) : p][::-1]
            last.append(np.pad(before, (0, LAST - len(before))))
            has.append(np.arange(LAST) < len(before))
            place.append(s * PIECE + p - first)
            targets.append(histories[n][p])
    fixed = {"shares": shares, "place": np.array(place, np.int32), "has": np.array(has, np.float32)}
    return fixed, rows, np.array(last, np.int32), np.array(targets, np.int32)


def batches(histories, nitems, batch, negatives, count):
    """Batches of arrays, all of one shape, on the device."""
    counts = np.bincount(np.concatenate(histories), minlength=nitems).astype(np.float64)
    drawn_by = counts**0.75 / (counts**0.75).sum()
    with np.errstate(divide="ignore"):
        expected = np.log(negatives * drawn_by).astype(np.float32)
    chance = np.random.default_rng(2)
    width = min(WINDOW, max(map(len, histories))) + PIECE
    groups = groups_of(histories, batch, count)
    made = []
    for group in groups:
        one, rows, last, targets = inputs_of(histories, group, max(map(len, groups)), width)
        one["all"] = {"rows": rows, "last": last, "targets": targets}
        one["in"], (rows, last) = numbered((rows, last))
        one["read"] = {"rows": rows, "last": last, "targets": targets}
        if negatives:
            drawn = np.sort(chance.choice(nitems, negatives, p=drawn_by)).astype(np.int32)
            one |= {"hit": targets[:, None] == drawn[None, :], "expected": expected[drawn], "target_expected": expected[targets]}
            one["all"]["negatives"] = drawn
            one["out"], (one["read"]["negatives"], one["read"]["targets"]) = numbered((drawn, targets))
        made.append(one)
    for name in ("in", "out") if negatives else ("in",):
        size = max(len(one[name]) for one in made)
        for one in made:
            # rows past the last are not there to be read or set
            one[name] = np.append(one[name], nitems + np.arange(size - len(one[name]), dtype=np.int32))
    return [jax.device_put(one) for one in made]


def dropped(key, x, rate):
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def loss(layers, e, o, b, batch, at, key, rate):
    """Mean cross-entropy; "at" is where the batch's rows are in e, o and b."""
    means = jnp.einsum("spgw,swd->spgd", batch["shares"], e[at["rows"]])
    means = means.reshape(-1, *means.shape[2:])[batch["place"]]
    last = e[at["last"]] * batch["has"][:, :, None]
    x = jnp.concatenate([means, last], 1).reshape(len(batch["place"]), -1)
    keys = jax.random.split(key, len(layers))
    for n, (weights, bias) in enumerate(layers):
        x = dropped(keys[n], x, rate) @ weights + bias
        if n + 1 < len(layers):
            x = jax.nn.relu(x)
    # cheaper than to take it out of the logits, whose gradient would be as large as they are
    target = jnp.sum(x * o[at["targets"]], 1) + b[at["targets"]]
    if "hit" not in batch:
        return jnp.mean(jax.nn.logsumexp(x @ o.T + b, 1) - target)
    target = target - batch["target_expected"]
    logits = x @ o[at["negatives"]].T + b[at["negatives"]] - batch["expected"]
    logits = jnp.where(batch["hit"], -jnp.inf, logits)
    return jnp.mean(jnp.logaddexp(target, jax.nn.logsumexp(logits, 1)) - target)


def adam(p, g, m, v, scale):
    m = BETA1 * m + (1 - BETA1) * g
    v = BETA2 * v + (1 - BETA2) * g * g
    return p - scale * m / (jnp.sqrt(v) + EPSILON), m, v


def rows_of(table, rows):
    return table.at[rows].get(mode="fill", fill_value=0, indices_are_sorted=True, unique_indices=True)


def set_rows(table, rows, values):
    return table.at[rows].set(values, mode="drop", indices_are_sorted=True, unique_indices=True)


def make_step(rate, touched):
    def step(state, batch, key):
        p, m, v, t = state
        t = t + 1
        scale = RATE * jnp.sqrt(1 - BETA2**t) / (1 - BETA1**t)
        rows = {}
        if touched:
            rows["e"] = batch["in"]
            if "out" in batch:
                rows["o"] = rows["b"] = batch["out"]
        at = batch["read"] if touched else batch["all"]

        def read(x):
            return {k: rows_of(x[k], rows[k]) if k in rows else x[k] for k in x}

        def write(x, new):
            return {k: set_rows(x[k], rows[k], new[k]) if k in rows else new[k] for k in x}

        def of(q):
            return loss(q["layers"], q["e"], q["o"], q["b"], batch, at, key, rate)

        value, gradient = jax.value_and_grad(of)(read(p))
        trees = (read(p), gradient, read(m), read(v))
        moved = [adam(*leaves, scale) for leaves in zip(*map(jax.tree.leaves, trees))]
        new = [jax.tree.unflatten(jax.tree.structure(p), leaves) for leaves in zip(*moved)]
        return (*map(write, (p, m, v), new), t), value

    return jax.jit(step, donate_argnums=0)


def measure(spec, made, touched):
    """Positions a second, of each run."""
    p = init(spec["items"], spec["factors"], spec["hidden"])
    zeros = [jax.tree.map(jnp.zeros_like, p) for _ in range(2)]
    state = (p, *zeros, jnp.zeros((), jnp.float32))
    step = make_step(spec["dropout"], touched)
    keys = list(jax.random.split(jax.random.key(0), len(made)))
    for n in range(3):
        state, value = step(state, made[n % len(made)], keys[n % len(made)])
    jax.block_until_ready(state)
    paces = []
    for _ in range(spec["repeat"]):
        start, steps = time.perf_counter(), 0
        while steps < len(made) or time.perf_counter() - start < spec["seconds"]:
            state, value = step(state, made[steps % len(made)], keys[steps % len(made)])
            steps += 1
            if steps % 8 == 0:
                jax.block_until_ready(value)
        jax.block_until_ready(state)
        paces.append(spec["batch"] * steps / (time.perf_counter() - start))
    if not np.isfinite(value):
        sys.exit("the training diverges")
    return paces


def main():
    spec = json.load(sys.stdin)
    histories = [np.array(h, np.int32) for h in spec["histories"]]
    made = batches(histories, spec["items"], spec["batch"], spec["negatives"], spec["batches"])
    found = {"version": jax.__version__, "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()}
    for name in ("dense", "touched"):
        found[name] = measure(spec, made, name == "touched")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
