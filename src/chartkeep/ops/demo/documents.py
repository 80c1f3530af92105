"""Documents of people who do not exist: a PDF, a photo, a DICOM image, FHIR and C-CDA."""

import io
import json
import math
from datetime import date

from PIL import Image, ImageDraw

_WIDTH, _HEIGHT = 595, 842  # A4 in points


def pdf(title: str, lines: list[str]) -> bytes:
    """A one-page PDF 1.4 with a title and lines of text."""
    text = [b"BT /F2 18 Tf 56 780 Td (" + _escaped(title) + b") Tj ET"]
    for number, line in enumerate(lines):
        text.append(f"BT /F1 11 Tf 56 {740 - 18 * number} Td (".encode() + _escaped(line) + b") Tj ET")
    content = b"\n".join(text)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % (_WIDTH, _HEIGHT),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    ]
    out, places = io.BytesIO(b""), []
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def photo(caption: str) -> bytes:
    """A drawn JPEG that looks a little like a photographed prescription."""
    picture = Image.new("RGB", (1200, 1600), (236, 232, 222))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((120, 140, 1080, 1460), fill=(252, 252, 250), outline=(180, 176, 168), width=4)
    draw.text((180, 200), caption, fill=(20, 40, 90), font_size=52)
    for number in range(9):
        draw.line((180, 420 + 96 * number, 1020, 420 + 96 * number), fill=(190, 200, 215), width=3)
    draw.text((180, 360), "Amoxicillin 250 mg / 5 ml", fill=(30, 30, 30), font_size=44)
    draw.text((180, 456), "three times a day for 7 days", fill=(30, 30, 30), font_size=44)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def dicom(patient: str, born: date, taken: date) -> bytes:
    """A DICOM image (CR, 256 by 256, 8 bits) of rings: nobody's hand."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    image.PatientName, image.PatientID = patient.replace(" ", "^"), "DEMO"
    image.PatientBirthDate, image.StudyDate = born.strftime("%Y%m%d"), taken.strftime("%Y%m%d")
    image.Modality, image.BodyPartExamined, image.StudyDescription = "CR", "HAND", "Hand, two planes"
    image.Rows = image.Columns = 256
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = bytes(
        int(127 + 120 * math.sin(math.hypot(row - 128, column - 128) / 6))
        for row in range(256)
        for column in range(256)
    )
    out = io.BytesIO()
    image.save_as(out, enforce_file_format=True)
    return out.getvalue()


def fhir(given: str, family: str, born: date) -> bytes:
    """A FHIR R4 bundle with a patient and an allergy."""
    patient = {
        "resourceType": "Patient",
        "name": [{"given": [given], "family": family}],
        "birthDate": born.isoformat(),
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": "urn:uuid:5f1c1d0e-0000-4000-8000-000000000001"},
        "code": {"text": "Hazelnut"},
        "criticality": "high",
    }
    entries = [
        {"fullUrl": f"urn:uuid:5f1c1d0e-0000-4000-8000-00000000000{number}", "resource": resource}
        for number, resource in enumerate((patient, allergy), 1)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=1).encode()


def cda(given: str, family: str, born: date) -> bytes:
    """A small C-CDA document with one narrative section."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ClinicalDocument xmlns="urn:hl7-org:v3">\n'
        " <title>Discharge letter</title>\n"
        f" <recordTarget><patientRole><patient><name><given>{given}</given><family>{family}</family></name>"
        f'<birthTime value="{born:%Y%m%d}"/></patient></patientRole></recordTarget>\n'
        " <component><structuredBody><component><section><title>Course</title>"
        "<text>Tonsillectomy without complications. Soft food for ten days.</text>"
        "</section></component></structuredBody></component>\n"
        "</ClinicalDocument>\n"
    ).encode()


def _escaped(text: str) -> bytes:
    plain = text.encode("cp1252", "replace")
    return plain.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
