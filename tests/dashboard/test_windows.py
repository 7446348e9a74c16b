"""Long texts in windows: both ends, lines that keep their names, and colours that never cost a secret."""

from __future__ import annotations

import json
import random

import pytest

from dashboard import ansi
from dashboard.selectors.windows import WINDOW, window, with_windows
from django_simple_queue.models import Task
from django_simple_queue.redaction import visible

pytestmark = pytest.mark.django_db
SECRET = "tok-98123-abc"


def shown(status=Task.COMPLETED, wider="", args="{}", **texts):
    task = Task.objects.create(task="a.b", status=status, args=args, **texts)
    return window(with_windows(Task.objects.filter(pk=task.pk), wider).get(), "log", wider)


def text_of(lines):
    return "".join(text for line in lines for text, _ in line.pieces)


def keys(found):
    return [line.key for line in (*found.first, *found.last)]


def test_a_short_text_is_whole_and_its_lines_are_named_by_where_they_begin():
    found = shown(log="one\ntwo\n\nfour")
    assert text_of(found.first) == "one\ntwo\n\nfour"
    assert keys(found) == [0, 4, 8, 9]
    assert found.hidden == 0


def test_lines_keep_their_names_while_the_text_grows():
    before, after = shown(log="one\ntwo\n"), shown(log="one\ntwo\nthree\n")
    assert keys(after)[:2] == keys(before)


def test_the_end_of_a_growing_text_keeps_the_names_of_its_lines():
    log = "".join(f"line {number}\n" for number in range(20_000))
    before, after = shown(Task.PROGRESS, log=log), shown(Task.PROGRESS, log=f"{log}one more\n")
    assert before.first == []
    names = {line.key: text_of([line]) for line in before.last}
    same = [line for line in after.last if line.key in names]
    assert len(same) >= len(before.last) - 2
    assert all(names[line.key] == text_of([line]) for line in same)


@pytest.mark.parametrize("log", ["x\n" * 50_000, "y" * 1_000_000, "word " * 100_000])
def test_a_long_text_is_bounded_and_counts_what_it_leaves_out(log):
    found = shown(log=log)
    visible_part = len(text_of(found.first)) + len(text_of(found.last))
    assert visible_part <= 2 * WINDOW
    assert found.hidden + visible_part == len(log)
    assert len(set(keys(found))) >= 2


def test_show_more_shows_more():
    log = "z" * 30 + "\n"
    assert len(text_of(shown(log=log * 10_000, wider="log").first)) > 4 * len(text_of(shown(log=log * 10_000).first))


def test_the_level_of_a_line_gives_it_a_tone():
    found = shown(log="12:00 INFO a ok\n12:00 WARNING b\n12:00 ERROR c\nan ERRORLESS day\n")
    assert [line.tone for line in found.first] == ["", "warn", "failed", ""]


def test_colours_become_classes():
    pieces = ansi.pieces("a \x1b[1;31mred\x1b[0m b", "a red b")
    assert pieces == [("a ", ""), ("red", "ansi-1 ansi-bold"), (" b", "")]


@pytest.mark.parametrize("codes", ["38;5;196", "48;2;1;2;3", "99", "", ";;", "999999", "22", "39"])
def test_unknown_codes_are_no_class(codes):
    assert ansi.pieces(f"a\x1b[{codes}mb", "ab") == [("a", ""), ("b", "")]


def test_a_secret_that_colours_cut_in_two_is_masked_and_costs_the_colours():
    log = f"\x1b[32mok\x1b[0m {SECRET[:5]}\x1b[31m{SECRET[5:]}\x1b[0m end"
    found = shown(log=log, args=json.dumps({"token": SECRET}))
    assert text_of(found.first) == "ok [redacted] end"
    assert {classes for line in found.first for _, classes in line.pieces} == {""}


def test_any_bytes_of_a_terminal_give_the_same_text_as_without_colours():
    pick = random.Random(7)
    alphabet = [
        "\x1b[",
        "\x1b]",
        "\x1b",
        "31m",
        "m",
        ";",
        "\x07",
        "a",
        "\n",
        "\r\n",
        "\u202e",
        "<b>",
        "\x1b[0m",
        "]0;t",
    ]
    for _ in range(2_000):
        raw = "".join(pick.choices(alphabet, k=pick.randint(0, 30)))
        text = visible(raw)
        assert "".join(part for part, _ in ansi.pieces(raw, text)) == text
        assert all(set(classes.split()) <= KNOWN for _, classes in ansi.pieces(raw, text))


KNOWN = {f"ansi-{number}" for number in range(8)} | {"ansi-bold", "ansi-dim"}
