"""Plays sounds to channels and keeps them on hold."""

from collections.abc import Mapping, Sequence

from telephony.sandbox.node import Node, Refusal
from telephony.sandbox.state import Channel, Json, Playback

DEFAULT_SOUND_S = 8.0


class Media:
    """`sounds`: seconds by name; names under promiseline/ exist without being listed, any other is missing."""

    def __init__(self, node: Node, sounds: Mapping[str, float]) -> None:
        self._node = node
        self._sounds = sounds

    def play(self, channel: Channel, media: Sequence[str], playback_id: str) -> Playback:
        if not media:
            raise Refusal(400, "Media must be specified")
        if playback_id in self._node.playbacks:
            raise Refusal(409, "Playback with the same id already exists")
        playback = Playback(playback_id, tuple(media), channel)
        self._node.playbacks[playback_id] = playback
        answer = playback
        # the REST reply says "queued"; the sound starts right after it
        self._node.timers.after(0.0, lambda: self._start(playback))
        return answer

    def _start(self, playback: Playback) -> None:
        channel = playback.channel
        if channel.dead or playback.id not in self._node.playbacks:
            return
        self.stop(channel)
        channel.playback = playback
        playback.state = "playing"
        self._tell(playback, "PlaybackStarted")
        self._node.note(channel, "play_start", other=playback.media[0])
        if channel.far_end is not None:
            channel.far_end.listening(channel)
        seconds = sum(self._seconds(media) for media in playback.media)
        channel.timers["play"] = self._node.timers.after(seconds, lambda: self._finish(playback, "done"))

    def _seconds(self, media: str) -> float:
        name = media.removeprefix("sound:")
        if name in self._sounds:
            return self._sounds[name]
        if name.startswith("promiseline/"):
            return DEFAULT_SOUND_S
        return 0.0

    def _known(self, media: str) -> bool:
        return self._seconds(media) > 0.0

    def _finish(self, playback: Playback, state: str) -> None:
        channel = playback.channel
        channel.timers.pop("play", None)
        channel.playback = None
        self._node.playbacks.pop(playback.id, None)
        heard = state == "done" and all(self._known(media) for media in playback.media)
        playback.state = "done" if heard or state == "stopped" else "failed"
        self._tell(playback, "PlaybackFinished")
        self._node.note(channel, "play_end", other=playback.media[0], result="heard" if heard else state)
        if not channel.dead and channel.far_end is not None and channel.connected_to is None:
            channel.far_end.waiting(channel)

    def stop(self, channel: Channel, state: str = "stopped") -> None:
        """End what is being played to the channel, if anything."""
        playback = channel.playback
        if playback is not None:
            channel.cancel("play")
            self._finish(playback, state)

    def drop_queued(self, channel: Channel) -> None:
        for playback in [item for item in self._node.playbacks.values() if item.channel is channel]:
            del self._node.playbacks[playback.id]

    def hold(self, channel: Channel, on: bool) -> None:
        if channel.on_hold != on:
            channel.on_hold = on
            self._node.note(channel, "hold" if on else "unhold")

    def _tell(self, playback: Playback, event_type: str) -> None:
        event: Json = {"type": event_type, "playback": playback.json()}
        self._node.apps.publish(event, f"channel:{playback.channel.id}")
