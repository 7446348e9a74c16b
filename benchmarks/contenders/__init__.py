"""The queues that are compared. Each runs in processes of its own, with settings of its own."""
