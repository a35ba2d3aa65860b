"""Puts channels into bridges and takes them out, in Asterisk's order of events."""

from collections.abc import Sequence

from telephony.sandbox.node import Node, Refusal
from telephony.sandbox.state import Bridge, Channel, Json


class Bridging:
    def __init__(self, node: Node) -> None:
        self._node = node

    def create(self, bridge_id: str, kind: str, name: str) -> Bridge:
        if bridge_id in self._node.bridges:
            raise Refusal(409, f"Bridge with id '{bridge_id}' already exists")
        words = kind.split(",")
        bridge = Bridge(bridge_id, name, self._node.now(), "holding" if "holding" in words else "mixing")
        bridge.dtmf_events = "dtmf_events" in words
        self._node.bridges[bridge_id] = bridge
        self._tell(bridge, "BridgeCreated")
        return bridge

    def add(self, bridge: Bridge, channels: Sequence[Channel]) -> None:
        """Add channels, each taken out of the bridge that it is in."""
        if any(not channel.in_app for channel in channels):
            raise Refusal(422, "Channel not in Stasis application")
        for channel in channels:
            if channel.bridge is bridge:
                continue
            self.leave(channel)
            # the controlling application hears of a bridge from the first of its channels that enters
            self._node.apps.subscribe(channel.app, f"bridge:{bridge.id}")
            bridge.members.append(channel)
            channel.bridge = bridge
            self._tell(bridge, "ChannelEnteredBridge", channel)
            self._node.note(channel, "bridge_enter", other=bridge.id)
        self._review(bridge)

    def remove(self, bridge: Bridge, channels: Sequence[Channel]) -> None:
        if any(not channel.in_app for channel in channels):
            raise Refusal(422, "Channel not in Stasis application")
        if any(channel.bridge is not bridge for channel in channels):
            raise Refusal(422, "Channel not in this bridge")
        for channel in channels:
            self.leave(channel)

    def leave(self, channel: Channel) -> None:
        """Take a channel out of its bridge, if it is in one."""
        bridge = channel.bridge
        if bridge is None:
            return
        bridge.members.remove(channel)
        channel.bridge = None
        self._tell(bridge, "ChannelLeftBridge", channel)
        self._node.note(channel, "bridge_leave", other=bridge.id)
        self._match(channel, None)
        self._review(bridge)

    def destroy(self, bridge: Bridge) -> None:
        """The bridge goes; its channels stay up in their applications."""
        for channel in list(bridge.members):
            self.leave(channel)
        self._tell(bridge, "BridgeDestroyed")
        del self._node.bridges[bridge.id]
        self._node.apps.forget(f"bridge:{bridge.id}")

    def _tell(self, bridge: Bridge, event_type: str, channel: Channel | None = None) -> None:
        event: Json = {"type": event_type, "bridge": bridge.json()}
        sources = [f"bridge:{bridge.id}"]
        if channel is not None:
            event["channel"] = channel.json()
            sources.append(f"channel:{channel.id}")
        self._node.apps.publish(event, *sources)

    def _review(self, bridge: Bridge) -> None:
        for channel in bridge.members:
            self._match(channel, next((other for other in bridge.members if other is not channel), None))

    def _match(self, channel: Channel, other: Channel | None) -> None:
        """Tell the far end whom it hears now, when that changed."""
        before, channel.connected_to = channel.connected_to, other
        if before is other:
            return
        if channel.number is not None:
            if before is not None:
                self._node.note(channel, "disconnected", other=before.id)
            if other is not None:
                self._node.note(channel, "connected", other=other.id)
        if channel.far_end is not None and not channel.dead:
            if other is not None:
                channel.far_end.connected(channel)
            elif before is not None:
                channel.far_end.waiting(channel)
