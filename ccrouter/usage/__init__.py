"""What requests used and what that cost, by session. Nothing here does I/O."""
