#!/usr/bin/env python3
"""The tasks of a run as farm_simulation reads them: class, wave, cost, seconds.

    farm_tasks.py RUN.h5 [N_SPLIT N_TASK] | farm_simulation 64 256 1024 4096

Tasks that bear the same name but for split and cells are a class; tasks that join parts are the
second wave. The estimated cost is that of one cell for all, less than the plan knows.

With N_SPLIT the run, whose tasks are single cells, stands for one of so many splits: times are drawn
from those that were measured in the same class, and cells of a split are put together so that there
are about N_TASK tasks, as the plan of such a run has. Without, the tasks of the file as they are.
"""
import re
import sys

import h5py
import numpy as np


def class_name(name):
    return re.sub(r" split \d+| batch \d+|, cells? .*?(?=, part|, joined|$)", "", name)


def n_cell(name):
    more = re.search(r" and (\d+) more", name)
    return int(more[1]) + 1 if more else 1


def as_they_are(names, numbers, seconds):
    for name, number, took in zip(names, numbers, seconds):
        print(number, int(name.endswith(", joined")), n_cell(name), took)


def drawn(numbers, seconds, n_measured, n_split, n_task):
    draw = np.random.RandomState(0)
    cells_a_task = len(seconds) / n_measured * n_split / n_task
    for number in range(max(numbers) + 1):
        measured = seconds[numbers == number]
        n_cells = len(measured) // n_measured
        n_part = max(1, round(n_cells / cells_a_task))
        sizes = [len(part) for part in np.array_split(np.arange(n_cells), n_part)]
        for _ in range(n_split):
            for size in sizes:
                print(number, 0, size, draw.choice(measured, size).sum())


def main():
    with h5py.File(sys.argv[1]) as file:
        names = file["tasks/name"].asstr()[()]
        seconds = file["tasks/seconds"][()]
    found = {}
    numbers = np.array([found.setdefault(class_name(name), len(found)) for name in names])
    if len(sys.argv) == 2:
        return as_they_are(names, numbers, seconds)
    splits = {re.search(r" (?:split|batch) (\d+)", name)[1] for name in names}
    drawn(numbers, seconds, len(splits), int(sys.argv[2]), int(sys.argv[3]))


main()
