"""Renders pjsip.conf: transports, carriers, and agents' phones by SIP or from the browser."""

from telephony.asterisk.ini import Section
from telephony.asterisk.settings import AgentPhone, AsteriskSettings, Trunk

NOWHERE = "promiseline-nowhere"
"""The empty dialplan context of every endpoint."""

Line = tuple[str, object]


def sections(settings: AsteriskSettings) -> list[Section]:
    found = [
        Section(
            "global",
            [("type", "global"), ("user_agent", "Promiseline"), ("endpoint_identifier_order", "ip,username")],
        ),
        # timer B is 64 times T1; a silent carrier is given up after it
        Section("system", [("type", "system"), ("timer_t1", settings.sip_t1_ms), ("timer_b", settings.sip_t1_ms * 64)]),
        Section("transport-udp", _transport(settings)),
        # the port of a WebSocket transport is the HTTP server's
        Section("transport-ws", [("type", "transport"), ("protocol", "ws"), ("bind", settings.http_host)]),
    ]
    for trunk in settings.trunks:
        found += _trunk(trunk)
    for phone in settings.agents:
        found += _phone(phone)
    return found


def _transport(settings: AsteriskSettings) -> list[Line]:
    lines: list[Line] = [
        ("type", "transport"),
        ("protocol", "udp"),
        ("bind", f"{settings.sip_host}:{settings.sip_port}"),
    ]
    if settings.external_address:
        lines += [
            ("external_media_address", settings.external_address),
            ("external_signaling_address", settings.external_address),
        ]
    lines += [("local_net", net) for net in settings.local_nets]
    return lines


def _trunk(trunk: Trunk) -> list[Section]:
    endpoint: list[Line] = [
        ("type", "endpoint"),
        ("transport", "transport-udp"),
        ("context", NOWHERE),
        ("aors", trunk.name),
        ("disallow", "all"),
        ("allow", ",".join(trunk.codecs)),
        ("direct_media", "no"),
        ("allow_transfer", "no"),
        ("allow_subscribe", "no"),
        ("rtp_symmetric", "yes"),
        ("rtp_timeout", trunk.rtp_timeout_s),
        ("trust_id_inbound", "no"),
        ("send_pai", "yes"),
    ]
    found = []
    if trunk.username:
        endpoint.append(("outbound_auth", f"{trunk.name}-auth"))
        found.append(_auth(trunk.name, trunk.username, trunk.password))
    if trunk.from_domain:
        endpoint.append(("from_domain", trunk.from_domain))
    aor: list[Line] = [("type", "aor"), ("contact", f"sip:{trunk.host}:{trunk.port}")]
    identify: list[Line] = [("type", "identify"), ("endpoint", trunk.name), ("match", trunk.host)]
    if trunk.identify:
        found.append(Section(f"{trunk.name}-identify", identify))
    return [Section(trunk.name, endpoint), Section(trunk.name, aor), *found]


def _phone(phone: AgentPhone) -> list[Section]:
    endpoint: list[Line] = [
        ("type", "endpoint"),
        ("transport", "transport-ws" if phone.webrtc else "transport-udp"),
        ("context", NOWHERE),
        ("aors", phone.name),
        ("auth", f"{phone.name}-auth"),
        ("disallow", "all"),
        ("allow", ",".join(phone.codecs)),
        ("direct_media", "no"),
        ("allow_transfer", "no"),
        ("allow_subscribe", "no"),
        # without it the leg of a killed browser stays up for ever, and debtors would be bridged to dead air
        ("rtp_timeout", phone.rtp_timeout_s),
        ("rtp_timeout_hold", 300 if phone.rtp_timeout_s else 0),
    ]
    if phone.webrtc:
        endpoint += [("webrtc", "yes"), ("dtls_auto_generate_cert", "yes")]
    else:
        endpoint += [("rtp_symmetric", "yes"), ("force_rport", "yes"), ("rewrite_contact", "yes")]
    aor: list[Line] = [("type", "aor"), ("max_contacts", 1), ("remove_existing", "yes")]
    if phone.contact:
        aor = [("type", "aor"), ("contact", phone.contact)]
    return [Section(phone.name, endpoint), Section(phone.name, aor), _auth(phone.name, phone.name, phone.password)]


def _auth(name: str, username: str, password: str) -> Section:
    lines = [("type", "auth"), ("auth_type", "userpass"), ("username", username), ("password", password)]
    return Section(f"{name}-auth", lines)
