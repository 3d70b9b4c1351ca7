"""`ccr provider`: providers added, listed, tested and removed. `ccr add-gemini-balance` is one of its ways in."""
