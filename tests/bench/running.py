"""What the benchmarks share: running a command and measuring it, and the times that the program
reports.

NumPy is not loaded here: a child's peak of memory counts what its parent held when the child was
started.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

TIMES = re.compile(r"mec: (\d+) tasks on (\d+) ranks?: start ([\d.]+) s, work ([\d.]+) s "
                   r"\(preparing ([\d.]+) s, tasks ([\d.]+) s\), finish ([\d.]+) s")
MEC_PARTS = ("start", "work", "kernels", "fits", "finish")


def run(command, accepted=(0,)):
    """(stdout, stderr, usage): seconds by clock and of processors, MiB of the largest process. Ends
    the program where the command's exit code is not accepted.

    The usage is that of the command and of all processes it waited for: of mpirun, all ranks.
    """
    command = list(map(str, command))
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, state, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(state)
        out.seek(0)
        err.seek(0)
        texts = out.read(), err.read()
    if child.returncode not in accepted:
        sys.exit(f"exit code {child.returncode} of {' '.join(command)}\n{texts[1]}")
    return *texts, {"wall": wall, "processor": used.ru_utime + used.ru_stime,
                    "peak": used.ru_maxrss / 1024}


def run_mec(n_rank, *arguments, accepted=(0,)):
    """What a run of `mec fit` took: MEC_PARTS, and the usage."""
    _, err, usage = run(["mpirun", "-n", n_rank, "mec", "fit", *arguments,
                         "run.resume=overwrite"], accepted)
    found = TIMES.search(err)
    if not found or int(found[2]) != n_rank:
        sys.exit(f"the program does not report its times on {n_rank} ranks:\n{err}")
    return {**dict(zip(MEC_PARTS, map(float, found.groups()[2:]))), **usage}


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {len(os.sched_getaffinity(0))} cores"
