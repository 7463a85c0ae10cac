"""
Which passwords are taken: long ones. No rules about kinds of characters, and no forced change (NIST SP 800-63B, 3.1.1).
"""

import unicodedata

from tocsin.model.errors import Unacceptable

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 1_024
"""A bound, so that nobody makes the server hash megabytes."""
LEAST_DIFFERENT = 5
"""Different characters: aaaaaaaaaaaa is long and no secret."""


def checked(password: str, user: str) -> str:
    """The password in the one form it is hashed in (NFKC). Raises `Unacceptable`; never repeats it."""
    normal = normalised(password)
    if len(normal) < LEAST_CHARACTERS:
        raise Unacceptable(f"password: at least {LEAST_CHARACTERS} characters; several words are easy to remember")
    if len(normal) > MOST_CHARACTERS:
        raise Unacceptable(f"password: at most {MOST_CHARACTERS} characters")
    if len(set(normal)) < LEAST_DIFFERENT:
        raise Unacceptable("password: the same few characters over and over are soon guessed; take several words")
    if normal.casefold().strip() in (user, user * 2, user * 3, "tocsin" * 2, "passwordpassword", "123456789012"):
        raise Unacceptable("password: it is the first one anybody tries; take several words")
    return normal


def normalised(password: str) -> str:
    """The password however a keyboard composed its characters."""
    return unicodedata.normalize("NFKC", password)
