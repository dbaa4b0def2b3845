"""A SLURM of our own on this machine, on the loopback and in a private folder: munged, slurmctld and
two slurmd, which end with the test. No systemd, no cgroups; nothing of an installed one is touched.
"""
import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PATH = f"{os.environ['PATH']}:/usr/sbin"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun")
N_NODE, N_CPU = 2, 4  # as declared; ranks share the cores that there are

# The partitions share their nodes, and jobs of `urgent` put those of the others back into the queue.
CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/spool.%n
TmpFS={folder}/tmp.%n
TaskProlog={folder}/task_prolog
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
MinJobAge=600
PropagateResourceLimits=NONE
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={n_cpu} RealMemory=2000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs={n_cpu} RealMemory=2000
PartitionName=normal Nodes=n[1-2] Default=YES DefaultTime=10 PriorityTier=1
PartitionName=urgent Nodes=n[1-2] DefaultTime=10 PriorityTier=2 PreemptMode=OFF
"""

# Both nodes have the name of this machine, by which Open MPI tells its shared memory apart; and they
# declare more cores than there are, so that ranks that wait have to let others work.
TASK_PROLOG = """\
#!/bin/sh
echo "export TMPDIR={folder}/tmp.$SLURMD_NODENAME"
echo "export OMPI_MCA_btl_vader_backing_directory={folder}/tmp.$SLURMD_NODENAME"
echo "export OMPI_MCA_mpi_yield_when_idle=1"
"""


def missing():
    """Programs that are not there."""
    return [name for name in PROGRAMS if not shutil.which(name, path=PATH)]


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def free_ports(n):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.daemons = []
        self.waiting = {}  # since when, jobs that wait to be started again
        self.environment = {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": PATH}

    def start(self):
        self.write_files()
        munge = self.folder / "munge"
        self.start_daemon("munged", "--foreground", "--force", f"--key-file={munge}/key",
                          f"--socket={munge}/socket", f"--pid-file={munge}/pid",
                          f"--seed-file={munge}/seed", f"--log-file={munge}/log")
        self.wait_for((munge / "socket").exists, "munged's socket")
        self.start_daemon("slurmctld", "-D", "-i")
        for node in ("n1", "n2"):
            self.start_daemon("slurmd", "-D", "-N", node)
        self.wait_for(lambda: self.tell("sinfo", "-h", "-N", "-p", "normal", "-o", "%T").split() ==
                      N_NODE * ["idle"], "idle nodes")

    def write_files(self):
        for name in ("munge", "state", "spool.n1", "spool.n2", "tmp.n1", "tmp.n2"):
            (self.folder / name).mkdir(mode=0o700)
        (self.folder / "munge" / "key").write_bytes(os.urandom(1024))
        (self.folder / "munge" / "key").chmod(0o400)
        (self.folder / "slurm.conf").write_text(
            CONFIG.format(folder=self.folder, host=socket.gethostname().split(".")[0],
                          ports=free_ports(1 + N_NODE), user=getpass.getuser(), n_cpu=N_CPU))
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.folder / "task_prolog").write_text(TASK_PROLOG.format(folder=self.folder))
        (self.folder / "task_prolog").chmod(0o755)

    def start_daemon(self, *command):
        with open(self.folder / f"{command[0]}{len(self.daemons)}.log", "wb") as log:
            self.daemons.append(subprocess.Popen(
                command, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=end_with_parent))

    def stop(self):
        """Every job, then every daemon, the last one first."""
        if len(self.daemons) > 1:
            subprocess.run(["scancel", "--user", getpass.getuser()],
                           env={**os.environ, **self.environment}, timeout=20, check=False)
            self.wait_for(lambda: not self.tell("squeue", "-h"), "the end of all jobs")
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def logs(self):
        return "".join(path.read_text(errors="replace")[-2000:]
                       for path in sorted(self.folder.glob("*.log")))

    def wait_for(self, condition, what, timeout=60):
        limit = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > limit:
                raise AssertionError(f"waited for {what}\n{self.tell('squeue')}{self.logs()}")
            time.sleep(0.05)

    def tell(self, *command):
        """What a command of SLURM prints; nothing where it fails."""
        result = subprocess.run(command, env={**os.environ, **self.environment}, timeout=30,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                check=False)
        return result.stdout if result.returncode == 0 else ""

    def job(self, job):
        """{field: value} of what SLURM knows of a job, or of an element of an array."""
        words = self.tell("scontrol", "-o", "show", "job", str(job)).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def release(self):
        """Jobs that wait to be started again wait three seconds: SLURM gives them two minutes, and
        what their last attempt left may still be ending."""
        for line in self.tell("squeue", "-h", "-r", "-t", "PENDING", "-o", "%i %r").splitlines():
            job, reason = line.split(" ", 1)
            if reason != "BeginTime":
                self.waiting.pop(job, None)
            elif time.monotonic() - self.waiting.setdefault(job, time.monotonic()) > 3:
                self.tell("scontrol", "update", f"JobId={job}", "StartTime=now")

    def processes(self, **variables):
        """[(pid, name, environment)] of the processes of jobs that have these variables."""
        found = []
        wanted = {f"{k}={v}".encode() for k, v in variables.items()}
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                env = set(path.read_bytes().split(b"\0"))
                name = (path.parent / "comm").read_text().strip()
            except OSError:
                continue  # gone in between
            if wanted <= env and f"SLURM_CONF={self.folder}/slurm.conf".encode() in env:
                found.append((int(path.parent.name), name, env))
        return found
