from __future__ import annotations

import os
import time

from huey.contrib.djhuey import task


@task()
def noop() -> tuple[int, float]:
    return os.getpid(), time.time()


@task()
def nap() -> tuple[int, float]:
    time.sleep(0.1)
    return os.getpid(), time.time()
