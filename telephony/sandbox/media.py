"""Plays sounds to channels, one after the other, and keeps them on hold."""

from collections.abc import Mapping, Sequence
from functools import partial

from telephony.sandbox.node import Node, Refusal
from telephony.sandbox.state import Channel, Json, Playback

DEFAULT_SOUND_S = 8.0


class Media:
    """`sounds`: seconds by name; names under promiseline/ exist without being listed, any other is missing."""

    def __init__(self, node: Node, sounds: Mapping[str, float]) -> None:
        self._node = node
        self._sounds = {"beep": 0.44, **sounds}

    def play(self, channel: Channel, media: Sequence[str], playback_id: str) -> Playback:
        """Queue a sound. An id that is in use is taken, as Asterisk takes it; the sound plays once more."""
        if not media:
            raise Refusal(500, "Failed to queue media for playback")
        playback = Playback(playback_id, tuple(media), channel)
        self._node.playbacks[playback_id] = playback
        channel.playbacks.append(playback)
        # the REST reply says "queued"; the sound starts right after it
        self._node.timers.after(0.0, partial(self._start_next, channel))
        return playback

    def _start_next(self, channel: Channel) -> None:
        if channel.dead or not channel.playbacks or channel.playbacks[0].state != "queued":
            return
        playback = channel.playbacks[0]
        playback.state = "playing"
        self._tell(playback, "PlaybackStarted")
        self._node.note(channel, "play_start", other=playback.media[0])
        if channel.far_end is not None:
            channel.far_end.listening(channel)
        known = all(self._seconds(media) > 0.0 for media in playback.media)
        seconds = sum(self._seconds(media) for media in playback.media) if known else 0.0
        end = partial(self._finish, playback, "done" if known else "failed")
        channel.timers["play"] = self._node.timers.after(seconds, end)

    def _seconds(self, media: str) -> float:
        name = media.removeprefix("sound:")
        return self._sounds.get(name, DEFAULT_SOUND_S if name.startswith("promiseline/") else 0.0)

    def _finish(self, playback: Playback, state: str, heard: str = "") -> None:
        channel = playback.channel
        channel.cancel("play")
        channel.playbacks.remove(playback)
        if self._node.playbacks.get(playback.id) is playback:
            del self._node.playbacks[playback.id]
        playback.state = state
        self._tell(playback, "PlaybackFinished")
        self._node.note(
            channel, "play_end", other=playback.media[0], result=heard or ("heard" if state == "done" else state)
        )
        if channel.dead:
            return
        if channel.playbacks:
            self._start_next(channel)
        elif channel.far_end is not None and channel.connected_to is None:
            channel.far_end.waiting(channel)

    def stop(self, playback: Playback) -> None:
        """End one playback by request; one that only waits is taken out of the queue."""
        if playback.state == "playing":
            self._finish(playback, "done", heard="stopped")
        else:
            playback.channel.playbacks.remove(playback)
            self._node.playbacks.pop(playback.id, None)

    def cut(self, channel: Channel) -> None:
        """The channel ends: what is playing fails, what waits is never heard of again."""
        playing = [playback for playback in channel.playbacks if playback.state == "playing"]
        for playback in channel.playbacks:
            self._node.playbacks.pop(playback.id, None)
        channel.playbacks[:] = playing
        for playback in playing:
            self._finish(playback, "failed", heard="cut")

    def hold(self, channel: Channel, on: bool) -> None:
        if channel.on_hold != on:
            channel.on_hold = on
            self._node.note(channel, "hold" if on else "unhold")

    def music(self, channel: Channel, on: bool) -> None:
        if channel.moh != on:
            channel.moh = on
            self._node.note(channel, "hold" if on else "unhold", other="moh")

    def _tell(self, playback: Playback, event_type: str) -> None:
        event: Json = {"type": event_type, "playback": playback.json()}
        self._node.publish(playback.channel, event)
