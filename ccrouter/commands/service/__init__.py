"""`ccr service`: the daemon as a service of the user's own, installed, removed, looked at."""
