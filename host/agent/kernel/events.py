"""
Says what changes on a mounted file system.

    python3 events.py <mount point> <major:minor or -> <most changes that are kept>

Ends when standard input does. README.md has the protocol. Nobody waits for this process: it does not touch the file system once its
mark is set, and where whoever reads it is slow it leaves events to the kernel's queue, which overflows in the end, and says so.
"""
import os
import select
import signal
import struct
import sys
import time

import linux
from protocol import line, say, watched

# In bytes: some thousand events.
READ = 128 * 1024
# Changes in one line, which is then some 80 KB.
LINE = 512
# Seconds in which changes are gathered: a file that is made, written and closed is said once. Far below the second that files settle.
GATHER = 0.02
# Milliseconds after which the mark is looked at in any case.
LOOK = 5000

# By what the protocol calls it.
KINDS = (
    (linux.FAN_CREATE, "c"),
    (linux.FAN_DELETE, "d"),
    (linux.FAN_RENAME, "r"),
    (linux.FAN_MODIFY, "m"),
    (linux.FAN_CLOSE_WRITE, "w"),
    (linux.FAN_ATTRIB, "a"),
    (linux.FAN_ONDIR, "/"),
)
# MODIFY, too: truncate(2) opens nothing, and a file that somebody keeps open for writing is taken before it is closed.
MASK = sum(bit for bit, _ in KINDS)

# struct fanotify_event_metadata, and struct fanotify_event_info_header with a fid: fanotify(7)
_EVENT = struct.Struct("=IBBHQii")
_INFO = struct.Struct("=BBHQIi")
_FID, _DFID_NAME, _DFID, _OLD_DFID_NAME, _NEW_DFID_NAME = 1, 2, 3, 10, 12


def change(where, mask):
    """[kinds, object, directory, name], for a rename also the directory and the name it has now. What the kernel does not say is null."""
    target = None
    places = []
    at = 0
    while at < len(where):
        kind, _, length, _, size, sort = _INFO.unpack_from(where, at)
        start = at + _INFO.size
        handle = linux.handle_text(sort, where[start : start + size]) if size else None
        name = where[start + size : at + length].split(b"\0", 1)[0]
        if kind == _FID or (kind in (_DFID, _DFID_NAME) and name in (b"", b".")):
            # What happens to a directory itself has no name of its parent: the kernel calls it "." there.
            target = target or handle
        elif kind in (_DFID_NAME, _OLD_DFID_NAME, _NEW_DFID_NAME):
            places += [handle, name.hex()]
        at += length
    return ["".join(letter for bit, letter in KINDS if mask & bit), target, *places]


class Reader:
    def __init__(self, watch, most):
        self._watch = watch
        self._most = most
        # Read and not yet said, in the order of the first: the bytes that say where -> what.
        self._changes = {}
        self._overflow = False
        self._out = b""

    @property
    def full(self):
        return len(self._changes) >= self._most

    @property
    def waits(self):
        """For the pipe."""
        return bool(self._out)

    def read(self):
        """Takes what the kernel has, as far as there is room for it."""
        changes = self._changes
        while not self.full:
            try:
                events = os.read(self._watch.group, READ)
            except BlockingIOError:
                return
            at = 0
            while at < len(events):
                length, _, _, start, mask, _, _ = _EVENT.unpack_from(events, at)
                if mask & linux.FAN_Q_OVERFLOW:
                    self._overflow = True
                else:
                    where = events[at + start : at + length]
                    changes[where] = changes.get(where, 0) | mask
                at += length

    def write(self):
        """Says what there is to say, as far as the pipe takes it."""
        while self._out or self._more():
            try:
                self._out = self._out[os.write(1, self._out) :]
            except BlockingIOError:
                return

    def end(self):
        """Says all that was there before the file system went."""
        self.read()
        while self._changes or self._out or self._overflow:
            self.write()
            self.read()

    def _more(self):
        """What was dropped was dropped before the kernel said so: a scan that begins after this line finds it."""
        if self._overflow:
            self._overflow = False
            self._out = line({"overflow": True})
        elif self._changes:
            first = [where for where, _ in zip(self._changes, range(LINE))]
            self._out = line({"changes": [change(where, self._changes.pop(where)) for where in first]})
        return bool(self._out)


def follow(watch, reader, mounts):
    """Until nobody reads any more, or the file system is gone. @return why it is gone"""
    poll = select.poll()
    poll.register(0, 0)
    # The kernel says so when anything is mounted or unmounted: no asking of what may hang.
    poll.register(mounts, select.POLLPRI)
    while True:
        poll.register(watch.group, 0 if reader.full else select.POLLIN)
        poll.register(1, select.POLLOUT if reader.waits else 0)
        ready = dict(poll.poll(LOOK))
        if (ready.get(0, 0) | ready.get(1, 0)) & (select.POLLHUP | select.POLLERR):
            return None
        lost = watch.lost() if mounts in ready or not ready else None
        if watch.group in ready:
            time.sleep(GATHER)
        reader.read()
        reader.write()
        if lost is not None:
            return lost


def main():
    # Opened before the mark: what is mounted from then on is noticed.
    mounts = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    watch = watched(sys.argv[1:], MASK)
    if watch is None:
        return 1
    reader = Reader(watch, int(sys.argv[3]))
    os.set_blocking(1, False)
    gone = follow(watch, reader, mounts)
    if gone is not None:
        os.set_blocking(1, True)
        reader.end()
        say({"gone": gone})
    return 0


if __name__ == "__main__":
    sys.exit(main())
