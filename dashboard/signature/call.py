"""A task as something that can be called by name, with arguments that fit."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.fields import Member, pretty
from dashboard.fields.annotations import member
from dashboard.signature.docstrings import read_docstring
from django_simple_queue import callables, conf
from django_simple_queue.redaction import is_secret_argument


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of an allowlisted task; ``error`` says why it cannot be called, "" when it can."""

    path: str
    title: str = ""
    summary: str = ""
    details: str = ""
    parameters: Sequence[Member] = ()
    takes_anything: bool = False
    error: str = ""

    @property
    def module(self) -> str:
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def example(self) -> str:
        """Arguments to start from: placeholders for what is required, and the defaults that can be told."""
        return pretty({each.name: each.example for each in self.parameters if not each.withheld})

    def problems(self, args: Mapping[str, Any]) -> list[str]:
        """Return what keeps ``args`` from fitting, a sentence each; empty when they fit."""
        known = {each.name: each for each in self.parameters}
        told = ((name, known[name].kind.misfit(value)) for name, value in args.items() if name in known)
        return [*self.misfits(args), *(f"{name} {problem}" for name, problem in told if problem)]

    def misfits(self, args: Mapping[str, Any]) -> list[str]:
        """Return which names ``args`` lack or have too many, a sentence each, without any value."""
        known = {each.name: each for each in self.parameters}
        lacking = [each for each in known.values() if each.required and each.name not in args]
        missing = [_("%(name)s is missing: %(kind)s.") % {"name": each.name, "kind": each.spelled} for each in lacking]
        unknown = [] if self.takes_anything else [self.unexpected(name) for name in args if name not in known]
        return [*missing, *unknown]

    def unexpected(self, name: str) -> str:
        names = ", ".join(each.name for each in self.parameters)
        said = {"name": name[:80], "task": self.name, "names": names}
        if not names:
            return _("%(name)s is not a parameter of %(task)s; it takes none.") % said
        return _("%(name)s is not a parameter of %(task)s; it takes %(names)s.") % said


def describe(path: str) -> Call:
    """Return what the task at ``path`` takes; never raises, whatever its module does on import."""
    title = conf.get_task_options(path).title
    try:
        function = callables.resolve(path)
        signature = inspect.signature(function)
        hints = type_hints(function)
    except Exception as error:
        return Call(path, title, error=f"{type(error).__name__}: {error}"[:500])
    doc = read_docstring(inspect.getdoc(function) or "")
    named = [each for each in signature.parameters.values() if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    anything = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    secret = functools.partial(is_secret_argument, path)
    parameters = [
        member(each.name, hints.get(each.name, each.annotation), each.default, secret, 0, doc.helps.get(each.name, ""))
        for each in named
    ]
    return Call(path, title, doc.summary, doc.details, parameters, anything, unreachable(named))


def unreachable(parameters: Sequence[inspect.Parameter]) -> str:
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_ONLY and each.default is each.empty]
    if not names:
        return ""
    return _("%s can only be passed by position, which arguments by name cannot do.") % ", ".join(names)


def type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(annotated(function), include_extras=True)
    except Exception:
        return {}


def annotated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that holds the annotations of a decorated, partial or otherwise callable object."""
    inner = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)
    if isinstance(inner, type):
        return inner.__init__  # type: ignore[misc, no-any-return]
    return inner if inspect.isroutine(inner) else type(inner).__call__
