"""Places on the watched file system, opened for the length of one request."""
import errno
import os

import linux

# Descriptors of directories that one request keeps.
KEPT = 64


class Places:
    """
    A place is [handle], or [handle of a directory, path below it in hexadecimal digits]; "" is the handle of the root. No link in a
    path is followed. Use it in a `with`: afterwards no descriptor is left.
    """

    def __init__(self, root):
        self._root = root
        self._kept = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._forget()
        os.close(self._root)

    @property
    def root(self):
        return self._root

    def opened(self, place, flags=0):
        """A descriptor of O_PATH that whoever asks for it closes; of a link itself where the last is one."""
        if len(place) == 1:
            return linux.open_handle(self._root, place[0], flags) if place[0] else os.dup(self._root)
        directory, name = self.parent(place)
        return linux.open_beneath(directory, name, flags)

    def parent(self, place):
        """The directory of a name, as a descriptor that is kept until this is left, and the name."""
        handle, path = place[0], bytes.fromhex(place[1])
        above, _, name = path.rpartition(b"/")
        # A zero would end the path for the kernel, and it would be another one.
        if name in (b"", b".", b"..") or b"\0" in path:
            raise OSError(errno.EINVAL, "no name")
        return self._directory(handle, above), name

    def _directory(self, handle, path):
        if not handle and not path:
            return self._root
        found = self._kept.get((handle, path))
        if found is None:
            if len(self._kept) >= KEPT:
                self._forget()
            if path:
                found = linux.open_beneath(self._directory(handle, b""), path, os.O_DIRECTORY)
            else:
                found = linux.open_handle(self._root, handle, os.O_DIRECTORY)
            self._kept[(handle, path)] = found
        return found

    def _forget(self):
        for fd in self._kept.values():
            os.close(fd)
        self._kept.clear()


def by_descriptor(fd):
    """A path to what a descriptor of O_PATH is of, also of a link: proc_pid_fd(5)."""
    return b"/proc/self/fd/%d" % fd
