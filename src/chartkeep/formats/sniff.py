"""What a file is, by its content alone.

A table of our own rather than a library: the formats that matter here (DICOM, FHIR, CDA, HEIF brands,
office files inside ZIP) need a look beyond a fixed signature, which the framework-free libraries either
do not do or do by reading the whole file from disk; the plain signatures that remain are a dozen lines.

Pure functions of the first few KiB. They never raise, whatever the bytes are, and their answer is a hint
for people and for the choice of a viewer, never a reason to trust the content.
"""

import re
from collections.abc import Iterator

from chartkeep.formats.names import extension_of

HEAD_SIZE = 4096
UNKNOWN = "application/octet-stream"
PLAIN_TEXT = "text/plain"
DICOM = "application/dicom"
FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"
CDA = "application/cda+xml"  # not registered; C-CDA documents travel as text/xml otherwise
HEALTH_CARD = "application/smart-health-card"

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_ODF = "application/vnd.oasis.opendocument."

# offset, bytes, type: at most one matches any file
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", DICOM),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"II+\x00", "image/tiff"),
    (0, b"MM\x00+", "image/tiff"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"ID3\x03\x00", "audio/mpeg"),
    (0, b"ID3\x04\x00", "audio/mpeg"),
    (0, b"OggS\x00", "application/ogg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
)
_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"hevc": "image/heic-sequence", b"hevx": "image/heic-sequence",
    b"mif1": "image/heif", b"msf1": "image/heif-sequence",
    b"avif": "image/avif", b"avis": "image/avif",
    b"qt  ": "video/quicktime", b"M4A ": "audio/mp4",
}  # fmt: skip
_TEXTUAL = frozenset(
    {PLAIN_TEXT, "application/json", FHIR_JSON, HEALTH_CARD, "application/xml", FHIR_XML, CDA, "text/html"}
)
_MARKUP = _TEXTUAL | {"image/svg+xml"}
_HEIF = frozenset({"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"})
_OLE = frozenset({"application/x-ole-storage"})
_EXTENSIONS: dict[str, frozenset[str]] = {
    "pdf": frozenset({"application/pdf"}),
    "jpg": frozenset({"image/jpeg"}), "jpeg": frozenset({"image/jpeg"}),
    "png": frozenset({"image/png"}),
    "gif": frozenset({"image/gif"}),
    "webp": frozenset({"image/webp"}),
    "bmp": frozenset({"image/bmp"}),
    "tif": frozenset({"image/tiff"}), "tiff": frozenset({"image/tiff"}),
    "heic": _HEIF, "heif": _HEIF,
    "avif": frozenset({"image/avif"}),
    "dcm": frozenset({DICOM, UNKNOWN}),  # old DICOM files have no preamble
    "zip": frozenset({"application/zip"}),
    "docx": frozenset({_WORD, "application/zip"}),
    "xlsx": frozenset({_SHEET, "application/zip"}),
    "pptx": frozenset({_SLIDES, "application/zip"}),
    "odt": frozenset({_ODF + "text"}),
    "ods": frozenset({_ODF + "spreadsheet"}),
    "odp": frozenset({_ODF + "presentation"}),
    "doc": _OLE | {"application/rtf"}, "xls": _OLE, "ppt": _OLE,
    "rtf": frozenset({"application/rtf"}),
    "json": frozenset({"application/json", FHIR_JSON, HEALTH_CARD}),
    "xml": frozenset({"application/xml", FHIR_XML, CDA}),
    "svg": frozenset({"image/svg+xml"}),
    "html": _MARKUP, "htm": _MARKUP,
    "txt": _TEXTUAL, "text": _TEXTUAL, "csv": _TEXTUAL, "md": _TEXTUAL, "log": _TEXTUAL,
    "mp4": frozenset({"video/mp4", "audio/mp4"}), "m4v": frozenset({"video/mp4"}),
    "m4a": frozenset({"audio/mp4", "video/mp4"}),
    "mov": frozenset({"video/quicktime"}),
    "mp3": frozenset({"audio/mpeg"}),
}  # fmt: skip

_PROLOGUE = re.compile(
    r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)([^<>]*)")
_JSON_START = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]\d tfn-])")
_RESOURCE = re.compile(r"\"resourceType\"\s*:\s*\"[A-Z]")
_ENTRY = b"PK\x03\x04"


