"""What Linux offers and Python has no call for: fanotify, handles, statx, openat2, getdents64, renameat2.

Called through ctypes by the C library's own names, so the same text runs on x86-64 and arm64. Python 3.9, standard library only.
Sources: fanotify_init(2), fanotify_mark(2), fanotify(7), open_by_handle_at(2), statx(2), openat2(2), getdents(2), rename(2).
"""
import ctypes
import errno
import fcntl
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_int, _uint, _text = ctypes.c_int, ctypes.c_uint, ctypes.c_char_p
_buffer = ctypes.c_void_p


def _call(name, *types):
    """A call of the C library that answers -1 on failure."""
    function = getattr(_libc, name)
    function.argtypes = types

    def call(*args):
        result = function(*args)
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), name)
        return result

    return call


_fanotify_init = _call("fanotify_init", _uint, _uint)
_fanotify_mark = _call("fanotify_mark", _int, _uint, ctypes.c_uint64, _int, _text)
_name_to_handle_at = _call("name_to_handle_at", _int, _text, _buffer, ctypes.POINTER(_int), _int)
_open_by_handle_at = _call("open_by_handle_at", _int, _buffer, _int)
_statx = _call("statx", _int, _text, _int, _uint, _buffer)
_getdents64 = _call("getdents64", _int, _buffer, ctypes.c_size_t)
_linkat = _call("linkat", _int, _text, _int, _text, _int)
_renameat2 = _call("renameat2", _int, _text, _int, _text, _uint)
_utimensat = _call("utimensat", _int, _text, _buffer, _int)
_syscall = _call("syscall", ctypes.c_long, _int, _text, _buffer, ctypes.c_size_t)
syncfs = _call("syncfs", _int)

FAN_MODIFY = 0x2
FAN_ATTRIB = 0x4
FAN_CLOSE_WRITE = 0x8
FAN_CREATE = 0x100
FAN_DELETE = 0x200
FAN_Q_OVERFLOW = 0x4000
FAN_FS_ERROR = 0x8000
FAN_RENAME = 0x10000000
FAN_ONDIR = 0x40000000

# CLOEXEC, NONBLOCK, REPORT_FID, REPORT_DIR_FID, REPORT_NAME, REPORT_TARGET_FID. FAN_CLASS_NOTIF is 0: no permission events, so nobody
# ever waits for this reader. No UNLIMITED_QUEUE: of a reader that is stopped the kernel would take memory without end.
_GROUP = 0x1 | 0x2 | 0x200 | 0x400 | 0x800 | 0x1000
# FAN_MARK_ADD, FAN_MARK_ONLYDIR, FAN_MARK_FILESYSTEM
_WHOLE_FILE_SYSTEM = 0x1 | 0x8 | 0x100


def fanotify_group():
    return _fanotify_init(_GROUP, os.O_RDONLY | os.O_CLOEXEC)


def mark_file_system(group, mask, directory):
    """Marks the file system that this descriptor of a directory is on; of O_PATH, too."""
    _fanotify_mark(group, _WHOLE_FILE_SYSTEM, mask, directory, b".")


_AT_EMPTY_PATH = 0x1000
# MAX_HANDLE_SZ
_MOST_OF_HANDLE = 128
_HANDLE = struct.Struct("=Ii")


def handle_text(kind, handle):
    """A handle as the protocol has it: two digits of its type, then its bytes."""
    return "%02x%s" % (kind, handle.hex())


def handle_of(fd):
    """Of what a descriptor is of, also one of O_PATH."""
    buffer = ctypes.create_string_buffer(_HANDLE.pack(_MOST_OF_HANDLE, 0), _HANDLE.size + _MOST_OF_HANDLE)
    _name_to_handle_at(fd, b"", buffer, ctypes.byref(_int()), _AT_EMPTY_PATH)
    size, kind = _HANDLE.unpack_from(buffer)
    return handle_text(kind, buffer.raw[_HANDLE.size : _HANDLE.size + size])


def open_handle(mount, handle, flags=0):
    """A descriptor of what has this handle, O_PATH. Raises OSError: ESTALE where there is no such thing any more."""
    raw = bytes.fromhex(handle)
    if not 1 < len(raw) <= 1 + _MOST_OF_HANDLE:
        raise OSError(errno.EINVAL, "no handle")
    buffer = ctypes.create_string_buffer(_HANDLE.pack(len(raw) - 1, raw[0]) + raw[1:])
    return _open_by_handle_at(mount, buffer, flags | os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)


_OPENAT2 = 437  # the same on all machines
# NO_XDEV, NO_SYMLINKS, BENEATH; none of it is about a link that is the last of the path with O_PATH and O_NOFOLLOW
_RESOLVE = 0x01 | 0x04 | 0x08


