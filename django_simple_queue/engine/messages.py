"""What parent and child say: JSON packets to the child, length-prefixed JSON frames back. Nothing is ever unpickled."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import tempfile
from typing import Any

from django_simple_queue.text import bounded

LENGTH = struct.Struct("!I")
PACKET_LIMIT = 64 * 1024
FRAME_LIMIT = 256 * 1024 * 1024
READ_SIZE = 256 * 1024
LABEL = 2
"""What names a message, its verb and a serial, in so many of its parts."""
DESCRIPTOR_SPACE = socket.CMSG_SPACE(struct.calcsize("i"))
FILES_LIMIT = 16
Message = list[Any]


class Malformed(Exception):
    """The other side sent something that is no message."""


def system_keeps_packets() -> bool:
    try:
        for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET):
            end.close()
    except OSError:
        return False
    return True


CAN_TAKE_BACK = system_keeps_packets()
"""Whether a packet that nobody has read yet can be taken back, at either end."""


def channel() -> tuple[socket.socket, socket.socket]:
    """Return two ends that keep packets apart, where the system can."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET if CAN_TAKE_BACK else socket.SOCK_STREAM)


FIRST_READ = LENGTH.size + (PACKET_LIMIT if CAN_TAKE_BACK else 0)


def send_packet(end: socket.socket, message: Message) -> bool:
    """Send ``message`` in one piece and tell whether it went out; False when the other side has to read first."""
    payload = json.dumps(message).encode()
    try:
        if len(payload) <= PACKET_LIMIT:
            end.sendall(LENGTH.pack(len(payload)) + payload)
        else:
            send_by_descriptor(end, message[:LABEL], payload)
    except BlockingIOError:
        return False
    return True


def send_by_descriptor(end: socket.socket, label: Message, payload: bytes) -> None:
    """A packet of this size would not fit into the socket's buffer; who can open no more files gets its ``label``."""
    outside = json.dumps(label).encode()
    file = anonymous_file("simple-queue-packet")
    try:
        write_all(file, payload)
        socket.send_fds(end, [LENGTH.pack(len(outside)) + outside], [file])
    finally:
        os.close(file)


def receive_packet(end: socket.socket, flags: int = 0) -> Message | None:
    """Return the next message; None when the other side is gone. Raises BlockingIOError with MSG_DONTWAIT."""
    data, attached, _, _ = end.recvmsg(FIRST_READ, DESCRIPTOR_SPACE, flags)
    if not data:
        return None
    if not CAN_TAKE_BACK:
        data += end.recv(LENGTH.unpack(data)[0], socket.MSG_WAITALL)
    return parsed(read_whole(attached[0][2]) if attached else data[LENGTH.size :])


def send_with_files(end: socket.socket, message: Message, files: list[int]) -> None:
    """Send a short message and the open files that belong to it; raises BlockingIOError when it does not fit now."""
    payload = json.dumps(message).encode()
    socket.send_fds(end, [LENGTH.pack(len(payload)) + payload], files)


def receive_with_files(end: socket.socket) -> tuple[Message | None, list[int]]:
    """Return the next message, None when the other side is gone, and the files that came with it.

    All of them or none: the system drops those that this process may not open any more.
    """
    data, files, flags, _ = socket.recv_fds(end, FIRST_READ, FILES_LIMIT)
    if flags & socket.MSG_CTRUNC:
        for descriptor in files:
            os.close(descriptor)
        files = []
    if not data:
        return None, []
    if not CAN_TAKE_BACK:
        data += end.recv(LENGTH.unpack(data)[0], socket.MSG_WAITALL)
    return parsed(data[LENGTH.size :]), files


def parsed(payload: bytes) -> Message:
    try:
        message = json.loads(payload)
    except ValueError as error:
        raise Malformed(f"{payload[:80]!r} is no message: {error}") from error
    if not isinstance(message, list) or not message:
        raise Malformed(f"{payload[:80]!r} is no message.")
    return message


def send_frame(pipe: int, message: Message) -> None:
    """Write ``message`` to ``pipe``; blocks while the pipe is full."""
    payload = encoded(message)
    if len(payload) > FRAME_LIMIT:
        payload = encoded(shortened(message))
    write_all(pipe, LENGTH.pack(len(payload)) + payload)


def encoded(message: Message) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")


def shortened(part: Any) -> Any:
    """Return a message whose texts are cut so that four of them fit, though JSON may spell one byte in six."""
    if isinstance(part, list):
        return [shortened(each) for each in part]
    return bounded(part, FRAME_LIMIT // 32) if isinstance(part, str) else part


class Frames:
    """Bytes in, whole messages out. What a killed writer left half done is never handed out."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def read(self, pipe: int) -> list[Message]:
        """Return the messages that are complete now; raises EOFError when the writer is gone and nothing is left."""
        try:
            while data := os.read(pipe, READ_SIZE):
                self.bytes += data
                if len(data) < READ_SIZE:
                    return self.take()
        except BlockingIOError:
            return self.take()
        if messages := self.take():
            return messages
        raise EOFError

    def take(self) -> list[Message]:
        messages, start = [], 0
        while (end := self.end_of_frame(start)) is not None:
            messages.append(parsed(bytes(self.bytes[start + LENGTH.size : end])))
            start = end
        del self.bytes[:start]
        return messages

    def end_of_frame(self, start: int) -> int | None:
        if len(self.bytes) - start < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self.bytes, start)
        if length > FRAME_LIMIT:
            raise Malformed(f"A frame claims {length:,} bytes.")
        end: int = start + LENGTH.size + length
        return end if end <= len(self.bytes) else None


def write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def read_whole(descriptor: bytes) -> bytes:
    with os.fdopen(int.from_bytes(descriptor, sys.byteorder), "rb") as packet:
        packet.seek(0)
        return packet.read()


def anonymous_file(name: str) -> int:
    """Return the descriptor of a file without a path: in memory where the system can, else a temporary one."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
