"""A Django app, because huey looks for tasks in ``tasks.py`` of apps."""
