"""Operations for a big table that is in use: one copy on SQLite, indexes that do not block writers on PostgreSQL."""

from __future__ import annotations

from typing import Any, cast

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Model = type[models.Model]


class Reshape(Operation):
    """Add ``added`` and change ``altered`` columns (name -> field); undone, columns go but none gets narrower.

    SQLite would copy the whole table for nearly each of them: here it is copied once, and ``copied`` (column -> SQL of
    older columns) fills in at once what other databases backfill later.
    """

    def __init__(
        self,
        model_name: str,
        added: dict[str, models.Field],
        altered: dict[str, models.Field],
        copied: dict[str, str] | None = None,
    ) -> None:
        self.model_name, self.added, self.altered, self.copied = model_name, added, altered, copied or {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for name, field in self.added.items():
            migrations.AddField(self.model_name, name, field).state_forwards(app_label, state)
        for name, field in self.altered.items():
            migrations.AlterField(self.model_name, name, field).state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        before, after = (state.apps.get_model(app_label, self.model_name) for state in (old, new))
        if schema_editor.connection.vendor == "sqlite":
            return copy_table(schema_editor, before, after, self.copied)
        for name in self.added:
            schema_editor.add_field(before, after._meta.get_field(name))
        for name in self.altered:
            schema_editor.alter_field(before, before._meta.get_field(name), after._meta.get_field(name))

    def database_backwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        before, after = (state.apps.get_model(app_label, self.model_name) for state in (old, new))
        if schema_editor.connection.vendor == "sqlite":
            return copy_table(schema_editor, before, after, {})
        for name in self.added:
            schema_editor.remove_field(before, before._meta.get_field(name))

    def describe(self) -> str:
        return f"Add {', '.join(self.added)} to {self.model_name}; change {', '.join(self.altered)}"


def copy_table(schema_editor: BaseDatabaseSchemaEditor, before: Model, after: Model, copied: dict[str, str]) -> None:
    """Give the table of ``before`` the columns of ``after``; what is new takes its default in the database."""
    quote = schema_editor.quote_name
    table, copy = quote(before._meta.db_table), quote(f"new__{before._meta.db_table}")
    known, wanted = ([str(field.column) for field in model._meta.local_concrete_fields] for model in (before, after))
    kept = [column for column in wanted if column in known]
    source = {column: quote(column) for column in kept} | copied
    statement, parameters = schema_editor.table_sql(after)
    schema_editor.execute(statement.replace(table, copy, 1), parameters or None)
    into, values = ", ".join(map(quote, source)), ", ".join(source.values())
    schema_editor.execute(f"INSERT INTO {copy} ({into}) SELECT {values} FROM {table}")  # noqa: S608
    schema_editor.execute(f"DROP TABLE {table}")
    schema_editor.execute(f"ALTER TABLE {copy} RENAME TO {table}")


class AddIndexOnline(migrations.AddIndex):
    """Add an index while the table is written to; one that an interrupted migration left behind is built anew."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        model = new.apps.get_model(app_label, self.model_name)
        index = portable(self.index, schema_editor)
        with schema_editor.connection.cursor() as cursor:
            existing = schema_editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
        if index.name in existing:
            schema_editor.remove_index(model, index, **online(schema_editor))
        schema_editor.add_index(model, index, **online(schema_editor))

    def database_backwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        model = old.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, portable(self.index, schema_editor), **online(schema_editor))


def online(schema_editor: BaseDatabaseSchemaEditor) -> dict[str, bool]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def portable(index: Any, schema_editor: BaseDatabaseSchemaEditor) -> models.Index:
    """Where there are no conditional indexes (MySQL, MariaDB), the columns of the condition lead the index instead."""
    if index.condition is None or schema_editor.connection.features.supports_partial_indexes:
        return cast(models.Index, index)
    leading = sorted((name for name, _ in index.condition.children), reverse=True)
    return models.Index(fields=[*leading, *index.fields], name=index.name)


class AddUniqueOnline(migrations.AddConstraint):
    """Add a conditional unique constraint (NULLs excepted, as SQL has it) while the table is written to."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        model = new.apps.get_model(app_label, self.model_name)
        statement = str(unconditional(self.constraint, schema_editor).create_sql(model, schema_editor))
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.constraint.name)}")
            statement = statement.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1)
        schema_editor.execute(statement, None)

    def database_backwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        model = old.apps.get_model(app_label, self.model_name)
        schema_editor.remove_constraint(model, unconditional(self.constraint, schema_editor))


def unconditional(constraint: Any, schema_editor: BaseDatabaseSchemaEditor) -> Any:
    if schema_editor.connection.features.supports_partial_indexes:
        return constraint
    return models.UniqueConstraint(fields=constraint.fields, name=constraint.name)


class CompareExactly(Operation):
    """On MySQL, where text is compared without regard to case, have a column tell "a" from "A" as it does elsewhere."""

    reversible = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        if schema_editor.connection.vendor == "mysql":
            model = new.apps.get_model(app_label, self.model_name)
            field = model._meta.get_field(self.name)
            table, column = map(schema_editor.quote_name, (model._meta.db_table, field.column))
            kind = f"{field.db_type(schema_editor.connection)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            schema_editor.execute(f"ALTER TABLE {table} MODIFY {column} {kind} {'NULL' if field.null else 'NOT NULL'}")

    def database_backwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        pass

    def describe(self) -> str:
        return f"Compare {self.name} of {self.model_name} exactly"


class VacuumOften(Operation):
    """Have PostgreSQL clean a table up while little is dead in it; whoever may not set that goes on without."""

    reversible = True
    settings = {
        "autovacuum_vacuum_scale_factor": "0.01",
        "autovacuum_vacuum_threshold": "1000",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_analyze_threshold": "1000",
    }

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        wanted = ", ".join(f"{name} = {value}" for name, value in self.settings.items())
        self.attempt(schema_editor, new.apps.get_model(app_label, self.model_name), f"SET ({wanted})")

    def database_backwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        table = old.apps.get_model(app_label, self.model_name)
        self.attempt(schema_editor, table, f"RESET ({', '.join(self.settings)})")

    def attempt(self, schema_editor: BaseDatabaseSchemaEditor, model: Model, change: str) -> None:
        if schema_editor.connection.vendor == "postgresql":
            table = schema_editor.quote_name(model._meta.db_table)
            schema_editor.execute(
                f"DO $$ BEGIN ALTER TABLE {table} {change}; "
                "EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR invalid_parameter_value "
                "THEN RAISE NOTICE 'autovacuum is left as it is: %', SQLERRM; END $$",
                params=None,
            )

    def describe(self) -> str:
        return f"Clean up {self.model_name} often"


class GatherStatistics(Operation):
    """Tell PostgreSQL's planner about new columns and indexes now, not when autovacuum comes by."""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            table = new.apps.get_model(app_label, self.model_name)._meta.db_table
            schema_editor.execute(f"ANALYZE {schema_editor.quote_name(table)}")

    def database_backwards(self, app_label: str, schema_editor: Any, old: ProjectState, new: ProjectState) -> None:
        pass

    def describe(self) -> str:
        return f"Gather statistics of {self.model_name}"
