"""The contestants: how each is installed, configured and started."""