def open_beneath(directory, path, flags=0):
    """A descriptor of a path, O_PATH, that leads over no link and out of nothing. The last of it may be a link: then of the link."""
    how = struct.pack("=QQQ", flags | os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, 0, _RESOLVE)
    return _syscall(_OPENAT2, directory, path, how, len(how))


# mode, nlink and so on: STATX_BASIC_STATS, STATX_BTIME
_STATX_MASK = 0x7FF | 0x800
_STATX = struct.Struct("=IIQIIIHHQQQQ" + "qII" * 4 + "IIII")


def statx(fd):
    """
    What a descriptor is of, also one of O_PATH: [mode, nlink, uid, gid, size, mtime, ctime, btime, major, minor]. Size and times, of
    nanoseconds, are texts: numbers of JSON have 53 bits where they are read.
    """
    buffer = ctypes.create_string_buffer(256)
    _statx(fd, b"", _AT_EMPTY_PATH, _STATX_MASK, buffer)
    row = _STATX.unpack_from(buffer)
    nlink, uid, gid, mode, size = row[3], row[4], row[5], row[6], row[9]
    # Times are accessed, born, changed, modified, each in seconds and nanoseconds.
    modified, changed, born = (str(row[at] * 1000000000 + row[at + 1]) for at in (21, 18, 15))
    return [mode, nlink, uid, gid, str(size), modified, changed, born, *row[24:26]]


_DIRENT = struct.Struct("=QqHB")


def entries(directory, cursor):
    """Names of a directory from a cursor of before on, 0 at first: (name, cursor after it), as many as the kernel gives at once."""
    os.lseek(directory, cursor, os.SEEK_SET)
    buffer = ctypes.create_string_buffer(32768)
    size = _getdents64(directory, buffer, len(buffer))
    raw = buffer.raw[:size]
    at, found = 0, []
    while at < size:
        _, after, length, _ = _DIRENT.unpack_from(raw, at)
        found.append((raw[at + _DIRENT.size : at + length].split(b"\0", 1)[0], after))
        at += length
    return found


def link_descriptor(fd, directory, name):
    """A further name for what a descriptor of O_PATH is of."""
    _linkat(fd, b"", directory, name, _AT_EMPTY_PATH)


def rename(places, flags):
    """@param places directory, name, new directory, new name @param flags RENAME_NOREPLACE 1, RENAME_EXCHANGE 2"""
    _renameat2(*places, flags)


_UTIME_OMIT = (1 << 30) - 2


def set_times(path, times):
    """@param times accessed and modified, nanoseconds since 1970 as texts; None: stays as it is. Python's own call always sets both."""
    parts = [(0, _UTIME_OMIT) if time is None else divmod(int(time), 1000000000) for time in times]
    _utimensat(-1, path, struct.pack("=qqqq", *parts[0], *parts[1]), 0)


# XFS_IOC_BULKSTAT, struct xfs_bulk_ireq and struct xfs_bulkstat: man2/ioctl_xfs_bulkstat.2 of xfsprogs, fs/xfs/libxfs/xfs_fs.h
_XFS_IOC_BULKSTAT = 0x8040587F
_REQUEST = struct.Struct("=QIIII40x")
_INODE = struct.Struct("=4Q4q15I6HQ48x")


def inodes(directory, after, most):
    """
    Inodes of the file system by their numbers, from the one after that on, without reading a directory. @param directory not of O_PATH
    @return [(inode, generation, mode, links, uid, gid, size, modified, changed)], times as texts of nanoseconds; none left: []
    """
    buffer = bytearray(_REQUEST.size + most * _INODE.size)
    _REQUEST.pack_into(buffer, 0, after + 1, 0, most, 0, 0)
    fcntl.ioctl(directory, _XFS_IOC_BULKSTAT, buffer)
    count = _REQUEST.unpack_from(buffer)[3]
    found = []
    for row in _INODE.iter_unpack(memoryview(buffer)[_REQUEST.size : _REQUEST.size + count * _INODE.size]):
        modified, changed = row[5] * 1000000000 + row[13], row[6] * 1000000000 + row[14]
        found.append((row[0], row[8], row[27], row[20], row[9], row[10], row[1], modified, changed))
    return found


_INO64_GEN = 0x81


def inode_handle(inode, generation):
    """The handle that XFS gives an inode: fs/xfs/xfs_export.c. Another one where it is mounted with inode32."""
    return handle_text(_INO64_GEN, struct.pack("=QI", inode, generation))


def error_name(error):
    return errno.errorcode.get(error.errno, "E%s" % error.errno)
