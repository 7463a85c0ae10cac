"""Who may do what: roles, scopes, passwords, keys, and how often somebody may try."""
