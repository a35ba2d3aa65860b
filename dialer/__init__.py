"""The floor: calls, agents, messages."""

import zoneinfo

# local times come from the pinned wheel: a machine's own database may be years old (REPORT 3b)
zoneinfo.reset_tzpath(to=[])
zoneinfo.ZoneInfo.clear_cache()
