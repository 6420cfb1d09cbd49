"""Where cross builds keep what they made, outside the build folder: entries named by a hash of everything that went into
them. An entry is whole or absent: it is made in a temporary folder beside its place and renamed into it, one maker at a
time. Used by sources.py, toolchain.py and build."""
import contextlib
import fcntl
import hashlib
import os
import shutil
import time

UNUSED_DAYS = 30


class Unavailable(Exception):
    """Something that must come from a package registry cannot be had; the text says what and why."""


def home():
    """The cache's folder, made when absent."""
    base = os.environ.get("CORDON_CACHE_DIR")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "cordon")
    folder = os.path.join(os.path.abspath(base), "cross")
    os.makedirs(folder, exist_ok=True)
    return folder


def key_of(*parts):
    """Short hash of texts; a different split of the same text is a different key."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()[:20]


@contextlib.contextmanager
def locked(name):
    """Hold the lock NAME of this cache. The kernel lets go of it when the process ends, however it ends."""
    os.makedirs(os.path.join(home(), "locks"), exist_ok=True)
    with open(os.path.join(home(), "locks", name), "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def entry(name, make):
    """The folder of the entry NAME, and whether it was made now: make(temporary folder) fills it when it is absent.
    What an interrupted maker left is removed by the next one."""
    place = os.path.join(home(), name)
    with locked(name):
        if os.path.isdir(place):
            os.utime(place)
            return place, False
        temporary = os.path.join(home(), f"tmp-{name}")
        shutil.rmtree(temporary, ignore_errors=True)
        os.makedirs(temporary)
        make(temporary)
        os.rename(temporary, place)
        return place, True


def prune():
    """Remove entries that no build used for UNUSED_DAYS."""
    oldest = time.time() - UNUSED_DAYS * 86400
    for name in os.listdir(home()):
        place = os.path.join(home(), name)
        if name not in ("locks", "sources", "apt") and os.path.isdir(place) and os.stat(place).st_mtime < oldest:
            with locked(name):
                shutil.rmtree(place, ignore_errors=True)
