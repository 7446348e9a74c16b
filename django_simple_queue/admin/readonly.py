"""What every list of the queue in the admin has in common: it opens at once, and nothing is written in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from django_simple_queue.payload import VIEW

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ListPaginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    ListPaginator = Paginator

COUNTED = 10_000
COMPARISONS = ("exact", "in", "gte", "lt", "isnull")


class AtLeast(int):
    """A count that stopped counting: it compares as the number and reads as "10000+"."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class CappedPaginator(ListPaginator):
    """Counts, and leads, no further than COUNTED rows."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by()[: COUNTED + 1].count()
        return found if found <= COUNTED else AtLeast(COUNTED)


class SteadyChangeList(ChangeList):
    """Sorts by nothing but the columns that an index sorts, whatever the address says."""

    def get_ordering_field(self, field_name: Any) -> Any:
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None


class ReadOnlyAdmin(ModelAdmin):
    """Rows that are written elsewhere; ``permission`` opens them, and an address filters only by ``lookups``."""

    lookups: ClassVar[tuple[str, ...]] = ()

    permission = VIEW
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    sortable_by: ClassVar[tuple[str, ...]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SteadyChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse what a column's text, of another table too, could be guessed with, bit by bit."""
        open_ = {*self.lookups, *(name for name in self.list_filter if isinstance(name, str))}
        path, _, comparison = lookup.rpartition("__")
        return lookup in open_ or (path in open_ and comparison in COMPARISONS)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(self.permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def boxed(text: str, remark: str = "") -> SafeString:
    """Return text of a task for a read-only field, escaped and with a remark on what is left out."""
    note = format_html("<small>{}</small>", remark) if remark else ""
    return format_html('<div class="queue-text"><pre tabindex="0">{}</pre>{}</div>', text, note)
