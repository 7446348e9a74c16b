"""Measurements of the queue beside its peers, in one run on one machine: python -m benchmarks quick."""
