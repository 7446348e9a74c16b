"""Dotted path -> callable. The allowlist is asked before anything is imported; nothing else imports task code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from django_simple_queue import conf
from django_simple_queue.text import kind_of

Shape = list[list[Any]]
PARAMETER = inspect.Parameter
KINDS = {
    kind.name: kind
    for kind in (
        PARAMETER.POSITIONAL_ONLY,
        PARAMETER.POSITIONAL_OR_KEYWORD,
        PARAMETER.VAR_POSITIONAL,
        PARAMETER.KEYWORD_ONLY,
        PARAMETER.VAR_KEYWORD,
    )
}
ANYTHING: Shape = [["args", "VAR_POSITIONAL", False], ["kwargs", "VAR_KEYWORD", False]]


class TaskNotAllowedError(Exception):
    """The task is not in the allowlist, DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS."""

    def __init__(self, task: str) -> None:
        super().__init__(
            f"Task {task!r} is not in the allowlist. Add it to {conf.PREFIX}ALLOWED_TASKS in settings.py to allow it."
        )
        self.task = task


def require_allowed(task: str) -> None:
    """Raise TaskNotAllowedError unless ``task`` is in the allowlist."""
    if not conf.is_task_allowed(task):
        raise TaskNotAllowedError(task)


def resolve(task: str) -> Callable[..., Any]:
    """Return the callable at the dotted path ``task``.

    Raises TaskNotAllowedError before any import, ImportError for a path that does not lead anywhere, and TypeError for
    something that cannot be called.
    """
    require_allowed(task)
    module_path, _, name = task.rpartition(".")
    if not module_path:
        raise ImportError(f"{task!r} is not a dotted path such as 'shop.tasks.send_invoice'.")
    found = lookup(module_path, name, task)
    if not callable(found):
        raise TypeError(f"{task!r} is {kind_of(found)}, not a callable.")
    function: Callable[..., Any] = found
    return function


def lookup(module_path: str, name: str, task: str) -> Any:
    try:
        module = import_module(module_path)
    except SystemExit as error:
        raise ImportError(f"Module {module_path!r} left with {error!r} while it was imported.") from error
    try:
        return getattr(module, name)
    except AttributeError:
        raise ImportError(f"Module {module_path!r} has no {name!r}: is the path {task!r} still right?") from None


@lru_cache(maxsize=1000)
def exception_at(name: str) -> type:
    """Return the exception class at a dotted path, or the built-in one of that name.

    Raises ImportError when there is nothing, TypeError for something else.
    """
    module_path, _, attribute = name.rpartition(".")
    found = lookup(module_path or "builtins", attribute, name)
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise TypeError(f"{name!r} is no exception class.")
    return found


def check_arguments(function: Callable[..., Any], args: Mapping[str, Any], positional: Sequence[Any] = ()) -> None:
    """Raise TypeError, in Python's own words, when ``function`` does not accept these arguments."""
    signature = remembered(function)
    if signature is not None:
        signature.bind(*positional, **args)


def remembered(function: Callable[..., Any]) -> inspect.Signature | None:
    return (signature_of if isinstance(function, Hashable) else signature_of.__wrapped__)(function)


@lru_cache(maxsize=1000)
def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Return how ``function`` may be called; None when Python cannot tell."""
    try:
        return inspect.signature(function)
    except ValueError:
        return None


def shape(task: str) -> Shape | str:
    """Return the parameters of ``task`` as JSON values: name, kind, whether there is a default; never raises.

    A sentence says why there is none: not allowed, not importable.
    """
    try:
        function = resolve(task)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    signature = remembered(function)
    if signature is None:
        return ANYTHING
    return [[each.name, each.kind.name, each.default is not each.empty] for each in signature.parameters.values()]


def fits(shape: Shape, args: Mapping[str, Any], positional: Sequence[Any] = ()) -> bool:
    """Tell whether a task of this shape accepts these arguments."""
    try:
        rebuilt(tuple(map(tuple, shape))).bind(*positional, **args)
    except TypeError:
        return False
    return True


@lru_cache(maxsize=256)
def rebuilt(shape: tuple[tuple[Any, ...], ...]) -> inspect.Signature:
    return inspect.Signature(
        [PARAMETER(name, KINDS[kind], default=None if optional else PARAMETER.empty) for name, kind, optional in shape]
    )
