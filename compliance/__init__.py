"""Decides whether one contact with one person may happen now, and why; pure, and driven by rulebooks kept as data.

Local times come from the pinned `tzdata` wheel only: a machine's own database may be years old and wrong (REPORT 3b).
"""

import zoneinfo

zoneinfo.reset_tzpath(to=[])
zoneinfo.ZoneInfo.clear_cache()