def sniff(head: bytes) -> str:
    """The media type of a file that begins with ``head`` (its first ``HEAD_SIZE`` bytes, or all of it)."""
    head = bytes(head[:HEAD_SIZE])
    for offset, magic, media_type in _SIGNATURES:
        if head.startswith(magic, offset):
            return media_type
    for look in (_pdf, _bmp, _riff, _boxes, _zip, _text):
        found = look(head)
        if found:
            return found
    return UNKNOWN


def extension_matches(file_name: str, media_type: str) -> bool:
    """Whether the extension of a name may stand on content of this type; unknown extensions may on any."""
    allowed = _EXTENSIONS.get(extension_of(file_name)[1:].casefold())
    return allowed is None or media_type in allowed


def _pdf(head: bytes) -> str:
    # readers accept the header anywhere in the first KiB (ISO 32000-1, annex H.3.4.1)
    return "application/pdf" if re.search(rb"%PDF-\d\.\d", head[:1024]) else ""


def _bmp(head: bytes) -> str:
    # two letters begin many a text: the reserved zeros behind the length decide
    return "image/bmp" if head.startswith(b"BM") and head[6:10] == bytes(4) else ""


def _riff(head: bytes) -> str:
    if head[:4] != b"RIFF":
        return ""
    return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")


def _boxes(head: bytes) -> str:
    """ISO base media files: the major brand decides, unless it is a general one (ISO/IEC 23008-12)."""
    if head[4:8] != b"ftyp":
        return ""
    length = min(int.from_bytes(head[:4], "big"), 256)
    major = head[8:12]
    brands = [head[at : at + 4] for at in range(16, length - 3, 4)]
    if major == b"mif1" and any(_BRANDS.get(brand) == "image/heic" for brand in brands):
        return "image/heic"
    return _BRANDS.get(major, "video/mp4")


def _zip(head: bytes) -> str:
    if not head.startswith((_ENTRY, b"PK\x05\x06")):
        return ""
    for name, content in _entries(head):
        if name == b"mimetype" and content.startswith(_ODF.encode()):
            kind = re.match(rb"[a-z-]+", content[len(_ODF) :])
            return _ODF + kind.group().decode() if kind else "application/zip"
        for folder, media_type in ((b"word/", _WORD), (b"xl/", _SHEET), (b"ppt/", _SLIDES)):
            if name.startswith(folder):
                return media_type
    return "application/zip"


def _entries(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and beginning of the content of each local entry in sight (APPNOTE 4.3.7)."""
    at = head.find(_ENTRY)
    while at >= 0:
        length = int.from_bytes(head[at + 26 : at + 28], "little")
        extra = int.from_bytes(head[at + 28 : at + 30], "little")
        start = at + 30 + length + extra
        # a stored entry of unknown end: "mimetype" is shorter than this
        yield head[at + 30 : at + 30 + length], head[start : start + 80].partition(b"PK")[0]
        at = head.find(_ENTRY, at + 4)


def _text(head: bytes) -> str:
    text = _decoded(head)
    if text is None:
        return ""
    if _JSON_START.match(text):
        return _json(text)
    if text.lstrip().startswith("<"):
        return _markup(text) or PLAIN_TEXT
    return PLAIN_TEXT


def _decoded(head: bytes) -> str | None:
    """The head as text, or nothing when it is none; its last character may be cut in two."""
    if not head:
        return None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, head = "utf-16", head[: len(head) // 2 * 2]
    else:
        encoding = "utf-8-sig"
    try:
        text = head.decode(encoding)
    except UnicodeDecodeError as problem:
        if len(head) < HEAD_SIZE or problem.start < len(head) - 3:
            return None
        text = head[: problem.start].decode(encoding)
    return None if any(char < " " and char not in "\t\n\r\f\x1b" for char in text) or "\x7f" in text else text


def _json(text: str) -> str:
    if _RESOURCE.search(text):
        return FHIR_JSON
    return HEALTH_CARD if '"verifiableCredential"' in text else "application/json"


def _markup(text: str) -> str:
    prologue = _PROLOGUE.match(text)
    root = _ROOT.match(text, prologue.end() if prologue else 0)
    if root is None:
        return "application/xml" if text.lstrip().startswith("<?xml") else ""
    name, attributes = root.groups()
    if name.casefold() == "html":
        return "text/html"
    if name == "ClinicalDocument" and "urn:hl7-org:v3" in attributes:
        return CDA
    if name == "svg":
        return "image/svg+xml"
    return FHIR_XML if "http://hl7.org/fhir" in attributes else "application/xml"
