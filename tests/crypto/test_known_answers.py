"""Published answers. Where a published vector uses a size that our functions refuse, it is held against the
second implementation (vectors/check.py), which the project's own vectors tie to the first."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.crypto.vectors import check

from chartkeep.crypto import merkle
from chartkeep.crypto.derivation import Label, derive
from chartkeep.crypto.fernet import open_foreign_token, open_token


@pytest.mark.parametrize(
    ("key", "blob"),
    [
        (
            "c37b7e6492584340bed12207808941155068f738",
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ),
        ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
    ],
)
def test_unwraps_the_keys_of_rfc_5649(key: str, blob: str) -> None:
    kek = bytes.fromhex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
    assert check.kwp_unwrap(kek, bytes.fromhex(blob)).hex() == key


def test_expands_as_rfc_5869_test_case_1() -> None:
    okm = check.hkdf_sha256(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert okm.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_expands_as_rfc_5869_test_case_3() -> None:
    okm = check.hkdf_sha256(b"\x0b" * 22, b"", b"", 42)
    assert okm.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


@pytest.mark.parametrize("label", list(Label))
@pytest.mark.parametrize("salt", [None, b"a salt"])
def test_derives_as_the_second_implementation(label: Label, salt: bytes | None) -> None:
    key = bytes(range(32))
    assert derive(key, label, salt=salt) == check.hkdf_sha256(key, salt or b"", label.value.encode(), 32)


def test_encrypts_as_the_gcm_specification_test_cases_13_and_14() -> None:
    cipher = AESGCM(bytes(32))
    assert cipher.encrypt(bytes(12), b"", None).hex() == "530f8afbc74536b9a963b4f1c4cb738b"
    assert cipher.encrypt(bytes(12), bytes(16), None).hex() == (
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    )


def test_opens_the_token_of_the_fernet_specification() -> None:
    token = b"gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
    text = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
    assert open_foreign_token(text, token) == b"hello"
    key = bytes.fromhex("730ff4c7af3d46923e8ed451ee813c87f790b0a226bc96a92de49b5e9c05e1ee")
    assert open_token(key, token) == b"hello"
    assert check.fernet_open(token, key) == b"hello"


CT_ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_hashes_the_trees_of_certificate_transparency(size: int) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in CT_ENTRIES[:size]]
    assert merkle.root(leaves).hex() == CT_ROOTS[size]
