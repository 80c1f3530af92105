"""Cobblestone-256, C2SP chunked-encryption with SHA-512 and AES-256-GCM (section 2).

https://c2sp.org/chunked-encryption. Messages here are bare: salt, commitment, chunks, no preamble, so public
test vectors apply as they are. Memory stays constant at any size: about 2 MiB for each stream.

A sink is anything with ``write(data)`` and a source anything with ``read(n)``. A sink is handed a view of a
buffer that is used again: it must have copied or written the bytes before it returns. It gets plaintext
only after the chunk it belongs to was authenticated.
"""

from chartkeep.crypto.cobblestone.decrypting import decrypt_stream
from chartkeep.crypto.cobblestone.encrypting import Encryptor, encrypt_stream
from chartkeep.crypto.cobblestone.reader import ReadAt, Reader
from chartkeep.crypto.cobblestone.scheme import CHUNK_BYTES, ciphertext_size, plaintext_size
from chartkeep.crypto.cobblestone.streams import Sink, Source

__all__ = [
    "CHUNK_BYTES",
    "Encryptor",
    "ReadAt",
    "Reader",
    "Sink",
    "Source",
    "ciphertext_size",
    "decrypt_stream",
    "encrypt_stream",
    "plaintext_size",
]
