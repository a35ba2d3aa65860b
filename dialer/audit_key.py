"""The key that signs the audit trail's checkpoints: from the settings, or a file in data_dir that is made once."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from campaigns.audit.checkpoints import KEY_BYTES, KeyProblem, private_key, public_key
from dialer.settings import Settings, SettingsProblem

FILE = "audit.key"


def key_file(settings: Settings) -> Path:
    return settings.data_dir / FILE


def existing_key(settings: Settings) -> Ed25519PrivateKey | None:
    """The key, or None when there is none yet; raises SettingsProblem when what is there is none."""
    given = settings.audit_key.get_secret_value()
    path = key_file(settings)
    try:
        return private_key(given or path.read_text())
    except FileNotFoundError:
        return None
    except KeyProblem as problem:
        mend = "restore it from a backup, or move it away and a new one is made: old checkpoints then need its public"
        raise SettingsProblem(f"{path}: {problem}; {mend} key in audit_trusted_keys") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsProblem(f"{path} cannot be read ({type(problem).__name__}): may this user read it?") from None


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The key; made when there is none (readable by its owner only). Raises SettingsProblem."""
    found = existing_key(settings)
    if found is not None:
        return found
    path = key_file(settings)
    part = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # never over another: two servers that start together must sign with one key
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    except OSError as problem:
        raise SettingsProblem(
            f"the key of the audit trail cannot be written to {path} ({problem.strerror}): make data_dir writable, or"
            " set PROMISELINE_AUDIT_KEY (openssl rand -base64 32)"
        ) from None
    made = existing_key(settings)
    assert made is not None  # noqa: S101 - written or found above
    return made


def trusted_keys(settings: Settings, more: tuple[str, ...] = ()) -> frozenset[bytes]:
    """Public keys whose checkpoints count: our own, those of the settings, and `more`. Raises KeyProblem."""
    own = existing_key(settings)
    mine = {own.public_key().public_bytes_raw()} if own else set()
    return frozenset(mine | {public_key(key) for key in (*settings.audit_trusted_keys, *more)})
