"""What a file is, by its content alone."""

import io
import json
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from chartkeep.formats.sniff import HEAD_SIZE, extension_matches, sniff

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODF_TEXT = "application/vnd.oasis.opendocument.text"


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


def archive(*names: str, mimetype: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        if mimetype:
            file.writestr("mimetype", mimetype)
        for name in names:
            file.writestr(name, "content of " + name)
    return out.getvalue()


def heif(major: bytes, *others: bytes) -> bytes:
    body = major + bytes(4) + b"".join(others)
    return (8 + len(body)).to_bytes(4, "big") + b"ftyp" + body + b"\x00\x00\x01\x00meta"


def dicom() -> bytes:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    dataset.PatientName = "Example^Alice"
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


CDA = (
    '<?xml version="1.0"?>\n<?xml-stylesheet href="x.xsl"?><!-- a > b -->'
    '<ClinicalDocument xmlns:x="y" xmlns="urn:hl7-org:v3">'
)
KNOWN = [
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "application/pdf"),
    (b"junk before\n%PDF-1.4\n", "application/pdf"),
    (picture("PNG"), "image/png"),
    (picture("JPEG"), "image/jpeg"),
    (picture("GIF"), "image/gif"),
    (picture("WEBP"), "image/webp"),
    (picture("TIFF"), "image/tiff"),
    (picture("BMP"), "image/bmp"),
    (heif(b"heic", b"mif1"), "image/heic"),
    (heif(b"mif1", b"miaf", b"heic"), "image/heic"),
    (heif(b"mif1", b"miaf"), "image/heif"),
    (heif(b"avif", b"mif1"), "image/avif"),
    (heif(b"isom", b"mp42"), "video/mp4"),
    (heif(b"qt  "), "video/quicktime"),
    (dicom(), "application/dicom"),
    (archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"), WORD),
    (archive("[Content_Types].xml", "xl/workbook.xml"), SHEET),
    (archive("[Content_Types].xml", "ppt/presentation.xml"), SLIDES),
    (archive("content.xml", mimetype=ODF_TEXT), ODF_TEXT),
    (archive("content.xml", mimetype="application/vnd.oasis.opendocument."), "application/zip"),
    (archive("a.txt"), "application/zip"),
    (archive(), "application/zip"),
    (CDA.encode(), "application/cda+xml"),
    (b'<cda:ClinicalDocument xmlns:cda="urn:hl7-org:v3">', "application/cda+xml"),
    (b'<ClinicalDocument xmlns="http://example.org">', "application/xml"),
    (CDA.encode("utf-16"), "application/cda+xml"),
    (b'<Patient xmlns="http://hl7.org/fhir"><id value="1"/>', "application/fhir+xml"),
    (b'<!DOCTYPE html><html lang="en">', "text/html"),
    (b'<svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml"),
    (b"<?xml version='1.0'?>", "application/xml"),
    (b"< 5 mg daily", "text/plain"),
    (json.dumps({"resourceType": "Bundle", "entry": []}).encode(), "application/fhir+json"),
    (b'\n{ "id": "1",\n "resourceType" : "Observation"', "application/fhir+json"),
    (b'{"verifiableCredential": ["eyJ"]}', "application/smart-health-card"),
    (b'{"a": 1}', "application/json"),
    (b"[1, 2]", "application/json"),
    (b"{\\rtf1\\ansi hello}", "application/rtf"),
    ("Blutdruck 120/80, Größe 1,80 m\n".encode(), "text/plain"),
    ("\ufeffwith a mark".encode(), "text/plain"),
    ("Größe".encode("utf-16"), "text/plain"),
    (b"BMI 24.1, weight 70 kg", "text/plain"),
    (b"ID3 is not a tag here", "text/plain"),
    (b"%PDF- is how such files begin", "text/plain"),
    (b"MSH|^~\\&|LAB\rPID|1", "text/plain"),
    ("Größe".encode("latin-1"), "application/octet-stream"),
    (b"\x00\x01\x02\x03", "application/octet-stream"),
    (b"text with a \x00 in it", "application/octet-stream"),
    (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
    (b"RIFF\x00\x00\x00\x00????", "application/octet-stream"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"", "application/octet-stream"),
]


@pytest.mark.parametrize(("content", "media_type"), KNOWN, ids=[f"{n}-{t}" for n, (_, t) in enumerate(KNOWN)])
def test_knows_a_file_by_its_content(content, media_type):
    assert sniff(content) == media_type


def test_reads_a_text_whose_last_character_is_cut_in_two():
    text = ("x" * (HEAD_SIZE - 1) + "é").encode()
    assert sniff(text[:HEAD_SIZE]) == "text/plain"


def test_looks_no_further_than_the_head():
    assert sniff(b"a" * HEAD_SIZE + b"\x00\xff") == "text/plain"


@given(st.binary(max_size=HEAD_SIZE + 64))
@example(b"PK\x03\x04")
@example(b"PK\x03\x04" + b"\xff" * 40)
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8")
@example(b"\x00\x00\x00\x00ftyp")
@example(b"\xff\xff\xff\xffftypmif1")
def test_never_fails_whatever_the_bytes(content):
    assert "/" in sniff(content)


@given(st.sampled_from([content for content, _ in KNOWN]), st.data())
def test_never_fails_on_damaged_files(content, data):
    cut = data.draw(st.integers(0, len(content)))
    junk = data.draw(st.binary(max_size=32))
    assert "/" in sniff(content[:cut] + junk + content[cut:])


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<!-- -->",
        "<!DOCTYPE [",
        "<?",
        "<!DOCTYPE " + " " * 90,
        "<a:",
        "PK\x03\x04",
        '"resourceType" ',
    ],
)
def test_takes_no_longer_for_hostile_text(piece):
    for _ in range(20):
        sniff((piece * HEAD_SIZE)[:HEAD_SIZE].encode())


@pytest.mark.parametrize(
    ("name", "media_type", "matches"),
    [
        ("a.pdf", "application/pdf", True),
        ("a.PDF", "application/pdf", True),
        ("a.pdf", "image/png", False),
        ("a.pdf", "application/octet-stream", False),
        ("a.jpeg", "image/jpeg", True),
        ("a.heic", "image/heif", True),
        ("a.dcm", "application/octet-stream", True),
        ("a.csv", "text/plain", True),
        ("a.txt", "application/fhir+json", True),
        ("a.txt", "application/pdf", False),
        ("a.docx", "application/zip", True),
        ("a.xml", "application/cda+xml", True),
        ("a.unheard", "application/pdf", True),
        ("no extension", "application/pdf", True),
    ],
)
def test_flags_an_extension_that_lies(name, media_type, matches):
    assert extension_matches(name, media_type) is matches
