#!/usr/bin/env python3
"""The tasks of a run file as farm_simulation reads them: class, wave, cost, seconds.

    farm_tasks.py RUN.h5 [REPEAT] | farm_simulation 0.002 64 256 1024

Tasks that bear the same name but for split and cells are a class; tasks that join parts are the
second wave. The estimated cost is that of one cell for all, less than the plan knows. REPEAT, default
1, puts every task in so many times, for a run of a part of the splits.
"""
import re
import sys

import h5py


def class_name(name):
    return re.sub(r" split \d+|, cells? .*?(?=, part|, joined|$)", "", name)


def n_cell(name):
    more = re.search(r" and (\d+) more", name)
    return int(more[1]) + 1 if more else 1


def main():
    repeat = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with h5py.File(sys.argv[1]) as file:
        names = file["tasks/name"].asstr()[()]
        seconds = file["tasks/seconds"][()]
    numbers = {}
    for name, took in zip(names, seconds):
        number = numbers.setdefault(class_name(name), len(numbers))
        for _ in range(repeat):
            print(number, int(name.endswith(", joined")), n_cell(name), took)


main()
