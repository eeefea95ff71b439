"""A mark on a mounted file system, which is also the proof that it is the same one as when the mark was set."""
import os

from linux import fanotify_group, mark_file_system


class Refused(Exception):
    """Why a mount is not watched. @param code a word of the protocol"""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class _Mount:
    """A line of /proc/self/mountinfo: proc_pid_mountinfo(5)."""

    def __init__(self, line):
        fields = line.split(b" ")
        self.id = int(fields[0])
        self.device = fields[2].decode()
        self.point = _unescaped(fields[4])
        self.type = fields[fields.index(b"-") + 1].decode()


def _unescaped(field):
    """Blanks, newlines and backslashes are octal there."""
    first, *others = field.split(b"\\")
    return first + b"".join(bytes((int(part[:3], 8),)) + part[3:] for part in others)


def _mounts():
    with open("/proc/self/mountinfo", "rb") as file:
        return [_Mount(line) for line in file.read().split(b"\n") if line]


def _fdinfo(fd, word):
    """The lines of a descriptor's fdinfo that begin with that word: proc_pid_fdinfo(5)."""
    with open("/proc/self/fdinfo/%d" % fd, "rb") as file:
        return [line for line in file.read().split(b"\n") if line.startswith(word)]


def mount_id(fd):
    return int(_fdinfo(fd, b"mnt_id:")[0].split(b":")[1])


class Watch:
    """One mark on the file system that is mounted at a directory. It keeps no descriptor there, so that umount goes through."""

    def __init__(self, path, device, mask):
        """
        @param path the mount point itself, no link that leads to it
        @param device what must be mounted there, as major:minor; None: anything
        Raises Refused.
        """
        self.path = os.path.abspath(path)
        self.group = fanotify_group()
        # All is asked of this descriptor, and the mark is set by it: what the path leads to may change meanwhile.
        place = self._opened(os.O_PATH)
        try:
            self._mount = self._mount_of(place)
            self.device = self._mount.device
            if device is not None and device != self.device:
                raise self._refused("otherDevice", "device %s is mounted, and not %s" % (self.device, device))
            mark_file_system(self.group, mask, place)
        finally:
            os.close(place)
        lost = self.lost()
        if lost is not None:
            raise self._refused(lost, "%s while it was marked" % lost)

    def opened(self):
        """
        A descriptor of the mounted root, for the calls that want one. Whoever takes it closes it: nobody can unmount before.
        Raises Refused where the file system is another one, or gone.
        """
        root = self._opened(os.O_RDONLY)
        lost = self.lost() or (None if mount_id(root) == self._mount.id else "replaced")
        if lost is not None:
            os.close(root)
            raise self._refused(lost, lost)
        return root

    def lost(self):
        """
        Why what was marked is not what is mounted there any more, "unmounted" or "replaced"; None while it is.

        Numbers of mounts and of devices are given out again, and fsid of XFS is made of the device's number. A mark goes with its file
        system, so one that is there proves that it is the same.
        """
        here = [mount for mount in _mounts() if mount.point == self.path]
        if not here:
            return "unmounted"
        # The last one is what the path leads to.
        same = here[-1].id == self._mount.id and here[-1].device == self.device
        return None if same and self._marked() else "replaced"

    def _marked(self):
        major, minor = self.device.split(":")
        device = b"sdev:%x" % (int(major) << 20 | int(minor))
        return any(device in line.split(b" ") for line in _fdinfo(self.group, b"fanotify sdev:"))

    def _opened(self, access):
        try:
            return os.open(self.path, access | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._refused("notMounted", error.strerror) from None

    def _mount_of(self, place):
        mine = mount_id(place)
        for mount in _mounts():
            if mount.id == mine and mount.point == self.path:
                if mount.type != "xfs":
                    raise self._refused("notXfs", "%s is mounted, and not xfs" % mount.type)
                return mount
        raise self._refused("notMounted", "nothing is mounted there")

    def _refused(self, code, why):
        return Refused(code, "%s: %s" % (os.fsdecode(self.path), why))
