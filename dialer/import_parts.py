"""Gives an import what it may not import itself: telephone numbers from telephony, zones and rulebooks from compliance."""

from campaigns.imports.model import Hours, Phone, Place
from compliance.facts import Address
from compliance.rulebooks.choice import choose_rulebooks
from compliance.timezones import candidate_zones
from telephony.number import E164, LineKind, parse

KINDS = {
    LineKind.MOBILE: "mobile",
    LineKind.MOBILE_OR_LANDLINE: "mobile",  # the rules for mobiles are the stricter ones
    LineKind.TOLLFREE: "tollfree",
}


class ImportParts:
    """See campaigns.imports.model.Parts."""

    def phone(self, written: str, country: str) -> Phone | str:
        found = parse(written, country)
        if isinstance(found, E164):
            return Phone(found.text, KINDS.get(found.kind, "landline"))
        return found.message

    def hours(self, places: tuple[Place, ...], phones: tuple[str, ...], own_timezone: str | None) -> Hours:
        addresses = tuple(Address(place.country, place.region, place.timezone, place.city) for place in places)
        return Hours(candidate_zones(addresses, phones, own_timezone), choose_rulebooks(addresses, phones))


def import_parts() -> ImportParts:
    return ImportParts()
