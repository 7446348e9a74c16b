"""Tasks that return, or fail, and leave something behind that goes on."""

from __future__ import annotations

import multiprocessing
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from asgiref.sync import sync_to_async

from tests.engine.fleet import Ledger, is_alive
from tests.tasks import note, wait_for

PATH = "tests.engine.leaving."
HANDLED = (signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGUSR1)


def leave(kind: str, ledger: str, then: str = "return", go: str = "/") -> str:
    """Leave one of ``KINDS`` behind, note which process must end for that to end, and do so for each earlier one."""
    wait_for(go)
    for (earlier,) in Ledger(Path(ledger)).words("left"):
        note(ledger, "overlaps" if is_alive(int(earlier)) else "alone")
    note(ledger, "left", KINDS[kind]())
    if then == "fail":
        raise ValueError("having left something")
    return "having left something"


def child() -> int:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid


def grandchild() -> int:
    return int(subprocess.run("sleep 600 >/dev/null & echo $!", shell=True, stdout=subprocess.PIPE).stdout)


def forked_child() -> int:
    process = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(600,))
    process.start()
    return process.pid or 0


def thread() -> int:
    return started(lambda: time.sleep(600))


def timer() -> int:
    threading.Timer(600, print).start()
    return os.getpid()


def copy() -> int:
    """Let the forked process return as well."""
    return os.fork() or os.getpid()


def started(work: Callable[[], object]) -> int:
    threading.Thread(target=work, daemon=True).start()
    return os.getpid()


KINDS = {each.__name__: each for each in (child, grandchild, forked_child, thread, timer, copy)}
NAMES = dict.fromkeys(("thread", "timer"), "thread 'Thread-")


def leave_nothing() -> int:
    """Start a process that ends."""
    subprocess.run(["true"], check=True)
    return os.getpid()


async def leave_servants() -> int:
    """Leave threads that run the code of libraries only, and wait to be asked."""
    asked: queue.Queue[None] = queue.Queue()
    started(asked.get)
    started(partial(asked.get, timeout=600))
    return await sync_to_async(os.getpid)()


def leave_multiprocessing() -> int:
    """Leave the processes that serve all that multiprocessing starts."""
    process = multiprocessing.get_context("forkserver").Process(target=os.getpid)
    process.start()
    process.join()
    return os.getpid()


def leave_tracker() -> int:
    """Have a library start its own thread, unless it has done so."""
    import_module("error_tracker").start()
    return os.getpid()


def leave_alarm_and_handlers() -> int:
    signal.setitimer(signal.ITIMER_REAL, 600)
    signal.setitimer(signal.ITIMER_PROF, 600)
    for number in HANDLED:
        signal.signal(number, lambda *seen: None)
    return os.getpid()


def timers_and_handlers() -> list[object]:
    timers = [signal.getitimer(timer)[0] for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF)]
    return [os.getpid(), *timers, *(signal.getsignal(number) for number in HANDLED)]


def leave_no_file_free() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
