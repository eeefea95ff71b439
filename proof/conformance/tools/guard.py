"""Runs one command for a bounded time, and leaves nothing of it running.

usage: guard.py SECONDS COMMAND [ARGUMENT ...]

The command ends with the time, or when this process's standard input is closed: it is, when whoever started this dies, however he dies.
Whatever the command started is ended with it, by process id, what has left its process group too (Linux: this process adopts it).
Exit code: the command's own; 124 when its time was over.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

TIME_OVER = 124
PR_SET_CHILD_SUBREAPER = 36


def descendants():
    """Ids of all processes below this one. Empty where there is no /proc."""
    parents = {}
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for name in names:
        try:
            with open(f"/proc/{name}/stat") as stat:
                parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
    found, last = [], [os.getpid()]
    while last:
        last = [pid for pid, parent in parents.items() if parent in last]
        found += last
    return found


def end(child):
    """Asks the command to stop, waits two seconds, and ends whatever is left."""
    try:
        os.killpg(child.pid, signal.SIGTERM)
    except OSError:
        pass
    deadline = time.monotonic() + 2
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    # What dies leaves its own children to this process: until nothing is left, and nothing unburied.
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for pid in [*descendants(), child.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except OSError:
            pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.05)


def main():
    seconds, command = float(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    deadline = time.monotonic() + seconds
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    code = TIME_OVER
    while time.monotonic() < deadline:
        closed, _, _ = select.select([sys.stdin], [], [], 0.1)
        if closed and not os.read(0, 4096):
            break
        if child.poll() is not None:
            code = child.returncode
            break
    end(child)
    sys.exit(code if code >= 0 else 128 - code)


main()
