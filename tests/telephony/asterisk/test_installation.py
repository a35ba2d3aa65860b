"""Which Asterisk is taken, and from where one is made."""

import os
import subprocess
import sys
import wave
from itertools import pairwise
from pathlib import Path

import pytest

from telephony.asterisk import installation, instances, sounds
from telephony.asterisk.installation import Installation, LabError
from telephony.asterisk.mirror import NoMirror, choose

FAKE = """#!{python}
print("Asterisk {version}")
"""


def _fake(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    program = folder / "asterisk"
    program.write_text(FAKE.format(python=sys.executable, version=version))
    program.chmod(0o755)


def test_the_systems_asterisk_is_taken_from_20_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake(tmp_path / "new", "22.10.1~dfsg")
    monkeypatch.setenv("PATH", str(tmp_path / "new"))
    found = installation.prepare(tmp_path / "cache")
    assert (found.major, found.root) == (22, None)
    assert not (tmp_path / "cache").exists()


def test_an_old_asterisk_of_the_system_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake(tmp_path / "old", "16.28.0")
    monkeypatch.setenv("PATH", str(tmp_path / "old"))
    assert installation.system_asterisk() is None


def test_without_debootstrap_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(installation, "system_asterisk", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(LabError, match="apt-get install debootstrap"):
        installation.prepare(tmp_path / "cache")


def test_without_root_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(installation, "system_asterisk", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="need root"):
        installation.prepare(tmp_path / "cache")


def test_a_failed_making_leaves_nothing_and_tells_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {
        "debootstrap": '#!/bin/sh\n/bin/mkdir -p "$4/usr"\necho cannot reach the mirror\nexit 1\n',
        "apt-get": "#!/bin/sh\necho 'http://mirror.example/debian/|bookworm|main'\n",
        "apt-config": "#!/bin/sh\n",
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(installation, "system_asterisk", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    cache = tmp_path / "cache"
    with pytest.raises(LabError, match="sid: debootstrap ended with status 1"):
        installation.prepare(cache)
    assert sorted(path.name for path in cache.iterdir()) == [
        "asterisk-bullseye.log",
        "asterisk-sid.log",
        "asterisk.lock",
    ]
    assert "cannot reach the mirror" in (cache / "asterisk-sid.log").read_text()


def test_the_main_archive_is_chosen_from_apts_own_list() -> None:
    targets = "\n".join(
        (
            "http://mirror.example/debian-security/|bookworm-security|main",
            "http://mirror.example/debian/|bookworm-updates|main",
            "https://deb.nodesource.example/node_22.x/|nodistro|main",
            "http://mirror.example/debian/|bookworm|contrib",
            "http://mirror.example/debian/|bookworm|main",
        )
    )
    assert choose(targets) == "http://mirror.example/debian"


def test_no_debian_archive_is_told_with_the_way_out() -> None:
    with pytest.raises(NoMirror, match="install an asterisk of version 20 or newer"):
        choose("http://archive.ubuntu.example/ubuntu/|noble|main")


def test_what_a_killed_owner_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    here = Installation("22.10.1", "/usr/sbin/asterisk", tmp_path)
    mine = instances.home(here, "mine")
    instances.claim(here, mine)
    orphan = here.outside(instances.home(here, "orphan"))
    orphan.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as abandoned:
        # the owner's process id lives (it is this very process), but started at another time
        (orphan / "owner").write_text(f"{os.getpid()} 1")
        instances.note_process(here, "/" + str(orphan.relative_to(tmp_path)), abandoned.pid)
        assert instances.end_all(here, only_orphans=True) == 1
        assert abandoned.wait(5) != 0
    assert not orphan.exists()
    assert here.outside(mine).exists()


def test_spoken_sounds_are_what_asterisk_plays(tmp_path: Path) -> None:
    sounds.speak("Hello?", "en-us", tmp_path / "hello.wav")
    with wave.open(str(tmp_path / "hello.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert 0.2 < file.getnframes() / 8000 < 3.0


def test_an_unknown_voice_is_told() -> None:
    with pytest.raises(sounds.NoVoice, match="no voice for language 'xx-none'"):
        sounds.speak("Hello", "xx-none", Path("/nonexistent/x.wav"))


def test_resampling_keeps_a_tone_and_its_level() -> None:
    made = sounds.resample(sounds.tone(0.5, 440.0), sounds.RATE, 16000)
    crossings = sum(1 for before, after in pairwise(made) if before < 0 <= after)
    assert len(made) == 8000
    assert 215 <= crossings <= 225
    assert abs(max(made) - max(sounds.tone(0.5, 440.0))) < 400


def test_what_is_above_the_new_half_rate_is_kept_out() -> None:
    whistle = sounds.tone(0.2, 3600.0)
    assert max(sounds.resample(whistle, 8000, 4000)[50:-50]) < max(whistle) / 20
