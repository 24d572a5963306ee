"""The key pair that signs what a phone keeps: ECDSA over P-256, made at the first use, in the instance folder.

P-256 because every browser's WebCrypto has it. A new pair does no harm: a phone takes the new public key with the next
page that a signal brings, and what it kept before stays good under the old one for its day.
"""

import base64
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

FILE = "snapshot-key.pem"
_BYTES = 32  # of each of a signature's two numbers


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs bytes. `public`: the public key as WebCrypto takes it (SPKI, base64)."""

    _key: "ec.EllipticCurvePrivateKey"
    public: str

    def sign(self, content: bytes) -> str:
        """The signature, r and s one after the other as WebCrypto takes it, in base64."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        r, s = decode_dss_signature(self._key.sign(content, ec.ECDSA(hashes.SHA256())))
        return base64.b64encode(r.to_bytes(_BYTES, "big") + s.to_bytes(_BYTES, "big")).decode()


@lru_cache(maxsize=8)
def signer(instance: Path) -> Signer:
    """The signer of an installation. Raises OSError or ValueError when its file cannot be made or read."""
    # Loaded with the first snapshot that is signed: 5 MB, and a tenth of a second of every command's start.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    path = instance / FILE
    if not path.exists():
        _make(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"{path} holds no key for P-256: delete it, and a new one is made")
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Signer(key, base64.b64encode(public).decode())


def _make(path: Path) -> None:
    """Two may start at once: each writes its own file, the first link wins, both read the winner."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
