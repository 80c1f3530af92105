"""QR codes (ISO/IEC 18004) of links, made to be scanned from a phone's screen.

Error correction: M for short links, L for those whose version at M would exceed 28, where cameras begin to
fail. The quiet zone is four modules.
"""

import io

import segno

from chartkeep.lib.errors import InvalidInputError

MAX_VERSION = 28
# What version 28 holds in byte mode at each level (ISO/IEC 18004 table 7).
_MOST_BYTES = {"m": 1190, "l": 1528}
_QUIET_ZONE = 4
_SCALES = range(4, 41)


def svg(text: str, *, title: str = "QR code") -> str:
    """The code as an SVG document that scales, without style or class, titled for screen readers."""
    out = io.BytesIO()
    _code(text).save(
        out,
        kind="svg",
        border=_QUIET_ZONE,
        omitsize=True,
        xmldecl=False,
        title=title,
        svgclass=None,
        lineclass=None,
        light="#fff",
        dark="#000",
    )
    return out.getvalue().decode()


def png(text: str, *, scale: int = 6) -> bytes:
    """The code as a PNG file, ``scale`` pixels a module, 4 to 40.

    Raises:
        InvalidInputError: the scale is another.
    """
    if scale not in _SCALES:
        raise InvalidInputError(field="scale", problem="give 4 to 40 pixels")
    out = io.BytesIO()
    _code(text).save(out, kind="png", border=_QUIET_ZONE, scale=scale)
    return out.getvalue()


def version(text: str) -> int:
    """The version, 1 to 40: the larger, the finer the code."""
    return int(_code(text).version)


def fits(text: str) -> bool:
    """Whether a code of the text scans reliably: version 28 or less."""
    return len(text.encode()) <= _MOST_BYTES["l"]


def _code(text: str) -> segno.QRCode:
    level = "m" if len(text.encode()) <= _MOST_BYTES["m"] else "l"
    return segno.make_qr(text, error=level, boost_error=False)
