"""One module a queue, all of the same face, and the settings of its bare Django project beside it.

``worker_commands(processes, eager)``, ``enqueue(name, count)``, ``unfinished()``, ``runners()``, ``times(count)``,
``forget()``; ``name`` is "noop" or "nap".
"""
