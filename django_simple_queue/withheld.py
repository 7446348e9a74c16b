"""What stands in place of what is not shown, in words."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop, ngettext

from django_simple_queue.secret_patterns import Redacted


class Reason(str):
    """Why secrets cannot be looked for: it may be remembered, and is translated where it is shown."""

    def told(self) -> Redacted:
        return Redacted(gettext(self))


TOO_MANY = Reason(gettext_noop("The arguments hold too many secrets to look for each of them, so this is not shown."))
TOO_DEEP = Reason(
    gettext_noop("The arguments are nested too deeply to look for secrets in them, so this is not shown.")
)
UNREADABLE = Reason(
    gettext_noop("The arguments are not valid JSON; this may hold a secret of theirs, so it is not shown.")
)


def not_json(text: str) -> Redacted:
    words = ngettext(
        "This %s character is not valid JSON, so it is not shown.",
        "These %s characters are not valid JSON, so they are not shown.",
        len(text),
    )
    return Redacted(words % f"{len(text):,}")


def too_long(text: str) -> Redacted:
    words = ngettext("%s character, too many to show here", "%s characters, too many to show here", len(text))
    return Redacted(words % f"{len(text):,}")


def nameless(place: int) -> str:
    """Return what stands for a name that is too long to be shown."""
    return gettext("name %d") % (place + 1)
