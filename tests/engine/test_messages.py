"""Packets and frames: whole messages or nothing."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator

import pytest

from django_simple_queue.engine import messages


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    ends = {reader, writer}
    yield reader, writer
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def frame(message: list[object]) -> bytes:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as bytes_read:
        messages.send_frame(writer, message)
        os.close(writer)
        return bytes_read.read()


def test_frames_arrive_whole_however_they_are_cut(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    data = b"".join(map(frame, [["ready", 0], ["done", 1, "x" * 5000], ["told", 2, "ü"]]))
    frames, heard, seed = messages.Frames(), [], random.randrange(10**6)
    cut = random.Random(seed)
    while data:
        size = cut.randint(1, 700)
        os.write(writer, data[:size])
        data = data[size:]
        heard += frames.read(reader)
    assert heard == [["ready", 0], ["done", 1, "x" * 5000], ["told", 2, "ü"]], seed


def test_texts_that_together_are_too_long_for_a_frame_are_cut_and_arrive(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "FRAME_LIMIT", 16_000)
    texts = ["done", 1, "\x01" * 3000, ["y" * 20_000, None, 0.5], "short"]
    os.write(pipe[1], frame(texts))
    (((verb, serial, output, (error, *rest), short)),) = messages.Frames().read(pipe[0])
    assert [verb, serial, rest, short] == ["done", 1, [None, 0.5], "short"]
    assert "[... 2,500 bytes dropped ...]" in output
    assert "[... 19,500 bytes dropped ...]" in error


def test_a_frame_cut_off_by_death_is_not_handed_out(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.write(writer, frame(["done", 1]) + frame(["done", 2])[:-1])
    os.close(writer)
    frames = messages.Frames()
    assert frames.read(reader) == [["done", 1]]
    with pytest.raises(EOFError):
        frames.read(reader)


@pytest.mark.parametrize("garbage", [b"\xff" * 64, b"\0\0\0\3abc", b"\0\0\0\2{}", b"\0\0\0\2[]"])
def test_garbage_is_no_message(pipe: tuple[int, int], garbage: bytes) -> None:
    os.write(pipe[1], garbage)
    with pytest.raises(messages.Malformed):
        messages.Frames().read(pipe[0])


@pytest.mark.parametrize("size", [0, 1, messages.PACKET_LIMIT - 14, messages.PACKET_LIMIT, 2_000_000])
def test_packets_of_every_size(size: int) -> None:
    ours, theirs = messages.channel()
    with ours, theirs:
        assert messages.send_packet(ours, ["run", 1, "x" * size])
        assert messages.receive_packet(theirs) == ["run", 1, "x" * size]


def test_a_full_queue_is_told() -> None:
    ours, theirs = messages.channel()
    with ours, theirs:
        ours.setblocking(False)
        sent = 0
        while messages.send_packet(ours, ["run", "x" * 50_000]):
            sent += 1
        assert 0 < sent < 1000
        assert [messages.receive_packet(theirs) for _ in range(sent)] == [["run", "x" * 50_000]] * sent


def test_what_nobody_has_read_can_be_taken_back() -> None:
    ours, theirs = messages.channel()
    with ours, theirs:
        for serial in range(3):
            messages.send_packet(ours, ["run", serial])
        assert messages.receive_packet(theirs) == ["run", 0]
        copy = theirs.dup()
        with copy:
            assert [messages.receive_packet(copy, socket.MSG_DONTWAIT) for _ in range(2)] == [["run", 1], ["run", 2]]
            with pytest.raises(BlockingIOError):
                messages.receive_packet(copy, socket.MSG_DONTWAIT)


def test_a_closed_stream_ends_the_reading() -> None:
    ours, theirs = messages.channel()
    with theirs:
        ours.close()
        assert messages.receive_packet(theirs) is None
