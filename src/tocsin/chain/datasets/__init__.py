"""One dataset a module: its columns, their units, where they come from and, if derived, how."""
