"""Keeping: what lets a site outlive its disk, its upgrades and its years.

copying      one consistent copy of a database that is being written, checked after writing
manifest     what a backup holds: when, of which edition, sizes, hashes, schemas, rows, cursors
backing_up   the three files into a dated folder that is whole or not there; old ones away
restoring    such a folder back into an empty place, whole or to be finished; nothing is overwritten
checking     is a database damaged?
folding      write-ahead logs back into their files, unused space back to the system
payloads     which archived bytes may go, by age and place
notes        when each of these was last done and how it ended, for `status` and the alarms
"""
