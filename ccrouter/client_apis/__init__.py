"""The APIs that clients speak to the router: requests into the neutral model, events into answers. Without I/O."""
