"""What a consensus client says, by the Beacon API: slots, keys, typed answers, events, requests, and their tables."""
