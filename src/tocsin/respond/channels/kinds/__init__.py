"""One module is one kind of channel."""
