"""No tracked file knows the machine or the registry it was made with, or holds work left for later."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.source import ROOT

FORBIDDEN = {
    "address of a package registry": r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|index[-]url",
    "path of one machine": rf"(?<![\w.])/(root|home)/\w|{re.escape(str(ROOT))}/|{re.escape(str(Path.home()))}/",
    "work left for later": r"\b(TO[D]O|FIX[M]E|X[X]X)\b",
}


def tracked_texts() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = (ROOT / path for path in listed.split("\0") if path)
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_no_tracked_file_holds_an(fault):
    pattern = re.compile(FORBIDDEN[fault])
    assert [path.relative_to(ROOT).as_posix() for path in tracked_texts() if pattern.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("address of a package registry", "https://files.python" + "hosted.org/x"),
        ("path of one machine", "open('/ho" + "me/jane/x')"),
        ("work left for later", "# TO" + "DO"),
    ],
)
def test_a_planted_fault_is_found(fault, text):
    assert re.search(FORBIDDEN[fault], text)
