"""What is asked of places, an operation each: (places, options, item) -> answer. Errors are OSError."""
import errno
import fcntl
import os
import stat

import linux
from places import by_descriptor


def look(places, options, item):
    """[handle, mode, nlink, uid, gid, size, mtime, ctime, btime, major, minor, link's target, attributes, open for writing]"""
    fd = places.opened(item[0])
    try:
        facts, _ = linux.statx(fd)
        mode = facts[0]
        target = os.readlink(b"", dir_fd=fd).hex() if stat.S_ISLNK(mode) else None
        attributes = _attributes(fd) if options.get("attributes") else None
        writers = _open_for_writing(fd) if options.get("writers") and stat.S_ISREG(mode) else None
        return [linux.handle_at(fd), *facts, target, attributes, writers]
    finally:
        os.close(fd)


def _attributes(fd):
    """[name, value] of each, in the order of their names. One that is removed meanwhile is not there."""
    path = by_descriptor(fd)
    found = []
    for name in sorted(os.fsencode(name) for name in os.listxattr(path)):
        try:
            found.append([name.hex(), os.getxattr(path, name).hex()])
        except OSError as error:
            if error.errno != errno.ENODATA:
                raise
    return found


def _open_for_writing(fd):
    """
    Whether anybody has this file open for writing, a mapping that was left after close included; None where that cannot be said.

    The kernel refuses a read lease then (fcntl(2), F_SETLEASE). While the lease is held, a few microseconds, whoever opens the file for
    writing waits: so it is asked of files alone that look settled.
    """
    file = os.open(by_descriptor(fd), os.O_RDONLY | os.O_NONBLOCK | os.O_NOATIME | os.O_CLOEXEC)
    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    finally:
        os.close(file)


def path(places, _, item):
    """Where a directory is, from the mounted root on: handles of other things have names, and may have several."""
    fd = places.opened(item[0], os.O_DIRECTORY)
    try:
        if linux.statx(fd)[0][1] == 0:
            raise OSError(errno.ENOENT, "removed")
        root, here = os.readlink(by_descriptor(places.root)), os.readlink(by_descriptor(fd))
        if here != root and not here.startswith(root.rstrip(b"/") + b"/"):
            raise OSError(errno.EXDEV, "not below the root")
        return here[len(root) :].lstrip(b"/").hex()
    finally:
        os.close(fd)


# Names in one answer.
LISTED = 1000


def list_names(places, _, item):
    """[[[name, handle, mode, size, mtime, ctime] ...], cursor to go on from, or null]. @param item place, cursor as a text"""
    fd = places.opened(item[0], os.O_DIRECTORY)
    try:
        directory = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=fd)
    finally:
        os.close(fd)
    try:
        cursor, found = int(item[1]), []
        while len(found) < LISTED:
            names = linux.entries(directory, cursor)
            if not names:
                return [found, None]
            for name, cursor in names:
                entry = _entry(directory, name) if name not in (b".", b"..") else None
                if entry is not None:
                    found.append(entry)
        return [found, str(cursor)]
    finally:
        os.close(directory)


def _entry(directory, name):
    """None where it is gone: a name that is removed while its directory is read."""
    for _ in range(3):
        try:
            handle = linux.handle_at(directory, name)
            facts, inode = linux.statx(directory, name)
        except FileNotFoundError:
            return None
        # By the name twice: it may have been made again in between. The inode leads the handle: fs/xfs/xfs_export.h
        if int.from_bytes(bytes.fromhex(handle[2:18]), "little") == inode:
            return [name.hex(), handle, facts[0], facts[4], facts[5], facts[6]]
    return None


def sync(places, _, item):
    """All that was written before is on the device after it: syncfs(2)."""
    linux.syncfs(places.root)


SENTINEL = b"sentinel."


def sentinel(places, _, item):
    """
    Gives the sentinel a new name: whoever reads of it has read of all that was done before. @param item its directory, the new name.
    One rename, since the kernel puts events of the same name together, and then the later stands where the earlier was.
    """
    fd = places.opened(item[0], os.O_DIRECTORY)
    try:
        new = bytes.fromhex(item[1])
        if not new.startswith(SENTINEL) or b"/" in new:
            raise OSError(errno.EINVAL, "no name of a sentinel")
        for old in sorted(os.fsencode(name) for name in _names(fd) if os.fsencode(name).startswith(SENTINEL)):
            os.rename(old, new, src_dir_fd=fd, dst_dir_fd=fd)
            return
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=fd))
    finally:
        os.close(fd)


def _names(fd):
    return os.listdir(by_descriptor(fd))


OPERATIONS = {"look": look, "path": path, "list": list_names, "sync": sync, "sentinel": sentinel}
