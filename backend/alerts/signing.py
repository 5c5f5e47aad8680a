"""Making a signed CAP message of a short YAML file: for drills, and where there is no system that makes them.

```yaml
status: Exercise            # Actual, Exercise, Test, System, Draft; Exercise where it is not said
type: Alert                 # Alert, Update, Cancel; Alert where it is not said
references: []              # of an Update or Cancel: "sender,identifier,sent", as `alert sign` printed them
severity: Severe            # Extreme, Severe, Moderate, Minor, Unknown
urgency: Immediate          # Immediate, Expected, Future, Past, Unknown
certainty: Observed         # Observed, Likely, Possible, Unlikely, Unknown
category: Met
hours: 6                    # from now until it is over
geocode: {"GB/T 2260": "371621"}
zh: {event: 暴雨, headline: …, instruction: …, description: …, area: …, sender: …, contact: …}
en: {event: Rainstorm, headline: …, instruction: …, description: …, area: …, sender: …}
```

`zh` and `en` may have their own `severity` and the rest; one of the two may be missing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from backend.alerts.cap import NAMESPACE, read
from backend.clock import COUNTY_TIME
from foundation.private_file import write_private

MAX_YAML = 64 << 10
KEY_DAYS = 825


class DraftWrong(Exception):
    """A draft cannot become a message. Carries why."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Line = Annotated[str, Field(min_length=1, max_length=300)]


class Wording(_Model):
    """What is said in one language."""

    event: Annotated[str, Field(min_length=1, max_length=200)]
    headline: Line
    instruction: Annotated[str, Field(max_length=3000)] = ""
    description: Annotated[str, Field(max_length=6000)] = ""
    area: Line
    sender: Annotated[str, Field(max_length=200)] = ""
    contact: Annotated[str, Field(max_length=300)] = ""


class Draft(_Model):
    """A message as it is written down."""

    status: Literal["Actual", "Exercise", "Test", "System", "Draft"] = "Exercise"
    type: Literal["Alert", "Update", "Cancel"] = "Alert"
    references: tuple[str, ...] = ()
    note: str = ""
    severity: Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"] = "Unknown"
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"] = "Unknown"
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"] = "Unknown"
    category: str = "Other"
    hours: Annotated[float, Field(gt=0, le=168)] = 6.0
    onset: datetime | None = None
    geocode: dict[str, str] = Field(default_factory=dict)
    zh: Wording | None = None
    en: Wording | None = None


def draft_of(file: Path) -> Draft:
    """What a YAML file says. Raises DraftWrong, OSError."""
    data = file.read_bytes()
    if len(data) > MAX_YAML:
        raise DraftWrong(f"larger than {MAX_YAML} bytes")
    try:
        return Draft.model_validate(yaml.safe_load(data))
    except yaml.YAMLError as error:
        raise DraftWrong(" ".join(str(error).split())) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DraftWrong(f"{place}: {first['msg']}" if place else first["msg"]) from None


def message(draft: Draft, sender: str, now: datetime, identifier: str = "") -> etree._Element:
    """The CAP message of a draft, not signed yet; sent now. Raises CapError where the standard forbids it."""
    alert = etree.fromstring(f'<alert xmlns="{NAMESPACE}"/>'.encode())
    _put(alert, "identifier", identifier or f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}")
    _put(alert, "sender", sender)
    _put(alert, "sent", written(now))
    _put(alert, "status", draft.status)
    _put(alert, "msgType", draft.type)
    _put(alert, "scope", "Public")
    _put(alert, "note", draft.note)
    _put(alert, "references", " ".join(draft.references))
    for language, wording in (("zh-CN", draft.zh), ("en-US", draft.en)):
        if wording is not None:
            _add_info(alert, language, draft, wording, now)
    read(alert)
    return alert


def reference(alert: etree._Element) -> str:
    """How another message refers to this one (§3.2.1): ``sender,identifier,sent``."""
    return ",".join(
        alert.findtext(f"{{{NAMESPACE}}}{name}") or "" for name in ("sender", "identifier", "sent")
    )


def sign(alert: etree._Element, key: bytes, certificate: bytes) -> bytes:
    """The message with an enveloped signature over the whole of it (§3.3.4.1). key, certificate: PEM.

    Raises ValueError where they cannot be used.
    """
    private = serialization.load_pem_private_key(key, password=None)
    method = (
        SignatureMethod.ECDSA_SHA256
        if isinstance(private, ec.EllipticCurvePrivateKey)
        else SignatureMethod.RSA_SHA256
    )
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=method,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(alert, key=key, cert=certificate.decode("ascii"))
    return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))


def make_key(sender: str, folder: Path, now: datetime) -> tuple[Path, Path]:
    """A new key (ECDSA P-256) and its certificate, for drills; gives their files. Raises OSError."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, sender[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=KEY_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    files = folder / "alert-key.pem", folder / "alert-certificate.pem"
    plain = serialization.NoEncryption()
    write_private(files[0], key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    write_private(files[1], certificate.public_bytes(pem))
    return files


def written(moment: datetime) -> str:
    """A moment as CAP writes it (§3.3.2), by the county's clock."""
    return moment.astimezone(COUNTY_TIME).isoformat(timespec="seconds")


def _add_info(alert: etree._Element, language: str, draft: Draft, wording: Wording, now: datetime) -> None:
    info = etree.SubElement(alert, f"{{{NAMESPACE}}}info")
    _put(info, "language", language)
    _put(info, "category", draft.category)
    _put(info, "event", wording.event)
    _put(info, "urgency", draft.urgency)
    _put(info, "severity", draft.severity)
    _put(info, "certainty", draft.certainty)
    _put(info, "effective", written(now))
    _put(info, "onset", written(draft.onset) if draft.onset else "")
    _put(info, "expires", written(now + timedelta(hours=draft.hours)))
    _put(info, "senderName", wording.sender)
    _put(info, "headline", wording.headline)
    _put(info, "description", wording.description)
    _put(info, "instruction", wording.instruction)
    _put(info, "contact", wording.contact)
    area = etree.SubElement(info, f"{{{NAMESPACE}}}area")
    _put(area, "areaDesc", wording.area)
    for scheme, value in draft.geocode.items():
        code = etree.SubElement(area, f"{{{NAMESPACE}}}geocode")
        _put(code, "valueName", scheme)
        _put(code, "value", value)


def _put(parent: etree._Element, name: str, text: str) -> None:
    if text:
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text
