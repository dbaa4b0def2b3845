"""A model of a training step on many ranks, for tests/bench/train_scale.

    train_scale.py STEPS.txt OUT.dat

STEPS.txt is what train_step printed for several numbers of walks. A rank is one core, its step

    forward and backward pass, measured with the walks that it has
    + sum of N gradients over P ranks: 2 (P - 1) / P N 4 bytes / bandwidth + messages latency
    + update, measured

where every rank sends 2 (P - 1) messages for each 2^18 P numbers (parallel/reduction.h). The first
third of the gradients, of decoder and dense layer, is summed while the backward pass goes on through
time: of its transfer only what that pass is too short for is left.
"""
import re
import sys

UNITS, PLACES, BATCH = 4096, 512, 200
RANKS = (8, 16, 32, 64, 128, 256, 512, 1024)
AT_ONCE = 2**18  # numbers of a rank's share in a message
THROUGH_TIME = 0.6  # of the backward pass, after the gradients that are summed early are there
# One rank's latency (s) and bandwidth (byte/s): those of the adapter, over eight ranks a node.
NETWORKS = {"HDR InfiniBand": (2e-6, 2.5e9), "25 Gbit/s Ethernet": (3e-5, 0.3e9)}


def numbers():
    """Gradients that are summed: those of decoder and dense layer, and all."""
    early = UNITS * PLACES + PLACES + UNITS * UNITS + UNITS
    return early, early + 2 * UNITS * UNITS + 2 * 3 * UNITS + PLACES * UNITS + UNITS


def read_steps(path):
    """{walks: [forward, backward, update]} in s: the fastest of what was measured."""
    steps, walks = {}, None
    for line in open(path):
        if line.startswith("walks "):
            walks = int(line.split()[1])
        found = re.match(r"(forward|backward|update) +([\d.]+) s", line)
        if found:
            steps.setdefault(walks, {}).setdefault(found[1], []).append(float(found[2]))
    return {n: [min(times[part]) for part in ("forward", "backward", "update")]
            for n, times in steps.items()}


def step_of(steps, walks):
    """Between two numbers of walks on the line between them."""
    known = sorted(steps)
    above = next(n for n in known if n >= walks)
    below = max((n for n in known if n <= walks), default=above)
    share = (walks - below) / (above - below) if above > below else 0
    return [a + share * (b - a) for a, b in zip(steps[below], steps[above])]


def sum_seconds(n, ranks, network):
    latency, bandwidth = NETWORKS[network]
    messages = 2 * (ranks - 1) * -(-n // (AT_ONCE * ranks))
    return 2 * (ranks - 1) / ranks * 4 * n / bandwidth + messages * latency


def model(steps, ranks, batch, network):
    """Seconds of a step, of the sum alone, and of the sum that is left with overlap."""
    walks = min(-(-batch // ranks), max(steps))  # the rank that has most
    forward, backward, update = step_of(steps, walks)
    early, whole = (sum_seconds(n, ranks, network) for n in numbers())
    left = whole - min(early, THROUGH_TIME * backward)
    return forward + backward + update, whole, left


def print_table(steps, out, title, batch_of):
    print(f"\n{title}")
    print(f"{'':>6}{'':>8}{'':>9}" + "".join(f"{name:>44}" for name in NETWORKS))
    print(f"{'ranks':>6}{'walks':>8}{'computes':>9}"
          + "".join(f"{'sum':>12}{'left':>8}{'step':>8}{'of step':>8}{'eff.':>8}" for _ in NETWORKS))
    one = sum(step_of(steps, max(steps))) / max(steps)  # of a walk, on one rank
    for ranks in RANKS:
        batch = batch_of(ranks)
        cells, row = "", [ranks]
        for network in NETWORKS:
            compute, whole, left = model(steps, ranks, batch, network)
            step = compute + left
            efficiency = one * batch / ranks / step
            cells += (f"{whole:12.3f}{left:8.3f}{step:8.3f}{100 * left / step:7.1f}%"
                      f"{100 * efficiency:7.1f}%")
            row += [step, compute + whole, left / step]
        print(f"{ranks:6}{batch / ranks:8.2f}{compute:9.3f}{cells}")
        print(*row, one * batch / ranks, file=out)
    print("\n", file=out)


def print_threshold(steps):
    print()
    for network in NETWORKS:
        shares = {ranks: model(steps, ranks, BATCH, network) for ranks in RANKS}
        over = [ranks for ranks, (compute, whole, _) in shares.items()
                if whole > 0.1 * (compute + whole)]
        print(f"{network}: at {BATCH} walks in all the sum, not overlapped, is more than a tenth of "
              f"the step from {over[0] if over else 'none of these'} ranks on")


def main(measured, data):
    steps = read_steps(measured)
    with open(data, "w") as out:
        print_table(steps, out, f"{BATCH} walks in all, s", lambda ranks: BATCH)
        print_table(steps, out, f"{BATCH} walks a rank, s", lambda ranks: BATCH * ranks)
    print_threshold(steps)


if __name__ == "__main__":
    main(*sys.argv[1:])
