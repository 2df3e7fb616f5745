"""What a platform's statement, our own orders and the bank must agree on: pure rules and records; no SQL, no clock."""
