"""A hundred open dashboards beside two working workers: what the web server spends, and how long a poll takes."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape

from benchmarks import places, processes
from benchmarks.report import pair, percentiles

CLIENTS, PEOPLE, PACE_SECONDS, WARM_SECONDS, SECONDS = 100, 10, 2.0, 10, 40
GUNICORN = (
    "--workers",
    "2",
    "--threads",
    "4",
    "--worker-class",
    "gthread",
    "--keep-alive",
    "10",
    "--log-level",
    "error",
)


LIVE = re.compile(r'id="live" hx-get="([^"]*)".*?hx-ptag="([^"]*)"', re.DOTALL)


@dataclass
class Seen:
    """What the clients met; ``counts`` is false while the first polls warm up."""

    counts: bool = False
    over: bool = False
    milliseconds: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)


def measure(kinds: list[str]) -> None:
    print("| 100 dashboards, 2 s | server, share of a core | poll p50 / p95 | answers |\n|---|---|---|---|")
    with places.databases(kinds) as urls:
        for kind, url in urls.items():
            sessions = places.inside("benchmarks.crowd", url, settings=places.CONSOLE)
            for scene, busy in (("nothing happens", False), ("12 tasks a second", True)):
                cost, seen = crowd(url, sessions, busy)
                answers = ", ".join(f"{count} x {code}" for code, count in sorted(seen.codes.items()))
                row = f"| {kind}, {scene} | {cost:.1%} | {pair(percentiles(seen.milliseconds))} | {answers} |"
                print(row, flush=True)


def inside() -> list[str]:
    """Fill the tables; return a session for each client, of ten operators who may see and do everything."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.test import Client

    from benchmarks.fill import fill

    fill()
    rights = Permission.objects.filter(content_type__app_label__in=("django_simple_queue", "simple_queue_dashboard"))
    people = [get_user_model().objects.create_user(f"operator{each}", is_staff=True) for each in range(PEOPLE)]
    for person in people:
        person.user_permissions.set(rights)
    clients = [Client() for _ in range(CLIENTS)]
    for number, client in enumerate(clients):
        client.force_login(people[number % PEOPLE])
    return [client.cookies["sessionid"].value for client in clients]


def crowd(url: str, sessions: list[str], busy: bool) -> tuple[float, Seen]:
    port = free_port()
    seen = Seen()
    with ExitStack() as stack:
        for command in (("task_worker", "--concurrency", "2", "-v", "0"),) * 2:
            stack.callback(end, places.manage(url, *command, settings=places.CONSOLE))
        server = serve(url, port)
        stack.callback(end, server)
        if busy:
            stack.callback(trickle(url).kill)
        wait_for(port)
        clients = [threading.Thread(target=watch, args=(port, *each, seen)) for each in enumerate(sessions)]
        for client in clients:
            client.start()
        time.sleep(WARM_SECONDS)
        pids = processes.family(server.pid)
        spent, seen.counts = processes.seconds_of(pids), True
        time.sleep(SECONDS)
        cost = (processes.seconds_of(pids) - spent) / SECONDS
        seen.counts, seen.over = False, True
        for client in clients:
            client.join()
        return cost, seen


def trickle(url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.places", "benchmarks.trickle"]
    return subprocess.Popen(command, env=places.environment(url, places.CONSOLE), stdout=subprocess.DEVNULL)


def serve(url: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "dashboard.project.wsgi", "--bind", f"127.0.0.1:{port}", *GUNICORN]
    return subprocess.Popen(command, env=places.environment(url, places.CONSOLE), cwd=places.ROOT)


def watch(port: int, number: int, cookie: str, seen: Seen) -> None:
    """One open task list: opens it, then polls the address that it names, telling the mark of what it shows."""
    time.sleep(PACE_SECONDS * number / CLIENTS)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    _, page = ask(connection, "/", {"Cookie": f"sessionid={cookie}"})
    address, mark = (unescape(found) for found in LIVE.findall(page)[0])
    while not seen.over:
        began = time.perf_counter()
        headers = {"Cookie": f"sessionid={cookie}", "HX-Request": "true", "HX-Target": "live", "HX-PTag": mark}
        answer, _ = ask(connection, address, headers)
        took = time.perf_counter() - began
        mark = answer.headers.get("HX-PTag") or mark
        if seen.counts:
            seen.milliseconds.append(took * 1000)
            seen.codes[answer.status] += 1
        time.sleep(max(PACE_SECONDS - took, 0))
    connection.close()


def ask(
    connection: http.client.HTTPConnection, address: str, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, str]:
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read().decode()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("The web server did not start.")


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(60)
