"""Makes the sounds that Asterisk plays, 8 kHz WAV, from texts by espeak-ng and the standard library."""

# ruff: noqa: S603 - fixed programs with arguments of our own

import array
import io
import math
import operator
import shutil
import subprocess
import sys
import wave
from pathlib import Path

RATE = 8000

ABANDON = {
    "en": "This is a call from {business}. Sorry that nobody could speak to you. Please call us at {phone}. Goodbye.",
    "es": "Le llama {business}. Lamentamos no poder atenderle ahora. Llámenos al {phone}. Gracias.",
    "de": "Hier ist {business}. Leider ist gerade niemand frei. Bitte rufen Sie uns an unter {phone}. Auf Wiederhören.",
    "fr": "Ici {business}. Personne n'est disponible pour le moment. Veuillez nous rappeler au {phone}. Au revoir.",
    "da": "Det er {business}. Vi kunne desværre ikke tale med dig nu. Ring til os på {phone}. Farvel.",
}
"""The message that a person hears whom nobody could serve, by language; names who called and a number."""


class NoVoice(Exception):
    """espeak-ng is missing or does not know the voice."""


def speak(text: str, language: str, path: Path) -> None:
    """Write `text`, spoken, to `path`. Raises NoVoice."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise NoVoice("espeak-ng is not installed: apt-get install espeak-ng")
    done = subprocess.run(
        [program, "-v", language, "-s", "150", "--stdout", "--", text], capture_output=True, check=False
    )
    if done.returncode != 0 or len(done.stdout) < 100:
        raise NoVoice(f"espeak-ng has no voice for language {language!r} (see espeak-ng --voices)")
    samples, rate = _read(done.stdout)
    write_wav(path, resample(samples, rate, RATE))


def _read(data: bytes) -> "tuple[array.array[int], int]":
    # espeak-ng writes to a pipe with a length that it does not know; take what is there
    with wave.open(io.BytesIO(data)) as file:
        rate = file.getframerate()
    samples = array.array("h")
    body = data[44:]
    samples.frombytes(body[: len(body) - len(body) % 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples, rate


def resample(samples: "array.array[int]", rate: int, wanted: int, *, half_width: int = 12) -> "array.array[int]":
    """Change the rate by a windowed sinc, which keeps what is above the new half rate out."""
    common = math.gcd(rate, wanted)
    up, down = wanted // common, rate // common
    cut = min(1.0, wanted / rate)
    reach = int(half_width / cut)
    # the fraction between input samples repeats after `up` outputs, so a kernel for each is made once
    kernels = [
        [_kernel(k - (phase * down % up) / up, cut, reach) for k in range(-reach, reach + 1)] for phase in range(up)
    ]
    padded = [0] * reach + list(samples) + [0] * (reach + 1)
    result = array.array("h")
    for n in range(len(samples) * up // down):
        start = n * down // up
        total = sum(map(operator.mul, kernels[n % up], padded[start : start + 2 * reach + 1]))
        result.append(max(-32768, min(32767, round(total))))
    return result


def _kernel(offset: float, cut: float, reach: int) -> float:
    if abs(offset) >= reach:
        return 0.0
    window = 0.5 + 0.5 * math.cos(math.pi * offset / reach)
    x = math.pi * offset * cut
    return cut * window * (math.sin(x) / x if x else 1.0)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.2) -> "array.array[int]":
    """A plain tone, for music on hold in laboratories."""
    peak = level * 32767
    return array.array(
        "h", (round(peak * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(seconds * RATE)))
    )


def silence(seconds: float) -> "array.array[int]":
    return array.array("h", bytes(2 * int(seconds * RATE)))


def write_wav(path: Path, samples: "array.array[int]") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def abandon_messages(directory: Path, business: str, phone: str) -> list[Path]:
    """Write promiseline/abandon-<language>.wav for every language; `phone` is read digit by digit."""
    spelled = " ".join(char for char in phone if char.isdigit())
    written = []
    for language, text in ABANDON.items():
        path = directory / "promiseline" / f"abandon-{language}.wav"
        voice = {"en": "en-us", "fr": "fr-fr"}.get(language, language)
        speak(text.format(business=business, phone=spelled), voice, path)
        written.append(path)
    return written
