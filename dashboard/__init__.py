"""The operators' console of django-simple-queue: a reusable app over the queue's public face."""
