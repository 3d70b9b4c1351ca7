"""Configurations of other programs, read as ours: pure, one reader a format. `ccr import` and `ccr start` use them."""
