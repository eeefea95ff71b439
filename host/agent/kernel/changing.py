"""What is changed at places, an operation each: (places, options, item) -> null. Errors are OSError."""
import errno
import os

import linux
from places import by_descriptor

def dress(places, _, item):
    """
    All that a file is besides its content. @param item place, {"owner": [uid, gid], "mode", "attributes": [[name, value or null]],
    "times": [accessed or null, modified or null]}: what is left out stays. In this order, for a change of owner takes bits of the mode
    away, and all others move the time.
    """
    wanted = item[1]
    fd = places.opened(item[0])
    path = by_descriptor(fd)
    try:
        if "owner" in wanted:
            os.chown(path, *wanted["owner"])
        if "mode" in wanted:
            os.chmod(path, wanted["mode"])
        for name, value in wanted.get("attributes", ()):
            _attribute(path, bytes.fromhex(name), value)
        if "times" in wanted:
            linux.set_times(path, wanted["times"])
    finally:
        os.close(fd)


def _attribute(path, name, value):
    if value is not None:
        os.setxattr(path, name, bytes.fromhex(value))
        return
    try:
        os.removexattr(path, name)
    except OSError as error:
        # It is not there, which was wanted.
        if error.errno != errno.ENODATA:
            raise


# RENAME_NOREPLACE and RENAME_EXCHANGE of rename(2).
_HOW = {"replace": 0, "new": 1, "exchange": 2}


def rename(places, options, item):
    """@param item the place, the new place: names"""
    linux.rename((*places.parent(item[0]), *places.parent(item[1])), _HOW[options["how"]])


def link(places, _, item):
    """A further name. @param item a place, the new name's place"""
    fd = places.opened(item[0])
    try:
        linux.link_descriptor(fd, *places.parent(item[1]))
    finally:
        os.close(fd)


CHANGING = {"dress": dress, "rename": rename, "link": link}
