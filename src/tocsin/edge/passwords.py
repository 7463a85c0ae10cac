"""
Passwords: argon2id, with the parameters of RFC 9106, section 4 (second recommended option: 3 passes, 64 MiB, 4 lanes),
which is above the least of the OWASP password storage cheat sheet (19 MiB, 2 passes).

An older hash with other parameters still verifies, and is made anew at the next login.
"""

import threading
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

AT_ONCE = 4
"""Hashes made at the same time, in the whole process: 64 MiB each. More wait, so that logins cannot eat the memory."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """Makes and verifies hashes, a few at a time."""

    hasher: PasswordHasher = field(default_factory=lambda: PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY))
    turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    def hash(self, password: str) -> str:
        """The hash of a password, with its salt and parameters."""
        with self.turns:
            return self.hasher.hash(password)

    def is_right(self, hashed: str, password: str) -> bool:
        """Whether it is the password; takes as long for an empty or unknown hash as for any other."""
        with self.turns:
            try:
                return self.hasher.verify(hashed or self._nobody(), password) and bool(hashed)
            except (VerificationError, InvalidHashError):
                return False

    def is_old(self, hashed: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self.hasher.check_needs_rehash(hashed)

    def _nobody(self) -> str:
        """A well-formed hash that no password has, of today's parameters: a name that nobody has costs the same."""
        used = self.hasher
        parameters = f"m={used.memory_cost},t={used.time_cost},p={used.parallelism}"
        return f"$argon2id$v=19${parameters}$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
