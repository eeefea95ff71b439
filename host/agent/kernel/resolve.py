"""
Answers what Node has no call for, about one mounted file system.

    python3 resolve.py <mount point> <major:minor or ->

Requests and answers are JSON, a line each: README.md has them. Ends when standard input does. Between two requests it holds no
descriptor on the file system but what it lends, and that for a moment only.
"""
import errno
import json
import os
import select
import signal
import sys
import time

import linux
from changing import CHANGING
from asking import ASKING
from places import Places
from protocol import say, watched
from watch import Refused

# Seconds that a descriptor is lent for at the most: whoever opens it needs milliseconds.
LENT = 5
# In bytes.
READ = 1024 * 1024


class Resolver:
    def __init__(self, watch):
        self._watch = watch
        # Descriptor -> until when it is lent.
        self._lent = {}

    def answer(self, request):
        """Of each item its answer, or the name of an error: {"id", "of"}; {"id", "gone"} where the file system is not there any more."""
        number = request["id"]
        try:
            if request["op"] == "release":
                return {"id": number, "of": [self._release(fd) for (fd,) in request["of"]]}
            operation = self._lend if request["op"] == "lend" else _OPERATIONS[request["op"]]
            options = request.get("with", {})
            with Places(self._watch.opened()) as places:
                return {"id": number, "of": [_tried(operation, places, options, item) for item in request["of"]]}
        except Refused as refused:
            return {"id": number, "gone": refused.code}
        except OSError as error:
            # The root itself cannot be opened: EIO of a file system that has shut down.
            return {"id": number, "of": [linux.error_name(error)] * len(request["of"])}

    def take_back(self):
        """What has been lent for too long."""
        now = time.monotonic()
        for fd in [fd for fd, until in self._lent.items() if until < now]:
            self._release(fd)

    @property
    def lends(self):
        return bool(self._lent)

    def _lend(self, places, _, item):
        """A descriptor of O_PATH, by its number here: it is opened through /proc/<process>/fd, and is the file whatever its name is by then."""
        fd = places.opened(item[0])
        self._lent[fd] = time.monotonic() + LENT
        return fd

    def _release(self, fd):
        if self._lent.pop(fd, None) is not None:
            os.close(fd)


_OPERATIONS = {**ASKING, **CHANGING}


def _tried(operation, places, options, item):
    try:
        return operation(places, options, item)
    except OSError as error:
        return linux.error_name(error)
    except (ValueError, OverflowError):
        # What Python does not hand on to the kernel: a zero in a name, a number that is too large.
        return linux.error_name(OSError(errno.EINVAL, ""))


def serve(resolver):
    poll = select.poll()
    poll.register(0, select.POLLIN)
    rest = b""
    while True:
        poll.poll(1000 if resolver.lends else None)
        resolver.take_back()
        if not poll.poll(0):
            continue
        more = os.read(0, READ)
        if not more:
            return
        *lines, rest = (rest + more).split(b"\n")
        for request in lines:
            say(resolver.answer(json.loads(request)))


def main():
    # Whoever opens a file of which a lease is held has the kernel send this signal: operations.py says what a lease is for.
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # A mask of what XFS does not say: nothing is ever queued.
    watch = watched(sys.argv[1:], linux.FAN_FS_ERROR)
    if watch is None:
        return 1
    serve(Resolver(watch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
