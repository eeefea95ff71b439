"""Lines of JSON on standard output: README.md says which."""
import json
import os

from linux import error_name
from watch import Refused, Watch


def line(document):
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def say(document):
    """To whoever started this process; waits until the pipe has taken it."""
    rest = memoryview(line(document))
    while rest:
        rest = rest[os.write(1, rest) :]


def watched(arguments, mask):
    """
    Sets the mark, and says that it is set, or why not.
    @param arguments mount point, and the device that must be mounted there, as major:minor or "-"
    @return None where it was refused
    """
    path, device = os.fsencode(arguments[0]), arguments[1]
    try:
        watch = Watch(path, None if device == "-" else device, mask)
    except Refused as refused:
        say({"refused": refused.code, "message": str(refused)})
        return None
    except OSError as error:
        # PermissionError without the capabilities, EINVAL of a kernel that is too old, and whatever else there may be.
        say({"refused": "failed", "message": "%s: %s" % (error.filename, error_name(error))})
        return None
    say({"watching": watch.device})
    return watch
