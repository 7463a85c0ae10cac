"""Who may do what: logging in, users, keys, sessions, and the audit of it all."""
