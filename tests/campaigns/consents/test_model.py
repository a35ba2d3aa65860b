"""The ledger as of any instant is what a naive walk through its events in order of time comes to."""

from datetime import datetime, timedelta

from hypothesis import given, strategies as st

from campaigns.consents.model import CHANNELS, GIVEN, Channel, Entry, channels_of, holding, standing
from tests.builders import NOW

# few instants and channels, so that events of one kind and instant meet
INSTANTS = st.integers(0, 6).map(lambda days: NOW + timedelta(days=days))
ENTRIES = st.lists(
    st.builds(
        Entry,
        channel=st.sampled_from(CHANNELS[:2]),
        event=st.sampled_from(["given", "renewed", "revoked", "expired"]),
        at=INSTANTS,
        how=st.sampled_from(["written", "oral"]),
        expires_at=st.none() | INSTANTS.map(lambda at: at + timedelta(hours=12)) | INSTANTS,
    ),
    max_size=12,
)


def naive(entries: list[Entry], channel: Channel, at: datetime) -> list[Entry]:
    """Walk through what happened; an end clears what was collected."""
    kept: list[Entry] = []
    for entry in sorted(entries, key=lambda one: (one.at, one.event not in GIVEN)):
        if entry.at > at or entry.channel != channel:
            continue
        if entry.event in GIVEN:
            kept.append(entry)
        else:
            kept = []
    return [entry for entry in kept if entry.expires_at is None or at < entry.expires_at]


@given(entries=ENTRIES, channel=st.sampled_from(CHANNELS[:2]), at=INSTANTS)
def test_as_of_any_instant_the_ledger_is_the_fold_of_its_events(
    entries: list[Entry], channel: Channel, at: datetime
) -> None:
    assert holding(entries, channel, at) == naive(entries, channel, at)


@given(entries=ENTRIES, channel=st.sampled_from(CHANNELS[:2]), at=INSTANTS)
def test_the_word_for_it_agrees(entries: list[Entry], channel: Channel, at: datetime) -> None:
    word = standing(entries, channel, at)
    assert (word == "given") == bool(naive(entries, channel, at))
    assert (word == "none") == (not [one for one in entries if one.channel == channel and one.at <= at])


def test_of_the_same_instant_the_end_wins() -> None:
    entries = [Entry("sms", "revoked", NOW), Entry("sms", "given", NOW, "written")]
    assert holding(entries, "sms", NOW) == [] and standing(entries, "sms", NOW) == "revoked"


def test_a_channel_fits_the_kind_of_its_contact_point() -> None:
    assert channels_of("email") == ("email",)
    assert channels_of("mobile") == ("voice", "sms", "whatsapp")
    assert channels_of("landline") == ("voice",)
