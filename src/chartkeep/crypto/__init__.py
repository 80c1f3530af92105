"""The cryptography of Chartkeep: bytes in, bytes out, no framework.

What it protects
    Whoever holds the storage, the database or a backup of either, but not the master key, learns of a file
    only its size and its suite, and of a sealed field only its length. Any change to what was sealed is
    noticed before a changed byte is released: bits flipped, chunks cut, dropped, doubled, swapped or
    appended, an object put in another's place or back to an older version. Every file has a key of its own,
    so destroying one wrapped key erases one file, also in copies.

What it does not protect
    Sizes and times. Anything from whoever holds the master key, or reads the memory of a running process:
    Python copies and frees memory as it likes, so key bytes cannot be wiped for certain. That an object is
    there at all: deleting it is noticed, not prevented. A share token proves nothing about who made it:
    the public key alone can make one (the database row is the authority, `tokens`).

What old data may expect of new code
    Everything stored names its format (the preamble of an object, the first byte of a field, the version of
    a wrapped key). A format that was ever released stays readable; labels and contexts never change meaning
    and are never used twice. What this code does not know it refuses, it does not guess.

Modules: `cobblestone` (files: C2SP chunked-encryption), `container` (the stored object, both suites),
`fernet` (the second suite), `derivation` (HKDF and its labels), `keys` (key types, the keyring),
`wrapping` (AES-256-KWP), `fields` (database fields), `tokens`, `claims` and `rsa_keys` (share tokens),
`merkle` (the audit log's tree), `digests`, `errors`. Section numbers in docstrings are those of the
project's cryptography design, which docs/encryption-policy.md tells to users. Only this package imports
`cryptography` and `joserfc`.

One object of this package serves one thread at a time; keys and keyrings, which never change, serve any
number.
"""
