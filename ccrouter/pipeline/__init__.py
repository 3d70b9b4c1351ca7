"""What stands between the neutral model and one target: hooks, dialect, bytes."""
