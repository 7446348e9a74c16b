"""A shop's background work to try the console with: tasks, a fortnight of history, and one command to run it all."""
