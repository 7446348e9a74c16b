"""Tasks that do harm: to their process, to their worker, to the memory of the machine."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tasks import note

if TYPE_CHECKING:
    from tests.engine.fleet import Ledger

IGNORING = (
    "import os, signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "os.write({writer}, b'.')\n"
    "time.sleep(600)\n"
)
PATH = "tests.faults.harm."


def in_c_code(ledger: str) -> int:
    """With a helper, hold the interpreter for as long as it takes."""
    helper = subprocess.Popen(["sleep", "600"])
    note(ledger, "start", os.getpid(), helper.pid)
    return sum(range(10**14))


def stubborn_family(ledger: str, name: str = "", then: str = "sleep") -> None:
    """Start a helper that ignores SIGTERM, and then sleep, leave or return."""
    reader, writer = os.pipe()
    code = IGNORING.format(writer=writer)
    helper = subprocess.Popen([sys.executable, "-c", code], pass_fds=[writer])
    os.read(reader, 20)
    os.close(reader)
    os.close(writer)
    note(ledger, "start", os.getpid(), helper.pid, name)
    if then == "sleep":
        time.sleep(600)
    os._exit(4)


def daemonised(ledger: str) -> None:
    """Start a helper in a session of its own, and sleep."""
    note(ledger, "start", subprocess.Popen(["sleep", "600"], start_new_session=True).pid)
    time.sleep(600)


def flood(ledger: str, megabytes: int, grandchild: bool) -> str:
    """Print so much, by ourselves or by a process that we start, and wait until told to end."""
    note(ledger, "start", os.getpid())
    if grandchild:
        subprocess.run(["head", "-c", str(megabytes * 1024 * 1024), "/dev/zero"], check=True)
    else:
        line = "y" * (1024 * 1024 - 1)
        for _ in range(megabytes):
            print(line)
    note(ledger, "flooded", os.getpid())
    return "done"


def give_back(megabytes: int) -> str:
    """Return a long text."""
    return "x" * (megabytes * 1024 * 1024)


def kill_the_worker(ledger: str) -> None:
    """A poison pill: ends the worker itself, not only this process."""
    guard = os.getppid()
    worker = int(Path(f"/proc/{guard}/stat").read_text().rpartition(")")[2].split()[1])
    note(ledger, "poison", worker)
    os.kill(worker, signal.SIGKILL)
    time.sleep(600)


def abort() -> None:
    os.abort()


def memory_error() -> None:
    raise MemoryError


def exceed_address_space(megabytes: int = 64) -> int:
    """Ask for more memory than the limit of the process allows."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = now + megabytes * 1024 * 1024
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        return len(bytearray(4 * megabytes * 1024 * 1024))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class Unpicklable(Exception):
    def __init__(self) -> None:
        super().__init__("holds an open file")
        self.file = open(os.devnull)  # noqa: SIM115

    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled")


def fail_unpicklable() -> None:
    raise Unpicklable


HELD: list[bytearray] = []


def hold(megabytes: int, ledger: str = "", seconds: float = 0) -> int:
    """Keep so much memory for the life of the process."""
    if ledger:
        note(ledger, "start", os.getpid())
    HELD.append(bytearray(b"x") * (megabytes * 1024 * 1024))
    time.sleep(seconds)
    return os.getpid()


def join_cgroup_and_grow(procs: str, megabytes: int) -> None:
    """Enter a control group and use more memory than it grants."""
    Path(procs).write_text(str(os.getpid()))
    hold(megabytes)


def family(ledger: Ledger) -> list[int]:
    """The processes of the first task: its own and its helper's."""
    return [int(pid) for pid in ledger.wait_for("start")[0][:2]]
