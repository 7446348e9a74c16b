"""What the database refuses as a whole is said in ever smaller pieces, down to the one that is at fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import Error

from django_simple_queue.engine import clock
from django_simple_queue.engine.store.lease import session
from django_simple_queue.engine.store.refusals import REJECTED, is_refusal
from django_simple_queue.text import in_one_line

PIECES_SECONDS = 1.0
"""How long one may look for what is at fault: that holds up all else, and all that the worker hears."""
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Done(Generic[Item, Answer]):
    """``refused`` has, with its error, what cannot be done even alone; ``left`` is what there was no time for."""

    answers: list[Answer] = field(default_factory=list)
    refused: list[tuple[Item, Exception]] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)


def halves(piece: Sequence[Item], error: Exception) -> list[Sequence[Item]]:
    """Return what to do instead of ``piece``, the last one first; nothing when it is one alone."""
    middle = len(piece) // 2
    return [piece[middle:], piece[:middle]] if middle else []


def in_pieces(
    work: Callable[[Sequence[Item]], Answer],
    items: Sequence[Item],
    end: float,
    instead: Callable[[Sequence[Item], Exception], list[Sequence[Item]]] = halves,
) -> Done[Item, Answer]:
    """Do ``work``, which is one transaction, on ``items`` together, and on smaller pieces where that is refused.

    It stops at ``end``, or when something else goes wrong; raises that as long as nothing has been done.
    """
    done, pieces = Done[Item, Answer](), [items] if items else []
    while pieces and clock.now() < end:
        used = session()
        try:
            done.answers.append(work(pieces[-1]))
            pieces.pop()
        except (*REJECTED, Error) as error:
            if not is_refusal(error, used):
                if done.answers:
                    break
                raise
            piece = pieces.pop()
            pieces += (smaller := instead(piece, error))
            if not smaller:
                done.refused.append((piece[0], error))
    done.left = [item for piece in pieces for item in piece]
    return done


def reason_of(error: Exception) -> str:
    return f"the database refuses it ({in_one_line(error)})"
