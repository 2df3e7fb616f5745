"""Is this the password? Kept only as argon2 hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
SHORTEST = 10


def password_hash(password: str) -> str:
    """Return the argon2id hash of a password, with its salt and cost inside."""
    return _HASHER.hash(password)


def password_fits(password: str, *, hashed: str) -> bool:
    """Say whether a password is the one that was hashed.

    >>> password_fits("a long sentence", hashed=password_hash("a long sentence"))
    True
    >>> password_fits("another", hashed=password_hash("a long sentence"))
    False
    """
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
