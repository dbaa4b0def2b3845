"""SIGKILL at random instants: of a rank, of mpirun, of all at once, from the start to the end of
runs of every job. Afterwards the file opens, and the same command ends with the same bytes.

20 kills; MEC_KILLS=200 makes as many, MEC_KILL_SEED repeats some."""
import os
import random
import time
import unittest

import support
from killing import JOBS, EndedEarly, EveryJob

N_KILL = int(os.environ.get("MEC_KILLS", 20))
SEED = int(os.environ.get("MEC_KILL_SEED", random.SystemRandom().randrange(10 ** 6)))


class Kills(EveryJob, EndedEarly):
    def duration(self, ranks):
        """Of an uninterrupted run, from one that is measured."""
        if ranks not in self.durations:
            start = time.monotonic()
            self.assert_done(support.run([self.job, self.config,
                                          f"run.output={self.place}/timed{ranks}.h5"], ranks))
            self.durations[ranks] = time.monotonic() - start
        return self.durations[ranks]

    def victims(self, run, whom, chance):
        ranks = run.ranks()
        if whom == "a rank":
            return chance.sample(ranks, min(len(ranks), 1))
        return [run.process.pid] if whom == "mpirun" else None

    def kill_once(self, chance):
        """True where the run was still at work."""
        ranks = chance.choice([None, 1, 2, 3])
        whom = chance.choice(["all", "a rank", "mpirun"] if ranks else ["all"])
        instant = chance.uniform(0, self.duration(ranks))
        what = f"{self.job} on {ranks} ranks, {whom} killed after {instant:.3f} s, seed {SEED}"
        run = support.start([self.job, self.config], ranks)
        self.addCleanup(run.kill)
        time.sleep(instant)
        run.kill(self.victims(run, whom, chance))
        early = run.wait().code != 0
        self.check_file(what)
        if chance.random() < 0.3 and early:  # and once more, while it goes on
            run = support.start([self.job, self.config], ranks)
            time.sleep(chance.uniform(0, self.duration(ranks)))
            run.kill()
            run.wait()
            self.check_file(what + ", and once more")
        self.check_goes_on(self.ranks_again(ranks, chance.choice([None, 2, 3])),
                           self.reference(ranks), what)
        self.clear()
        return early

    def check_job(self, job):
        self.prepare(job)
        self.durations = {}
        chance = random.Random(f"{SEED} {job}")
        n = -(-N_KILL // len(JOBS))
        early = sum(self.kill_once(chance) for _ in range(n))
        print(f"{job}: {early} of {n} runs were killed at work; MEC_KILL_SEED={SEED}", flush=True)
        self.assertGreater(early, 0)


if __name__ == "__main__":
    unittest.main()
