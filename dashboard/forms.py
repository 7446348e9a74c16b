"""The enqueue form: arguments as JSON that fits the chosen task, and when, where and how often it runs."""

from __future__ import annotations

import hashlib
import json
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import router, transaction

from dashboard.signature import Call
from django_simple_queue import conf
from django_simple_queue.models import OperatorActionItem, Task
from django_simple_queue.models.audit import record
from django_simple_queue.utils import create_task

KEY_OF_FORM = "console:"
EXPECTED = {
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Illegal trailing comma before end of object": "the last entry must not end with a comma",
    "Illegal trailing comma before end of array": "the last entry must not end with a comma",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Extra data": "the object has ended already",
    "Unterminated string starting at": "this text has no closing quotation mark",
    "Invalid control character at": "a line break inside a text is written \\n",
    "Invalid \\escape": "a backslash inside a text is written \\\\",
}


class EnqueueForm(forms.Form):
    """One call of one task. ``token`` is made with the page, so that a form sent twice makes one task."""

    args = forms.CharField(label="Arguments", required=False, strip=False)
    queue = forms.CharField(label="Queue", required=False, max_length=64)
    priority = forms.IntegerField(label="Priority", required=False, min_value=-100, max_value=100)
    run_after = forms.DateTimeField(label="Run after", required=False)
    max_attempts = forms.IntegerField(label="Attempts", required=False, min_value=1, max_value=1000)
    timeout = forms.IntegerField(label="Time limit", required=False, min_value=0, max_value=2_000_000_000)
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, call: Call, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call

    def clean_args(self) -> dict[str, Any]:
        args = read_object(self.cleaned_data["args"])
        problems = self.call.problems(args)
        if problems:
            raise ValidationError([ValidationError(problem) for problem in problems])
        return args

    def clean_run_after(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["run_after"]
        if moment is not None and moment.year in (MINYEAR, MAXYEAR):
            raise ValidationError(f"The year {moment.year} is at the end of the calendar; a year between is needed.")
        return moment

    def save(self, actor: AbstractBaseUser | AnonymousUser) -> tuple[UUID, bool]:
        """Enqueue the call and write down who did it; return the task's id and whether it is new.

        Raises what ``create_task`` raises.
        """
        options = {name: self.cleaned_data[name] for name in ("priority", "run_after", "max_attempts", "timeout")}
        options["queue"] = self.cleaned_data["queue"] or None
        with transaction.atomic(using=router.db_for_write(Task)):
            key, name = self.idempotency_key(), actor.get_username()
            task_id = create_task(
                self.call.path, self.cleaned_data["args"], **options, idempotency_key=key, created_by=name
            )
            if OperatorActionItem.objects.filter(task=task_id).exists():
                return task_id, False
            record("enqueue", Task.objects.filter(pk=task_id), actor, self.call.path)
        return task_id, True

    def idempotency_key(self) -> str:
        """Return a key that is the same for the same form with the same content, and only for it."""
        content = json.dumps([self.call.path, {**self.cleaned_data, "token": ""}], sort_keys=True, default=str)
        digest = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
        return f"{KEY_OF_FORM}{self.cleaned_data['token']}:{digest}"


def new_token() -> UUID:
    return uuid4()


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object in ``text``; ValidationError says where and what is wrong with it."""
    size, limit = len(text.encode("utf-8", "replace")), conf.get_max_args_size()
    if size > limit:
        raise ValidationError(f"This is {size:,} bytes, more than the {limit:,} of {conf.PREFIX}MAX_ARGS_SIZE.")
    try:
        value = json.loads(text or "{}", object_pairs_hook=unique_keys, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise ValidationError(located(error)) from error
    except RecursionError:
        raise ValidationError("The object is nested too deeply.") from None
    except ValueError as error:
        raise ValidationError(str(error)) from error
    if not isinstance(value, dict):
        raise ValidationError(f'A JSON object is needed, such as {{"name": 1}}, not {name_of(value)}.')
    return value


def located(error: json.JSONDecodeError) -> str:
    found = error.doc[error.pos : error.pos + 20].partition("\n")[0]
    reason = EXPECTED.get(error.msg.removesuffix(" at"), EXPECTED.get(error.msg, error.msg[:1].lower() + error.msg[1:]))
    before = f" before “{found}”" if found else ""
    return f"Line {error.lineno}, column {error.colno}: {reason}{before}."


def name_of(value: object) -> str:
    return {list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None
    if repeated is not None:
        raise ValueError(f"The name “{repeated[:80]}” appears twice in one object.")
    return dict(pairs)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number.")
