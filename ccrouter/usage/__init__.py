"""What requests used and what that cost, by session. No I/O but for the price table out of the package."""
