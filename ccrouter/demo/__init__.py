"""The demo: a small provider of our own, and one request of each scenario through the daemon to it."""
