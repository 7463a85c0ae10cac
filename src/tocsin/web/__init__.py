"""The API, and later the console: each resource is one file."""
