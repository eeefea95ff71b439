"""Does a number of things to files, at random, from a seed: python3 writer.py <directory> <seed> <how many>"""
import ctypes
import fcntl
import mmap
import os
import random
import sys

libc = ctypes.CDLL(None, use_errno=True)
os.chdir(sys.argv[1])
chance = random.Random(int(sys.argv[2]))
NAMES = [b"a", b"b", b"c", b"d\n", b"e\xff"]
FICLONE = 0x40049409


def place():
    return b"/".join([b"."] + [chance.choice(NAMES) for _ in range(chance.choice((1, 1, 2, 3)))])


def written(flags):
    fd = os.open(place(), flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def create():
    for fd in written(os.O_WRONLY | os.O_CREAT):
        os.write(fd, b"x" * chance.randrange(9000))


def append():
    for fd in written(os.O_WRONLY | os.O_APPEND):
        os.write(fd, b"y")


def punch():
    for fd in written(os.O_WRONLY):
        libc.fallocate(fd, 3, ctypes.c_long(0), ctypes.c_long(4096))


def clone():
    for source in written(os.O_RDONLY):
        for fd in written(os.O_WRONLY | os.O_CREAT):
            fcntl.ioctl(fd, FICLONE, source)


def copy():
    for source in written(os.O_RDONLY):
        for fd in written(os.O_WRONLY | os.O_CREAT):
            os.copy_file_range(source, fd, 4096)


def mapped():
    for fd in written(os.O_RDWR):
        with mmap.mmap(fd, 1) as memory:
            memory[0] = chance.randrange(256)


def late():
    fd = os.open(b".", os.O_TMPFILE | os.O_WRONLY, 0o600)
    os.write(fd, b"t")
    libc.linkat(fd, b"", -100, place(), 0x1000)
    os.close(fd)


THINGS = [
    create,
    append,
    punch,
    clone,
    copy,
    mapped,
    late,
    lambda: os.truncate(place(), chance.randrange(5000)),
    lambda: os.mkdir(place()),
    lambda: os.rmdir(place()),
    lambda: os.unlink(place()),
    lambda: os.rename(place(), place()),
    lambda: os.rename(place(), place()),
    lambda: libc.renameat2(-100, place(), -100, place(), 2),
    lambda: os.link(place(), place(), follow_symlinks=False),
    lambda: os.symlink(place(), place()),
    lambda: os.mkfifo(place()),
    lambda: os.chmod(place(), chance.randrange(0o600, 0o700)),
    lambda: os.chown(place(), chance.randrange(9), -1, follow_symlinks=False),
    lambda: os.utime(place(), ns=(chance.randrange(10**18), chance.randrange(10**18)), follow_symlinks=False),
    lambda: os.setxattr(place(), "trusted.x", bytes([chance.randrange(256)]), follow_symlinks=False),
    lambda: os.removexattr(place(), "trusted.x", follow_symlinks=False),
]
done = 0
for _ in range(int(sys.argv[3])):
    try:
        chance.choice(THINGS)()
        done += 1
    except (OSError, ValueError):
        pass  # what is at random is often not possible
print(done)
