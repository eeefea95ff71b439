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
        facts = linux.statx(fd)
        mode = facts[0]
        target = os.readlink(b"", dir_fd=fd).hex() if stat.S_ISLNK(mode) else None
        attributes = _attributes(fd) if options.get("attributes") else None
        writers = _open_for_writing(fd) if options.get("writers") and stat.S_ISREG(mode) else None
        return [linux.handle_of(fd), *facts, target, attributes, writers]
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
        if linux.statx(fd)[1] == 0:
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
    """None where it is gone, or something else is mounted there."""
    try:
        fd = linux.open_beneath(directory, name)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EXDEV):
            return None
        raise
    try:
        facts = linux.statx(fd)
        return [name.hex(), linux.handle_of(fd), facts[0], facts[4], facts[5], facts[6]]
    finally:
        os.close(fd)


# Inodes in one answer.
SWEPT = 1000


def sweep(places, _, item):
    """[[[handle, mode, nlink, uid, gid, size, mtime, ctime] ...], number to go on from, or null]. @param item the number, a text; 0 first"""
    if not linux.handle_of(places.root).startswith(linux.inode_handle(0, 0)[:2]):
        raise OSError(errno.EOPNOTSUPP, "mounted with inode32: handles have another form")
    rows = linux.inodes(places.root, int(item[0]), SWEPT)
    inode = linux.inode_handle
    found = [[inode(row[0], row[1]), *row[2:6], str(row[6]), str(row[7]), str(row[8])] for row in rows]
    return [found, str(rows[-1][0]) if rows else None]


def data(places, _, item):
    """[offset, length] of the first stretch from an offset on that is no hole, as texts; null: there is none. @param item place, offset"""
    fd = places.opened(item[0])
    try:
        file = os.open(by_descriptor(fd), os.O_RDONLY | os.O_NONBLOCK | os.O_NOATIME | os.O_CLOEXEC)
    finally:
        os.close(fd)
    try:
        start = os.lseek(file, int(item[1]), os.SEEK_DATA)
        return [str(start), str(os.lseek(file, start, os.SEEK_HOLE) - start)]
    except OSError as error:
        # lseek(2): no data there, or beyond the end.
        if error.errno != errno.ENXIO:
            raise
        return None
    finally:
        os.close(file)


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
        for name in os.listdir(by_descriptor(fd)):
            if name.startswith(SENTINEL):
                os.rename(name, new, src_dir_fd=fd, dst_dir_fd=fd)
                return
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=fd))
    finally:
        os.close(fd)


ASKING = {"look": look, "path": path, "list": list_names, "sweep": sweep, "data": data, "sync": sync, "sentinel": sentinel}
